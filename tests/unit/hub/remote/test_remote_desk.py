"""Orders to nodes at the hub: whose they are, that each is sent once, and what becomes of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.ids import NodeId
from contracts.messages import Status
from contracts.remote import (
    Change,
    Ended,
    Order,
    RemoteReply,
    RemoteStatus,
    RestartCommand,
    Setting,
    SettingsCommand,
    decode_remote_order,
    encode_remote,
)
from contracts.topics import parse_node_topic
from hub.access import Permission, Role, by_token
from hub.access.complaints import Complained, Complaint
from hub.errors import NotAllowed
from hub.live.board import wall_ms
from hub.remote.desk import ANSWER_MS, MOST_REASON
from hub.runtime import Hub
from hub.store.records import AuditLog, Wanted
from tests.accounts import TESTER
from tests.unit.hub.test_api import a_config, running

KIOSK, OTHER, AWAY = (
    NodeId("museum", "kiosk-1"),
    NodeId("art-museum", "kiosk-1"),
    NodeId("museum", "kiosk-9"),
)
PAGE = f"/devices/{KIOSK.venue}/{KIOSK.node}/settings"
API = f"/api/v1/devices/{KIOSK.venue}/{KIOSK.node}"
LIST = (Setting("session.idle_seconds", "30.0"), Setting("screen.dark", '"closed"', True))


@dataclass
class Wire:
    """A hub whose nodes and broker are played; a node answers when it is told to."""

    hub: Hub
    client: httpx.AsyncClient
    sent: list[tuple[NodeId, Order]] = field(default_factory=list)
    later_ms: int = 0
    answers: RemoteReply | None = None

    def __post_init__(self) -> None:
        desk = self.hub.remote
        desk._publish = self._publish
        desk._clock_ms = lambda: wall_ms() + self.later_ms
        for node in (KIOSK, OTHER):
            self.says(node, RemoteStatus(settings=True, restart=("app",), previous=""))
        self.says(AWAY, RemoteStatus(restart=("app",)))
        self.says(NodeId("museum", "plain"), None)
        self.look()
        self.says(AWAY, None, online=False)
        self.look()

    def _publish(self, topic: str, payload: bytes) -> bool:
        node, _ = parse_node_topic(topic)
        order = decode_remote_order(payload)
        self.sent.append((node, order))
        if isinstance(order, SettingsCommand) and order.verb == "report":
            self.replies(node, RemoteReply(order.id, "told", text="x = 1", settings=LIST))
        if isinstance(order, SettingsCommand) and order.verb == "preview":
            changes = (Change("session.idle_seconds", "30.0", "45.0"),)
            self.replies(node, RemoteReply(order.id, "told", sha256="a" * 64, changes=changes))
        return True

    def says(self, node: NodeId, remote: RemoteStatus | None, *, online: bool = True) -> None:
        status = Status(
            boot="b0" * 8,
            online=online,
            at_ms=wall_ms(),
            software="kaiguan-kiosk 0.1.0",
            remote=remote,
        )
        self.hub.live.collector.told(node, status, wall_ms())

    def replies(self, node: NodeId, reply: RemoteReply) -> None:
        self.hub.remote.heard(node, encode_remote(reply))

    def look(self) -> None:
        self.hub.live.look()
        self.hub.remote.look()
        self.hub.remote.look()

    def stage(self, id_: str) -> tuple[str, str]:
        found = self.hub.remote.order(id_)
        assert found is not None
        return found.stage, found.why


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with running(a_config(tmp_path)) as (app, client):
        yield Wire(app.state.hub, client)


async def test_nodes_are_asked_once_for_what_may_be_set(wire: Wire) -> None:
    asked = [node for node, order in wire.sent if isinstance(order, SettingsCommand)]
    assert asked.count(KIOSK) == asked.count(OTHER) == 1
    assert AWAY not in asked
    told = (await wire.client.get(f"{API}/settings")).json()
    assert told["settings"] == [
        {"key": "session.idle_seconds", "value": "30.0", "remote": False},
        {"key": "screen.dark", "value": '"closed"', "remote": True},
    ]
    wire.look()
    assert len(wire.sent) == 2


async def test_what_cannot_be_ordered_is_said(wire: Wire) -> None:
    desk = wire.hub.remote
    for node, complaint in (
        (AWAY, Complaint.NODE_AWAY),
        (NodeId("museum", "plain"), Complaint.NODE_TAKES_NO_ORDERS),
    ):
        with pytest.raises(Complained) as refused:
            desk.restart(TESTER, node, "app", "why")
        assert refused.value.complaint is complaint
    with pytest.raises(Complained):
        desk.restart(TESTER, KIOSK, "app", "x" * (MOST_REASON + 1))
    with pytest.raises(Complained):
        desk.apply(TESTER, KIOSK, "中" * 6000, "why", "")
    answer = await wire.client.post(
        "/api/v1/devices/museum/kiosk-9/restart", json={"part": "app", "reason": "why"}
    )
    assert answer.status_code == 409


async def test_a_manager_orders_at_their_own_venues_only(wire: Wire) -> None:
    scope = frozenset({Permission.SETTINGS, Permission.RESTART})
    who = by_token("li", Role.MANAGER, frozenset({"museum"}), account=1, scope=scope, only=None)
    wire.hub.remote.restart(who, KIOSK, "app", "why")
    with pytest.raises(NotAllowed):
        wire.hub.remote.restart(who, OTHER, "app", "why")
    with pytest.raises(NotAllowed):
        wire.hub.remote.preview(who, [KIOSK, OTHER], "")


async def test_an_order_goes_out_once_and_stands_in_the_audit_log(wire: Wire) -> None:
    desk = wire.hub.remote
    first = desk.apply(TESTER, KIOSK, "y = 1\n", "slow readers", "a" * 64, "0a" * 8)
    assert desk.apply(TESTER, KIOSK, "y = 1\n", "slow readers", "a" * 64, "0a" * 8) == first
    orders = [o for _, o in wire.sent if isinstance(o, SettingsCommand) and o.verb == "apply"]
    assert [(o.id, o.base, o.text) for o in orders] == [(first, "a" * 64, "y = 1\n")]
    log = AuditLog(wire.hub.records).all(Wanted())
    (told,) = [one.entry for one in log if one.entry.action == "node.settings_ordered"]
    assert (told.subject, told.after) == ("museum/kiosk-1", {"reason": "slow readers"})


async def test_what_becomes_of_an_order(wire: Wire) -> None:
    id_ = wire.hub.remote.restart(TESTER, KIOSK, "app", "why")
    assert isinstance(wire.sent[-1][1], RestartCommand)
    # Another node's word counts for nothing.
    wire.replies(OTHER, RemoteReply(id_, "done"))
    wire.look()
    assert wire.stage(id_) == ("sent", "")
    wire.replies(KIOSK, RemoteReply(id_, "waiting", why="somebody uses it"))
    wire.look()
    assert wire.stage(id_) == ("waiting", "somebody uses it")
    wire.replies(KIOSK, RemoteReply(id_, "begun"))
    wire.look()
    # How it ended stands in the status: the answer itself may be lost with the process.
    wire.says(KIOSK, RemoteStatus(settings=True, last=Ended(id_, "done")))
    wire.look()
    assert wire.stage(id_) == ("done", "")
    wire.replies(KIOSK, RemoteReply(id_, "waiting"))
    wire.look()
    assert wire.stage(id_) == ("done", "")


async def test_a_node_that_says_nothing_and_one_that_answers_late(wire: Wire) -> None:
    id_ = wire.hub.remote.restart(TESTER, KIOSK, "app", "why")
    wire.later_ms = ANSWER_MS + 1
    wire.look()
    assert wire.stage(id_) == ("no_answer", "")
    wire.replies(KIOSK, RemoteReply(id_, "refused", why="another order is under way"))
    wire.look()
    assert wire.stage(id_) == ("refused", "another order is under way")


async def test_the_page_previews_for_several_and_sets_what_was_seen(wire: Wire) -> None:
    page = (await wire.client.get(f"{PAGE}?lang=en")).text
    assert "Nothing was ordered yet" in page
    fields: dict[str, Any] = {"text": "y = 1", "nodes": str(OTHER)}
    seen = await wire.client.post(f"{PAGE}/preview?lang=en", data=fields)
    assert seen.status_code == 200, seen.text
    assert seen.text.count("session.idle_seconds") >= 3
    form = {
        "once": "0011aabb",
        "text": "y = 1\n",
        "reason": "slow readers",
        "nodes": str(OTHER),
        f"base.{KIOSK}": "a" * 64,
        f"base.{OTHER}": "a" * 64,
    }
    for _ in range(2):
        done = await wire.client.post(f"{PAGE}/apply?lang=en", data=form)
        assert done.status_code == 303, done.text
    applied = [n for n, o in wire.sent if isinstance(o, SettingsCommand) and o.verb == "apply"]
    assert sorted(applied, key=str) == [OTHER, KIOSK]
    page = (await wire.client.get(f"{PAGE}?lang=en")).text
    assert "slow readers" in page
    assert 'http-equiv="refresh"' in page


async def test_orders_outlive_the_hub(wire: Wire) -> None:
    id_ = wire.hub.remote.restart(TESTER, KIOSK, "app", "why")
    again = type(wire.hub.remote)(
        wire.hub.records, wire.hub.live, lambda _t, _p: True, wire.hub.remote._clock_ms
    )
    wire.says(KIOSK, RemoteStatus(settings=True, last=Ended(id_, "done")))
    wire.hub.live.look()
    again.look()
    found = again.order(id_)
    assert found is not None
    assert found.stage == "done"
