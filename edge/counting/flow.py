"""Estimate how many of a crowd pass a line, from the area that flows over it."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from edge.counting.geometry import Direction
from edge.counting.line import Crossing

#: Pictures that are further apart say nothing of what flowed between them.
LONGEST_STEP_SECONDS: Final = 0.5
#: At most so many passages wait for their proof; a door does not pass as many in some seconds.
_MOST_WAITING: Final = 64


class Stretch(NamedTuple):
    """A piece of a counting line: how much of it is covered, and how that moves over the line.

    `length` in persons along the line, `covered` a share of it; `inwards` and `outwards` are the
    mean speeds over all that covers it, in persons per second, neither negative.
    """

    length: float
    covered: float
    inwards: float
    outwards: float


@dataclass(frozen=True, slots=True)
class FlowRules:
    """When a crowd is estimated. Spans in seconds, areas in persons."""

    # A blob on the line of so many persons may be a crowd: in one, each hides a part of the next.
    merged_persons: float = 2.0
    merged_seconds: float = 2.0
    # So long no such blob has to be seen before the crowd is over.
    parted_seconds: float = 1.0
    # Tracking has lost the crowd when so many more have flowed over the line than tracks crossed,
    # even if none had hidden another.
    lost_persons: float = 2.0
    # A stream that tracks follow well flows ahead of them by a sixth, as legs and bags do.
    lost_share: float = 0.3
    # In a crowd each hides a part of the next one: so much of a visitor's silhouette is seen.
    shown: float = 0.75
    # A track proves its crossing so long after it happened.
    proof_seconds: float = 0.7
    # No crossing is told later than this after it happened: what is older is covered already.
    oldest_seconds: float = 1.5


@dataclass(slots=True)
class _Way:
    """One direction since the crowd began, in persons.

    `halves` are the instants at which the middles of those flowed over the line who were not told.
    """

    flowed: float = 0.0
    passed: int = 0
    told: int = 0
    halves: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))

    def flow(self, persons: float, at_seconds: float) -> None:
        self.flowed += persons
        while self.flowed >= self.passed + 0.5:
            self.passed += 1
            if self.passed > self.told:
                self.halves.append(at_seconds)

    def tell(self) -> float | None:
        """Note that one was told; give when the flow says that he passed, if it does already."""
        self.told += 1
        return self.halves.popleft() if self.halves else None


class CrowdCounter:
    """Joins the tracked crossings of one line with what flows over it while a crowd covers it.

    A crowd is a merged blob that stays on the line for longer than `merged_seconds`. From then on
    `is_flow_wanted`, and both are counted: tracks and flow. While they agree, tracked crossings
    pass unchanged. When the flow is ahead by `lost_persons` the counter `is_estimating`: who flowed
    over the line and was not tracked is told as an estimated crossing, and a tracked crossing that
    the flow does not bear out, or that was told already, is swallowed. So nobody is told twice.
    """

    def __init__(self, line: str, fill: float, rules: FlowRules | None = None) -> None:
        self._line = line
        self._rules = rules = rules or FlowRules()
        # Area of one person of the crowd, in units of person width x height.
        self._area = fill * rules.shown
        self._merged_since: float | None = None
        self._merged_at = -math.inf
        self._poured_at: float | None = None
        # The account of the latest crowd, from when until when it lasted.
        self._began, self._ended = math.inf, -math.inf
        self._ways = {way: _Way() for way in Direction}
        self._is_lost = False
        self.is_flow_wanted = False

    @property
    def is_estimating(self) -> bool:
        """Whether tracking has lost the crowd on the line, so that crossings are estimated."""
        return self.is_flow_wanted and self._is_lost

    def watch(self, largest: float, at_seconds: float) -> None:
        """Take the area of the largest blob on the line, in persons; 0 for an empty line."""
        if largest >= self._rules.merged_persons:
            if self._merged_since is None:
                self._merged_since = at_seconds
            self._merged_at = at_seconds
        elif at_seconds - self._merged_at > self._rules.parted_seconds:
            self._merged_since = None
        since = self._merged_since
        if since is None:
            if self.is_flow_wanted:
                self.is_flow_wanted, self._ended = False, at_seconds
        elif not self.is_flow_wanted and at_seconds - since > self._rules.merged_seconds:
            self.is_flow_wanted, self._is_lost = True, False
            self._began, self._ended, self._poured_at = at_seconds, math.inf, None
            self._ways = {way: _Way() for way in Direction}

    def pour(self, stretches: Iterable[Stretch], at_seconds: float) -> None:
        """Add what flowed over the line since the last call."""
        before, self._poured_at = self._poured_at, at_seconds
        if before is None or not 0 < at_seconds - before <= LONGEST_STEP_SECONDS:
            return
        step = at_seconds - before
        inwards = outwards = 0.0
        for stretch in stretches:
            area = stretch.length * stretch.covered
            inwards += area * stretch.inwards
            outwards += area * stretch.outwards
        for way, flow in ((Direction.IN, inwards), (Direction.OUT, outwards)):
            self._ways[way].flow(flow * step / self._area, at_seconds)

    def reconcile(self, tracked: Sequence[Crossing], at_seconds: float) -> list[Crossing]:
        """Give what is to be told of this line now, from its tracked crossings of this picture."""
        told = [crossing for crossing in tracked if self._is_new(crossing)]
        if not self.is_flow_wanted:
            return told
        if not self._is_lost:
            before = at_seconds - self._rules.proof_seconds
            self._is_lost = any(self._has_lost(way, before) for way in self._ways.values())
        if self._is_lost:
            for direction, way in self._ways.items():
                told += self._estimate(direction, way, at_seconds)
        return told

    def _has_lost(self, way: _Way, before: float) -> bool:
        """Say whether tracks that had time for their proof are too few for what flowed by then."""
        fresh = sum(half > before for half in way.halves)
        flowed = (way.passed - fresh) * self._rules.shown
        ahead = flowed - way.told
        return ahead >= max(self._rules.lost_persons, self._rules.lost_share * flowed)

    def _is_new(self, crossing: Crossing) -> bool:
        """Enter a tracked crossing in the account of its crowd; say whether it is to be told."""
        if not self._began <= crossing.at_seconds <= self._ended:
            return True
        way = self._ways[crossing.direction]
        # His middle is on the line when half of him has flowed over it; another half is doubt.
        if self._is_lost and way.told + 1 > way.flowed + 1:
            return False
        way.tell()
        return True

    def _estimate(self, direction: Direction, way: _Way, at_seconds: float) -> list[Crossing]:
        rules = self._rules
        found = []
        while (
            way.halves
            and way.halves[0] <= at_seconds - rules.proof_seconds
            and way.flowed >= way.told + 1
        ):
            passed_at = max(way.tell() or at_seconds, at_seconds - rules.oldest_seconds)
            found.append(Crossing(passed_at, direction, self._line, estimated=True))
        return found
