"""Crowds that cover a line: what flowed, what was tracked, and nobody told twice."""

from collections.abc import Callable

import pytest

from edge.counting.flow import CrowdCounter, FlowRules, Stretch
from edge.counting.geometry import Direction
from edge.counting.line import Crossing

STEP = 1 / 15
FILL = 0.6
RULES = FlowRules(shown=0.75)
Tracked = Callable[[float], list[Crossing]]


def none(_: float) -> list[Crossing]:
    return []


def stretch(per_second: float, *, outwards: float = 0.0) -> Stretch:
    """Give a line on which so many persons pass a second, each showing what the rules expect."""
    area = FILL * RULES.shown
    return Stretch(2.0, 0.5, per_second * area, outwards * area)


def run(
    counter: CrowdCounter,
    seconds: float,
    *,
    begin: float = 0.0,
    largest: float = 4.0,
    flow: Stretch | None = None,
    tracked: Tracked = none,
) -> list[Crossing]:
    told: list[Crossing] = []
    for number in range(round(seconds / STEP)):
        at = begin + number * STEP
        counter.watch(largest, at)
        if counter.is_flow_wanted:
            counter.pour([] if flow is None else [flow], at)
        told += counter.reconcile(tracked(at), at)
    return told


def every(seconds: float, direction: Direction = Direction.IN) -> Tracked:
    """Give a tracked crossing each so many seconds."""

    def tracked(at: float) -> list[Crossing]:
        if int((at + 1e-6) / seconds) > int((at - STEP + 1e-6) / seconds):
            return [Crossing(at, direction, "door")]
        return []

    return tracked


def a_counter() -> CrowdCounter:
    return CrowdCounter("door", FILL, RULES)


def test_a_crowd_that_nobody_can_follow_is_estimated() -> None:
    counter = a_counter()
    told = run(counter, 12.0, flow=stretch(3.0))
    # The first two seconds belong to the tracks; the last one waits for its proof.
    assert 26 <= len(told) <= 30
    assert all(c.estimated and c.direction is Direction.IN and c.line == "door" for c in told)
    assert counter.is_estimating


def test_both_ways_are_estimated_apart() -> None:
    told = run(a_counter(), 12.0, flow=stretch(2.0, outwards=1.0))
    ways = [c.direction for c in told]
    assert ways.count(Direction.IN) == pytest.approx(19, abs=2)
    assert ways.count(Direction.OUT) == pytest.approx(9, abs=2)


def test_a_crowd_that_is_followed_is_never_estimated() -> None:
    counter = a_counter()
    told = run(counter, 20.0, flow=stretch(2.0), tracked=every(0.5))
    assert not counter.is_estimating
    assert len(told) == 39
    assert not any(c.estimated for c in told)


def test_who_is_tracked_in_an_estimated_crowd_is_told_once() -> None:
    told = run(a_counter(), 12.0, flow=stretch(3.0), tracked=every(1.0))
    after = [c for c in told if c.at_seconds > 2.0]
    # Thirty passed; the last ones wait for their proof.
    assert 26 <= len(after) <= 30
    assert any(c.estimated for c in after)
    assert any(not c.estimated for c in after)


def test_a_track_against_the_stream_is_not_believed() -> None:
    told = run(a_counter(), 12.0, flow=stretch(3.0), tracked=every(0.7, Direction.OUT))
    # Some before it is known that tracking is lost; then at most one that the doubt allows.
    assert sum(c.direction is Direction.OUT and c.at_seconds > 5.0 for c in told) <= 1


def test_less_than_the_time_or_the_size_of_a_crowd_changes_nothing() -> None:
    short, small = a_counter(), a_counter()
    assert run(short, 1.9, flow=stretch(3.0)) == []
    assert run(small, 12.0, largest=1.9, flow=stretch(3.0)) == []
    assert not short.is_flow_wanted
    assert not small.is_flow_wanted


def test_who_stands_is_no_flow() -> None:
    counter = a_counter()
    assert run(counter, 30.0, flow=Stretch(2.0, 1.0, 0.0, 0.0)) == []
    assert counter.is_flow_wanted


def test_after_a_crowd_tracks_count_again_and_a_late_proof_counts_nobody_twice() -> None:
    counter = a_counter()
    run(counter, 12.0, flow=stretch(3.0))
    run(counter, 1.3, begin=12.0, largest=0.0)
    assert not counter.is_estimating
    late = [Crossing(11.0, Direction.IN, "door") for _ in range(6)]
    # The flow leaves a doubt of one person, and may not have told its last ones.
    assert len(counter.reconcile(late, 13.4)) <= 3
    fresh = [Crossing(13.6, Direction.IN, "door")]
    assert counter.reconcile(fresh, 13.8) == fresh


def test_pictures_that_are_missing_pour_nothing() -> None:
    counter = a_counter()
    run(counter, 3.0, flow=stretch(3.0))
    counter.watch(4.0, 30.0)
    counter.pour([stretch(3.0)], 30.0)
    assert len(counter.reconcile([], 31.0)) <= 3


def test_an_estimate_is_told_before_its_time_is_vouched_for() -> None:
    counter = a_counter()
    for number in range(150):
        at = number * STEP
        counter.watch(4.0, at)
        if counter.is_flow_wanted:
            counter.pour([stretch(3.0)], at)
        for crossing in counter.reconcile([], at):
            assert at - RULES.oldest_seconds <= crossing.at_seconds <= at - RULES.proof_seconds
