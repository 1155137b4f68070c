"""A zone: a polygon on the floor in a camera's picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from edge.counting.geometry import Anchor, PersonSize, Point

MOST_CORNERS: Final = 32
LEAST_AREA: Final = 0.0005
"""Of a smaller share of the picture nobody can say whether somebody stands in it."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon on the floor, corners in order, normalised; the last is joined to the first.

    Raises ValueError when it has fewer than three corners or more than `MOST_CORNERS`, leaves the
    frame, crosses itself, or holds next to nothing.
    """

    name: str
    polygon: tuple[Point, ...]
    anchor: Anchor = Anchor.CENTRE

    def __post_init__(self) -> None:
        corners = self.polygon
        if not 3 <= len(corners) <= MOST_CORNERS:
            raise ValueError(
                f"zone {self.name!r} has {len(corners)} corners; it needs 3 to {MOST_CORNERS}"
            )
        for corner in corners:
            if not (0 <= corner.x <= 1 and 0 <= corner.y <= 1):
                raise ValueError(
                    f"zone {self.name!r} leaves the frame at ({corner.x:g}, {corner.y:g}); "
                    "its corners are normalised, from 0 to 1"
                )
        if _crosses_itself(corners):
            raise ValueError(f"zone {self.name!r} crosses itself: give its corners in order")
        if abs(_area(corners)) < LEAST_AREA:
            raise ValueError(f"zone {self.name!r} holds next to nothing")

    def depth(self, point: Point, person: PersonSize) -> float:
        """Give the distance to the border in persons, positive inside."""
        corners = [person.scaled(corner) for corner in self.polygon]
        place = person.scaled(point)
        distance = min(_distance(place, a, b) for a, b in _edges(corners))
        return distance if _holds(corners, place) else -distance


def _edges(corners: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _area(corners: Sequence[Point]) -> float:
    return sum(a.x * b.y - b.x * a.y for a, b in _edges(corners)) / 2


def _holds(corners: Sequence[Point], point: Point) -> bool:
    """Say whether a ray to the right passes the border an odd number of times."""
    inside = False
    for a, b in _edges(corners):
        if (a.y > point.y) != (b.y > point.y):
            x = a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)
            inside ^= point.x < x
    return inside


def _distance(point: Point, a: Point, b: Point) -> float:
    along = (b.x - a.x, b.y - a.y)
    size = along[0] ** 2 + along[1] ** 2
    share = 0.0
    if size > 0:
        share = ((point.x - a.x) * along[0] + (point.y - a.y) * along[1]) / size
        share = min(1.0, max(0.0, share))
    return math.hypot(point.x - a.x - share * along[0], point.y - a.y - share * along[1])


def _crosses_itself(corners: Sequence[Point]) -> bool:
    edges = _edges(corners)
    last = len(edges) - 1
    for (i, first), (j, second) in combinations(enumerate(edges), 2):
        # Neighbours share a corner, and may share no more.
        if j == i + 1 or (i == 0 and j == last):
            continue
        if _touch(*first, *second):
            return True
    return len(set(corners)) < len(corners)


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)

    def spans(p: Point, q: Point, r: Point) -> bool:
        return min(p.x, q.x) <= r.x <= max(p.x, q.x) and min(p.y, q.y) <= r.y <= max(p.y, q.y)

    sides = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(s == 0 and spans(*end) for s, end in zip(sides, ends, strict=True))
