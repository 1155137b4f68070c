"""Local days and weeks of a venue as intervals of Unix seconds.

A day is as long as its zone makes it: nothing here assumes 24 hours, or an offset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.compliance.intervals import Interval

ONE_DAY = timedelta(days=1)
YEARS = range(1970, 2201)
"""Of periods: around the days of each there are others, in every zone."""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The clock on a venue's wall."""

    zone: ZoneInfo

    def midnight(self, day: date) -> int:
        """Return the Unix second at which a local day begins."""
        return _midnight(self.zone, day)

    def at(self, day: date, second: int) -> int:
        """Return the instant of a second of a local day as a clock shows it; past 86 400: later."""
        days, rest = divmod(second, 86_400)
        if days:
            day += timedelta(days=days)
        start = _midnight(self.zone, day)
        # On a day without a change of the clocks what it shows is what has passed.
        if rest == 0 or _midnight(self.zone, day + ONE_DAY) - start == 86_400:
            return start + rest
        hour, minute = divmod(rest // 60, 60)
        local = datetime(day.year, day.month, day.day, hour, minute, rest % 60, tzinfo=self.zone)
        return int(local.timestamp())

    def day_of(self, at_s: int) -> date:
        """Return the local day of an instant."""
        return datetime.fromtimestamp(at_s, self.zone).date()

    def day(self, day: date) -> Interval:
        """Return a local day as an interval."""
        return _midnight(self.zone, day), _midnight(self.zone, day + ONE_DAY)

    def span(self, first: date, last: date) -> Interval:
        """Return the days from `first` to `last`, both whole, as one interval."""
        return _midnight(self.zone, first), _midnight(self.zone, last + ONE_DAY)

    def show(self, at_s: int) -> str:
        """Return an instant as people read it: local date and time to the minute or second."""
        local = datetime.fromtimestamp(at_s, self.zone)
        return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


@lru_cache(maxsize=16_384)
def _midnight(zone: ZoneInfo, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def days(first: date, last: date) -> Iterator[date]:
    """Yield the days from `first` to `last`."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


@dataclass(frozen=True, slots=True)
class Span:
    """A period that is judged: an ISO week, a month, a calendar year, or any stretch of days."""

    name: str
    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.last - self.first).days + 1

    @property
    def year(self) -> int:
        """Return the year whose thresholds hold: a week's is that of its Thursday (ISO 8601)."""
        if self.name.count("-W"):
            return self.first.isocalendar().year
        return self.first.year


def week_of(day: date) -> Span:
    """Return the ISO week of a day."""
    year, week, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return Span(f"{year}-W{week:02}", monday, monday + timedelta(days=6))


def year_of(year: int) -> Span:
    """Return a calendar year."""
    return Span(str(year), date(year, 1, 1), date(year, 12, 31))


def _stretch(name: str, first: date, last: date) -> Span:
    if first > last:
        raise ValueError(name)
    return Span(name, first, last)


def parse_period(text: str) -> Span:
    """Return a period by its name: `2026`, `2026-03`, `2026-W10`, `2026-03-02`, or `first..last`.

    Raises ValueError with a sentence.
    """
    try:
        return _within_years(_read_period(text))
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no period: give a year 2026, a month 2026-03, an ISO week 2026-W10, a day"
            " 2026-03-02, or two days 2026-03-02..2026-06-30, the first one first, from"
            f" {YEARS.start} to {YEARS.stop - 1}"
        ) from None


def _read_period(text: str) -> Span:
    if ".." in text:
        first, _, last = text.partition("..")
        return _stretch(text, date.fromisoformat(first), date.fromisoformat(last))
    if "-W" in text:
        year, _, week = text.partition("-W")
        return week_of(date.fromisocalendar(int(year), int(week), 1))
    if len(text) == 4:
        return year_of(int(text))
    if len(text) == 7:
        first_day = date.fromisoformat(f"{text}-01")
        following = (first_day + timedelta(days=31)).replace(day=1)
        return Span(text, first_day, following - ONE_DAY)
    return Span(text, date.fromisoformat(text), date.fromisoformat(text))


def _within_years(span: Span) -> Span:
    """Refuse what has no days around it that could be reckoned with. Raises ValueError."""
    if span.first.year not in YEARS or span.last.year not in YEARS:
        raise ValueError("too early or too late")
    return span
