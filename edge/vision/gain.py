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
_MIDDLES = (np.arange(_BINS) - _BINS / 2 + 0.5) * _BIN
_FIRST_BINS = _BINS * np.arange(3)[:, None]
_WINDOW = np.hanning(2 * round(_SPREAD / _BIN) + 3)
# A steady exposure is looked at five times a second; any other at once, as it changes the mean by
# so much: half of what counts as a gain.
_LOOK_SECONDS = 0.2
_STEP = 0.005
# More than this within some seconds is no automatic exposure: a lamp, or a hand before the lens.
_LURCH = math.log(1.8)
_LURCH_SECONDS = 2.0
# A colour channel departs from the common gain by white balance only.
_WHITE_BALANCE = 0.25
# Fewer ratios than this, of all channels or of one, tell nothing.
_FEWEST = 60
_LEVELS = np.arange(256)
# Logarithms of bytes are looked up: to take them again from every picture costs more.
_LOGS = np.log(np.maximum(_LEVELS, 1)).astype(np.float32)
_FIT = (_LEVELS > DARKEST) & (_LEVELS < BRIGHTEST)


class GainCompensation:
    """Scales each colour channel so that the still part of the picture keeps its brightness.

    The gain is the commonest ratio of a thumbnail to a slowly running reference: the floor has one
    ratio in common, visitors have many, so that they may cover most of the picture.
    """

    def __init__(self, reference_seconds: float = 20.0) -> None:
        self._reference_seconds = reference_seconds
        self._reference: NDArray[np.float32] | None = None
        self._at_seconds = 0.0
        self._usual = 0.0
        self._mean = 0.0
        self._gains: NDArray[np.float64] | None = None
        #: Whether the light has just changed by more than a camera's own doing.
        self.lurches = False

    def apply(self, image: Image, at_seconds: float) -> Image:
        """Give the picture (height, width, 3) with its usual brightness."""
        gains = self.gains(image, at_seconds)
        return image if gains is None else scale(image, gains)

    def gains(self, image: Image, at_seconds: float) -> NDArray[np.float64] | None:
        """Give what to scale each channel by, (3,); None where nothing changed.

        `image` may be a thumbnail of what is scaled; all pictures must have one size.
        """
        mean = sum(cv2.mean(image))
        since = at_seconds - self._at_seconds
        if 0 <= since < 0.9 * _LOOK_SECONDS and abs(mean - self._mean) < _STEP * self._mean:
            return self._gains
        self._mean = mean
        self._gains = self._look(image, at_seconds)
        return self._gains

    def _look(self, image: Image, at_seconds: float) -> NDArray[np.float64] | None:
        step = math.ceil(image.shape[1] / 40)
        squares = (image.shape[1] // step, image.shape[0] // step)
        whole = image[: squares[1] * step, : squares[0] * step]
        small = cv2.resize(whole, squares, interpolation=cv2.INTER_AREA)
        # One row for each channel.
        now = np.ascontiguousarray(np.asarray(small, dtype=np.uint8).reshape(-1, 3).T)
        if self._reference is None or self._reference.shape != now.shape:
            self._reference, self._at_seconds = now.astype(np.float32), at_seconds
            return None
        gains = _gains(now, self._reference)
        step_seconds = max(0.0, at_seconds - self._at_seconds)
        common = float(np.log(gains).mean())
        self.lurches = abs(common - self._usual) > _LURCH
        self._usual += (1 - math.exp(-step_seconds / _LURCH_SECONDS)) * (common - self._usual)
        share = 1 - math.exp(-step_seconds / self._reference_seconds)
        # Slightly less than the whole gain: errors of many hours must not add up.
        self._reference *= np.float32(1 - share)
        self._reference += now * (share * gains[:, None] ** 0.9).astype(np.float32)
        self._at_seconds = at_seconds
        if np.abs(gains - 1).max() < 0.01:
            return None
        return gains


def scale(image: Image, gains: NDArray[np.float64]) -> Image:
    """Give the picture (height, width, 3) with each channel scaled, and clipped at white."""
    # A quarter of the work of looking up bytes in a table for each channel.
    return np.asarray(cv2.transform(image, np.diag(gains).astype(np.float32)), dtype=np.uint8)


def _gains(now: Image, usual: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give a gain for each channel of thumbnails (3, n)."""
    fit = _FIT[now] & (usual > DARKEST) & (usual < BRIGHTEST)
    logs = np.log(np.maximum(usual, 1)) - _LOGS[now]
    places = np.clip(logs * np.float32(1 / _BIN) + np.float32(_BINS / 2), 0, _BINS - 1)
    # All channels are sorted at once, each into bins of its own.
    bins = (places.astype(np.intp) + _FIRST_BINS)[fit]
    counts = np.bincount(bins, minlength=3 * _BINS).reshape(3, _BINS).astype(float)
    common = _commonest(logs[fit], counts.sum(axis=0))
    if common is None:
        # All black or all white: the lamp is out, or the lens is covered. Nothing can be undone.
        return np.ones(3)
    fit &= np.abs(logs - np.float32(common)) < _WHITE_BALANCE
    counts[:, np.abs(_MIDDLES - common) >= _WHITE_BALANCE] = 0
    found = [_commonest(logs[n][fit[n]], counts[n]) for n in range(3)]
    gains = np.exp([common if own is None else own for own in found])
    return np.clip(gains, 0.25, 4.0)


def _commonest(logs: NDArray[np.float32], counts: NDArray[np.float64]) -> float | None:
    """Find the mode of log ratios that are sorted into `counts` bins; None of too few."""
    if len(logs) < _FEWEST:
        return None
    peak = float(_MIDDLES[np.convolve(counts, _WINDOW, mode="same").argmax()])
    near = logs[np.abs(logs - np.float32(peak)) < _SPREAD]
    if not len(near):
        return peak
    # The upper of two middles: half a bin's noise lies between them, and np.median costs thrice.
    near.partition(len(near) // 2)
    return float(near[len(near) // 2])
