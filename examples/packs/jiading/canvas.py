"""A sheet to draw on in millimetres, and what all postcards are drawn with: ink, grain, type.

Everything is drawn at twice its size and made smaller at the end, which is what smooths it. All
chance comes from generators with fixed seeds: a card looks the same on each machine, except for its
letters where no Chinese font is installed.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]

WIDTH_MM, HEIGHT_MM = 148.0, 105.0
PIXELS_PER_MM = 10
"""Of a finished card: 1480 x 1050 pixels, some 250 dpi in print."""
_FINE = 2 * PIXELS_PER_MM

PAPER: Colour = (250, 247, 240)
LINE: Colour = (228, 223, 211)
INK: Colour = (28, 39, 48)
INK_2: Colour = (85, 98, 108)
JADE: Colour = (23, 105, 93)
JADE_SOFT: Colour = (227, 240, 236)
CINNABAR: Colour = (178, 58, 36)
CINNABAR_SOFT: Colour = (251, 234, 229)
GOLD: Colour = (138, 90, 0)
GOLD_SOFT: Colour = (251, 241, 217)
RIVER: Colour = (47, 93, 124)
RIVER_SOFT: Colour = (230, 238, 244)
NIGHT: Colour = (17, 24, 29)
"""The palette of all pages: rice paper, ink, jade; cinnabar, gold and river beside them."""

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
)
_SIMPLIFIED = 2
"""Which of a collection's faces has the Han glyphs of the mainland."""


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two: `share` 0 is the first, 1 the second."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    """Return a colour with ink in it."""
    return mix(colour, INK, share)


def lighter(colour: Colour, share: float) -> Colour:
    """Return a colour with paper in it."""
    return mix(colour, PAPER, share)


class Canvas:
    """A card that is being drawn; lengths are millimetres from its top left."""

    def __init__(self, seed: int, width_mm: float = WIDTH_MM, height_mm: float = HEIGHT_MM) -> None:
        self.rng = np.random.default_rng(seed)
        self.width, self.height = width_mm, height_mm
        size = (round(width_mm * _FINE), round(height_mm * _FINE))
        self.image = Image.new("RGB", size, PAPER)
        self._draw = ImageDraw.Draw(self.image)

    def polygon(
        self, points: Iterable[Point], fill: Colour, edge: Colour | None = None, width: float = 0.25
    ) -> None:
        """Fill a shape, and draw its edge where it has one."""
        scaled = [_scaled(point) for point in points]
        self._draw.polygon(scaled, fill=fill)
        if edge is not None:
            self._draw.line([*scaled, scaled[0]], fill=edge, width=_thick(width), joint="curve")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: Colour,
        edge: Colour | None = None,
        line: float = 0.25,
    ) -> None:
        """Fill an upright rectangle."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        self.polygon(corners, fill, edge, line)

    def line(self, points: Iterable[Point], colour: Colour, width: float = 0.3) -> None:
        """Draw a line through points."""
        scaled = [_scaled(point) for point in points]
        self._draw.line(scaled, fill=colour, width=_thick(width), joint="curve")

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        fill: Colour | None,
        edge: Colour | None = None,
        width: float = 0.25,
        *,
        tall: float = 1.0,
    ) -> None:
        """Draw a disc, or an ellipse `tall` times as high as wide."""
        (left, top), (right, bottom) = (
            _scaled((x - radius, y - radius * tall)),
            _scaled((x + radius, y + radius * tall)),
        )
        if right - left < 1 or bottom - top < 1:
            return
        box = (left, top, right, bottom)
        self._draw.ellipse(box, fill=fill, outline=edge, width=_thick(width) if edge else 0)

    def wash(self, top: Colour, bottom: Colour, y0: float, y1: float) -> None:
        """Lay a wash over the whole width, from one colour at the top to another."""
        first, last = round(y0 * _FINE), round(y1 * _FINE)
        share = np.linspace(0, 1, max(1, last - first))[:, None, None]
        band = np.array(top) * (1 - share) + np.array(bottom) * share
        wide = np.broadcast_to(band, (last - first, self.image.width, 3))
        self.image.paste(Image.fromarray(wide.astype(np.uint8)), (0, first))

    def speckle(self, points: NDArray[np.float64], colours: Sequence[Colour], size: float) -> None:
        """Set small round strokes: `points` (n, 2) millimetres, in colours by chance."""
        chosen = self.rng.integers(0, len(colours), len(points))
        sizes = size * self.rng.uniform(0.5, 1.3, len(points))
        for (x, y), index, radius in zip(points, chosen, sizes, strict=True):
            self.disc(float(x), float(y), float(radius), colours[int(index)])

    def inside(self, corners: Sequence[Point], count: int) -> NDArray[np.float64]:
        """Return `count` points (n, 2) by chance in the box around some corners."""
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return self.rng.uniform((min(xs), min(ys)), (max(xs), max(ys)), (count, 2))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: Colour,
        *,
        anchor: str = "la",
        track: float = 0.0,
    ) -> None:
        """Write a line; `size` and `track` (room between letters) in millimetres."""
        font = find_font(round(size * _FINE))
        if font is None and not words.isascii():
            return
        if font is None:
            latin = ImageFont.load_default(round(size * _FINE))
            self._draw.text(_scaled((x, y)), words, colour, latin, anchor)
            return
        if not track:
            self._draw.text(_scaled((x, y)), words, colour, font, anchor)
            return
        at = x
        for letter in words:
            self._draw.text(_scaled((at, y)), letter, colour, font, anchor)
            at += font.getlength(letter) / _FINE + track

    def down(self, x: float, y: float, words: str, size: float, colour: Colour) -> None:
        """Write Han letters one below the other, `x` in their middle."""
        for index, letter in enumerate(words):
            self.text(x, y + index * size * 1.16, letter, size, colour, anchor="ma")

    def shade(self, corners: Sequence[Point], colour: Colour, strength: float, blur: float) -> None:
        """Lay a soft shadow or light over a shape."""
        mask = Image.new("L", (self.image.width // 8, self.image.height // 8), 0)
        scaled = [(x * _FINE / 8, y * _FINE / 8) for x, y in corners]
        ImageDraw.Draw(mask).polygon(scaled, fill=round(255 * strength))
        soft = mask.filter(ImageFilter.GaussianBlur(blur * _FINE / 8))
        flat = Image.new("RGB", self.image.size, colour)
        self.image.paste(flat, (0, 0), soft.resize(self.image.size, Image.Resampling.BILINEAR))

    def grain(self, strength: float = 5.0) -> None:
        """Give the whole sheet the tooth of rice paper: fine noise and a few fibres."""
        height, width = self.image.height // 2, self.image.width // 2
        noise = self.rng.normal(128, strength, (height, width)).clip(0, 255).astype(np.uint8)
        tooth = Image.fromarray(noise).resize(self.image.size, Image.Resampling.BILINEAR)
        layer = Image.merge("RGB", (tooth, tooth, tooth))
        self.image.paste(ImageChops.add(self.image, layer, 1.0, -128))

    def finished(self) -> Image.Image:
        """Return the card at its own size."""
        size = (round(self.width * PIXELS_PER_MM), round(self.height * PIXELS_PER_MM))
        return self.image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def curve(start: Point, control: Point, end: Point, steps: int = 16) -> list[Point]:
    """Return points of a quadratic curve."""
    found = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append(
            (
                a * start[0] + b * control[0] + c * end[0],
                a * start[1] + b * control[1] + c * end[1],
            )
        )
    return found


def arc(
    x: float, y: float, radius: float, start: float, end: float, *, tall: float = 1.0
) -> list[Point]:
    """Return points of an arc, degrees clockwise from the right."""
    steps = max(8, round(abs(end - start) / 6))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + radius * math.cos(a), y + radius * tall * math.sin(a)) for a in angles]


def find_font(pixels: int) -> ImageFont.FreeTypeFont | None:
    """Return a font with Han letters; None where none is installed."""
    for path in _FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, pixels, index=_SIMPLIFIED)
    return None


def _scaled(point: Point) -> Point:
    return point[0] * _FINE, point[1] * _FINE


def _thick(width: float) -> int:
    return max(1, round(width * _FINE))
