"""Paints what a camera over a door sees: the floor, shadows, bodies, noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image
from edge.vision.scenes.conditions import Conditions
from edge.vision.scenes.floor import Plane
from edge.vision.scenes.view import SHOULDERS, Spot, View
from edge.vision.scenes.visitor import Colour, Look, Pose

#: Extra rows and columns of noise: another corner is cut out of it for each picture.
_SPARE: Final = 48
_SHOE: Final[Colour] = (38, 36, 40)
# Coordinates of circles are given to OpenCV in sixteenths of a pixel.
_BITS, _SIXTEEN = 4, 16.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a visitor takes away from the light on the floor.

    `strength` is the share of light that is missing; the head's shadow falls `across` and `along`
    metres away for each metre of height.
    """

    strength: float = 0.15
    across: float = 0.25
    along: float = 0.2


class Painter:
    """Paints one door. `floor` is BGR (height, width, 3), `light` (height, width), 1 on average."""

    def __init__(
        self, view: View, floor: Image, light: Plane, shadow: Shadow, rng: np.random.Generator
    ) -> None:
        self._view, self._floor, self._light, self._shadow = view, floor, light, shadow
        width, height = view.size
        noise = rng.normal(0, 1, (height + _SPARE, width + _SPARE, 3)).astype(np.float32)
        self._noise = noise
        self._grains: dict[float, tuple[Image, Image]] = {}

    def paint(
        self, cast: Sequence[tuple[Pose, Look]], conditions: Conditions, number: int
    ) -> Image:
        """Paint a picture, (height, width, 3) BGR; `number` chooses its noise."""
        picture = self._floor.copy()
        near_last = sorted(cast, key=lambda seen: seen[0].y)
        if near_last and self._shadow.strength > 0:
            picture = self._shade(picture, near_last)
        for pose, look in near_last:
            self._draw(picture, pose, look)
        return self._film(picture, conditions, number)

    def silhouette(self, pose: Pose, look: Look) -> NDArray[np.bool_]:
        """Give which pixels, (height, width), one body covers."""
        width, height = self._view.size
        canvas = np.zeros((height, width, 3), np.uint8)
        white = (255, 255, 255)
        bag = None if look.bag is None else white
        self._draw(canvas, pose, Look(white, white, white, look.stature, bag), shoe=white, dim=1.0)
        return np.asarray(canvas[..., 0] > 0)

    def _shade(self, picture: Image, cast: Sequence[tuple[Pose, Look]]) -> Image:
        width, height = self._view.size
        left = np.full((height, width), 255, np.uint8)
        value = round(255 * (1 - self._shadow.strength))
        for pose, look in cast:
            tall = 1.5 * look.stature
            foot = self._view.spot(pose.x, pose.y, 0.0)
            head = self._view.spot(
                pose.x + tall * self._shadow.across, pose.y + tall * self._shadow.along, 0.0
            )
            _stroke(left, foot, head, 0.36 * look.stature, value)
        # The edge of a shadow is soft: the sky and the lamps are no points.
        soft = cv2.blur(left, (7, 7))
        light = cv2.cvtColor(soft, cv2.COLOR_GRAY2BGR)
        return np.asarray(cv2.multiply(picture, light, scale=1 / 255), dtype=np.uint8)

    def _draw(
        self, picture: Image, pose: Pose, look: Look, shoe: Colour = _SHOE, dim: float = 0.82
    ) -> None:
        """Draw a body from the floor upwards: what is higher is nearer to the camera."""
        x, y, (ax, ay), phase, step = pose
        s = look.stature
        bright = self._brightness(pose)

        def at(aside: float, forward: float, up: float) -> Spot:
            # Facing along (ax, ay), the left hand is at (ay, -ax).
            return self._view.spot(
                x + s * (forward * ax + aside * ay), y + s * (forward * ay - aside * ax), s * up
            )

        def colour(of: Colour, share: float = 1.0) -> Colour:
            b, g, r = (min(255, int(bright * share * part)) for part in of)
            return b, g, r

        swing = step * math.sin(phase)
        for side in (-1, 1):
            foot = at(0.1 * side, 0.3 * side * swing, 0.04)
            _stroke(picture, at(0.09 * side, 0.0, 0.88), foot, 0.15 * s, colour(look.trousers))
            _dot(picture, foot, 0.075 * s, colour(shoe))
        for side in (-1, 1):
            hand = at(0.27 * side, -0.26 * side * swing, 0.85)
            _stroke(
                picture, at(0.2 * side, 0.0, SHOULDERS - 0.06), hand, 0.1 * s, colour(look.coat)
            )
        _stroke(picture, at(0.0, 0.0, 0.9), at(0.0, 0.0, 1.3), 0.29 * s, colour(look.coat, dim))
        if look.bag is not None:
            _stroke(picture, at(0, -0.17, 1.0), at(0, -0.17, 1.3), 0.25 * s, colour(look.bag))
        twist = 0.04 * swing
        left, right = at(0.15, -twist, SHOULDERS), at(-0.15, twist, SHOULDERS)
        _stroke(picture, left, right, 0.2 * s, colour(look.coat))
        _dot(picture, at(0.0, 0.04, 1.6), 0.105 * s, colour(look.hair))

    def _brightness(self, pose: Pose) -> float:
        """Give the light where somebody stands."""
        height, width = self._light.shape
        u, v, _ = self._view.spot(pose.x, pose.y, 1.0)
        row, column = min(max(int(v), 0), height - 1), min(max(int(u), 0), width - 1)
        return float(self._light[row, column])

    def _film(self, picture: Image, conditions: Conditions, number: int) -> Image:
        """Do to a picture what the lens, the exposure and the sensor do."""
        if conditions.shift != (0.0, 0.0):
            across, down = conditions.shift
            move = np.array([[1, 0, across], [0, 1, down]], dtype=np.float32)
            picture = np.asarray(
                cv2.warpAffine(picture, move, self._view.size, borderMode=cv2.BORDER_REFLECT_101),
                dtype=np.uint8,
            )
        if conditions.covered > 0:
            edge = round(conditions.covered * self._view.size[1])
            picture[:edge] = conditions.cover
        if conditions.gain != (1.0, 1.0, 1.0):
            gains = np.array(conditions.gain, dtype=np.float32)
            table = np.clip(np.arange(256)[:, None] * gains, 0, 255).astype(np.uint8)
            picture = np.asarray(cv2.LUT(picture, table[None]), dtype=np.uint8)
        if conditions.noise <= 0:
            return picture
        more, less = self._grain(conditions.noise)
        width, height = self._view.size
        # Steps that share no divisor with the spare rows: long before noise comes again.
        top, left = (number * 29) % _SPARE, (number * 31 + number // _SPARE) % _SPARE
        window = np.s_[top : top + height, left : left + width]
        brighter = cv2.add(picture, more[window])
        return np.asarray(cv2.subtract(brighter, less[window]), dtype=np.uint8)

    def _grain(self, strength: float) -> tuple[Image, Image]:
        """Give noise of a standard deviation as what it adds and what it takes, both bytes."""
        if strength not in self._grains:
            noise = strength * self._noise
            more = np.clip(np.rint(noise), 0, 255).astype(np.uint8)
            self._grains[strength] = more, np.clip(np.rint(-noise), 0, 255).astype(np.uint8)
        return self._grains[strength]


def _stroke(picture: Image, start: Spot, end: Spot, metres: float, colour: Colour | int) -> None:
    """Draw a limb: a thick line with round ends."""
    thick = max(1, round(metres * (start.scale + end.scale) / 2))
    fill = colour if isinstance(colour, tuple) else (colour,)
    cv2.line(picture, _pixel(start), _pixel(end), fill, thick)


def _dot(picture: Image, spot: Spot, metres: float, colour: Colour) -> None:
    centre = round(_SIXTEEN * spot.u), round(_SIXTEEN * spot.v)
    radius = max(_SIXTEEN, _SIXTEEN * metres * spot.scale)
    cv2.circle(picture, centre, round(radius), colour, -1, cv2.LINE_8, _BITS)


def _pixel(spot: Spot) -> tuple[int, int]:
    # Far outside, where the projection explodes, OpenCV's numbers would overflow.
    return round(min(4000.0, max(-4000.0, spot.u))), round(min(4000.0, max(-4000.0, spot.v)))
