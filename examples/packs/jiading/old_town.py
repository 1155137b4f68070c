"""The old town around Zhouqiao: the pagoda, and white houses under black tiles."""

from examples.packs.jiading.brushes import STONE, TILE, mix1, roof
from examples.packs.jiading.canvas import CINNABAR, Canvas, Colour, curve, darker

WALL: Colour = (244, 238, 224)
WOOD: Colour = (120, 66, 44)
BANK = 66.0
"""Where the quay ends and the water begins, millimetres from the top."""


def pagoda(canvas: Canvas, middle: float) -> None:
    """Draw seven storeys of brick and wood, each smaller than the one below, and the spire."""
    base, storeys = BANK - 4, 7
    levels: list[tuple[float, float, float]] = []
    y = base
    for storey in range(storeys):
        half = mix1(7.6, 4.5, storey / (storeys - 1))
        high = mix1(6.9, 5.2, storey / (storeys - 1))
        levels.append((y, half, high))
        y -= high
    for index, (foot, half, high) in enumerate(levels):
        top = foot - high
        canvas.box(middle - half, top, 2 * half, high, (226, 196, 140), darker(STONE, 0.6))
        canvas.box(middle + half * 0.55, top, half * 0.45, high, (196, 160, 106))
        for side in (-1.0, -0.42, 0.42, 1.0):
            canvas.box(
                middle + side * half - 0.4, top, 0.8, high, CINNABAR, darker(CINNABAR, 0.5), 0.15
            )
        canvas.polygon(
            [
                (middle - 1.3, foot),
                (middle - 1.3, foot - high * 0.42),
                *curve(
                    (middle - 1.3, foot - high * 0.42),
                    (middle, foot - high * 0.8),
                    (middle + 1.3, foot - high * 0.42),
                    8,
                ),
                (middle + 1.3, foot),
            ],
            (58, 40, 36),
            (40, 28, 26),
            0.2,
        )
        for side in (-0.71, 0.71):
            canvas.box(
                middle + side * half - 0.75,
                foot - high * 0.55,
                1.5,
                1.7,
                (80, 52, 42),
                (50, 34, 30),
                0.15,
            )
            canvas.line(
                [
                    (middle + side * half, foot - high * 0.55),
                    (middle + side * half, foot - high * 0.55 + 1.7),
                ],
                (210, 170, 110),
                0.15,
            )
        rail = foot - 0.2
        canvas.box(middle - half - 1.4, rail - 1.5, 2 * half + 2.8, 0.35, CINNABAR)
        for post in range(13):
            x = middle - half - 1.3 + post * (2 * half + 2.6) / 12
            canvas.line([(x, rail - 1.5), (x, rail)], CINNABAR, 0.22)
        is_top = index == len(levels) - 1
        roof(
            canvas,
            middle,
            top - (3.4 if is_top else 2.2),
            top + 1.2,
            half * (0.35 if is_top else 0.82),
            half + 3.6,
            lift=1.7,
            tiles=24,
            colour=TILE,
        )
    top = levels[-1][0] - levels[-1][2] - 3.4
    canvas.line([(middle, top), (middle, top - 9)], (96, 70, 30), 0.5)
    for ring in range(7):
        canvas.disc(
            middle,
            top - 1.6 - ring * 0.9,
            1.2 - ring * 0.11,
            (168, 118, 40),
            (90, 60, 20),
            0.16,
            tall=0.42,
        )
    canvas.disc(middle, top - 8.4, 0.7, (206, 158, 64), (90, 60, 20), 0.18)
    canvas.polygon(
        [(middle - 0.35, top - 9), (middle, top - 10.6), (middle + 0.35, top - 9)], (206, 158, 64)
    )
    for side in (-1, 1):
        canvas.line(
            curve(
                (middle, top - 7.4),
                (middle + side * 2.2, top - 2),
                (middle + side * 5.6, top + 2.2),
            ),
            (120, 96, 60),
            0.14,
        )


def house(canvas: Canvas, x: float, wide: float, high: float) -> None:
    """Draw a white house of the water towns: stepped gable, black tiles, wooden windows."""
    foot = BANK - 2
    top = foot - high
    canvas.box(x, top, wide, high, WALL, darker(WALL, 0.5))
    for px, py in canvas.inside(
        [(x + 0.4, top + 2), (x + wide - 0.6, foot - 0.5)], round(wide * 5)
    ):
        canvas.line(
            [(float(px), float(py)), (float(px), float(py) + canvas.rng.uniform(0.3, 1.4))],
            darker(WALL, canvas.rng.uniform(0.06, 0.22)),
            0.18,
        )
    roof(
        canvas,
        x + wide / 2,
        top - 4.6,
        top + 0.8,
        wide * 0.36,
        wide * 0.56,
        lift=1.0,
        tiles=round(wide * 2),
        colour=darker(TILE, 0.25),
    )
    for side in (0, 1):
        edge = x if side == 0 else x + wide - 2.6
        for step in range(3):
            rise = top - 1.6 - step * 1.5
            left = (
                edge + (0.0 if side == 0 else 1.3 * 0) + (step * 0.4 if side == 0 else -step * 0.0)
            )
            canvas.box(
                left, rise, 2.6 - step * 0.6, top - rise + 0.8, WALL, darker(WALL, 0.55), 0.2
            )
            canvas.box(left - 0.3, rise - 0.5, 3.2 - step * 0.6, 0.6, darker(TILE, 0.45))
    rows = 2 if high > 15 else 1
    for row in range(rows):
        count = max(2, round(wide / 5.5))
        for index in range(count):
            wx = x + 1.4 + index * (wide - 1.4) / count
            wy = top + 2.6 + row * 7.4
            canvas.box(wx, wy, 3.1, 3.9, WOOD, darker(WOOD, 0.5), 0.2)
            for pane in range(6):
                canvas.box(
                    wx + 0.3 + (pane % 3) * 0.95,
                    wy + 0.35 + (pane // 3) * 1.75,
                    0.7,
                    1.45,
                    (240, 214, 150) if canvas.rng.random() < 0.55 else (70, 62, 58),
                )
            canvas.box(wx - 0.4, wy - 0.9, 3.9, 0.7, darker(TILE, 0.35))
    for lamp in range(2):
        lx = x + wide * (0.3 + 0.42 * lamp)
        canvas.line([(lx, foot - 6.2), (lx, foot - 5)], (60, 40, 30), 0.18)
        canvas.disc(lx, foot - 4.1, 1.0, CINNABAR, darker(CINNABAR, 0.45), 0.18, tall=1.15)
        canvas.line([(lx - 0.7, foot - 4.1), (lx + 0.7, foot - 4.1)], (236, 180, 90), 0.18)
