"""Who stands at a counting line: the side from which he came is kept while he sinks from sight.

    came ──────► stands, sinks into the background, comes in pieces ──────► leaves
    side known   pieces have his side, none of their own                    told once, by one piece

Lengths are in persons, spans in seconds.
"""

import math
from dataclasses import dataclass

from edge.counting.geometry import Place


@dataclass(frozen=True, slots=True)
class StandingRules:
    """Who stands, and what belongs to him."""

    # Who stays within `sway` of one place for so long stands there: nobody walks that slowly.
    rest_seconds: float = 1.0
    sway: float = 0.5
    # Nobody farther than this from the line matters to it.
    reach: float = 1.0
    # A track that begins so near to who stands is a piece of him.
    belonging: float = 1.0
    # He has left one side for the other this far beyond the line: his arms do not reach there.
    departure: float = 0.75
    # A body so near to the frame's edge is cut by it, or is with the next step.
    edge: float = 0.75
    # Out of sight for longer, he is given up.
    patience_seconds: float = 120.0


@dataclass(slots=True)
class Stand:
    """One visitor who stands: where, the side that he is counted to be on (0: unknown), when."""

    place: Place
    side: int
    at_seconds: float


class Standing:
    """Those who stand at one line, in sight or not; few, and forgotten in time."""

    def __init__(self, rules: StandingRules) -> None:
        self._rules = rules
        self._stands: list[Stand] = []

    def at(self, place: Place, at_seconds: float) -> Stand | None:
        """Give who stands where a track begins; the nearest of several."""
        oldest = at_seconds - self._rules.patience_seconds
        self._stands = [s for s in self._stands if s.at_seconds >= oldest]
        near = [s for s in self._stands if apart(s.place, place) <= self._rules.belonging]
        return min(near, key=lambda s: apart(s.place, place), default=None)

    def begin(self, place: Place, side: int, at_seconds: float) -> Stand:
        """Remember one who has come to stand."""
        stand = Stand(place, side, at_seconds)
        self._stands.append(stand)
        return stand

    def leave(self, stand: Stand) -> None:
        """Forget one who has gone; of no use twice."""
        self._stands = [other for other in self._stands if other is not stand]


def apart(first: Place, second: Place) -> float:
    """Give the distance of two places of one line, in persons."""
    return math.hypot(first.depth - second.depth, first.lateral - second.lateral)
