"""Geometry of flat things in pictures: homographies and quadrilaterals. Pure.

Pixel coordinates count the centre of the first pixel as (0, 0).
"""

import math

import numpy as np
from numpy.typing import NDArray

from kiosk.ar.sight import Floats


def mapped(homography: Floats, points: Floats) -> Floats:
    """Map (n, 2) points; a point on the horizon comes out very far away."""
    found = points @ homography[:2, :2].T + homography[:2, 2]
    scale = points @ homography[2, :2] + homography[2, 2]
    scale = np.where(np.abs(scale) < 1e-12, 1e-12, scale)
    return np.asarray(found / scale[:, None], np.float64)


def rectangle(width: float, height: float) -> Floats:
    """Return the corners (4, 2), clockwise from the top left."""
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def scaling(across: float, down: float) -> Floats:
    """Return the map of pixel coordinates when a picture is resized by these factors."""
    return np.array(
        [[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]], np.float64
    )


def millimetres(width_mm: float, height_mm: float, width: int, height: int) -> Floats:
    """Return the map from pixels of a picture of this size to target millimetres."""
    across, down = width_mm / width, height_mm / height
    return np.array([[across, 0, across / 2], [0, down, down / 2], [0, 0, 1]], np.float64)


def area(corners: Floats) -> float:
    """Return the signed area of a polygon (n, 2): positive when clockwise on the screen."""
    x, y = corners[:, 0], corners[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def is_plausible(homography: Floats, width: float, height: float, smallest_side: float) -> bool:
    """Tell whether a target's rectangle maps to what a camera can see of it.

    It must be in front of the camera, convex, not mirrored, and no side under `smallest_side`
    pixels.
    """
    # For four corners, numbers one by one are ten times quicker than arrays.
    (a, b, c), (d, e, f), (g, h, i) = homography.tolist()
    if not all(map(math.isfinite, (a, b, c, d, e, f, g, h, i))):
        return False
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    depths = [g * x + h * y + i for x, y in corners]
    least, most = min(depths), max(depths)
    if not (least > 0 or most < 0):
        return False
    # Depths of the corners: a card is not twenty times nearer on one side.
    near, far = sorted((abs(least), abs(most)))
    if far > 20 * near:
        return False
    quad = [
        ((a * x + b * y + c) / depth, (d * x + e * y + f) / depth)
        for (x, y), depth in zip(corners, depths, strict=True)
    ]
    ends = (*quad[1:], quad[0])
    sides = [(x - u, y - v) for (u, v), (x, y) in zip(quad, ends, strict=True)]
    after = (*sides[1:], sides[0])
    if any(u * y - v * x <= 0 for (u, v), (x, y) in zip(sides, after, strict=True)):
        return False
    return all(math.hypot(x, y) >= smallest_side for x, y in sides)


def overlap(one: Floats, other: Floats) -> float:
    """Return how much of the smaller of two convex clockwise quadrilaterals lies in the other."""
    smaller = min(area(one), area(other))
    if smaller <= 0:
        return 0.0
    polygon = one
    for start, end in zip(other, np.roll(other, -1, axis=0), strict=True):
        polygon = _cut(polygon, start, end)
        if len(polygon) < 3:
            return 0.0
    return min(1.0, max(0.0, area(polygon) / smaller))


def inside(corners: Floats, points: Floats) -> NDArray[np.bool_]:
    """Tell which points (n, 2) lie in a convex clockwise polygon."""
    edges = np.roll(corners, -1, axis=0) - corners
    to_point = points[:, None] - corners
    side = edges[:, 0] * to_point[..., 1] - edges[:, 1] * to_point[..., 0]
    return np.asarray((side >= 0).all(axis=1))


def _cut(polygon: Floats, start: Floats, end: Floats) -> Floats:
    """Keep what lies to the right of an edge (Sutherland and Hodgman, 1974)."""
    edge = end - start
    side = edge[0] * (polygon[:, 1] - start[1]) - edge[1] * (polygon[:, 0] - start[0])
    kept: list[Floats] = []
    for index, point in enumerate(polygon):
        following = (index + 1) % len(polygon)
        if side[index] >= 0:
            kept.append(point)
        if (side[index] >= 0) != (side[following] >= 0):
            share = side[index] / (side[index] - side[following])
            kept.append(point + share * (polygon[following] - point))
    return np.array(kept, np.float64).reshape(-1, 2)
