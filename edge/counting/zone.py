"""Who is in a zone of a camera's picture, and how long those stayed who left it."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from edge.counting.geometry import Anchor, Box, PersonSize, Point
from edge.counting.tracker import TrackUpdate

MOST_CORNERS: Final = 32
LEAST_AREA: Final = 0.0005
"""Of a smaller share of the picture nobody can say whether somebody stands in it."""
MOST_UNTOLD: Final = 1000


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


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """How sure the counter has to be. Lengths in persons, spans in seconds."""

    # Who stands on the border is in or out as he was before.
    hysteresis: float = 0.12
    # Who stands still sinks into the background, and is found again where he was when he moves.
    hold_seconds: float = 20.0
    hold_reach: float = 0.75
    # A track that ends this near to the edge of the picture has left it.
    edge: float = 0.6


@dataclass(slots=True)
class _Visit:
    """One stay in the zone: since when, until when it is proven, and where that was."""

    entered_at: float
    inside_at: float
    place: Point


@dataclass(slots=True)
class _Follower:
    """What is known of one live track: its visit, or since when it is inside without one."""

    visit: _Visit | None = None
    inside_since: float | None = None


class ZoneCounter:
    """Counts one zone; holds a few numbers for each live track, and nothing that tells who.

    `entries` counts those who came in since the counter was made.
    """

    def __init__(self, zone: Zone, person: PersonSize, rules: ZoneRules | None = None) -> None:
        self.zone = zone
        self.entries = 0
        self._rules = rules or ZoneRules()
        self._left: deque[float] = deque(maxlen=MOST_UNTOLD)
        self.restart(person)

    def restart(self, person: PersonSize) -> None:
        """Follow nobody any more: tracks have new numbers, and the stays of before no end."""
        self._person = person
        self._followers: dict[int, _Follower] = {}
        self._held: list[_Visit] = []

    @property
    def present(self) -> int:
        """How many are in the zone, with those who were there a moment ago and did not leave."""
        return len(self._held) + sum(f.visit is not None for f in self._followers.values())

    def feed(self, update: TrackUpdate, at_seconds: float) -> None:
        """Take what one picture did to the tracks; instants must not decrease."""
        for track_id, then, box in update.positions:
            self._follow(track_id, box, then)
        for track_id in update.forgotten:
            self._lose(track_id)
        over = at_seconds - self._rules.hold_seconds
        for visit in [held for held in self._held if held.inside_at < over]:
            self._held.remove(visit)
            self._leave(visit)

    def take_left(self) -> list[float]:
        """Give the dwell, in seconds, of each who left since the last call."""
        left = list(self._left)
        self._left.clear()
        return left

    def _follow(self, track_id: int, box: Box, at_seconds: float) -> None:
        place = box.at(self.zone.anchor)
        depth = self.zone.depth(place, self._person)
        follower = self._followers.get(track_id)
        if follower is None:
            follower = self._followers[track_id] = _Follower(self._found_again(place))
        if follower.visit is not None:
            self._stay(follower, place, depth, at_seconds)
            return
        if depth <= 0:
            follower.inside_since = None
            return
        if follower.inside_since is None:
            follower.inside_since = at_seconds
        if depth >= self._rules.hysteresis:
            follower.visit = _Visit(follower.inside_since, at_seconds, place)
            self.entries += 1

    def _stay(self, follower: _Follower, place: Point, depth: float, at_seconds: float) -> None:
        visit = follower.visit
        if visit is None:
            return
        if depth > 0:
            visit.inside_at, visit.place = at_seconds, place
        elif depth <= -self._rules.hysteresis:
            self._leave(visit)
            follower.visit = follower.inside_since = None

    def _lose(self, track_id: int) -> None:
        follower = self._followers.pop(track_id, None)
        if follower is None or follower.visit is None:
            return
        if self._is_at_the_edge(follower.visit.place):
            self._leave(follower.visit)
        else:
            self._held.append(follower.visit)

    def _found_again(self, place: Point) -> _Visit | None:
        """Return the held visit that goes on in a new track, None when it is somebody else's."""
        near = [
            (self._person.distance(held.place, place), number)
            for number, held in enumerate(self._held)
        ]
        apart, number = min(near, default=(math.inf, 0))
        return self._held.pop(number) if apart <= self._rules.hold_reach else None

    def _leave(self, visit: _Visit) -> None:
        self._left.append(max(0.0, visit.inside_at - visit.entered_at))

    def _is_at_the_edge(self, place: Point) -> bool:
        reach = self._rules.edge
        aside = min(place.x, 1 - place.x) / self._person.w
        along = min(place.y, 1 - place.y) / self._person.h
        return min(aside, along) < reach


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
