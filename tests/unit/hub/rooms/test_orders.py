"""Orders to rooms: by whom, sent once, answered, and in the audit log with what became of them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from contracts.ids import NodeId
from contracts.room import MOST_AGE_MS, RoomReply, RoomStatus, UnfinishedCase, decode_room_command
from contracts.rows import Event
from hub.access import Permission, Role, Who, at_console
from hub.access.complaints import Complained, Complaint
from hub.access.permissions import signed_in
from hub.errors import NotAllowed, NotFound
from hub.rooms.desk import ANSWER_MS, Wish
from hub.rooms.words import ORDER_REFUSALS, why_not
from hub.runtime import Hub
from hub.store.records import AuditLog, Wanted
from kiosk.room.rules import OrderRefusal
from kiosk.room.words import ORDER_REFUSED
from tests.accounts import a_token, bearer
from tests.integration.hub.fake_room import a_room_status, an_open_room
from tests.integration.hub.feeding import MINUTE_MS, a_node, token
from tests.integration.hub.running import until
from tests.unit.hub.access.serving import Clock, Served, a_hub, csrf, serving

ROOM = NodeId("book-room-zhouqiao", "kiosk")
API = f"/api/v1/rooms/{ROOM}"
ADMIN = at_console("chief")
ID = "0a" * 8
SOUNDS = OrderRefusal.FIRE_SOUNDS


class Line:
    """Takes what the hub sends to rooms."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.sent: list[tuple[str, bytes]] = []
        self.is_up = True
        hub.rooms._publish = self.publish

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.is_up:
            self.sent.append((topic, payload))
        return self.is_up

    def answer(
        self, *, done: bool = True, why: str = "", refusal: str = "", node: NodeId = ROOM
    ) -> None:
        order = decode_room_command(self.sent[-1][1])
        self.hub.rooms.heard(node, RoomReply(order.id, done, order.at_ms, why, refusal))
        self.hub.rooms.look()


def tell(hub: Hub, at_ms: int, room: RoomStatus | None = None, **changes: object) -> None:
    """Let the kiosk tell how it is."""
    hub.live.collector.told(ROOM, a_room_status(at_ms, room, **changes), at_ms)  # type: ignore[arg-type]
    hub.live.look()


def said(hub: Hub) -> list[tuple[str, str, object]]:
    """Return what the audit log says of rooms, the oldest first."""
    log = AuditLog(hub.records).page(Wanted(action="room"), before_id=None, most=50)
    return [(n.entry.who, n.entry.action, n.entry.after) for n in reversed(log)]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Hub, Clock, Line]]:
    with a_hub(tmp_path) as (hub, clock):
        tell(hub, clock.at_ms)
        yield hub, clock, Line(hub)


def test_an_order_is_sent_answered_and_on_record(opened: tuple[Hub, Clock, Line]) -> None:
    hub, clock, line = opened
    order = hub.rooms.order(ADMIN, ROOM, Wish(ID, "unlock", reason="读者落下了药"))
    assert order.state == "sent"
    ((topic, payload),) = line.sent
    assert topic == f"kaiguan/v1/{ROOM}/command"
    sent = decode_room_command(payload)
    assert (sent.id, sent.verb, sent.at_ms, sent.by) == (ID, "unlock", clock.at_ms, "admin")
    line.answer()
    assert hub.rooms.find(ROOM, ID).state == "done"
    assert not hub.rooms.is_waiting(ID)
    assert said(hub) == [
        ("chief", "room.ordered", {"verb": "unlock", "reason": "读者落下了药"}),
        ("chief", "room.answered", {"verb": "unlock", "result": "done"}),
    ]


def test_a_refusal_is_kept_in_the_words_of_the_room(opened: tuple[Hub, Clock, Line]) -> None:
    hub, _, line = opened
    hub.rooms.order(ADMIN, ROOM, Wish(ID, "reset", reason="演习"))
    line.answer(done=False, why="the fire contact is still active")
    order = hub.rooms.find(ROOM, ID)
    assert (order.state, order.why) == ("refused", "the fire contact is still active")
    # The broker may say a thing twice.
    line.answer()
    assert hub.rooms.find(ROOM, ID).state == "refused"
    assert len(said(hub)) == 2


def test_what_a_room_refuses_in_a_word_is_told_in_both_languages(
    opened: tuple[Hub, Clock, Line],
) -> None:
    hub, _, line = opened
    hub.rooms.order(ADMIN, ROOM, Wish(ID, "reset", reason="演习"))
    line.answer(done=False, why=ORDER_REFUSED[SOUNDS], refusal=SOUNDS)
    assert why_not(hub.rooms.find(ROOM, ID).why) == ORDER_REFUSALS["fire_sounds"]
    assert said(hub)[-1][2] == {
        "verb": "reset",
        "result": "refused",
        "error": "the fire alarm still sounds",
    }
    assert set(ORDER_REFUSALS) - {"broker_away"} == set(OrderRefusal) == set(ORDER_REFUSED)


def test_the_same_id_is_the_same_order(opened: tuple[Hub, Clock, Line]) -> None:
    hub, clock, line = opened
    wish = Wish(ID, "announce", "请保持安静", "")
    first = hub.rooms.order(ADMIN, ROOM, wish)
    clock.pass_seconds(3)
    assert hub.rooms.order(ADMIN, ROOM, wish) == first
    line.answer()
    assert hub.rooms.order(ADMIN, ROOM, wish).state == "done"
    assert len(line.sent) == 1
    with pytest.raises(Complained) as refused:
        hub.rooms.order(ADMIN, ROOM, replace(wish, verb="close"))
    assert refused.value.complaint is Complaint.ORDER_OTHER


def test_no_answer_is_told_and_a_late_one_counts(opened: tuple[Hub, Clock, Line]) -> None:
    hub, clock, line = opened
    hub.rooms.order(ADMIN, ROOM, Wish(ID, "close"))
    clock.pass_seconds(MOST_AGE_MS / 1000)
    hub.rooms.look()
    assert hub.rooms.is_waiting(ID)
    clock.pass_seconds(ANSWER_MS / 1000)
    hub.rooms.look()
    assert hub.rooms.find(ROOM, ID).state == "unanswered"
    line.answer()
    assert hub.rooms.find(ROOM, ID).state == "done"
    assert [facts["result"] for _, action, facts in said(hub) if action == "room.answered"] == [  # type: ignore[index]
        "unanswered",
        "done",
    ]


def test_an_order_that_never_left_says_so(opened: tuple[Hub, Clock, Line]) -> None:
    hub, _, line = opened
    line.is_up = False
    assert hub.rooms.order(ADMIN, ROOM, Wish(ID, "open")).state == "unsent"
    assert [action for _, action, _ in said(hub)] == ["room.ordered", "room.answered"]


def test_nobody_else_answers_for_a_room(opened: tuple[Hub, Clock, Line]) -> None:
    hub, _, line = opened
    hub.rooms.order(ADMIN, ROOM, Wish(ID, "close"))
    line.answer(node=NodeId("museum", "kiosk"))
    assert hub.rooms.find(ROOM, ID).state == "sent"
    hub.rooms.heard(ROOM, RoomReply("ff" * 8, done=True))
    hub.rooms.look()


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        (Wish("no token", "close"), Complaint.ORDER_ID),
        (Wish(ID, "announce", " ", ""), Complaint.ANNOUNCE_FORM),
        (Wish(ID, "announce", "字" * 201, ""), Complaint.ANNOUNCE_FORM),
        (Wish(ID, "unlock", reason=" "), Complaint.REASON_FORM),
        (Wish(ID, "reset"), Complaint.REASON_FORM),
        (Wish(ID, "close", reason="x" * 201), Complaint.REASON_FORM),
    ],
)
def test_what_is_no_order_is_refused_before_it_is_one(
    opened: tuple[Hub, Clock, Line], wish: Wish, complaint: Complaint
) -> None:
    hub, _, line = opened
    with pytest.raises(Complained) as refused:
        hub.rooms.order(ADMIN, ROOM, wish)
    assert refused.value.complaint is complaint
    assert (line.sent, said(hub)) == ([], [])


def test_a_room_that_cannot_hear_or_does_not_take_it(opened: tuple[Hub, Clock, Line]) -> None:
    hub, clock, line = opened
    tell(hub, clock.at_ms, an_open_room(clock.at_ms, commands=("announce",)))
    with pytest.raises(Complained) as refused:
        hub.rooms.order(ADMIN, ROOM, Wish(ID, "unlock", reason="x"))
    assert refused.value.complaint is Complaint.ROOM_TAKES_NOT
    tell(hub, clock.at_ms, online=False)
    with pytest.raises(Complained) as refused:
        hub.rooms.order(ADMIN, ROOM, Wish(ID, "announce", "在吗"))
    assert refused.value.complaint is Complaint.ROOM_AWAY
    with pytest.raises(NotFound):
        hub.rooms.order(ADMIN, NodeId("museum", "kiosk"), Wish(ID, "close"))
    assert line.sent == []


def test_who_may_order_what(opened: tuple[Hub, Clock, Line]) -> None:
    hub, _, _ = opened
    manager = signed_in("m", Role.MANAGER, frozenset({ROOM.venue}), account=1)
    other = signed_in("o", Role.MANAGER, frozenset({"museum"}), account=2)
    narrow = Who("t", "token", frozenset({Permission.ROOMS_ORDER}), None, Role.ADMIN)
    for n, verb in enumerate(("announce", "close", "open", "unlock", "reset")):
        wish = Wish(f"{n:08x}", verb, "好", reason="值班")  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            hub.rooms.order(other, ROOM, wish)
        if verb in {"unlock", "reset"}:
            with pytest.raises(NotAllowed):
                hub.rooms.order(narrow, ROOM, wish)
        assert hub.rooms.order(manager, ROOM, wish).state == "sent"


def test_orders_outlive_a_restart_of_the_hub(tmp_path: Path) -> None:
    with a_hub(tmp_path) as (hub, clock):
        tell(hub, clock.at_ms)
        Line(hub)
        hub.rooms.order(ADMIN, ROOM, Wish(ID, "close"))
    with a_hub(tmp_path) as (hub, clock):
        assert hub.rooms.is_waiting(ID)
        clock.pass_seconds(ANSWER_MS / 1000 + 5)
        hub.rooms.look()
        assert hub.rooms.find(ROOM, ID).state == "unanswered"


@asynccontextmanager
async def a_browser(served: Served, *venues: str) -> AsyncIterator[httpx.AsyncClient]:
    role = Role.MANAGER if venues else Role.ADMIN
    async with served.browser() as browser:
        served.sign_in(browser, served.account(role, *venues))
        yield browser


async def test_pages_and_api_tell_of_rooms_and_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        hub, now_ms = served.hub, served.clock.at_ms
        line = Line(hub)
        cases = (UnfinishedCase("bit_pending", 1, now_ms, ("=31234",)),)
        tell(hub, now_ms, an_open_room(now_ms, alarms=("tamper",)), unfinished=cases)
        node = a_node(ROOM.venue, ROOM.node).begin(now_ms - 60 * MINUTE_MS)
        for n, (name, data) in enumerate(
            [("entry_refused", {"reason": "wrong_pin"}), ("room_entry", {"offline": True})]
        ):
            node.rows.append(
                Event(node.next(), node.epoch, token("e", str(n)), name, "room", now_ms, data)  # type: ignore[arg-type]
            )
        for payload in node.payloads():
            hub.receive(node.data_topic, payload)
        until(lambda: hub.intake.counts.rows >= node.seq)

        async with a_browser(served, "museum") as other:
            assert ROOM.venue not in (await other.get("/rooms")).text
            assert (await other.get("/api/v1/rooms")).json() == []
            assert (await other.get(f"/rooms/{ROOM}")).status_code == 403
            assert (await other.get("/api/v1/rooms/journal")).json() == []
        async with a_browser(served, ROOM.venue) as browser:
            page = (await browser.get("/rooms")).text
            assert "设备外壳被打开" in page
            assert "有书要人处理：1 件" in page
            one = (await browser.get(f"/rooms/{ROOM}?lang=en")).text
            assert "Refused: wrong PIN" in one
            assert "开门一次" in one
            found = (await browser.get("/rooms/journal?text=without&since=x&until=0001-01-01")).text
            assert "没有符合的记录" in found
            found = (await browser.get("/rooms/journal?text=without")).text
            assert "读者进入：离线" in found
            assert "密码不对" not in found
            (told,) = (await browser.get("/api/v1/rooms")).json()
            assert [need["code"] for need in told["needs"]] == ["tamper", "by_hand"]
            assert told["unfinished"][0]["items"] == ["=31234"]
            file = (await browser.get("/api/v1/rooms/journal.csv?group=entry")).text
            assert file.splitlines()[1].endswith(",Refused: wrong PIN")

            form = {"csrf": await csrf(browser), "id": ID, "verb": "announce", "template": "door"}
            line.publish = lambda topic, payload: bool(line.sent.append((topic, payload)) or 1)  # type: ignore[func-returns-value, method-assign]
            hub.rooms._publish = lambda topic, payload: (
                line.publish(topic, payload)
                and not (
                    hub.rooms.heard(ROOM, RoomReply(ID, done=True))  # type: ignore[func-returns-value]
                )
            )
            sent = await browser.post(f"/rooms/{ROOM}/orders", data=form)
            assert sent.status_code == 303
            assert "广播：已执行" in (await browser.get(sent.headers["location"])).text
            assert (await browser.post(f"/rooms/{ROOM}/orders", data=form)).status_code == 303
            assert len(line.sent) == 1
            assert decode_room_command(line.sent[0][1]).zh == "请关好门，谢谢"
            bad = await browser.post(f"/rooms/{ROOM}/orders", data={**form, "verb": "unlock"})
            assert bad.status_code == 422
            assert "原因请写" in bad.text
            foreign = await browser.post(f"/rooms/{ROOM}/orders", data={**form, "csrf": "x"})
            assert foreign.status_code == 403
            assert len(line.sent) == 1

        hub.rooms._publish = lambda _topic, _payload: True
        async with served.browser() as program:
            program.headers.update(bearer(a_token(hub.records, scope=[Permission.ROOMS_ORDER])))
            wanted = {"id": "0b" * 8, "verb": "close", "reason": "停电"}
            made = await program.post(f"{API}/orders", json=wanted)
            assert (made.status_code, made.json()["state"]) == (202, "sent")
            unlock = {"id": "0c" * 8, "verb": "unlock", "reason": "x"}
            assert (await program.post(f"{API}/orders", json=unlock)).status_code == 403
            other_verb = {**wanted, "verb": "open"}
            assert (await program.post(f"{API}/orders", json=other_verb)).status_code == 409
