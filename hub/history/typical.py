"""What an hour of such a day is usually like: the same weekday of the weeks before it.

Hours that were not watched as a whole say nothing and are left out; how many is told. Fewer than
three hours make no habit.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.history.footfall import Slot

WEEKS: Final = 8
LEAST_SAMPLES: Final = 3
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class TypicalHour:
    """Entries of one hour of the clock: median and the band that 80 % of such hours lie in."""

    hour: int
    low: float | None
    median: float | None
    high: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class TypicalDay:
    """Every hour of the clock, the days that were looked at, and the hours left out."""

    hours: tuple[TypicalHour, ...]
    days: tuple[date, ...]
    left_out: int
    """Hours that passed on those days, but were not watched as a whole."""

    @property
    def is_known(self) -> bool:
        """Tell whether there is a habit at all."""
        return any(hour.median is not None for hour in self.hours)


def reference_days(day: date, weeks: int = WEEKS) -> tuple[date, ...]:
    """Return the days that `day` is compared with, newest first."""
    return tuple(day - timedelta(days=7 * i) for i in range(1, weeks + 1))


def typical_day(zone: ZoneInfo, day: date, slots: Iterable[Slot], weeks: int = WEEKS) -> TypicalDay:
    """Return the habit of `day` from hours of other days; those of no reference day are ignored."""
    wanted = set(reference_days(day, weeks))
    by_hour: dict[int, list[int]] = defaultdict(list)
    seen: set[date] = set()
    left_out = 0
    for slot in slots:
        if slot.day not in wanted or slot.quality == "future":
            continue
        if slot.quality != "known" or slot.entered is None:
            left_out += 1
            continue
        seen.add(slot.day)
        by_hour[datetime.fromtimestamp(slot.at_s, zone).hour].append(slot.entered)
    hours = tuple(_hour(hour, sorted(by_hour[hour])) for hour in range(24))
    return TypicalDay(hours, tuple(sorted(seen)), left_out)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of ordered values lie, between neighbours in proportion.

    It lies between the least and the greatest of them.
    """
    place = share * (len(ordered) - 1)
    index = int(place)
    following = min(index + 1, len(ordered) - 1)
    return ordered[index] + (ordered[following] - ordered[index]) * (place - index)


def _hour(hour: int, ordered: Sequence[int]) -> TypicalHour:
    if len(ordered) < LEAST_SAMPLES:
        return TypicalHour(hour, None, None, None, len(ordered))
    return TypicalHour(
        hour,
        quantile(ordered, LOW),
        quantile(ordered, 0.5),
        quantile(ordered, HIGH),
        len(ordered),
    )
