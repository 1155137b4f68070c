"""Follow visitors from frame to frame: constant-velocity Kalman filters and one best assignment."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
    # Both axes have the same noise, so they share one covariance of (place, speed).
    mean: NDArray[np.float64]  # [[x, y], [x speed, y speed]] in person units
    spread: NDArray[np.float64]  # (2, 2)
    hits: int = 1
    untold: list[tuple[float, Box]] = field(default_factory=list)  # before it was confirmed


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
        """Say where confirmed tracks will be (normalised centres); changes nothing."""
        ahead = 0.0 if self._now is None else max(0.0, at_seconds - self._now)
        places = []
        for track in self._tracks:
            if track.hits >= self._rules.min_hits:
                x, y = track.mean[0] + ahead * track.mean[1]
                places.append(Point(float(x) * self.person.w, float(y) * self.person.h))
        return places

    def update(self, boxes: Sequence[Box], at_seconds: float) -> TrackUpdate:
        """Take the boxes of one frame; instants must not decrease."""
        step = 0.0 if self._now is None else max(0.0, at_seconds - self._now)
        self._now = at_seconds
        self._advance(step)
        measured = np.array([self.person.scaled(Point(b.x, b.y)) for b in boxes]).reshape(-1, 2)
        taken: set[int] = set()
        positions: list[tuple[int, float, Box]] = []
        for track, index in self._assign(measured):
            taken.add(index)
            self._correct(track, measured[index], boxes[index], at_seconds)
            positions += self._told(track, at_seconds)
        forgotten = self._drop_stale(at_seconds)
        for index, box in enumerate(boxes):
            if index not in taken:
                forgotten += self._begin(measured[index], box, at_seconds)
        return TrackUpdate(tuple(positions), tuple(forgotten))

    def _advance(self, step: float) -> None:
        move = np.array([[1.0, step], [0.0, 1.0]])
        # White acceleration over one step.
        drive = np.array([[step**4 / 4, step**3 / 2], [step**3 / 2, step**2]])
        drive *= self._rules.acceleration**2
        for track in self._tracks:
            track.mean = move @ track.mean
            track.spread = move @ track.spread @ move.T + drive

    def _assign(self, measured: NDArray[np.float64]) -> list[tuple[_Track, int]]:
        if not self._tracks or not len(measured):
            return []
        gate = self._rules.gate
        predicted = np.array([track.mean[0] for track in self._tracks])
        apart = np.linalg.norm(predicted[:, None, :] - measured[None, :, :], axis=2)
        # A confirmed track has the first claim over a newborn one.
        young = np.array([track.hits < self._rules.min_hits for track in self._tracks])
        # Beyond the gate nothing is paired; a high price keeps the assignment feasible.
        cost = np.where(apart <= gate, apart + 0.3 * gate * young[:, None], 10 * gate)
        rows, columns = linear_sum_assignment(cost)
        return [
            (self._tracks[int(r)], int(c))
            for r, c in zip(rows, columns, strict=True)
            if apart[r, c] <= gate
        ]

    def _correct(
        self, track: _Track, measured: NDArray[np.float64], box: Box, at_seconds: float
    ) -> None:
        gain = track.spread[:, :1] / (track.spread[0, 0] + self._rules.measured_spread**2)
        track.mean = track.mean + gain @ (measured - track.mean[0])[None, :]
        track.spread = track.spread - gain @ track.spread[:1, :]
        track.seen_at_seconds = at_seconds
        track.hits += 1
        x, y = track.mean[0]
        # The size changes slowly, so that a foot point does not jump with each silhouette.
        track.box = Box(
            float(x) * self.person.w,
            float(y) * self.person.h,
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

    def _begin(self, measured: NDArray[np.float64], box: Box, at_seconds: float) -> list[int]:
        forgotten = []
        if len(self._tracks) >= self._rules.max_tracks:
            stalest = min(self._tracks, key=lambda t: (t.seen_at_seconds, t.hits))
            if stalest.seen_at_seconds >= at_seconds:
                return []
            self._tracks.remove(stalest)
            forgotten.append(stalest.track_id)
        mean = np.array([measured, [0.0, 0.0]])
        spread = np.diag([self._rules.measured_spread**2, self._rules.first_speed**2])
        track = _Track(self._next_id, box, at_seconds, mean, spread)
        track.untold.append((at_seconds, box))
        self._next_id += 1
        self._tracks.append(track)
        return forgotten
