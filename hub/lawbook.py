"""The files of the law: the calendar and the catalogue of duties, read and checked."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.compliance.calendar import Calendar, CalendarYear, Festival, Vacation
from hub.compliance.rules import KEPT, Rule, read_rule, read_rules
from hub.config import read_toml, validated
from hub.errors import ConfigError
from hub.venues import Level, Venue
from link.toml_text import shown

OURS: Final = Path(__file__).with_name("compliance")
CALENDAR: Final = OURS / "calendar.toml"
CATALOGUE: Final = OURS / "catalogue.toml"
SUBJECTS: Final = OURS / "subjects.toml"

Days = tuple[date, date]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Festival(_Section):
    zh: str
    en: str
    days: tuple[date, ...] = Field(min_length=1)


class _Year(_Section):
    year: Annotated[int, Field(ge=2000, le=2100)]
    standing: Literal["official", "provisional"]
    notice: str
    off: tuple[Days, ...]
    makeup: tuple[date, ...] = ()
    festivals: tuple[_Festival, ...]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "_Year":
        for first, last in self.off:
            if first > last:
                raise ValueError(f"the break from {first} ends on {last}, before it begins")
        free = {
            date.fromordinal(n)
            for first, last in self.off
            for n in range(first.toordinal(), last.toordinal() + 1)
        }
        for day in self.makeup:
            if day in free:
                raise ValueError(f"{day} is a day of a break and a make-up workday")
            if day.weekday() < 5:
                raise ValueError(f"{day} is no weekend day: it cannot be a make-up workday")
        for festival in self.festivals:
            for day in festival.days:
                if day not in free:
                    raise ValueError(f"{festival.zh} {day} lies in none of the breaks in `off`")
        return self


class _Vacation(_Section):
    name: Literal["winter", "summer"]
    first: date
    last: date
    standing: Literal["official", "provisional"] = "official"

    @model_validator(mode="after")
    def _is_in_order(self) -> "_Vacation":
        if self.first > self.last:
            raise ValueError(f"ends on {self.last}, before it begins on {self.first}")
        return self


class _CalendarFile(_Section):
    year: tuple[_Year, ...]
    vacation: tuple[_Vacation, ...] = ()

    @model_validator(mode="after")
    def _names_each_year_once(self) -> "_CalendarFile":
        years = [record.year for record in self.year]
        twice = next((year for year in years if years.count(year) > 1), None)
        if twice is not None:
            raise ValueError(f"the year {twice} stands in it twice")
        return self


def read_calendar(path: Path = CALENDAR) -> Calendar:
    """Return the calendar of a file. Raises ConfigError with file, key and reason."""
    file = validated(_CalendarFile, read_toml(path), path)
    return Calendar(
        {
            record.year: CalendarYear(
                record.year,
                record.standing,
                record.notice,
                tuple(Festival(f.zh, f.en, f.days) for f in record.festivals),
                record.off,
                frozenset(record.makeup),
            )
            for record in file.year
        },
        tuple(Vacation(v.name, v.first, v.last, v.standing) for v in file.vacation),
    )


def read_catalogue(path: Path = CATALOGUE) -> Mapping[str, Rule]:
    """Return the duties of a catalogue that can be measured, by id. Raises ConfigError."""
    try:
        rules = (*read_rules(read_toml(path)), KEPT)
    except ValueError as error:
        raise ConfigError(f"{path}: {shown(error)}") from error
    return {rule.id: rule for rule in rules}


@dataclass(frozen=True, slots=True)
class Subjects:
    """Which kinds of the catalogue venues are judged as, besides their own kind."""

    added: tuple[tuple[str, Level | None, frozenset[str]], ...] = ()
    """(kind, level or any, kinds of the catalogue)."""

    def of(self, venue: Venue) -> frozenset[str]:
        """Return the kinds of the catalogue that a venue is."""
        return frozenset({venue.kind}).union(
            *(
                subjects
                for kind, level, subjects in self.added
                if kind == venue.kind and level in {None, venue.level}
            )
        )


@dataclass(frozen=True)
class Law:
    """All that the hub judges by, read once: changing a file of it changes no code."""

    calendar: Calendar
    rules: tuple[Rule, ...]
    subjects: Subjects
    digest: str
    """Of the files."""

    def rules_of(self, venue: Venue) -> tuple[Rule, ...]:
        """Return the rules that a venue is judged by."""
        subjects = self.subjects.of(venue)
        return tuple(rule for rule in self.rules if rule.applies_to(subjects))


class _Added(_Section):
    kind: str
    level: Level | None = None
    subjects: tuple[str, ...]


class _SubjectsFile(_Section):
    venue: tuple[_Added, ...] = ()


def read_subjects(path: Path = SUBJECTS) -> Subjects:
    """Return which kinds of the catalogue venues are judged as. Raises ConfigError."""
    file = validated(_SubjectsFile, read_toml(path), path)
    return Subjects(tuple((v.kind, v.level, frozenset(v.subjects)) for v in file.venue))


def read_law() -> Law:
    """Return the law as this release brings it. Raises ConfigError."""
    made = hashlib.sha256()
    for path in (CALENDAR, CATALOGUE, SUBJECTS):
        made.update(path.read_bytes())
    rules = tuple(read_catalogue().values())
    return Law(read_calendar(), rules, read_subjects(), made.hexdigest()[:32])


def rule_of(raw: Mapping[str, Any], where: str) -> Rule:
    """Return a rule that somebody wrote down. Raises ConfigError."""
    try:
        return read_rule(raw)
    except ValueError as error:
        raise ConfigError(f"{where}: {shown(error)}") from error
