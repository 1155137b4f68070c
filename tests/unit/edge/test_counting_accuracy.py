"""What an audit says: who was matched, and how sure its figures are."""

import random

import pytest
from scipy import stats

from edge.counting.accuracy import Interval, assess, count_error, poisson, share
from edge.counting.geometry import Direction
from edge.counting.scoring import CountedCrossing, TrueCrossing

IN, OUT = Direction.IN, Direction.OUT


def taps(*instants: float, way: Direction = IN) -> list[TrueCrossing]:
    return [TrueCrossing(at, way) for at in instants]


def counted(*instants: float, way: Direction = IN) -> list[CountedCrossing]:
    return [CountedCrossing(at, way) for at in instants]


@pytest.mark.parametrize(
    ("late", "is_matched"),
    [(-1.1, False), (-1.0, True), (0.0, True), (2.0, True), (2.1, False)],
)
def test_a_tap_may_be_a_little_early_and_somewhat_late(late: float, is_matched: bool) -> None:
    both = assess(taps(10 + late), counted(10)).both
    assert (both.matched, both.missed, both.false) == ((1, 0, 0) if is_matched else (0, 1, 1))


def test_each_tap_is_one_visitor() -> None:
    found = assess(taps(10.3, 10.6, 20), counted(10, 10.2, 10.4, 30))
    assert (found.both.matched, found.both.missed, found.both.false) == (2, 1, 2)
    assert found.ways[IN].tapped == 3
    assert found.ways[OUT].tapped == 0
    assert found.is_few


def test_who_was_counted_the_wrong_way_is_told_as_turned() -> None:
    found = assess(taps(10.5), counted(10, way=OUT))
    assert (found.both.missed, found.both.false, found.turned, found.drift) == (1, 1, 1, -2)
    assert found.count_error is not None
    assert found.count_error.value == 0


def test_what_lies_in_a_gap_is_left_out() -> None:
    found = assess(taps(5, 15, 25), counted(4.5, 24.5), gaps=[(10, 20)])
    assert (found.both.tapped, found.both.matched, found.left_out) == (2, 2, 1)


def test_nothing_tapped_and_nothing_counted_is_no_figure() -> None:
    found = assess([], [])
    assert (found.recall, found.precision, found.count_error) == (None, None, None)
    assert found.lateness_seconds is None


def test_lateness_is_the_median_of_the_pairs() -> None:
    found = assess(taps(10.5, 20.7, 31.5, 99), counted(10, 20, 30, 50))
    assert found.lateness_seconds == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # R. G. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_shares_have_the_interval_of_the_literature(
    part: int, whole: int, low: float, high: float
) -> None:
    found = share(part, whole)
    assert found is not None
    assert found == pytest.approx((part / whole, low, high), abs=5e-5)


@pytest.mark.parametrize("number", [0, 1, 7, 120])
def test_counts_have_the_exact_interval(number: int) -> None:
    found = poisson(number)
    # The limits are those means of which so much or more, so few or fewer, is 2.5 % likely.
    assert stats.poisson.cdf(number, found.high) == pytest.approx(0.025)
    if number:
        assert stats.poisson.sf(number - 1, found.low) == pytest.approx(0.025)
    else:
        assert found.low == 0


def test_no_error_in_few_is_no_proof_of_none() -> None:
    few, many = count_error(0, 0, 20), count_error(0, 0, 2000)
    assert few == pytest.approx((0, -0.184, 0.184), abs=1e-3)
    assert many == pytest.approx((0, -0.00184, 0.00184), abs=1e-5)


def test_the_interval_of_the_error_holds_it_about_as_often_as_it_says() -> None:
    rng = random.Random(20261128)
    tapped, miss, ghost = 400, 0.05, 0.02
    held = 0
    for _ in range(400):
        missed = sum(rng.random() < miss for _ in range(tapped))
        false = sum(rng.random() < ghost for _ in range(tapped))
        found = count_error(missed, false, tapped)
        assert isinstance(found, Interval)
        held += found.low <= ghost - miss <= found.high
    assert 0.93 <= held / 400 <= 1.0


@pytest.mark.parametrize("seed", range(4))
def test_every_tap_and_every_crossing_is_accounted_for(seed: int) -> None:
    rng = random.Random(seed)
    ways = [IN, OUT]
    tapped = [TrueCrossing(rng.uniform(0, 300), rng.choice(ways)) for _ in range(80)]
    seen = [CountedCrossing(rng.uniform(0, 300), rng.choice(ways)) for _ in range(90)]
    found = assess(tapped, seen)
    for way in (*found.ways.values(), found.both):
        assert way.matched + way.missed == way.tapped
        assert way.matched + way.false == way.counted
    assert sum(way.matched for way in found.ways.values()) == found.both.matched
    difference = (found.ways[IN].false - found.ways[IN].missed) - (
        found.ways[OUT].false - found.ways[OUT].missed
    )
    assert found.drift == difference
    assert found.lateness_seconds is not None
    assert -1 <= found.lateness_seconds <= 2
