"""The camera over a painted door: from metres to pixels."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

#: How high over the floor a camera may hang, in metres: a visitor is then 0.35 to 0.1 of the
#: picture wide when it looks straight down.
LOWEST, HIGHEST = 2.3, 4.6
SHOULDERS: Final = 1.42
TALLEST: Final = 1.95


class Spot(NamedTuple):
    """Where a point of the world is seen: pixels from the left and top, pixels per metre there."""

    u: float
    v: float
    scale: float


@dataclass(frozen=True)
class View:
    """A pinhole camera that looks at the middle of a counting line.

    ```
        x to the right, y along the passage (inwards, down the picture), z up, all in metres;
        the line is y = 0 and the middle row of the picture, on the floor.
    ```
    `tilt_degrees` is 0 straight down; tilted, the far side is at the top of the picture.
    """

    height: float
    tilt_degrees: float = 0.0
    size: tuple[int, int] = (320, 240)
    field_degrees: float = 75.0

    def spot(self, x: float, y: float, z: float) -> Spot:
        """Say where a point in front of the camera is seen."""
        sine, cosine, back, focal, middle, centre = self._numbers
        down, along = self.height - z, y - back
        scale = focal / max(0.2, down * cosine - along * sine)
        return Spot(middle + scale * x, centre + scale * (along * cosine + down * sine), scale)

    @property
    def is_oblique(self) -> bool:
        """Whether the camera looks anywhere but straight down."""
        return self.tilt_degrees != 0

    def half_width(self, z: float) -> float:
        """Say how far to either side the picture reaches over the line, at a height; metres."""
        return self.size[0] / 2 / self.spot(0.0, 0.0, z).scale

    def reach(self) -> tuple[float, float]:
        """Say where, far and near, the tallest visitor is just out of the picture; y in metres."""
        sine, _, back, focal, _, centre = self._numbers
        tilt, half = math.asin(sine), math.atan(centre / focal)
        far = back - self.height * math.tan(tilt + half)
        near = max(back - (self.height - z) * math.tan(tilt - half) for z in (0.0, TALLEST))
        # A stride and an arm reach beyond the middle of a body.
        return far - 0.5, near + 0.5

    @cached_property
    def _numbers(self) -> tuple[float, float, float, float, float, float]:
        tilt, (width, height) = math.radians(self.tilt_degrees), self.size
        focal = width / 2 / math.tan(math.radians(self.field_degrees) / 2)
        back = self.height * math.tan(tilt)
        return math.sin(tilt), math.cos(tilt), back, focal, width / 2, height / 2
