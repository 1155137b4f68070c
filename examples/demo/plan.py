"""What the demo runs: the configuration of every process in a state folder, and their commands."""

import fcntl
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from examples.demo.broker import LOOPBACK, broker_command
from hub.access import Role, at_console
from hub.accounts.hashing import new_phrase
from hub.accounts.office import Office
from hub.config import AccessSection
from hub.live.board import wall_ms
from hub.store.records import Records

ROOT: Final = Path(__file__).parents[2]
DISTRICT: Final = ROOT / "examples/jiading"
VENUE, NODE = "book-room-zhouqiao", "door-pi"
"""The venue at whose door stands a real edge."""
SCENE: Final = "scene:7"
SCENE_PERSON: Final = (0.17, 0.19)
"""Size of the painted scene's visitors; for a film or camera it is learnt."""
BOARD_VISITORS_PER_HOUR: Final = 12
ADMIN: Final = "admin"
DAYS: Final = 60
"""How many days of history a state folder is begun with, unless told otherwise."""
_CLAIM: Final = "demo.lock"
_BEGUN: Final = "demo.json"


class BadState(Exception):
    """The state folder cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Begun:
    """When a state folder was begun, and with what: the story in it follows from these."""

    began_ms: int
    days: int
    seed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the demo. `camera` is what the edge watches: a scene, a film, a device number."""

    state: Path
    http_port: int
    broker_port: int
    broker: str
    begun: Begun
    camera: str = SCENE

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"http://{LOOPBACK}:{self.http_port}/"

    @property
    def history(self) -> Path:
        """Return the file that says how far the past is loaded."""
        return self.state / "history.json"

    def commands(self) -> dict[str, list[str]]:
        """Write every configuration and return the command of each process by its name."""
        state = self.state
        board = state / "board"
        board.unlink(missing_ok=True)
        hub, edge = state / "hub.toml", state / "edge.toml"
        hub.write_text(self._hub(), "utf-8")
        edge.write_text(self._edge(board), "utf-8")
        python = sys.executable
        simulate = [python, "-m", "firmware_bridge", "simulate", "board", "--link", str(board)]
        simulator = [python, "-m", "examples.demo.simulator", "--district", str(DISTRICT)]
        return {
            "broker": broker_command(self.broker, state, self.broker_port),
            "hub": [python, "-m", "hub", "serve", "--config", str(hub)],
            "board": [*simulate, "--people-per-hour", str(BOARD_VISITORS_PER_HOUR)],
            "edge": [python, "-m", "edge", "run", "--config", str(edge)],
            "venues": [
                *simulator,
                *("--state", str(state / "venues")),
                *("--broker-port", str(self.broker_port)),
                *("--began-ms", str(self.begun.began_ms)),
                *("--days", str(self.begun.days)),
                *("--seed", str(self.begun.seed)),
            ],
        }

    def admin(self) -> tuple[str, str]:
        """Return name and password of the hub's admin: of the last start, or made up now."""
        kept = self.state / "admin.txt"
        (self.state / "hub").mkdir(exist_ok=True)
        with Records(self.state / "hub/records.db") as records:
            office = Office(records, AccessSection(), wall_ms)
            if not kept.exists() or office.directory.named(ADMIN) is None:
                phrase = new_phrase()
                kept.touch(0o600)
                kept.write_text(phrase, "utf-8")
                known, by = office.directory.named(ADMIN), at_console("demo")
                if known is None:
                    office.directory.create(by, ADMIN, Role.ADMIN, (), phrase)
                else:
                    office.directory.reset(by, known.id, phrase)
            office.close()
        return ADMIN, kept.read_text("utf-8")

    def _hub(self) -> str:
        return (
            'data_dir = "hub"\n'
            f"district = {_quoted(DISTRICT)}\n"
            f"[http]\nport = {self.http_port}\n"
            f"[broker]\nport = {self.broker_port}\n"
        )

    def _edge(self, board: Path) -> str:
        size = f"person_size = {list(SCENE_PERSON)}\n" if self.camera == SCENE else ""
        repeat = Path(self.camera).is_file()
        return (
            f'[node]\nvenue = "{VENUE}"\nnode = "{NODE}"\n'
            f"[broker]\nport = {self.broker_port}\n"
            # The demo shows the machine's time as it is, also where nothing synchronises it.
            '[clock]\ntrust = "always"\n'
            '[spool]\npath = "edge.db"\n'
            '[[cameras]]\nname = "front-camera"\n'
            f"source = {_quoted(self.camera)}\nrepeat = {str(repeat).lower()}\n{size}"
            # Level, through the middle of the picture; who walks down comes in.
            '[[cameras.lines]]\nname = "front"\n'
            "start = [0.0, 0.5]\nend = [1.0, 0.5]\nin_vector = [0.0, 1.0]\n"
            f'[[serial]]\nname = "board"\nport = {_quoted(board)}\n'
            "lines = { side = 0 }\ncontacts = { lock = 1 }\nclimates = { climate = 2 }\n"
        )


@contextmanager
def claimed(folder: Path, *, fresh: bool = False) -> Iterator[None]:
    """Hold the state folder for one demo; made if need be, and emptied when it is to be fresh.

    Raises BadState while another demo holds it, and for a folder with other things in it: those are
    not ours to delete.
    """
    claim = folder / _CLAIM
    try:
        if folder.exists() and any(folder.iterdir()) and not claim.exists():
            raise BadState(f"{folder} holds other things than the demo's: choose another STATE")
        folder.mkdir(parents=True, exist_ok=True)
        held = claim.open("w")
    except OSError as error:
        raise BadState(
            f"{folder} cannot be used: {error.strerror}: choose another STATE"
        ) from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadState(f"a demo runs in {folder}: end it, or choose another STATE") from error
        if fresh:
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path != claim:
                    path.unlink()
        yield


def begun(folder: Path, days: int | None, seed: int | None) -> Begun:
    """Return with what the state folder was begun; an empty one begins now, with what is asked.

    Raises BadState when it holds another story than the one that is asked for.
    """
    path = folder / _BEGUN
    if not path.exists():
        if (folder / "venues").exists():
            raise BadState(f"{folder} is an earlier release's: FRESH=1 (--fresh) begins anew")
        now = Begun(time.time_ns() // 1_000_000, DAYS if days is None else days, seed or 1)
        path.write_text(json.dumps(asdict(now)), "utf-8")
        return now
    try:
        found = Begun(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise BadState(f"{path} cannot be read: FRESH=1 (--fresh) begins anew") from error
    if days not in {None, found.days} or seed not in {None, found.seed}:
        raise BadState(
            f"{folder} was begun with {found.days} days of history and seed {found.seed}: "
            "FRESH=1 (--fresh) begins anew"
        )
    return found


def _quoted(text: Path | str) -> str:
    """Return a TOML string; JSON's escapes are TOML's too."""
    return json.dumps(str(text), ensure_ascii=False)
