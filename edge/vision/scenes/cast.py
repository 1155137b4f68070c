"""Who walks over a painted door in one act, for each kind of scene."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from edge.counting.geometry import Direction
from edge.vision.scenes.conditions import ACT_SECONDS
from edge.vision.scenes.view import SHOULDERS, View
from edge.vision.scenes.visitor import Colour, Look, Visitor, WayPoint

#: Nobody begins later in an act than this, so that all are gone before the next but one begins.
LATEST: Final = ACT_SECONDS - 4
#: Metres from the middle of one visitor to that of who walks beside him.
BESIDE: Final = 0.52
_COATS: Final[tuple[Colour, ...]] = (
    *((30, 30, 34), (45, 42, 40), (70, 60, 52), (92, 92, 96), (140, 136, 130), (228, 228, 226)),
    *((150, 60, 40), (60, 80, 160), (58, 130, 70), (40, 140, 200), (180, 160, 90), (120, 70, 150)),
)
_TROUSERS: Final[tuple[Colour, ...]] = (
    *((36, 34, 36), (92, 60, 42), (110, 84, 60), (96, 100, 108), (150, 170, 180)),
)
_HAIRS: Final[tuple[Colour, ...]] = (
    *((22, 22, 26), (28, 30, 38), (40, 58, 82), (150, 150, 156), (96, 150, 190)),
)


@dataclass(frozen=True)
class Stage:
    """What whoever comes has to keep to: the camera's view and the floor's colour.

    `camouflaged` is the share of visitors who wear the floor's colour.
    """

    view: View
    tint: Colour
    camouflaged: float = 0.12

    @property
    def half(self) -> float:
        """Half of the width in which a whole body is seen at the line, in metres."""
        return max(0.2, self.view.half_width(SHOULDERS) - 0.3)


#: Gives the visitors of an act; their seconds count from its beginning.
Cast = Callable[[np.random.Generator, Stage], list[Visitor]]


def nobody(_: np.random.Generator, __: Stage) -> list[Visitor]:
    """Leave the door empty."""
    return []


def one_by_one(rng: np.random.Generator, stage: Stage) -> list[Visitor]:
    """Let visitors come alone, both ways, each on his side; in and out may pass each other."""
    return [v for way in Direction for v in _file(rng, stage, way, lanes=1, every=9.0, least=3.5)]


def groups(rng: np.random.Generator, stage: Stage) -> list[Visitor]:
    """Let two to four come side by side, as friends and families do, both ways in turn."""
    cast: list[Visitor] = []
    begin = float(rng.uniform(1.0, 3.0))
    most = min(4, 1 + int(2 * stage.half / BESIDE))
    while begin < LATEST - 6:
        party = a_party(rng, stage, _either(rng), begin, int(rng.integers(2, most + 1)))
        cast += party
        begin = max(v.way[-1].at_seconds for v in party) + float(rng.exponential(1.5)) - 0.8
    return cast


def standing(rng: np.random.Generator, stage: Stage) -> list[Visitor]:
    """Let one stand on the line for 20 s and turn back or go on, others turn back before it.

    Meanwhile some pass beside him.
    """
    way = _either(rng)
    sign = 1.0 if way is Direction.IN else -1.0
    start, end = _ends(stage, way)
    x, pace = float(rng.uniform(-0.1, 0.1)), float(rng.uniform(0.9, 1.2))
    there = 4 + abs(start) / pace
    # As near as a shoe: on the line for the camera, but it is his leaving that decides.
    y = -sign * 0.05
    spots = [(x, y)] + [
        (x + float(rng.uniform(-0.12, 0.12)), y + float(rng.uniform(-0.1, 0.1))) for _ in range(3)
    ]
    points = [WayPoint(4.0, x, start)]
    for number, (px, py) in enumerate(spots):
        points += [WayPoint(there + 5 * number, px, py), WayPoint(there + 5 * number + 4.2, px, py)]
    left = points[-1].at_seconds
    goal = end if rng.random() < 0.4 else start
    points.append(WayPoint(left + abs(goal) / pace, x, goal))
    cast = [_visitor(rng, stage, tuple(points))]
    if stage.half > 0.75:
        free = there + float(rng.uniform(1, 3))
        for _ in range(3):
            lane = stage.half * float(rng.choice([-1.0, 1.0]))
            passer = a_walk(rng, stage, _either(rng), free, lane)
            cast.append(passer)
            free = passer.way[-1].at_seconds + 0.5
    begin = left + 6
    while begin < LATEST - 6:
        cast.append(_who_turns_back(rng, stage, _either(rng), begin))
        begin = cast[-1].way[-1].at_seconds + 0.5
    return cast


def crowd(rng: np.random.Generator, stage: Stage) -> list[Visitor]:
    """Let one a second come, both ways, on as many lanes as there is room for."""
    lanes = max(1, int(stage.half / 0.48) + 1)
    share = float(rng.uniform(0.4, 0.6))
    cast: list[Visitor] = []
    for way, part in ((Direction.IN, share), (Direction.OUT, 1 - share)):
        # Less than a second, for the seconds at an act's end in which nobody sets out.
        every = 0.9 / part
        cast += _file(rng, stage, way, lanes, every, least=0.75, pace=(1.0, 1.1))
    return cast


def stream(rng: np.random.Generator, stage: Stage) -> list[Visitor]:
    """Let a hall empty itself through one door: spells of two a second, all out, fanning out."""
    cast: list[Visitor] = []
    start, end = _ends(stage, Direction.OUT)
    width = min(stage.half, 0.85)
    lanes = max(1, int(2 * width / 0.5))
    begin = float(rng.uniform(1, 3))
    while begin < LATEST - 8:
        until = min(LATEST - 4, begin + float(rng.uniform(8, 20)))
        pace = float(rng.uniform(0.75, 0.95))
        free = [begin + float(rng.uniform(0, 0.8)) for _ in range(lanes)]
        while min(free) < until:
            lane = int(np.argmin(free))
            x = (lane - (lanes - 1) / 2) * 2 * width / lanes + float(rng.normal(0, 0.04))
            fan = min(stage.half, abs(x) * float(rng.uniform(1.1, 1.6))) * float(np.sign(x))
            leave = free[lane] + (start - end) / pace
            way = (WayPoint(free[lane], x, start), WayPoint(leave, fan, end))
            cast.append(_visitor(rng, stage, way))
            # At least half a metre from back to chest.
            free[lane] += 0.62 / pace + float(rng.exponential(0.5))
        begin = until + float(rng.uniform(3, 8))
    return cast


def dense(rng: np.random.Generator, stage: Stage) -> list[Visitor]:
    """Let three a second press through, dressed alike, at four on a square metre.

    Such a spell is all one way; before each some come alone.
    """
    cast: list[Visitor] = []
    begin = float(rng.uniform(0.5, 1.5))
    while begin < LATEST - 16:
        for _ in range(2):
            cast.append(a_walk(rng, stage, _either(rng), begin, float(rng.uniform(-0.3, 0.3))))
            begin = cast[-1].way[-1].at_seconds + 0.3
        until = min(LATEST - 6, begin + float(rng.uniform(14, 20)))
        cast += _press(rng, stage, _either(rng), begin, until)
        begin = max(v.way[-1].at_seconds for v in cast) + 0.5
    return cast


def a_party(
    rng: np.random.Generator,
    stage: Stage,
    way: Direction,
    begin: float,
    number: int,
    *,
    pace: float | None = None,
    keeps_right: bool = False,
) -> list[Visitor]:
    """Let some walk side by side at one pace (m/s), as wide as they are, a shoe before the other.

    Who `keeps_right` leaves the other half to those who come towards him, if he can.
    """
    row = side_by_side(stage, number)
    room = stage.half - (row - 1) * BESIDE / 2
    nearest = min(room, 0.2 + (row - 1) * BESIDE / 2) if keeps_right else -room
    middle = _side(way) * float(rng.uniform(nearest, room))
    pace = pace or float(rng.uniform(0.85, 1.1))
    party = []
    for person in range(number):
        x = middle + (person % row - (row - 1) / 2) * BESIDE + float(rng.normal(0, 0.02))
        at = begin + 1.0 * (person // row) + float(rng.uniform(0, 0.15))
        party.append(a_walk(rng, stage, way, at, x, pace))
    return party


def side_by_side(stage: Stage, number: int) -> int:
    """Say how many of a party walk in its first row; those too many for the width walk behind."""
    return max(1, min(number, 1 + int(2 * stage.half / BESIDE)))


def a_walk(
    rng: np.random.Generator,
    stage: Stage,
    way: Direction,
    begin: float,
    x: float,
    pace: float | None = None,
) -> Visitor:
    """Let one walk through, from out of the picture to out of the picture; `pace` in m/s."""
    start, end = _ends(stage, way)
    pace = pace or float(rng.uniform(0.9, 1.45))
    drift = float(rng.uniform(-0.05, 0.05))
    leave = begin + abs(end - start) / pace
    return _visitor(rng, stage, (WayPoint(begin, x, start), WayPoint(leave, x + drift, end)))


def _file(
    rng: np.random.Generator,
    stage: Stage,
    way: Direction,
    lanes: int,
    every: float,
    least: float,
    pace: tuple[float, float] = (0.95, 1.3),
) -> list[Visitor]:
    """Let them come at odd times on lanes of their own side, nobody nearer than `least` seconds."""
    free = [float(rng.uniform(0, 2))] * lanes
    begin = 0.5
    cast: list[Visitor] = []
    while True:
        begin += float(rng.exponential(every))
        open_lanes = [n for n in range(lanes) if free[n] <= begin]
        lane = int(rng.choice(open_lanes)) if open_lanes else int(np.argmin(free))
        at = max(begin, free[lane])
        if at > LATEST:
            return cast
        room = (lane + 0.6) / lanes * stage.half
        x = _side(way) * room + float(rng.normal(0, 0.03))
        speed = float(rng.uniform(*pace))
        cast.append(a_walk(rng, stage, way, at, x, speed))
        free[lane] = at + least


def _press(
    rng: np.random.Generator, stage: Stage, way: Direction, begin: float, until: float
) -> list[Visitor]:
    """Let three a second come at one slow pace, each half a shoulder beside who is before him."""
    start, end = _ends(stage, way)
    pace = float(rng.uniform(0.68, 0.76))
    spots = (-0.45, 0.15, -0.15, 0.45)
    look = _visitor(rng, stage, (WayPoint(0.0, 0.0, start),)).look
    cast: list[Visitor] = []
    at = begin
    while at < until:
        x = spots[len(cast) % len(spots)] + float(rng.normal(0, 0.03))
        points = (WayPoint(at, x, start), WayPoint(at + abs(end - start) / pace, x, end))
        stature = float(rng.uniform(0.92, 1.08))
        alike = replace(look, stature=stature, bag=None)
        cast.append(Visitor(points, alike, float(rng.uniform(0, 6.28))))
        at += float(rng.uniform(0.26, 0.40))
    return cast


def _who_turns_back(
    rng: np.random.Generator, stage: Stage, way: Direction, begin: float
) -> Visitor:
    """Let one come to a step before the line, look about and go again."""
    start, _ = _ends(stage, way)
    near = float(np.sign(start)) * float(rng.uniform(0.3, 0.7))
    x, pace = float(rng.uniform(-0.6, 0.6)) * stage.half, float(rng.uniform(0.8, 1.2))
    there = begin + abs(start - near) / pace
    back = there + float(rng.uniform(0.5, 6.0))
    gone = back + abs(start - near) / pace
    stops = ((begin, start), (there, near), (back, near), (gone, start))
    return _visitor(rng, stage, tuple(WayPoint(at, x, y) for at, y in stops))


def _ends(stage: Stage, way: Direction) -> tuple[float, float]:
    far, near = stage.view.reach()
    return (far, near) if way is Direction.IN else (near, far)


def _either(rng: np.random.Generator) -> Direction:
    return Direction.IN if rng.random() < 0.5 else Direction.OUT


def _side(way: Direction) -> float:
    """Say on which side those keep who go this way: -1 left in the picture, 1 right."""
    return -1.0 if way is Direction.IN else 1.0


def _visitor(rng: np.random.Generator, stage: Stage, way: tuple[WayPoint, ...]) -> Visitor:
    coat = _COATS[int(rng.integers(len(_COATS)))]
    trousers = _TROUSERS[int(rng.integers(len(_TROUSERS)))]
    hair = _HAIRS[int(rng.integers(len(_HAIRS)))]
    if rng.random() < stage.camouflaged:
        b, g, r = (
            int(min(255, max(0, t + s)))
            for t, s in zip(stage.tint, rng.normal(0, 14, 3), strict=True)
        )
        coat = b, g, r
    is_child = rng.random() < 0.06
    stature = float(rng.uniform(0.7, 0.8)) if is_child else float(rng.uniform(0.92, 1.08))
    bag = _COATS[int(rng.integers(len(_COATS)))] if rng.random() < 0.25 else None
    look = Look(coat, trousers, hair, stature, bag)
    return Visitor(way, look, float(rng.uniform(0, 6.28)))
