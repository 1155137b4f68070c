"""What a door would get without this project: counters that tutorials build, on the same footage.

Both follow the nearest middle from picture to picture and count when it changes its side of the
line. They are told the size of a visitor, which tutorials guess.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from edge.counting.geometry import Box, CountingLine, Direction, PersonSize, Point, box_between
from edge.counting.scoring import CountedCrossing, Score, score
from edge.evaluate.footage import Footage
from edge.vision.detector import Image
from edge.vision.view import shrink

Find = Callable[[Image, PersonSize], list[Box]]


@dataclass
class NearestMiddles:
    """Follows middles: the nearest one within a person is the same visitor, for half a second."""

    line: CountingLine
    person: PersonSize
    patience_seconds: float = 0.5
    _tracks: dict[int, tuple[Point, float, float]] = field(default_factory=dict)
    _next: int = 0

    def feed(self, boxes: list[Box], at_seconds: float) -> Iterator[CountedCrossing]:
        left = {
            number: track
            for number, track in self._tracks.items()
            if at_seconds - track[1] <= self.patience_seconds
        }
        self._tracks = {}
        for box in boxes:
            middle = box.at(self.line.anchor)
            depth = self.line.place(middle, self.person).depth
            near = min(left, key=lambda n: self.person.distance(left[n][0], middle), default=None)
            if near is None or self.person.distance(left[near][0], middle) > 1.0:
                self._next += 1
                self._tracks[self._next] = middle, at_seconds, depth
                continue
            before = left.pop(near)[2]
            if before < 0 <= depth or depth < 0 <= before:
                yield CountedCrossing(at_seconds, Direction.IN if depth >= 0 else Direction.OUT)
            self._tracks[near] = middle, at_seconds, depth
        self._tracks |= left


def background_subtraction() -> Find:
    """MOG2 as it comes, contours larger than a quarter of a person."""
    background = cv2.createBackgroundSubtractorMOG2()
    kernel = np.ones((5, 5), np.uint8)

    def find(image: Image, person: PersonSize) -> list[Box]:
        sure = cv2.threshold(background.apply(image), 200, 255, cv2.THRESH_BINARY)[1]
        mask = cv2.morphologyEx(
            cv2.morphologyEx(sure, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel
        )
        height, width = mask.shape
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = []
        for outline in outlines:
            if cv2.contourArea(outline) / (width * height) > 0.25 * person.area:
                x, y, w, h = cv2.boundingRect(outline)
                boxes.append(box_between(x / width, y / height, (x + w) / width, (y + h) / height))
        return boxes

    return find


def people_detector() -> Find | None:
    """OpenCV's HOG people detector; None where OpenCV has none (5.0 and later)."""
    if not hasattr(cv2, "HOGDescriptor"):
        return None
    opencv: Any = cv2  # the type stubs are those of the newest one
    hog = opencv.HOGDescriptor()
    hog.setSVMDetector(opencv.HOGDescriptor_getDefaultPeopleDetector())

    def find(image: Image, _: PersonSize) -> list[Box]:
        height, width = image.shape[:2]
        found, _weights = hog.detectMultiScale(image, winStride=(8, 8), scale=1.05)
        return [
            box_between(x / width, y / height, (x + w) / width, (y + h) / height)
            for x, y, w, h in np.asarray(found).reshape(-1, 4)
        ]

    return find


def count(
    footage: Footage, find: Find, person: PersonSize, *, width: int = 320, fps: float = 15.0
) -> tuple[Score, float]:
    """Count footage; return the score and the CPU milliseconds of a picture, the median."""
    middles = NearestMiddles(footage.truth.line, person)
    counted: list[CountedCrossing] = []
    costs: list[float] = []
    for image, at_seconds in footage.read(fps):
        began = time.thread_time()
        counted += middles.feed(find(shrink(image, width), person), at_seconds)
        costs.append(1000 * (time.thread_time() - began))
    return score(counted, footage.truth.crossings), float(np.median(costs)) if costs else math.nan
