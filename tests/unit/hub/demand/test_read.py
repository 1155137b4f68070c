"""Demand as it is read: doors of both ways, coverage, holidays, duties that stay kept."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from contracts.ids import NodeId
from contracts.rows import Coverage, Epoch
from hub.compliance.localtime import LocalTime
from hub.compliance.rules import Rule
from hub.compliance.schedule import Schedule, Timetable, weekly
from hub.demand.plan import length
from hub.demand.read import VenueDemand, plan_of, read_demand, shape_of, week_of_plan
from hub.lawbook import read_calendar
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.venues import Line, Venue, Zone
from link.intake import Group, Stored
from tests.conformance.fake_store import FakeStore

CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
CALENDAR = read_calendar()
TODAY = date(2026, 9, 14)
NOW_S = CLOCK.midnight(TODAY) + 11 * 3600
EPOCH = "e0" * 8
NINE_TO_FIVE = ((9 * 3600, 17 * 3600),)
LATE = ((9 * 3600, 21 * 3600),)
WEEK = weekly(*[NINE_TO_FIVE] * 2, LATE, *[NINE_TO_FIVE] * 3, LATE)
ROOM = Venue(
    id="room",
    name_zh="书房",
    name_en="Room",
    kind="book_room",
    level="space",
    capacity=None,
    timezone="Asia/Shanghai",
    hours=((),) * 7,
    quiet_at=240,
    zones=(Zone("room", "书房", "Room"),),
    lines=(Line("sim", "front", "outside", "room"), Line("sim", "back", "room", "outside")),
)


def a_schedule(week: tuple[tuple[tuple[int, int], ...], ...] = WEEK) -> Schedule:
    return Schedule(CLOCK, CALENDAR, (Timetable("district", week),))


def a_store(*, dark: int = 0) -> FakeStore:
    """Eight weeks: one comes each half hour in the daytime, six in the evening, half of each door.

    The last `dark` days of them nobody watched the back door.
    """
    store, rows = FakeStore(), []
    first = TODAY - timedelta(days=56)
    for number in range(56):
        start = CLOCK.midnight(first + timedelta(days=number))
        for step in range(18, 42):
            many = 6 if step >= 34 else 2
            front, back = (SeriesKey("room", "sim", name) for name in ("front", "back"))
            at = start + step * 1800 + 60
            rows.append(SeriesRow(front, Kind.COUNT, at, EPOCH, (many / 2, 1)))
            rows.append(SeriesRow(back, Kind.COUNT, at + 60, EPOCH, (1, many / 2)))
    store.write(rows)
    since, now = CLOCK.midnight(first), CLOCK.midnight(TODAY)
    for number, (line, until) in enumerate((("front", now), ("back", now - dark * 86_400))):
        told = (
            Epoch(1 + 2 * number, EPOCH, "b0" * 8, since * 1000, "05" * 8),
            Coverage(2 + 2 * number, EPOCH, line, since * 1000, until * 1000),
        )
        store.commit(Group(stored=[Stored(NodeId("room", "sim"), "5a" * 8, told, now * 1000)]))
    return store


def read(venue: Venue = ROOM, rules: tuple[Rule, ...] = (), *, dark: int = 0) -> VenueDemand:
    return read_demand(a_store(dark=dark), venue, a_schedule(), rules, NOW_S)


def test_doors_of_both_ways_are_summed_up_while_open() -> None:
    found = read()
    assert (found.first, found.last) == (date(2026, 7, 20), date(2026, 9, 13))
    rates = found.demand.profile.rates
    monday, wednesday = rates[18], rates[2 * 48 + 40]
    assert monday is not None
    assert wednesday is not None
    assert (monday.visits, monday.weeks) == (16, 8)
    assert (wednesday.visits, wednesday.weeks) == (48, 8)
    # Open in no evening but two: as those were. Nobody was let in at six in the morning.
    assert rates[40] is not None
    assert rates[40].basis == "borrowed"
    assert rates[12] is None


def test_hours_go_where_people_come() -> None:
    best = read().demand.proposals[-1]
    assert length(best.plan) == 5 * 16 + 2 * 24
    assert any(closes > 34 for _, closes in best.added[0])
    assert best.gain.low > 0
    assert best.borrowed == pytest.approx(1)


def test_a_door_that_nobody_watched_makes_its_time_unknown() -> None:
    rates = read(dark=14).demand.profile.rates
    assert rates[18] is not None
    assert (rates[18].visits, rates[18].weeks) == (12, 6)
    assert read(dark=56).demand.why_none == "few_weeks"


def test_a_venue_without_a_door_knows_nothing() -> None:
    assert read(replace(ROOM, lines=())).demand.why_none == "few_weeks"


def test_holidays_are_left_out() -> None:
    now = CLOCK.midnight(date(2026, 10, 12))
    found = read_demand(a_store(), ROOM, a_schedule(), (), now)
    assert date(2026, 10, 1) in found.left_out
    assert date(2026, 10, 10) in found.left_out  # a Saturday on which people work
    assert date(2026, 9, 30) not in found.left_out


def a_rule(metric: str, threshold: str) -> Rule:
    return Rule("r", frozenset({"book_room"}), metric, ">=", "week", {2026: Fraction(threshold)})


def test_the_least_hours_of_a_rule_are_placed_at_least() -> None:
    found = read(rules=(a_rule("open_hours_per_week_h", "70"),))
    assert found.least_hours == 70
    assert found.demand.total == 140
    for proposal in found.demand.proposals:
        assert length(proposal.plan) == 140


def test_a_duty_that_is_kept_stays_kept() -> None:
    """Half of the hours outside of the working time, as now: more of them may not be given up."""
    open_ = read().demand.proposals
    # At least 62 % off-peak is more than now: nothing is lost. What now is kept has to stay.
    strict = read(rules=(a_rule("open_every_day_bool", "1"),)).demand
    assert [p.plan for p in strict.proposals] == [p.plan for p in open_]
    mornings = Rule(
        "few_evenings", frozenset({"book_room"}), "offpeak_open_hours_share_ratio", "<=", "week",
        {2026: Fraction("0.4")},
    )  # fmt: skip
    kept = read(rules=(mornings,)).demand
    assert len(kept.proposals) < len(open_)


@pytest.mark.parametrize("minutes", [0, 10])
def test_hours_are_read_as_half_hours(minutes: int) -> None:
    week = weekly(*[((9 * 3600 + minutes * 60, 26 * 3600),)] * 7)
    plan, is_rounded = plan_of(week)
    assert plan == (((18, 52),),) * 7
    assert is_rounded is bool(minutes)
    assert week_of_plan(plan) == weekly(*[((9 * 3600, 26 * 3600),)] * 7)
    shape = shape_of(plan, 8)
    assert (shape.earliest, shape.latest, shape.most_sessions) == (16, 52, 1)
