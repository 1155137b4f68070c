"""A picture that is to be found: enrolled once, with a score of how well it will be."""

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.features import Bits, Features, Gray, find_features, gray_of, resized
from kiosk.ar.neighbours import nearest
from kiosk.ar.plane import mapped, millimetres
from kiosk.ar.settings import EnrolSettings
from kiosk.ar.sight import Floats
from kiosk.errors import TargetRefused

SMALLEST_SIDE: Final = 64
MOST_PIXELS: Final = 60_000_000
LONGEST_SHAPE: Final = 6.0
"""How many times longer than wide a picture may be."""
_GRID: Final = 8
_TWIN_PIXELS: Final = 12.0


class Advice(Enum):
    """What to do about a target before it is printed."""

    GOOD = "good"
    LITTLE_TEXTURE = "little_texture"
    """Too few details: add a marker beside it, or more picture."""
    ONE_SPOT = "one_spot"
    """Its details lie close together: covered there, it is lost; add a marker."""
    REPEATS = "repeats"
    """It is a pattern that repeats, so that places are mistaken for each other: add a marker."""
    SMALL = "small"
    """The picture has fewer pixels than the engine could use: give a larger one."""


@dataclass(frozen=True, eq=False)
class Target:
    """A picture as the engine keeps it.

    `gray` (h, w) is the reference; `places` (n, 2) are its pixels, and `bits` (n, 32) describe
    them; the first `flat` are of the picture itself, the others of its tilted views. `score` is
    0 to 1: how surely it will be found. `digest` tells which picture, name and width it is of.
    """

    name: str
    width_mm: float
    height_mm: float
    gray: Gray
    places: Floats
    bits: Bits
    flat: int
    score: float
    advice: Advice
    digest: str

    @property
    def to_mm(self) -> Floats:
        """Return the (3, 3) map from reference pixels to millimetres."""
        return millimetres(self.width_mm, self.height_mm, self.gray.shape[1], self.gray.shape[0])


def enrol(
    picture: NDArray[np.uint8], name: str, width_mm: float, settings: EnrolSettings | None = None
) -> Target:
    """Make a target of a picture (height, width) or (height, width, 3), BGR.

    Raises TargetRefused: what is wrong with the picture or its width. A picture with too little
    texture is no error: its score is low and its advice says so.
    """
    settings = settings or EnrolSettings()
    _check(picture, name, width_mm)
    gray, _ = resized(gray_of(picture), min(settings.side, max(picture.shape[:2])))
    gray = np.ascontiguousarray(gray)
    flat = find_features(gray, settings.most)
    # What a squeeze makes finer than a pixel would come out as noise.
    blur = 0.8 * np.sqrt(1 / settings.squeeze**2 - 1) / 2
    smooth = np.asarray(cv2.GaussianBlur(gray, (0, 0), blur), np.uint8)
    views = [flat, *(_tilted(smooth, angle, settings) for angle in settings.directions)]
    score, advice = _judge(gray, flat, settings)
    return Target(
        name=name,
        width_mm=float(width_mm),
        height_mm=float(width_mm) * picture.shape[0] / picture.shape[1],
        gray=gray,
        places=np.vstack([view.places for view in views]),
        bits=np.vstack([view.bits for view in views]),
        flat=len(flat),
        score=score,
        advice=advice,
        digest=digest_of(picture, name, width_mm, settings),
    )


def digest_of(
    picture: NDArray[np.uint8], name: str, width_mm: float, settings: EnrolSettings
) -> str:
    """Return what a target's picture, name, width and settings are known by."""
    told = f"{name}\0{float(width_mm)!r}\0{settings!r}\0{picture.shape}\0{cv2.__version__}\0"
    return hashlib.sha256(told.encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()


def _check(picture: NDArray[np.uint8], name: str, width_mm: float) -> None:
    if not name or len(name) > 200:
        raise TargetRefused("a target needs a name of 1 to 200 characters")
    if not 5 <= width_mm <= 5000:
        raise TargetRefused(f"{name}: a width of {width_mm:g} mm: 5 to 5000 are possible")
    if picture.dtype != np.uint8 or not (
        picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] in {3, 4})
    ):
        raise TargetRefused(f"{name}: is no picture of 8 bits in grey or colour")
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise TargetRefused(
            f"{name}: {width} x {height} pixels are too few: no side may have under {SMALLEST_SIDE}"
        )
    if height * width > MOST_PIXELS:
        raise TargetRefused(
            f"{name}: {width} x {height} pixels are too many: scale it to 2000 first"
        )
    if max(height, width) > LONGEST_SHAPE * min(height, width):
        raise TargetRefused(
            f"{name}: {width} x {height} is too long a strip: at most {LONGEST_SHAPE:g} to 1"
        )


def _tilted(smooth: Gray, degrees: float, settings: EnrolSettings) -> Features:
    """Find features as they look when the picture is tilted about an axis in this direction.

    Places are pixels of the picture (affine views: Yu and Morel, ASIFT, 2011).
    """
    height, width = smooth.shape
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    squeeze = turn.T @ np.diag([settings.squeeze, 1.0]) @ turn
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ squeeze.T
    low = corners.min(axis=0)
    size = np.ceil(corners.max(axis=0) - low).astype(int) + 1
    there = np.c_[squeeze, -low]
    shape = int(size[0]), int(size[1])
    view = cv2.warpAffine(smooth, there, shape, borderMode=cv2.BORDER_REPLICATE)
    # Squeezed along a side it fills the view; else the corners of the view are made up.
    inside = None
    if degrees % 90:
        inside = np.zeros(shape[::-1], np.uint8)
        cv2.fillConvexPoly(inside, np.round(corners - low).astype(np.int32), (255,))
    found = find_features(np.asarray(view, np.uint8), settings.most_tilted, inside)
    back = np.linalg.inv(np.vstack([there, [0, 0, 1]]))
    return Features(mapped(back, found.places), found.bits)


def _judge(gray: Gray, flat: Features, settings: EnrolSettings) -> tuple[float, Advice]:
    """Score number, spread and difference of the features."""
    height, width = gray.shape
    number = min(1.0, len(flat) / settings.enough_features)
    cells = (flat.places / (width, height) * _GRID).astype(int)
    filled = len(np.unique(cells @ (1, _GRID)))
    spread = min(1.0, filled / _GRID**2 / settings.enough_spread)
    twins = _twins(flat, settings)
    score = float(number * spread * (1 - 0.8 * min(1.0, twins / settings.repeats_share / 2)))
    if twins > settings.repeats_share:
        return score, Advice.REPEATS
    if score >= settings.good_score:
        is_small = max(height, width) < settings.side * 0.6
        return score, Advice.SMALL if is_small else Advice.GOOD
    return score, Advice.ONE_SPOT if spread < number else Advice.LITTLE_TEXTURE


def _twins(flat: Features, settings: EnrolSettings) -> float:
    """Return the share of features that look like one of another place."""
    if len(flat) < 3:
        return 0.0
    # Every second one tells the share as well, in half the time.
    some = flat[np.arange(0, len(flat), 2, dtype=np.int64)]
    found, far = nearest(some.bits, flat.bits, 3)
    apart = np.linalg.norm(flat.places[found] - some.places[:, None], axis=2)
    is_twin = (apart > _TWIN_PIXELS) & (far <= settings.twin_distance)
    return float(is_twin.any(axis=1).mean())
