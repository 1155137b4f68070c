"""The files of the law: the calendar and the catalogue of duties, read and checked."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.compliance.calendar import Calendar, CalendarYear, Festival, Vacation
from hub.compliance.rules import KEPT, Rule, read_rule, read_rules
from hub.config import read_toml, validated
from hub.errors import ConfigError

OURS: Final = Path(__file__).with_name("compliance")
CALENDAR: Final = OURS / "calendar.toml"
CATALOGUE: Final = OURS / "catalogue.toml"

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
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return {rule.id: rule for rule in rules}


def rule_of(raw: Mapping[str, Any], where: str) -> Rule:
    """Return a rule that somebody wrote down. Raises ConfigError."""
    try:
        return read_rule(raw)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{where}: {error}") from error
