"""Points of a picture that are found again, and the 256 bits that describe each (ORB)."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.plane import mapped, scaling
from kiosk.ar.settings import LookSettings
from kiosk.ar.sight import Floats

Gray = NDArray[np.uint8]
Bits = NDArray[np.uint8]
Numbers = NDArray[np.int64]

_LEVELS = 8
_STEP = 1.2
_FAST_LEVEL = 12  # grey levels; the usual 20 finds too little on dark and dull covers


@dataclass(frozen=True, eq=False)
class Features:
    """Places (n, 2) in pixels of the picture that was given, and their bits (n, 32)."""

    places: Floats
    bits: Bits

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, which: "NDArray[np.bool_] | Numbers") -> "Features":
        return Features(self.places[which], self.bits[which])


def gray_of(picture: NDArray[np.uint8]) -> Gray:
    """Return a picture (height, width) or (height, width, 3 or 4, BGR) in grey."""
    if picture.ndim == 2:
        return picture
    code = cv2.COLOR_BGR2GRAY if picture.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
    return np.asarray(cv2.cvtColor(picture, code), np.uint8)


def resized(gray: Gray, side: int) -> tuple[Gray, Floats]:
    """Scale a picture to this longest side; return it and the (3, 3) map to where it came from.

    It is scaled up to double its size at most.
    """
    height, width = gray.shape
    factor = min(2.0, side / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return gray, np.eye(3)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(gray, size, interpolation=how), np.uint8)
    return small, scaling(width / size[0], height / size[1])


def flattened(gray: Gray) -> Gray:
    """Even out light and contrast, for glare, dark and washed-out pictures (CLAHE)."""
    return np.asarray(cv2.createCLAHE(3.0, (8, 8)).apply(gray), np.uint8)


def find_features(gray: Gray, most: int, mask: Gray | None = None) -> Features:
    """Find up to `most` features, where `mask` is not 0; places are pixels of `gray`."""
    if min(gray.shape) < 32:
        return Features(np.empty((0, 2)), np.empty((0, 32), np.uint8))
    finder = cv2.ORB.create(most, _STEP, _LEVELS, fastThreshold=_FAST_LEVEL)
    points, bits = finder.detectAndCompute(gray, mask)
    if not points:
        return Features(np.empty((0, 2)), np.empty((0, 32), np.uint8))
    places = np.array([point.pt for point in points], np.float64)
    return Features(places, np.asarray(bits, np.uint8))


def look(gray: Gray, how: LookSettings, mask: Gray | None = None) -> Features:
    """Find features in a frame in one of the ways; places are pixels of the frame."""
    small, back = resized(gray, how.side)
    if how.is_flattened:
        small = flattened(small)
    if mask is not None and small is not gray:
        size = small.shape[1], small.shape[0]
        mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    found = find_features(small, how.most, mask)
    return Features(mapped(back, found.places), found.bits)
