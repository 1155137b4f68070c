"""How large a visitor is in the pictures of a painted door, measured on painted bodies."""

import math

import numpy as np

from edge.counting.geometry import PersonSize
from edge.vision.scenes.painter import Painter
from edge.vision.scenes.view import SHOULDERS, View
from edge.vision.scenes.visitor import Look, Pose

_LOOK = Look((0, 0, 0), (0, 0, 0), (0, 0, 0))
_SAMPLES = 48


def person_size(painter: Painter, view: View) -> PersonSize:
    """Give the median box of a body in mid-stride at the line, over its whole width.

    Away from the middle a body leans outwards and shows its side; growth is from bodies around.
    """
    reach = 0.8 * max(0.2, view.half_width(SHOULDERS) - 0.3)
    xs, ys = np.linspace(-reach, reach, _SAMPLES), np.linspace(-0.2, 0.2, 7)
    samples = np.array([_sample(painter, float(x), float(ys[n % 7]), n) for n, x in enumerate(xs)])
    w, h, area, bottom = (float(v) for v in np.median(samples, axis=0))
    growth = 0.0
    if view.is_oblique:
        around = np.array([_sample(painter, 0.0, y, n) for y in (-1.0, 0.5) for n in range(12)])
        slope = np.polyfit(around[:, 3], np.sqrt(around[:, 2]), 1)[0]
        growth = max(0.0, float(slope) / math.sqrt(area))
    return PersonSize(w, h, min(1.0, area / (w * h)), growth, bottom)


def _sample(painter: Painter, x: float, y: float, number: int) -> tuple[float, float, float, float]:
    """Measure one body: width, height and area as shares of the picture, and where it ends."""
    inwards = 1.0 if number % 2 else -1.0
    # Steps of the golden section: every phase of the stride is met at every place.
    pose = Pose(x, y, (0.0, inwards), 2 * math.pi * ((0.618 * number) % 1), 1.0)
    mask = painter.silhouette(pose, _LOOK)
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    height, width = mask.shape
    w, h = (columns[-1] - columns[0] + 1) / width, (rows[-1] - rows[0] + 1) / height
    return float(w), float(h), float(mask.mean()), float((rows[-1] + 1) / height)
