"""How much a venue was used: counted where it was open and watched, unknown where too little is."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.compliance.intervals import Intervals, difference, union
from hub.demand.use import KNOWN, LEAST_DAYS, Use, measure, read_use
from tests.unit.hub.demand.test_read import CLOCK, NOW_S, ROOM, TODAY, a_schedule, a_store

DAYS = 28
FIRST, LAST = TODAY - timedelta(days=DAYS), TODAY - timedelta(days=1)
START_S, END_S = CLOCK.span(FIRST, LAST)
DECLARED = a_schedule().declared(FIRST, LAST)


def measured(visits: dict[int, int], watched: Intervals, declared: Intervals = DECLARED) -> Use:
    return measure(CLOCK.zone, FIRST, LAST, START_S, visits, declared, watched)


def test_visits_of_both_doors_are_told_by_hours_that_were_open_and_watched() -> None:
    use = read_use(a_store(), ROOM, a_schedule(), NOW_S, DAYS)
    assert (use.first, use.last, use.since_s) == (FIRST, LAST, START_S)
    # Five days of eight hours with two visits in each half, two of twelve with six in the evening.
    assert use.open_hours == use.known_hours == 4 * (5 * 8 + 2 * 12)
    assert use.visits == 4 * (7 * 16 * 2 + 2 * 8 * 6)
    assert use.known_days == DAYS
    assert use.visits_per_hour == use.visits / use.known_hours


def test_a_day_that_nobody_watched_is_no_day_without_visitors() -> None:
    whole = read_use(a_store(), ROOM, a_schedule(), NOW_S, DAYS)
    part = read_use(a_store(dark=2), ROOM, a_schedule(), NOW_S, DAYS)
    assert part.known_days == DAYS - 2
    assert part.is_known
    assert part.visits < whole.visits
    assert part.known_hours < whole.known_hours
    dark = read_use(a_store(dark=4), ROOM, a_schedule(), NOW_S, DAYS)
    assert not dark.is_known, "a seventh of the time is missing"
    assert dark.visits_per_hour is None


def test_fewer_days_than_two_weeks_tell_nothing() -> None:
    everything: Intervals = ((START_S, END_S),)
    for days in (LEAST_DAYS - 1, LEAST_DAYS):
        declared = a_schedule().declared(LAST - timedelta(days=days - 1), LAST)
        use = measured({}, everything, declared)
        assert use.known_days == days
        assert (use.visits_per_hour == 0) == (days == LEAST_DAYS)


def test_a_venue_without_a_door_or_without_hours_tells_nothing() -> None:
    blind = read_use(a_store(), replace(ROOM, lines=()), a_schedule(), NOW_S, DAYS)
    assert (blind.known_hours, blind.visits_per_hour) == (0, None)
    shut = read_use(a_store(), ROOM, a_schedule(((),) * 7), NOW_S, DAYS)
    assert (shut.open_hours, shut.visits_per_hour) == (0, None)


_MINUTES = st.integers(START_S // 60, END_S // 60 - 1).map(lambda minute: minute * 60)
_GAPS = st.lists(_MINUTES, max_size=12).map(
    lambda ends: union(tuple(pairwise(sorted(ends)))[::2]),
)


@given(_GAPS)
def test_gaps_in_the_counting_never_make_low_use(gaps: Intervals) -> None:
    """Two come each minute of open time; whatever part nobody saw, it is two a minute, or unknown.

    What was not counted is not stored, as at a real door.
    """
    watched = difference(((START_S, END_S),), gaps)
    visits = {
        minute: 2 for since, until in watched for minute in range(-(-since // 60) * 60, until, 60)
    }
    use = measured(visits, watched)
    rate = use.visits_per_hour
    assert rate is None or abs(rate - 120) < 1e-6
    if use.known_hours < KNOWN * use.open_hours:
        assert rate is None


def test_the_span_is_whole_days_up_to_yesterday() -> None:
    late = read_use(a_store(), ROOM, a_schedule(), CLOCK.midnight(TODAY) + 86_399, DAYS)
    assert late.last == LAST
    assert read_use(a_store(), ROOM, a_schedule(), NOW_S, 14).first == date(2026, 8, 31)
