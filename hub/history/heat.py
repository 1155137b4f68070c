"""The week as a map: seven days from Monday, twenty-four hours of the clock, entries in each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.history.footfall import Slot
from hub.history.watching import Quality


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the clock on one weekday: the mean of its hours that were watched.

    `entered` is None where none was; `future` where none has begun.
    """

    weekday: int
    hour: int
    entered: float | None
    hours: int
    """How many hours the mean is of."""
    left_out: int
    """How many were not watched as a whole, and are not in it."""
    quality: Quality


def week_map(zone: ZoneInfo, slots: Iterable[Slot]) -> tuple[tuple[Cell, ...], ...]:
    """Return seven rows of twenty-four cells.

    An hour that clocks repeat is one hour of that day twice as long; one that they skip is absent.
    Hours that were watched in part are told only where no whole one is, as the least.
    """
    whole: dict[tuple[int, int], dict[object, int]] = {}
    partial: dict[tuple[int, int], dict[object, int]] = {}
    unknown: dict[tuple[int, int], int] = {}
    for slot in slots:
        if slot.quality == "future":
            continue
        place = (slot.day.weekday(), datetime.fromtimestamp(slot.at_s, zone).hour)
        if slot.entered is None:
            unknown[place] = unknown.get(place, 0) + 1
            continue
        kept = whole if slot.quality == "known" else partial
        days = kept.setdefault(place, {})
        days[slot.day] = days.get(slot.day, 0) + slot.entered
    return tuple(
        tuple(
            _cell(
                day,
                hour,
                list(whole.get((day, hour), {}).values()),
                list(partial.get((day, hour), {}).values()),
                unknown.get((day, hour), 0),
            )
            for hour in range(24)
        )
        for day in range(7)
    )


def _cell(day: int, hour: int, whole: list[int], partial: list[int], unknown: int) -> Cell:
    if whole:
        return Cell(day, hour, sum(whole) / len(whole), len(whole), len(partial) + unknown, "known")
    if partial:
        return Cell(day, hour, sum(partial) / len(partial), len(partial), unknown, "partial")
    return Cell(day, hour, None, 0, unknown, "unknown" if unknown else "future")
