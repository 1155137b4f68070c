"""Who is needed where and why: named, ranked, told once."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages import Status
from contracts.room import OutputStatus, RoomStatus, UnfinishedCase
from hub.alerts.alert import Alert
from hub.alerts.condition import AlertKind
from hub.alerts.sources import ALARMS, CALLS, TROUBLES
from hub.live.now import Fault
from hub.rooms import words
from hub.rooms.needs import NEEDS, Need, needs_of, ranked
from hub.rooms.room import RoomNow
from kiosk.lending.unfinished import Case
from kiosk.room.events import Contact
from kiosk.room.rules import EntryRefusal
from kiosk.room.settings import Output, Verb
from kiosk.room.state import Mode

NOW = 1_790_000_000_000
HOUR = 3_600_000


def a_room(room: RoomStatus | None = None, *, node: str = "kiosk", **changes: object) -> RoomNow:
    told = Status(boot="b0" * 4, online=True, room=room or well())
    now = RoomNow("anting", node, "安亭", "Anting", "Asia/Shanghai", "online", NOW, NOW, told)
    return replace(now, **changes)  # type: ignore[arg-type]


def well(**changes: object) -> RoomStatus:
    facts: dict[str, object] = {"mode": "open", "lock": "held", "cards": "library", **changes}
    return RoomStatus(**facts)  # type: ignore[arg-type]


def an_alert(kind: AlertKind, zh: str = "", **changes: object) -> Alert:
    alert = Alert(
        7, kind, "anting", "kiosk/room/e1", "warning", "venue", NOW - HOUR, NOW - HOUR, zh, zh,
        "reported", "", NOW - HOUR, is_late=False,
    )  # fmt: skip
    return replace(alert, **changes)  # type: ignore[arg-type]


def trouble(reason: str) -> str:
    return f"{ALARMS['room_trouble'][1]}：{TROUBLES[reason][0]}"


@pytest.mark.parametrize(
    ("room", "codes"),
    [
        (well(), []),
        (well(mode="fire", since_ms=5), ["fire"]),
        (well(alarms=("call", "gate")), ["emergency", "gate"]),
        (well(alarms=("tamper",), latched=("tamper",)), ["tamper"]),
        (well(lock=None), ["door_unknown"]),
        (well(lock=None, outputs=(OutputStatus("strike", None, True),)), ["strike"]),
        (well(outputs=(OutputStatus("lights", None, True),)), ["output"]),
        (well(mode="unknown"), ["hours"]),
        (well(mode="shut"), ["shut"]),
        (well(cards="none"), ["no_cards"]),
        (well(mode="closed", cards="none"), []),
        (well(cards="list"), ["offline"]),
        (well(advice=("too_warm", "ventilate")), ["too_warm", "ventilate"]),
        (well(mode="later", alarms=("later",), advice=("later",)), []),
    ],
)
def test_what_a_status_says_is_a_need(room: RoomStatus, codes: list[str]) -> None:
    assert [need.code for need in needs_of(a_room(room))] == codes


def test_a_kiosk_that_is_away_is_silent_and_says_nothing_else_of_now() -> None:
    away = a_room(well(alarms=("tamper",)), state="offline", state_since_ms=NOW - HOUR)
    assert [(need.code, need.since_ms) for need in needs_of(away)] == [("silent", NOW - HOUR)]


def test_a_source_that_fails_is_named() -> None:
    faults = (Fault("source", "printer", "no paper", 5), Fault("source", "room_inputs", "", 6))
    found = needs_of(a_room(faults=faults))
    assert [(need.code, need.about[0], need.since_ms) for need in found] == [
        ("inputs", "", 6),
        ("device", "printer", 5),
    ]


def test_unfinished_items_want_a_hand_or_only_time() -> None:
    cases = (UnfinishedCase("bit_pending", 2, NOW - HOUR), UnfinishedCase("not_uploaded", 9, NOW))
    told = Status(boot="b0" * 4, online=True, unfinished=cases)
    by_hand, waiting = needs_of(a_room(status=told))
    assert (by_hand.code, by_hand.since_ms) == ("by_hand", NOW - HOUR)
    assert by_hand.what[0].startswith("有书要人处理：2 件，防盗位")
    assert waiting.what == ("有借还等待上传：9 件", "Transactions wait for upload: 9")


@pytest.mark.parametrize(
    ("alert", "code"),
    [
        (an_alert(AlertKind.ROOM_TROUBLE, trouble("forced")), "forced"),
        (an_alert(AlertKind.ROOM_TROUBLE, trouble("inside")), "inside"),
        (an_alert(AlertKind.ROOM_TROUBLE, trouble("left_open")), "left_open"),
        (an_alert(AlertKind.ROOM_TROUBLE, trouble("uncounted")), "uncounted"),
        (an_alert(AlertKind.STAFF_CALL, f"读者呼叫：{CALLS['emergency'][0]}"), "emergency"),
        (an_alert(AlertKind.STAFF_CALL, f"读者呼叫：{CALLS['book'][0]}"), "call"),
        (an_alert(AlertKind.TAMPER), "tamper"),
        (an_alert(AlertKind.DEVICE_OFFLINE, subject="kiosk"), "silent"),
    ],
)
def test_an_alert_that_nobody_saw_is_a_need(alert: Alert, code: str) -> None:
    (need,) = needs_of(a_room(), [alert])
    assert (need.code, need.alert, need.is_over) == (code, 7, True)


def test_alerts_of_others_and_of_history_are_none() -> None:
    alerts = [
        an_alert(AlertKind.TAMPER, venue="nanxiang"),
        an_alert(AlertKind.TAMPER, subject="kiosk-2/room/e1"),
        an_alert(AlertKind.TAMPER, is_late=True),
        an_alert(AlertKind.TAMPER, cleared_ms=NOW, acknowledged_ms=NOW),
        an_alert(AlertKind.CLIMATE),
    ]
    assert needs_of(a_room(), alerts) == ()


def test_one_need_is_told_once_with_its_alert() -> None:
    alert = an_alert(AlertKind.TAMPER, until_ms=None)
    (need,) = needs_of(a_room(well(alarms=("tamper",))), [alert])
    assert need == Need("tamper", NOW - HOUR, alert=7)
    # What holds now is not since what was once and is over.
    (need,) = needs_of(a_room(well(mode="fire", since_ms=NOW)), [an_alert(AlertKind.FIRE_ALARM)])
    assert (need.since_ms, need.is_over, need.alert) == (NOW, False, 7)


def test_rooms_are_ranked_by_their_gravest_need() -> None:
    rooms = [
        (room, needs_of(room))
        for room in (
            a_room(node="a"),
            a_room(well(advice=("too_cold",)), node="b"),
            a_room(well(cards="none"), node="c"),
            a_room(well(mode="fire"), node="d"),
        )
    ]
    assert [room.node for room, _ in ranked(rooms)] == ["d", "c", "b", "a"]


def test_what_somebody_saw_comes_after_what_nobody_saw() -> None:
    seen = an_alert(AlertKind.TAMPER, acknowledged_ms=NOW, acknowledged_by="小王")
    tampered, calling = a_room(node="kiosk"), a_room(well(alarms=("call",)), node="z")
    pairs = [(tampered, needs_of(tampered, [seen])), (calling, needs_of(calling))]
    assert [room.node for room, _ in ranked(pairs)] == ["z", "kiosk"]


def test_words_know_all_that_a_kiosk_can_say() -> None:
    assert {mode.value for mode in Mode} == set(words.MODES)
    assert {output.value for output in Output} == set(words.OUTPUTS)
    assert {verb.value for verb in Verb} == set(words.VERBS)
    assert {case.value for case in Case} == set(words.CASES)
    assert {refusal.value for refusal in EntryRefusal} == set(words.ENTRY_REFUSALS)
    sounding = well(alarms=tuple(c.value for c in Contact if c is not Contact.LEAF))
    assert len(needs_of(a_room(sounding))) == len(Contact) - 1


@given(
    st.lists(
        st.sampled_from(
            [
                well(mode="fire"),
                well(),
                well(alarms=("tamper", "call")),
                well(cards="none", advice=("too_warm",)),
            ]
        ),
        max_size=6,
    )
)
def test_order_of_asking_changes_nothing(statuses: list[RoomStatus]) -> None:
    rooms = [a_room(one, node=f"n{n}") for n, one in enumerate(statuses)]
    pairs = [(room, needs_of(room)) for room in rooms]
    assert ranked(pairs) == ranked(reversed(pairs))
    grades = [needs[0].rank if needs else (9,) for _, needs in ranked(pairs)]
    assert all(first[0] <= second[0] for first, second in itertools.pairwise(grades))


def test_every_need_says_what_to_do_in_both_languages() -> None:
    for code in NEEDS:
        need = Need(code)
        assert all((*need.what, *need.to_do)), code
