"""What kind of day a date is, and which hours the sample district's venues announce for it.

The dates lie in `calendar.toml`: public holidays, make-up workdays, school vacations.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.config import read_toml, validated
from hub.district import Session, session_of
from hub.sections import Section
from hub.venues import Venue

CALENDAR: Final = Path(__file__).with_name("calendar.toml")
DayKind = Literal["work", "rest", "break", "statutory"]
"""A workday, an ordinary weekend, another day of a public holiday's break, the holiday itself."""
Hours = tuple[tuple[int, int], ...]
"""Sessions of one local day as (opens, closes), in minutes of it."""


class YearSection(Section):
    """One year; a span of days is written `2026-10-01..2026-10-07`."""

    year: int
    status: Literal["official", "provisional"]
    notice: str = ""
    statutory: tuple[str, ...]
    off: tuple[str, ...]
    work: tuple[str, ...] = ()
    vacation: tuple[str, ...] = ()


class HoursSection(Section):
    """Sessions that some kinds of venue keep on some days, in place of the weekday's."""

    on: Literal["statutory", "vacation"]
    kinds: tuple[str, ...]
    sessions: tuple[Session, ...]


class CalendarFile(Section):
    """The whole file."""

    year: tuple[YearSection, ...]
    hours: tuple[HoursSection, ...]


@dataclass(frozen=True)
class Almanac:
    """Every day that differs, of all years in the file."""

    statutory: frozenset[date]
    off: frozenset[date]
    work: frozenset[date]
    vacation: frozenset[date]
    on_statutory: dict[str, Hours]
    on_vacation: dict[str, Hours]

    def kind(self, day: date) -> DayKind:
        """Return what kind of day it is."""
        if day in self.statutory:
            return "statutory"
        if day in self.off:
            return "break"
        return "rest" if day.weekday() >= 5 and day not in self.work else "work"

    def announced(self, venue: Venue, day: date) -> Hours:
        """Return the sessions that a venue announces for a day."""
        usual = venue.hours[day.weekday()]
        if day in self.statutory:
            return self.on_statutory.get(venue.kind, usual)
        if day in self.vacation and usual:
            return self.on_vacation.get(venue.kind, usual)
        return usual


@cache
def read_almanac(path: Path = CALENDAR) -> Almanac:
    """Read the calendar. Raises ConfigError."""
    file = validated(CalendarFile, read_toml(path), path)
    rules: dict[str, dict[str, Hours]] = {"statutory": {}, "vacation": {}}
    for rule in file.hours:
        sessions = tuple(session_of(text) for text in rule.sessions)
        rules[rule.on].update(dict.fromkeys(rule.kinds, sessions))

    def days(name: str) -> frozenset[date]:
        return frozenset(
            day for year in file.year for span in getattr(year, name) for day in _days(span)
        )

    return Almanac(
        days("statutory"),
        days("off"),
        days("work"),
        days("vacation"),
        rules["statutory"],
        rules["vacation"],
    )


def at_ms(venue: Venue, day: date, minute: float) -> int:
    """Return the Unix milliseconds of a minute of a local day."""
    midnight = datetime.combine(day, time(), _zone(venue.timezone))
    return int((midnight + timedelta(minutes=minute)).timestamp() * 1000)


def local_day(venue: Venue, instant_ms: int) -> date:
    """Return the local day of an instant."""
    return datetime.fromtimestamp(instant_ms / 1000, _zone(venue.timezone)).date()


def _days(span: str) -> list[date]:
    first, _, last = span.partition("..")
    begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
