"""A node's half of the wire: sends what the spool holds, follows its store, tells how it is.

One task. The MQTT client's thread only posts to the event loop; everything else happens here, in
order. Nothing counts as delivered but an acknowledgement of the joined store.
"""

import asyncio
import contextlib
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import structlog

from contracts.errors import DecodeError
from contracts.ids import NodeId, client_id
from contracts.messages import (
    Ack,
    CertificateStatus,
    ClockStatus,
    DiskStatus,
    RawBatch,
    SourceStatus,
    SpoolStatus,
    Status,
    decode_ack,
    decode_status,
    encode,
)
from contracts.remote import RemoteStatus
from contracts.room import RoomStatus, UnfinishedCase
from contracts.topics import Channel, node_topic
from contracts.updating import UpdateStatus
from link.errors import SpoolError
from link.recorder import Recorder
from link.session import BrokerConfig, Session, Will
from link.window import BATCH_ROWS, Window

log = structlog.get_logger(__name__)

STATUS_SECONDS: Final = 30.0
CORRECTION_SECONDS: Final = 1.0
"""A wrong retained status is put right at most this often: a clone may be doing the same."""
SILENT_SECONDS: Final = 180.0
"""A store that answers is heard every minute: coverage grows."""
_OTHER_STORES: Final = 8


@dataclass(slots=True)
class _Mailbox:
    """What arrived since the task last looked; filled on the event loop's thread."""

    acks: list[bytes] = field(default_factory=list)
    statuses: list[bytes] = field(default_factory=list)
    others: list[tuple[str, bytes]] = field(default_factory=list)
    connected: bool = False
    lost: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Uplink:
    """Sends a recorder's spool to the hub of `node`'s broker until cancelled."""

    def __init__(
        self,
        recorder: Recorder,
        node: NodeId,
        broker: BrokerConfig,
        *,
        software: str = "",
        sources: Callable[[], tuple[SourceStatus, ...]] = lambda: (),
        rng: random.Random | None = None,
    ) -> None:
        self._recorder = recorder
        self._node = node
        self._broker = broker
        self._software = software
        self._sources = sources
        self.certificate: Callable[[], CertificateStatus | None] = lambda: None
        """What the status says of our certificate."""
        self.update: Callable[[], UpdateStatus | None] = lambda: None
        """What the status says of our update."""
        self._began = time.monotonic()
        self.was_acked = False
        """The store that we follow has acknowledged something since we started."""
        self.room: Callable[[], RoomStatus | None] = lambda: None
        """What the status says of an unstaffed room that this node looks after."""
        self.unfinished: Callable[[], tuple[UnfinishedCase, ...]] = tuple
        """What the status says of transactions that wait for the staff."""
        self.remote: Callable[[], RemoteStatus | None] = lambda: None
        """What the status says of orders from afar."""
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._followed = (recorder.spool.stream, recorder.spool.boot)
        self._window = Window(recorder.spool.mark)
        self._others: dict[str, None] = {}
        self._heard_at = time.monotonic()
        self._mail = _Mailbox()
        self._progress = asyncio.Event()
        self._status = b""
        self._status_at = float("-inf")
        self._session: Session
        self._is_open = False
        self._listeners: dict[str, list[Callable[[bytes], None]]] = {}

    def listen(self, topic: str, take: Callable[[bytes], None]) -> None:
        """Give what comes on a further topic to `take`, on the event loop's thread; before `run`.

        Several may listen to one topic. The broker's rules say which topics a node may read.
        """
        self._listeners.setdefault(topic, []).append(take)

    async def run(self) -> None:
        """Forward until cancelled; then say goodbye."""
        loop = asyncio.get_running_loop()
        self._session = self._new_session(loop)
        self._recorder.on_commit = self._mail.wake.set
        self._session.open()
        self._is_open = True
        try:
            while True:
                await self._step()
                await self._rest()
        finally:
            self._goodbye()
            await asyncio.to_thread(self._session.close)

    async def handed_over(self, seconds: float) -> bool:
        """Wait until the hub holds all that may be sent, at most so long; tell whether it does."""
        deadline = time.monotonic() + seconds
        while self._recorder.spool.has_unsent:
            left = deadline - time.monotonic()
            if left <= 0 or not self._session.connected:
                return False
            self._progress.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._progress.wait()
        return True

    def tell_status(self) -> None:
        """Publish the status soon, because something in it changed; on the event loop's thread."""
        self._status_at = float("-inf")
        self._mail.wake.set()

    def renewed(self) -> None:
        """Take over a certificate that was renewed. Raises BrokerUnavailable."""
        if self._is_open:
            self._session.renewed()

    def reply(self, payload: bytes) -> bool:
        """Answer an order of the hub; tell whether it left."""
        if not self._is_open or not self._session.connected:
            return False
        return self._session.publish(node_topic(self._node, Channel.REPLY), payload)

    @property
    def is_connected(self) -> bool:
        """Tell whether the broker has accepted us and the line still stands."""
        return self._is_open and self._session.connected

    @property
    def is_certificate_ended(self) -> bool:
        """Tell whether the broker said that our certificate has ended."""
        return self._is_open and self._session.is_certificate_ended

    def _new_session(self, loop: asyncio.AbstractEventLoop) -> Session:
        node, boot = self._node, self._recorder.spool.boot
        mail = self._mail

        def post(change: Callable[[], None]) -> None:
            def apply() -> None:
                change()
                mail.wake.set()

            # A network thread that outlived its session may come back when the loop is gone.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(apply)

        def received(topic: str, payload: bytes) -> None:
            if topic in self._listeners:
                post(lambda: mail.others.append((topic, payload)))
                return
            box = mail.acks if topic == ack_topic else mail.statuses
            post(lambda: box.append(payload))

        ack_topic = node_topic(node, Channel.ACK)
        status_topic = node_topic(node, Channel.STATUS)
        will = Will(status_topic, encode(Status(boot=boot, online=False)))
        return Session(
            self._broker,
            client_id(node, boot),
            subscriptions=(ack_topic, status_topic, *self._listeners),
            on_message=received,
            on_connected=lambda: post(lambda: setattr(mail, "connected", True)),
            on_lost=lambda: post(lambda: setattr(mail, "lost", True)),
            will=will,
        )

    async def _step(self) -> None:
        """Take what arrived, then send what may be sent."""
        mail = self._mail
        mail.wake.clear()
        if mail.lost or mail.connected:
            self._window.lost_line()
            self._status_at = float("-inf") if mail.connected else self._status_at
            mail.lost = mail.connected = False
        acks, mail.acks = mail.acks, []
        self._follow_spool()
        for payload in acks:
            await self._take_ack(payload)
        others, mail.others = mail.others, []
        for topic, payload in others:
            for take in self._listeners[topic]:
                take(payload)
        statuses, mail.statuses = mail.statuses, []
        if any(self._is_not_ours(payload) for payload in statuses):
            self._status_at = min(
                self._status_at, time.monotonic() - STATUS_SECONDS + CORRECTION_SECONDS
            )
        self._window.overdue(time.monotonic())
        if self._session.connected:
            async with self._recorder.lock:
                self._follow_spool()
                self._send()
                self._send_status()

    async def _rest(self) -> None:
        """Sleep until something happens or is due."""
        now = time.monotonic()
        until = self._status_at + STATUS_SECONDS if self._session.connected else now + 1.0
        if self._window.deadline is not None:
            until = min(until, self._window.deadline)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.02, min(until - now, STATUS_SECONDS))):
                await self._mail.wake.wait()

    def _follow_spool(self) -> None:
        """Notice that the recorder went on in another stream, or in an older copy of this one."""
        spool = self._recorder.spool
        if (spool.stream, spool.boot) != self._followed:
            self._followed = (spool.stream, spool.boot)
            self._window = Window(spool.mark)

    def _send(self) -> None:
        spool, window = self._recorder.spool, self._window
        while window.may_send:
            try:
                packet = spool.pending(window.cursor, BATCH_ROWS)
                first = packet is not None and 1 < spool.oldest == packet.after + 1
                lost = spool.lost() if first else ()
            except SpoolError as error:
                self._recorder.report_damage(error)
                return
            if packet is None:
                return
            batch = RawBatch(
                stream=spool.stream,
                boot=spool.boot,
                boot_first=spool.boot_first,
                after=packet.after,
                upto=packet.upto,
                oldest=spool.oldest,
                rows=tuple(map(msgspec.Raw, packet.bodies)),
                boots_before=spool.boots_since(window.mark),
                lost=lost,
                sent_at_ms=max(0, time.time_ns() // 1_000_000),
            )
            if not self._session.publish(node_topic(self._node, Channel.DATA), encode(batch)):
                return
            window.sent(packet.upto, time.monotonic(), self._jitter())

    async def _take_ack(self, payload: bytes) -> None:
        try:
            ack = decode_ack(payload)
        except DecodeError as error:
            log.warning("ack_refused", reason=error.reason)
            return
        spool = self._recorder.spool
        if ack.stream != spool.stream or not self._is_followed(ack):
            return
        if ack.verdict == "fork":
            if ack.boot == spool.boot and ack.upto < spool.last:
                await self._recorder.fork(ack.upto)
                self._status_at = float("-inf")
            return
        if ack.boot is not None and ack.boot not in spool.line:
            return  # what another opening delivered, a clone's: not ours
        if ack.upto > spool.last:
            return  # the hub knows more of this stream than we do: sending will tell it, and us
        if ack.verdict == "stored":
            self._window.stored(ack.upto, time.monotonic(), self._jitter())
        else:
            self._window.refused(ack.upto, time.monotonic())
        self.was_acked = True
        spool.set_mark(self._window.mark)
        self._progress.set()

    def _is_followed(self, ack: Ack) -> bool:
        """Tell whether an answer is our store's; join the first one, and a restored descendant.

        A backup may be restored twice, and its second descendant does not name the first; a store
        that was left may be put back. Such a relative is followed when our own has been silent for
        long: of two that live, nobody goes back and forth.
        """
        spool = self._recorder.spool
        if spool.store_id == ack.store_id:
            self._heard_at = time.monotonic()
            return True
        family = spool.stores_joined & {ack.store_id, *ack.ancestors}
        silent = time.monotonic() - self._heard_at > SILENT_SECONDS
        known = spool.store_id in ack.ancestors or (silent and family)
        if spool.store_id is None or known:
            log.info("store_joined", store_id=ack.store_id, before=spool.store_id)
            # What a clone of ours delivered there says nothing of what we did.
            ours = ack.boot is None or ack.boot in spool.line
            mark = min(ack.upto, spool.last) if ours else 0
            self._heard_at = time.monotonic()
            spool.join(ack.store_id, mark, ack.ancestors)
            self._window = Window(mark)
            self._others.pop(ack.store_id, None)
            return True
        if ack.store_id not in self._others and len(self._others) < _OTHER_STORES:
            log.warning("other_store", store_id=ack.store_id, joined=spool.store_id)
            self._others[ack.store_id] = None
        return False

    def _is_not_ours(self, payload: bytes) -> bool:
        """Tell whether a retained status is another's: an old last will, a clone."""
        if payload == self._status:
            return False
        try:
            status = decode_status(payload)
        except DecodeError:
            return True
        return not status.online or status.boot != self._recorder.spool.boot

    def _send_status(self) -> None:
        now = time.monotonic()
        if now - self._status_at < STATUS_SECONDS:
            return
        self._status_at = now
        try:
            self._status = encode(self._current_status())
        except SpoolError as error:
            self._recorder.report_damage(error)
            return
        self._session.publish(node_topic(self._node, Channel.STATUS), self._status, retain=True)

    def _current_status(self) -> Status:
        recorder, spool = self._recorder, self._recorder.spool
        return Status(
            boot=spool.boot,
            online=True,
            at_ms=max(0, time.time_ns() // 1_000_000),
            software=self._software,
            os_boot=recorder.os_boot,
            clock=ClockStatus("set" if recorder.clock_is_set else "unset", spool.held),
            spool=SpoolStatus(
                stream=spool.stream,
                pending=spool.unacknowledged,
                bytes=spool.used_bytes,
                dropped=spool.dropped,
                set_aside=None if spool.set_aside is None else spool.set_aside[:200],
                writable=recorder.trouble is None,
            ),
            store_id=spool.store_id,
            other_stores=tuple(self._others),
            sources=self._sources(),
            certificate=self.certificate(),
            up_seconds=int(time.monotonic() - self._began),
            update=self.update(),
            disk=_disk_of(spool.path),
            room=self.room(),
            unfinished=self.unfinished(),
            remote=self.remote(),
        )

    def _goodbye(self) -> None:
        offline = Status(boot=self._recorder.spool.boot, online=False, software=self._software)
        topic = node_topic(self._node, Channel.STATUS)
        self._session.publish(topic, encode(offline), retain=True)

    def _jitter(self) -> float:
        return self._rng.uniform(0.8, 1.25)


def _disk_of(path: Path) -> DiskStatus | None:
    """Return how full the disk of a file is; None where the system does not say."""
    try:
        disk = shutil.disk_usage(path.parent)
    except OSError:
        return None
    return DiskStatus(disk.total, disk.free)
