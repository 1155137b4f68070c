"""Charts as SVG coordinates: templates only place them. Pure.

┌ labels ┬─ a thousand units of time ──────────────┐   paths and bars stretch with the page,
│  400 ┄ │┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│   letters, hatching and strokes do not:
│  200 ┄ │┄┄┄▁▃▅▇▅▃▁┄┄┄▨▨▨▨┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│   they stand at percentages of the width
│    0   │─────────────────────────────────────────│
└────────┴ 00    06    12    18 ───────────────────┘
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.history.decimation import Column
from hub.pages.words import Words

WIDTH: Final = 1000.0
HEIGHT: Final = 180.0
TOP: Final = 8.0
"""Room above the largest value, so that its stroke is seen whole."""
LEAST_PEAK: Final = 5.0
BAR_SHARE: Final = 0.78


@dataclass(frozen=True, slots=True)
class Bar:
    """A column; `kind` is a class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the width, in per cent."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on the axis of time, in per cent; a minor one is left out on a phone."""

    x: float
    words: Words
    is_minor: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A height with its label."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the chart: a capacity, a limit."""

    y: float
    words: Words
    kind: str


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of one value, or of the band between two."""

    at_s: int
    until_s: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a template places."""

    levels: tuple[Level, ...]
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    areas: tuple[tuple[str, str], ...] = ()
    """(class, path) of what is filled."""
    lines: tuple[tuple[str, str], ...] = ()
    """(class, path) of what is drawn."""
    unknown: tuple[Band, ...] = ()
    rules: tuple[Rule, ...] = ()
    now: float | None = None
    """Where now is, in per cent."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart reaches from and to."""

    start_s: int
    end_s: int
    low: float
    high: float

    def x(self, at_s: float) -> float:
        """Return the place of an instant, 0 to WIDTH."""
        share = (at_s - self.start_s) / (self.end_s - self.start_s)
        return round(min(max(share, 0.0), 1.0) * WIDTH, 1)

    def percent(self, at_s: float) -> float:
        """Return the place of an instant in per cent of the width."""
        return round(self.x(at_s) / WIDTH * 100, 2)

    def y(self, value: float) -> float:
        """Return the height of a value; larger is further up."""
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - min(max(share, 0.0), 1.0) * (HEIGHT - TOP), 1)

    def band(self, at_s: float, until_s: float) -> Band:
        """Return a stretch of time in per cent of the width."""
        left, right = self.percent(at_s), self.percent(until_s)
        # A short gap in a long range is still seen.
        return Band(left, round(max(right - left, 0.3), 2))


def frame_from_zero(start_s: int, end_s: int, values: Iterable[float | None]) -> Frame:
    """Return a frame from zero to a round number above every value."""
    peak = max((value for value in values if value is not None), default=0.0)
    return Frame(start_s, end_s, 0.0, levels_of(0.0, max(peak, LEAST_PEAK))[-1])


def frame_around(start_s: int, end_s: int, values: Iterable[float | None]) -> Frame:
    """Return a frame between round numbers around every value."""
    told = [value for value in values if value is not None] or [0.0]
    low, high = min(told), max(told)
    if high - low < 1:
        low, high = low - 0.5, high + 0.5
    steps = levels_of(low, high)
    return Frame(start_s, end_s, steps[0], steps[-1])


def levels_of(low: float, high: float, wanted: int = 4) -> tuple[float, ...]:
    """Return evenly spaced round numbers, which enclose `low` and `high`."""
    rough = max(high - low, 1e-9) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = max(first + 1, math.ceil(high / step - 1e-9))
    return tuple(round(i * step, 6) for i in range(first, last + 1))


def level_ticks(frame: Frame) -> tuple[Level, ...]:
    """Return the labelled heights of a frame."""
    return tuple(Level(frame.y(value), number(value)) for value in levels_of(frame.low, frame.high))


def number(value: float) -> str:
    """Return a number as it is read: thousands apart, no decimals that say nothing."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def bar(frame: Frame, at_s: int, until_s: int, value: float, kind: str) -> Bar:
    """Return the column of a slot; the smallest number is still seen."""
    left, right = frame.x(at_s), frame.x(until_s)
    width = (right - left) * BAR_SHARE
    y = frame.y(value)
    if value > 0:
        y = min(y, HEIGHT - 1.5)
    return Bar(round(left + (right - left - width) / 2, 1), y, round(width, 1), HEIGHT - y, kind)


def steps_band(frame: Frame, steps: Sequence[Step]) -> str:
    """Return the filled path between the lower and the upper values of steps."""
    return "".join(
        _path(_along(frame, run, upper=True) + _along(frame, run, upper=False)[::-1]) + "Z"
        for run in _touching(steps)
    )


def steps_line(frame: Frame, steps: Sequence[Step]) -> str:
    """Return the path along the upper values of steps, broken where they do not touch."""
    return "".join(_path(_along(frame, run, upper=True)) for run in _touching(steps))


def envelope(frame: Frame, columns: Sequence[Column]) -> tuple[str, str, str]:
    """Return (area below the most, band from least to most, line along the mean) of columns."""
    area, band, line = [], [], []
    for told in _told(columns):
        # A single column is as wide as it lasts; longer runs go through the middle of each.
        run = told * 2 if len(told) == 1 else told
        instants = (
            (told[0].at_s, told[0].until_s)
            if len(told) == 1
            else [(c.at_s + c.until_s) / 2 for c in told]
        )
        places = [frame.x(at) for at in instants]
        most = [(x, frame.y(c.most or 0.0)) for x, c in zip(places, run, strict=True)]
        least = [(x, frame.y(c.least or 0.0)) for x, c in zip(places, run, strict=True)]
        mean = [(x, frame.y(c.mean or 0.0)) for x, c in zip(places, run, strict=True)]
        area.append(f"{_path(most)}L{places[-1]} {HEIGHT}L{places[0]} {HEIGHT}Z")
        band.append(_path(most + least[::-1]) + "Z")
        line.append(_path(mean))
    return "".join(area), "".join(band), "".join(line)


def unknown_bands(frame: Frame, columns: Sequence[Column]) -> tuple[Band, ...]:
    """Return the stretches in which something was not known, those that touch as one."""
    spans: list[tuple[int, int]] = []
    for column in columns:
        if not column.unknown_s:
            continue
        if spans and spans[-1][1] >= column.at_s:
            spans[-1] = (spans[-1][0], column.until_s)
        else:
            spans.append((column.at_s, column.until_s))
    return tuple(frame.band(at, until) for at, until in spans)


def _told(columns: Sequence[Column]) -> list[list[Column]]:
    runs: list[list[Column]] = []
    follows = False
    for column in columns:
        if column.mean is None:
            follows = False
            continue
        if not follows:
            runs.append([])
        runs[-1].append(column)
        follows = True
    return runs


def _touching(steps: Sequence[Step]) -> list[list[Step]]:
    runs: list[list[Step]] = []
    for step in steps:
        if not runs or runs[-1][-1].until_s != step.at_s:
            runs.append([])
        runs[-1].append(step)
    return runs


def _along(frame: Frame, steps: Sequence[Step], *, upper: bool) -> list[tuple[float, float]]:
    return [
        (frame.x(at), frame.y(step.high if upper else step.low))
        for step in steps
        for at in (step.at_s, step.until_s)
    ]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(points))
