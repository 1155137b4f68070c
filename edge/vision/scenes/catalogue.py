"""The painted doors by name: what happens at each, and the scene that plays it."""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from edge.counting.geometry import Anchor, CountingLine, PersonSize, Point
from edge.counting.scoring import TrueCrossing
from edge.vision.detector import Image
from edge.vision.scenes import cast, conditions
from edge.vision.scenes.cast import Cast, Stage
from edge.vision.scenes.conditions import ACT_SECONDS, Conditions, Course, Disturb
from edge.vision.scenes.day import DAY_SECONDS, day_act
from edge.vision.scenes.floor import lit, paint_floor, tint_of
from edge.vision.scenes.painter import Painter, Shadow
from edge.vision.scenes.sizes import person_size
from edge.vision.scenes.view import View
from edge.vision.scenes.visitor import Visitor

SOFT: Final = Shadow()


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes a scene: who comes, what happens to the pictures, where the camera hangs.

    `seconds` is how long it is when it is evaluated; `height` in metres unless told otherwise;
    `brightness` the range of the floor's grey; `gradient` how unevenly it is lit.
    """

    about: str
    cast: Cast = cast.nobody
    disturb: Disturb = conditions.calm
    height: float = 3.0
    tilt_degrees: float = 0.0
    seconds: float = 120.0
    brightness: tuple[float, float] = (90.0, 190.0)
    gradient: float = 0.12
    shadow: Shadow = SOFT
    is_day: bool = False


KINDS: Final[dict[str, Kind]] = {
    "single": Kind("visitors one by one, both ways", cast.one_by_one),
    "groups": Kind("two to four side by side", cast.groups, height=3.6),
    "shadows": Kind(
        "low sun: each visitor draws a long hard shadow",
        cast.one_by_one,
        shadow=Shadow(0.5, 0.75, 0.45),
        gradient=0.25,
    ),
    "exposure": Kind(
        "an automatic exposure that hunts, by steps and ramps of up to a third, into clipping",
        cast.one_by_one,
        conditions.exposure,
        brightness=(120.0, 215.0),
    ),
    "shake": Kind(
        "a mount that sways and trembles, by 3 to 6 pixels", cast.one_by_one, conditions.shaking
    ),
    "standing": Kind("who stands on the line for 20 s and turns back or goes on", cast.standing),
    "crowd": Kind("one visitor a second, both ways, shoulder to shoulder", cast.crowd, height=3.6),
    "stream": Kind("a hall empties itself through one door, two a second", cast.stream, height=3.6),
    "dense": Kind("three a second, dressed alike, four on a square metre", cast.dense, height=3.0),
    "oblique": Kind(
        "a camera that looks down at 45 degrees: who is near is large",
        cast.one_by_one,
        tilt_degrees=45.0,
    ),
    "lights": Kind("lamps go off and on, nobody comes", disturb=conditions.switched_lights),
    "covered": Kind(
        "something lies over the lens for half a minute, nobody comes", disturb=conditions.covered
    ),
    "empty": Kind("daylight wanders, nobody comes", disturb=conditions.clouds, gradient=0.3),
    "frozen": Kind("the camera repeats one picture for 20 s", cast.one_by_one, conditions.freezing),
    "dark": Kind("night, nobody comes", disturb=conditions.night),
    "day": Kind(
        "a day of 2000 visitors, twelve hours in three",
        cast.nobody,
        seconds=DAY_SECONDS,
        is_day=True,
    ),
}


@dataclass(frozen=True)
class StagedScene:
    """A painted door of a kind; the same arguments give the same pictures and the same truth.

    `seconds` None means without end: the scene is made of acts of a minute, each another one.
    """

    name: str
    seed: int
    height: float
    seconds: float | None = None
    fps: float = 15.0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, in pixels."""
        return self._view.size

    @property
    def line(self) -> CountingLine:
        """The counting line; inwards is down the picture."""
        anchor = Anchor.FOOT if self._view.is_oblique else Anchor.CENTRE
        return CountingLine("door", Point(0.0, 0.5), Point(1.0, 0.5), Point(0.0, 1.0), anchor)

    @cached_property
    def person(self) -> PersonSize:
        """How large a grown visitor is at the line, measured on bodies in mid-stride."""
        return person_size(self._painter, self._view)

    def frames(self) -> Iterator[tuple[Image, float]]:
        """Give BGR pictures and their media time, the first at 0."""
        number = 0
        while self.seconds is None or number / self.fps < self.seconds:
            yield self.picture(number / self.fps), number / self.fps
            number += 1

    def crossings(self, until_seconds: float | None = None) -> list[TrueCrossing]:
        """Give the truth up to a time (or to the scene's end), in order of time.

        Who crosses while the camera repeats an old picture is uncertain: nothing shows him.
        """
        end = self.seconds if until_seconds is None else until_seconds
        if end is None:
            raise ValueError("a scene without end has no last crossing; say until when")
        acts = range(math.ceil(end / ACT_SECONDS))
        true = [c for act in acts for v in self._visitors(act) for c in v.crossings()]
        return sorted(
            (
                c
                if self._conditions(c.at_seconds).frozen_at is None
                else replace(c, uncertain=True)
                for c in true
                if c.at_seconds < end
            ),
            key=lambda c: c.at_seconds,
        )

    def picture(self, seconds: float) -> Image:
        """Paint the scene at a time: BGR (height, width, 3)."""
        now = self._conditions(seconds)
        if now.frozen_at is not None:
            seconds = now.frozen_at
        act = int(seconds // ACT_SECONDS)
        visible = [
            (pose, visitor.look)
            for visitor in (*self._visitors(act - 1), *self._visitors(act))
            if (pose := visitor.pose(seconds)) is not None
        ]
        return self._painter.paint(visible, now, round(seconds * self.fps))

    @property
    def _kind(self) -> Kind:
        return KINDS[self.name]

    @cached_property
    def _view(self) -> View:
        return View(self.height, self._kind.tilt_degrees)

    @cached_property
    def _stage(self) -> Stage:
        return Stage(self._view, tint_of(self._rng(1), self._kind.brightness))

    @cached_property
    def _painter(self) -> Painter:
        light = lit(self._rng(2), self.size, self._kind.gradient)
        floor = paint_floor(self._rng(3), self.size, self._stage.tint, light)
        return Painter(self._view, floor, light, self._kind.shadow, self._rng(4))

    def _visitors(self, act: int) -> tuple[Visitor, ...]:
        return () if act < 0 else _visitors_of(self.name, self.seed, self._stage, act)

    def _conditions(self, seconds: float) -> Conditions:
        act = int(seconds // ACT_SECONDS)
        begin = act * ACT_SECONDS
        now = _course_of(self.name, self.seed, act)(seconds - begin)
        frozen = now.frozen_at
        return now if frozen is None else replace(now, frozen_at=begin + frozen)

    def _rng(self, purpose: int) -> np.random.Generator:
        return _rng(self.name, self.seed, purpose)


def build_scene(
    name: str, seed: int, height: float | None = None, *, seconds: float | None = None
) -> StagedScene:
    """Build a scene of `seconds`, or without end; raises ValueError for a name there is not."""
    if name not in KINDS:
        raise ValueError(f"no scene is named {name!r}: there are {', '.join(KINDS)}")
    return StagedScene(name, seed, KINDS[name].height if height is None else height, seconds)


@lru_cache(maxsize=256)
def _visitors_of(name: str, seed: int, stage: Stage, act: int) -> tuple[Visitor, ...]:
    kind = KINDS[name]
    visitors = (
        day_act(seed, stage, act) if kind.is_day else kind.cast(_rng(name, seed, 5, act), stage)
    )
    return tuple(visitor.later(act * ACT_SECONDS) for visitor in visitors)


@lru_cache(maxsize=256)
def _course_of(name: str, seed: int, act: int) -> Course:
    return KINDS[name].disturb(_rng(name, seed, 6, act))


def _rng(name: str, seed: int, purpose: int, act: int = 0) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(name.encode()), seed, purpose, act])
