"""Follow visitors from frame to frame: constant-velocity Kalman filters and one best assignment."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from edge.counting.geometry import Box, PersonSize, Point


@dataclass(frozen=True, slots=True)
class TrackRules:
    """How tracks begin, go on and end; lengths in person units."""

    gate: float = 1.0  # farthest detection from the prediction
    min_hits: int = 3  # detections before a track counts
    coast_seconds: float = 0.6  # how long a track lives without one
    # Who was never seen in a blob of his own may be an arm of another, for so many detections:
    # when they are one blob again, it is the other's, though he is nearer by so much.
    part_hits: int = 8
    part_claim: float = 1.0
    max_tracks: int = 64
    # Measured positions jitter by this share of a person.
    measured_spread: float = 0.12
    # Visitors start, stop and turn with so many persons per second², and come with such a speed.
    acceleration: float = 6.0
    first_speed: float = 4.0


@dataclass(frozen=True, slots=True)
class TrackUpdate:
    """What one frame did.

    `positions` are (track id, at_seconds, box) to be counted, in order of time for each track;
    `forgotten` are the ids of tracks that are gone. A track id is a number of this camera, given
    once, and means nothing beyond the seconds for which its visitor is in view.
    """

    positions: tuple[tuple[int, float, Box], ...]
    forgotten: tuple[int, ...]


@dataclass(slots=True)
class _Track:
    track_id: int
    box: Box  # filtered, normalised
    seen_at_seconds: float
    x: float  # place and speed of the centre, in person units
    y: float
    spread: "_Spread"
    x_speed: float = 0.0
    y_speed: float = 0.0
    hits: int = 1
    alone: int = 0  # of these, in a blob of its own
    untold: list[tuple[float, Box]] = field(default_factory=list)  # before it was confirmed


class _Spread(NamedTuple):
    """Covariance of place and speed; both axes have the same noise, so they share one."""

    place: float
    both: float
    speed: float


class Tracker:
    """Keeps at most `max_tracks` tracks; the stalest gives way to a new one."""

    def __init__(self, person: PersonSize, rules: TrackRules | None = None) -> None:
        self.person = person
        self._rules = rules or TrackRules()
        self._tracks: list[_Track] = []
        self._now: float | None = None
        self._next_id = 1

    def __len__(self) -> int:
        return len(self._tracks)

    def drop(self) -> tuple[int, ...]:
        """Forget all tracks, and say which they were."""
        gone = tuple(track.track_id for track in self._tracks)
        self._tracks = []
        return gone

    def predict(self, at_seconds: float) -> list[Point]:
        """Say where visitors will be (normalised centres); changes nothing.

        They are the confirmed tracks, but for those that may be a part of another visitor.
        """
        ahead = 0.0 if self._now is None else max(0.0, at_seconds - self._now)
        places = []
        for track in self._tracks:
            if track.hits >= self._rules.min_hits and self._is_visitor(track):
                x, y = track.x + ahead * track.x_speed, track.y + ahead * track.y_speed
                places.append(Point(x * self.person.w, y * self.person.h))
        return places

    def update(
        self, boxes: Sequence[Box], at_seconds: float, parts: Collection[int] = ()
    ) -> TrackUpdate:
        """Take the boxes of one frame; instants must not decrease.

        `parts` are the numbers of those boxes that were cut out of a larger blob.
        """
        step = 0.0 if self._now is None else max(0.0, at_seconds - self._now)
        self._now = at_seconds
        self._advance(step)
        measured = [self.person.scaled(Point(b.x, b.y)) for b in boxes]
        taken: set[int] = set()
        positions: list[tuple[int, float, Box]] = []
        for track, index in self._assign(measured):
            taken.add(index)
            track.alone += index not in parts
            self._correct(track, measured[index], boxes[index], at_seconds)
            positions += self._told(track, at_seconds)
        forgotten = self._drop_stale(at_seconds)
        for index, box in enumerate(boxes):
            if index not in taken:
                alone = int(index not in parts)
                forgotten += self._begin(measured[index], box, at_seconds, alone)
        return TrackUpdate(tuple(positions), tuple(forgotten))

    def _is_visitor(self, track: _Track) -> bool:
        return track.alone > 0 or track.hits >= self._rules.part_hits

    def _advance(self, step: float) -> None:
        # White acceleration over one step. Numbers one by one: arrays of four cost more than they
        # save.
        drive = (self._rules.acceleration * step) ** 2
        for track in self._tracks:
            track.x += step * track.x_speed
            track.y += step * track.y_speed
            place, both, speed = track.spread
            track.spread = _Spread(
                place + 2 * step * both + step**2 * speed + drive * step**2 / 4,
                both + step * speed + drive * step / 2,
                speed + drive,
            )

    def _assign(self, measured: Sequence[Point]) -> list[tuple[_Track, int]]:
        gate = self._rules.gate
        apart = [[math.hypot(t.x - x, t.y - y) for x, y in measured] for t in self._tracks]
        near = [(r, c) for r, row in enumerate(apart) for c, way in enumerate(row) if way <= gate]
        if len({r for r, _ in near}) < len(near) or len({c for _, c in near}) < len(near):
            near = self._best(np.array(apart))
        return [(self._tracks[r], c) for r, c in near]

    def _best(self, apart: NDArray[np.float64]) -> list[tuple[int, int]]:
        """Choose among pairs that exclude each other, so that the sum of distances is least."""
        gate = self._rules.gate
        # A confirmed track has the first claim over a newborn one.
        young = np.array([track.hits < self._rules.min_hits for track in self._tracks])
        # Beyond the gate nothing is paired; a high price keeps the assignment feasible.
        part = np.array([not self._is_visitor(track) for track in self._tracks]) & ~young
        later = 0.3 * gate * young + self._rules.part_claim * part
        cost = np.where(apart <= gate, apart + later[:, None], 10 * gate)
        rows, columns = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return [(r, c) for r, c in pairs if apart[r, c] <= gate]

    def _correct(self, track: _Track, measured: Point, box: Box, at_seconds: float) -> None:
        place, both, speed = track.spread
        certainty = 1 / (place + self._rules.measured_spread**2)
        to_place, to_speed = place * certainty, both * certainty
        x_off, y_off = measured.x - track.x, measured.y - track.y
        track.x += to_place * x_off
        track.y += to_place * y_off
        track.x_speed += to_speed * x_off
        track.y_speed += to_speed * y_off
        track.spread = _Spread(
            place - to_place * place, both - to_place * both, speed - to_speed * both
        )
        track.seen_at_seconds = at_seconds
        track.hits += 1
        # The size changes slowly, so that a foot point does not jump with each silhouette.
        track.box = Box(
            track.x * self.person.w,
            track.y * self.person.h,
            0.7 * track.box.w + 0.3 * box.w,
            0.7 * track.box.h + 0.3 * box.h,
        )

    def _told(self, track: _Track, at_seconds: float) -> list[tuple[int, float, Box]]:
        track.untold.append((at_seconds, track.box))
        if track.hits < self._rules.min_hits:
            return []
        # A fast visitor may pass the line before his track is confirmed: all of it is told now.
        told = [(track.track_id, then, box) for then, box in track.untold]
        track.untold.clear()
        return told

    def _drop_stale(self, at_seconds: float) -> list[int]:
        # 1e-9: equal spans of binary fractions must not differ by rounding.
        limit = at_seconds - self._rules.coast_seconds - 1e-9
        gone = [t.track_id for t in self._tracks if t.seen_at_seconds < limit]
        self._tracks = [t for t in self._tracks if t.seen_at_seconds >= limit]
        return gone

    def _begin(self, measured: Point, box: Box, at_seconds: float, alone: int) -> list[int]:
        forgotten = []
        if len(self._tracks) >= self._rules.max_tracks:
            stalest = min(self._tracks, key=lambda t: (t.seen_at_seconds, t.hits))
            if stalest.seen_at_seconds >= at_seconds:
                return []
            self._tracks.remove(stalest)
            forgotten.append(stalest.track_id)
        spread = _Spread(self._rules.measured_spread**2, 0.0, self._rules.first_speed**2)
        track = _Track(self._next_id, box, at_seconds, measured.x, measured.y, spread, alone=alone)
        track.untold.append((at_seconds, box))
        self._next_id += 1
        self._tracks.append(track)
        return forgotten
