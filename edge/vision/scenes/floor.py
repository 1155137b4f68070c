"""The floor of a painted door: its colour, its pattern, the light that lies on it."""

import math
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image
from edge.vision.scenes.visitor import Colour

Plane = NDArray[np.float32]


def tint_of(rng: np.random.Generator, brightness: tuple[float, float]) -> Colour:
    """Choose a floor's colour: a brightness, warmer or colder by a little."""
    grey = float(rng.uniform(*brightness))
    b, g, r = (int(min(250, max(5, grey + shift))) for shift in rng.normal(0, 9, 3))
    return b, g, r


def lit(rng: np.random.Generator, size: tuple[int, int], strength: float) -> Plane:
    """Give the light over a picture, (height, width), 1 on average, falling off to one side."""
    width, height = size
    angle = float(rng.uniform(0, 2 * math.pi))
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * math.cos(angle)
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * math.sin(angle)
    return np.asarray(1 + strength * (across + down) / 1.4, dtype=np.float32)


def paint_floor(
    rng: np.random.Generator, size: tuple[int, int], tint: Colour, light: Plane
) -> Image:
    """Paint a floor of a random kind, (height, width, 3), under its light."""
    kind = _PATTERNS[int(rng.integers(len(_PATTERNS)))]
    pattern = kind(rng, size)[..., None]
    colour = np.array(tint, dtype=np.float32)
    painted = np.clip((colour + pattern) * light[..., None], 0, 255)
    return np.asarray(painted, dtype=np.uint8)


def _slabs(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """Square slabs, each of a grey of its own, with joints."""
    width, height = size
    side = int(rng.integers(18, 48))
    greys = rng.normal(0, 8, (height // side + 2, width // side + 2)).astype(np.float32)
    plane = np.kron(greys, np.ones((side, side), dtype=np.float32))[:height, :width]
    plane[::side], plane[:, ::side] = -22, -22
    return _grainy(rng, np.ascontiguousarray(plane), 3)


def _planks(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """Long boards across the passage."""
    width, height = size
    board = int(rng.integers(9, 20))
    greys = rng.normal(0, 11, height // board + 2).astype(np.float32)
    plane = np.repeat(greys, board)[:height, None] + np.zeros((1, width), dtype=np.float32)
    plane[::board] -= 15
    return _grainy(rng, plane, 4)


def _carpet(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """Soft spots of all sizes."""
    width, height = size
    plane = np.zeros((height, width), dtype=np.float32)
    for cell, strength in ((60, 10.0), (20, 7.0), (6, 5.0)):
        spots = rng.normal(0, strength, (height // cell + 2, width // cell + 2))
        plane += cv2.resize(
            spots.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
    return _grainy(rng, plane, 3)


def _terrazzo(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """Bright and dark chips, which shimmer when the camera shakes."""
    width, height = size
    plane = np.zeros((height, width), dtype=np.float32)
    for _ in range(700):
        u, v = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(plane, (u, v), int(rng.integers(1, 4)), float(rng.normal(0, 26)), -1)
    return _grainy(rng, plane, 2)


def _plain(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """Concrete: next to nothing to hold on to."""
    return _grainy(rng, np.zeros((size[1], size[0]), dtype=np.float32), 3)


def _grainy(rng: np.random.Generator, plane: Plane, strength: float) -> Plane:
    grain = rng.normal(0, strength, plane.shape).astype(np.float32)
    return np.asarray(cv2.blur(plane + grain, (2, 2)), dtype=np.float32)


_PATTERNS: Final[tuple[Callable[[np.random.Generator, tuple[int, int]], Plane], ...]] = (
    _slabs,
    _planks,
    _carpet,
    _terrazzo,
    _plain,
)
