"""Covers that nobody printed: photo-like textures, shapes and text, each from its number.

For tests and measurements of recognition. `cover(seed)` is the same picture everywhere. Of five,
three look like photographs, one is made of shapes and one has text only; photographs are crops of a
few large ones, so that many covers share a part of their picture, as those of a series do.
"""

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Kind = Literal["photo", "shapes", "text"]

WIDTH: Final = 424
HEIGHT: Final = 600
WIDTH_MM: Final = 148.0
HEIGHT_MM: Final = WIDTH_MM * HEIGHT / WIDTH
PHOTOGRAPHS: Final = 12
"""So many large textures are shared by the covers of kind `photo` of one series."""
SERIES: Final = 1000
"""Covers of one series have numbers of the same thousand; no other series has their textures."""
_KINDS: Final[tuple[Kind, ...]] = ("photo", "photo", "photo", "shapes", "text")
_PHOTOGRAPHS: dict[int, Image] = {}


def kind_of(seed: int) -> Kind:
    """Return what the cover of this number looks like."""
    return _KINDS[seed % 5]


def cover(seed: int) -> Image:
    """Draw the (HEIGHT, WIDTH, 3) BGR cover of this number."""
    rng = np.random.default_rng([7, seed])
    kind = kind_of(seed)
    if kind == "photo":
        picture = _photo_cover(rng, seed)
    elif kind == "shapes":
        picture = _shapes(rng, WIDTH, HEIGHT, int(rng.integers(25, 60)))
        _text(picture, rng, lines=int(rng.integers(1, 3)), top=HEIGHT // 2)
    else:
        paper = rng.integers(190, 256, 3)
        picture = np.full((HEIGHT, WIDTH, 3), paper, np.uint8)
        _text(picture, rng, lines=int(rng.integers(3, 6)), top=40)
    return picture


def clutter(seed: int, width: int, height: int) -> Image:
    """Draw the (height, width, 3) BGR background of a desk or a room."""
    rng = np.random.default_rng([11, seed])
    picture = _clouds(rng, width, height)
    for _ in range(int(rng.integers(5, 25))):
        _shape(picture, rng, 0.3)
    return picture


def _photo_cover(rng: np.random.Generator, seed: int) -> Image:
    number = seed // SERIES * PHOTOGRAPHS + int(rng.integers(PHOTOGRAPHS))
    if number not in _PHOTOGRAPHS:
        _PHOTOGRAPHS[number] = _photograph(number)
    large = _PHOTOGRAPHS[number]
    share = rng.uniform(0.45, 0.75)
    height, width = int(HEIGHT * share * 1.3), int(WIDTH * share * 1.3)
    top = int(rng.integers(large.shape[0] - height))
    left = int(rng.integers(large.shape[1] - width))
    crop = large[top : top + height, left : left + width]
    picture = np.asarray(cv2.resize(crop, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    band = int(rng.integers(70, 170))
    above = HEIGHT - band if rng.random() < 0.5 else 0
    picture[above : above + band] = rng.integers(0, 256, 3)
    _text(picture[above : above + band], rng, lines=int(rng.integers(1, 3)), top=12)
    return picture


def _photograph(number: int) -> Image:
    """Draw a large scene: sky, ridges, houses with windows, trees; rough everywhere."""
    rng = np.random.default_rng([13, number])
    width, height = 1400, 1700
    picture = _clouds(rng, width, height)
    for layer in range(4):
        ridge = np.cumsum(rng.normal(0, 4, width))
        ridge += height * (0.35 + 0.15 * layer) - ridge.mean()
        edge = np.stack([np.arange(width), ridge], 1).astype(np.int32)
        outline = np.vstack([edge, [[width, height], [0, height]]]).astype(np.int32)
        cv2.fillPoly(picture, [outline], tuple(int(c) for c in rng.integers(20, 200, 3)))
        for _ in range(45):
            x = int(rng.integers(width))
            _house(picture, rng, x, int(ridge[x]) + int(rng.integers(-20, 120)))
    for _ in range(110):
        _shape(picture, rng, 0.08)
    rough = rng.normal(0, 1, (height, width))
    rough = np.asarray(cv2.GaussianBlur(rough, (0, 0), 1.2), np.float64) * 45
    return np.asarray(np.clip(picture + rough[..., None], 0, 255), np.uint8)


def _house(picture: Image, rng: np.random.Generator, x: int, y: int) -> None:
    width, height = (int(side) for side in rng.integers(25, 110, 2))
    wall = tuple(int(c) for c in rng.integers(40, 240, 3))
    cv2.rectangle(picture, (x, y - height), (x + width, y), wall, -1)
    roof = np.array(
        [[x - 6, y - height], [x + width + 6, y - height], [x + width // 2, y - height - 25]]
    )
    cv2.fillPoly(picture, [roof.astype(np.int32)], tuple(int(c) for c in rng.integers(0, 160, 3)))
    pane = tuple(int(c) for c in rng.integers(0, 256, 3))
    step = int(rng.integers(10, 18))
    for left in range(x + 5, x + width - 6, step):
        for top in range(y - height + 6, y - 6, step):
            if rng.random() < 0.7:
                cv2.rectangle(picture, (left, top), (left + step // 2, top + step // 2), pane, -1)


def _clouds(rng: np.random.Generator, width: int, height: int) -> Image:
    """Draw smooth noise of several sizes between two or three colours."""
    total = np.zeros((height, width), np.float64)
    for octave in range(2, 7):
        grid = rng.normal(0, 1, (2**octave + 1, 2**octave + 1))
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / octave
    share = np.clip((total - total.min()) / np.ptp(total), 0, 1)[..., None]
    dark, light = rng.uniform(0, 120, 3), rng.uniform(110, 255, 3)
    return np.asarray(dark * (1 - share) + light * share, np.uint8)


def _shapes(rng: np.random.Generator, width: int, height: int, number: int) -> Image:
    picture = np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)
    for _ in range(number):
        _shape(picture, rng, 0.18)
    return picture


def _shape(picture: Image, rng: np.random.Generator, largest: float) -> None:
    height, width = picture.shape[:2]
    centre = rng.uniform(0, 1, 2) * (width, height)
    radius = rng.uniform(0.15, 1) * largest * width
    colour = tuple(int(c) for c in rng.integers(0, 256, 3))
    which = rng.integers(3)
    if which == 0:
        cv2.circle(picture, tuple(int(c) for c in centre), int(radius), colour, -1, cv2.LINE_AA)
        return
    corners = int(rng.integers(3, 8))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = radius * rng.uniform(0.4, 1, corners)
    points = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]
    if which == 1:
        cv2.fillPoly(picture, [points.astype(np.int32)], colour, cv2.LINE_AA)
    else:
        thick = int(rng.integers(2, 9))
        cv2.polylines(picture, [points.astype(np.int32)], True, colour, thick, cv2.LINE_AA)


def _text(picture: Image, rng: np.random.Generator, *, lines: int, top: int) -> None:
    """Write lines of made-up characters, each of a few strokes in a square."""
    height, width = picture.shape[:2]
    ink = 0 if picture[top : top + 40].mean() > 120 else 245
    colour = tuple(int(np.clip(ink + c, 0, 255)) for c in rng.integers(-60, 60, 3))
    for _ in range(lines):
        size = int(rng.integers(18, 64))
        if top + size + 6 > height:
            return
        left = int(rng.integers(12, 60))
        for _ in range(int(rng.integers(2, 13))):
            if left + size + 6 > width:
                break
            _character(picture, rng, left, top, size, colour)
            left += size + max(3, size // 7)
        top += int(size * rng.uniform(1.3, 2.2))


def _character(
    picture: Image,
    rng: np.random.Generator,
    left: int,
    top: int,
    size: int,
    colour: tuple[int, ...],
) -> None:
    thick = max(1, size // 11)
    for _ in range(int(rng.integers(4, 11))):
        start = rng.integers(0, 5, 2)
        if rng.random() < 0.75:
            end = start.copy()
            end[rng.integers(2)] = rng.integers(0, 5)
        else:
            end = rng.integers(0, 5, 2)
        points = [(int(left + p[0] * size / 4), int(top + p[1] * size / 4)) for p in (start, end)]
        cv2.line(picture, points[0], points[1], colour, thick, cv2.LINE_AA)
