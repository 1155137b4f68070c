"""Channels, and the routes that lead to them: the sections of `alerts.toml` that say who is told.

    [[channel]]  id, names, language, where its URL comes from, how many a minute
    [[route]]    severity, kinds, venues, audience, hours, days  ->  channels
    [delivery]   how long a delivery is tried

Pure: where a URL comes from is named here and read elsewhere (`hub.delivery.reading`).
"""

import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from hub.delivery.told import Audience, Lang, Severity
from hub.delivery.words import KINDS

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 1440
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Channel(_Section):
    """A way to people: one URL of apprise, which is a secret."""

    id: Name
    name_zh: Annotated[str, Field(min_length=1, max_length=40)]
    name_en: Annotated[str, Field(min_length=1, max_length=60)]
    language: Annotated[Lang, Field(description="unless a route says otherwise")] = "zh"
    url: Annotated[
        SecretStr | None, Field(description="apprise's URL, where it holds no secret")
    ] = None
    url_file: Annotated[str | None, Field(description="a file that holds the URL")] = None
    url_variable: Annotated[
        str | None,
        Field(pattern=r"^KAIGUAN_[A-Z0-9_]+$", description="an environment variable with the URL"),
    ] = None
    per_minute: Annotated[
        int, Field(ge=1, le=600, description="messages; more are gathered into one")
    ] = 10
    timeout_seconds: Annotated[
        int, Field(ge=1, le=60, description="a channel that answers later has failed")
    ] = 10

    @model_validator(mode="after")
    def _has_one_url(self) -> "Channel":
        if sum(given is not None for given in (self.url, self.url_file, self.url_variable)) != 1:
            raise ValueError("give one of url_file, url_variable and url")
        return self


class Route(_Section):
    """Who is told of what, and when. Empty lists mean all."""

    channels: Annotated[tuple[Name, ...], Field(min_length=1)]
    severity: Annotated[Severity, Field(description="this one, or a more pressing one")] = "notice"
    kinds: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    audience: tuple[Audience, ...] = ()
    on: Annotated[
        tuple[Literal["raised", "escalated"], ...],
        Field(min_length=1, description="who was told of one of these is told of the end too"),
    ] = ("raised", "escalated")
    days: Annotated[
        Literal["all", "working"] | tuple[Weekday, ...],
        Field(description="working: by the calendar, make-up workdays too"),
    ] = "all"
    hours: Annotated[
        tuple[str, ...],
        Field(max_length=8, description="HH:MM-HH:MM at the venue, may pass midnight; none: all"),
    ] = ()
    outside: Annotated[
        Literal["wait", "skip"],
        Field(description="of these hours: wait for the next, or leave it to other routes"),
    ] = "wait"
    language: Lang | None = None

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        for text in hours:
            span_minutes(text)
        return hours

    @field_validator("kinds")
    @classmethod
    def _are_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is no kind of alert; there are {', '.join(KINDS)}")
        return kinds

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Return the hours of a day as [begin, end) in minutes; an end past midnight is > 1440."""
        return sorted(map(span_minutes, self.hours)) or [(0, DAY_MINUTES)]


class Trying(_Section):
    """How long a delivery is tried before it is a dead letter."""

    tries: Annotated[int, Field(ge=1, le=1000, description="then it is a dead letter")] = 20
    hours: Annotated[int, Field(ge=1, le=24 * 14, description="or after this time")] = 24


class Book(_Section):
    """All channels and routes. Nothing in it: nobody is told."""

    channel: tuple[Channel, ...] = ()
    route: tuple[Route, ...] = ()
    delivery: Trying = Trying()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Book":
        known = [channel.id for channel in self.channel]
        for id_ in known:
            if known.count(id_) > 1:
                raise ValueError(f"there are two channels {id_!r}")
        for number, route in enumerate(self.route, 1):
            for id_ in route.channels:
                if id_ not in known:
                    told = f"there are {', '.join(known)}" if known else "there is none"
                    raise ValueError(f"route {number}: there is no channel {id_!r}; {told}")
        return self

    def find(self, channel: str) -> Channel | None:
        """Return a channel by its id."""
        return next((each for each in self.channel if each.id == channel), None)

    @property
    def unused(self) -> Sequence[str]:
        """Return the channels that no route leads to."""
        used = {id_ for route in self.route for id_ in route.channels}
        return [channel.id for channel in self.channel if channel.id not in used]


SECTIONS: Final = frozenset(Book.model_fields)
"""Keys of `alerts.toml` that are read here."""


def span_minutes(text: str) -> tuple[int, int]:
    """Return `22:00-06:00` as minutes [1320, 1800). Raises ValueError."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} are no hours: write HH:MM-HH:MM, as 08:30-22:00")
    numbers = [int(part) for part in found.groups()]
    begin, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if end > DAY_MINUTES or begin == end:
        raise ValueError(f"{text!r} are no hours: the end is after 24:00, or is the beginning")
    return begin, end if end > begin else end + DAY_MINUTES
