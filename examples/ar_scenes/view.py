"""What a pin-hole camera sees of flat targets, to a fraction of a pixel, and what spoils it.

The render is exact: each frame is drawn at twice its size and averaged, so that the truth in
`Placed.homography` holds for pixel centres. Everything random comes from a seed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from examples.ar_scenes.covers import clutter
from kiosk.ar.camera_model import CameraModel

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

FINER: Final = 2
_NOISE: Final = np.random.default_rng(23).standard_normal(4_000_003, np.float32)


@dataclass(frozen=True, eq=False)
class Placed:
    """A flat picture in front of the camera.

    `rotation` and `translation` (mm) are of `kiosk.ar.sight`: origin at the picture's top left, x
    right, y down, z away from the viewer.
    """

    picture: Image
    width_mm: float
    rotation: Floats
    translation: Floats

    @property
    def height_mm(self) -> float:
        """Return the height that belongs to the width."""
        return float(self.width_mm * self.picture.shape[0] / self.picture.shape[1])

    def homography(self, camera: CameraModel) -> Floats:
        """Return the true (3, 3) map from target millimetres to pixels."""
        plane = np.stack([self.rotation[:, 0], self.rotation[:, 1], self.translation], 1)
        found = camera.matrix @ plane
        return np.asarray(found / found[2, 2], np.float64)

    def corners(self, camera: CameraModel) -> Floats:
        """Return the true corners (4, 2) in pixels, clockwise from the top left."""
        w, h = self.width_mm, self.height_mm
        return project(self.homography(camera), np.array([[0, 0], [w, 0], [w, h], [0, h]], float))


@dataclass(frozen=True)
class Conditions:
    """What spoils a picture; the defaults are an ordinary room.

    `noise` is a standard deviation in grey levels, `blur` one in pixels, `motion` a length in
    pixels; `gain` and `lift` change brightness (v * gain + lift), `gradient` is the share of light
    that one side loses; `glare` is the share of the target's width that a reflection covers;
    `occluded` the share of the target's area under a hand.
    """

    noise: float = 3.0
    blur: float = 0.6
    motion: float = 0.0
    gain: float = 1.0
    lift: float = 0.0
    gradient: float = 0.25
    glare: float = 0.0
    occluded: float = 0.0


ORDINARY: Final = Conditions()


def project(homography: Floats, points: Floats) -> Floats:
    """Map (n, 2) points."""
    mapped = np.c_[points, np.ones(len(points))] @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)


def turned(tilt: float, direction: float, spin: float) -> Floats:
    """Return a rotation: tilted by `tilt` about an axis at `direction`, then spun; degrees."""
    a, t, s = (math.radians(angle) for angle in (direction, tilt, spin))
    axis = np.array([math.cos(a), math.sin(a), 0.0])
    lean = np.asarray(cv2.Rodrigues(axis * t)[0], np.float64)
    about = np.array([[math.cos(s), -math.sin(s), 0], [math.sin(s), math.cos(s), 0], [0, 0, 1]])
    return np.asarray(lean @ about, np.float64)


def place(picture: Image, width_mm: float, rotation: Floats, centre_mm: Sequence[float]) -> Placed:
    """Place a picture by its centre in the camera's coordinates (x right, y down, z ahead, mm)."""
    height_mm = width_mm * picture.shape[0] / picture.shape[1]
    middle = np.array([width_mm / 2, height_mm / 2, 0.0])
    return Placed(picture, width_mm, rotation, np.asarray(centre_mm, float) - rotation @ middle)


def render(
    camera: CameraModel,
    placed: Sequence[Placed],
    seed: int,
    conditions: Conditions = ORDINARY,
    background: Image | None = None,
) -> Image:
    """Draw the (height, width, 3) BGR frame. Later pictures lie over earlier ones."""
    rng = np.random.default_rng([17, seed])
    width, height = camera.size
    fine = (width * FINER, height * FINER)
    if background is None:
        background = clutter(seed, width // 2, height // 2)
    canvas = np.asarray(cv2.resize(background, fine, interpolation=cv2.INTER_LINEAR), np.uint8)
    for one in placed:
        _lay(canvas, camera, one)
        if conditions.glare:
            _glare(canvas, camera, one, conditions.glare, rng)
        if conditions.occluded:
            _hand(canvas, camera, one, conditions.occluded, rng)
    frame = cv2.resize(canvas, camera.size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return _spoiled(frame, conditions, rng)


def _finer(homography: Floats) -> Floats:
    """Return the map into the canvas of the map into the frame: pixel centres stay centres."""
    shift = (FINER - 1) / 2
    return np.asarray(np.array([[FINER, 0, shift], [0, FINER, shift], [0, 0, 1]]) @ homography)


def _lay(canvas: Image, camera: CameraModel, one: Placed) -> None:
    picture = (
        one.picture if one.picture.ndim == 3 else cv2.cvtColor(one.picture, cv2.COLOR_GRAY2BGR)
    )
    to_canvas = _finer(one.homography(camera))
    corners = project(to_canvas, np.array([[0, 0], [one.width_mm, one.height_mm]], float))
    # A texture of about the canvas' resolution: a finer one would flicker.
    drawn = float(np.linalg.norm(corners[1] - corners[0]))
    while np.hypot(*picture.shape[:2]) > 2 * drawn and min(picture.shape[:2]) > 32:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
    step = one.width_mm / picture.shape[1], one.height_mm / picture.shape[0]
    to_mm = np.array([[step[0], 0, step[0] / 2], [0, step[1], step[1] / 2], [0, 0, 1]])
    w, h = one.width_mm, one.height_mm
    outline = project(to_canvas, np.array([[0, 0], [w, 0], [w, h], [0, h]], float))
    low = np.clip(np.floor(outline.min(axis=0)), 0, canvas.shape[1::-1]).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0)) + 1, 0, canvas.shape[1::-1]).astype(int)
    if np.any(high <= low):
        return
    to_part = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ to_canvas @ to_mm
    size = int(high[0] - low[0]), int(high[1] - low[1])
    laid = cv2.warpPerspective(
        picture, to_part, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, np.round((outline - low) * 16).astype(np.int32), 255, cv2.LINE_8, 4)
    part = canvas[low[1] : high[1], low[0] : high[0]]
    cv2.copyTo(laid, mask, part)


def _glare(
    canvas: Image, camera: CameraModel, one: Placed, share: float, rng: np.random.Generator
) -> None:
    """Lay the soft reflection of a lamp on it."""
    w, h = one.width_mm, one.height_mm
    at = rng.uniform(0.25, 0.75, 2) * (w, h)
    ends = np.array([at, at + np.array([share * w / 2, 0])])
    outline = project(_finer(one.homography(camera)), ends)
    radius = float(np.linalg.norm(outline[1] - outline[0]))
    y, x = np.ogrid[: canvas.shape[0], : canvas.shape[1]]
    far = np.hypot((x - outline[0, 0]) / radius, (y - outline[0, 1]) / (radius * 0.7))
    light = 330 * np.exp(-((far / 0.8) ** 4)) + 60 * np.exp(-((far / 2) ** 2))
    np.copyto(canvas, np.clip(canvas + light[..., None], 0, 255).astype(np.uint8))


def _hand(
    canvas: Image, camera: CameraModel, one: Placed, share: float, rng: np.random.Generator
) -> None:
    """Cover this share of the target from one of its sides."""
    w, h = one.width_mm, one.height_mm
    whole = {
        0: [[0, 0], [w * share, 0], [w * share, h], [0, h]],
        1: [[w * (1 - share), 0], [w, 0], [w, h], [w * (1 - share), h]],
        2: [[0, h * (1 - share)], [w, h * (1 - share)], [w, h], [0, h]],
    }[int(rng.integers(3))]
    # Fingers do not end in a straight line: one corner of the edge in, the other out by as much.
    outline = project(_finer(one.homography(camera)), np.array(whole, float))
    skin = np.clip(np.array([130, 160, 205]) + rng.integers(-40, 40), 0, 255)
    cv2.fillConvexPoly(canvas, np.round(outline).astype(np.int32), tuple(int(c) for c in skin))


def _spoiled(frame: NDArray[np.float32], how: Conditions, rng: np.random.Generator) -> Image:
    height, width = frame.shape[:2]
    if how.gradient:
        angle = rng.uniform(0, 2 * np.pi)
        y, x = np.ogrid[:height, :width]
        across = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
        frame *= (1 - how.gradient * (across + 0.5)).astype(np.float32)[..., None]
    if how.blur:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), how.blur), np.float32)
    if how.motion > 1:
        size = math.ceil(how.motion) | 1
        kernel = np.zeros((size, size), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = how.motion / 2 * np.array([np.cos(angle), np.sin(angle)])
        middle = size // 2
        for part in np.linspace(-1, 1, 4 * size):
            px, py = np.round(middle + part * reach).astype(int)
            kernel[np.clip(py, 0, size - 1), np.clip(px, 0, size - 1)] += 1
        frame = np.asarray(cv2.filter2D(frame, -1, kernel / kernel.sum()), np.float32)
    frame *= how.gain
    frame += how.lift + 0.5
    # A stretch of one long table: drawing a million new numbers would take most of the time.
    start = int(rng.integers(len(_NOISE) - frame.size))
    frame += how.noise * _NOISE[start : start + frame.size].reshape(frame.shape)
    return np.asarray(np.clip(frame, 0, 255, out=frame), np.uint8)
