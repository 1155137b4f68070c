"""Whether a counting line spans its passage, told from where people walk."""

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from edge.counting.geometry import CountingLine, PersonSize, Place, Point
from edge.counting.tracker import TrackUpdate


class Flaw(StrEnum):
    """What can be wrong with where a line lies."""

    BEYOND_START = "beyond_start"
    BEYOND_END = "beyond_end"
    CLOSE_TO_START = "close_to_start"
    CLOSE_TO_END = "close_to_end"
    NOBODY_NEAR = "nobody_near"


class Finding(NamedTuple):
    """A flaw, and how many people it rests on."""

    flaw: Flaw
    people: int


@dataclass(frozen=True, slots=True)
class SpanRules:
    """When a line is called into question; lengths in persons."""

    hysteresis: float = 0.12
    # Who passes this far beyond an end is still counted: as `LineRules.end_slack`.
    slack: float = 0.1
    # Who passes the prolonged line farther out than this is in another passage.
    passage: float = 2.5
    close: float = 0.3
    close_share: float = 0.25
    least_through: int = 8
    near: float = 1.0
    least_seen: int = 5
    # An end at the edge of the picture cannot lie farther out.
    edge: float = 0.02


@dataclass(slots=True)
class _Walk:
    side: int = 0
    lateral: float = 0.0
    depth: float = 0.0
    came_near: bool = False


class LineReview:
    """Watches tracks at one line and its prolongation; a few numbers for each live track."""

    def __init__(
        self, line: CountingLine, person: PersonSize, rules: SpanRules | None = None
    ) -> None:
        self._line, self._person = line, person
        self._rules = rules or SpanRules()
        self._walks: dict[int, _Walk] = {}
        self._through: deque[tuple[float, float]] = deque(maxlen=200)
        self._beyond = {Flaw.BEYOND_START: 0, Flaw.BEYOND_END: 0}
        self._seen = self._near = 0

    def restart(self, person: PersonSize) -> None:
        """Go on with tracks of new numbers and another size; what was found stays."""
        self._person = person
        self._walks.clear()

    def feed(self, update: TrackUpdate) -> None:
        """Take what one picture did to the tracks."""
        for track_id, _, box in update.positions:
            self._follow(track_id, box.at(self._line.anchor))
        for track_id in update.forgotten:
            self._walks.pop(track_id, None)

    def findings(self) -> list[Finding]:
        """Return what speaks against the line, gravest first."""
        rules = self._rules
        found = [Finding(flaw, people) for flaw, people in self._beyond.items() if people]
        if len(self._through) >= rules.least_through:
            for flaw, end, close in (
                (
                    Flaw.CLOSE_TO_START,
                    self._line.start,
                    [a < rules.close for a, _ in self._through],
                ),
                (Flaw.CLOSE_TO_END, self._line.end, [b < rules.close for _, b in self._through]),
            ):
                people = sum(close)
                is_many = people >= rules.close_share * len(self._through)
                if is_many and not self._is_at_the_edge(end):
                    found.append(Finding(flaw, people))
        if self._seen >= rules.least_seen and not self._near:
            found.append(Finding(Flaw.NOBODY_NEAR, self._seen))
        return found

    def _follow(self, track_id: int, point: Point) -> None:
        place = self._line.place(point, self._person)
        walk = self._walks.get(track_id)
        if walk is None:
            walk = self._walks[track_id] = _Walk(depth=place.depth, lateral=place.lateral)
            self._seen += 1
        if not walk.came_near and _distance(place) <= self._rules.near:
            walk.came_near = True
            self._near += 1
        if (place.depth > 0) != (walk.depth > 0):
            walk.lateral = _lateral_between(walk, place)
        walk.depth = place.depth
        side = 0 if abs(place.depth) < self._rules.hysteresis else 1 if place.depth > 0 else -1
        if side in (0, walk.side):
            if walk.side == 0 or side != 0:
                walk.lateral = place.lateral
            return
        if walk.side != 0:
            self._passed(walk.lateral, place.length)
        walk.side, walk.lateral = side, place.lateral

    def _passed(self, lateral: float, length: float) -> None:
        before, after = lateral, length - lateral
        slack, passage = self._rules.slack, self._rules.passage
        if before >= -slack and after >= -slack:
            self._through.append((before, after))
        elif -passage <= before < -slack:
            self._beyond[Flaw.BEYOND_START] += 1
        elif -passage <= after < -slack:
            self._beyond[Flaw.BEYOND_END] += 1

    def _is_at_the_edge(self, end: Point) -> bool:
        return min(end.x, 1 - end.x, end.y, 1 - end.y) < self._rules.edge


def _distance(place: Place) -> float:
    outside = max(0.0, -place.lateral, place.lateral - place.length)
    return math.hypot(place.depth, outside)


def _lateral_between(walk: _Walk, place: Place) -> float:
    """Return where along the line a step went over it."""
    share = walk.depth / (walk.depth - place.depth)
    return walk.lateral + share * (place.lateral - walk.lateral)
