"""The default detector: what differs from a learned background, in pieces of one person's size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.counting.geometry import Box, PersonSize, Point, box_between, union
from edge.counting.split import SplitRules, cut, visitors_in
from edge.vision.background import Background, Mog2Background
from edge.vision.detector import Detection, Image


@dataclass(frozen=True, slots=True)
class BlobRules:
    """What the background subtraction holds for a visitor. Spans in seconds, sizes in persons."""

    background_seconds: float = 20.0
    warm_up_seconds: float = 1.0
    # Blobs with less than this share of a person's area are noise.
    least_area: float = 0.22
    # Fragments are one visitor when they fit together in a box this much larger than a person.
    merge_reach: float = 1.15
    # More than this share of the picture changed at once: a lamp or a moved camera, no visitors.
    flood: float = 0.7


@dataclass(slots=True)
class Blob:
    """Foreground: box (normalised), area (share of the picture), labels in the label picture."""

    box: Box
    area: float
    labels: tuple[int, ...]


class BlobDetector:
    """Background subtraction, cleaned, merged and split by the size of a person.

    The background is MOG2 unless another one, without a past, is given.
    """

    def __init__(
        self,
        person: PersonSize,
        rules: BlobRules | None = None,
        splitting: SplitRules | None = None,
        background: Background | None = None,
    ) -> None:
        # A board has other work for its cores, and at 320 pixels threads cost more than they give.
        cv2.setNumThreads(1)
        self._person = person
        self._rules = rules or BlobRules()
        self._splitting = splitting or SplitRules()
        self._background = background or Mog2Background()
        self._began: float | None = None
        self._before = 0.0
        self._pictures = 0
        #: (box, area) of each connected piece of foreground in the latest picture, for calibration.
        self.pieces: list[tuple[Box, float]] = []
        #: Whether the background stays as it is, whatever is seen.
        self.is_holding = False
        #: 255 where the latest picture is foreground, 0 elsewhere.
        self.foreground: Image = np.zeros((0, 0), dtype=np.uint8)
        self.changed = 0.0
        self.is_flooded = False

    def resize_person(self, person: PersonSize) -> None:
        """Use another person size from the next picture on."""
        self._person = person

    def detect(
        self, image: Image, at_seconds: float, expected: Sequence[Point] = ()
    ) -> list[Detection]:
        """Give one box per visitor; nothing while the background is being learned."""
        foreground = self.foreground = self._foreground(image, at_seconds)
        self.pieces = []
        self.changed, self.is_flooded = 0.0, False
        if self._began is None or at_seconds - self._began < self._rules.warm_up_seconds:
            return []
        # Grana's algorithm is the quickest of the three here, by a factor of three.
        count, marked, measured, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            foreground, 8, cv2.CV_32S, cv2.CCL_GRANA
        )
        labels, stats = np.asarray(marked), np.asarray(measured)
        self.changed = float(stats[1:, cv2.CC_STAT_AREA].sum()) / labels.size
        self.is_flooded = self.changed > self._rules.flood
        if count <= 1 or self.is_flooded:
            return []
        blobs = _read_blobs(stats, labels.shape)
        self.pieces = [(blob.box, blob.area) for blob in blobs]
        detections = []
        for blob in self._merge(blobs):
            person = self._person.near(blob.box.bottom)
            number, seeds = visitors_in(blob.box, blob.area, expected, person, self._splitting)
            if number == 1:
                detections.append(Detection(blob.box))
            else:
                boxes = cut(_points_of(blob, labels), number, seeds, person)
                detections += [Detection(box, is_part=True) for box in boxes]
        return detections

    def _foreground(self, image: Image, at_seconds: float) -> NDArray[np.uint8]:
        picture = cv2.blur(image, (3, 3))
        if self._began is None:
            self._began = self._before = at_seconds
        step = max(0.0, at_seconds - self._before)
        self._before = at_seconds
        self._pictures += 1
        # Many pictures in the first seconds would otherwise weigh as little as one second of a
        # long day.
        rate = max(1 - math.exp(-step / self._rules.background_seconds), 1 / (2 * self._pictures))
        if self.is_holding:
            rate = 0.0
        sure = self._background.apply(np.asarray(picture, dtype=np.uint8), rate)
        opened = cv2.morphologyEx(sure, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        height, width = opened.shape
        reach = 0.12 * min(self._person.w * width, self._person.h * height)
        size = 2 * max(1, round(reach / 2)) + 1
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
        return np.asarray(closed, dtype=np.uint8)

    def _merge(self, blobs: list[Blob]) -> list[Blob]:
        """Join fragments that fit in one person's box, biggest first; drop what is too small."""
        left = sorted(
            (b for b in blobs if b.area >= 0.02 * self._person.area), key=lambda b: -b.area
        )
        merged: list[Blob] = []
        while left:
            blob = left.pop(0)
            rest = []
            for other in left:
                both = union(blob.box, other.box)
                person = self._person.near(both.bottom)
                reach = self._rules.merge_reach
                if both.w <= reach * person.w and both.h <= reach * person.h:
                    blob = Blob(both, blob.area + other.area, blob.labels + other.labels)
                else:
                    rest.append(other)
            left = rest
            merged.append(blob)
        least = self._rules.least_area
        return [b for b in merged if b.area >= least * self._person.near(b.box.bottom).area]


def _read_blobs(stats: NDArray[Any], shape: tuple[int, ...]) -> list[Blob]:
    height, width = shape
    blobs = []
    for label, (left, top, w, h, area) in enumerate(stats.tolist()):
        if label == 0:  # the background
            continue
        box = box_between(left / width, top / height, (left + w) / width, (top + h) / height)
        blobs.append(Blob(box, area / (width * height), (label,)))
    return blobs


def _points_of(blob: Blob, labels: NDArray[Any], most: int = 600) -> NDArray[np.float64]:
    """Give the blob's pixels, normalised (n, 2), thinned evenly to about `most`."""
    height, width = labels.shape
    left, top = round(blob.box.left * width), round(blob.box.top * height)
    right, bottom = round(blob.box.right * width), round(blob.box.bottom * height)
    window = labels[top:bottom, left:right]
    mask = window == blob.labels[0] if len(blob.labels) == 1 else np.isin(window, blob.labels)
    rows, columns = np.nonzero(mask)
    step = max(1, len(rows) // most)
    x = (columns[::step] + left + 0.5) / width
    y = (rows[::step] + top + 0.5) / height
    return np.column_stack([x, y])
