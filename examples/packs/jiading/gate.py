"""The Lingxing Gate before the Confucius temple: stone pillars that rise above their beams."""

from examples.packs.jiading.brushes import (
    STONE,
    cloud,
    column,
    crown,
    frame,
    hills,
    roof,
    spray,
    stones,
    trunk,
    wall,
)
from examples.packs.jiading.canvas import (
    CINNABAR,
    GOLD,
    GOLD_SOFT,
    JADE,
    PAPER,
    Canvas,
    Colour,
    arc,
    curve,
    darker,
    lighter,
    mix,
)

_PINE: tuple[Colour, ...] = ((30, 92, 78), (23, 105, 93), (58, 120, 92), (20, 70, 62))
_GINKGO: tuple[Colour, ...] = ((222, 170, 52), (238, 194, 84), (196, 140, 30), (180, 120, 24))


def draw() -> Canvas:
    """Return the card."""
    canvas = Canvas(11)
    canvas.wash((236, 206, 150), (250, 236, 208), 0, 40)
    canvas.wash((250, 236, 208), (238, 226, 198), 40, 70)
    canvas.disc(104, 23, 10.5, (222, 112, 66))
    canvas.disc(104, 23, 10.5, None, (236, 150, 96), 0.4)
    for ring in range(1, 7):
        canvas.disc(104, 23, 10.5 + ring * 2.7, None, (240, 190 + ring * 4, 132 + ring * 9), 0.25)
    hills(canvas, 52, 12, (205, 196, 160))
    hills(canvas, 57, 9, (166, 176, 146))
    cloud(canvas, 24, 17, 3.6, (252, 246, 232))
    cloud(canvas, 124, 15, 2.7, (252, 246, 232))
    cloud(canvas, 78, 12, 2.2, (250, 240, 222))
    wall(canvas, 0, 148, 58, 71, (186, 92, 64))
    _hall(canvas)
    trunk(canvas, 14, 44, 74, 1.9)
    crown(canvas, 14, 36, 15, _GINKGO, leaves=3600)
    trunk(canvas, 135, 40, 74, 1.9)
    crown(canvas, 134, 34, 16, _PINE, leaves=4200)
    _court(canvas)
    for middle, half, top in ((39, 12.5, 34), (109, 12.5, 34), (74, 17, 26)):
        _arch(canvas, middle, half, top)
    _balustrade(canvas)
    plum = ((214, 84, 72), (236, 132, 112), (190, 58, 52), (248, 190, 170))
    spray(canvas, (-1, 6), (22, 12), (52, 24), plum, blossoms=120)
    spray(canvas, (150, 4), (134, 14), (118, 12), plum, blossoms=60)
    canvas.grain()
    frame(canvas, "嘉定孔庙", "Lingxing Gate, Jiading Confucius Temple", "嘉定", JADE)
    return canvas


def _hall(canvas: Canvas) -> None:
    """Draw the hall behind, its roof over the gates."""
    canvas.box(42, 48, 64, 24, (150, 66, 48))
    for index in range(9):
        x = 43 + index * 7.75
        column(canvas, x, 47, 71, 0.9, CINNABAR)
        if index < 8:
            _lattice(canvas, x + 1.3, 50, 5.1, 19)
    roof(canvas, 74, 32, 48, 24, 40, lift=4.5, tiles=72)
    canvas.box(60, 48, 28, 2.6, (44, 84, 92), darker(JADE, 0.5))
    for index in range(18):
        canvas.disc(61 + index * 1.53, 49.3, 0.5, (220, 180, 96), darker(GOLD, 0.3), 0.12)


def _lattice(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    canvas.box(x, y, width, height, (92, 40, 32), (60, 28, 24), 0.25)
    for row in range(7):
        for side in range(4):
            canvas.box(
                x + 0.35 + side * (width - 0.4) / 4,
                y + 0.4 + row * 1.7,
                0.85,
                1.25,
                (232, 206, 150),
            )
    canvas.box(x + 0.5, y + 13, width - 1, height - 13.6, (124, 52, 38), (70, 30, 24), 0.2)


def _court(canvas: Canvas) -> None:
    """Draw the court: slabs that run to a point behind the middle gate."""
    stones(canvas, [(0, 70), (148, 70), (148, 94), (0, 94)], (196, 182, 154), course=2.6, brick=7)
    for index in range(-9, 10):
        canvas.line([(74 + index * 6, 70), (74 + index * 15, 94)], (150, 138, 114), 0.2)
    stones(canvas, [(64, 70), (84, 70), (96, 94), (52, 94)], (218, 204, 176), course=1.9, brick=4)
    canvas.shade([(20, 74), (128, 74), (136, 78), (14, 78)], (80, 66, 48), 0.35, 1.2)


def _arch(canvas: Canvas, middle: float, half: float, top: float) -> None:
    """Draw one gate: two pillars with cloud boards, two beams, a panel with letters."""
    beam = top + 13
    canvas.box(middle - half, beam, 2 * half, 4.2, STONE, darker(STONE, 0.55))
    canvas.box(middle - half, beam + 9.6, 2 * half, 3.4, lighter(STONE, 0.2), darker(STONE, 0.55))
    canvas.box(middle - half, beam + 4.2, 2 * half, 5.4, darker(STONE, 0.12), darker(STONE, 0.5))
    count = round(half / 1.6)
    for index in range(count):
        x = middle - half + 2.4 + index * (2 * half - 4.8) / max(1, count - 1)
        for radius in (1.25, 0.8, 0.4):
            canvas.line(
                arc(x, beam + 2.1, radius, 20 + 40 * index, 330 + 40 * index),
                darker(STONE, 0.45),
                0.2,
            )
        canvas.line(
            curve((x - 0.9, beam + 12.3), (x, beam + 9.9), (x + 0.9, beam + 12.3), 8),
            darker(STONE, 0.4),
            0.25,
        )
        canvas.disc(x, beam + 11.8, 0.35, darker(STONE, 0.35))
    wide = half * 0.62
    canvas.box(middle - wide, beam + 4.5, 2 * wide, 4.8, (52, 74, 78), mix(GOLD, PAPER, 0.3), 0.35)
    if half > 15:
        canvas.text(middle, beam + 6.95, "棂星门", 3.9, GOLD_SOFT, anchor="mm")
    else:
        for index in range(5):
            canvas.disc(
                middle - wide * 0.72 + index * wide * 0.36, beam + 6.9, 0.95, None, GOLD_SOFT, 0.25
            )
            canvas.disc(middle - wide * 0.72 + index * wide * 0.36, beam + 6.9, 0.35, GOLD_SOFT)
    for side in (-1, 1):
        x = middle + side * half
        _pillar(canvas, x, top)
        brace = [
            (x - side * 1.6, beam + 13),
            *curve(
                (x - side * 6.5, beam + 13),
                (x - side * 2.4, beam + 14.2),
                (x - side * 1.6, beam + 19),
                10,
            ),
        ]
        canvas.polygon(brace, lighter(STONE, 0.15), darker(STONE, 0.55), 0.22)
        canvas.line(arc(x - side * 3.3, beam + 14.8, 0.8, 0, 300), darker(STONE, 0.4), 0.2)


def _pillar(canvas: Canvas, x: float, top: float) -> None:
    stones(
        canvas,
        [(x - 1.7, top), (x + 1.7, top), (x + 1.9, 75), (x - 1.9, 75)],
        STONE,
        course=4,
        brick=9,
    )
    canvas.box(x + 0.9, top, 0.9, 75 - top, darker(STONE, 0.35))
    canvas.line([(x - 1.7, top), (x - 1.9, 75)], lighter(STONE, 0.6), 0.3)
    canvas.line([(x + 1.7, top), (x + 1.9, 75)], darker(STONE, 0.65), 0.3)
    board = top + 7
    wing = [
        *curve((x - 6.2, board), (x - 4.5, board - 3.4), (x, board - 2.6), 10),
        *curve((x, board - 2.6), (x + 4.5, board - 3.4), (x + 6.2, board), 10),
        *curve((x + 6.2, board), (x + 4, board + 2.6), (x, board + 1.6), 10),
        *curve((x, board + 1.6), (x - 4, board + 2.6), (x - 6.2, board), 10),
    ]
    canvas.polygon(wing, lighter(STONE, 0.3), darker(STONE, 0.6), 0.28)
    for side in (-1, 1):
        for turn, radius in enumerate((1.5, 1.0, 0.5)):
            canvas.line(
                arc(x + side * 3.4, board - 0.4, radius, 30 * turn, 300), darker(STONE, 0.5), 0.22
            )
    canvas.box(x - 2.3, top - 1.2, 4.6, 1.5, lighter(STONE, 0.2), darker(STONE, 0.6))
    canvas.polygon(
        [
            (x - 1.9, top - 1.2),
            *curve((x - 2.1, top - 2.6), (x - 1.6, top - 5.2), (x, top - 6.4), 8),
            *curve((x, top - 6.4), (x + 1.6, top - 5.2), (x + 2.1, top - 2.6), 8),
            (x + 1.9, top - 1.2),
        ],
        darker(STONE, 0.1),
        darker(STONE, 0.6),
    )
    for turn in range(3):
        canvas.line(
            curve(
                (x - 1.8, top - 1.9 - turn * 1.3),
                (x, top - 1.1 - turn * 1.3),
                (x + 1.8, top - 2.2 - turn * 1.3),
                8,
            ),
            darker(STONE, 0.5),
            0.2,
        )
    for side in (-1, 1):
        drum = x + side * 3.1
        canvas.disc(drum, 72.6, 2.2, lighter(STONE, 0.1), darker(STONE, 0.6), 0.28)
        for radius in (1.5, 0.8):
            canvas.line(arc(drum, 72.6, radius, 0, 320), darker(STONE, 0.45), 0.22)
    canvas.box(x - 5.6, 74.6, 11.2, 2.4, darker(STONE, 0.08), darker(STONE, 0.6))


def _balustrade(canvas: Canvas) -> None:
    """Draw the balustrade in front, a lion on each of its posts."""
    top, bottom = 82.5, 93
    canvas.box(0, top + 1.6, 148, bottom - top, darker(STONE, 0.18))
    canvas.box(0, top + 0.6, 148, 1.7, lighter(STONE, 0.35), darker(STONE, 0.6))
    for index in range(13):
        x = index * 12.33
        canvas.box(x + 2.4, top + 3.3, 7.6, 5.6, lighter(STONE, 0.12), darker(STONE, 0.5), 0.25)
        for turn in range(3):
            centre = x + 4.1 + turn * 2.1
            canvas.disc(centre, top + 6.1, 0.95, None, darker(STONE, 0.45), 0.22)
            canvas.line(
                curve((centre - 1, top + 7.9), (centre, top + 6.7), (centre + 1, top + 7.9), 6),
                darker(STONE, 0.45),
                0.22,
            )
            canvas.line(
                curve((centre - 1, top + 4.1), (centre, top + 5.3), (centre + 1, top + 4.1), 6),
                darker(STONE, 0.45),
                0.22,
            )
        canvas.box(
            x - 1.5, top - 0.6, 3, bottom - top + 1, lighter(STONE, 0.18), darker(STONE, 0.6), 0.25
        )
        _lion(canvas, x, top - 0.6)


def _lion(canvas: Canvas, x: float, y: float) -> None:
    body, edge = darker(STONE, 0.06), darker(STONE, 0.68)
    canvas.disc(x, y - 1.5, 1.75, body, edge, 0.22, tall=1.0)
    canvas.disc(x, y - 3.9, 1.65, lighter(STONE, 0.2), edge, 0.22)
    for turn in range(9):
        spot = arc(x, y - 3.8, 1.6, 150 + turn * 30, 150 + turn * 30 + 1)[0]
        canvas.disc(*spot, 0.52, darker(STONE, 0.2), edge, 0.14)
    for side in (-1, 1):
        canvas.disc(x + side * 0.6, y - 4.1, 0.24, edge)
        canvas.disc(x + side * 0.9, y - 0.4, 0.62, lighter(STONE, 0.25), edge, 0.18)
    canvas.disc(x, y - 3.4, 0.36, edge)
    canvas.line(arc(x, y - 3.2, 0.75, 20, 160), edge, 0.2)
