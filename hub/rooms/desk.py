"""Orders to unstaffed rooms: by whom they may be given, sent once, their answers awaited.

An order is written down with its entry of the audit log before it is sent; its outcome is a second
entry. Its id is chosen by whoever orders: the same id again is the same order.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from contracts.ids import NodeId, require_token
from contracts.room import MOST_AGE_MS, RoomCommand, RoomReply, Verb, encode_room
from contracts.topics import Channel, node_topic
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.alerts import AlertDesk
from hub.audit import Entry, entry
from hub.errors import NotAllowed, NotFound
from hub.live import LiveBoard
from hub.rooms.journal import NAMES, JournalLine, told
from hub.rooms.needs import Need, needs_of, ranked
from hub.rooms.room import RoomNow, read_rooms
from hub.rooms.words import ORDER_REFUSALS, why_not
from hub.store.port import Evidence
from hub.store.records import Records
from hub.store.records.room_orders import RoomOrderRecords
from hub.store.room_order import OrderRecord, OrderState
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

ANSWER_MS: Final = MOST_AGE_MS + 5_000
"""A room refuses an order that is older than `MOST_AGE_MS`: later than this no answer comes."""
LOOK_SECONDS: Final = 1.0
REASON_LENGTH: Final = 200
TEXT_LENGTH: Final = 200
MOST_REPLIES: Final = 1000
"""Answers that may wait to be written down; a sender that floods fills no memory."""
BY_VERB: Final[dict[Verb, Permission]] = {
    "announce": Permission.ROOMS_ORDER,
    "close": Permission.ROOMS_ORDER,
    "open": Permission.ROOMS_ORDER,
    "unlock": Permission.ROOMS_UNLOCK,
    "reset": Permission.ROOMS_UNLOCK,
}
"""What each order takes; those that free a door or end an alarm also take a reason."""

Publish = Callable[[str, bytes], bool]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done: `id` a token of 8 to 32 hex digits, new for each order."""

    id: str
    verb: Verb
    zh: str = ""
    en: str = ""
    reason: str = ""


class RoomDesk:
    """Rooms, and orders to them. Any thread may use it; `run` belongs to the event loop.

    What cannot be done raises Complained, NotAllowed, NotFound.
    """

    def __init__(
        self,
        records: Records,
        evidence: Evidence,
        live: LiveBoard,
        alerts: AlertDesk,
        clock_ms: Callable[[], int],
        publish: Publish,
    ) -> None:
        self._kept = RoomOrderRecords(records)
        self._evidence = evidence
        self._live = live
        self._alerts = alerts
        self._clock_ms = clock_ms
        self._publish = publish
        self._lock = threading.Lock()
        self._waiting: dict[str, OrderRecord] = {}
        self._replies: deque[tuple[NodeId, RoomReply]] = deque(maxlen=MOST_REPLIES)
        self._wake: Callable[[], object] = lambda: None
        self.revision = 0
        """Grows with each order and each outcome."""
        self._waiting = {order.id: order for order in self._kept.waiting()}

    def rooms(self, who: Who) -> list[RoomNow]:
        """Return the kiosks that are theirs."""
        live = self._live
        return [one for one in read_rooms(live.devices, live.declared) if who.covers(one.venue)]

    def room(self, node: NodeId) -> RoomNow:
        """Return one kiosk. Raises NotFound."""
        devices = [now for now in self._live.devices if (now.venue, now.node) == _pair(node)]
        for room in read_rooms(devices, self._live.declared):
            return room
        raise NotFound(f"there is no kiosk {node} that said how it is")

    def needs(self, room: RoomNow) -> tuple[Need, ...]:
        """Return what a room wants of people, the gravest first."""
        return needs_of(room, [a for a in self._alerts.open if a.venue == room.venue])

    def seen(self, who: Who) -> list[tuple[RoomNow, Sequence[Need]]]:
        """Return the kiosks that are theirs with what each wants, the most pressing first."""
        return ranked((room, self.needs(room)) for room in self.rooms(who))

    def journal(self, venues: Iterable[str], start_ms: int, end_ms: int) -> list[JournalLine]:
        """Return what happened at some venues, the newest first; Unix ms. Raises StoreError."""
        events = self._evidence.events
        return told(e for venue in venues for e in events(venue, start_ms, end_ms, NAMES))

    def is_waiting(self, id_: str) -> bool:
        """Tell whether an order waits for its answer."""
        return id_ in self._waiting

    def orders(self, node: NodeId, most: int = 20) -> Sequence[OrderRecord]:
        """Return the newest orders to a room, the newest first."""
        return self._kept.newest(node.venue, node.node, most)

    def find(self, node: NodeId, id_: str) -> OrderRecord:
        """Return an order to a room. Raises NotFound."""
        found = self._kept.find(id_)
        if found is None or (found.venue, found.node) != _pair(node):
            raise NotFound("there is no such order to this room")
        return found

    def order(self, by: Who, node: NodeId, wish: Wish) -> OrderRecord:
        """Send an order, once, and return it as it stands; its answer comes later."""
        if not by.may(BY_VERB[wish.verb], node.venue):
            raise NotAllowed(f"{by.name} may not: it takes {BY_VERB[wish.verb]} at {node.venue}")
        self._check(node, wish)
        with self._lock:
            before = self._kept.find(wish.id)
            if before is not None:
                if (before.venue, before.node, before.verb, before.who) != (
                    *_pair(node),
                    wish.verb,
                    by.name,
                ):
                    raise Complained(Complaint.ORDER_OTHER)
                return before
            order = self._written(by, node, wish)
            command = RoomCommand(
                id=wish.id,
                at_ms=order.at_ms,
                verb=wish.verb,
                # Of whom is the hub's to know; the room's own log names a role.
                by="" if by.role is None else by.role.value,
                zh=order.zh,
                en=order.en,
            )
            if not self._publish(node_topic(node, Channel.COMMAND), encode_room(command)):
                order = self._settled(order, "unsent", "broker_away")
            else:
                self._waiting[order.id] = order
            self.revision += 1
        self._wake()
        return order

    def heard(self, node: NodeId, reply: RoomReply) -> None:
        """Take a room's answer; on the network's thread, where nothing is written."""
        self._replies.append((node, reply))
        self._wake()

    def look(self) -> bool:
        """Write down what became of orders; tell whether anything did. Raises StoreUnavailable."""
        revision = self.revision
        with self._lock:
            while self._replies:
                node, reply = self._replies[0]
                self._answered(node, reply)
                # Only now: one that could not be written is taken up again.
                self._replies.popleft()
            now_ms = self._clock_ms()
            for order in tuple(self._waiting.values()):
                if abs(now_ms - order.at_ms) > ANSWER_MS:
                    self._settled(order, "unanswered", "")
        return self.revision != revision

    async def run(self) -> None:
        """Follow the orders until cancelled."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(news.set)
        try:
            seen = self.revision
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await news.wait()
                news.clear()
                if self._replies or self._waiting:
                    try:
                        await asyncio.to_thread(self.look)
                    except StoreUnavailable as error:
                        log.warning("room_orders_not_kept", reason=str(error))
                if self.revision != seen:
                    seen = self.revision
                    # Pages that show orders hear of it as of a device that changed.
                    self._live.feed.announce(())
        finally:
            self._wake = lambda: None

    def _check(self, node: NodeId, wish: Wish) -> None:
        try:
            require_token(wish.id)
        except ValueError as error:
            raise Complained(Complaint.ORDER_ID) from error
        if max(len(wish.zh), len(wish.en)) > TEXT_LENGTH:
            raise Complained(Complaint.ANNOUNCE_FORM)
        if wish.verb == "announce" and not (wish.zh.strip() or wish.en.strip()):
            raise Complained(Complaint.ANNOUNCE_FORM)
        needs_reason = BY_VERB[wish.verb] is Permission.ROOMS_UNLOCK
        if len(wish.reason.strip()) < needs_reason or len(wish.reason) > REASON_LENGTH:
            raise Complained(Complaint.REASON_FORM)
        if self._kept.find(wish.id) is not None:
            return
        now = self.room(node)
        if now.room is None or wish.verb not in now.room.commands:
            raise Complained(Complaint.ROOM_TAKES_NOT)
        if not now.is_there:
            raise Complained(Complaint.ROOM_AWAY)

    def _written(self, by: Who, node: NodeId, wish: Wish) -> OrderRecord:
        says = wish.verb == "announce"
        order = OrderRecord(
            wish.id,
            *_pair(node),
            wish.verb,
            wish.zh.strip() if says else "",
            wish.en.strip() if says else "",
            wish.reason.strip(),
            by.name,
            by.via,
            self._clock_ms(),
        )
        facts = {"verb": order.verb, "reason": order.reason, "zh": order.zh, "en": order.en}
        said = {key: value for key, value in facts.items() if value}
        self._kept.add(order, entry(by, order.at_ms, "room.ordered", str(node), None, said))
        return order

    def _answered(self, node: NodeId, reply: RoomReply) -> None:
        order = self._waiting.get(reply.id) or self._kept.find(reply.id)
        if order is None or (order.venue, order.node) != _pair(node):
            return
        if order.state not in {"sent", "unanswered"}:
            # Answered twice: QoS 1 may say a thing again.
            return
        why = reply.refusal if reply.refusal in ORDER_REFUSALS else reply.why
        self._settled(order, "done" if reply.done else "refused", why)

    def _settled(self, order: OrderRecord, state: OrderState, why: str) -> OrderRecord:
        now_ms = self._clock_ms()
        after = replace(order, state=state, settled_ms=now_ms, why=why)
        facts = {"verb": order.verb, "result": state} | ({"error": why_not(why)[1]} if why else {})
        outcome = Entry(
            now_ms,
            order.who,
            order.via,
            "room.answered",
            f"{order.venue}/{order.node}",
            None,
            facts,
        )
        self._kept.settle(after, outcome)
        self._waiting.pop(order.id, None)
        self.revision += 1
        return after


def _pair(node: NodeId) -> tuple[str, str]:
    return node.venue, node.node
