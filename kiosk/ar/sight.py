"""What the engine says of a frame. Pure.

Target coordinates are millimetres: origin at the picture's top left, x right, y down. `rotation`
and `translation` take them, with z away from the viewer (into the picture, so that the axes are
right-handed), to the camera's coordinates: x right, y down, z ahead. A point that stands `h` mm
above the picture therefore has z = -h.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Hint(Enum):
    """What the person who holds the target could do, while nothing is found or little is."""

    NONE = "none"
    SEARCHING = "searching"
    CLOSER = "closer"
    FARTHER = "farther"
    FLATTER = "flatter"
    STEADIER = "steadier"
    LIGHT = "light"


@dataclass(frozen=True, eq=False)
class Seen:
    """A target in a frame.

    `corners` (4, 2) are pixels, clockwise from the target's top left, with the centre of the first
    pixel at (0, 0); `homography` (3, 3) takes target millimetres to pixels; `rotation` (3, 3) and
    `translation` (3,) mm are the module's; `quality` is 0 to 1.
    """

    name: str
    corners: Floats
    homography: Floats
    rotation: Floats
    translation: Floats
    quality: float
    is_marker: bool = False


@dataclass(frozen=True)
class Sight:
    """All that is seen in the frame of this number, and what would help."""

    frame: int
    seen: tuple[Seen, ...]
    hint: Hint
