"""Weekly hours in steps, and the best of all that a shape allows: exact, by dynamic programming.

    day      for each length, the best sessions of that length          O(sessions x steps³)
    week     lengths of the days that add up to the total, best in sum   O(days x total x steps)

Worth is in whole numbers, so that the best is the same whichever way it is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

DayPlan = tuple[tuple[int, int], ...]
"""(opens, closes) in steps of the day, in order, apart."""
Plan = tuple[DayPlan, ...]
Worth = Sequence[Sequence[int]]
"""By day and step, what it is worth to be open."""

_Best = dict[int, tuple[int, DayPlan]]
"""By length: worth, and the sessions."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What hours may look like; everything in steps."""

    earliest: int
    latest: int
    """A session lies in [earliest, latest)."""
    shortest: int = 8
    """Half a working day: nobody comes to work for less."""
    pause: int = 2
    """Between two sessions of a day at least."""
    most_sessions: int = 1
    opens_on: tuple[bool, ...] = (False,) * 7
    """Days that must have a session."""


def length(plan: Plan) -> int:
    """Return how many steps a plan is open."""
    return sum(closes - opens for day in plan for opens, closes in day)


def best_plan(worth: Worth, shape: Shape, total: int) -> Plan | None:
    """Return the plan of exactly `total` steps that is worth most; None where none is so long.

    Of plans that are worth the same one is chosen that does not depend on chance.
    """
    days = [
        best_days(steps, shape, must=must)
        for steps, must in zip(worth, shape.opens_on, strict=True)
    ]
    reached: dict[int, int] = {0: 0}
    chosen: list[dict[int, int]] = []
    for day in days:
        following: dict[int, int] = {}
        taken: dict[int, int] = {}
        for so_far, sum_ in reached.items():
            for more, (value, _) in day.items():
                steps = so_far + more
                if steps <= total and (steps not in following or following[steps] < sum_ + value):
                    following[steps], taken[steps] = sum_ + value, more
        reached = following
        chosen.append(taken)
    if total not in reached:
        return None
    plan: list[DayPlan] = []
    left = total
    for day, taken in zip(reversed(days), reversed(chosen), strict=True):
        steps = taken[left]
        plan.append(day[steps][1])
        left -= steps
    return tuple(reversed(plan))


def best_days(steps: Sequence[int], shape: Shape, *, must: bool) -> _Best:
    """Return, for each length that a day can have, its best sessions; length 0 unless it must."""
    sums = [0]
    for value in steps:
        sums.append(sums[-1] + value)
    latest = min(shape.latest, len(steps))
    best: _Best = {0: (0, ())}
    # ending[t]: by length, the best of so many sessions of which the last ends at t or before.
    ending: list[_Best] = [{0: (0, ())} for _ in range(latest + 1)]
    for _ in range(shape.most_sessions):
        grown: list[_Best] = []
        for until in range(latest + 1):
            here = dict(grown[-1]) if grown else {}
            for opens in range(shape.earliest, until - shape.shortest + 1):
                value, more = sums[until] - sums[opens], until - opens
                for so_far, (before, day) in ending[max(0, opens - shape.pause)].items():
                    old = here.get(so_far + more)
                    if old is None or old[0] < before + value:
                        here[so_far + more] = (before + value, (*day, (opens, until)))
            grown.append(here)
        for steps_open, found in grown[-1].items():
            if steps_open not in best or best[steps_open][0] < found[0]:
                best[steps_open] = found
        ending = grown
    if must:
        del best[0]
    return best
