"""A node with an updater, in a folder: its agent, its machine and its clock are played.

What is played is in a file of its own, so that it lives on when the updater is killed. Each look
takes a second of the machine's uptime, and none of the test's.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.update import UpdateManifest, encode_update_manifest
from tests.updates import MACHINE, PYTHON, a_manifest, a_wheel
from updater.engine import HEALTH, STATUS, WANTED, Surroundings, Updater
from updater.errors import NotPut, RunnerError, UpdateRefused
from updater.files import Disk
from updater.settings import Settings
from updater.slots import Slots
from updater.state import Now, Phase, Seen, slot_name, version_of

OLD, NEW = "0.1.0", "0.2.0"
OLD_SLOT = slot_name(OLD, "a" * 64)
READY_AFTER = 2.0
STEADY, ACK, MOST = 5, 10, 40


@dataclass
class World:
    """One node. `ways` say how each version behaves; those that are not named are well."""

    folder: Path
    ways: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    verify: Callable[[bytes, bytes], bool] = lambda _manifest, _signature: True
    disk: Disk = field(default_factory=Disk)
    hindrances: list[str] = field(default_factory=list)
    """What installing fails with, one time each."""

    def __post_init__(self) -> None:
        self.settings = Settings(
            "edge",
            self.folder / "edge.toml",
            "kaiguan-edge.service",
            notes=self.folder / "notes",
            releases=self.folder / "opt",
            state=self.folder / "state",
            keys=(self.folder / "updates.pem",),
            least_free_mib=1,
            steady_seconds=STEADY,
            ack_seconds=ACK,
            try_seconds=MOST,
        )
        self._file = self.folder / "machine.json"
        if self._file.exists():
            self.machine = json.loads(self._file.read_text())
        else:
            self._install_old()
        self.slots = Slots(self.settings.releases, Disk())

    def _install_old(self) -> None:
        self.settings.notes.mkdir(parents=True)
        slots = Slots(self.settings.releases, Disk())
        making = slots.begin()
        (making / "release").write_text(OLD)
        wheel = {"kaiguan-0.1.0-py3-none-any.whl": a_wheel(OLD)}
        slots.finish(OLD_SLOT, encode_update_manifest(a_manifest(OLD, wheel)))
        slots.switch(OLD_SLOT, "")
        self.machine = {"boot": 1, "up": 1000.0, "wall": 1_795_000_000, "starts": 1}
        self.machine |= {"slot": OLD_SLOT, "since": 0.0, "fails": 0}
        self.save()

    def save(self) -> None:
        self._file.write_text(json.dumps(self.machine))

    def order(self, sha256: str, size: int, hub: str, **changes: Any) -> None:
        """Let the agent have heard of an order."""
        order = {"sha256": sha256, "bytes": size, "version": NEW, "hub": hub, "go": True}
        self.note(WANTED, json.dumps({"order": order | changes}))

    def note(self, name: str, text: str) -> None:
        partial = self.settings.notes / f".{name}"
        partial.write_text(text)
        partial.replace(self.settings.notes / name)

    def now(self) -> Now:
        return Now(f"boot-{self.machine['boot']}", self.machine["up"], self.machine["wall"])

    def way(self) -> str:
        return self.ways.get(version_of(self.machine["slot"]), "well")

    def pass_second(self) -> None:
        """Let a second pass at the machine, and its agent tell of itself."""
        self.machine["up"] += 1
        self.machine["wall"] += 1
        self._live()
        self.save()

    def _live(self) -> None:
        machine, way = self.machine, self.way()
        age = machine["up"] - machine["since"]
        if (way == "crash" and age >= 2) or (way == "crash later" and age >= 4):
            machine["starts"] += 1
            machine["since"] = machine["up"]
        if way == "flaps" and age >= STEADY - 1:
            machine["since"] = machine["up"]
        if way in {"crash", "hang", "mute"}:
            return
        report = {
            "version": "9.9.9" if way == "other version" else version_of(machine["slot"]),
            "boot": f"boot-{machine['boot'] - (way == 'other boot')}",
            "at": machine["up"] - (60 if way == "stale" else 0),
            "started": machine["since"],
            "turning": way != "deaf",
            "connected": way != "away",
            "acked": way not in {"away", "unheard"},
            "failing": ["ceiling"] if way == "blind" else [],
        }
        self.note(HEALTH, "{" if way == "garbles" else json.dumps(report))

    def cut_power(self) -> None:
        """Start the machine anew, and with it the agent, from what is on the disk."""
        self.machine["boot"] += 1
        self.machine |= {"up": 5.0, "since": 5.0, "slot": self.slots.current()}
        for path in self.settings.notes.iterdir():
            if path.name == HEALTH:
                path.unlink()
        self.save()

    def restart(self) -> int:
        if self.machine["fails"]:
            self.machine["fails"] -= 1
            raise RunnerError("systemctl restart: timed out")
        before = int(self.machine["starts"])
        self.machine |= {"starts": before + 1, "since": self.machine["up"]}
        self.machine["slot"] = self.slots.current()
        self.save()
        return before

    def look(self) -> Seen:
        is_ready = self.way() not in {"crash", "hang"}
        age = self.machine["up"] - self.machine["since"]
        is_up = age >= READY_AFTER or self.way() == "flaps"
        return Seen(is_ready and is_up, self.machine["starts"])

    def install(self, update: Path, manifest: UpdateManifest, making: Path) -> None:
        if self.hindrances:
            kind, _, reason = self.hindrances.pop(0).partition(": ")
            raise NotPut(reason) if kind == "later" else UpdateRefused(reason)
        for name in ("bin", "lib"):
            self.disk.about_to(f"install {name}")
            (making / name).mkdir()
        (making / "release").write_text(manifest.version)

    def check(self, slot: Path, kind: str, config: Path) -> None:
        if self.ways.get((slot / "release").read_text()) == "refuses":
            raise UpdateRefused("edge check ended with 2: cameras.0.detector: there is no such key")

    def updater(self) -> Updater:
        around = Surroundings(self, self, self.now, self.verify, MACHINE, PYTHON, self.said.append)
        return Updater(self.settings, around, self.disk)

    def run(self, looks: int = 400, *, updater: Updater | None = None) -> Updater:
        """Run an updater until nothing is left to do, or for so many looks."""
        if updater is None:
            updater = self.updater()
            updater.open()
        for _ in range(looks):
            self.pass_second()
            updater.look()
            state = updater.state
            if state.phase is Phase.IDLE and state.outcome.what and not state.trouble:
                break
        return updater

    def status(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.settings.state / STATUS).read_text())
        return read

    def runs(self) -> str:
        """Return the version that the agent runs; fails where it could not be started again."""
        current = self.slots.current()
        assert self.slots.has(current), f"current leads to {current!r}, which is not whole"
        assert (self.slots.path(current) / "release").read_text() == version_of(current)
        return version_of(self.machine["slot"])
