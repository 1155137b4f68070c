"""Find how far a shaking camera has moved its picture."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.counting.geometry import Point
from edge.vision.detector import Image

# Farther than this, as a share of the width, is a camera that was moved, not one that shakes.
FARTHEST = 0.06
# A camera that has stood still for so long is looked at less often: one that begins to shake is
# noticed a fifth of a second later, and from then on held in every picture.
STILL_SECONDS = 2.0
LOOK_SECONDS = 0.2


class Steadying:
    """Compares each picture with a slow reference by phase correlation."""

    def __init__(self, reference_seconds: float = 5.0) -> None:
        self._reference_seconds = reference_seconds
        self._reference: NDArray[np.float32] | None = None
        self._window = np.zeros(0)
        self._at_seconds = self._moved_at = 0.0

    def shift(self, thumbnail: Image, at_seconds: float) -> Point | None:
        """Say how far a BGR picture has moved, as shares of its width and height.

        None is a picture that stands where it should, or that fits worse when it is moved back,
        or that comes soon after another of a camera that has long stood still.
        """
        since = at_seconds - self._at_seconds
        if 0 <= since < 0.9 * LOOK_SECONDS and at_seconds - self._moved_at > STILL_SECONDS:
            return None
        now = np.asarray(cv2.cvtColor(thumbnail, cv2.COLOR_BGR2GRAY), dtype=np.float32)
        height, width = now.shape
        if self._reference is None or self._reference.shape != now.shape:
            self._reference, self._at_seconds, self._moved_at = now, at_seconds, at_seconds
            self._window = np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F))
            return None
        # Copies: pictures of a size that needs no padding are windowed in place by OpenCV.
        (dx, dy), _ = cv2.phaseCorrelate(self._reference.copy(), now.copy(), self._window)
        step, self._at_seconds = max(0.0, at_seconds - self._at_seconds), at_seconds
        found = None
        if 0.15 <= math.hypot(dx, dy) <= FARTHEST * width:
            back = _moved(now, dx, dy)
            # A big visitor can win the correlation; the floor around him then fits worse.
            if _misfit(back, self._reference) < 0.85 * _misfit(now, self._reference):
                now, found = back, Point(dx / width, dy / height)
                self._moved_at = at_seconds
        self._reference += (1 - math.exp(-step / self._reference_seconds)) * (now - self._reference)
        return found


def _moved(picture: NDArray[np.float32], dx: float, dy: float) -> NDArray[np.float32]:
    move = np.array([[1, 0, -dx], [0, 1, -dy]], dtype=np.float32)
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(picture, move, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)


def _misfit(picture: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    some = np.s_[6:-6:2, 8:-8:2]
    inner = np.abs(picture[some] - reference[some]).ravel()
    # Most of the picture is floor: three quarters of it leave a visitor out.
    place = 3 * len(inner) // 4
    inner.partition(place)
    return float(inner[place])
