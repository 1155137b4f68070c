"""The best hours of a shape, against every plan that there is."""

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demand.plan import DayPlan, Plan, Shape, Worth, best_plan, length

STEPS = 6


def worth_of(plan: Plan, worth: Worth) -> int:
    return sum(
        sum(steps[opens:closes])
        for day, steps in zip(plan, worth, strict=True)
        for opens, closes in day
    )


def days_of(shape: Shape, steps: int) -> Iterator[DayPlan]:
    """Every day of a shape, by trying every set of steps."""
    for is_open in itertools.product((False, True), repeat=steps):
        runs = [
            (next(iter(run))[0], value)
            for value, run in itertools.groupby(enumerate(is_open), lambda pair: pair[1])
        ]
        ends = [start for start, _ in runs[1:]] + [steps]
        day = tuple((start, end) for (start, value), end in zip(runs, ends, strict=True) if value)
        if len(day) > shape.most_sessions:
            continue
        if any(closes - opens < shape.shortest for opens, closes in day):
            continue
        if any(opens < shape.earliest or closes > shape.latest for opens, closes in day):
            continue
        if any(b[0] - a[1] < shape.pause for a, b in itertools.pairwise(day)):
            continue
        yield day


def by_trying_all(worth: Worth, shape: Shape, total: int) -> int | None:
    """What the best of all plans is worth."""
    choices = [
        [day for day in days_of(shape, len(steps)) if day or not must]
        for steps, must in zip(worth, shape.opens_on, strict=True)
    ]
    values = [
        worth_of(plan, worth) for plan in itertools.product(*choices) if length(plan) == total
    ]
    return max(values, default=None)


shapes = st.builds(
    Shape,
    earliest=st.integers(0, 2),
    latest=st.integers(STEPS - 2, STEPS),
    shortest=st.integers(1, 3),
    pause=st.integers(1, 2),
    most_sessions=st.integers(1, 3),
    opens_on=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
weeks = st.lists(
    st.lists(st.integers(-9, 9), min_size=STEPS, max_size=STEPS), min_size=3, max_size=3
)


@settings(max_examples=50, deadline=None)
@given(weeks, shapes, st.integers(0, 3 * STEPS))
def test_no_plan_is_better(worth: Sequence[Sequence[int]], shape: Shape, total: int) -> None:
    best = best_plan(worth, shape, total)
    value = by_trying_all(worth, shape, total)
    if best is None:
        assert value is None
        return
    assert worth_of(best, worth) == value
    assert length(best) == total
    for day, must in zip(best, shape.opens_on, strict=True):
        assert day in set(days_of(shape, STEPS))
        assert day or not must


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_week_as_by_another_way(seed: int) -> None:
    """Of one session a day the best week is also found by windows alone, tried day by day."""
    rng = random.Random(seed)
    worth = [[rng.randrange(100) for _ in range(48)] for _ in range(7)]
    shape = Shape(16, 44, 4, 2, 1, (True,) * 7)
    total = rng.randrange(7 * 6, 7 * 20)
    reached = {0: 0}
    for steps in worth:
        windows: dict[int, int] = {}
        for opens in range(16, 41):
            for closes in range(opens + 4, 45):
                value = sum(steps[opens:closes])
                windows[closes - opens] = max(value, windows.get(closes - opens, 0))
        following: dict[int, int] = {}
        for (so_far, sum_), (more, value) in itertools.product(reached.items(), windows.items()):
            following[so_far + more] = max(following.get(so_far + more, 0), sum_ + value)
        reached = following
    best = best_plan(worth, shape, total)
    assert best is not None
    assert worth_of(best, worth) == reached[total]


def test_what_cannot_be_is_no_plan() -> None:
    worth = [[1] * STEPS] * 3
    shape = Shape(0, STEPS, 2, 1, 1, (True, True, True))
    assert best_plan(worth, shape, 5) is None  # three days of two steps at least
    assert best_plan(worth, shape, 19) is None
    assert best_plan(worth, shape, 18) == (((0, 6),),) * 3
