"""What stands on more than one postcard: roofs, columns, trees, stone, water, clouds, the frame."""

import math
from collections.abc import Sequence
from itertools import pairwise

from examples.packs.jiading.canvas import (
    CINNABAR,
    GOLD,
    INK,
    INK_2,
    JADE,
    PAPER,
    Canvas,
    Colour,
    Point,
    arc,
    curve,
    darker,
    lighter,
    mix,
)

TILE: Colour = (72, 84, 92)
"""Grey roof tiles of the lower Yangtze."""
STONE: Colour = (203, 194, 176)


def roof(
    canvas: Canvas,
    middle: float,
    ridge_y: float,
    eave_y: float,
    ridge: float,
    eave: float,
    *,
    lift: float = 3.0,
    colour: Colour = TILE,
    tiles: int = 40,
) -> None:
    """Draw a tiled slope with corners that turn up; `ridge` and `eave` are half widths."""
    steps = 14
    hip = curve(
        (-ridge, ridge_y),
        (-ridge - 0.25 * (eave - ridge), eave_y - 1.5),
        (-eave, eave_y - lift),
        steps,
    )

    def rib(share: float) -> list[Point]:
        """Return a row of tiles from ridge to eave; the corners are `share` 0 and 1."""
        hang = lift * (1 - abs(2 * share - 1) ** 2.4)
        return [
            (middle + x * (1 - 2 * share), y + hang * (step / steps) ** 2)
            for step, (x, y) in enumerate(hip)
        ]

    under = [rib(index / 60)[-1] for index in range(61)]
    left, right = rib(0), rib(1)
    canvas.polygon([*left[::-1], *right, *under[::-1]], colour, darker(colour, 0.5), 0.3)
    for index in range(1, tiles):
        row = rib(index / tiles)
        canvas.line(row, lighter(colour, 0.24) if index % 2 else darker(colour, 0.35), 0.32)
        if index % 2:
            for x, y in row[2:-1:2]:
                canvas.line([(x - 0.42, y), (x + 0.42, y)], darker(colour, 0.55), 0.18)
        canvas.disc(*row[-1], 0.5, lighter(colour, 0.35), darker(colour, 0.6), 0.14)
    canvas.line(under, darker(colour, 0.65), 0.5)
    crest = [
        (middle - ridge - 1.4, ridge_y - 1.5),
        *curve(
            (middle - ridge, ridge_y - 0.4),
            (middle, ridge_y + 0.4),
            (middle + ridge, ridge_y - 0.4),
        ),
        (middle + ridge + 1.4, ridge_y - 1.5),
    ]
    canvas.line(crest, darker(colour, 0.45), 1.3)
    canvas.line([(x, y - 0.35) for x, y in crest], lighter(colour, 0.25), 0.3)
    size = min(1.0, 0.25 + ridge / 16)
    for side in (-1, 1):
        x, y = middle + side * (ridge + 1.1 * size), ridge_y - 1.6 * size
        tail = curve(
            (x, y),
            (x + side * 1.5 * size, y - 1.8 * size),
            (x - side * 0.4 * size, y - 3 * size),
            8,
        )
        canvas.polygon([*tail, (x - side * 1.3 * size, y + 0.9)], darker(colour, 0.4))
        edge = left if side < 0 else right
        canvas.line(edge, darker(colour, 0.5), 0.9)
        canvas.line([(x, y - 0.25) for x, y in edge], lighter(colour, 0.2), 0.25)
        for x, y in edge[9:13]:
            canvas.disc(x, y - 0.9, 0.45, darker(colour, 0.45))


def mix1(first: float, second: float, share: float) -> float:
    """Return a number between two."""
    return first + (second - first) * share


def column(
    canvas: Canvas, x: float, top: float, bottom: float, radius: float, colour: Colour
) -> None:
    """Draw a round column with light from the left, on a stone drum."""
    for step in range(8):
        share = step / 7
        shade = mix(lighter(colour, 0.3), darker(colour, 0.5), share**0.8)
        canvas.box(x - radius + 2 * radius * share * 0.88, top, radius * 0.36, bottom - top, shade)
    canvas.line([(x - radius, top), (x - radius, bottom)], darker(colour, 0.55), 0.2)
    canvas.line([(x + radius, top), (x + radius, bottom)], darker(colour, 0.7), 0.2)
    canvas.disc(x, bottom, radius * 1.55, STONE, darker(STONE, 0.5), 0.2, tall=0.45)


def crown(
    canvas: Canvas,
    x: float,
    y: float,
    radius: float,
    colours: Sequence[Colour],
    *,
    leaves: int = 900,
) -> None:
    """Draw a tree's crown: heaps of leaves, dark below, light on top."""
    rng = canvas.rng
    heaps = [(x, y, radius * 0.75)] + [
        (
            x + radius * 0.72 * math.cos(a),
            y + radius * 0.5 * math.sin(a),
            radius * rng.uniform(0.34, 0.55),
        )
        for a in rng.uniform(0, 2 * math.pi, 11)
    ]
    heaps.sort(key=lambda heap: heap[1])
    for heap_x, heap_y, size in heaps:
        canvas.disc(heap_x, heap_y, size, darker(colours[0], 0.5), tall=0.85)
        for _ in range(round(leaves * (size / radius) ** 2 / 2.4)):
            angle, far = rng.uniform(0, 2 * math.pi), math.sqrt(rng.uniform(0, 1.1))
            off_x, off_y = far * math.cos(angle), far * math.sin(angle)
            colour = colours[int(rng.integers(0, len(colours)))]
            # Light comes from the upper left.
            lit = -0.5 * (0.6 * off_x + 0.9 * off_y) + rng.uniform(-0.16, 0.16) - 0.12
            shade = lighter(colour, lit * 0.8) if lit > 0 else darker(colour, -lit)
            reach, tilt = rng.uniform(0.32, 0.6), rng.uniform(0, math.pi)
            leaf_x, leaf_y = heap_x + off_x * size, heap_y + off_y * size * 0.85
            dx, dy = reach * math.cos(tilt), reach * math.sin(tilt)
            canvas.polygon(
                [
                    (leaf_x - dx, leaf_y - dy),
                    (leaf_x + dy * 0.5, leaf_y - dx * 0.5),
                    (leaf_x + dx, leaf_y + dy),
                    (leaf_x - dy * 0.5, leaf_y + dx * 0.5),
                ],
                shade,
            )


def spray(
    canvas: Canvas,
    start: Point,
    bend: Point,
    end: Point,
    petals: Sequence[Colour],
    *,
    blossoms: int = 60,
) -> None:
    """Draw a bough in bloom that hangs into the picture: wood, twigs, flowers of five petals."""
    wood = (74, 54, 48)
    bough = curve(start, bend, end, 30)
    for index, (first, second) in enumerate(pairwise(bough)):
        canvas.line([first, second], wood, 1.3 - index * 0.034)
    tips = []
    for index in range(3, 30, 2):
        x, y = bough[index]
        for _ in range(2):
            reach_x, reach_y = canvas.rng.uniform(-7, 7), canvas.rng.uniform(-5, 7)
            twig = curve(
                (x, y), (x + reach_x * 0.7, y + reach_y * 0.2), (x + reach_x, y + reach_y), 8
            )
            canvas.line(twig, wood, 0.35)
            tips += twig[2:]
    for pick in canvas.rng.integers(0, len(tips), blossoms):
        x, y = tips[int(pick)]
        x, y = x + canvas.rng.uniform(-0.8, 0.8), y + canvas.rng.uniform(-0.8, 0.8)
        size, turn = canvas.rng.uniform(0.7, 1.25), canvas.rng.uniform(0, 72)
        tone = petals[int(canvas.rng.integers(0, len(petals)))]
        for petal in range(5):
            px, py = arc(x, y, size * 0.75, turn + petal * 72, turn + petal * 72 + 1)[0]
            canvas.disc(px, py, size * 0.62, tone, darker(tone, 0.62), 0.18)
        canvas.disc(x, y, size * 0.36, (120, 44, 36), (70, 30, 28), 0.12)


def trunk(canvas: Canvas, x: float, top: float, bottom: float, width: float) -> None:
    """Draw a trunk with bark and a few boughs."""
    bark = (92, 74, 58)
    canvas.polygon(
        [(x - width * 0.4, top), (x + width * 0.4, top), (x + width, bottom), (x - width, bottom)],
        bark,
        darker(bark, 0.5),
    )
    for side, up in ((-1, 0.35), (1, 0.5), (-1, 0.7), (1, 0.15)):
        y = mix1(bottom, top, 0.45 + up / 2)
        canvas.line(
            curve((x, y), (x + side * 4, y - 2), (x + side * 7, y - 7)),
            darker(bark, 0.2),
            width * 0.45,
        )
    for _ in range(26):
        at = canvas.rng.uniform(top, bottom)
        off = canvas.rng.uniform(-0.6, 0.6) * width
        canvas.line([(x + off, at), (x + off * 1.1, at + 2)], darker(bark, 0.45), 0.2)


def stones(
    canvas: Canvas,
    corners: Sequence[Point],
    colour: Colour,
    *,
    course: float = 3.0,
    brick: float = 7.0,
) -> None:
    """Lay courses of stone in a quadrangle (top left, top right, bottom right, bottom left)."""
    top_left, top_right, low_right, low_left = corners
    canvas.polygon(corners, darker(colour, 0.35))
    rows = max(1, round((low_left[1] - top_left[1]) / course))
    for row in range(rows):
        upper, lower = row / rows, (row + 1) / rows
        ends = [
            (_between(top_left, low_left, share), _between(top_right, low_right, share))
            for share in (upper, lower)
        ]
        wide = ends[1][1][0] - ends[1][0][0]
        count = max(1, round(wide / brick))
        shift = 0.5 if row % 2 else 0.0
        for index in range(-1, count + 1):
            start = max(0.0, (index + shift) / count) + 0.0015
            end = min(1.0, (index + 1 + shift) / count) - 0.0015
            if end - start < 0.004:
                continue
            lit = canvas.rng.uniform(-0.14, 0.2)
            tone = lighter(colour, lit) if lit > 0 else darker(colour, -lit)
            quad = [
                _between(*ends[0], start),
                _between(*ends[0], end),
                _between(*ends[1], end),
                _between(*ends[1], start),
            ]
            quad = [(x, y + (0.12 if place < 2 else -0.12)) for place, (x, y) in enumerate(quad)]
            canvas.polygon(quad, tone)
            if canvas.rng.random() < 0.6:
                x, y = quad[0][0] + 0.6, quad[0][1] + 0.5
                canvas.line(
                    [(x, y), (x + canvas.rng.uniform(0.4, 2.2), y + 0.2)], darker(tone, 0.2), 0.16
                )


def water(
    canvas: Canvas, top: float, bottom: float, near: Colour, far: Colour, *, strokes: int = 900
) -> None:
    """Draw water: a wash and ripples that grow towards the viewer."""
    canvas.wash(far, near, top, bottom)
    for _ in range(strokes):
        share = canvas.rng.uniform(0, 1) ** 0.8
        y = mix1(top, bottom, share)
        x = canvas.rng.uniform(-4, canvas.width)
        reach = 1.0 + 7 * share * canvas.rng.uniform(0.4, 1)
        lit = canvas.rng.random() < 0.5
        base = mix(far, near, share)
        tone = (
            lighter(base, canvas.rng.uniform(0.1, 0.75))
            if lit
            else darker(base, canvas.rng.uniform(0.1, 0.6))
        )
        canvas.line(
            curve((x, y), (x + reach / 2, y + 0.2 + 0.7 * share), (x + reach, y), 6),
            tone,
            0.15 + 0.25 * share,
        )


def cloud(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    """Draw a lucky cloud: scrolls on a flat base."""
    edge = darker(colour, 0.28)
    for off, radius in ((-1.5, 0.55), (-0.7, 0.85), (0.3, 1.0), (1.25, 0.7), (1.95, 0.42)):
        centre = (x + off * size, y - radius * size * 0.55)
        canvas.disc(*centre, radius * size, colour, edge, 0.22)
        for turn in range(1, 4):
            inner = radius * size * (1 - turn * 0.24)
            canvas.line(arc(*centre, inner, 140 + turn * 30, 400 - turn * 10), edge, 0.22)
    canvas.polygon(
        [
            (x - 2.6 * size, y),
            (x + 2.9 * size, y),
            (x + 2.3 * size, y + size * 0.32),
            (x - 2.0 * size, y + size * 0.32),
        ],
        colour,
    )
    for step in range(3):
        low = y + size * (0.05 + step * 0.22)
        canvas.line(
            curve(
                (x - (2.6 - step * 0.5) * size, low),
                (x, low + size * 0.18),
                (x + (3.0 - step * 0.6) * size, low),
            ),
            edge,
            0.22,
        )


def wall(
    canvas: Canvas, left: float, right: float, top: float, bottom: float, colour: Colour
) -> None:
    """Draw a plastered wall with a cap of tiles."""
    canvas.box(left, top, right - left, bottom - top, colour, darker(colour, 0.4), 0.25)
    for x, y in canvas.inside([(left, top + 2), (right, bottom)], round((right - left) * 5)):
        tone = lighter(colour, 0.16) if canvas.rng.random() < 0.5 else darker(colour, 0.1)
        canvas.line(
            [(float(x), float(y)), (float(x) + canvas.rng.uniform(0.4, 2), float(y) + 0.1)],
            tone,
            0.2,
        )
    canvas.box(left - 0.6, top - 1.6, right - left + 1.2, 2.2, TILE, darker(TILE, 0.5), 0.25)
    x = left
    while x < right:
        canvas.line([(x, top - 1.5), (x, top + 0.5)], lighter(TILE, 0.25), 0.25)
        canvas.disc(x, top + 0.7, 0.4, lighter(TILE, 0.3), darker(TILE, 0.6), 0.12)
        x += 1.1
    canvas.line([(left - 0.6, top - 1.7), (right + 0.6, top - 1.7)], darker(TILE, 0.5), 0.6)


def hills(canvas: Canvas, y: float, height: float, colour: Colour) -> None:
    """Draw a far line of trees or hills in mist."""
    points: list[Point] = [(0.0, y)]
    for step in range(75):
        x = step * canvas.width / 74
        wave = math.sin(step * 0.31) + 0.6 * math.sin(step * 0.83 + 1) + 0.3 * math.sin(step * 2.1)
        points.append((x, y - height * (0.5 + 0.25 * wave)))
    points += [(canvas.width, y), (canvas.width, y + 8), (0.0, y + 8)]
    canvas.polygon(points, colour)


def frame(canvas: Canvas, zh: str, en: str, seal: str, tint: Colour = JADE) -> None:
    """Put the paper's border, the title and the seal around a drawing."""
    wide, high, rim = canvas.width, canvas.height, 4.5
    foot = 13.0
    canvas.box(0, 0, wide, rim, PAPER)
    canvas.box(0, 0, rim, high, PAPER)
    canvas.box(wide - rim, 0, rim, high, PAPER)
    canvas.box(0, high - foot, wide, foot, PAPER)
    inner = [
        (rim, rim),
        (wide - rim, rim),
        (wide - rim, high - foot),
        (rim, high - foot),
        (rim, rim),
    ]
    canvas.line(inner, darker(PAPER, 0.75), 0.35)
    canvas.line(
        [
            (rim - 1, rim - 1),
            (wide - rim + 1, rim - 1),
            (wide - rim + 1, high - foot + 1),
            (rim - 1, high - foot + 1),
            (rim - 1, rim - 1),
        ],
        mix(PAPER, GOLD, 0.35),
        0.18,
    )
    base = high - foot + 2.6
    canvas.text(rim, base + 3.9, zh, 6.2, INK, anchor="lm", track=1.2)
    length = 7.4 * len(zh)
    canvas.line([(rim + length + 2.5, base + 1.3), (rim + length + 2.5, base + 6.6)], tint, 0.35)
    canvas.text(rim + length + 5.5, base + 4.9, en, 3.5, INK_2, anchor="ls")
    canvas.text(wide - rim - 11.5, base + 4.9, "KAIGUAN", 2.3, tint, anchor="rs", track=0.0)
    _meander(canvas, rim + length + 5.5, base + 6.4, wide - rim - 11.5, mix(PAPER, tint, 0.45))
    stamp(canvas, wide - rim - 8.6, base - 0.5, seal)


def stamp(canvas: Canvas, x: float, y: float, letters: str) -> None:
    """Press a square seal of two or four letters: paper on cinnabar, chipped at its edges."""
    size = 8.6
    canvas.box(x, y, size, size, CINNABAR)
    for chip in canvas.inside([(x, y), (x + size, y + size)], 60):
        near = min(chip[0] - x, x + size - chip[0], chip[1] - y, y + size - chip[1])
        canvas.disc(float(chip[0]), float(chip[1]), 0.28 if near < 0.6 else 0.08, PAPER)
    canvas.line(
        [
            (x + 0.6, y + 0.6),
            (x + size - 0.6, y + 0.6),
            (x + size - 0.6, y + size - 0.6),
            (x + 0.6, y + size - 0.6),
            (x + 0.6, y + 0.6),
        ],
        PAPER,
        0.25,
    )
    if len(letters) == 2:
        for index, letter in enumerate(letters):
            canvas.text(x + size / 2, y + 2.55 + index * 3.5, letter, 3.6, PAPER, anchor="mm")
        return
    for index, letter in enumerate(letters[:4]):
        column_, row = divmod(index, 2)
        canvas.text(
            x + size * (0.71 - 0.42 * column_), y + 2.5 + row * 3.6, letter, 3.4, PAPER, anchor="mm"
        )


def _meander(canvas: Canvas, left: float, y: float, right: float, colour: Colour) -> None:
    """Draw a thin band of the fret pattern that runs along old brickwork."""
    x = left
    while x + 2.4 < right:
        canvas.line(
            [
                (x, y + 1.6),
                (x, y),
                (x + 1.8, y),
                (x + 1.8, y + 1.1),
                (x + 0.8, y + 1.1),
                (x + 0.8, y + 0.6),
            ],
            colour,
            0.2,
        )
        canvas.line([(x, y + 1.6), (x + 2.4, y + 1.6)], colour, 0.2)
        x += 2.4


def _between(first: Point, second: Point, share: float) -> Point:
    return mix1(first[0], second[0], share), mix1(first[1], second[1], share)
