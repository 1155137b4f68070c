"""Undo what automatic exposure and white balance do to the whole picture."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image

THUMBNAIL = (40, 30)


class GainCompensation:
    """Scales each colour channel so that the still part of the picture keeps its brightness.

    The gain is the median ratio of a 40 x 30 thumbnail to a slowly running reference: visitors who
    cover less than half of the picture do not move it.
    """

    def __init__(self, reference_seconds: float = 20.0) -> None:
        self._reference_seconds = reference_seconds
        self._reference: NDArray[np.float32] | None = None
        self._at_seconds = 0.0

    def apply(self, image: Image, at_seconds: float) -> Image:
        """Give the picture (height, width, 3) with its usual brightness."""
        thumbnail = cv2.resize(image, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._reference is None:
            self._reference, self._at_seconds = thumbnail, at_seconds
            return image
        gains = _gains(thumbnail, self._reference)
        share = 1 - math.exp(-max(0.0, at_seconds - self._at_seconds) / self._reference_seconds)
        self._reference += share * (thumbnail * gains - self._reference)
        self._at_seconds = at_seconds
        if np.all(np.abs(gains - 1) < 0.01):
            return image
        # A table of 256 entries per channel is the cheapest way to scale and clip bytes.
        table = np.clip(np.arange(256)[:, None] * gains, 0, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(image, table[None]), dtype=np.uint8)


def _gains(thumbnail: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float32]:
    gains = np.ones(3, dtype=np.float32)
    for channel in range(3):
        now, usual = thumbnail[..., channel].ravel(), reference[..., channel].ravel()
        # Near black the ratio is noise; near white it is clipped.
        fit = (now > 16) & (now < 245) & (usual > 16) & (usual < 245)
        if np.count_nonzero(fit) >= 100:
            gains[channel] = np.clip(np.median(usual[fit] / now[fit]), 0.4, 2.5)
    return gains
