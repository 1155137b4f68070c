"""Quantiles of small arrays. Pure.

A picture's measures take some; NumPy's own spend ten times as long on what surrounds the sorting.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def quantile(values: NDArray[Any], share: float) -> float:
    """Give the value that a share (0 to 1) of some values lie below, between ranks in proportion.

    At least one value, and no NaN; of any shape.
    """
    place = share * (values.size - 1)
    low = int(place)
    high = min(low + 1, values.size - 1)
    ranked = np.partition(values, (low, high), axis=None)
    below = float(ranked[low])
    return below + (place - low) * (float(ranked[high]) - below)


def median(values: NDArray[Any]) -> float:
    """Give the middle value; at least one, and no NaN."""
    return quantile(values, 0.5)
