"""Undo what automatic exposure and white balance do to the whole picture."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image

# Between these levels a pixel tells a ratio: near black it is noise, near white it is clipped.
DARKEST, BRIGHTEST = 16, 245
# Log ratios are sorted into bins of two per cent, from a fifth to five times.
_BIN = 0.02
_BINS = 160
# Noise and rounding spread the ratio of a dark floor that far.
_SPREAD = 0.4
_WINDOW = np.hanning(2 * round(_SPREAD / _BIN) + 3)
# A colour channel departs from the common gain by white balance only.
_WHITE_BALANCE = 0.25


class GainCompensation:
    """Scales each colour channel so that the still part of the picture keeps its brightness.

    The gain is the commonest ratio of a thumbnail to a slowly running reference: the floor has one
    ratio in common, visitors have many, so that they may cover most of the picture.
    """

    def __init__(self, reference_seconds: float = 20.0) -> None:
        self._reference_seconds = reference_seconds
        self._reference: NDArray[np.float32] | None = None
        self._at_seconds = 0.0

    def apply(self, image: Image, at_seconds: float) -> Image:
        """Give the picture (height, width, 3) with its usual brightness."""
        table = self.table(image, at_seconds)
        return image if table is None else np.asarray(cv2.LUT(image, table), dtype=np.uint8)

    def table(self, image: Image, at_seconds: float) -> Image | None:
        """Give what to look the picture's bytes up in, (1, 256, 3); None where nothing changed.

        `image` may be a thumbnail of what is looked up; all pictures must have one size.
        """
        step = math.ceil(image.shape[1] / 40)
        squares = (image.shape[1] // step, image.shape[0] // step)
        whole = image[: squares[1] * step, : squares[0] * step]
        thumbnail = cv2.resize(whole, squares, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._reference is None or self._reference.shape != thumbnail.shape:
            self._reference, self._at_seconds = thumbnail, at_seconds
            return None
        gains = _gains(thumbnail, self._reference)
        share = 1 - math.exp(-max(0.0, at_seconds - self._at_seconds) / self._reference_seconds)
        # Slightly less than the whole gain: errors of many hours must not add up.
        lit = thumbnail * (gains**0.9).astype(np.float32)
        self._reference += share * (lit - self._reference)
        self._at_seconds = at_seconds
        if np.all(np.abs(gains - 1) < 0.01):
            return None
        # A table of 256 entries per channel is the cheapest way to scale and clip bytes.
        table = np.clip(np.arange(256)[:, None] * gains + 0.5, 0, 255).astype(np.uint8)
        return np.asarray(table[None], dtype=np.uint8)


def _gains(now: NDArray[np.float32], usual: NDArray[np.float32]) -> NDArray[np.float64]:
    fit = (now > DARKEST) & (now < BRIGHTEST) & (usual > DARKEST) & (usual < BRIGHTEST)
    logs = np.log(np.where(fit, usual, 1.0) / np.where(fit, now, 1.0))
    common = _commonest(logs[fit])
    if common is None:
        # All black or all white: the lamp is out, or the lens is covered. Nothing can be undone.
        return np.ones(3)
    gains = np.empty(3)
    for channel in range(3):
        inside = fit[..., channel] & (np.abs(logs[..., channel] - common) < _WHITE_BALANCE)
        own = _commonest(logs[..., channel][inside])
        gains[channel] = math.exp(common if own is None else own)
    return np.clip(gains, 0.25, 4.0)


def _commonest(logs: NDArray[np.float32], least: int = 60) -> float | None:
    """Find the mode of log ratios; None of fewer than `least`."""
    if len(logs) < least:
        return None
    places = np.clip(logs / _BIN + _BINS / 2, 0, _BINS - 1).astype(np.intp)
    counts = np.bincount(places, minlength=_BINS).astype(float)
    smooth = np.convolve(counts, _WINDOW, mode="same")
    peak = (int(np.argmax(smooth)) - _BINS / 2 + 0.5) * _BIN
    near = logs[np.abs(logs - peak) < _SPREAD]
    return float(np.median(near)) if len(near) else peak
