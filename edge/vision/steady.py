"""Hold the picture of a shaking camera still."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image

# A quarter of the working picture is enough to see a shift of half a pixel in it.
THUMBNAIL = (160, 120)
# Farther than this, as a share of the width, is a camera that was moved, not one that shakes.
FARTHEST = 0.06


AnyPicture = NDArray[np.uint8] | NDArray[np.float32]


class Steadying:
    """Moves each picture back onto a slow reference by phase correlation, when that fits better."""

    def __init__(self, reference_seconds: float = 5.0) -> None:
        self._reference_seconds = reference_seconds
        self._reference: NDArray[np.float32] | None = None
        self._window = cv2.createHanningWindow(THUMBNAIL, cv2.CV_32F)
        self._at_seconds = 0.0

    def apply(self, image: Image, at_seconds: float) -> Image:
        """Give the BGR picture, shifted by whole and broken pixels or as it is."""
        small = cv2.resize(image, THUMBNAIL, interpolation=cv2.INTER_AREA)
        now = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)
        if self._reference is None:
            self._reference, self._at_seconds = now, at_seconds
            return image
        # Copies: pictures of a size that needs no padding are windowed in place by OpenCV.
        (dx, dy), _ = cv2.phaseCorrelate(self._reference.copy(), now.copy(), self._window)
        step, self._at_seconds = max(0.0, at_seconds - self._at_seconds), at_seconds
        still = math.hypot(dx, dy) < 0.2
        if not still and math.hypot(dx, dy) <= FARTHEST * THUMBNAIL[0]:
            back = _shifted(now, dx, dy)
            # A big visitor can win the correlation; the floor around him then fits worse.
            if _misfit(back, self._reference) < 0.85 * _misfit(now, self._reference):
                scale = image.shape[1] / THUMBNAIL[0], image.shape[0] / THUMBNAIL[1]
                now = np.asarray(back, dtype=np.float32)
                image = np.asarray(_shifted(image, dx * scale[0], dy * scale[1]), dtype=np.uint8)
        share = 1 - math.exp(-step / self._reference_seconds)
        self._reference += share * (now - self._reference)
        return image


def _shifted(picture: AnyPicture, dx: float, dy: float) -> NDArray[Any]:
    move = np.array([[1, 0, -dx], [0, 1, -dy]], dtype=np.float32)
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(picture, move, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved)


def _misfit(picture: AnyPicture, reference: NDArray[np.float32]) -> float:
    inner = np.abs(picture - reference)[6:-6:2, 8:-8:2]
    # Most of the picture is floor: three quarters of it leave a visitor out.
    return float(np.quantile(inner, 0.75))
