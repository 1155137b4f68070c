"""The table of what goes wrong on purpose, `incidents.toml`, read and checked."""

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from hub.config import read_toml, validated
from hub.district import Name, minutes_of
from hub.sections import Section

TABLE: Final = Path(__file__).with_name("incidents.toml")
What = Literal[
    "late_opening",
    "early_closing",
    "closed",
    "extra_open",
    "lock_lost",
    "lock_stuck",
    "node_off",
    "camera_blind",
    "down",
    "away",
    "event",
    "climate",
    "hardly_visited",
]
_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "late_opening": ("days_ago", "minutes"),
    "early_closing": ("days_ago", "minutes"),
    "closed": ("days_ago",),
    "extra_open": ("days_ago", "end"),
    "lock_lost": ("days_ago", "begin", "end"),
    "lock_stuck": ("days_ago", "begin", "end"),
    "node_off": ("node", "days_ago", "begin", "end"),
    "camera_blind": ("line",),
    "down": ("minutes_after_start",),
    "away": ("minutes_after_start",),
    "event": ("line", "days_ago", "begin", "end", "visitors"),
    "climate": ("sensor", "days_ago", "begin", "end", "shift"),
    "hardly_visited": ("share",),
}


class Incident(Section):
    """One thing that goes wrong; `what` says which of the other keys it needs."""

    venue: Name
    what: What
    evidence: Literal["breach", "insufficient", "conflict", "kept"]
    text_zh: str
    text_en: str
    days_ago: Annotated[int, Field(ge=0)] | None = None
    begin: str | None = None
    end: str | None = None
    minutes_after_start: tuple[int, ...] = ()
    minutes: Annotated[int, Field(ge=1)] | None = None
    node: Name | None = None
    line: Name | None = None
    sensor: Name | None = None
    visitors: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    shift: dict[str, float] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Incident":
        needs = _NEEDS[self.what]
        if self.what == "camera_blind" and not self.minutes_after_start:
            needs = (*needs, "days_ago", "begin", "end")
        missing = [key for key in needs if getattr(self, key) is None or getattr(self, key) == ()]
        if missing:
            raise ValueError(f"{self.what} needs {', '.join(missing)}")
        for clock in (self.begin, self.end):
            if clock is not None and minutes_of(clock) % 5:
                # What is cut out of a series is cut between two of its buckets.
                raise ValueError(f"{clock} is not on a five-minute mark")
        return self

    @property
    def span(self) -> tuple[int, int]:
        """Return `begin` and `end` in minutes of the day."""
        return minutes_of(self.begin or "00:00"), minutes_of(self.end or "24:00")


class Shortfall(Section):
    """A venue whose declared hours fall short: a breach before anybody looks at a lock."""

    venue: Name
    text_zh: str
    text_en: str


class IncidentFile(Section):
    """The whole table."""

    incident: tuple[Incident, ...]
    declared: tuple[Shortfall, ...]


def read_incidents(path: Path = TABLE) -> tuple[Incident, ...]:
    """Return what goes wrong. Raises ConfigError."""
    return read_table(path).incident


@cache
def read_table(path: Path = TABLE) -> IncidentFile:
    """Read the table. Raises ConfigError."""
    return validated(IncidentFile, read_toml(path), path)
