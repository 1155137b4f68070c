"""The sheet to print: all cards on one A4 page, then each in its own size with marks to cut."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from examples.packs.jiading.canvas import INK_2, PIXELS_PER_MM
from examples.packs.jiading.postcards import NAMES, SIZE_MM, picture

A4_MM: Final = (210.0, 297.0)
SMALL: Final = 0.92
"""How large the cards on the first page are: as large as a printer's margins let them be."""
_DPI: Final = PIXELS_PER_MM * 25.4
_WHITE: Final = (255, 255, 255)


def write_sheet(path: Path) -> None:
    """Write three pages, PDF."""
    pages = [_all_on_one(), _two(NAMES[:2]), _two(NAMES[2:])]
    pages[0].save(path, "PDF", save_all=True, append_images=pages[1:], resolution=_DPI, quality=90)


def _all_on_one() -> Image.Image:
    high, wide = A4_MM
    page = Image.new("RGB", (_pixels(wide), _pixels(high)), _WHITE)
    card = (SIZE_MM[0] * SMALL, SIZE_MM[1] * SMALL)
    for index, name in enumerate(NAMES):
        row, column = divmod(index, 2)
        left = (wide - 2 * card[0]) / 3 * (column + 1) + card[0] * column
        top = (high - 2 * card[1]) / 3 * (row + 1) + card[1] * row
        size = (_pixels(card[0]), _pixels(card[1]))
        page.paste(
            picture(name).resize(size, Image.Resampling.LANCZOS), (_pixels(left), _pixels(top))
        )
    return page


def _two(names: tuple[str, ...]) -> Image.Image:
    wide, high = A4_MM
    page = Image.new("RGB", (_pixels(wide), _pixels(high)), _WHITE)
    draw = ImageDraw.Draw(page)
    left = (wide - SIZE_MM[0]) / 2
    for index, name in enumerate(names):
        top = (high / 2 - SIZE_MM[1]) / 2 + index * high / 2
        page.paste(picture(name), (_pixels(left), _pixels(top)))
        for x in (left, left + SIZE_MM[0]):
            for y in (top, top + SIZE_MM[1]):
                out_x = -1 if x == left else 1
                out_y = -1 if y == top else 1
                for start, end in (
                    ((x + out_x, y), (x + 6 * out_x, y)),
                    ((x, y + out_y), (x, y + 6 * out_y)),
                ):
                    line = [_pixels(start[0]), _pixels(start[1]), _pixels(end[0]), _pixels(end[1])]
                    draw.line(line, INK_2, 2)
    return page


def _pixels(millimetres: float) -> int:
    return round(millimetres * PIXELS_PER_MM)
