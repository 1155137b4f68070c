"""The updater itself: reads what is asked for and how the agent is, decides, and does it.

    notes/wanted.json ─┐                                 ┌─► state/status.json ─► agent ─► hub
    notes/health.json ─┼─► state machine ─► disk, agent ─┤
    state/state.json ──┘◄────────────────────────────────┘

The state is written before what it asks for is done. Nothing here needs the agent, the broker or a
release to work.
"""

import contextlib
import json
import platform
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from contracts.update import Machine, update_path, why_not
from updater import signing
from updater.archive import manifest_bytes, open_update
from updater.errors import (
    FetchCut,
    FetchedWrong,
    NotPut,
    RunnerError,
    SettingsError,
    UpdateRefused,
)
from updater.fetching import Announced, fetch
from updater.files import Disk
from updater.installing import Installer
from updater.plain import from_json, order_of, report_of, to_json
from updater.running import Runner
from updater.settings import Settings
from updater.slots import Slots
from updater.state import (
    AskedBack,
    Do,
    Event,
    Fetched,
    Hindered,
    Looked,
    Now,
    Order,
    Ordered,
    Phase,
    Refused,
    Report,
    Restarted,
    Resumed,
    Seen,
    Staged,
    State,
    retried,
    step,
    version_of,
)

LOOK_SECONDS: Final = 1.0
FIRST_AGAIN_SECONDS: Final = 2.0
"""After something hindered; each further time it waits twice as long, up to the most."""
MOST_AGAIN_SECONDS: Final = 300.0
WANTED: Final = "wanted.json"
HEALTH: Final = "health.json"
STATE: Final = "state.json"
STATUS: Final = "status.json"
INCOMING: Final = "incoming"
_MOST_NOTE_BYTES: Final = 64 * 1024
_MIB: Final = 1024 * 1024
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the updater touches beside its disk; a test brings its own."""

    runner: Runner
    installer: Installer
    now: Callable[[], Now]
    verify: Callable[[bytes, bytes], bool]
    machine: str = platform.machine()
    python: str = ".".join(platform.python_version_tuple()[:2])
    say: Say = lambda _line: None


def surroundings(
    settings: Settings, runner: Runner, installer: Installer, say: Say
) -> Surroundings:
    """Return those of this machine."""
    # As a node writes it in its reports.
    boot = _BOOT_ID.read_text("ascii").strip().replace("-", "")
    return Surroundings(
        runner,
        installer,
        lambda: Now(boot, time.monotonic(), int(time.time())),
        lambda manifest, signature: signing.is_signed(manifest, signature, settings.keys),
        say=say,
    )


class Updater:
    """One node's updater. `open` reads the state, then each `look` goes on by what has changed."""

    def __init__(self, settings: Settings, around: Surroundings, disk: Disk | None = None) -> None:
        self._settings = settings
        self._around = around
        self._disk = disk or Disk()
        self.slots = Slots(settings.releases, self._disk)
        self.state = State()
        self.stop = threading.Event()
        self._again_at = 0.0
        self._again_seconds = FIRST_AGAIN_SECONDS
        self._heard = b""
        self._told = b""
        self._is_kept = True
        """What is held is on the disk too."""

    def open(self) -> None:
        """Go on from what is on the disk. Raises NotPut: it cannot be written."""
        for folder in (self._settings.state, self._settings.state / INCOMING):
            self._disk.folder(folder)
        self.state = self._read_state()
        if not self.state.running:
            running, before = self.slots.current(), self.slots.previous()
            self._keep(replace(self.state, running=running, previous=before))
        self.take(Resumed())

    def look(self) -> None:
        """Look once at what is asked for and at the agent, and do what follows."""
        self._hear()
        if not self._is_kept:
            with contextlib.suppress(NotPut):
                self._keep(self.state)
        if self.state.trouble and self._around.now().up >= self._again_at:
            self._do(retried(self.state))
        seen = self._seen()
        if seen is not None:
            self.take(Looked(seen))
        self._tell()

    def run(self) -> None:
        """Look every second until `stop` is set."""
        while not self.stop.wait(LOOK_SECONDS):
            self.look()

    def take(self, event: Event) -> None:
        """Work in an event: the new state is on the disk before anything of it is done.

        Without that no other release is switched to; all else is held, and written later.
        """
        state, deeds = step(self.state, event, self._around.now(), self._settings.patience)
        if state.outcome != self.state.outcome:
            outcome = state.outcome
            self._around.say(f"{outcome.version} {outcome.what} {outcome.reason}".rstrip())
        elif state.phase is not self.state.phase:
            self._around.say(f"{state.phase} {state.order.version if state.order else ''}".rstrip())
        try:
            self._keep(state)
        except NotPut as error:
            if Do.SWITCH in deeds:
                self._wait(str(error))
                return
            # What was done is done, also on a full disk: what ran before has to run again there,
            # and what runs well is no failure. Cut now, the next start does it once more.
            self.state, self._is_kept = state, False
            self._around.say(str(error))
        self._tell()
        self._do(deeds)

    def install(self, update: Path) -> str:
        """Install an update by hand, as the first release of a node; return its slot.

        Raises UpdateRefused, SettingsError, NotPut, RunnerError.
        """
        facts = open_update(update, self._around.verify)
        reason = why_not(facts.manifest, self._machine(), allow_downgrade=True)
        if reason:
            raise UpdateRefused(reason)
        order = Order(facts.sha256, facts.size, facts.manifest.version, "http://by-hand")
        self._make_slot(update, order)
        before = self.slots.current()
        self.slots.switch(order.slot, before)
        self._keep(replace(self.state, running=order.slot, previous=before))
        return order.slot

    def roll_back(self) -> str:
        """Go back to the release before, by hand; return its slot. Raises UpdateRefused."""
        slot = self.state.previous
        if not self.slots.has(slot) or slot == self.slots.current():
            raise UpdateRefused("there is no release before this one")
        if self.state.phase in {Phase.TRYING, Phase.ROLLING_BACK}:
            raise UpdateRefused("an update is being tried: it is rolled back by itself if it fails")
        self.take(AskedBack(slot))
        return slot

    def _do(self, deeds: tuple[Do, ...]) -> None:
        for deed in deeds:
            try:
                event = self._done(deed)
            except UpdateRefused as error:
                if self.state.phase is Phase.ROLLING_BACK:
                    self._wait(str(error))
                    return
                self._forget_incoming()
                self.take(Refused(str(error)))
                return
            except (FetchCut, NotPut, RunnerError, SettingsError) as error:
                self._wait(str(error))
                return
            self._again_seconds = FIRST_AGAIN_SECONDS
            if event is not None:
                self.take(event)

    def _done(self, deed: Do) -> Event | None:
        order, running = self.state.order, self.state.running
        match deed:
            case Do.FETCH if order is not None:
                self._fetch(order)
                return Fetched()
            case Do.STAGE if order is not None:
                self._stage(order)
                return Staged()
            case Do.SWITCH if order is not None:
                self.slots.switch(order.slot, running)
            case Do.SWITCH_BACK if running:
                self.slots.switch(running, self.state.previous)
            case Do.RESTART:
                return Restarted(self._around.runner.restart())
            case Do.SWEEP:
                self._sweep()
            case _:
                pass
        return None

    def _fetch(self, order: Order) -> None:
        """Fetch an update and look it through. Raises FetchCut, UpdateRefused, SettingsError."""
        update = self._incoming(order, ".zip")
        if not update.is_file():
            part = self._incoming(order, ".part")
            free = shutil.disk_usage(part.parent).free
            if free < order.bytes + self._settings.least_free_mib * _MIB:
                raise NotPut(f"{part.parent}: {free // _MIB} MiB free are too few")
            what = Announced(order.version, update_path(order.sha256), order.sha256, order.bytes)
            self._disk.about_to("fetch")
            try:
                fetch(order.hub, what, part, self.stop)
            except FetchedWrong as error:
                raise UpdateRefused(str(error)) from error
            self._disk.move(part, update)
        facts = open_update(update, self._around.verify)
        if (facts.sha256, facts.manifest.version) != (order.sha256, order.version):
            raise UpdateRefused(
                f"{order.version} was announced, and this is {facts.manifest.version}"
            )
        reason = why_not(facts.manifest, self._machine(), allow_downgrade=order.allow_downgrade)
        if reason:
            raise UpdateRefused(reason)

    def _stage(self, order: Order) -> None:
        """Make the slot of an update. Raises UpdateRefused, NotPut, SettingsError."""
        if not self.slots.has(order.slot):
            update = self._incoming(order, ".zip")
            if not update.is_file():
                # Somebody took it away: as if nothing had come yet.
                raise UpdateRefused(f"{update}: is not there any more")
            self._make_slot(update, order)

    def _make_slot(self, update: Path, order: Order) -> None:
        facts = open_update(update, self._around.verify)
        making = self.slots.begin()
        free = shutil.disk_usage(making).free
        # A wheel unfolds to some three times its size.
        if free < 3 * facts.size + self._settings.least_free_mib * _MIB:
            raise NotPut(f"{making.parent}: {free // _MIB} MiB free are too few")
        self._disk.about_to("install")
        self._around.installer.install(update, facts.manifest, making)
        self._disk.about_to("check")
        self._around.installer.check(making, facts.manifest.kind, self._settings.config)
        self.slots.finish(order.slot, manifest_bytes(update))

    def _sweep(self) -> None:
        order = self.state.order
        kept = [self.state.running, self.state.previous]
        kept += [order.slot] if order is not None else []
        self.slots.sweep(kept)
        names = {f"{order.sha256}{end}" for end in (".zip", ".part")} if order else set()
        for path in sorted((self._settings.state / INCOMING).iterdir()):
            if path.name not in names:
                self._disk.remove(path)

    def _forget_incoming(self) -> None:
        order = self.state.order
        if order is not None:
            for end in (".zip", ".part"):
                self._incoming(order, end).unlink(missing_ok=True)

    def _hear(self) -> None:
        """Read what the agent heard of its hub; a note that is not there or not whole is none."""
        note = _note(self._settings.notes / WANTED)
        if note is None or note == self._heard:
            return
        self._heard = note
        try:
            read = json.loads(note)["order"]
            order = None if read is None else order_of(read)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._around.say(f"{WANTED} cannot be read: {error}")
            return
        self.take(Ordered(order))

    def _seen(self) -> Seen | None:
        """Return how the agent is; None: nobody can say."""
        try:
            seen = self._around.runner.look()
        except RunnerError as error:
            self._wait(str(error))
            return None
        return Seen(seen.ready, seen.started, self._report())

    def _report(self) -> Report | None:
        note = _note(self._settings.notes / HEALTH)
        try:
            return None if note is None else report_of(json.loads(note))
        except (ValueError, RecursionError):
            return None

    def _machine(self) -> Machine:
        slot = self.state.running or self.slots.current()
        manifest = self.slots.manifest(slot) if slot else None
        return Machine(
            self._settings.kind,
            self._around.python,
            self._around.machine,
            version_of(slot),
            manifest.config_form if manifest is not None else 0,
        )

    def _incoming(self, order: Order, ending: str) -> Path:
        return self._settings.state / INCOMING / f"{order.sha256}{ending}"

    def _wait(self, reason: str) -> None:
        """Try again later, at first soon."""
        if reason != self.state.trouble:
            self._around.say(reason)
        self.state, _ = step(self.state, Hindered(reason), self._around.now())
        self._again_at = self._around.now().up + self._again_seconds
        self._again_seconds = min(2 * self._again_seconds, MOST_AGAIN_SECONDS)

    def _read_state(self) -> State:
        path = self._settings.state / STATE
        note = _note(path)
        if note is None:
            return State()
        try:
            return from_json(json.loads(note))
        except (ValueError, RecursionError) as error:
            # What runs goes on running; the hub asks again for what is missing.
            self._around.say(f"{path} cannot be read, begun anew: {error}")
            return State()

    def _keep(self, state: State) -> None:
        """Put the state on the disk, and hold it. Raises NotPut: it is as it was."""
        path = self._settings.state / STATE
        if state != self.state or not self._is_kept or not path.exists():
            self._disk.put(path, json.dumps(to_json(state)).encode(), 0o600)
        self.state, self._is_kept = state, True

    def _tell(self) -> None:
        """Leave how the update stands where the agent reads it."""
        state, order = self.state, self.state.order
        told = json.dumps(
            {
                "phase": state.phase,
                "running": version_of(self.slots.current()),
                "previous": version_of(self.slots.previous()),
                "wanted": order.version if order else "",
                "outcome": state.outcome.what,
                "version": state.outcome.version,
                "sha256": state.outcome.sha256,
                "attempt": state.outcome.attempt,
                "reason": state.outcome.reason,
                "at": state.outcome.at,
                "trouble": state.trouble,
            }
        ).encode()
        if told != self._told:
            try:
                self._disk.put(self._settings.state / STATUS, told, 0o644)
            except NotPut:
                return
            self._told = told


def _note(path: Path) -> bytes | None:
    """Return a small file; None: there is none, or it is too large to be one of ours."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_NOTE_BYTES + 1)
    except OSError:
        return None
    return content if len(content) <= _MOST_NOTE_BYTES else None
