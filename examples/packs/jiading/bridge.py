"""Zhouqiao, where two rivers of the old town cross, and the Fahua Pagoda above the roofs."""

from examples.packs.jiading.brushes import (
    STONE,
    TILE,
    cloud,
    crown,
    frame,
    hills,
    spray,
    stones,
    trunk,
    water,
)
from examples.packs.jiading.canvas import (
    CINNABAR,
    JADE,
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
from examples.packs.jiading.old_town import BANK, WALL, WOOD, house, pagoda

_WILLOW: tuple[Colour, ...] = ((120, 160, 84), (92, 140, 78), (150, 178, 96), (64, 118, 74))


def draw() -> Canvas:
    """Return the card."""
    canvas = Canvas(23)
    canvas.wash((150, 190, 198), (226, 234, 222), 0, 48)
    canvas.wash((226, 234, 222), (244, 232, 206), 48, BANK)
    canvas.disc(121, 19, 7, (250, 240, 214))
    for ring in range(1, 5):
        canvas.disc(121, 19, 7 + ring * 2.2, None, (226, 226, 206), 0.25)
    cloud(canvas, 22, 21, 3.4, (248, 248, 240))
    cloud(canvas, 97, 14, 2.6, (248, 248, 240))
    cloud(canvas, 138, 34, 2.3, (248, 248, 240))
    for flight, (x, y) in enumerate(((74, 26), (80, 23), (86, 27), (79, 31))):
        wing = 1.8 + flight * 0.15
        canvas.line(
            [
                *curve((x - wing, y - 0.6), (x - wing / 2, y - 1.4), (x, y), 6),
                *curve((x, y), (x + wing / 2, y - 1.4), (x + wing, y - 0.6), 6),
            ],
            (60, 80, 90),
            0.35,
        )
    hills(canvas, 56, 14, (176, 200, 190))
    hills(canvas, 62, 10, (138, 172, 156))
    crown(canvas, 9, 50, 10, ((58, 120, 92), (40, 104, 86), (84, 140, 96)), leaves=1500)
    crown(canvas, 66, 55, 8, ((58, 120, 92), (40, 104, 86), (84, 140, 96)), leaves=1200)
    pagoda(canvas, 41)
    for x, wide, high in ((-4, 20, 15), (52, 17, 13), (112, 19, 16), (131, 22, 20)):
        house(canvas, x, wide, high)
    house(canvas, 12, 18, 19)
    water(canvas, BANK, 95, (30, 88, 98), (132, 176, 174), strokes=1800)
    _reflections(canvas)
    stones(
        canvas,
        [(-2, BANK - 3), (58, BANK - 3), (56, BANK + 5), (-2, BANK + 6)],
        (180, 172, 154),
        course=2,
        brick=5,
    )
    stones(
        canvas,
        [(118, BANK - 3), (150, BANK - 3), (150, BANK + 6), (120, BANK + 5)],
        (180, 172, 154),
        course=2,
        brick=5,
    )
    _bridge(canvas)
    _boat(canvas, 35, 83)
    _willow(canvas, 141)
    peach = ((246, 200, 196), (238, 170, 172), (252, 226, 218), (226, 138, 146))
    spray(canvas, (108, -2), (92, 14), (58, 13), peach, blossoms=110)
    spray(canvas, (120, -2), (106, 26), (84, 30), peach, blossoms=100)
    spray(canvas, (-1, 8), (10, 24), (27, 28), peach, blossoms=80)
    _ducks(canvas)
    canvas.grain()
    frame(canvas, "州桥老街", "Zhouqiao and the Fahua Pagoda", "州桥", RIVER)
    return canvas


def _bridge(canvas: Canvas) -> None:
    """Draw the arch of granite, its steps, its balustrade, and the arch in the water."""
    middle, span, crest, foot = 88.0, 13.5, 49.0, 70.5
    deck = [
        *curve((52, foot - 4), (70, crest - 1.0), (middle, crest), 24),
        *curve((middle, crest), (106, crest - 1.0), (124, foot - 4), 24)[1:],
    ]
    canvas.polygon(
        [*deck, (126, foot + 1), (50, foot + 1)], darker(STONE, 0.62), darker(STONE, 0.7)
    )
    for row in range(10):
        y0 = crest + 1 + row * 2.2
        for index in range(-18, 18):
            x0 = middle + index * 4.2 + (2.1 if row % 2 else 0)
            box = [
                (x0 + 0.12, y0 + 0.12),
                (x0 + 4.08, y0 + 0.12),
                (x0 + 4.08, y0 + 2.08),
                (x0 + 0.12, y0 + 2.08),
            ]
            if _under(deck, box) and y0 < foot - 0.5:
                lit = canvas.rng.uniform(-0.18, 0.24)
                canvas.polygon(box, lighter(STONE, lit) if lit > 0 else darker(STONE, -lit))
                if canvas.rng.random() < 0.5:
                    canvas.line(
                        [(x0 + 0.8, y0 + 0.8), (x0 + canvas.rng.uniform(1.6, 3.4), y0 + 1)],
                        darker(STONE, 0.72),
                        0.3,
                    )
    hole = arc(middle, foot + 0.5, span, 180, 360, tall=1.12)
    canvas.polygon([*hole, (middle + span, foot + 2), (middle - span, foot + 2)], (206, 220, 206))
    canvas.polygon(
        [
            (middle - span * 0.9, foot - 6),
            *curve(
                (middle - span * 0.9, foot - 6),
                (middle - 4, foot - 10),
                (middle + span * 0.9, foot - 6),
            ),
            (middle + span, foot - 4),
            (middle - span, foot - 4),
        ],
        (138, 172, 156),
    )
    canvas.polygon(
        [
            (middle - span * 0.92, foot - 5),
            (middle + span * 0.92, foot - 5),
            (middle + span, foot + 2),
            (middle - span, foot + 2),
        ],
        (88, 134, 136),
    )
    low = arc(middle, foot + 1, span, 0, 180, tall=0.72)
    canvas.polygon(low, mix((58, 104, 110), RIVER, 0.35))
    for index in range(140):
        y = canvas.rng.uniform(foot - 4.6, foot + 8)
        reach = canvas.rng.uniform(1, 5)
        x = canvas.rng.uniform(middle - span + 2, middle + span - 6)
        if abs(x + reach / 2 - middle) / span < 0.86 - abs(y - foot) / 24:
            canvas.line(
                curve((x, y), (x + reach / 2, y + 0.5), (x + reach, y), 5),
                lighter((88, 134, 136), canvas.rng.uniform(0.1, 0.4)),
                0.22,
            )
        if index % 7 == 0:
            canvas.line([(x, foot + 1.2), (x + reach, foot + 1.2)], (40, 80, 88), 0.2)
    outer = arc(middle, foot + 0.5, span + 2.4, 180, 360, tall=1.1)
    for index in range(len(outer) - 1):
        voussoir = [
            hole[min(index, len(hole) - 1)],
            hole[min(index + 1, len(hole) - 1)],
            outer[index + 1],
            outer[index],
        ]
        lit = canvas.rng.uniform(0.0, 0.35)
        canvas.polygon(voussoir, lighter(STONE, lit), darker(STONE, 0.6), 0.2)
    canvas.line(deck, darker(STONE, 0.55), 0.9)
    canvas.line([(x, y - 0.5) for x, y in deck], lighter(STONE, 0.5), 0.5)
    rail = [(x, y - 3.6) for x, y in deck]
    for index in range(0, len(deck) - 3, 3):
        panel = [deck[index], deck[index + 3], rail[index + 3], rail[index]]
        canvas.polygon(
            [(x, y + (0.6 if n > 1 else -0.4)) for n, (x, y) in enumerate(panel)],
            lighter(STONE, 0.18),
            darker(STONE, 0.5),
            0.2,
        )
        mid_x, mid_y = (
            (deck[index][0] + rail[index + 3][0]) / 2,
            (deck[index][1] + rail[index + 3][1]) / 2,
        )
        canvas.disc(mid_x, mid_y, 0.7, None, darker(STONE, 0.45), 0.2)
        canvas.line(arc(mid_x, mid_y, 0.36, 0, 300), darker(STONE, 0.45), 0.18)
    canvas.line(rail, darker(STONE, 0.6), 1.0)
    canvas.line([(x, y - 0.15) for x, y in rail], lighter(STONE, 0.4), 0.45)
    for index in range(0, len(deck), 6):
        x, y = deck[index]
        canvas.box(x - 0.75, y - 5.3, 1.5, 5.6, lighter(STONE, 0.25), darker(STONE, 0.6), 0.2)
        canvas.disc(x, y - 6.0, 0.95, lighter(STONE, 0.3), darker(STONE, 0.6), 0.2)
    canvas.box(middle - 5, crest + 3.0, 10, 2.9, (70, 84, 86), darker(STONE, 0.7), 0.2)
    canvas.text(middle, crest + 4.45, "登龙桥", 2.3, (240, 232, 212), anchor="mm")
    for person, (share, coat) in enumerate(
        ((12, CINNABAR), (20, JADE), (21, (222, 176, 80)), (33, RIVER))
    ):
        x, y = deck[share]
        canvas.polygon(
            [(x - 0.9, y - 0.4), (x - 0.5, y - 4.6), (x + 0.5, y - 4.6), (x + 0.9, y - 0.4)],
            coat,
            darker(coat, 0.5),
            0.18,
        )
        canvas.disc(x, y - 5.4, 0.75, (228, 190, 156), (80, 54, 40), 0.18)
        if person == 1:
            canvas.polygon(
                arc(x, y - 6.2, 3.2, 180, 360, tall=0.62), CINNABAR, darker(CINNABAR, 0.5), 0.2
            )
            canvas.line([(x, y - 8), (x, y - 5)], (70, 50, 40), 0.2)


def _under(deck: list[Point], box: list[Point]) -> bool:
    """Tell whether a stone lies below the line of the deck."""
    for x, y in box[:2]:
        near = min(deck, key=lambda point: abs(point[0] - x))
        if abs(near[0] - x) > 3 or y < near[1] + 0.4:
            return False
    return True


def _reflections(canvas: Canvas) -> None:
    """Break the colours of pagoda and houses into strokes on the water."""
    for left, right, depth, colours in (
        (33, 50, 25, ((196, 160, 106), CINNABAR, TILE, (226, 196, 140))),
        (-2, 30, 12, (WALL, TILE, WALL)),
        (112, 148, 13, (WALL, TILE, WALL, WOOD)),
    ):
        for _ in range(round((right - left) * depth * 0.8)):
            share = canvas.rng.random()
            y = BANK + 5 + share * depth
            x = canvas.rng.uniform(left, right)
            tone = mix(
                colours[int(canvas.rng.integers(0, len(colours)))],
                (70, 120, 124),
                0.35 + 0.4 * share,
            )
            canvas.line([(x, y), (x + canvas.rng.uniform(0.8, 3), y)], tone, 0.28)


def _boat(canvas: Canvas, x: float, y: float) -> None:
    """Draw a boat with an awning, and who sculls it."""
    for index in range(26):
        reach = canvas.rng.uniform(2, 9)
        at = x + canvas.rng.uniform(-15, 14)
        low = y + 2.4 + canvas.rng.uniform(0, 4)
        canvas.line(
            [(at, low), (at + reach, low)], (26, 66, 72) if index % 2 else (150, 190, 186), 0.25
        )
    hull = [
        *curve((x - 14, y - 2.4), (x - 9, y + 2.9), (x, y + 2.7)),
        *curve((x, y + 2.7), (x + 9, y + 2.9), (x + 14, y - 2.6)),
    ]
    canvas.polygon(hull, (104, 66, 44), (50, 32, 24), 0.3)
    for plank in range(3):
        low = y - 0.3 + plank * 0.9
        canvas.line(
            curve((x - 12 + plank, low), (x, low + 1.0), (x + 12 - plank, low)), (140, 94, 64), 0.22
        )
    awning = arc(x - 1, y - 0.4, 6.4, 180, 360, tall=0.95)
    canvas.polygon(awning, (70, 74, 70), (34, 40, 40), 0.3)
    for rib in range(9):
        share = rib / 8
        canvas.line(
            arc(
                x - 1,
                y - 0.4,
                6.4 * abs(1 - 2 * share) + 0.01,
                180,
                360,
                tall=0.95 / max(0.15, abs(1 - 2 * share)),
            ),
            (120, 124, 112),
            0.16,
        )
    for band in range(4):
        canvas.line(
            [
                (x - 6.6 + band * 0.5, y - 1.4 - band * 1.3),
                (x + 4.6 - band * 0.5, y - 1.4 - band * 1.3),
            ],
            (104, 108, 98),
            0.2,
        )
    canvas.polygon(
        [(x + 8, y - 1), (x + 8.5, y - 6), (x + 10, y - 6), (x + 10.6, y - 1)],
        RIVER,
        darker(RIVER, 0.5),
        0.2,
    )
    canvas.disc(x + 9.3, y - 7, 0.95, (228, 190, 156), (80, 54, 40), 0.2)
    canvas.polygon(
        [(x + 7, y - 7.3), (x + 9.3, y - 9), (x + 11.6, y - 7.3)],
        (214, 178, 104),
        (110, 80, 40),
        0.2,
    )
    canvas.line([(x + 10, y - 4.5), (x + 17, y + 3.4)], (80, 54, 40), 0.45)


def _ducks(canvas: Canvas) -> None:
    """Draw lily pads and ducks on the near water."""
    for x, y in canvas.inside([(56, 81), (142, 91)], 60):
        size = float(canvas.rng.uniform(0.9, 2.1))
        green = mix((70, 130, 92), (120, 164, 104), float(canvas.rng.random()))
        canvas.disc(float(x), float(y), size, green, darker(green, 0.75), 0.22, tall=0.42)
        for vein in range(5):
            tip = arc(float(x), float(y), size * 0.85, 20 + vein * 70, 21 + vein * 70, tall=0.42)[0]
            canvas.line([(float(x), float(y)), tip], darker(green, 0.35), 0.12)
        if size > 1.8:
            canvas.disc(
                float(x), float(y) - 0.7, 0.7, (238, 170, 172), (170, 80, 96), 0.16, tall=1.2
            )
    for x, y, size in (
        (70, 86, 1.0),
        (76, 88.5, 1.1),
        (104, 84, 0.9),
        (111, 86.5, 1.0),
        (17, 89, 1.1),
    ):
        for ring in range(3):
            reach = size * (2.6 + ring * 1.3)
            canvas.line(arc(x, y + 0.6, reach, 10, 170, tall=0.3), (190, 214, 208), 0.22)
        body = [
            *curve((x - 2.4 * size, y - 1.0), (x, y - 2.4 * size), (x + 2 * size, y - 0.4)),
            *curve((x + 2 * size, y - 0.4), (x, y + 1.3 * size), (x - 2.4 * size, y - 1.0)),
        ]
        canvas.polygon(body, (240, 234, 218), (70, 66, 60), 0.22)
        canvas.line(
            curve((x - 1.4, y - 0.6), (x, y + 0.2), (x + 0.9, y - 0.6)), (150, 120, 84), 0.3
        )
        canvas.disc(x + 2.0 * size, y - 2.0 * size, 0.95 * size, (40, 106, 92), (24, 56, 52), 0.2)
        canvas.line(
            [(x + 2.8 * size, y - 1.9 * size), (x + 3.8 * size, y - 1.7 * size)],
            (222, 160, 52),
            0.5,
        )


def _willow(canvas: Canvas, x: float) -> None:
    """Draw a willow whose twigs hang to the water."""
    trunk(canvas, x, 34, 71, 1.5)
    for _ in range(90):
        start = (x + canvas.rng.uniform(-15, 7), 0.0)
        top = 22 + (start[0] - x) ** 2 * 0.05 + canvas.rng.uniform(0, 9)
        length = canvas.rng.uniform(16, 34)
        sway = canvas.rng.uniform(-3, 1)
        twig = curve(
            (x + (start[0] - x) * 0.55, top),
            (start[0], top + 3),
            (start[0] + sway, top + length),
            22,
        )
        canvas.line(twig, darker(_WILLOW[3], 0.25), 0.14)
        for px, py in twig[3:]:
            colour = _WILLOW[int(canvas.rng.integers(0, len(_WILLOW)))]
            lean = canvas.rng.uniform(-0.7, 0.7)
            canvas.polygon(
                [
                    (px, py),
                    (px + lean + 0.22, py + 0.8),
                    (px + lean * 1.6, py + 1.7),
                    (px + lean - 0.22, py + 0.8),
                ],
                lighter(colour, canvas.rng.uniform(0, 0.3)),
            )
