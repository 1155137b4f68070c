"""Points, boxes, the size of a person, and the counting line with its two sides."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Direction(StrEnum):
    """Which way a visitor crosses a counting line."""

    IN = "in"
    OUT = "out"


class Anchor(StrEnum):
    """Which point of a visitor's box has to pass the line."""

    CENTRE = "centre"
    FOOT = "foot"


class Point(NamedTuple):
    """A place in the frame, normalised; y grows downwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box: centre, width and height, normalised to the frame."""

    x: float
    y: float
    w: float
    h: float

    def at(self, anchor: Anchor) -> Point:
        """Give the point of this box that stands for the visitor."""
        return Point(self.x, self.y + self.h / 2 if anchor is Anchor.FOOT else self.y)

    def seen_from(self, view: "Box") -> "Box":
        """Give this box, normalised to a part of the frame instead of to the frame."""
        return Box(
            (self.x - view.left) / view.w,
            (self.y - view.top) / view.h,
            self.w / view.w,
            self.h / view.h,
        )

    def placed_in(self, view: "Box") -> "Box":
        """Give this box, normalised to a part of the frame, as one normalised to the frame."""
        return Box(
            view.left + self.x * view.w,
            view.top + self.y * view.h,
            self.w * view.w,
            self.h * view.h,
        )

    @property
    def left(self) -> float:
        """Smallest x."""
        return self.x - self.w / 2

    @property
    def top(self) -> float:
        """Smallest y."""
        return self.y - self.h / 2

    @property
    def right(self) -> float:
        """Largest x."""
        return self.x + self.w / 2

    @property
    def bottom(self) -> float:
        """Largest y."""
        return self.y + self.h / 2


def box_between(left: float, top: float, right: float, bottom: float) -> Box:
    """Build a box from its edges."""
    return Box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def union(first: Box, second: Box) -> Box:
    """Give the smallest box around two boxes."""
    return box_between(
        min(first.left, second.left),
        min(first.top, second.top),
        max(first.right, second.right),
        max(first.bottom, second.bottom),
    )


@dataclass(frozen=True, slots=True)
class PersonSize:
    """Box of one person near the line, normalised, and the share of it that a detector fills.

    Under an oblique camera who stands lower in the picture is larger: a person whose box ends at
    y is larger by `growth` x (y - `at_y`), as a share. Straight down, `growth` is 0. Raises
    ValueError for sizes outside (0, 1] and for a fill outside (0, 1].
    """

    w: float
    h: float
    fill: float = 0.6
    growth: float = 0.0
    at_y: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.w <= 1 and 0 < self.h <= 1 and 0 < self.fill <= 1):
            raise ValueError(
                f"a person of {self.w} x {self.h} (fill {self.fill}) does not fit in a frame"
            )

    @property
    def area(self) -> float:
        """Foreground that one person gives, as a share of the frame."""
        return self.w * self.h * self.fill

    def near(self, y: float) -> "PersonSize":
        """Give the size of a person whose box ends at y."""
        if self.growth == 0:
            return self
        # Beyond these limits the straight line says more than its samples did.
        scale = min(2.5, max(0.4, 1 + self.growth * (y - self.at_y)))
        return PersonSize(min(1.0, scale * self.w), min(1.0, scale * self.h), self.fill)

    def seen_from(self, view: Box) -> "PersonSize":
        """Give this size, normalised to a part of the frame instead of to the frame."""
        return PersonSize(
            min(1.0, self.w / view.w),
            min(1.0, self.h / view.h),
            self.fill,
            self.growth * view.h,
            (self.at_y - view.top) / view.h,
        )

    def scaled(self, point: Point) -> Point:
        """Turn a normalised point into person units."""
        return Point(point.x / self.w, point.y / self.h)

    def distance(self, first: Point, second: Point) -> float:
        """Give the distance between two normalised points in person units."""
        return math.hypot((first.x - second.x) / self.w, (first.y - second.y) / self.h)


@dataclass(frozen=True, slots=True)
class CountingLine:
    """A directed segment across a passage; who crosses it along `in_vector` comes in.

    ```
                 in_vector
        start ───────┼────── end       outside above, inside below, for in_vector (0, 1)
                     ▼
    ```
    Raises ValueError when the segment leaves the frame, has no length, or when `in_vector` runs
    along it.
    """

    name: str
    start: Point
    end: Point
    in_vector: Point
    anchor: Anchor = Anchor.CENTRE

    def __post_init__(self) -> None:
        for end in (self.start, self.end):
            if not (0 <= end.x <= 1 and 0 <= end.y <= 1):
                raise ValueError(
                    f"line {self.name!r} leaves the frame at ({end.x:g}, {end.y:g}); "
                    "its ends are normalised, from 0 to 1"
                )
        length = math.dist(self.start, self.end)
        if length < 0.01:
            raise ValueError(f"line {self.name!r} has no length")
        along, into = _minus(self.end, self.start), self.in_vector
        size = math.hypot(*into)
        if not math.isfinite(size) or size == 0 or abs(_cross(along, into)) < 0.05 * length * size:
            raise ValueError(f"in_vector of line {self.name!r} does not point across the line")

    def place(self, point: Point, person: PersonSize) -> "Place":
        """Say where a normalised point lies relative to the line, in person units."""
        # Spelled out in numbers: every track is placed at every line in every picture.
        w, h = person.w, person.h
        left, top = self.start.x / w, self.start.y / h
        along_x, along_y = self.end.x / w - left, self.end.y / h - top
        x, y = point.x / w - left, point.y / h - top
        length = math.hypot(along_x, along_y)
        into = along_x * (self.in_vector.y / h) - along_y * (self.in_vector.x / w)
        sign = math.copysign(1.0, into)
        lateral = (along_x * x + along_y * y) / length
        return Place(sign * (along_x * y - along_y * x) / length, lateral, length)


class Place(NamedTuple):
    """A point seen from a line, in person units.

    `depth` is the signed distance, positive inside; `lateral` runs from 0 at the line's start to
    `length` at its end.
    """

    depth: float
    lateral: float
    length: float


def _minus(first: Point, second: Point) -> Point:
    return Point(first.x - second.x, first.y - second.y)


def _cross(first: Point, second: Point) -> float:
    return first.x * second.y - first.y * second.x
