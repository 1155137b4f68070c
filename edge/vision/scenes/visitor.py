"""One visitor of a painted door: the way he takes, his body, and the truth about his crossing."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from edge.counting.geometry import Direction
from edge.counting.scoring import TrueCrossing

#: Who was beyond the line by less than this, in metres, and went back has not crossed it.
SETTLED: Final = 0.25
STRIDE: Final = 1.35

Colour = tuple[int, int, int]


class WayPoint(NamedTuple):
    """Where a visitor is at an instant: seconds, metres across and along the passage."""

    at_seconds: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a visitor is painted: BGR colours, height in shares of 1.72 m, a bag on his back."""

    coat: Colour
    trousers: Colour
    hair: Colour
    stature: float = 1.0
    bag: Colour | None = None


class Pose(NamedTuple):
    """A visitor at an instant: place, heading (unit vector), and the phase and size of his step."""

    x: float
    y: float
    ahead: tuple[float, float]
    phase: float
    step: float


@dataclass(frozen=True)
class Visitor:
    """A way of straight legs at even pace, and who walks it; two way points or more."""

    way: tuple[WayPoint, ...]
    look: Look
    phase: float = 0.0

    def pose(self, at_seconds: float) -> Pose | None:
        """Say how he stands at an instant; None before his way and after it."""
        if not self.way[0].at_seconds <= at_seconds < self.way[-1].at_seconds:
            return None
        leg = bisect_right(self._instants, at_seconds) - 1
        (t0, x0, y0), (t1, x1, y1) = self.way[leg], self.way[leg + 1]
        share = (at_seconds - t0) / (t1 - t0)
        length = math.hypot(x1 - x0, y1 - y0)
        walked = self._walked[leg] + share * length
        phase = self.phase + 2 * math.pi * walked / STRIDE
        x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        if length < 0.05:
            # Nobody stands like a post: the weight goes from one foot to the other.
            sway = 0.02 * math.sin(1.3 * at_seconds + self.phase)
            return Pose(x + sway, y + 0.6 * sway, self._heading(leg), phase, 0.25)
        ahead = (x1 - x0) / length, (y1 - y0) / length
        sway = 0.025 * math.sin(phase)
        return Pose(x - sway * ahead[1], y + sway * ahead[0], ahead, phase, 1.0)

    def crossings(self) -> Iterator[TrueCrossing]:
        """Say exactly when his middle passes the line for good; who hovers about it does not."""
        side, passed_at = math.copysign(1.0, self.way[0].y), 0.0
        for (t0, _, y0), (t1, _, y1) in zip(self.way, self.way[1:], strict=False):
            if (y0 < 0) != (y1 < 0):
                passed_at = t0 - y0 / (y1 - y0) * (t1 - t0)
            if abs(y1) >= SETTLED and y1 * side < 0:
                side = -side
                yield TrueCrossing(passed_at, Direction.IN if side > 0 else Direction.OUT)

    def later(self, seconds: float) -> "Visitor":
        """Give the same visitor some seconds later."""
        return replace(self, way=tuple(WayPoint(t + seconds, x, y) for t, x, y in self.way))

    @cached_property
    def _instants(self) -> tuple[float, ...]:
        return tuple(point.at_seconds for point in self.way)

    @cached_property
    def _walked(self) -> tuple[float, ...]:
        """Metres walked at each way point."""
        metres = [0.0]
        for (_, x0, y0), (_, x1, y1) in zip(self.way, self.way[1:], strict=False):
            metres.append(metres[-1] + math.hypot(x1 - x0, y1 - y0))
        return tuple(metres)

    def _heading(self, leg: int) -> tuple[float, float]:
        """Give the heading of the latest leg on which he walked."""
        for earlier in range(leg, -1, -1):
            (_, x0, y0), (_, x1, y1) = self.way[earlier], self.way[earlier + 1]
            if (length := math.hypot(x1 - x0, y1 - y0)) >= 0.05:
                return (x1 - x0) / length, (y1 - y0) / length
        return 0.0, 1.0
