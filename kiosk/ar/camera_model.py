"""How a camera maps space to pixels: a pin-hole with the lens' distortion, kept as a TOML file.

Pixels as OpenCV counts them: the centre of the first pixel is (0, 0). Distortion coefficients are
k1, k2, p1, p2, k3 (Brown, 1971; OpenCV's order).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from kiosk.ar.sight import Floats
from kiosk.errors import CameraUnknown
from link.placing import place
from link.toml_text import parsed

_WIDEST: Final = 8192
_NUMBERS: Final = ("fx", "fy", "cx", "cy")


@dataclass(frozen=True)
class CameraModel:
    """A camera's size and focal lengths and centre in pixels. Raises CameraUnknown for nonsense."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not (16 <= self.width <= _WIDEST and 16 <= self.height <= _WIDEST):
            raise CameraUnknown(
                f"a picture of {self.width} x {self.height} pixels is none of a camera:"
                f" both sides have to be 16 to {_WIDEST}"
            )
        numbers = (self.fx, self.fy, self.cx, self.cy, *self.distortion)
        if not all(math.isfinite(number) for number in numbers):
            raise CameraUnknown("a camera's numbers have to be finite")
        if not (0 < self.fx < 100 * self.width and 0 < self.fy < 100 * self.width):
            raise CameraUnknown("fx, fy: a focal length has to be positive, in pixels")
        if not (0 <= self.cx < self.width and 0 <= self.cy < self.height):
            raise CameraUnknown("cx, cy: the centre has to lie inside the picture")
        if len(self.distortion) != 5:
            raise CameraUnknown("distortion: five numbers are needed, k1, k2, p1, p2, k3")

    @classmethod
    def from_fov(cls, width: int, height: int, degrees: float) -> Self:
        """Make the model of a lens without distortion that sees `degrees` from left to right.

        Raises CameraUnknown.
        """
        if not 5 <= degrees <= 150:
            raise CameraUnknown(f"a field of view of {degrees:g} degrees: 5 to 150 are possible")
        focal = width / 2 / math.tan(math.radians(degrees) / 2)
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in pixels."""
        return self.width, self.height

    @property
    def matrix(self) -> Floats:
        """Return the camera matrix (3, 3)."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], np.float64)

    @property
    def coefficients(self) -> Floats:
        """Return the distortion (5,)."""
        return np.array(self.distortion, np.float64)

    def scaled(self, width: int, height: int) -> Self:
        """Return the model for the same view in another resolution. Raises CameraUnknown."""
        across, down = width / self.width, height / self.height
        return type(self)(
            width,
            height,
            self.fx * across,
            self.fy * down,
            (self.cx + 0.5) * across - 0.5,
            (self.cy + 0.5) * down - 0.5,
            self.distortion,
        )

    def to_toml(self) -> str:
        """Write the model as TOML, to the last digit."""
        lines = ["# Written by `python -m kiosk camera calibrate`.", "[camera]"]
        lines += [f"width = {self.width}", f"height = {self.height}"]
        lines += [f"{name} = {float(getattr(self, name))!r}" for name in _NUMBERS]
        lines.append(f"distortion = [{', '.join(repr(float(k)) for k in self.distortion)}]")
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read what `to_toml` wrote. Raises CameraUnknown: which key, and why."""
        try:
            section = parsed(text).get("camera")
        except ValueError as error:
            raise CameraUnknown(str(error)) from error
        if not isinstance(section, dict):
            raise CameraUnknown("has no section [camera]")
        distortion = section.get("distortion", [0.0] * 5)
        if not isinstance(distortion, list):
            raise CameraUnknown("distortion: a list of five numbers is needed")
        width, height = (_whole(section, name) for name in ("width", "height"))
        fx, fy, cx, cy = (_number(section.get(name), name) for name in _NUMBERS)
        coefficients = tuple(_number(value, "distortion") for value in distortion)
        return cls(width, height, fx, fy, cx, cy, coefficients)

    def save(self, path: Path) -> None:
        """Put the model into a file. Raises CameraUnknown."""
        try:
            place(path, self.to_toml().encode(), 0o644)
        except OSError as error:
            raise CameraUnknown(f"{path}: cannot be written: {error.strerror or error}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model from a file. Raises CameraUnknown with the file's name."""
        try:
            return cls.from_toml(path.read_text("utf-8"))
        except OSError as error:
            raise CameraUnknown(f"{path}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise CameraUnknown(f"{path}: is not UTF-8: {error.reason}") from error
        except CameraUnknown as error:
            raise CameraUnknown(f"{path}: {error}") from error


def _whole(section: dict[str, Any], name: str) -> int:
    value = section.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise CameraUnknown(f"{name}: a whole number is needed")
    return value


def _number(value: object, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise CameraUnknown(f"{name}: a number is needed")
    try:
        return float(value)
    except OverflowError as error:
        raise CameraUnknown(f"{name}: the number is too large") from error
