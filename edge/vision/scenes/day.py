"""A whole day of visitors at a painted door, four hours of it in one."""

import math
from functools import lru_cache
from typing import Final

import numpy as np

from edge.counting.geometry import Direction
from edge.vision.scenes.cast import BESIDE, LATEST, Stage, a_party, side_by_side
from edge.vision.scenes.conditions import ACT_SECONDS
from edge.vision.scenes.visitor import Visitor

VISITORS: Final = 2000
#: Twelve opening hours in three of video: a real second lasts a quarter of one.
DAY_SECONDS: Final = 3 * 3600.0
_ACTS: Final = int(DAY_SECONDS / ACT_SECONDS)
# Arrivals by opening hour: a morning rush, a lull at noon, the afternoon, few at the end.
_ARRIVALS: Final = (6, 13, 12, 8, 5, 8, 13, 13, 9, 7, 4, 2)
# One, two, three or four who come together.
_PARTIES: Final = (0.68, 0.23, 0.06, 0.03)


def day_act(seed: int, stage: Stage, act: int) -> list[Visitor]:
    """Give the visitors of one act of a day; the day after is another one."""
    day, number = divmod(act, _ACTS)
    rng = np.random.default_rng([seed, 41, act])
    far, near = stage.view.reach()
    length = near - far
    cast: list[Visitor] = []
    free = dict.fromkeys(Direction, 0.0)
    through = dict.fromkeys(Direction, 0.0)
    for planned, way, people in _plan(seed, day)[number]:
        pace = float(rng.uniform(0.85, 1.3 if people == 1 else 1.1))
        other = Direction.OUT if way is Direction.IN else Direction.IN
        # Nobody walks through somebody: who is quicker comes after who is slower, and a party
        # that needs the other half too waits until it is free.
        begin = max(planned, free[way], through[way] + 0.7 - length / pace)
        needs_all = side_by_side(stage, people) * BESIDE > stage.half
        if needs_all:
            begin = max(begin, through[other])
        party = a_party(rng, stage, way, begin, people, pace=pace, keeps_right=True)
        cast += party
        free[way] = max(v.way[0].at_seconds for v in party) + 0.75
        through[way] = max(v.way[-1].at_seconds for v in party)
        if needs_all:
            free[other] = through[way]
    return cast


@lru_cache(maxsize=4)
def _plan(seed: int, day: int) -> tuple[tuple[tuple[float, Direction, int], ...], ...]:
    """Say for each act of a day which parties begin: (seconds in the act, way, how many)."""
    rng = np.random.default_rng([seed, 40, day])
    acts: list[list[tuple[float, Direction, int]]] = [[] for _ in range(_ACTS)]
    share = np.repeat(np.array(_ARRIVALS, dtype=float), _ACTS // len(_ARRIVALS))
    share /= share.sum()
    left = VISITORS
    while left > 0:
        people = min(left, 1 + int(rng.choice(len(_PARTIES), p=_PARTIES)))
        left -= people
        came = int(rng.choice(_ACTS, p=share))
        # Half an hour's visit is seven and a half acts of four times as quick a day.
        stay = math.ceil(float(rng.lognormal(math.log(7.5), 0.6)))
        went = min(_ACTS - 1, came + stay)
        for act, way in ((came, Direction.IN), (went, Direction.OUT)):
            acts[act].append((float(rng.uniform(0.5, LATEST)), way, people))
    return tuple(tuple(sorted(act, key=lambda p: p[0])) for act in acts)
