"""What stands on each card: a gate, a bridge with its pagoda, a hall, a track. Millimetres."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from examples.packs.jiading.brushes import STONE, TILE
from examples.packs.jiading.canvas import (
    CINNABAR,
    GOLD,
    JADE,
    PAPER,
    RIVER,
    Colour,
    darker,
    lighter,
)
from examples.packs.jiading.solid import Place, Solid

_WOOD: Colour = (126, 44, 34)
_WATER: Colour = (72, 132, 138)
_GRASS: Colour = (104, 148, 92)
_ASPHALT: Colour = (74, 80, 88)


def glb(name: str) -> bytes:
    """Return the model of a card."""
    solid = Solid()
    _BUILD[name](solid)
    return solid.glb()


def _gate(solid: Solid) -> None:
    solid.box(0, 0, -12, (130, 2, 74), lighter(STONE, 0.2))
    solid.box(0, 2, -36, (76, 4, 20), lighter(STONE, 0.3))
    solid.box(0, 6, -37, (64, 12, 12), _WOOD)
    for index in range(9):
        solid.column(-34 + index * 8.5, 6, -29, 1.1, 12, CINNABAR, 7)
        if index < 8:
            solid.box(-29.75 + index * 8.5, 8, -30.8, (5.6, 9, 0.5), (232, 206, 150))
            for bar in range(3):
                solid.box(-31.3 + bar * 1.55 + index * 8.5, 8, -30.4, (0.4, 9, 0.3), _WOOD)
    solid.box(0, 17, -36, (74, 2.4, 18), (44, 84, 92))
    solid.hip_roof(0, 19, -36, (90, 30), 56, 14, TILE, lift=3.4)
    for side in (-1, 1):
        solid.box(side * 52, 2, -40, (26, 12, 2), (186, 92, 64))
        solid.frustum(side * 52, 14, -40, (27, 4), (27, 0.6), 2, TILE)
    solid.tree(-56, 2, -24, 8, (222, 170, 52))
    solid.tree(56, 2, -24, 8.5, (30, 92, 78))
    for row in range(9):
        solid.box(-56 + row * 14, 2, 0, (13.4, 0.5, 45), darker(STONE, 0.06 * (row % 3)))
    for middle, half, high in ((-37, 15, 34), (37, 15, 34), (0, 18, 42)):
        for side in (-1, 1):
            x = middle + side * half
            solid.box(x, 2.5, 0, (7, 3, 12), darker(STONE, 0.15))
            for lean in (-1, 1):
                solid.column(x, 5.5, lean * 4, 1.9, 3.5, lighter(STONE, 0.1), 7)
            solid.frustum(x, 5.5, 0, (3.8, 3.8), (3.2, 3.2), high, STONE)
            solid.frustum(x, high - 3, 0, (6, 1.6), (12, 1.8), 1.8, lighter(STONE, 0.3))
            solid.frustum(x, high - 1.2, 0, (12, 1.8), (7, 1.6), 2.2, lighter(STONE, 0.3))
            solid.box(x, high + 5.5, 0, (5, 1.2, 5), lighter(STONE, 0.2))
            solid.frustum(x, high + 6.7, 0, (3.6, 3.6), (4.4, 4.4), 2, darker(STONE, 0.1))
            solid.frustum(x, high + 8.7, 0, (4.4, 4.4), (0.4, 0.4), 4, darker(STONE, 0.15))
        wide = 2 * half - 3.4
        solid.box(middle, high * 0.72, 0, (wide, 3.2, 2.6), STONE)
        solid.box(middle, high * 0.52, 0, (wide, 2.6, 2.6), lighter(STONE, 0.15))
        solid.box(middle, high * 0.52 + 2.6, 0, (wide, high * 0.2 - 2.6, 1.6), darker(STONE, 0.12))
        solid.box(middle, high * 0.52 + 3.3, 0.5, (wide * 0.6, high * 0.2 - 4, 1.8), (52, 74, 78))
        for flower in range(5):
            solid.box(
                middle - wide * 0.22 + flower * wide * 0.11,
                high * 0.56 + 2.3,
                1.4,
                (1.2, 1.2, 0.4),
                GOLD,
            )
    for x in range(-60, 61, 12):
        solid.box(x, 2, 21, (2.6, 6.5, 2.6), lighter(STONE, 0.15))
        solid.column(x, 8.5, 21, 1.7, 2.4, STONE, 6)
        solid.box(x, 10.6, 21.7, (2.2, 2.2, 2.2), darker(STONE, 0.1))
        if x < 60:
            solid.box(x + 6, 2.6, 21, (9.4, 3.6, 1.2), lighter(STONE, 0.3))
            solid.box(x + 6, 6.4, 21, (9.4, 0.9, 1.6), STONE)


def _bridge(solid: Solid) -> None:
    solid.box(0, 0, 0, (134, 1, 84), _WATER)
    for index in range(22):
        x, z = -60 + (index * 37) % 121, -38 + (index * 23) % 77
        solid.box(x, 1, z, (6 + index % 5, 0.25, 0.7), lighter(_WATER, 0.3 + 0.05 * (index % 4)))
    for side in (-1, 1):
        solid.box(side * 56, 1, -6, (22, 4, 70), darker(STONE, 0.08))
    _arch(solid, 8.0)
    _pagoda(solid, -50, 5, -24)
    for x, z, turn in ((52, -30, 0), (56, -8, 1), (-56, 8, 1), (56, 20, 0)):
        solid.box(x, 5, z, (15, 9, 13), (244, 238, 224))
        solid.hip_roof(x, 13.6, z, (18, 17), 10, 6, darker(TILE, 0.15), lift=0.8, is_fine=False)
        for window in range(3):
            solid.box(
                x - 4.4 + window * 4.4,
                8,
                z + 6.6,
                (2.4, 3, 0.4),
                _WOOD if turn else (220, 180, 110),
            )
    solid.frustum(14, 1, 32, (16, 4.6), (20, 6.4), 2.6, (104, 66, 44))
    solid.frustum(13, 3.6, 32, (9, 5), (6, 2), 3.4, (70, 74, 70))


def _arch(solid: Solid, deep: float) -> None:
    """Add the bridge: a hump over a round opening, steps on its back, posts at both sides."""
    steps, reach, crest = 36, 46.0, 24.0
    deck = [
        (x := -reach + 2 * reach * index / steps, 5 + (crest - 5) * (1 - (x / reach) ** 2))
        for index in range(steps + 1)
    ]
    span, rise = 15.0, 17.5
    for side in (-1, 1):
        z = side * deep
        for (x0, y0), (x1, y1) in pairwise(deck):
            low = [
                1 + rise * math.sqrt(max(0.0, 1 - (x / span) ** 2)) if abs(x) < span else 1.0
                for x in (x0, x1)
            ]
            quad: list[Place] = [(x0, low[0], z), (x1, low[1], z), (x1, y1, z), (x0, y0, z)]
            solid.face(quad if side > 0 else quad[::-1], STONE if side > 0 else darker(STONE, 0.2))
        rail = [(x, y) for x, y in deck]
        for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(rail)):
            quad = [(x0, y0 + 0.6, z), (x1, y1 + 0.6, z), (x1, y1 + 3.6, z), (x0, y0 + 3.6, z)]
            solid.face(
                quad if side > 0 else quad[::-1], lighter(STONE, 0.2 + 0.12 * (index // 2 % 2))
            )
        for x, y in rail[::6]:
            solid.box(x, y, z, (1.7, 5.4, 1.7), lighter(STONE, 0.25))
            solid.box(x, y + 5.4, z, (2.1, 1.4, 2.1), darker(STONE, 0.1))
        ring = [math.pi * index / 14 for index in range(15)]
        inner: list[Place] = [
            (-span * math.cos(a), 1 + rise * math.sin(a), z + side * 0.3) for a in ring
        ]
        outer: list[Place] = [
            (-(span + 2.4) * math.cos(a), 1 + (rise + 2) * math.sin(a), z + side * 0.3)
            for a in ring
        ]
        solid.strip(inner, outer, (lighter(STONE, 0.35), darker(STONE, 0.15)))
    solid.strip(
        [(x, y, deep) for x, y in deck],
        [(x, y, -deep) for x, y in deck],
        (lighter(STONE, 0.3), STONE),
    )
    vault = [math.pi * index / 14 for index in range(15)]
    solid.strip(
        [(-span * math.cos(a), 1 + rise * math.sin(a), -deep) for a in vault],
        [(-span * math.cos(a), 1 + rise * math.sin(a), deep) for a in vault],
        (darker(STONE, 0.45), darker(STONE, 0.35)),
    )


def _pagoda(solid: Solid, x: float, y: float, z: float) -> None:
    solid.box(x, y, z, (20, 2, 20), lighter(STONE, 0.2))
    y += 2
    for storey in range(7):
        wide, high = 13.5 - storey * 0.95, 7.4 - storey * 0.3
        solid.box(x, y, z, (wide, high, wide), (226, 196, 140))
        for side in (-1, 1):
            for end in (-1, 1):
                solid.box(x + side * wide / 2, y, z + end * wide / 2, (1, high, 1), CINNABAR)
        solid.box(x, y, z + wide / 2, (2.6, high * 0.62, 0.5), (58, 40, 36))
        solid.box(x + wide / 2, y, z, (0.5, high * 0.62, 2.6), (58, 40, 36))
        is_top = storey == 6
        solid.hip_roof(
            x,
            y + high - 0.3,
            z,
            (wide + 6, wide + 6),
            0.8 if is_top else wide - 3,
            4.6 if is_top else 2.2,
            TILE,
            lift=1.3,
            is_fine=False,
        )
        y += high + 0.9
    y += 3.2
    for ring in range(4):
        solid.column(x, y + ring * 1.8, z, 1.5 - ring * 0.25, 1.1, (190, 140, 52), 8)
    solid.frustum(x, y, z, (0.7, 0.7), (0.1, 0.1), 11, GOLD)


def _hall(solid: Solid) -> None:
    solid.box(0, 0, 4, (124, 2, 74), darker(STONE, 0.1))
    solid.box(0, 2, -4, (104, 5, 46), lighter(STONE, 0.15))
    for step in range(5):
        solid.box(
            0, 2, 21.5 + step * 1.7, (30, 5 - step, 1.8), lighter(STONE, 0.3 - 0.08 * (step % 2))
        )
    solid.box(0, 7, -6, (80, 17, 28), _WOOD)
    for index in range(8):
        x = -42 + index * 12
        solid.column(x, 7, 11, 1.4, 17, CINNABAR, 8)
        solid.column(x, 7, 11, 2.1, 0.9, lighter(STONE, 0.3), 8)
        solid.column(x, 7, -22, 1.4, 17, CINNABAR, 6)
        if index < 7:
            for leaf in range(2):
                left = x + 3.2 + leaf * 5.4
                solid.box(left, 12.5, 8.1, (4.4, 9, 0.5), (244, 216, 156))
                for bar in range(3):
                    solid.box(left - 1.4 + bar * 1.4, 12.5, 8.5, (0.4, 9, 0.3), _WOOD)
                solid.box(left, 14.5 + leaf, 8.5, (4.4, 0.4, 0.3), _WOOD)
                solid.box(left, 8, 8.1, (4.4, 3.6, 0.5), lighter(_WOOD, 0.14))
    solid.box(0, 23, -5.5, (90, 3, 35), (52, 92, 88))
    for index in range(22):
        solid.box(-42 + index * 4, 23.4, 12.4, (1.8, 2, 0.8), (214, 172, 84))
    solid.hip_roof(0, 25.6, -5.5, (112, 56), 72, 13, TILE, lift=4.5)
    solid.box(0, 32, -5.5, (52, 11, 14), (110, 46, 36))
    for index in range(13):
        solid.box(-24 + index * 4, 40, 1.8, (1.8, 2, 0.8), (214, 172, 84))
    solid.hip_roof(0, 42.5, -5.5, (72, 34), 40, 12, TILE, lift=4)
    solid.column(0, 54.5, -5.5, 2, 3, (206, 158, 64), 8)
    solid.frustum(0, 57.5, -5.5, (2, 2), (0.1, 0.1), 4, GOLD)
    solid.box(0, 20.5, 12.8, (24, 7, 1), (206, 158, 64))
    solid.box(0, 21.2, 13.4, (22, 5.6, 0.6), darker(RIVER, 0.5))
    for index in range(3):
        solid.box(-6 + index * 6, 22.4, 13.8, (3, 3.2, 0.4), (206, 158, 64))
    for side in (-1, 1):
        for index in range(5):
            solid.box(side * (19 + index * 8), 7, 18.4, (1.6, 5, 1.6), lighter(STONE, 0.35))
            if index < 4:
                solid.box(side * (23 + index * 8), 7.4, 18.4, (6.4, 3, 0.8), lighter(STONE, 0.2))
        for index in range(3):
            x = side * (24 + index * 14)
            solid.box(x, 2, 31, (9, 4, 4.6), (150, 92, 58))
            solid.box(x, 6, 31, (4.4, 0.3, 3), PAPER)


def _track(solid: Solid) -> None:
    solid.box(0, 0, 0, (136, 1.5, 92), _GRASS)
    line = _circuit()
    count = len(line)
    edges: dict[float, list[Place]] = {}
    for off in (-5.2, -4.2, 4.2, 5.2):
        edge: list[Place] = []
        for index in range(count + 1):
            (x0, z0), (x, z), (x1, z1) = (
                line[index - 1 if index else -1],
                line[index % count],
                line[(index + 1) % count],
            )
            dx, dz = x1 - x0, z1 - z0
            length = math.hypot(dx, dz)
            edge.append((x + off * dz / length, 2.1, z - off * dx / length))
        edges[off] = edge
    solid.strip(edges[-4.2], edges[4.2], (_ASPHALT, lighter(_ASPHALT, 0.06)))
    kerb: tuple[Colour, ...] = (CINNABAR, PAPER)
    solid.strip(edges[-5.2], edges[-4.2], kerb)
    solid.strip(edges[4.2], edges[5.2], kerb)
    for side in (-1, 1):
        solid.box(side * 17, 1.5, 35, (7, 30, 7), (216, 210, 200))
        for floor in range(8):
            solid.box(side * 17, 4 + floor * 3.2, 38.6, (5, 1.5, 0.3), (88, 108, 128))
    for level, wide in ((24, 84.0), (30, 96.0)):
        solid.frustum(0, level, 35, (wide * 0.55, 5), (wide, 8), 2, CINNABAR)
        solid.frustum(0, level + 2, 35, (wide, 8), (wide * 0.6, 3), 2, lighter(CINNABAR, 0.1))
    for x in (-46, -33, 33, 46):
        for row in range(4):
            solid.box(
                x,
                1.5,
                34 + row * 2,
                (12, 2 + row * 2, 2),
                ((226, 176, 72), CINNABAR, JADE, RIVER)[row],
            )
        solid.column(x, 1.5, 41, 0.7, 17, (226, 222, 212), 6)
        solid.frustum(x, 17, 40, (2, 2), (12, 9), 2.4, PAPER)
    for share, colour in ((0.02, CINNABAR), (0.1, JADE), (0.2, (226, 176, 72)), (0.55, RIVER)):
        x, z = line[int(share * count)]
        after = line[(int(share * count) + 1) % count]
        is_along = abs(after[0] - x) > abs(after[1] - z)
        long, wide = (8.0, 3.2) if is_along else (3.2, 8.0)
        solid.box(x, 2.2, z, (long, 1.4, wide), colour)
        solid.frustum(
            x, 3.6, z, (long * 0.5, wide * 0.5), (long * 0.3, wide * 0.3), 1.3, darker(colour, 0.4)
        )
        for dx in (-1, 1):
            for dz in (-1, 1):
                solid.box(
                    x + dx * long * 0.34, 2.1, z + dz * wide * 0.34, (1.8, 1.8, 1.8), (40, 44, 48)
                )


def _circuit() -> list[tuple[float, float]]:
    """Return the middle of the track: one line that does not cross itself, like 上."""
    points = [
        (-56.0, 26.0),
        (56, 26),
        (61, 19),
        (54, 14),
        (34, 13),
        (12, 12),
        (9, 4),
        (20, 0),
        (40, -2),
        (47, -9),
        (40, -15),
        (18, -14),
        (9, -20),
        (10, -34),
        (2, -40),
        (-6, -34),
        (-6, -10),
        (-8, 6),
        (-16, 12),
        (-54, 13),
        (-62, 19),
    ]
    found = []
    count = len(points)
    for index in range(count):
        a, b, c, d = (points[(index + off) % count] for off in (-1, 0, 1, 2))
        for step in range(5):
            t = step / 5
            x, z = (
                0.5
                * (
                    2 * b[i]
                    + (c[i] - a[i]) * t
                    + (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t**2
                    + (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t**3
                )
                for i in (0, 1)
            )
            found.append((x, z))
    return found


_BUILD: Final[dict[str, Callable[[Solid], None]]] = {
    "gate": _gate,
    "bridge": _bridge,
    "hall": _hall,
    "track": _track,
}
