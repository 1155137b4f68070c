"""A node's half of orders from afar: looked at, answered, begun when nobody is disturbed.

    hub ─► command ─► settings: told at once; or kept, and the node starts anew with them on trial
                   └► restart:  the program, the browser of its screen, the machine
    hub ◄─ reply, and `remote` in the status: how it ended

The process itself only ends (`link.remote.running`); whoever runs it (systemd) starts it again.
"""

import asyncio
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from contracts.errors import DecodeError
from contracts.orders import kind_of
from contracts.remote import (
    MOST_AGE_MS,
    Order,
    RemoteReply,
    RemoteStatus,
    RestartCommand,
    SettingsCommand,
    Stage,
    decode_remote_order,
    encode_remote,
)
from contracts.topics import Channel, node_topic
from link.errors import ConfigError, SettingsNotKept
from link.node import Node
from link.node_config import NodeConfig, RemoteSection
from link.remote.settable import changed
from link.remote.shelf import Shelf, digest
from link.remote.starting import Begun, Reading
from link.remote.state import (
    Judge,
    Kept,
    Restart,
    Sign,
    Trial,
    applied,
    confirmed,
    ended,
    restarting,
    taken_back,
    wait_ms,
)

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.5
IN_USE_SECONDS: Final = 1800.0
"""So long an order waits for whoever uses the node."""
_REBOOT: Final = ("systemctl", "reboot")
_REBOOT_SECONDS: Final = 20.0
_MOST_ANSWERED: Final = 100


@dataclass(frozen=True, slots=True)
class _Waiting:
    order: Order
    until: float


class RemoteOrders:
    """Takes the orders of one node. On the event loop's thread.

    `stop` ends the process in good order; `reboot` starts the machine anew and raises OSError.
    """

    def __init__(
        self,
        node: Node,
        reading: Reading[NodeConfig],
        begun: Begun[NodeConfig],
        *,
        in_use: Callable[[], bool] = lambda: False,
        browser: Callable[[], bool] | None = None,
        stop: Callable[[], None],
        reboot: Callable[[], None] | None = None,
    ) -> None:
        config = begun.config
        assert config.remote is not None  # noqa: S101  whoever builds it looked
        assert begun.shelf is not None  # noqa: S101  there is one with the section
        self._section: RemoteSection = config.remote
        self._shelf: Shelf = begun.shelf
        self._node = node
        self._reading = reading
        self._kept: Kept = begun.kept
        self._parts = tuple(p for p in config.remote.restart if p != "browser" or browser)
        self._in_use = in_use
        self._browser = browser
        self._stop = stop
        self._reboot = reboot or _reboot_machine
        self._waiting: _Waiting | None = None
        self._rebooting: RestartCommand | None = None
        self._answered: dict[str, RemoteReply] = {}
        self._is_ending = False
        node.uplink.listen(node_topic(config.node.id, Channel.COMMAND), self.take)
        node.uplink.remote = self.status
        updates = node.updates
        if updates is not None:
            used = updates.in_use
            updates.in_use = lambda: used() or self.is_busy

    @property
    def is_busy(self) -> bool:
        """Tell whether an order is under way: nothing else may change the node meanwhile."""
        kept = self._kept
        is_begun = kept.trial is not None or kept.restart is not None
        return self._is_ending or is_begun or self._waiting is not None

    def status(self) -> RemoteStatus:
        """Return what the node's status says of orders from afar."""
        kept, section = self._kept, self._section
        return RemoteStatus(
            settings=section.settings,
            restart=self._parts,
            sha256=kept.current,
            previous=kept.previous,
            trial=kept.trial is not None,
            trouble=kept.trouble,
            last=kept.last,
        )

    def take(self, payload: bytes) -> None:
        """Take an order; what is of another kind is another's on the same topic."""
        try:
            if kind_of(payload) not in {"settings", "restart"}:
                return
            order = decode_remote_order(payload)
        except DecodeError as error:
            log.warning("remote_order_refused", reason=error.reason[:200])
            return
        before = self._answered.get(order.id)
        if before is not None:
            self._send(before)
            return
        why = self._why_not(order)
        if why:
            self._answer(order, "refused", why)
            return
        log.info("remote_ordered", by=order.by, order=_named(order))
        if isinstance(order, SettingsCommand) and order.verb in {"report", "preview"}:
            self._tell(order)
            return
        self._waiting = _Waiting(order, time.monotonic() + IN_USE_SECONDS)
        if self._in_use():
            self._answer(order, "waiting", "somebody uses it")
        else:
            self._begin(order)

    async def run(self) -> None:
        """Follow what is under way until cancelled."""
        trial = self._kept.trial
        section, began = self._section, time.monotonic()
        judge = (
            Judge(trial, section.steady_seconds, section.try_seconds) if trial is not None else None
        )
        while True:
            self._look()
            if self._rebooting is not None:
                await self._restart_machine(self._rebooting)
            if judge is not None and self._judge(judge, time.monotonic() - began):
                judge = None
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        """Begin what waits, once nobody uses the node."""
        waiting = self._waiting
        if waiting is None or self._is_ending:
            return
        if not self._in_use():
            self._begin(waiting.order)
        elif time.monotonic() >= waiting.until:
            self._waiting = None
            self._answer(waiting.order, "refused", "somebody used it all the while")

    def _judge(self, judge: Judge, now_s: float) -> bool:
        """Look at a trial once; tell whether it is over."""
        well = self._node.wellness()
        sign = Sign(well.turning, well.connected, well.failing)
        verdict = judge.judge(sign, now_s)
        if verdict == "try":
            return False
        if verdict == "well":
            log.info("remote_settings_well", sha256=self._kept.current)
            self._keep(confirmed(self._kept, _wall_ms()))
            self._shelf.sweep(self._kept)
            self._node.uplink.tell_status()
            return True
        why = judge.missing(sign) or f"not well for {judge.steady_seconds:g} s without a break"
        log.warning("remote_settings_taken_back", reason=why)
        self._keep(taken_back(self._kept, why, _wall_ms()))
        self._end()
        return True

    def _why_not(self, order: Order) -> str:
        """Return why an order cannot be carried out, in a sentence; empty: it can."""
        section = self._section
        if not self._node.recorder.clock_is_set:
            return "the node's clock is not set: how old the order is nobody can say"
        age_ms = abs(_wall_ms() - order.at_ms)
        if age_ms > MOST_AGE_MS:
            return f"the order is {age_ms / 1000:.0f} s old or of another clock"
        if isinstance(order, SettingsCommand):
            if not section.settings:
                return "this node takes no settings from afar: remote.settings is false there"
            if order.verb in {"report", "preview"}:
                return ""
        elif order.part not in self._parts:
            return f"this node does not start its {order.part} anew: remote.restart there"
        return self._why_not_now() or (
            self._why_not_settings(order) if isinstance(order, SettingsCommand) else ""
        )

    def _why_not_now(self) -> str:
        if self.is_busy:
            return "another order is under way"
        update = self._node.updates.status() if self._node.updates is not None else None
        if update is not None and update.phase in {"trying", "rolling_back"}:
            return "an update is being tried"
        wait = wait_ms(self._kept, _wall_ms())
        if wait:
            return f"too many new starts: the next one in {-(-wait // 60_000)} minutes"
        return ""

    def _why_not_settings(self, order: SettingsCommand) -> str:
        kept = self._kept
        if order.base != kept.current:
            return "the settings in force are not those that it was made from: look again"
        if order.verb == "rollback":
            if kept.previous is None or self._shelf.text(kept.previous) is None:
                return "there are no settings before these"
            return self._reading.why_not(self._shelf.text(kept.previous) or "")
        if digest(order.text.encode()) == kept.current:
            return "these settings are in force already"
        return self._reading.why_not(order.text)

    def _tell(self, order: SettingsCommand) -> None:
        current = self._shelf.text(self._kept.current) or ""
        try:
            now = self._reading.listed("" if self._kept.trouble else current)
            if order.verb == "report":
                self._answer(order, "told", sha256=self._kept.current, text=current, settings=now)
                return
            why = self._reading.why_not(order.text)
            if why:
                self._answer(order, "refused", why)
                return
            changes = changed(now, self._reading.listed(order.text))
        except ConfigError as error:
            self._answer(order, "refused", str(error))
            return
        self._answer(order, "told", sha256=self._kept.current, changes=changes)

    def _begin(self, order: Order) -> None:
        """Carry an order out; what outlives this process is on the disk before it ends."""
        self._waiting = None
        now_ms = _wall_ms()
        if isinstance(order, RestartCommand) and order.part == "browser":
            self._restart_browser(order)
            return
        try:
            if isinstance(order, RestartCommand):
                restart = Restart(order.id, order.part, self._node.recorder.os_boot)
                kept = restarting(self._kept, restart, now_ms)
            else:
                kept = self._applied(order, now_ms)
            self._shelf.keep(kept)
        except SettingsNotKept as error:
            self._answer(order, "refused", str(error))
            return
        self._kept = kept
        self._answer(order, "begun")
        if isinstance(order, RestartCommand) and order.part == "machine":
            self._rebooting = order
        else:
            self._end()

    def _applied(self, order: SettingsCommand, now_ms: int) -> Kept:
        well = self._node.wellness()
        trial = Trial(order.id, well.connected, well.failing)
        if order.verb == "rollback":
            return applied(self._kept, self._kept.previous or "", trial, now_ms)
        return applied(self._kept, self._shelf.add(order.text), trial, now_ms)

    def _restart_browser(self, order: RestartCommand) -> None:
        asked = self._browser is not None and self._browser()
        stage: Stage = "done" if asked else "refused"
        why = "" if asked else "nobody watches a browser here: `kiosk shell show` does not run"
        kept = restarting(self._kept, Restart(order.id, "browser", ""), _wall_ms())
        self._keep(ended(kept, order.id, stage, why, _wall_ms()))
        self._answer(order, stage, why)

    async def _restart_machine(self, order: RestartCommand) -> None:
        self._rebooting = None
        try:
            await asyncio.to_thread(self._reboot)
        except OSError as error:
            why = f"the machine does not start anew: {error.strerror or error}"
            self._keep(ended(self._kept, order.id, "refused", why, _wall_ms()))
            self._answer(order, "refused", why)

    def _end(self) -> None:
        self._is_ending = True
        self._node.uplink.tell_status()
        self._stop()

    def _keep(self, kept: Kept) -> None:
        self._kept = kept
        try:
            self._shelf.keep(kept)
        except SettingsNotKept as error:
            log.error("remote_state_not_kept", reason=str(error))

    def _answer(self, order: Order, stage: Stage, why: str = "", **more: object) -> None:
        reply = RemoteReply(order.id, stage, max(0, _wall_ms()), why[:400], **more)  # type: ignore[arg-type]
        self._answered[order.id] = reply
        while len(self._answered) > _MOST_ANSWERED:
            del self._answered[next(iter(self._answered))]
        self._send(reply)
        self._node.uplink.tell_status()

    def _send(self, reply: RemoteReply) -> None:
        self._node.uplink.reply(encode_remote(reply))


def _named(order: Order) -> str:
    return order.verb if isinstance(order, SettingsCommand) else f"restart {order.part}"


def _reboot_machine() -> None:
    """Start the machine anew. Raises OSError."""
    try:
        done = subprocess.run(  # noqa: S603  a command of our own
            _REBOOT, capture_output=True, text=True, timeout=_REBOOT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError("systemctl does not answer") from error
    if done.returncode:
        raise OSError(done.stderr.strip()[:200] or f"systemctl ended with {done.returncode}")


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
