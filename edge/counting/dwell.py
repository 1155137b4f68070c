"""Who is in a zone of a camera's picture, and how long those stayed who left it."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from edge.counting.geometry import Box, PersonSize, Point
from edge.counting.tracker import TrackUpdate
from edge.counting.zone import Zone

MOST_UNTOLD: Final = 1000
MOST_HELD: Final = 64


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """How sure the counter has to be. Lengths in persons, spans in seconds."""

    # Who stands on the border is in or out as he was before.
    hysteresis: float = 0.12
    # Who stands still sinks into the background within seconds, and is found again where he was
    # when he moves; who walks and is not seen any more is behind something for a moment.
    hold_seconds: float = 60.0
    hidden_seconds: float = 3.0
    hold_reach: float = 0.75
    # Persons a second; slower is standing.
    walking: float = 0.5
    look_back_seconds: float = 0.7
    # What is seen of who leaves the picture grows small, and its middle slow: he walked before.
    leaving_seconds: float = 2.5
    # The hole that somebody leaves in a background that had taken him in looks like a visitor: what
    # begins inside is one only when it goes this far.
    least_way: float = 0.5
    # A track whose box ends this near to the edge of the picture may have left or entered it there.
    edge: float = 0.03
    # In a picture that a person fills so far, boxes touch its edges all the time.
    filling: float = 0.5


@dataclass(slots=True)
class _Visit:
    """One stay in the zone: since when, until when it is proven, and where that was."""

    entered_at: float
    inside_at: float
    place: Point
    until: float = math.inf  # while it is held: when it is given up


@dataclass(slots=True)
class _Follower:
    """What is known of one live track."""

    born: Point
    is_doubtful: bool  # it began inside, where nobody comes from
    visit: _Visit | None = None
    inside_since: float | None = None
    trail: deque[tuple[float, Point]] = field(default_factory=lambda: deque(maxlen=48))
    is_at_edge: bool = False


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
        self._held: deque[_Visit] = deque(maxlen=MOST_HELD)

    @property
    def present(self) -> int:
        """How many are in the zone, with those who stand there unseen."""
        return len(self._held) + sum(f.visit is not None for f in self._followers.values())

    def feed(self, update: TrackUpdate, at_seconds: float) -> None:
        """Take what one picture did to the tracks; instants must not decrease."""
        for track_id, then, box in update.positions:
            self._follow(track_id, box, then)
        for track_id in update.forgotten:
            self._lose(track_id)
        for visit in [held for held in self._held if held.until < at_seconds]:
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
        at_edge = self._is_at_edge(box)
        if follower is None:
            is_inside = depth >= self._rules.hysteresis
            follower = _Follower(place, is_inside and not at_edge, self._found_again(place))
            self._followers[track_id] = follower
        follower.is_at_edge = at_edge
        follower.trail.append((at_seconds, place))
        if follower.visit is not None:
            self._stay(follower, follower.visit, place, depth, at_seconds)
            return
        if depth <= 0:
            follower.inside_since, follower.is_doubtful = None, False
            return
        if follower.inside_since is None:
            follower.inside_since = at_seconds
        if depth < self._rules.hysteresis:
            return
        if not follower.is_doubtful:
            follower.visit = _Visit(follower.inside_since, at_seconds, place)
            self.entries += 1
        elif self._person.distance(follower.born, place) >= self._rules.least_way:
            follower.is_doubtful = False
            follower.visit = self._taken_from_a_hole(follower.born)
            if follower.visit is None:
                follower.visit = _Visit(follower.inside_since, at_seconds, place)
                self.entries += 1

    def _stay(
        self, follower: _Follower, visit: _Visit, place: Point, depth: float, at_seconds: float
    ) -> None:
        if depth > 0:
            visit.inside_at, visit.place = at_seconds, place
        elif depth <= -self._rules.hysteresis:
            self._leave(visit)
            follower.visit = follower.inside_since = None

    def _lose(self, track_id: int) -> None:
        follower = self._followers.pop(track_id, None)
        if follower is None or follower.visit is None:
            return
        visit, rules = follower.visit, self._rules
        is_walking = self._is_walking(follower)
        way, _ = self._way(follower, rules.leaving_seconds)
        if follower.is_at_edge and way >= rules.least_way:
            self._leave(visit)
            return
        visit.until = visit.inside_at + (rules.hidden_seconds if is_walking else rules.hold_seconds)
        if len(self._held) == MOST_HELD:
            self._leave(self._held.popleft())
        self._held.append(visit)

    def _found_again(self, place: Point) -> _Visit | None:
        """Return the held visit that goes on in a new track, None when it is somebody else's."""
        near = [
            (self._person.distance(held.place, place), number)
            for number, held in enumerate(self._held)
        ]
        apart, number = min(near, default=(math.inf, 0))
        if apart > self._rules.hold_reach:
            return None
        visit = self._held[number]
        del self._held[number]
        visit.until = math.inf
        return visit

    def _taken_from_a_hole(self, born: Point) -> _Visit | None:
        """Return the visit of who walked off, whose own track stayed with the hole that he left."""
        for follower in self._followers.values():
            visit = follower.visit
            if (
                visit is not None
                and self._person.distance(visit.place, born) <= self._rules.hold_reach
                and not self._is_walking(follower)
            ):
                follower.visit, follower.is_doubtful = None, True
                follower.born = visit.place
                return visit
        return self._found_again(born)

    def _is_walking(self, follower: _Follower) -> bool:
        way, seconds = self._way(follower, self._rules.look_back_seconds)
        return way > self._rules.walking * max(seconds, 0.1)

    def _way(self, follower: _Follower, seconds: float) -> tuple[float, float]:
        """Return how far a track went in its last seconds, in persons, and how many these are."""
        now, place = follower.trail[-1]
        before, start = next(seen for seen in follower.trail if now - seen[0] <= seconds)
        return self._person.distance(start, place), now - before

    def _leave(self, visit: _Visit) -> None:
        self._left.append(max(0.0, visit.inside_at - visit.entered_at))

    def _is_at_edge(self, box: Box) -> bool:
        reach, filling = self._rules.edge, self._rules.filling
        aside = self._person.w < filling and min(box.left, 1 - box.right) < reach
        along = self._person.h < filling and min(box.top, 1 - box.bottom) < reach
        return aside or along
