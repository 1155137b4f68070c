"""Day types: ordinary days, make-up days, weekends, statutory holidays, days off in lieu.

The data is a record a year, from the State Council's notice of that year; a year without a notice
is `provisional`, which every verdict that used it says. Sources: 全国年节及纪念日放假办法
(revised 2024-11-10) art. 2 for statutory days, the notices for breaks and make-up days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Literal

from hub.compliance.localtime import days

Standing = Literal["official", "provisional", "missing"]


class DayType(StrEnum):
    """What a day is by law."""

    WORK = "work"
    MAKEUP = "makeup"
    """调休上班: a weekend day that the notice turned into a workday."""
    REST = "rest"
    """公休日: a weekend day that it did not."""
    STATUTORY = "statutory"
    """法定节假日: a day of art. 2."""
    IN_LIEU = "in_lieu"
    """调休放假: another weekday off by the notice."""

    @property
    def is_working(self) -> bool:
        """Tell whether the public works and studies on such a day."""
        return self in {DayType.WORK, DayType.MAKEUP}


@dataclass(frozen=True, slots=True)
class Festival:
    """One festival of a year and its statutory days."""

    name_zh: str
    name_en: str
    days: tuple[date, ...]


@dataclass(frozen=True)
class CalendarYear:
    """One year of the calendar."""

    year: int
    standing: Literal["official", "provisional"]
    notice: str
    """Title and date of the State Council's notice; why there is none."""
    festivals: tuple[Festival, ...]
    off: tuple[tuple[date, date], ...]
    """Breaks, first and last day; weekends inside are part of them."""
    makeup: frozenset[date]

    @cached_property
    def statutory(self) -> frozenset[date]:
        """Return the statutory days."""
        return frozenset(day for festival in self.festivals for day in festival.days)

    @cached_property
    def free(self) -> frozenset[date]:
        """Return every day of a break."""
        return frozenset(day for first, last in self.off for day in days(first, last))


@dataclass(frozen=True, slots=True)
class Vacation:
    """School vacations, first and last day; editable data."""

    name: Literal["winter", "summer"]
    first: date
    last: date
    standing: Literal["official", "provisional"] = "official"

    def covers(self, day: date) -> bool:
        """Tell whether a day lies in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Calendar:
    """Day types of the years that are known."""

    years: Mapping[int, CalendarYear]
    vacations: tuple[Vacation, ...] = ()
    _types: dict[date, DayType] = field(default_factory=dict, compare=False, repr=False)

    def day_type(self, day: date) -> DayType:
        """Return what a day is; in a year without a record, weekend or ordinary day."""
        known = self._types.get(day)
        if known is None:
            known = self._types[day] = self._judge(day)
        return known

    def standing(self, first: date, last: date) -> Standing:
        """Return the weakest standing of the years from `first` to `last`."""
        found: set[Standing] = set()
        for year in range(first.year, last.year + 1):
            record = self.years.get(year)
            found.add("missing" if record is None else record.standing)
        for standing in ("missing", "provisional", "official"):
            if standing in found:
                return standing
        return "official"

    def festivals(self, first: date, last: date) -> Sequence[Festival]:
        """Return the festivals of which a statutory day lies in a stretch, only those days."""
        result = []
        for year in range(first.year, last.year + 1):
            record = self.years.get(year)
            for festival in record.festivals if record else ():
                inside = tuple(day for day in festival.days if first <= day <= last)
                if inside:
                    result.append(Festival(festival.name_zh, festival.name_en, inside))
        return result

    def statutory_days(self, first: date, last: date) -> list[date]:
        """Return the statutory days from `first` to `last`."""
        return sorted(day for f in self.festivals(first, last) for day in f.days)

    def vacation(self, day: date) -> Vacation | None:
        """Return the school vacation that a day lies in."""
        return next((vacation for vacation in self.vacations if vacation.covers(day)), None)

    def _judge(self, day: date) -> DayType:
        record = self.years.get(day.year)
        if record is not None:
            if day in record.statutory:
                return DayType.STATUTORY
            if day in record.makeup:
                return DayType.MAKEUP
        if day.weekday() >= 5:
            return DayType.REST
        # A break at the turn of a year may be in the record of the other one.
        neighbours = (record, self.years.get((day + timedelta(days=7)).year))
        if any(year is not None and day in year.free for year in neighbours):
            return DayType.IN_LIEU
        return DayType.WORK
