"""When a condition of a camera is raised, how it ends, and what may be vouched for meanwhile."""

import dataclasses
import random
from collections.abc import Iterable, Iterator

import pytest

from edge.counting.health import Condition, Health, HealthWatch, Look

STEP = 0.4
GOOD = Look(
    level=140,
    detail=8,
    lost=0.0,
    likeness=0.95,
    shift=0.0,
    focus=1.0,
    changed=0.05,
    unsteady=0.05,
)
BAD: dict[Condition, dict[str, float | bool]] = {
    Condition.DARK: {"level": 6, "detail": 0.4, "lost": 1.0, "likeness": 0.1, "changed": 1.0},
    Condition.COVERED: {"lost": 0.9, "likeness": 0.1, "changed": 0.7, "unsteady": 0.0},
    Condition.FROZEN: {"is_repeat": True},
    Condition.DEFOCUSED: {"focus": 0.2},
    Condition.MOVED: {"likeness": 0.1, "changed": 0.4},
    Condition.FLOOD: {"changed": 0.8},
}


def a_look(**changes: float | bool) -> Look:
    return dataclasses.replace(GOOD, **changes)  # type: ignore[arg-type]  # one builder of all


def looks(*parts: tuple[Look, float]) -> Iterator[tuple[Look, float]]:
    """Give each look for so many seconds, one after the other."""
    number = 0
    until = 0.0
    for look, seconds in parts:
        until += seconds
        while number * STEP < until - 1e-9:
            yield look, number * STEP
            number += 1


def watched(fed: Iterable[tuple[Look, float]]) -> list[tuple[float, Health]]:
    """Return what is said of each look; beside a view that was taken, what it was taken from."""
    watch = HealthWatch()
    told: list[tuple[float, Health]] = []
    view = GOOD
    for look, at in fed:
        told.append((at, watch.feed(GOOD if look == view else look, at)))
        if told[-1][1].takes_view:
            view = look
    return told


def changes(told: list[tuple[float, Health]]) -> list[tuple[float, Condition]]:
    """Return each change of condition and when it was told."""
    found = [(told[0][0], told[0][1].condition)]
    for at, health in told:
        if health.condition is not found[-1][1]:
            found.append((at, health.condition))
    return found[1:]


@pytest.mark.parametrize("condition", BAD)
def test_it_is_raised_within_ten_seconds_and_ends_by_itself(condition: Condition) -> None:
    is_taken = condition in (Condition.MOVED, Condition.FLOOD)
    after = [] if is_taken else [(GOOD, 20.0)]
    told = watched(looks((GOOD, 20), (a_look(**BAD[condition]), 60), *after))
    (raised_at, raised), (ended_at, ended) = changes(told)
    assert (raised, ended) == (condition, Condition.WELL)
    assert 2 <= raised_at - 20 <= 9
    if is_taken:
        # Another view that is still is taken for the view.
        assert ended_at - raised_at <= 5
    else:
        assert 0 < ended_at - 80 <= 3


@pytest.mark.parametrize("condition", BAD)
def test_nothing_is_vouched_for_from_the_onset_on(condition: Condition) -> None:
    told = watched(looks((GOOD, 20), (a_look(**BAD[condition]), 60), (GOOD, 20)))
    for at, health in told:
        if at < 20:
            assert health.good_until_seconds == float("inf")
        elif at < changes(told)[1][0]:
            # What shows late has its onset two seconds before the evidence.
            assert 18 <= health.good_until_seconds <= 20
    assert told[-1][1].good_until_seconds == float("inf")
    raised = next(health for _, health in told if not health.is_well)
    assert 18 <= raised.since_seconds <= 20


@pytest.mark.parametrize("condition", BAD)
def test_what_lasts_a_moment_is_no_condition(condition: Condition) -> None:
    told = watched(looks((GOOD, 10), (a_look(**BAD[condition]), 2.4), (GOOD, 10)))
    assert changes(told) == []
    assert told[-1][1].good_until_seconds == float("inf")


@pytest.mark.parametrize("condition", [c for c in BAD if c is not Condition.FROZEN])
def test_it_does_not_flap_around_its_threshold(condition: Condition) -> None:
    """Between the two thresholds neither a suspicion begins nor a condition ends."""
    thresholds: dict[Condition, dict[str, float | bool]] = {
        Condition.DARK: {"level": 27},
        Condition.COVERED: {"lost": 0.5, "likeness": 0.5},
        Condition.DEFOCUSED: {"focus": 0.55},
        Condition.MOVED: {"likeness": 0.5, "unsteady": 0.5},
        Condition.FLOOD: {"changed": 0.5, "unsteady": 0.5},
    }
    between = thresholds[condition]
    bad = BAD[condition] | ({"unsteady": 0.5} if "unsteady" in between else {})
    quiet = watched(looks((GOOD, 10), (a_look(**between), 30)))
    assert changes(quiet) == []
    if condition is Condition.MOVED:
        return  # a view that never holds still is a flood, or nothing
    fed = [(a_look(**bad), 15.0)]
    fed += [(a_look(**side), 1.0) for _ in range(20) for side in (between, bad)]
    assert [c for _, c in changes(watched(looks((GOOD, 10), *fed)))] == [condition]


def test_the_worse_condition_is_told_and_the_other_judged_anew() -> None:
    bad = a_look(**(BAD[Condition.FLOOD] | {"unsteady": 0.5}))
    dark = a_look(**BAD[Condition.DARK])
    told = changes(watched(looks((GOOD, 10), (bad, 20), (dark, 20), (GOOD, 20))))
    assert [c for _, c in told] == [Condition.FLOOD, Condition.DARK, Condition.WELL]


def test_a_view_that_has_changed_is_said_until_it_is_known_again() -> None:
    watch = HealthWatch()
    fed = looks((GOOD, 10), (a_look(**BAD[Condition.MOVED]), 60))
    taken = next(health for look, at in fed if (health := watch.feed(look, at)).takes_view)
    assert taken.is_well
    assert watch.feed(GOOD, 31).view_changed_seconds == pytest.approx(10, abs=STEP)
    watch.know_again()
    assert watch.feed(GOOD, 31.4).view_changed_seconds is None


def test_another_light_is_no_other_view() -> None:
    told = watched(looks((GOOD, 10), (a_look(**BAD[Condition.FLOOD]), 20)))
    assert [c for _, c in changes(told)] == [Condition.FLOOD, Condition.WELL]
    assert told[-1][1].view_changed_seconds is None


def test_a_crowd_that_fills_the_picture_holds_nothing_back_for_ever() -> None:
    """It is unlike the view, and never still: neither raised nor over."""
    crowd = a_look(likeness=0.2, changed=0.5, unsteady=0.5)
    told = watched(looks((GOOD, 10), (crowd, 120)))
    assert changes(told) == []
    assert told[-1][1].good_until_seconds == float("inf")


def test_a_camera_that_stays_out_of_focus_is_taken_as_it_is() -> None:
    told = watched(looks((GOOD, 10), (a_look(focus=0.2), 700)))
    resigned_at, condition = changes(told)[1]
    assert resigned_at == pytest.approx(608, abs=2)
    assert condition is Condition.WELL
    assert told[-1][1].view_changed_seconds is not None


@pytest.mark.parametrize("seed", range(5))
def test_good_pictures_with_glitches_are_never_raised(seed: int) -> None:
    rng = random.Random(seed)
    watch = HealthWatch()
    at = 0.0
    for _ in range(9000):
        at += STEP
        bad = BAD[rng.choice(list(BAD))] if rng.random() < 0.05 else {}
        assert watch.feed(a_look(**bad), at).is_well
