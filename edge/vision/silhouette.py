"""What an installer sees of a camera: flat silhouettes over a drawing of the floor, no picture.

A person is an outline of a few corners. The floor is the background that was learnt where nobody
moves, as edges and four tones on 160 pixels: a door frame can be told in it, a face cannot.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image
from edge.vision.gain import GainCompensation
from edge.vision.view import shrink

WIDTH: Final = 160
MOST_SHAPES: Final = 24
TONES: Final = (214, 226, 238, 248)
EDGE: Final = 128
_BACKGROUND_SECONDS: Final = 200.0
"""MOG2 takes for background what stood still for a tenth of this: about 20 s."""
_FLOOR_SECONDS: Final = 10.0
_WARM_UP_SECONDS: Final = 1.0
_LEAST_PIXELS: Final = 30

Outline = list[tuple[float, float]]


class Silhouettes:
    """Learns a background of its own and keeps nothing else of a picture."""

    def __init__(self) -> None:
        self._gain = GainCompensation()
        self._background = cv2.createBackgroundSubtractorMOG2(varThreshold=25, detectShadows=True)
        self._background.setShadowThreshold(0.7)
        self._floor: NDArray[np.float32] | None = None
        self._began = self._before = 0.0
        self._pictures = 0
        #: Outlines of what moves in the latest picture, corners normalised.
        self.outlines: list[Outline] = []

    def feed(self, image: Image, at_seconds: float) -> None:
        """Take a BGR picture (height, width, 3) of any size; instants must not decrease."""
        picture = cv2.blur(self._gain.apply(shrink(image, WIDTH), at_seconds), (3, 3))
        if self._pictures == 0:
            self._began = self._before = at_seconds
        step = max(0.0, at_seconds - self._before)
        self._before = at_seconds
        self._pictures += 1
        rate = max(1 - math.exp(-step / _BACKGROUND_SECONDS), 1 / (2 * self._pictures))
        mask = np.asarray(self._background.apply(picture, learningRate=rate), dtype=np.uint8)
        self._learn_floor(np.asarray(picture, dtype=np.uint8), mask, step)
        if at_seconds - self._began < _WARM_UP_SECONDS:
            self.outlines = []
            return
        self.outlines = _outlines(mask)

    def floor(self) -> bytes:
        """Return the drawing of the floor as a grey PNG; empty before the first picture."""
        if self._floor is None:
            return b""
        grey = cv2.cvtColor(self._floor.astype(np.uint8), cv2.COLOR_BGR2GRAY)
        coarse = np.asarray(cv2.GaussianBlur(grey, (0, 0), 4.0))
        limits = np.quantile(coarse, (0.25, 0.5, 0.75))
        drawing = np.asarray(TONES, dtype=np.uint8)[np.searchsorted(limits, coarse)]
        edges = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), 1.2), 30, 80)
        drawing[np.asarray(edges) > 0] = EDGE
        _, png = cv2.imencode(".png", drawing)
        return bytes(png)

    def _learn_floor(self, picture: Image, mask: NDArray[np.uint8], step: float) -> None:
        if self._floor is None:
            self._floor = picture.astype(np.float32)
            return
        # Only where nothing moves, so that those who walk leave no trace.
        still = cv2.dilate(mask, np.ones((5, 5), np.uint8)) == 0
        share = max(1 - math.exp(-step / _FLOOR_SECONDS), 1 / (1 + self._pictures))
        self._floor[still] += share * (picture[still] - self._floor[still])


def _outlines(mask: NDArray[np.uint8]) -> list[Outline]:
    sure = cv2.threshold(mask, 200, 255, cv2.THRESH_BINARY)[1]
    opened = cv2.morphologyEx(sure, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    found, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    height, width = mask.shape
    large = [contour for contour in found if cv2.contourArea(contour) >= _LEAST_PIXELS]
    outlines: list[Outline] = []
    for contour in sorted(large, key=cv2.contourArea, reverse=True)[:MOST_SHAPES]:
        corners = np.asarray(cv2.approxPolyDP(contour, 1.0, closed=True)).reshape(-1, 2)
        outlines.append([(round(x / width, 3), round(y / height, 3)) for x, y in corners.tolist()])
    return outlines
