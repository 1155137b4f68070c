"""A node's half of updates: hands its hub's orders to the updater, and tells the hub how it goes.

    hub ─► order ─► NOTES/wanted.json ─► updater ─► STATE/status.json ─► status ─► hub
           agent ─► NOTES/health.json ─┘

The updater is a process of its own, that needs none of this to take a broken release back. A node
without one has no section `updates` in its configuration.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import structlog
from msgspec import Meta, Struct

from contracts.decoding import UNREADABLE
from contracts.errors import DecodeError
from contracts.updating import UpdateOrder, UpdateStatus, decode_order

log = structlog.get_logger(__name__)

TELL_SECONDS: Final = 2.0
"""How often the node tells the updater that it lives."""
WANTED: Final = "wanted.json"
HEALTH: Final = "health.json"
STATUS: Final = "status.json"
_MOST_STATUS_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Wellness:
    """How a node is now, as the updater is told; `failing` are devices by name."""

    turning: bool
    connected: bool
    acked: bool
    is_clock_set: bool
    wall_ms: int
    failing: tuple[str, ...] = ()


class _Told(Struct, frozen=True):
    """What an updater writes of itself; a later one may write more."""

    phase: str
    running: str = ""
    previous: str = ""
    wanted: str = ""
    outcome: str = ""
    version: str = ""
    sha256: str = ""
    attempt: int = 0
    reason: str = ""
    at: Annotated[int, Meta(ge=0, le=2**40)] = 0
    trouble: str = ""


_told = msgspec.json.Decoder(_Told)


class UpdateNotes:
    """Exchanges notes with the updater of this machine. On the event loop's thread.

    `version` is of this release; `well()` says how the node is; `in_use()`, whether somebody would
    be disturbed now; `changed()` is called when the hub is to be told something else.
    """

    def __init__(
        self,
        notes: Path,
        state: Path,
        *,
        hub: str,
        version: str,
        os_boot: str,
        well: Callable[[], Wellness],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._notes = notes
        self._state = state
        self._hub = hub.rstrip("/")
        self._version = version
        self._os_boot = os_boot
        self._well = well
        self._changed = changed
        self.in_use: Callable[[], bool] = lambda: False
        self._started = time.monotonic()
        self._order: UpdateOrder | None = None
        self._is_waiting_for = ""
        self._written = b""
        self._status: UpdateStatus | None = None
        self._is_unwritable = False

    def status(self) -> UpdateStatus | None:
        """Return what the node's status says of its update; None: no updater ever told."""
        return self._status

    def take(self, payload: bytes) -> None:
        """Take an order, as it comes from the wire; one that cannot be read changes nothing.

        An empty payload is a topic that was cleared: nothing is asked for.
        """
        try:
            self._order = decode_order(payload) if payload else UpdateOrder(0)
        except DecodeError as error:
            log.warning("update_order_refused", reason=error.reason[:200])

    async def run(self) -> None:
        """Exchange notes until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(TELL_SECONDS)

    def look(self) -> None:
        """Exchange notes once."""
        well = self._well()
        self._tell_health(well)
        self._tell_order(well)
        self._read_status()

    def _tell_health(self, well: Wellness) -> None:
        self._write(
            HEALTH,
            {
                "version": self._version,
                "boot": self._os_boot,
                "at": time.monotonic(),
                "started": self._started,
                "turning": well.turning,
                "connected": well.connected,
                "acked": well.acked,
                "failing": well.failing,
            },
        )

    def _tell_order(self, well: Wellness) -> None:
        if self._order is None:
            return
        release, order = self._order.release, None
        self._is_waiting_for = ""
        if release is not None:
            if not release.go:
                self._is_waiting_for = "hub"
            elif release.go_until_ms and not well.is_clock_set:
                # Whether the doors are shut by now, nobody can say.
                self._is_waiting_for = "clock"
            elif release.go_until_ms and well.wall_ms >= release.go_until_ms:
                self._is_waiting_for = "hub"
            elif self.in_use():
                self._is_waiting_for = "in_use"
            order = {
                "sha256": release.sha256,
                "bytes": release.bytes,
                "version": release.version,
                "hub": self._hub,
                "attempt": release.attempt,
                "allow_downgrade": release.allow_downgrade,
                "go": not self._is_waiting_for,
            }
        told = msgspec.json.encode({"order": order})
        if told != self._written and self._write(WANTED, {"order": order}):
            self._written = told

    def _read_status(self) -> None:
        try:
            with (self._state / STATUS).open("rb") as file:
                told = _told.decode(file.read(_MOST_STATUS_BYTES))
        except (OSError, msgspec.ValidationError, *UNREADABLE):
            return
        is_staged = told.phase == "staged"
        status = UpdateStatus(
            phase=told.phase[:48],
            running=told.running[:40],
            previous=told.previous[:40],
            wanted=told.wanted[:40],
            outcome=told.outcome[:48],
            version=told.version[:40],
            sha256=told.sha256[:64],
            attempt=told.attempt,
            reason=told.reason[:300],
            at_ms=told.at * 1000,
            trouble=told.trouble[:300],
            waits=self._is_waiting_for if is_staged else "",
        )
        if status != self._status:
            self._status = status
            self._changed()

    def _write(self, name: str, note: dict[str, Any]) -> bool:
        """Leave a note, in one step. In memory: nothing of it has to outlive the machine."""
        partial = self._notes / f".{name}.partial"
        try:
            partial.write_bytes(msgspec.json.encode(note))
            # The updater is another user, of our group.
            partial.chmod(0o640)
            partial.replace(self._notes / name)
        except OSError as error:
            if not self._is_unwritable:
                log.warning("update_notes_not_written", path=str(partial), reason=error.strerror)
            self._is_unwritable = True
            return False
        self._is_unwritable = False
        return True
