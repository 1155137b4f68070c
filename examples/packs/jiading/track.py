"""The Shanghai International Circuit in Anting: its straight, its stands, its bends."""

from examples.packs.jiading.brushes import cloud, frame, hills, mix1
from examples.packs.jiading.canvas import (
    CINNABAR,
    GOLD,
    INK,
    JADE,
    PAPER,
    RIVER,
    Canvas,
    Colour,
    Point,
    arc,
    curve,
    darker,
    lighter,
    mix,
)

_ASPHALT: Colour = (74, 80, 88)
_GRASS: Colour = (104, 148, 92)
_CROWD: tuple[Colour, ...] = (
    CINNABAR,
    (226, 176, 72),
    (242, 236, 222),
    RIVER,
    JADE,
    (208, 120, 72),
    (60, 70, 80),
    (250, 247, 240),
)


def draw() -> Canvas:
    """Return the card."""
    canvas = Canvas(53)
    canvas.wash((38, 66, 98), (120, 132, 150), 0, 22)
    canvas.wash((120, 132, 150), (244, 178, 120), 22, 42)
    canvas.wash((244, 178, 120), (250, 214, 160), 42, 50)
    canvas.disc(30, 43, 8, (250, 226, 166))
    for ring in range(1, 6):
        canvas.disc(
            30, 43, 8 + ring * 3, None, mix((250, 214, 160), (200, 160, 140), ring / 6), 0.25
        )
    for _ in range(90):
        x, y = canvas.rng.uniform(5, 143), canvas.rng.uniform(5, 19)
        canvas.disc(x, y, canvas.rng.uniform(0.1, 0.3), (236, 232, 220))
    for x, y, size in ((116, 17, 2.6), (60, 22, 2.3), (14, 24, 2.1)):
        cloud(canvas, x, y, size, (232, 206, 190))
    hills(canvas, 50, 8, (140, 124, 128))
    _city(canvas)
    _grass(canvas)
    _stand(canvas, -6, 62, 36, 53)
    _stand(canvas, 92, 152, 33, 52)
    _wings(canvas)
    _ribbon(canvas)
    _cars(canvas)
    canvas.grain()
    frame(canvas, "上海国际赛车场", "The Race Track, Anting", "安亭", (160, 70, 40))
    return canvas


def _city(canvas: Canvas) -> None:
    x = 0.0
    while x < 148:
        wide, high = canvas.rng.uniform(3, 7), canvas.rng.uniform(3, 11)
        tone = mix((128, 116, 128), (96, 96, 116), canvas.rng.random())
        canvas.box(x, 50 - high, wide, high + 2, tone)
        for row in range(int(high / 1.3)):
            for side in range(int(wide / 1.2)):
                if canvas.rng.random() < 0.5:
                    canvas.box(
                        x + 0.5 + side * 1.15, 50.4 - high + row * 1.25, 0.5, 0.6, (250, 216, 150)
                    )
        x += wide + canvas.rng.uniform(0, 1.6)


def _grass(canvas: Canvas) -> None:
    canvas.wash((128, 150, 104), _GRASS, 50, 62)
    canvas.wash(_GRASS, (66, 116, 78), 62, 96)
    for x, y in canvas.inside([(0, 51), (148, 94)], 5200):
        size = 0.3 + (float(y) - 50) / 50
        tone = (
            lighter(_GRASS, 0.25)
            if canvas.rng.random() < 0.4
            else darker(_GRASS, canvas.rng.uniform(0.05, 0.35))
        )
        canvas.line(
            [(float(x), float(y)), (float(x) + canvas.rng.uniform(-0.3, 0.4), float(y) - size)],
            tone,
            0.16,
        )
    for _ in range(26):
        x = canvas.rng.uniform(4, 144)
        y = canvas.rng.uniform(53, 60)
        for blob in range(3):
            canvas.disc(
                x + blob * 0.9,
                y - (blob % 2) * 0.5,
                0.85,
                mix(JADE, _GRASS, 0.3 + 0.2 * blob),
                darker(JADE, 0.3),
                0.12,
            )


def _stand(canvas: Canvas, left: float, right: float, top: float, bottom: float) -> None:
    """Draw a stand full of people under roofs like lotus leaves."""
    canvas.polygon(
        [(left, top + 3), (right, top + 3), (right + 2, bottom), (left - 2, bottom)],
        (120, 122, 128),
        (60, 64, 72),
        0.3,
    )
    rows = round((bottom - top - 4) / 1.25)
    for row in range(rows):
        y = top + 4.4 + row * 1.25
        canvas.line([(left, y + 0.55), (right, y + 0.55)], (84, 88, 96), 0.18)
        x = left + 0.5 + 0.3 * (row % 2)
        while x < right:
            if canvas.rng.random() < 0.86:
                coat = _CROWD[int(canvas.rng.integers(0, len(_CROWD)))]
                canvas.box(x - 0.32, y - 0.1, 0.64, 0.62, darker(coat, 0.1))
                canvas.disc(x, y - 0.32, 0.25, (232, 196, 162))
            x += 0.84
    step = 11.0
    x = left + 5
    while x < right + 2:
        canvas.line([(x, bottom), (x, top - 2)], (226, 222, 212), 0.6)
        leaf = [
            *curve((x - 7, top - 0.5), (x - 3, top - 4.6), (x, top - 4.2)),
            *curve((x, top - 4.2), (x + 3, top - 4.6), (x + 7, top - 0.5)),
            *curve((x + 7, top - 0.5), (x, top + 1.8), (x - 7, top - 0.5)),
        ]
        canvas.polygon(leaf, (240, 234, 220), (120, 116, 110), 0.25)
        for vein in range(9):
            share = vein / 8
            canvas.line(
                curve(
                    (x, top - 4.1),
                    (x - 4 + 8 * share, top - 2.6),
                    (x - 6.6 + 13.2 * share, top - 0.4 + 1.0 * (1 - abs(2 * share - 1))),
                    6,
                ),
                (186, 176, 156),
                0.18,
            )
        x += step
    canvas.box(left - 2, bottom - 1.4, right - left + 4, 2.2, PAPER, (90, 90, 96), 0.25)
    x = left - 1
    while x < right + 1:
        canvas.box(x, bottom - 1.1, 3.2, 1.6, _CROWD[int(canvas.rng.integers(0, 6))])
        canvas.line([(x + 0.5, bottom - 0.3), (x + 2.6, bottom - 0.3)], PAPER, 0.25)
        x += 4.1


def _wings(canvas: Canvas) -> None:
    """Draw the two wings that bridge the straight between towers."""
    for x in (60.5, 91.5):
        canvas.box(x - 2.6, 20, 5.2, 35, (216, 210, 200), (80, 82, 90), 0.3)
        for row in range(17):
            for side in range(3):
                canvas.box(
                    x - 2.0 + side * 1.4,
                    24.2 + row * 1.75,
                    1.1,
                    1.1,
                    (250, 222, 156) if canvas.rng.random() < 0.5 else (88, 108, 128),
                )
    for y, reach in ((24, 27), (31.5, 24)):
        wing = [
            *curve((76 - reach, y), (76, y - 6.4), (76 + reach, y), 30),
            *curve((76 + reach, y), (76, y + 2.6), (76 - reach, y), 30),
        ]
        canvas.polygon(wing, CINNABAR, darker(CINNABAR, 0.6), 0.35)
        for rib in range(25):
            share = (rib + 0.5) / 25
            x = 76 - reach + 2 * reach * share
            rise = 3.1 * 4 * share * (1 - share)
            canvas.line([(x, y - rise * 0.92), (x, y + rise * 0.36)], lighter(CINNABAR, 0.3), 0.2)
        canvas.line(
            curve((76 - reach, y), (76, y - 2.2), (76 + reach, y), 30), (252, 214, 170), 0.35
        )


def _ribbon(canvas: Canvas) -> None:
    """Draw the track: the far bend, the straight towards us, the near bend."""
    far = [
        (76.0, 53.0),
        (88, 55.5),
        (120, 57.5),
        (141, 61),
        (138, 66),
        (116, 68),
        (96, 67),
        (84, 70),
        (70, 77),
        (50, 84),
        (22, 90),
        (-6, 95),
    ]
    path = _smooth(far)
    wide = [1.1 + 10.4 * ((y - 53) / 42) ** 1.2 for _, y in path]
    _band(canvas, path, [w * 1.55 for w in wide], (214, 200, 168))
    _kerb(canvas, path, [w * 1.2 for w in wide])
    _band(canvas, path, wide, _ASPHALT)
    for _ in range(900):
        index = int(canvas.rng.integers(0, len(path) - 2))
        (x0, y0), (x1, y1) = path[index], path[index + 1]
        off = canvas.rng.uniform(-0.85, 0.85) * wide[index]
        tone = lighter(_ASPHALT, 0.16) if canvas.rng.random() < 0.5 else darker(_ASPHALT, 0.3)
        canvas.line(
            [(x0, y0 + off * 0.55), (mix1(x0, x1, 1.6), mix1(y0, y1, 1.6) + off * 0.55)], tone, 0.18
        )
    for side in (-0.86, 0.86):
        canvas.line(
            [(x, y + side * w * 0.56) for (x, y), w in zip(path, wide, strict=True)],
            (240, 236, 226),
            0.28,
        )
    _tyres(canvas, path, wide)
    grid = [(60, 81.4), (66, 79.0), (72, 76.4)]
    for x, y in grid:
        canvas.line([(x, y - 2.4), (x + 1.8, y - 2.9), (x + 2.2, y + 1.7)], (240, 236, 226), 0.3)


def _smooth(points: list[Point]) -> list[Point]:
    """Return a Catmull-Rom line through points."""
    found: list[Point] = []
    padded = [points[0], *points, points[-1]]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(14):
            t = step / 14
            found.append(
                tuple(  # type: ignore[arg-type]
                    0.5
                    * (
                        2 * b[i]
                        + (c[i] - a[i]) * t
                        + (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t * t
                        + (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t**3
                    )
                    for i in (0, 1)
                )
            )
    return [*found, points[-1]]


def _edge(path: list[Point], wide: list[float], side: float) -> list[Point]:
    """Return a line beside a path: flat as the ground is, seen from above its middle."""
    found = []
    for index, (x, y) in enumerate(path):
        before, after = path[max(0, index - 1)], path[min(len(path) - 1, index + 1)]
        dx, dy = after[0] - before[0], (after[1] - before[1]) / 0.55
        length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
        found.append(
            (x - side * wide[index] * dy / length, y + side * wide[index] * 0.55 * dx / length)
        )
    return found


def _band(canvas: Canvas, path: list[Point], wide: list[float], colour: Colour) -> None:
    left, right = _edge(path, wide, -1), _edge(path, wide, 1)
    for index in range(len(path) - 1):
        canvas.polygon([left[index], left[index + 1], right[index + 1], right[index]], colour)
        canvas.disc(*path[index], wide[index] * 0.9, colour, tall=0.55)


def _kerb(canvas: Canvas, path: list[Point], wide: list[float]) -> None:
    left, right = _edge(path, wide, -1), _edge(path, wide, 1)
    for index in range(len(path) - 1):
        tone = CINNABAR if index // 2 % 2 else (248, 244, 234)
        for side in (left, right):
            middle = path[index], path[index + 1]
            canvas.polygon([side[index], side[index + 1], middle[1], middle[0]], tone)


def _tyres(canvas: Canvas, path: list[Point], wide: list[float]) -> None:
    """Draw stacks of tyres outside of the bends."""
    line = _edge(path, [w * 2.1 for w in wide], -1)
    for index in range(34, len(line) - 30, 1):
        x, y = line[index]
        size = 0.35 + wide[index] * 0.1
        for level in range(3):
            tone = (CINNABAR, (244, 240, 230), (52, 58, 64))[(index + level) % 3]
            canvas.disc(x, y - level * size * 0.8, size, tone, INK, 0.14, tall=0.55)


def _cars(canvas: Canvas) -> None:
    _car(canvas, 46, 82.0, 1.2, CINNABAR, "7")
    _car(canvas, 75, 73.2, 0.72, JADE, "12")
    _car(canvas, 96, 66.6, 0.46, (226, 176, 72), "3")
    _car(canvas, 124, 66.6, 0.4, RIVER, "9")


def _car(canvas: Canvas, x: float, y: float, size: float, colour: Colour, number: str) -> None:
    """Draw a racing car that comes towards the left, seen a little from above."""

    def at(dx: float, dy: float) -> Point:
        return x + dx * size, y + dy * size - dx * size * 0.34

    edge = darker(colour, 0.65)
    canvas.shade(
        [at(-13, 3.4), at(11, 3.4), at(11, 5.4), at(-13, 5.4)], (20, 24, 28), 0.6, 0.7 * size
    )
    for dx, dy, radius in ((8.4, -2.2, 2.3), (-7.4, -1.8, 2.1)):
        canvas.disc(*at(dx, dy), radius * size, (40, 44, 48), INK, 0.2)
    canvas.polygon([at(9.6, -1.5), at(11.4, -1.5), at(12.8, -7.0), at(11.2, -7.0)], edge)
    body = [
        at(-13, 1.2),
        *curve(at(-13, 1.2), at(-6, -1.6), at(-2, -2.2)),
        *curve(at(-2, -2.2), at(2, -5.4), at(5, -5.0)),
        at(11.5, -2.6),
        at(11.8, 1.2),
        *curve(at(11.8, 1.2), at(2, 2.6), at(-13, 2.4)),
    ]
    canvas.polygon(body, colour, edge, 0.3)
    canvas.polygon(
        [at(-2, -1.9), *curve(at(-2, -1.9), at(1.5, -4.9), at(4.6, -4.6)), at(3.4, -2.4)],
        (38, 44, 52),
        edge,
        0.2,
    )
    canvas.disc(*at(1.2, -3.4), 1.35 * size, (244, 236, 214), edge, 0.2)
    canvas.line([at(0.1, -3.5), at(1.9, -3.3)], INK, 0.4 * size)
    canvas.line([at(-11, 1.4), at(10, -0.2)], lighter(colour, 0.65), 0.7 * size)
    canvas.polygon(
        [at(-15.4, 2.6), at(-11.4, 1.4), at(-10.4, 3.8), at(-14.8, 5.0)],
        lighter(colour, 0.25),
        edge,
        0.25,
    )
    canvas.polygon(
        [at(9.4, -7.6), at(14.4, -7.0), at(14.4, -5.2), at(9.4, -5.8)],
        lighter(colour, 0.2),
        edge,
        0.25,
    )
    for dx, dy, radius in ((8.2, 1.7, 3.0), (-7.6, 2.6, 2.7)):
        canvas.disc(*at(dx, dy), radius * size, (34, 38, 42), INK, 0.25)
        canvas.disc(*at(dx, dy), radius * 0.55 * size, (150, 152, 150), INK, 0.2)
        canvas.line(
            arc(*at(dx, dy), radius * 0.82 * size, 200, 330),
            mix(GOLD, PAPER, 0.4),
            0.25 * size + 0.1,
        )
        for spoke in range(5):
            tip = arc(*at(dx, dy), radius * 0.5 * size, spoke * 72, spoke * 72 + 1)[0]
            canvas.line([at(dx, dy), tip], INK, 0.2)
    canvas.disc(*at(6.4, -1.6), 1.5 * size, PAPER, edge, 0.18)
    canvas.text(*at(6.4, -1.6), number, 2.0 * size, INK, anchor="mm")
