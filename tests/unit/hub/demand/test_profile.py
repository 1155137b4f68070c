"""The profile of a week: what was seen, what is borrowed, what nobody knows."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demand.profile import (
    PRIOR_WEEKS,
    STEPS_A_WEEK,
    Observations,
    Rate,
    build_profile,
    hour_map,
    observe,
)

SHANGHAI, BERLIN, KATHMANDU = (
    ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu")
)
MONDAY = date(2026, 3, 2)
NINE = 18
"""Half hours from midnight."""


def at(zone: ZoneInfo, day: date, hour: int, minute: int = 0) -> int:
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp())


def known(rate: Rate | None) -> Rate:
    assert rate is not None
    return rate


def seen_at(steps: dict[int, list[int]], first: date = MONDAY) -> Observations:
    """Return what was seen: by half hour, the visits of week after week."""
    return Observations(
        {
            (first + timedelta(days=7 * week), step): (number, 1.0)
            for step, numbers in steps.items()
            for week, number in enumerate(numbers)
        }
    )


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN, KATHMANDU], ids=str)
def test_visits_fall_into_their_half_hour(zone: ZoneInfo) -> None:
    known = ((at(zone, MONDAY, 9), at(zone, MONDAY, 11)),)
    visits = {at(zone, MONDAY, 9, 29): 2, at(zone, MONDAY, 9, 30): 3, at(zone, MONDAY, 8, 59): 50}
    seen = observe(zone, visits, known).seen
    assert seen == {
        (MONDAY, NINE): (2, 1.0),
        (MONDAY, NINE + 1): (3, 1.0),
        (MONDAY, NINE + 2): (0, 1.0),
        (MONDAY, NINE + 3): (0, 1.0),
    }


def test_what_was_not_watched_is_no_zero() -> None:
    known = ((at(SHANGHAI, MONDAY, 9, 10), at(SHANGHAI, MONDAY, 9, 20)),)
    visits = {at(SHANGHAI, MONDAY, 9, 15): 1, at(SHANGHAI, MONDAY, 9, 25): 9}
    [(key, (number, share))] = observe(SHANGHAI, visits, known).seen.items()
    assert (key, number) == ((MONDAY, NINE), 1)
    assert share == pytest.approx(1 / 3)


def test_days_that_are_no_ordinary_ones_say_nothing() -> None:
    tuesday = MONDAY + timedelta(days=1)
    known = ((at(SHANGHAI, MONDAY, 0), at(SHANGHAI, tuesday, 1)),)
    seen = observe(SHANGHAI, {}, known, {MONDAY})
    assert sorted(step for _, step in seen.seen) == [48, 49]


def test_a_clock_that_is_put_back_makes_a_longer_half_hour() -> None:
    sunday = date(2026, 10, 25)
    start = int(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp())  # its midnight in Berlin
    seen = observe(BERLIN, {}, ((start, start + 25 * 3600),)).seen
    shares = {step - 6 * 48: share for (_, step), (_, share) in seen.items()}
    assert shares[4] == shares[5] == 2.0  # two o'clock, twice
    assert sum(shares.values()) == 50
    assert {week for week, _ in seen} == {sunday - timedelta(days=6)}


def test_a_rate_is_drawn_towards_like_days() -> None:
    monday, tuesday, saturday = NINE, 48 + NINE, 5 * 48 + NINE
    found = build_profile(seen_at({monday: [8] * 4, tuesday: [2] * 4, saturday: [40] * 4})).rates
    prior, own = 40 / 8, known(found[monday])
    assert own.mean == pytest.approx((32 + PRIOR_WEEKS * prior) / (4 + PRIOR_WEEKS))
    assert own.basis == "watched"
    # Never seen itself: as working days are, not as Saturday is, and less sure.
    wednesday = known(found[2 * 48 + NINE])
    assert wednesday.basis == "borrowed"
    assert wednesday.mean == pytest.approx(prior)
    assert wednesday.variance > own.variance
    assert known(found[6 * 48 + NINE]).mean == pytest.approx(40)
    assert found[NINE + 1] is None


def test_only_weekends_were_seen() -> None:
    found = known(build_profile(seen_at({5 * 48 + NINE: [6, 6]})).rates[NINE])
    assert (found.basis, found.mean) == ("borrowed", 6.0)


def test_nothing_seen_is_nothing_known() -> None:
    profile = build_profile(Observations())
    assert profile.rates == (None,) * STEPS_A_WEEK
    assert (profile.weeks, profile.dispersion) == (0, 1.0)


def test_weeks_that_differ_widen_what_is_said() -> None:
    steady = build_profile(seen_at({NINE: [10, 10, 10, 10]}))
    wild = build_profile(seen_at({NINE: [0, 20, 0, 20]}))
    assert steady.dispersion == 1.0
    assert wild.dispersion == pytest.approx(4 * 100 / 10 / 3)
    assert known(wild.rates[NINE]).mean == known(steady.rates[NINE]).mean
    ratio = known(wild.rates[NINE]).variance / known(steady.rates[NINE]).variance
    assert ratio == pytest.approx(wild.dispersion)


def test_an_hour_is_the_sum_of_its_halves_that_are_known() -> None:
    rows = hour_map(build_profile(seen_at({NINE: [4], NINE + 1: [6], NINE + 2: [1]})))
    assert known(rows[0][9]).mean == pytest.approx(10)
    # Open until half past ten: what came until then.
    assert known(rows[0][10]).mean == pytest.approx(1)
    assert rows[0][11] is None


entries = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, STEPS_A_WEEK - 1)),
    st.tuples(st.integers(0, 30), st.floats(0.05, 1.0)),
    max_size=24,
)


@settings(max_examples=30)
@given(entries, st.integers(0, 5), st.integers(0, STEPS_A_WEEK - 1), st.integers(0, 30))
def test_more_of_the_same_makes_surer(
    told: dict[tuple[int, int], tuple[int, float]], week: int, step: int, number: int
) -> None:
    weeks = [MONDAY + timedelta(days=7 * i) for i in range(6)]
    seen = {(weeks[i], at_): value for (i, at_), value in told.items()}
    seen[weeks[week], step] = (number, 1.0)
    rate = known(build_profile(Observations(seen)).rates[step])
    assert rate.mean >= 0
    assert rate.variance >= 0
    # Twice the weeks, each like those before: the same mean drawn less, and never less sure.
    later = {(monday + timedelta(days=70), at_): v for (monday, at_), v in seen.items()}
    again = known(build_profile(Observations({**seen, **later})).rates[step])
    own = sum(v[0] for k, v in seen.items() if k[1] == step) / rate.weeks
    assert abs(again.mean - own) <= abs(rate.mean - own) + 1e-9


@settings(max_examples=20)
@given(entries, st.randoms(use_true_random=False))
def test_the_order_of_what_was_seen_does_not_matter(
    told: dict[tuple[int, int], tuple[int, float]], chance: random.Random
) -> None:
    seen = {(MONDAY + timedelta(days=7 * i), step): v for (i, step), v in told.items()}
    items = list(seen.items())
    chance.shuffle(items)
    first, second = build_profile(Observations(seen)), build_profile(Observations(dict(items)))
    for one, other in zip(first.rates, second.rates, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.mean == pytest.approx(other.mean)
