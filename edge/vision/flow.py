"""Measure how a crowd flows over a counting line: corners followed from picture to picture."""

from collections.abc import Sequence
from typing import Any, Final, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.counting.flow import LONGEST_STEP_SECONDS, CrowdCounter, FlowRules, Stretch
from edge.counting.geometry import Box, CountingLine, PersonSize, Point
from edge.counting.line import Crossing
from edge.vision.detector import Detector, Image

#: Area is taken from so near to the line, corners from a little farther; in persons.
NEAR: Final = 0.25
AROUND: Final = 0.6
#: Nobody passes a door faster, in persons per second: such a corner was lost.
FASTEST: Final = 8.0
#: Slower than this, a corner only trembles.
SLOWEST: Final = 0.15
_MOST_CORNERS: Final = 80
_WINDOW: Final = (15, 15)


@runtime_checkable
class Masking(Protocol):
    """A detector that tells what of its latest picture is foreground: uint8, 255 where it is.

    While it `is_holding` its background it learns nothing: people alike, one after the other at the
    same place, would become background.
    """

    foreground: Image
    is_holding: bool


class CrowdWatch:
    """Watches one line for a crowd; costs next to nothing while there is none.

    Speeds are sparse optical flow (Lucas and Kanade 1981, pyramidal) of corners on the foreground
    near the line. The latest picture is kept in memory while a crowd covers the line.
    """

    def __init__(
        self, line: CountingLine, person: PersonSize, rules: FlowRules | None = None
    ) -> None:
        self._line = line
        self._person = person
        self._counter = CrowdCounter(line.name, person.fill, rules)
        self._before: tuple[Image, float] | None = None
        self._detector: Detector | None = None
        self._masking: Masking | None = None

    @property
    def is_estimating(self) -> bool:
        """Whether tracking has lost the crowd on the line, so that crossings are estimated."""
        return self._counter.is_estimating

    def look(self, detector: Detector, picture: Image, view: Box, at_seconds: float) -> None:
        """Take the picture (BGR) that a detector has just seen; `view` is what of the frame it is.

        A detector that tells no foreground leaves crowds to its tracks.
        """
        if detector is not self._detector:
            # To look a protocol up costs more than all the rest while there is no crowd.
            self._detector = detector
            self._masking = detector if isinstance(detector, Masking) else None
        if self._masking is None:
            return
        self._counter.watch(self._largest(detector.pieces, view), at_seconds)
        self._masking.is_holding = self._counter.is_estimating
        if not self._counter.is_flow_wanted:
            self._before = None
            return
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        before, self._before = self._before, (grey, at_seconds)
        stretches: list[Stretch] = []
        if before is not None and before[0].shape == grey.shape:
            step = at_seconds - before[1]
            if 0 < step <= LONGEST_STEP_SECONDS:
                ground = _Ground(self._line, self._person, view, grey.shape)
                stretches = ground.measure(before[0], grey, self._masking.foreground, step)
        self._counter.pour(stretches, at_seconds)

    def reconcile(self, crossings: Sequence[Crossing], at_seconds: float) -> list[Crossing]:
        """Give what is to be told, from the tracked crossings of all lines in this picture."""
        mine = [c for c in crossings if c.line == self._line.name]
        return self._counter.reconcile(mine, at_seconds)

    def _largest(self, pieces: Sequence[tuple[Box, float]], view: Box) -> float:
        """Give the area of the largest piece that covers the line, in persons."""
        area = self._person.area / (view.w * view.h)
        for piece, size in sorted(pieces, key=lambda p: -p[1]):
            if size < area:
                break
            if self._is_covered_by(piece.placed_in(view)):
                return size / area
        return 0.0

    def _is_covered_by(self, box: Box) -> bool:
        places = [
            self._line.place(Point(x, y), self._person)
            for x in (box.left, box.right)
            for y in (box.top, box.bottom)
        ]
        depths, laterals = [p.depth for p in places], [p.lateral for p in places]
        return (
            min(depths) < -NEAR
            and max(depths) > NEAR
            and min(laterals) < places[0].length
            and max(laterals) > 0
        )


class _Ground:
    """The pixels of a picture around a line, with their places in persons from the line."""

    def __init__(
        self, line: CountingLine, person: PersonSize, view: Box, shape: tuple[int, ...]
    ) -> None:
        rows, columns = shape[:2]

        def at(x: float, y: float) -> NDArray[np.float64]:
            frame = Point(view.left + x * view.w / columns, view.top + y * view.h / rows)
            place = line.place(frame, person)
            return np.array([place.depth, place.lateral])

        # A place is linear in the pixel: what one pixel to the right and one down change of it.
        self._origin = at(0.5, 0.5)
        self._steps = np.array([at(1.5, 0.5) - self._origin, at(0.5, 1.5) - self._origin])
        length = line.place(line.end, person).length
        self._lanes = max(1, round(length))
        self._lane = length / self._lanes
        y, x = np.mgrid[0:rows, 0:columns]
        self._depth = self._origin[0] + self._steps[0, 0] * x + self._steps[1, 0] * y
        lateral = self._origin[1] + self._steps[0, 1] * x + self._steps[1, 1] * y
        self._of_lane = np.floor(lateral / self._lane).astype(np.intp)
        self._is_beside = (self._of_lane >= 0) & (self._of_lane < self._lanes)

    def measure(
        self, before: Image, now: Image, foreground: Image, step_seconds: float
    ) -> list[Stretch]:
        """Give one stretch for about each person's width of the line."""
        near = (np.abs(self._depth) <= NEAR) & self._is_beside
        lanes = self._of_lane[near]
        pixels = np.bincount(lanes, minlength=self._lanes)
        covered = np.bincount(lanes, foreground[near] > 0, self._lanes) / np.maximum(pixels, 1)
        lane_of, speeds = self._speeds(before, now, foreground, step_seconds)
        if not len(speeds):
            return []
        stretches = []
        for lane in range(self._lanes):
            own = speeds[lane_of == lane]
            # A lane without a corner moves as the others do.
            moving = own if len(own) else speeds
            stretches.append(
                Stretch(
                    self._lane,
                    float(covered[lane]),
                    float(np.where(moving > SLOWEST, moving, 0).mean()),
                    float(np.where(moving < -SLOWEST, -moving, 0).mean()),
                )
            )
        return stretches

    def _speeds(
        self, before: Image, now: Image, foreground: Image, step_seconds: float
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Give the lane of each corner near the line and its speed inwards, in persons a second."""
        around = (np.abs(self._depth) <= AROUND) & self._is_beside & (foreground > 0)
        rows = np.nonzero(around.any(axis=1))[0]
        none = np.zeros(0, dtype=np.intp), np.zeros(0)
        if not len(rows):
            return none
        # A corner of the edge of the mask must be able to leave it.
        top = max(0, int(rows[0]) - _WINDOW[1])
        bottom = int(rows[-1]) + _WINDOW[1] + 1
        cut = slice(top, bottom)
        corners: Any = cv2.goodFeaturesToTrack(
            now[cut], _MOST_CORNERS, 0.02, 4, mask=around[cut].astype(np.uint8)
        )
        if corners is None:
            return none
        # Followed backwards, the corners are where the foreground is known.
        start = np.zeros_like(corners)
        earlier, found, _ = cv2.calcOpticalFlowPyrLK(
            now[cut], before[cut], corners, start, winSize=_WINDOW, maxLevel=2
        )
        return self._inwards(corners, earlier, found, top, step_seconds)

    def _inwards(
        self, corners: Any, earlier: Any, found: Any, top: int, step_seconds: float
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        here, there = corners.reshape(-1, 2), earlier.reshape(-1, 2)
        speeds = (here - there) @ self._steps[:, 0] / step_seconds
        pixel = np.rint(here).astype(np.intp)
        lane_of = self._of_lane[pixel[:, 1] + top, pixel[:, 0]]
        good = (found.reshape(-1) == 1) & (np.abs(speeds) <= FASTEST)
        return lane_of[good], np.asarray(speeds[good], dtype=np.float64)
