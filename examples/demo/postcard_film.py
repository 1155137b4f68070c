"""A hand that holds postcards over a table, one after the other, drawn with exact truth.

Every picture follows from its instant alone. `examples.demo.postcards` writes it as a film.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from examples.ar_scenes.view import Floats, Image, Placed, place, project
from kiosk.ar.camera_model import CameraModel

SIZE: Final = (640, 480)
FIELD_DEGREES: Final = 60.0
FPS: Final = 30.0
HELD_SECONDS: Final = 7.0
"""How long each card is in the picture, with coming and going."""
AWAY_SECONDS: Final = 1.0
_COMES_SECONDS: Final = 0.9
_FAR_MM: Final = 215.0
_SEED: Final = 20
_NOISE: Final = 2.5
"""Standard deviation of a sensor's noise, in grey levels."""
_DRAWN_PIXELS: Final = 480
_SKIN: Final = (132, 158, 205)


@dataclass(frozen=True, eq=False)
class Card:
    """A card to hold: its picture (h, w, 3) BGR and its width in millimetres."""

    name: str
    picture: Image
    width_mm: float


class PostcardFilm:
    """Draws what a camera sees; `is_still` holds each card without moving, and without noise."""

    def __init__(
        self,
        cards: Sequence[Card],
        camera: CameraModel | None = None,
        *,
        is_still: bool = False,
        tilt_degrees: float = 24.0,
    ) -> None:
        self.cards = tuple(cards)
        self.camera = camera or CameraModel.from_fov(*SIZE, FIELD_DEGREES)
        self._is_still = is_still
        self._tilt = tilt_degrees
        self._drawn = {card.name: _shrunk(card) for card in self.cards}
        rng = np.random.default_rng(_SEED)
        self._table = _table(self.camera.size, rng)
        width, height = self.camera.size
        shape = (height + 64, width + 64, 3)
        self._noise = rng.normal(0, _NOISE, shape).astype(np.int8)

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of what is drawn."""
        return self.camera.size

    @property
    def seconds(self) -> float:
        """Return after how long it begins anew."""
        return len(self.cards) * (HELD_SECONDS + AWAY_SECONDS)

    def held(self, seconds: float) -> Placed | None:
        """Return where a card is at an instant, None while no card is there."""
        found = self._held(seconds)
        return None if found is None else found[1]

    def _held(self, seconds: float) -> tuple[Card, Placed] | None:
        number, into = divmod(seconds % self.seconds, HELD_SECONDS + AWAY_SECONDS)
        if into >= HELD_SECONDS:
            return None
        card = self.cards[int(number)]
        # It comes from below and goes there again.
        come = _smooth(into / _COMES_SECONDS) * _smooth((HELD_SECONDS - into) / _COMES_SECONDS)
        t = 0.0 if self._is_still else seconds
        wave = _tremble(t, int(number))
        # The upper edge leans away, so that what stands on the card rises in the picture.
        tilt = -math.radians(self._tilt) * (0.8 + 0.5 * wave[0])
        rotation = _turned(tilt, 0.4 * wave[1], 0.16 * wave[2])
        rows, columns = card.picture.shape[:2]
        fit = max(card.width_mm / 148.0, card.width_mm * rows / columns / 105.0)
        away = _FAR_MM * fit * (1.0 + 0.14 * wave[3])
        middle = (22 * wave[4], 12 * wave[5] + (1 - come) * 330 * fit, away)
        return card, place(card.picture, card.width_mm, rotation, middle)

    def picture(self, seconds: float) -> Image:
        """Draw the (height, width, 3) BGR picture of an instant."""
        width, height = self.camera.size
        held = self._held(seconds)
        image = self._table.copy()
        if held is not None:
            self._lay(image, *held)
        if self._is_still:
            return image
        light = 1.0 + 0.05 * math.sin(0.7 * seconds)
        image = np.asarray(cv2.convertScaleAbs(image, alpha=light), np.uint8)
        step = int(seconds * FPS)
        y, x = step * 7 % 64, step * 13 % 64
        noise = self._noise[y : y + height, x : x + width]
        noisy = cv2.add(image, noise, dtype=cv2.CV_8U)
        return np.asarray(noisy, np.uint8)

    def _lay(self, image: Image, card: Card, held: Placed) -> None:
        drawn = self._drawn[card.name]
        rows, columns = drawn.shape[:2]
        to_mm = np.diag([held.width_mm / columns, held.height_mm / rows, 1.0])
        # A pixel of the picture is a little square: its middle is half a pixel from its corner.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]], np.float64)
        to_frame = held.homography(self.camera) @ to_mm @ half
        cv2.warpPerspective(
            drawn,
            to_frame,
            self.camera.size,
            dst=image,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
        if self._is_still:
            return
        self._thumb(image, held, 0.14)
        self._thumb(image, held, 0.86)

    def _thumb(self, image: Image, held: Placed, across: float) -> None:
        """Draw the thumb that holds the card at its lower edge."""
        w, h = held.width_mm, held.height_mm
        ways = np.array([[across * w, h * 0.97], [across * w, h * 2.4]], np.float64)
        tip, wrist = project(held.homography(self.camera), ways)
        thick = max(6, round(16.0 * self.camera.fx / held.translation[2]))
        ends = [tuple(round(16 * float(v)) for v in end) for end in (tip, wrist)]
        shade = tuple(int(0.72 * part) for part in _SKIN)
        cv2.line(image, ends[0], ends[1], shade, thick + 4, cv2.LINE_AA, 4)
        cv2.line(image, ends[0], ends[1], _SKIN, thick, cv2.LINE_AA, 4)


def _shrunk(card: Card) -> Image:
    """Return a card with about the pixels that a camera sees of it: more would flicker."""
    rows, columns = card.picture.shape[:2]
    if columns <= _DRAWN_PIXELS:
        return card.picture
    size = (_DRAWN_PIXELS, round(rows * _DRAWN_PIXELS / columns))
    return np.asarray(cv2.resize(card.picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _table(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """Draw a wooden table top with a lamp's light from the left."""
    width, height = size
    streaks = rng.normal(0, 1, (height, width // 8)).astype(np.float32)
    wide = cv2.resize(streaks, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = np.asarray(cv2.GaussianBlur(wide, (0, 0), 2.2), np.float32)
    lamp = np.linspace(1.12, 0.82, width, dtype=np.float32)[None, :]
    wood = np.array([86, 122, 158], np.float32)[None, None, :]
    lit = np.clip((wood + 16 * grain[..., None]) * lamp[..., None], 0, 255)
    return np.asarray(lit, np.uint8)


def _smooth(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _tremble(seconds: float, number: int) -> list[float]:
    """Return six numbers within -1 to 1 that wander as a hand does: slowly, with a small shake."""
    slow = (0.23, 0.31, 0.19, 0.17, 0.29, 0.26)
    return [
        0.86 * math.sin(2 * math.pi * rate * seconds + 1.7 * n + 2.1 * number)
        + 0.1 * math.sin(2 * math.pi * (1.1 + rate) * seconds + n)
        + 0.02 * math.sin(2 * math.pi * (6.0 + rate) * seconds + 3 * n)
        for n, rate in enumerate(slow)
    ]


def _turned(tilt: float, turn: float, roll: float) -> Floats:
    (about_x, _), (about_y, _), (about_z, _) = (
        cv2.Rodrigues(np.array(axis, np.float64))
        for axis in ((tilt, 0.0, 0.0), (0.0, turn, 0.0), (0.0, 0.0, roll))
    )
    return np.asarray(about_z @ about_y @ about_x, np.float64)


def write_film(film: PostcardFilm, path: Path, seconds: float | None = None) -> None:
    """Put a film into a file; it is there whole, or not at all. Raises OSError."""
    partial = path.with_name(f"{path.stem}.part{path.suffix}")
    code = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(partial), code, FPS, film.size)
    if not writer.isOpened():
        raise OSError(f"{partial}: cannot be written as a film")
    for number in range(round((seconds or film.seconds) * FPS)):
        writer.write(film.picture(number / FPS))
    writer.release()
    partial.replace(path)
