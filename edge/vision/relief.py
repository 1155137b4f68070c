"""What is higher and lower than its surroundings in a thumbnail, and how alike two of them are."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.ranks import quantile

Grey = NDArray[np.float32]

_LEAST_RELIEF: Final = 3.0
_FEWEST_PARTS: Final = 4
"""Parts of a view with less relief are flat; with fewer others nothing can be compared."""


def relief_of(picture: Grey) -> Grey:
    """Return what is higher and lower than its surroundings, from -1 to 1, whatever the light."""
    bumps = cv2.blur(picture, (3, 3)) - cv2.blur(picture, (9, 9))
    return np.asarray(bumps / (np.abs(bumps) + 8.0), dtype=np.float32)


def alike(one: Grey, other: Grey) -> float:
    """Return how alike a relief is to another: the correlation that a quarter of its parts exceeds.

    Parts where the other is flat tell nothing; 1 where too few are left. So a crowd that leaves a
    quarter of the floor free does not make another view of it.
    """
    first, second = _parts(one), _parts(other)
    height = np.sqrt(_dots(second, second))
    told = height > _LEAST_RELIEF
    if np.count_nonzero(told) < _FEWEST_PARTS:
        return 1.0
    lengths = np.maximum(np.sqrt(_dots(first, first)) * height, 1e-6)
    return quantile(_dots(first, second)[told] / lengths[told], 0.75)


def _parts(relief: Grey) -> Grey:
    """Return the twelve parts (12, 100) of a relief, each about its mean."""
    parts = relief.reshape(3, 10, 4, 10).swapaxes(1, 2).reshape(12, 100)
    return np.asarray(parts - parts.mean(axis=1, keepdims=True), dtype=np.float32)


def _dots(one: Grey, other: Grey) -> Grey:
    return np.asarray(np.einsum("ij,ij->i", one, other), dtype=np.float32)
