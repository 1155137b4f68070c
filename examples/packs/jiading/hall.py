"""The Minglun Hall of the county school, in whose courts the examination museum is today."""

from examples.packs.jiading.brushes import (
    STONE,
    cloud,
    column,
    crown,
    frame,
    hills,
    roof,
    stones,
    trunk,
    wall,
)
from examples.packs.jiading.canvas import (
    CINNABAR,
    GOLD,
    INK,
    PAPER,
    RIVER,
    Canvas,
    Colour,
    arc,
    curve,
    darker,
    lighter,
    mix,
)

_OSMANTHUS: tuple[Colour, ...] = ((44, 104, 70), (62, 124, 76), (34, 86, 66), (228, 168, 60))
_MAPLE: tuple[Colour, ...] = ((196, 74, 44), (216, 106, 52), (170, 54, 38), (228, 140, 62))
_WOOD: Colour = (126, 44, 34)


def draw() -> Canvas:
    """Return the card."""
    canvas = Canvas(37)
    canvas.wash((206, 176, 176), (244, 226, 206), 0, 44)
    canvas.wash((244, 226, 206), (234, 222, 196), 44, 70)
    hills(canvas, 50, 15, (208, 186, 178))
    hills(canvas, 58, 11, (186, 164, 150))
    for x, y, size in ((27, 16, 3.2), (120, 14, 3.0), (76, 10.5, 2.0)):
        cloud(canvas, x, y, size, (250, 242, 232))
    _geese(canvas)
    wall(canvas, 0, 148, 57, 73, (228, 214, 188))
    _moon_gates(canvas)
    trunk(canvas, 12, 44, 75, 1.8)
    crown(canvas, 12, 37, 15, _MAPLE, leaves=4200)
    trunk(canvas, 137, 42, 75, 1.8)
    crown(canvas, 136, 36, 15.5, _OSMANTHUS, leaves=4200)
    _terrace(canvas)
    _hall(canvas)
    _desks(canvas)
    canvas.grain()
    frame(canvas, "科举明伦堂", "Minglun Hall, Examination Museum", "科举", CINNABAR)
    return canvas


def _geese(canvas: Canvas) -> None:
    for index in range(9):
        x, y = 113 + abs(index - 4) * 2.2, 27 + (index - 4) * 1.5
        canvas.line(
            [
                *curve((x - 1.5, y - 0.8), (x - 0.7, y - 1.2), (x, y), 6),
                *curve((x, y), (x + 0.7, y - 1.3), (x + 1.6, y - 0.7), 6),
            ],
            (88, 66, 66),
            0.3,
        )


def _moon_gates(canvas: Canvas) -> None:
    """Draw round gates in the wall, a garden behind each."""
    for x in (27.5, 120.5):
        canvas.disc(x, 67, 6.2, (112, 102, 92), darker(STONE, 0.6), 0.25)
        canvas.disc(x, 67, 5.3, (206, 214, 182))
        for index in range(5):
            px = x - 3 + index * 1.5
            canvas.line(curve((px, 72), (px + 0.3, 67), (px + 0.5, 63)), (62, 124, 76), 0.5)
            for leaf in range(6):
                y = 64 + leaf * 1.2
                canvas.line(
                    [(px + 0.4, y), (px + (1.8 if leaf % 2 else -1.4), y + 0.9)],
                    (62, 124, 76),
                    0.35,
                )
        canvas.box(x - 6.6, 71.8, 13.2, 2, (216, 204, 178))


def _terrace(canvas: Canvas) -> None:
    """Draw the court of slabs and the terrace with its steps."""
    stones(canvas, [(0, 73), (148, 73), (148, 95), (0, 95)], (190, 176, 152), course=2.7, brick=7)
    stones(canvas, [(24, 70), (124, 70), (128, 77), (20, 77)], STONE, course=2.3, brick=6)
    canvas.box(22, 68.8, 104, 1.8, lighter(STONE, 0.4), darker(STONE, 0.6), 0.25)
    for step in range(5):
        wide = 17 + step * 1.3
        y = 70.4 + step * 1.75
        canvas.box(
            74 - wide,
            y,
            2 * wide,
            1.8,
            lighter(STONE, 0.35 - step * 0.06),
            darker(STONE, 0.55),
            0.22,
        )
        for index in range(7):
            x = 74 - wide + (index + 0.5 * (step % 2)) * wide / 3.4
            canvas.line([(x, y + 0.2), (x, y + 1.6)], darker(STONE, 0.3), 0.16)
    for side in (-1, 1):
        for index in range(8):
            x = 74 + side * (22 + index * 4.3)
            canvas.box(x - 0.6, 63.4, 1.2, 5.6, lighter(STONE, 0.3), darker(STONE, 0.6), 0.2)
            canvas.disc(x, 62.8, 0.8, lighter(STONE, 0.3), darker(STONE, 0.6), 0.2)
            if index < 7:
                inner = x if side > 0 else x - 4.3
                canvas.box(
                    inner + 0.6, 64.6, 3.1, 3.4, lighter(STONE, 0.15), darker(STONE, 0.5), 0.2
                )
                canvas.disc(inner + 2.15, 66.3, 1.0, None, darker(STONE, 0.45), 0.2)
                canvas.line([(inner + 1.2, 66.3), (inner + 3.1, 66.3)], darker(STONE, 0.45), 0.18)


def _hall(canvas: Canvas) -> None:
    """Draw the hall: two roofs, a frieze of brackets, doors of lattice, a board with its name."""
    canvas.box(34, 44, 80, 25, (84, 34, 28))
    for index in range(7):
        left = 36 + index * 11
        _doors(canvas, left + 0.6, 50, 9.8, 18.8)
    for index in range(8):
        column(canvas, 35.5 + index * 11, 42, 68.2, 1.05, CINNABAR)
    canvas.box(34, 44, 80, 3.4, (40, 84, 96), (24, 48, 58), 0.25)
    for index in range(26):
        x = 35.6 + index * 3.06
        canvas.polygon(
            [(x - 1.1, 45.7), (x, 44.5), (x + 1.1, 45.7), (x, 46.9)],
            (214, 172, 84),
            (120, 80, 30),
            0.14,
        )
        canvas.disc(x, 45.7, 0.35, CINNABAR)
    _brackets(canvas, 34, 114, 41.2, 31)
    roof(canvas, 74, 29, 41.5, 36, 51, lift=5.0, tiles=104)
    canvas.box(52, 22.6, 44, 6.2, (110, 46, 36), darker(_WOOD, 0.5))
    _brackets(canvas, 52, 96, 23.2, 17)
    roof(canvas, 74, 12.5, 24, 19, 31, lift=4.0, tiles=66)
    for index in range(15):
        canvas.disc(74 - 14 + index * 2, 12.1, 0.5, (120, 132, 136), (50, 60, 66), 0.12)
    canvas.disc(74, 10.4, 1.5, (206, 158, 64), (110, 76, 24), 0.2)
    canvas.polygon([(73.3, 9.2), (74, 6.8), (74.7, 9.2)], (206, 158, 64), (110, 76, 24), 0.16)
    canvas.box(62, 43.3, 24, 7.4, (26, 46, 58), mix(GOLD, PAPER, 0.35), 0.6)
    canvas.text(74, 47, "明伦堂", 5.2, (240, 206, 130), anchor="mm", track=0)
    for side in (-1, 1):
        x = 74 + side * 5.5
        canvas.box(x - 1.15, 52, 2.3, 14.6, (38, 34, 32), (206, 158, 64), 0.2)
    canvas.down(68.5, 52.6, "学而时习", 2.4, (240, 206, 130))
    canvas.down(79.5, 52.6, "有教无类", 2.4, (240, 206, 130))
    for side in (-1, 1):
        x = 74 + side * 16.6
        canvas.line([(x, 47.4), (x, 50)], INK, 0.2)
        canvas.disc(x, 52.2, 2.1, CINNABAR, darker(CINNABAR, 0.5), 0.22, tall=1.15)
        for rib in (-1.2, 0, 1.2):
            canvas.line(
                curve((x + rib * 0.5, 49.9), (x + rib * 1.6, 52.2), (x + rib * 0.5, 54.5), 8),
                (236, 160, 90),
                0.16,
            )
        canvas.line([(x, 54.6), (x, 57.2)], (236, 180, 90), 0.4)


def _doors(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    for leaf in range(2):
        left = x + leaf * width / 2
        wide = width / 2 - 0.25
        canvas.box(left, y, wide, height, _WOOD, darker(_WOOD, 0.6), 0.25)
        for row in range(8):
            for side in range(3):
                cx, cy = left + 0.95 + side * (wide - 1.9) / 2, y + 1.1 + row * 1.35
                canvas.box(cx - 0.5, cy - 0.45, 1.0, 0.95, (244, 216, 156))
                if (row + side) % 2:
                    canvas.line([(cx - 0.5, cy - 0.45), (cx + 0.5, cy + 0.5)], _WOOD, 0.2)
                else:
                    canvas.line([(cx + 0.5, cy - 0.45), (cx - 0.5, cy + 0.5)], _WOOD, 0.2)
        canvas.box(
            left + 0.5,
            y + height - 6.2,
            wide - 1,
            5.2,
            lighter(_WOOD, 0.12),
            darker(_WOOD, 0.5),
            0.2,
        )
        canvas.disc(left + wide / 2, y + height - 3.6, 1.1, None, (214, 172, 84), 0.22)
        canvas.line(arc(left + wide / 2, y + height - 3.6, 0.6, 0, 300), (214, 172, 84), 0.2)


def _brackets(canvas: Canvas, left: float, right: float, y: float, count: int) -> None:
    """Draw a frieze of bracket sets under an eave."""
    canvas.box(left, y, right - left, 3.0, (52, 92, 88), darker(RIVER, 0.6), 0.2)
    for index in range(count):
        x = left + (index + 0.5) * (right - left) / count
        canvas.polygon(
            [(x - 1.2, y + 0.5), (x + 1.2, y + 0.5), (x + 0.8, y + 1.2), (x - 0.8, y + 1.2)],
            (206, 158, 74),
            (80, 52, 24),
            0.14,
        )
        canvas.polygon(
            [(x - 0.9, y + 1.3), (x + 0.9, y + 1.3), (x + 0.5, y + 2.0), (x - 0.5, y + 2.0)],
            CINNABAR,
            (80, 26, 20),
            0.14,
        )
        canvas.box(x - 0.35, y + 2.0, 0.7, 0.9, (206, 158, 74), (80, 52, 24), 0.14)


def _desks(canvas: Canvas) -> None:
    """Draw desks in the court: brush, ink stone and paper, as for an examination."""
    for row, (y, size) in enumerate(((79, 0.85), (86.5, 1.05))):
        for index in range(6):
            side = -1 if index < 3 else 1
            place = index if index < 3 else index - 3
            x = 74 + side * (26 + place * 19 * size) + side * row * 5
            _desk(canvas, x, y, size)


def _desk(canvas: Canvas, x: float, y: float, size: float) -> None:
    wide, deep = 6.4 * size, 2.3 * size
    canvas.shade(
        [
            (x - wide, y + 4 * size),
            (x + wide, y + 4 * size),
            (x + wide, y + 5.2 * size),
            (x - wide, y + 5.2 * size),
        ],
        (70, 56, 44),
        0.5,
        0.6,
    )
    for leg in (-1, 1):
        canvas.box(
            x + leg * wide * 0.86 - 0.4,
            y + deep * 0.5,
            0.8,
            4.4 * size,
            (84, 48, 34),
            (48, 28, 22),
            0.16,
        )
    canvas.polygon(
        [
            (x - wide * 0.86, y - deep),
            (x + wide * 0.86, y - deep),
            (x + wide, y + deep * 0.5),
            (x - wide, y + deep * 0.5),
        ],
        (150, 92, 58),
        (70, 42, 28),
        0.25,
    )
    canvas.box(x - wide, y + deep * 0.5, 2 * wide, 0.9 * size, (112, 66, 44), (60, 36, 26), 0.2)
    sheet = [
        (x - wide * 0.42, y - deep * 0.82),
        (x + wide * 0.3, y - deep * 0.82),
        (x + wide * 0.34, y + deep * 0.28),
        (x - wide * 0.48, y + deep * 0.28),
    ]
    canvas.polygon(sheet, PAPER, darker(PAPER, 0.4), 0.18)
    for column_ in range(7):
        lx = x - wide * 0.36 + column_ * wide * 0.1
        for mark in range(5):
            my = y - deep * 0.66 + mark * deep * 0.2
            if canvas.rng.random() < 0.8:
                canvas.line([(lx, my), (lx + 0.22 * size, my + 0.12)], INK, 0.22)
    canvas.disc(
        x + wide * 0.62, y - deep * 0.15, 0.85 * size, (44, 44, 48), (20, 20, 24), 0.16, tall=0.55
    )
    canvas.line(
        [(x + wide * 0.48, y + deep * 0.2), (x + wide * 0.8, y - deep * 0.75)], (168, 118, 60), 0.3
    )
    canvas.box(
        x - wide * 0.78,
        y - deep * 0.7,
        0.9 * size,
        1.3 * size,
        CINNABAR,
        darker(CINNABAR, 0.5),
        0.16,
    )
