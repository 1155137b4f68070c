"""A district as files: one TOML file a venue, checked to the last key before anything is loaded."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator, model_validator

from contracts.ids import NAME_PATTERN
from hub.config import read_toml, validated
from hub.errors import ConfigError
from hub.occupancy.sessions import DAY_MINUTES
from hub.sections import Section
from hub.venues import OUTSIDE, Level, Line, Sensor, Venue, Zone

_CLOCK = re.compile(r"^([0-3]\d):([0-5]\d)$")
_LATEST_CLOSE = 36 * 60


def minutes_of(clock: str) -> int:
    """Read `HH:MM` as minutes of a day; hours past 24 belong to the night after."""
    match = _CLOCK.match(clock)
    minutes = int(match[1]) * 60 + int(match[2]) if match else _LATEST_CLOSE + 1
    if minutes > _LATEST_CLOSE:
        raise ValueError(f"{clock!r} is not a time of day such as 08:30 (at most 36:00)")
    return minutes


def session_of(text: str) -> tuple[int, int]:
    """Read `08:30-20:00` as (opens, closes) in minutes."""
    opens, dash, closes = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a session such as 08:30-20:00")
    start, end = minutes_of(opens.strip()), minutes_of(closes.strip())
    if not (start < end and start < DAY_MINUTES):
        raise ValueError(f"{text!r} ends before it begins; past midnight write 18:00-26:00")
    return start, end


def _check_session(text: str) -> str:
    session_of(text)
    return text


def _check_clock(text: str) -> str:
    if minutes_of(text) >= DAY_MINUTES:
        raise ValueError(f"{text!r} is not a time of one day")
    return text


Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Session = Annotated[str, AfterValidator(_check_session)]
Title = Annotated[str, Field(min_length=1, max_length=80)]


class HoursSection(Section):
    """The declared sessions of each weekday; a weekday that is left out is closed."""

    monday: tuple[Session, ...] = ()
    tuesday: tuple[Session, ...] = ()
    wednesday: tuple[Session, ...] = ()
    thursday: tuple[Session, ...] = ()
    friday: tuple[Session, ...] = ()
    saturday: tuple[Session, ...] = ()
    sunday: tuple[Session, ...] = ()

    @field_validator("*")
    @classmethod
    def _in_order(cls, day: tuple[str, ...]) -> tuple[str, ...]:
        sessions = [session_of(text) for text in day]
        for before, after in pairwise(sessions):
            if after[0] < before[1]:
                raise ValueError("sessions of a day overlap or are not in order")
        return day


class ZoneSection(Section):
    """A zone of a venue."""

    id: Name
    name_zh: Title
    name_en: Title
    capacity: Annotated[int, Field(ge=1)] | None = None

    @field_validator("id")
    @classmethod
    def _inside(cls, zone: str) -> str:
        if zone == OUTSIDE:
            raise ValueError("`outside` is the street, not a zone of a venue")
        return zone


class LineSection(Section):
    """A counting line: `in` leads from `from_zone` into `to_zone`."""

    node: Name
    line: Name
    from_zone: Name
    to_zone: Name


class SensorSection(Section):
    """A source of a node that is not a counting line."""

    node: Name
    sensor: Name
    kind: Name


class VenueFile(Section):
    """One venue's file."""

    id: Name
    name_zh: Title
    name_en: Title
    kind: Name
    level: Level
    capacity: Annotated[int, Field(ge=1)] | None = None
    timezone: str = "Asia/Shanghai"
    quiet_at: Annotated[str, AfterValidator(_check_clock)] = "04:00"
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    hours: HoursSection = HoursSection()
    zones: tuple[ZoneSection, ...] = ()
    lines: tuple[LineSection, ...] = ()
    sensors: tuple[SensorSection, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone such as Asia/Shanghai") from error
        return name

    @model_validator(mode="after")
    def _consistent(self) -> "VenueFile":
        zones = {zone.id for zone in self.zones}
        if len(zones) != len(self.zones):
            raise ValueError("two zones have the same id")
        for line in self.lines:
            for end in (line.from_zone, line.to_zone):
                if end != OUTSIDE and end not in zones:
                    raise ValueError(f"line {line.node}/{line.line} names the unknown zone {end!r}")
            if line.from_zone == line.to_zone:
                raise ValueError(f"line {line.node}/{line.line} leads nowhere")
        sources = [(line.node, line.line) for line in self.lines]
        sources += [(sensor.node, sensor.sensor) for sensor in self.sensors]
        for source in sources:
            if sources.count(source) > 1:
                raise ValueError(f"{source[0]}/{source[1]} is named twice")
        return self

    def venue(self) -> Venue:
        """Return the venue that the file declares."""
        plain: dict[str, Any] = self.model_dump(
            exclude={"hours", "quiet_at", "zones", "lines", "sensors"}
        )
        days = self.hours.model_dump().values()
        return Venue(
            **plain,
            hours=tuple(tuple(session_of(text) for text in day) for day in days),
            quiet_at=minutes_of(self.quiet_at),
            zones=tuple(Zone(**zone.model_dump()) for zone in self.zones),
            lines=tuple(Line(**line.model_dump()) for line in self.lines),
            sensors=tuple(Sensor(**sensor.model_dump()) for sensor in self.sensors),
        )


def read_district(folder: Path) -> list[Venue]:
    """Read every venue file of a folder, in the order of their names.

    Raises ConfigError that names file, key and reason.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: is not a folder of venue files")
    venues = list(_venues(sorted(folder.glob("*.toml"))))
    if not venues:
        raise ConfigError(f"{folder}: holds no venue file (*.toml)")
    return venues


def _venues(paths: list[Path]) -> Iterator[Venue]:
    seen: dict[str, Path] = {}
    for path in paths:
        venue = validated(VenueFile, read_toml(path), path).venue()
        if venue.id in seen:
            raise ConfigError(f"{path}: id: {venue.id!r} is the venue of {seen[venue.id]} already")
        seen[venue.id] = path
        yield venue
