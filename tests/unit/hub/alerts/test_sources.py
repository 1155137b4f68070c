"""What the hub knows becomes conditions: one wording, one key however many see it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.ids import NodeId
from hub.alerts.condition import HUB, AlertKind, Condition
from hub.alerts.rules import CLIMATE, ClimateLimit, Rules
from hub.alerts.sources import (
    CALL_MS,
    ClimateWatch,
    excess,
    of_alarms,
    of_attention,
    of_findings,
    of_fork,
    of_low_use,
)
from hub.compliance.bounds import Status
from hub.compliance.explain import Finding
from hub.live.attention import Attention, Trouble, attention
from hub.live.now import ClimateNow
from hub.occupancy import Opening
from hub.store.port import HappenedEvent, Interval
from tests.unit.hub.alerts.telling import MINUTE, NINE
from tests.unit.hub.test_view import a_now

SHANGHAI = ZoneInfo("Asia/Shanghai")


def an_item(code: str, **more: Any) -> Attention:
    more = {"venue": "V1", **more}
    return Attention(code, "warn", "标题", "Title", "内容", "text", NINE, **more)


@pytest.mark.parametrize(
    ("item", "kind", "subject", "link"),
    [
        (an_item("store", venue=None), AlertKind.HUB_TROUBLE, "store", "/"),
        (an_item("over_capacity"), AlertKind.OVER_CAPACITY, "", "/venues/V1"),
        (
            an_item("offline", node="pi", subject="pi"),
            AlertKind.DEVICE_OFFLINE,
            "pi",
            "/devices/V1/pi",
        ),
        (
            an_item("fault", node="pi", subject="pi/source/rfid"),
            AlertKind.DEVICE_FAULT,
            "pi/source/rfid",
            "/devices/V1/pi",
        ),
        (
            an_item("fault", node="pi", subject="pi/camera/door"),
            AlertKind.CAMERA_HEALTH,
            "pi/camera/door",
            "/devices/V1/pi",
        ),
        (an_item("undeclared"), AlertKind.UNDECLARED_VENUE, "", "/venues/V1"),
        (an_item("unknown"), AlertKind.UNWATCHED, "", "/venues/V1"),
    ],
    ids=lambda value: value.code if isinstance(value, Attention) else "",
)
def test_what_the_strip_shows_is_said_in_the_same_words(
    item: Attention, kind: AlertKind, subject: str, link: str
) -> None:
    (told,) = of_attention([item])
    assert (told.kind, told.subject, told.link) == (kind, subject, link)
    assert (told.zh, told.en) == ("标题：内容", "Title: text")
    assert told.venue == (item.venue or HUB)
    assert (told.since_ms, told.until_ms) == (NINE, None)


def test_every_code_of_the_strip_has_a_kind() -> None:
    now = a_now(
        quality="unknown",
        occupancy=90,
        over_since_ms=NINE,
        late_since_ms=NINE,
        opening=Opening("unknown", "conflict", NINE),
    )
    troubles = [Trouble(code, "", NINE) for code in ("store", "broker", "live", "identity")]
    items = attention({now.venue.id: now}, [], troubles)
    assert {told.kind for told in of_attention(items)} == {
        AlertKind.HUB_TROUBLE,
        AlertKind.OVER_CAPACITY,
        AlertKind.LATE_OPENING,
        AlertKind.CONFLICT,
        AlertKind.UNWATCHED,
    }


def test_a_door_that_stays_shut_is_one_alert_for_the_board_and_for_the_judge() -> None:
    now = a_now(late_since_ms=NINE, opening=Opening("closed", "lock", NINE - 12 * 60 * MINUTE))
    (seen,) = (
        told
        for told in of_attention(attention({now.venue.id: now}, [], []))
        if told.kind is AlertKind.LATE_OPENING
    )
    finding = Finding("late_opening", NINE // 1000, NINE // 1000 + 960, "晚开", "late")
    (judged,) = of_findings(now.venue.id, [finding], SHANGHAI, NINE // 1000 + 960, "/w")
    assert seen.key == judged.key


def test_a_residual_came_to_light_and_is_no_state_that_goes_on() -> None:
    (told,) = of_attention([an_item("residual", amount=14.0)])
    assert (told.since_ms, told.until_ms, told.amount) == (NINE, NINE, 14.0)


LIMIT = ClimateLimit(quantity="temperature_celsius", least=16, most=30, margin=0.5)


@pytest.mark.parametrize(
    ("value", "amount"),
    [(20, None), (29.5, None), (29.75, 0.5), (30, 1.0), (31, 2.0), (16.25, 0.5), (15, 2.0)],
)
def test_how_far_a_value_is_out_of_its_limits(value: float, amount: float | None) -> None:
    assert excess(value, LIMIT) == amount
    alone = ClimateLimit(quantity="co2_ppm", most=30)
    assert excess(value, alone) == (None if value <= 30 else 1 + value - 30)


def test_climate_out_of_limits_tells_sensor_value_limit_and_since_when() -> None:
    watch, limits = ClimateWatch(), {"temperature_celsius": LIMIT}

    def told(value: float, minute: int) -> list[Condition]:
        at_ms = NINE + minute * MINUTE
        measured = ClimateNow("pi", "hall", "temperature_celsius", value, at_ms)
        return list(watch.of_venue(a_now(climate=(measured,)), limits))

    assert told(25, 0) == []
    (first,) = told(31.2, 5)
    assert first.zh == "hall 温度 31.2 °C，应不低于 16、不高于 30"
    assert first.en == "hall: temperature 31.2 °C, to be at least 16 and at most 30"
    (second,) = told(30.5, 10)
    assert second.since_ms == first.since_ms == NINE + 5 * MINUTE
    (inside,) = told(29.8, 15)
    assert inside.amount is not None
    assert 0 < inside.amount < 1, "not yet safely inside"
    assert told(25, 20) == []
    (again,) = told(31, 25)
    assert again.since_ms == NINE + 25 * MINUTE


def test_our_own_limits_know_what_they_limit() -> None:
    assert {limit.quantity for limit in CLIMATE} == {
        "temperature_celsius",
        "humidity_percent",
        "co2_ppm",
    }
    assert Rules().limits("V1")["co2_ppm"].most == 1500


def an_event(name: str, at_ms: int, id_: str = "e1", source: str = "gate") -> HappenedEvent:
    return HappenedEvent(id_, "V1", "pi", source, name, at_ms, {})


def test_a_fire_alarm_lasts_as_long_as_its_contact_says() -> None:
    event = an_event("fire_alarm", NINE)
    sounding = {("pi", "gate"): [Interval(NINE, NINE + MINUTE, "active")]}
    (told,) = of_alarms("V1", [event], sounding, SHANGHAI, NINE)
    assert (told.kind, told.until_ms, told.zh) == (AlertKind.FIRE_ALARM, None, "火灾报警：gate")
    quiet = [Interval(NINE, NINE + MINUTE, "active", "changed"), Interval(NINE + MINUTE, NINE, "q")]
    (told,) = of_alarms("V1", [event], {("pi", "gate"): quiet}, SHANGHAI, NINE)
    assert told.until_ms == NINE + MINUTE


def test_gate_alarms_of_a_day_are_one_and_fire_alarms_are_not() -> None:
    times = [NINE, NINE + 60 * MINUTE, NINE + 24 * 60 * MINUTE]
    gate = [an_event("gate_alarm", at, str(at)) for at in times]
    told = of_alarms("V1", gate, {}, SHANGHAI, NINE)
    assert [t.subject for t in told] == ["pi/gate/2026-01-01", "pi/gate/2026-01-02"]
    assert told[0].zh == "安全门报警：gate，当天 2 次，最近 10:00"
    assert (told[0].since_ms, told[0].until_ms) == (NINE, NINE + 60 * MINUTE)
    fire = [an_event("fire_alarm", at, str(at)) for at in times]
    assert len(of_alarms("V1", fire, {}, SHANGHAI, NINE)) == 3
    assert of_alarms("V1", [an_event("loan", NINE)], {}, SHANGHAI, NINE) == []


def test_a_fork_names_the_node_and_says_that_nothing_is_lost() -> None:
    told = of_fork(NodeId("V1", "pi"), "0a0a", NINE)
    assert (told.kind, told.venue, told.subject) == (AlertKind.NODE_IDENTITY, "V1", "pi/0a0a")
    assert "未丢失" in told.zh


def test_findings_are_known_by_session_day_or_period() -> None:
    start = NINE // 1000
    day = int(timedelta(days=1).total_seconds())
    findings = [
        Finding("late_opening", start, start + 660, "晚开 11 分钟", "opened 11 min late"),
        Finding("early_closing", start + 7 * 3600, start + 8 * 3600, "早关", "early"),
        Finding("unnotified_closure", start, start + 8 * 3600, "未公示", "no notice"),
        Finding("plan_breach", start, start + 7 * day, "不达标", "fails"),
        Finding("conflict", start, start + 60, "矛盾", "conflict"),
        Finding("conflict", start + 600, start + 660, "矛盾", "conflict"),
    ]
    told = of_findings("V1", findings, SHANGHAI, start + 10 * 3600, "/venues/V1")
    assert [(t.kind.value, t.subject) for t in told] == [
        ("late_opening", "2026-01-01T09:00"),
        ("early_closing", "2026-01-01T17:00"),
        ("unnotified_closure", "2026-01-01"),
        ("plan_breach", "2026-01-01/2026-01-08"),
        ("conflict", "2026-01-01"),
    ]
    assert [t.until_ms is None for t in told] == [False, False, False, True, False]
    assert (told[4].since_ms, told[4].until_ms) == (NINE, NINE + 660_000)


def test_a_finding_that_reaches_until_now_goes_on() -> None:
    start = NINE // 1000
    finding = Finding("late_opening", start, start + 660, "晚开 11 分钟", "opened 11 min late")
    (told,) = of_findings("V1", [finding], SHANGHAI, start + 700, "/")
    assert told.until_ms is None
    (told,) = of_findings("V1", [finding], SHANGHAI, start + 3600, "/")
    assert told.until_ms == NINE + 11 * MINUTE


@dataclass(frozen=True)
class AVerdict:
    """A verdict as far as it tells of use."""

    status: Status
    metric: str = "visits_count"
    venue: str = "V1"
    rule: str = "VISITS"
    period: str = "2026-W01"
    first: date = date(2025, 12, 29)
    last: date = date(2026, 1, 4)
    threshold: Fraction | None = Fraction(100)


def test_a_rule_on_use_that_is_not_met_is_told_and_no_other_rule() -> None:
    rows = [
        AVerdict(Status.NON_COMPLIANT),
        AVerdict(Status.COMPLIANT, period="2026-W02"),
        AVerdict(Status.NON_COMPLIANT, metric="weekly_open_hours", rule="HOURS"),
    ]
    (told,) = of_low_use(rows, SHANGHAI, NINE // 1000 + 30 * 86_400)
    assert (told.kind, told.subject) == (AlertKind.LOW_USE, "VISITS/2026-W01")
    assert told.zh == "2026-W01：VISITS 低于 100"
    assert told.until_ms is not None
    (told,) = of_low_use(rows[:1], SHANGHAI, NINE // 1000)
    assert told.until_ms is None, "the week is not over"


def test_a_visitors_call_says_what_for_and_lasts_a_quarter_of_an_hour() -> None:
    event = replace(an_event("staff_call", NINE), data={"reason": "unwell"})
    (told,) = of_alarms("museum", [event], {}, SHANGHAI, NINE + 60_000)
    assert told.kind is AlertKind.STAFF_CALL
    assert told.zh == "读者在自助机旁呼叫帮助：身体不舒服"
    assert told.en == "A visitor at a kiosk asks for help: feels unwell"
    assert (told.since_ms, told.until_ms) == (NINE, None)
    (gone,) = of_alarms("museum", [event], {}, SHANGHAI, NINE + CALL_MS)
    assert gone.until_ms == NINE + CALL_MS
    strange = replace(event, data={"reason": "<b>"})
    (odd,) = of_alarms("museum", [strange], {}, SHANGHAI, NINE)
    assert odd.en.endswith(": something else")
