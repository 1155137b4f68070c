"""Turn the positions of tracks into crossings of one counting line."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.counting.geometry import CountingLine, Direction, PersonSize, Place, Point
from edge.counting.standing import Stand, Standing, StandingRules, apart


@dataclass(frozen=True, slots=True)
class Crossing:
    """One visitor passed one line: when (on the caller's axis), which way, over which line.

    `estimated` says that he was not followed on his own: a crowd passed, and so many were in it.
    """

    at_seconds: float
    direction: Direction
    line: str
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class LineRules:
    """How sure the counter has to be.

    `hysteresis`, `end_slack` and `duplicate_reach` are in person units, `duplicate_seconds` is
    what it says.
    """

    # A track begins and ends on a side when it is this far from the line: box flicker is smaller.
    hysteresis: float = 0.12
    # A track that goes on has changed sides only this far beyond the line: who waits on it sways
    # and turns about by less.
    commitment: float = 0.3
    # How far past an end of the segment a visitor may pass and still be counted.
    end_slack: float = 0.1
    # Head and legs of one visitor, tracked apart, cross soon after each other and were this close.
    # Time alone would swallow visitors who follow each other closely: in a dense synthetic stream
    # it cost a fifth of them.
    duplicate_seconds: float = 0.6
    duplicate_reach: float = 0.6
    # Who stands at the line has rules of his own.
    standing: StandingRules = field(default_factory=StandingRules)


class _Pass(NamedTuple):
    """A track on the line itself: when, where along it, how fast through it (persons/s)."""

    at_seconds: float
    lateral: float
    speed: float


@dataclass(slots=True)
class _Passage:
    """What one track did at this line so far."""

    at_seconds: float
    place: Place
    side: int
    latest_side: int
    passed: _Pass | None
    #: Where and since when it has been staying; None of `stand` is one who walks.
    rest_place: Place
    rest_since: float
    is_newborn: bool = True  # it began in mid picture, and is still there
    stand: Stand | None = None
    is_at_edge: bool = False  # so near to the frame's edge that the next step leads out of it


class LineCounter:
    """Counts one line; holds a few numbers per live track and forgets a track when told so.

    Who stands at the line for a while is remembered when his track ends: he may have become
    background. A track that begins where he stands is he, or a piece of him.
    """

    def __init__(
        self, line: CountingLine, person: PersonSize, rules: LineRules | None = None
    ) -> None:
        self.line = line
        self.person = person
        self._rules = rules or LineRules()
        self._passages: dict[int, _Passage] = {}
        self._recent: deque[tuple[_Pass, Direction, int]] = deque()
        self._standing = Standing(self._rules.standing)

    def __len__(self) -> int:
        return len(self._passages)

    def feed(self, track_id: int, position: Point, at_seconds: float) -> Crossing | None:
        """Take the anchor of a track at an instant; give a crossing when this position proves one.

        Instants of one track must not decrease. The crossing carries the interpolated instant on
        the line itself, which is earlier than `at_seconds`; of one who stood there, the instant at
        which he set out. A track that is first seen within the hysteresis band has no side yet.
        """
        place = self.line.place(position, self.person)
        passage = self._passages.get(track_id)
        if passage is None:
            self._passages[track_id] = self._begun(place, at_seconds, self._is_at_edge(position))
            return None
        if (place.depth > 0) != (passage.place.depth > 0):
            passage.passed = _interpolate(passage, place, at_seconds)
        passage.is_at_edge = self._is_at_edge(position)
        self._rest(passage, place, at_seconds)
        passage.at_seconds, passage.place = at_seconds, place
        near = self._side_of(place.depth, self._rules.hysteresis)
        passage.latest_side = near or passage.latest_side
        if passage.stand is not None:
            return self._depart(track_id, passage, passage.stand)
        far = self._side_of(place.depth, self._rules.commitment)
        return self._change(track_id, passage, far if passage.side else near)

    def forget(self, track_id: int) -> Crossing | None:
        """Drop what is known of a track; unknown ids are fine.

        Gives a crossing when the track ended beyond the line, as of who goes out of the picture.
        Who stood there is remembered.
        """
        passage = self._passages.pop(track_id, None)
        if passage is None:
            return None
        stand = passage.stand
        if stand is None:
            return self._change(track_id, passage, passage.latest_side)
        if not passage.is_at_edge:
            return None
        return self._leave(track_id, passage, stand, passage.latest_side)

    def _begun(self, place: Place, at_seconds: float, is_at_edge: bool) -> _Passage:
        side = self._side_of(place.depth, self._rules.hysteresis)
        # Who comes into the picture is no piece of one who stands in it.
        stand = None if is_at_edge else self._standing.at(place, at_seconds)
        passed = None if stand is None else _Pass(at_seconds, place.lateral, 0.0)
        return _Passage(
            *(at_seconds, place, side, side, passed, place, at_seconds),
            is_newborn=stand is None and not is_at_edge,
            stand=stand,
            is_at_edge=is_at_edge,
        )

    def _rest(self, passage: _Passage, place: Place, at_seconds: float) -> None:
        """Tell whether a track stays where it is, and begin or go on with its stand."""
        rules = self._rules.standing
        if apart(place, passage.rest_place) > rules.sway:
            passage.rest_place, passage.rest_since = place, at_seconds
            passage.is_newborn = False
            return
        stand = passage.stand
        has_rested = at_seconds - passage.rest_since >= rules.rest_seconds
        if stand is not None:
            if apart(place, stand.place) <= rules.sway:
                # He has not set out yet.
                passage.passed = _Pass(at_seconds, place.lateral, 0.0)
            stand.at_seconds = at_seconds
            if has_rested:
                stand.place = place
        elif has_rested and abs(place.depth) <= rules.reach:
            # What has always been here may be a piece of one who was not noticed: it has no side.
            side = 0 if passage.is_newborn else passage.side
            passage.stand = self._standing.begin(place, side, at_seconds)

    def _depart(self, track_id: int, passage: _Passage, stand: Stand) -> Crossing | None:
        """Tell of one who stood when he is clearly on one side, or somewhere else."""
        rules = self._rules.standing
        # Who is at the edge gets no farther.
        far = self._rules.commitment if passage.is_at_edge else rules.departure
        side = self._side_of(passage.place.depth, far)
        if side in (0, stand.side) and apart(passage.place, stand.place) <= rules.belonging:
            return None
        return self._leave(track_id, passage, stand, side)

    def _leave(self, track_id: int, passage: _Passage, stand: Stand, side: int) -> Crossing | None:
        passage.side, passage.stand = stand.side, None
        self._standing.leave(stand)
        crossing = self._change(track_id, passage, side)
        # Other pieces of him are on that side now, too.
        stand.side = passage.side
        return crossing

    def _change(self, track_id: int, passage: _Passage, side: int) -> Crossing | None:
        if side in (0, passage.side):
            return None
        came_from, passage.side = passage.side, side
        if came_from == 0 or passage.passed is None:
            return None
        direction = Direction.IN if side > 0 else Direction.OUT
        return self._judge(track_id, direction, passage.passed, passage.place.length)

    def _is_at_edge(self, position: Point) -> bool:
        """Tell whether the next step across the line, either way, leads out of the frame."""
        line, person = self.line, self.person
        along_x = (line.end.x - line.start.x) / person.w
        along_y = (line.end.y - line.start.y) / person.h
        step = self._rules.standing.edge / math.hypot(along_x, along_y)
        x, y = step * abs(along_y) * person.w, step * abs(along_x) * person.h
        return not (x <= position.x <= 1 - x and y <= position.y <= 1 - y)

    @staticmethod
    def _side_of(depth: float, least: float) -> int:
        if abs(depth) < least:
            return 0
        return 1 if depth > 0 else -1

    def _judge(
        self, track_id: int, direction: Direction, passed: _Pass, length: float
    ) -> Crossing | None:
        slack = self._rules.end_slack
        if not -slack <= passed.lateral <= length + slack:
            return None
        oldest = passed.at_seconds - 2 * self._rules.duplicate_seconds
        while self._recent and self._recent[0][0].at_seconds < oldest:
            self._recent.popleft()
        for other, way, who in self._recent:
            if way is direction and who != track_id and self._is_duplicate(passed, other):
                return None
        self._recent.append((passed, direction, track_id))
        return Crossing(passed.at_seconds, direction, self.line.name)

    def _is_duplicate(self, first: _Pass, second: _Pass) -> bool:
        """Say whether two tracks were so close on the line that they are one visitor."""
        between = abs(first.at_seconds - second.at_seconds)
        if between > self._rules.duplicate_seconds:
            return False
        behind = between * min(first.speed, second.speed)
        return math.hypot(first.lateral - second.lateral, behind) <= self._rules.duplicate_reach


def _interpolate(passage: _Passage, place: Place, at_seconds: float) -> _Pass:
    before = passage.place
    step = at_seconds - passage.at_seconds
    share = before.depth / (before.depth - place.depth)
    return _Pass(
        passage.at_seconds + share * step,
        before.lateral + share * (place.lateral - before.lateral),
        abs(place.depth - before.depth) / max(step, 1e-3),
    )
