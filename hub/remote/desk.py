"""Where the settings of nodes are known, and where they and new starts are ordered.

    a person ─► order ─► command ─► the node ─► reply ─► what became of it
                                       └► status: how it ended, when the node came back

A node looks at each order itself: the hub knows neither its file nor what may be set there.
"""

import asyncio
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import Status, decode_status
from contracts.orders import kind_of
from contracts.remote import (
    FINAL,
    MOST_SETTINGS_BYTES,
    Order,
    Part,
    RemoteReply,
    RemoteStatus,
    RestartCommand,
    SettingsCommand,
    Verb,
    decode_remote_reply,
    encode_remote,
)
from contracts.topics import Channel, node_topic
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.audit import entry
from hub.errors import NotAllowed
from hub.live import LiveBoard
from hub.live.now import DeviceNow
from hub.store.records import Records
from hub.store.records.remote import OrderRecord, RemoteRecords, SettingsRecord
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.2
ANSWER_MS: Final = 20_000
"""A node that is there answers within so long."""
ENDING_MS: Final = 3 * 3600_000
"""What a node began or waits with has ended by then, or it is not there any more."""
ASK_AGAIN_MS: Final = 60_000
MOST_REASON: Final = 200
_MOST_REPLIES: Final = 1000
_OPEN: Final = ("sent", "waiting", "begun")
_PERMISSIONS: Final = {"restart": Permission.RESTART}
_ACTIONS: Final = {
    "apply": "node.settings_ordered",
    "rollback": "node.rollback_ordered",
    "restart": "node.restart_ordered",
}
Publish = Callable[[str, bytes], bool]


@dataclass(frozen=True, slots=True)
class NodeRemote:
    """What is known of one node: its status, what it told of its settings, what was ordered."""

    node: NodeId
    is_online: bool
    software: str
    status: RemoteStatus
    told: SettingsRecord | None


class RemoteDesk:
    """Orders of people to nodes. Any thread may use it.

    What cannot be ordered raises NotAllowed, NotFound or Complained.
    """

    def __init__(
        self,
        records: Records,
        live: LiveBoard,
        publish: Publish,
        clock_ms: Callable[[], int],
    ) -> None:
        self._kept = RemoteRecords(records)
        self._live = live
        self._publish = publish
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._told = self._kept.settings()
        self._open = {one.id: one for one in self._kept.of_stages(_OPEN)}
        self._heard: list[tuple[NodeId, RemoteReply]] = []
        self._asked: dict[NodeId, tuple[str, int]] = {}
        self._replies: OrderedDict[str, tuple[NodeId, RemoteReply | None]] = OrderedDict()
        """Of reports and previews, by the order's id; None: none came yet."""
        self._read: dict[NodeId, tuple[str, Status | None]] = {}

    def nodes(self) -> list[NodeRemote]:
        """Return the nodes that anything may be ordered of, by name."""
        found = []
        for now in self._live.devices:
            status = self._status(now)
            if status is not None and status.remote is not None:
                node = NodeId(now.venue, now.node)
                software = now.device.software if now.device is not None else ""
                is_online = now.state == "online"
                found.append(
                    NodeRemote(node, is_online, software, status.remote, self._told.get(node))
                )
        return found

    def node(self, node: NodeId) -> NodeRemote | None:
        """Return one node; None: nothing may be ordered of it."""
        return next((one for one in self.nodes() if one.node == node), None)

    def orders(self, node: NodeId) -> list[OrderRecord]:
        """Return the newest orders to a node, the newest first."""
        return self._kept.orders(node)

    def preview(self, by: Who, nodes: Sequence[NodeId], text: str) -> dict[NodeId, str]:
        """Ask nodes what a text would change; return the ids under which they answer."""
        _check_text(text)
        asked = {}
        for node in nodes:
            self._require(by, Permission.SETTINGS, node)
            self._there(node)
            asked[node] = self._ask(node, "preview", by.name, text)
        return asked

    async def answers(
        self, asked: dict[NodeId, str], seconds: float
    ) -> dict[NodeId, RemoteReply | None]:
        """Return what nodes answered to reports and previews; None: nothing in so long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            found = {node: self._replies.get(id_, (node, None))[1] for node, id_ in asked.items()}
            if None not in found.values() or loop.time() >= deadline:
                return found
            await asyncio.sleep(LOOK_SECONDS / 4)

    def apply(self, by: Who, node: NodeId, text: str, reason: str, base: str, id_: str = "") -> str:
        """Order settings; `base` is the digest of those that they were made from."""
        _check_text(text)
        return self._order(by, node, "apply", reason, base=base, text=text, id_=id_)

    def roll_back(self, by: Who, node: NodeId, reason: str, base: str, id_: str = "") -> str:
        """Order the settings before."""
        return self._order(by, node, "rollback", reason, base=base, id_=id_)

    def restart(self, by: Who, node: NodeId, part: Part, reason: str, id_: str = "") -> str:
        """Order a new start of a part of a node."""
        return self._order(by, node, "restart", reason, part=part, id_=id_)

    def order(self, id_: str) -> OrderRecord | None:
        """Return an order; None: there is none of this id."""
        return self._open.get(id_) or self._kept.order(id_)

    def heard(self, node: NodeId, payload: bytes) -> None:
        """Take a node's answer; on the network's thread. Raises DecodeError."""
        if kind_of(payload) == "remote":
            with self._lock:
                self._heard.append((node, decode_remote_reply(payload)))

    async def run(self) -> None:
        """Follow orders, and ask nodes for their settings, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except StoreUnavailable as error:
                log.warning("orders_not_kept", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Do once what `run` does."""
        with self._lock:
            heard, self._heard = self._heard, []
        now_ms = self._clock_ms()
        for node, reply in heard:
            self._take(node, reply, now_ms)
        for one in self.nodes():
            self._follow(one, now_ms)
        for order in tuple(self._open.values()):
            most = ANSWER_MS if order.stage == "sent" else ENDING_MS
            if now_ms - order.changed_ms > most:
                self._became(order, "no_answer", "", now_ms)

    def _take(self, node: NodeId, reply: RemoteReply, now_ms: int) -> None:
        asked = self._replies.get(reply.id)
        if asked is not None and asked[0] == node:
            self._replies[reply.id] = (node, reply)
            if reply.stage == "told" and reply.settings:
                _, boot = self._boot(node)
                told = SettingsRecord(node, boot, reply.sha256, reply.text, reply.settings, now_ms)
                self._kept.keep_settings(told)
                self._told[node] = told
            return
        order = self._open.get(reply.id) or self._kept.order(reply.id)
        # One that has ended stays as it ended; a late answer is better than none.
        if order is not None and order.node == node and order.stage not in FINAL:
            self._became(order, reply.stage, reply.why, now_ms)

    def _follow(self, one: NodeRemote, now_ms: int) -> None:
        """See how orders ended, and ask for settings that are not known yet."""
        last = one.status.last
        if last is not None and last.id in self._open and self._open[last.id].node == one.node:
            self._became(self._open[last.id], last.stage, last.why, now_ms)
        if not (one.is_online and one.status.settings):
            return
        key, boot = self._boot(one.node)
        told = one.told
        if told is not None and (told.boot, told.sha256) == (boot, one.status.sha256):
            return
        asked = self._asked.get(one.node)
        if asked is None or asked[0] != key or now_ms - asked[1] > ASK_AGAIN_MS:
            self._asked[one.node] = (key, now_ms)
            self._ask(one.node, "report", "hub")

    def _boot(self, node: NodeId) -> tuple[str, str]:
        """Return what changes with a node's settings, and the name of its process."""
        status = self._read.get(node, ("", None))[1]
        if status is None or status.remote is None:
            return "", ""
        return f"{status.boot} {status.remote.sha256}", status.boot

    def _ask(self, node: NodeId, verb: Verb, by: str, text: str = "") -> str:
        id_ = secrets.token_hex(8)
        self._replies[id_] = (node, None)
        while len(self._replies) > _MOST_REPLIES:
            self._replies.popitem(last=False)
        self._send(node, SettingsCommand(id_, self._clock_ms(), verb, by, text=text))
        return id_

    def _order(
        self,
        by: Who,
        node: NodeId,
        verb: str,
        reason: str,
        *,
        part: Part | None = None,
        base: str = "",
        text: str = "",
        id_: str = "",
    ) -> str:
        self._require(by, _PERMISSIONS.get(verb, Permission.SETTINGS), node)
        if not 1 <= len(reason.strip()) <= MOST_REASON:
            raise Complained(Complaint.REASON_FORM)
        self._there(node)
        known = self._kept.order(id_) if id_ else None
        if known is not None:
            # The same form once more.
            return known.id
        now_ms = self._clock_ms()
        one = OrderRecord(
            id=id_ or secrets.token_hex(8),
            node=node,
            verb=verb,
            part=part or "",
            base=base,
            text=text,
            reason=reason.strip(),
            who=by.name,
            at_ms=now_ms,
            changed_ms=now_ms,
        )
        facts = {"reason": one.reason} | ({"part": part} if part else {})
        self._kept.add(one, entry(by, now_ms, _ACTIONS[verb], str(node), None, facts))
        self._open[one.id] = one
        order: Order = (
            RestartCommand(one.id, now_ms, part, by.name)
            if part is not None
            else SettingsCommand(
                one.id, now_ms, "apply" if verb == "apply" else "rollback", by.name, base, text
            )
        )
        if not self._send(node, order):
            self._became(one, "no_answer", "", now_ms)
        return one.id

    def _send(self, node: NodeId, order: Order) -> bool:
        return self._publish(node_topic(node, Channel.COMMAND), encode_remote(order))

    def _became(self, order: OrderRecord, stage: str, why: str, now_ms: int) -> None:
        after = replace(order, stage=stage, why=why, changed_ms=now_ms)
        if (after.stage, after.why) == (order.stage, order.why):
            return
        self._kept.keep(after)
        if stage in FINAL or stage == "no_answer":
            self._open.pop(order.id, None)
        else:
            self._open[order.id] = after

    def _there(self, node: NodeId) -> NodeRemote:
        """Return a node that can be ordered something now. Raises Complained."""
        found = self.node(node)
        if found is None:
            raise Complained(Complaint.NODE_TAKES_NO_ORDERS)
        if not found.is_online:
            raise Complained(Complaint.NODE_AWAY)
        return found

    def _require(self, by: Who, permission: Permission, node: NodeId) -> None:
        if not by.may(permission, node.venue):
            raise NotAllowed(f"{by.name} may not: {node.venue} is another's")

    def _status(self, now: DeviceNow) -> Status | None:
        """Return what a node said last; read once for each text."""
        node, text = NodeId(now.venue, now.node), now.device.status if now.device else ""
        read = self._read.get(node)
        if read is None or read[0] != text:
            read = self._read[node] = (text, _status_of(text))
        return read[1]


def _status_of(text: str) -> Status | None:
    try:
        return decode_status(text.encode()) if text else None
    except DecodeError:
        return None


def _check_text(text: str) -> None:
    if len(text.encode()) > MOST_SETTINGS_BYTES:
        raise Complained(Complaint.SETTINGS_LONG)
