"""What the demo runs: the configuration of every process in a state folder, and their commands."""

import fcntl
import json
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from examples.demo import lending
from examples.demo.bench import door
from examples.demo.bench.doorway import SAID
from examples.demo.broker import LOOPBACK, broker_command
from examples.demo.declarations import declare
from hub.access import Permission, Role, at_console
from hub.accounts.hashing import new_phrase
from hub.accounts.office import Office
from hub.accounts.tokens import MOST_DAYS
from hub.config import AccessSection
from hub.district import read_district
from hub.live.board import wall_ms
from hub.store.records import Records

ROOT: Final = Path(__file__).parents[2]
DISTRICT: Final = ROOT / "examples/jiading"
VENUE, NODE = "book-room-zhouqiao", "door-pi"
"""The venue at whose door stands a real edge."""
KIOSK: Final = "kiosk-pi"
FILM, SHELF = "postcards.mp4", "packs"
"""What the camera of the demo plays, and where the kiosk has its packs."""
PASSWORD, STAFF_CARDS, TOKEN = "library-password", "staff.json", "hub-token"
STAFF, STAFF_TOKEN = "desk", "staff-token"
"""Whoever counts heads at the demo's door, and the token for it."""
SCENE: Final = "scene:7"
SCENE_PERSON: Final = (0.17, 0.19)
"""Size of the painted scene's visitors; for a film or camera it is learnt."""
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
class DeskPorts:
    """Ports of the kiosk, of the page in front of it, and of the lines that the page can cut."""

    kiosk: int = 0
    bench: int = 0
    library: int = 0
    library_line: int = 0
    broker_line: int = 0
    hub_line: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the demo. `camera` is what the edge watches: a scene, a film, a device number.

    `phone_port`: where messages about alerts go; 0: nowhere.
    """

    state: Path
    http_port: int
    broker_port: int
    broker: str
    begun: Begun
    camera: str = SCENE
    phone_port: int = 0
    ports: DeskPorts = DeskPorts()

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"http://{LOOPBACK}:{self.http_port}/"

    @property
    def bench_url(self) -> str:
        """Return the address of the desk in front of the kiosk."""
        return f"http://{LOOPBACK}:{self.ports.bench}/"

    @property
    def kiosk_url(self) -> str:
        """Return the address of the kiosk."""
        return f"http://{LOOPBACK}:{self.ports.kiosk}/"

    @property
    def desk(self) -> Path:
        """Return the folder of the kiosk and of the desk in front of it."""
        return self.state / "kiosk"

    @property
    def history(self) -> Path:
        """Return the file that says how far the past is loaded."""
        return self.state / "history.json"

    @property
    def messages(self) -> Path:
        """Return the file in which the phone on duty keeps its messages."""
        return self.state / "messages.txt"

    def commands(self) -> dict[str, list[str]]:
        """Write every configuration and return the command of each process by its name."""
        state = self.state
        board = state / "board"
        board.unlink(missing_ok=True)
        hub, edge = state / "hub.toml", state / "edge.toml"
        hub.write_text(self._hub(), "utf-8")
        self.desk.mkdir(exist_ok=True)
        for port in ("pad", "cards", "codes", "printer", door.LINK, door.CARDS, door.KEYS):
            (self.desk / port).unlink(missing_ok=True)
        (self.desk / "kiosk.toml").write_text(self._kiosk(), "utf-8")
        edge.write_text(self._edge(board), "utf-8")
        (state / "alerts.toml").write_text(self._alerts(), "utf-8")
        python = sys.executable
        phone = [python, "-m", "examples.demo.phone", "--port", str(self.phone_port)]
        simulator = [python, "-m", "examples.demo.simulator", "--district", str(DISTRICT)]
        return {
            "broker": broker_command(self.broker, state, self.broker_port),
            "hub": [python, "-m", "hub", "serve", "--config", str(hub)],
            "edge": [python, "-m", "edge", "run", "--config", str(edge)],
            "phone": [*phone, "--file", str(self.messages)],
            "bench": self._bench(board),
            "postcards": [
                *(python, "-m", "examples.demo.postcards"),
                *("--film", str(self.desk / FILM), "--shelf", str(self.desk / SHELF)),
            ],
            "kiosk": [
                *(python, "-m", "examples.demo.power", "--pid", str(self.desk / "pid"), "--"),
                *(python, "-m", "kiosk", "run", "--config", str(self.desk / "kiosk.toml")),
            ],
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
            self._give_token(office, KIOSK, TOKEN, Permission.CARDS)
            self._give_token(office, STAFF, STAFF_TOKEN, Permission.HEADS)
            office.close()
        return ADMIN, kept.read_text("utf-8")

    def _give_token(self, office: Office, name: str, file: str, may: Permission) -> None:
        """Let the kiosk ask for lists of cards, and whoever stands at the desk count heads."""
        self.desk.mkdir(exist_ok=True)
        kept, admin = self.desk / file, office.directory.named(ADMIN)
        if kept.exists() or admin is None:
            return
        _, secret = office.tokens.create(
            at_console("demo"), admin, name, frozenset({may}), venues=None, days=MOST_DAYS
        )
        kept.touch(0o600)
        kept.write_text(secret, "utf-8")

    def declare(self) -> None:
        """Let the venues declare what the story goes by, before the hub begins to judge."""
        with Records(self.state / "hub/records.db") as records:
            records.load(read_district(DISTRICT))
            declare(records, self.begun.began_ms, self.begun.days, wall_ms())
            lending.stock(records, VENUE, self.desk / PASSWORD, wall_ms())
        lending.let_staff_in(self.desk / STAFF_CARDS)

    def _hub(self) -> str:
        return (
            'data_dir = "hub"\n'
            f"district = {_quoted(DISTRICT)}\n"
            'alerts = "alerts.toml"\n'
            f"[http]\nport = {self.http_port}\npublic_url = {_quoted(self.url.rstrip('/'))}\n"
            f"[broker]\nport = {self.broker_port}\n"
            f"[sip2]\nenabled = true\nport = {self.ports.library}\n"
        )

    def _bench(self, board: Path) -> list[str]:
        ports = self.ports
        return [
            *(sys.executable, "-m", "examples.demo.bench"),
            *("--state", str(self.desk)),
            *("--records", str(self.state / "hub/records.db")),
            *("--branch", VENUE),
            *("--port", str(ports.bench)),
            *("--library", f"{ports.library_line}:{ports.library}"),
            *("--broker", f"{ports.broker_line}:{self.broker_port}"),
            *("--hub", f"{ports.hub_line}:{self.http_port}"),
            *("--board-url", self.url),
            *("--counter", str(board)),
            *("--token", str(self.desk / STAFF_TOKEN)),
            *("--kiosk-url", self.kiosk_url),
            *("--kiosk-pid", str(self.desk / "pid")),
        ]

    def _kiosk(self) -> str:
        ports = self.ports
        return (
            f'[node]\nvenue = "{VENUE}"\nnode = "{KIOSK}"\n'
            f"[broker]\nport = {ports.broker_line}\n"
            '[clock]\ntrust = "always"\n'
            f'[hub]\nurl = "http://{LOOPBACK}:{ports.hub_line}"\ntoken_file = "{TOKEN}"\n'
            f"[library]\nport = {ports.library_line}\n"
            f'user = "{lending.TERMINAL}"\npassword_file = "{PASSWORD}"\nlocation = "{VENUE}"\n'
            f'[pad]\ndriver = "feig"\nport = {_quoted(self.desk / "pad")}\n'
            f'owners = ["{lending.OWNER}"]\n'
            f'[card_reader]\ndriver = "pn532"\nport = {_quoted(self.desk / "cards")}\n'
            'number = "decimal"\n'
            f'[code_reader]\ndriver = "gm65"\nport = {_quoted(self.desk / "codes")}\n'
            f'[printer]\ndriver = "escpos"\nport = {_quoted(self.desk / "printer")}\n'
            "[lending]\noffline = true\n"
            f'[staff]\ncards = "{STAFF_CARDS}"\n'
            # A film plays the camera, at which somebody holds up the postcards of the sample pack.
            f'[ar]\nsource = "file"\nfile = {_quoted(self.desk / FILM)}\n'
            f"packs = {_quoted(self.desk / SHELF)}\nallow_unsigned = true\n"
            # A desk's screen, and the page of the desk shows the kiosk in a frame.
            f"[face]\nport = {ports.kiosk}\npanel_ppi = 96\n"
            f'framed_by = "{self.bench_url.rstrip("/")}"\n' + self._room()
        )

    def _room(self) -> str:
        """Return the room that the kiosk looks after; what it says aloud is kept as a file."""
        said = f"cp /dev/stdin {shlex.quote(str(self.desk / SAID))}"
        line = f"port = {_quoted(self.desk / door.LINK)}\nbaudrate = {door.BAUDRATE}\n"
        return (
            "[room]\nmin_age = 14\nunlock_seconds = 10\nopen_too_long_seconds = 20\n"
            f"player = {_quoted(said)}\n"
            'commands = ["announce", "close", "open", "unlock", "reset"]\n'
            f"[room.inputs]\n{line}unit = {door.INPUTS_UNIT}\n"
            f"leaf = {door.LEAF}\nfire = {door.FIRE}\ngate = {door.GATE}\n"
            f"tamper = {door.TAMPER}\ncall = {door.CALL}\n"
            f"[room.outputs]\n{line}unit = {door.RELAYS_UNIT}\n"
            f"strike = {door.STRIKE}\nlights = {door.LIGHTS}\n"
            f"ventilation = {door.VENTILATION}\nsiren = {door.SIREN}\nlamp = {door.LAMP}\n"
            f'[room.card_reader]\ndriver = "rdm6300"\nport = {_quoted(self.desk / door.CARDS)}\n'
            'number = "decimal"\noptions = { away_seconds = 0.5 }\n'
            f'[room.pin_pad]\ndriver = "gm65"\nport = {_quoted(self.desk / door.KEYS)}\n'
            f'[[room.air]]\ndriver = "senseair-s8"\nport = {_quoted(self.desk / door.LINK)}\n'
            f"options = {{ unit = {door.AIR_UNIT}, baudrate = {door.BAUDRATE} }}\n"
        )

    def _alerts(self) -> str:
        return (
            '[[channel]]\nid = "duty"\nname_zh = "值班手机"\nname_en = "Phone on duty"\n'
            f'url = "json://{LOOPBACK}:{self.phone_port}/"\n'
            '[[route]]\nchannels = ["duty"]\nseverity = "warning"\n'
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
