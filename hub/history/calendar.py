"""Ranges of local days, and the hours that they are made of, in a venue's own time zone.

    midnight ─┬─ 00 ─┬─ 01 ─┬─ … ─┬─ 23 ─┬─ midnight     23, 24 or 25 hours; where clocks change by
              at     until                                half an hour the last one is a short one

A store keeps hours of UTC. Where a local hour begins at another minute (Asia/Kolkata) `shift_s`
says how many seconds after the hour of UTC it does, so that nothing is counted for the wrong day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

HOUR: Final = 3600
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)

RangeName = Literal["day", "week", "month", "year"]
StepName = Literal["hour", "day", "week"]
RANGES: Final[tuple[RangeName, ...]] = get_args(RangeName)
STEPS: Final[dict[RangeName, StepName]] = {
    "day": "hour",
    "week": "day",
    "month": "day",
    "year": "week",
}
"""What one column of a range's footfall stands for."""
CLIMATE_STEPS: Final[dict[RangeName, StepName]] = {
    "day": "hour",
    "week": "hour",
    "month": "day",
    "year": "day",
}


@dataclass(frozen=True, slots=True)
class Period:
    """The local days from `first` to `last`, both included."""

    name: RangeName
    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Return every day in order."""
        return tuple(
            self.first + timedelta(days=i) for i in range((self.last - self.first).days + 1)
        )

    def before(self) -> "Period | None":
        """Return the period of the same name that ends where this one begins; None at the end."""
        if self.first <= EARLIEST:
            return None
        return period(self.name, self.first - timedelta(days=1))

    def after(self, today: date) -> "Period | None":
        """Return the period of the same name that follows; None when this one reaches `today`."""
        if self.last >= today:
            return None
        return period(self.name, min(_end_after(self.name, self.last), today))


@dataclass(frozen=True, slots=True)
class Segment:
    """Seconds [start, end) in which all local hours begin `shift_s` after an hour of UTC."""

    start_s: int
    end_s: int
    shift_s: int


def period(name: RangeName, to: date) -> Period:
    """Return the day, week, month or year that ends with `to`.

    The last day of a calendar month or year gives exactly that month or year.
    """
    last = min(max(to, EARLIEST), LATEST)
    match name:
        case "day":
            first = last
        case "week":
            first = last - timedelta(days=6)
        case "month":
            first = _months_before(last, 1) + timedelta(days=1)
        case "year":
            first = _months_before(last, 12) + timedelta(days=1)
    return Period(name, max(first, EARLIEST), last)


def today(zone: ZoneInfo, now_s: float) -> date:
    """Return the local day of an instant."""
    return datetime.fromtimestamp(now_s, zone).date()


def midnight(zone: ZoneInfo, day: date) -> int:
    """Return the Unix second at which a local day begins."""
    return int(datetime.combine(day, time(), zone).timestamp())


def segments(zone: ZoneInfo, first: date, last: date) -> tuple[Segment, ...]:
    """Return the stretches of one shift that the days from `first` to `last` consist of."""
    result: list[Segment] = []
    start = midnight(zone, first)
    for i in range((last - first).days + 1):
        end = midnight(zone, first + timedelta(days=i + 1))
        shift = start % HOUR
        if result and result[-1].shift_s == shift:
            result[-1] = Segment(result[-1].start_s, end, shift)
        else:
            result.append(Segment(start, end, shift))
        start = end
    return tuple(result)


def hours(parts: Sequence[Segment]) -> list[tuple[int, int]]:
    """Return (at, until) of every local hour of some segments, Unix seconds."""
    return [
        (at, min(at + HOUR, part.end_s))
        for part in parts
        for at in range(part.start_s, part.end_s, HOUR)
    ]


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month; the last day of one stays the last day."""
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    length = _month_length(year, month + 1)
    is_last = day.day == _month_length(day.year, day.month)
    return date(year, month + 1, length if is_last else min(day.day, length))


def _month_length(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - date(year, month, 1)).days


def _end_after(name: RangeName, last: date) -> date:
    match name:
        case "day":
            return last + timedelta(days=1)
        case "week":
            return last + timedelta(days=7)
        case "month":
            return _months_before(last, -1)
        case "year":
            return _months_before(last, -12)
