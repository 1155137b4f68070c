"""Doors whose pictures are at hand, to be changed and counted again and again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from edge.counting.geometry import CountingLine, Direction, PersonSize, Point
from edge.counting.line import Crossing
from edge.vision.detector import Image
from edge.vision.frames import Frame
from edge.vision.pipeline import Counter


@dataclass(frozen=True)
class Door:
    """Frames in order, the line they are counted at, the size of a visitor."""

    name: str
    frames: tuple[Frame, ...]
    line: CountingLine
    person: PersonSize

    def count(self) -> tuple[int, int]:
        """Return how many came in and went out."""
        return totals(crossings_of(self.frames, self.line, self.person))

    def changed(self, change: Callable[[Image], Image]) -> "Door":
        """Give the door with every picture changed."""
        frames = tuple(Frame(change(image), at) for image, at in self.frames)
        return replace(self, frames=frames)

    def backwards(self) -> "Door":
        """Let time run backwards: who came in goes out."""
        end = self.frames[-1].at_seconds
        frames = tuple(Frame(image, end - at) for image, at in reversed(self.frames))
        return replace(self, frames=frames)

    @property
    def is_upright(self) -> bool:
        """Tell whether the line runs down the picture, so that visitors cross it sideways."""
        return abs(self.line.in_vector.x) > abs(self.line.in_vector.y)

    def mirrored_along(self) -> "Door":
        """Show the door in a mirror that stands across the line: it stays the same door."""
        door, into = self._mirrored(upside_down=self.is_upright), self.line.in_vector
        turned = Point(into.x, -into.y) if self.is_upright else Point(-into.x, into.y)
        return replace(door, line=replace(door.line, in_vector=turned))

    def mirrored_across(self) -> "Door":
        """Show the door in a mirror that lies along the line: inside is where outside was."""
        return self._mirrored(upside_down=not self.is_upright)

    def _mirrored(self, *, upside_down: bool) -> "Door":
        """Mirror pictures and line; inwards stays where it pointed."""
        rows, columns = (slice(None, None, way) for way in ((-1, 1) if upside_down else (1, -1)))
        door = self.changed(lambda p: np.ascontiguousarray(p[rows, columns]))

        def moved(point: Point) -> Point:
            return Point(point.x, 1 - point.y) if upside_down else Point(1 - point.x, point.y)

        line = replace(self.line, start=moved(self.line.start), end=moved(self.line.end))
        return replace(door, line=line)

    def every_second(self) -> "Door":
        """Give half of the frames."""
        return replace(self, frames=self.frames[::2])


def crossings_of(frames: Iterable[Frame], line: CountingLine, person: PersonSize) -> list[Crossing]:
    """Count frames."""
    counter = Counter([line], person_size=person)
    return [c for image, at_seconds in frames for c in counter.feed(image, at_seconds)]


def totals(crossings: Iterable[Crossing]) -> tuple[int, int]:
    """Return how many came in and went out."""
    ways = [c.direction for c in crossings]
    return ways.count(Direction.IN), ways.count(Direction.OUT)


def brighter(image: Image) -> Image:
    """Give a picture a fifth brighter."""
    return np.asarray(cv2.convertScaleAbs(image, alpha=1.2), dtype=np.uint8)


def darker(image: Image) -> Image:
    """Give a picture a fifth darker."""
    return np.asarray(cv2.convertScaleAbs(image, alpha=0.8), dtype=np.uint8)


def halved(image: Image) -> Image:
    """Give a picture of half the width and height."""
    return np.asarray(
        cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def noisy(seed: int, strength: float = 6.0) -> Callable[[Image], Image]:
    """Add noise of a standard deviation in grey levels, another for each picture."""
    rng = np.random.default_rng(seed)
    grain: list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]] = []

    def add(image: Image) -> Image:
        if not grain:
            height, width = image.shape[:2]
            shape = (height + 40, width + 40, 3)
            grain.append(rng.normal(0, strength, shape).astype(np.int16))
        top, left = (int(n) for n in rng.integers(0, 40, 2))
        part = grain[0][top : top + image.shape[0], left : left + image.shape[1]]
        return np.asarray(np.clip(image + part, 0, 255), dtype=np.uint8)

    return add


def thinned(frames: Iterable[Frame], most_fps: float = 15.0) -> Iterator[Frame]:
    """Give the frames that a counter would take."""
    kept = -1e9
    for frame in frames:
        if frame.at_seconds - kept >= 0.9 / most_fps:
            kept = frame.at_seconds
            yield frame
