"""Cut a blob of merged visitors into one box per visitor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from edge.counting.geometry import Box, PersonSize, Point, box_between

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SplitRules:
    """When a blob is more than one visitor; shares of one person's box and area."""

    # A silhouette swings its arms: only a blob wider or taller than this may be several visitors.
    single_reach: float = 1.45
    # Two tracks walked into this blob: both stay alive in it while it holds this share of their
    # area.
    tracked_share: float = 0.62
    most: int = 12


def visitors_in(
    box: Box,
    area: float,
    expected: Sequence[Point],
    person: PersonSize,
    rules: SplitRules | None = None,
) -> tuple[int, list[Point]]:
    """Estimate how many visitors a blob holds, and which of the expected places lie in it.

    `box` is normalised, `area` a share of the frame, `expected` are the predicted centres of
    confirmed tracks. The number is at least one.
    """
    rules = rules or SplitRules()
    across, down = box.w / person.w, box.h / person.h
    persons = area / person.area
    by_area = max(1, min(round(persons), _room(across, rules) * _room(down, rules)))
    tracked = _distinct(
        [p for p in expected if _holds(box, p, 0.15 * person.w, 0.15 * person.h)], person
    )
    by_tracks = min(len(tracked), int(persons / rules.tracked_share))
    number = max(1, min(rules.most, max(by_area, by_tracks)))
    return number, tracked[:number]


def cut(points: Points, number: int, seeds: Sequence[Point], person: PersonSize) -> list[Box]:
    """Give the boxes of `number` visitors in one blob; the same input gives the same boxes.

    `points` (n, 2) are the blob's foreground points, normalised, possibly thinned; `seeds` are
    at most `number` places where visitors are known to be. Few points give fewer boxes.
    """
    number = max(1, min(number, len(points) // 2))
    scaled = points / np.array([person.w, person.h])
    known = np.array([person.scaled(p) for p in seeds[:number]]).reshape(-1, 2)
    labels = _cluster(scaled, _more_seeds(scaled, known, number))
    return [_box_around(points[labels == k]) for k in range(number) if np.any(labels == k)]


def _room(reach: float, rules: SplitRules) -> int:
    """Say how many visitors fit behind each other in a reach of so many persons."""
    return 1 if reach < rules.single_reach else math.ceil(reach - 0.3)


def _holds(box: Box, point: Point, slack_x: float, slack_y: float) -> bool:
    return (
        box.left - slack_x <= point.x <= box.right + slack_x
        and box.top - slack_y <= point.y <= box.bottom + slack_y
    )


def _distinct(points: list[Point], person: PersonSize) -> list[Point]:
    """Leave out points less than half a person from an earlier one: two tracks of one visitor."""
    kept: list[Point] = []
    for point in points:
        if all(person.distance(point, other) >= 0.5 for other in kept):
            kept.append(point)
    return kept


def _box_around(points: Points) -> Box:
    # One point in a hundred may lie outside: single pixels do not move a box.
    ranked = np.sort(points, axis=0)
    skipped = len(points) // 100
    left, top = ranked[skipped].tolist()
    right, bottom = ranked[-1 - skipped].tolist()
    return box_between(left, top, right, bottom)


def _more_seeds(points: Points, seeds: Points, number: int) -> Points:
    """Add seeds until there are `number`, each the point that is farthest from all seeds."""
    if len(seeds) == 0:
        centre = points.mean(axis=0)
        seeds = points[[int(np.argmax(np.linalg.norm(points - centre, axis=1)))]]
    while len(seeds) < number:
        nearest = cdist(points, seeds).min(axis=1)
        seeds = np.vstack([seeds, points[int(np.argmax(nearest))]])
    return seeds


def _cluster(points: Points, seeds: Points, rounds: int = 8) -> NDArray[np.intp]:
    """Lloyd's k-means from given seeds; gives the label of each point."""
    centres = seeds
    labels = np.zeros(len(points), dtype=np.intp)
    for _ in range(rounds):
        labels = cdist(points, centres).argmin(axis=1)
        sizes = np.bincount(labels, minlength=len(centres))
        sums = [np.bincount(labels, points[:, axis], len(centres)) for axis in (0, 1)]
        moved = np.where(
            sizes[:, None] > 0, np.column_stack(sums) / np.maximum(sizes, 1)[:, None], centres
        )
        if float(np.abs(moved - centres).max()) < 1e-3:
            break
        centres = moved
    return labels
