"""A synthetic door seen from above, with exact truth: for tests and a demo without a camera."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.counting.geometry import CountingLine, Direction, PersonSize, Point
from edge.counting.scoring import TrueCrossing
from edge.vision.detector import Image

#: Box of a scene's visitor.
SCENE_PERSON = PersonSize(0.17, 0.19, 0.72)
SCENE_LINE = CountingLine("door", Point(0.0, 0.5), Point(1.0, 0.5), Point(0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Walker:
    """One visitor: way points (seconds, x, y), clothes, and the seed of his texture."""

    path: tuple[tuple[float, float, float], ...]
    colour: tuple[int, int, int]
    stature: float
    sway_phase: float

    def at(self, seconds: float) -> tuple[Point, float] | None:
        """Give place and heading (radians) at a time, or None while he is away."""
        for (t0, x0, y0), (t1, x1, y1) in zip(self.path, self.path[1:], strict=False):
            if t0 <= seconds < t1:
                share = (seconds - t0) / (t1 - t0)
                moving = math.hypot(x1 - x0, y1 - y0) > 1e-6
                sway = 0.008 * math.sin(6.5 * seconds + self.sway_phase) if moving else 0.0
                heading = math.atan2(y1 - y0, x1 - x0) if moving else math.pi / 2
                return Point(x0 + share * (x1 - x0) + sway, y0 + share * (y1 - y0)), heading
        return None

    def crossings(self, line_y: float) -> Iterator[TrueCrossing]:
        """Say exactly when his middle passes a horizontal line."""
        for (t0, _, y0), (t1, _, y1) in zip(self.path, self.path[1:], strict=False):
            if (y0 < line_y) != (y1 < line_y):
                at_seconds = t0 + (line_y - y0) / (y1 - y0) * (t1 - t0)
                yield TrueCrossing(at_seconds, Direction.IN if y1 > y0 else Direction.OUT)


@dataclass(frozen=True)
class Scene:
    """A door of `size` pixels (width, height); visitors walk down (in) and up (out).

    The same arguments give the same pictures and the same truth. `seconds` None means without end.
    `visitors_per_minute` come at odd times, a share of them as pairs; some linger on one side,
    some turn back before the line. `pumping` is the relative swing of an automatic exposure.
    """

    seed: int
    seconds: float | None = None
    visitors_per_minute: float = 16.0
    pairs: float = 0.25
    wanderers_per_minute: float = 1.5
    pumping: float = 0.0
    noise: float = 4.0
    fps: float = 15.0
    size: tuple[int, int] = (320, 240)

    def frames(self) -> Iterator[tuple[Image, float]]:
        """Give BGR pictures and their media time, the first at 0."""
        number = 0
        while self.seconds is None or number / self.fps < self.seconds:
            yield self.picture(number / self.fps), number / self.fps
            number += 1

    def crossings(self, until_seconds: float | None = None) -> list[TrueCrossing]:
        """Give the truth up to a time (or to the scene's end), in order of time."""
        end = self.seconds if until_seconds is None else until_seconds
        if end is None:
            raise ValueError("a scene without end has no last crossing; say until when")
        walkers = [w for minute in range(math.ceil(end / 60)) for w in self._walkers(minute)]
        true = [c for w in walkers for c in w.crossings(SCENE_LINE.start.y) if c.at_seconds < end]
        return sorted(true, key=lambda c: c.at_seconds)

    def picture(self, seconds: float) -> Image:
        """Draw the scene at a time."""
        picture = self._floor.copy()
        minute = int(seconds // 60)
        present = [
            (walker, place)
            for walker in (*self._walkers(minute - 1), *self._walkers(minute))
            if (place := walker.at(seconds)) is not None
        ]
        for walker, (point, heading) in present:
            self._shade(picture, walker, point, heading)
        for walker, (point, heading) in present:
            self._draw(picture, walker, point, heading, seconds)
        light = 1 + self.pumping * math.sin(2 * math.pi * seconds / 7)
        grain = self._grain[int(seconds * self.fps) % len(self._grain)]
        lit = np.clip(picture.astype(np.float32) * light + grain, 0, 255)
        return np.asarray(lit, dtype=np.uint8)

    @cached_property
    def _floor(self) -> Image:
        width, height = self.size
        rng = np.random.default_rng([self.seed, 1])
        coarse = rng.normal(0, 9, (height // 20 + 2, width // 20 + 2, 1)).astype(np.float32)
        floor = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
        tint = np.array(rng.uniform(110, 170, 3), dtype=np.float32)
        return np.clip(tint + floor + rng.normal(0, 3, (height, width, 1)), 0, 255).astype(np.uint8)

    @cached_property
    def _grain(self) -> NDArray[np.float32]:
        width, height = self.size
        rng = np.random.default_rng([self.seed, 2])
        return rng.normal(0, self.noise, (8, height, width, 1)).astype(np.float32)

    def _walkers(self, minute: int) -> tuple[Walker, ...]:
        return () if minute < 0 else _walkers_of(self, minute)

    def _shade(self, picture: Image, walker: Walker, point: Point, heading: float) -> None:
        mask = np.zeros(picture.shape[:2], np.uint8)
        self._ellipse(mask, Point(point.x + 0.03, point.y + 0.035), heading, walker.stature, 255)
        shaded = mask > 0
        picture[shaded] = (picture[shaded] * 0.8).astype(np.uint8)

    def _draw(
        self, picture: Image, walker: Walker, point: Point, heading: float, seconds: float
    ) -> None:
        width, height = self.size
        stride = 0.045 * math.sin(6.5 * seconds + walker.sway_phase)
        ahead = Point(math.cos(heading), math.sin(heading))
        for foot in (-1, 1):  # shoes appear before and behind the shoulders
            x = point.x + foot * (stride * ahead.x - 0.03 * ahead.y)
            y = point.y + foot * (stride * ahead.y + 0.03 * ahead.x) * width / height
            cv2.circle(picture, (round(x * width), round(y * height)), 6, (45, 40, 40), -1)
        self._ellipse(picture, point, heading, walker.stature, walker.colour)
        hem = tuple(int(0.7 * c) for c in walker.colour)
        self._ellipse(picture, point, heading, 0.55 * walker.stature, hem)
        centre = (round(point.x * width), round(point.y * height))
        cv2.circle(picture, centre, round(0.033 * width * walker.stature), (38, 42, 52), -1)

    def _ellipse(
        self,
        picture: Image,
        point: Point,
        heading: float,
        scale: float,
        colour: int | tuple[int, ...],
    ) -> None:
        width, height = self.size
        centre = (round(point.x * width), round(point.y * height))
        axes = (round(0.055 * width * scale), round(0.083 * width * scale))
        fill = colour if isinstance(colour, tuple) else (colour,)
        cv2.ellipse(picture, centre, axes, math.degrees(heading), 0, 360, fill, -1)


@lru_cache(maxsize=64)
def _walkers_of(scene: Scene, minute: int) -> tuple[Walker, ...]:
    """Give those who come in a minute; all are gone before the minute after the next begins."""
    rng = np.random.default_rng([scene.seed, 3, minute])
    walkers: list[Walker] = []
    # Each way keeps to its right, as people do; nobody walks through somebody.
    free_from = {Direction.IN: 60.0 * minute + 2.0, Direction.OUT: 60.0 * minute + 2.0}
    wait = 2 * 60.0 / max(scene.visitors_per_minute, 1e-6)
    for direction in Direction:
        begin = free_from[direction]
        while True:
            begin += float(rng.exponential(max(wait - 1.6, 0.05))) + 1.6
            if begin > 60 * minute + 52:
                break
            lane = rng.uniform(0.14, 0.32)
            speed = float(rng.uniform(0.4, 0.6))
            walkers.append(_passer(rng, direction, begin, float(lane), speed))
            if rng.random() < scene.pairs:
                walkers.append(_passer(rng, direction, begin + 0.1, float(lane) + 0.2, speed))
    loitering = int(rng.poisson(scene.wanderers_per_minute))
    wanderers = [_wanderer(rng, 60 * minute + float(rng.uniform(3, 40))) for _ in range(loitering)]
    return (*walkers, *wanderers)


def _passer(
    rng: np.random.Generator, direction: Direction, begin: float, lane: float, speed: float
) -> Walker:
    drift = float(rng.uniform(-0.02, 0.02))
    end = begin + 1.4 / speed
    if direction is Direction.IN:
        return _walker(rng, ((begin, lane, -0.2), (end, lane + drift, 1.2)))
    return _walker(rng, ((begin, 1 - lane, 1.2), (end, 1 - lane - drift, -0.2)))


def _wanderer(rng: np.random.Generator, begin: float) -> Walker:
    """Come from the side, stand about, leave where he came from; never reach the line."""
    outside = bool(rng.random() < 0.5)
    y = 0.12 if outside else 0.88
    x = float(rng.uniform(0.46, 0.54))
    gate = -0.2 if outside else 1.2
    stay = float(rng.uniform(1.0, 9.0))
    return _walker(
        rng,
        (
            (begin, x, gate),
            (begin + 1.0, x, y),
            (begin + 1.0 + stay, x, y),
            (begin + 2.0 + stay, x, gate),
        ),
    )


def _walker(rng: np.random.Generator, path: tuple[tuple[float, float, float], ...]) -> Walker:
    b, g, r = (int(v) for v in rng.choice([25, 60, 100, 190, 235], 3))
    return Walker(path, (b, g, r), float(rng.uniform(0.9, 1.1)), float(rng.uniform(0, 6.28)))
