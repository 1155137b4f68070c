"""The four postcards: drawn once in a process, as pictures and as pixels."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from examples.packs.jiading import bridge, gate, hall, track
from examples.packs.jiading.canvas import HEIGHT_MM, WIDTH_MM, Canvas

NAMES: Final = ("gate", "bridge", "hall", "track")
SIZE_MM: Final = (WIDTH_MM, HEIGHT_MM)
"""How wide and high a card is in print: A6, across."""
_DRAW: Final[dict[str, Callable[[], Canvas]]] = {
    "gate": gate.draw,
    "bridge": bridge.draw,
    "hall": hall.draw,
    "track": track.draw,
}


@lru_cache(maxsize=len(NAMES))
def picture(name: str) -> Image.Image:
    """Return a card, 10 pixels to a millimetre."""
    return _DRAW[name]().finished()


def draw_postcard(name: str) -> NDArray[np.uint8]:
    """Return a card as OpenCV has pictures: (1050, 1480, 3), blue first."""
    pixels = np.asarray(picture(name), np.uint8)[:, :, ::-1]
    return np.ascontiguousarray(pixels)
