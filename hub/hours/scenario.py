"""A scenario file: what a venue declared, what is known, which rule and period (docs/hours.md).

Hours and instants stay texts here; `hub.hours.build` reads them with the venue's clock.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from hub.compliance.calendar import DayType
from hub.compliance.localtime import parse_period
from hub.compliance.rules import Relief


class Section(BaseModel):
    """A table of a scenario file: a key that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Day = date
When = str | datetime | date
Stretch = tuple[When, When]
Hours = str | dict[str, str]
Stretches = tuple[Stretch, ...] | Literal["declared", "always"]
"""Stretches of time; `declared`: exactly while declared open; `always`: all of the time."""
Subjects = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]


class TimetableSection(Section):
    """One version of the weekly timetable."""

    hours: Hours
    version: str = "1"
    effective_from: date | None = None
    published_at: When | None = None


class ExceptionSection(Section):
    """The hours of one day, or of each day of a stretch."""

    date: Day
    until: Day | None = None
    hours: str
    published_at: When | None = None


class HolidaySection(Section):
    """Hours of all days of some types."""

    days: tuple[DayType, ...] = Field(min_length=1)
    hours: str
    effective_from: date | None = None
    published_at: When | None = None


class NoticeSection(Section):
    """A closure notice."""

    start: When = Field(alias="from")
    end: When = Field(alias="to")
    reason: Literal["维修", "设备", "活动", "节日", "突发", "不可抗力", "其他"] = "其他"
    published_at: When | None = None
    text: str = ""


class LockSection(Section):
    """What one lock or shutter contact read."""

    source: str = "lock"
    unlocked: Stretches = ()
    locked: Stretches = ()


class EventsSection(Section):
    """Entries, loans, sessions or door leafs from one source."""

    source: str = "entry"
    kind: Literal["entry", "loan", "session", "door"] = "entry"
    at: tuple[When, ...] = ()
    heard: Stretches = "always"


class OverrideSection(Section):
    """A correction by a person."""

    start: When = Field(alias="from")
    end: When = Field(alias="to")
    state: Literal["open", "closed"]
    who: str
    at: When | None = None
    why: str
    document: str = ""


class EvidenceSection(Section):
    """What is known."""

    devices: tuple[Literal["lock", "staff", "entry", "loan", "session", "door"], ...] = ()
    lock: tuple[LockSection, ...] = ()
    events: tuple[EventsSection, ...] = ()
    staff: Stretches = ()
    override: tuple[OverrideSection, ...] = ()
    offline: tuple[Stretch, ...] = ()
    """Nothing of the venue was heard, and nothing was kept: cut out of all sources."""


class UnitSection(Section):
    """A venue, or a zone of it, that is judged."""

    id: str = "venue"
    subject: Subjects = ("any_venue",)
    count: Annotated[int, Field(ge=1, le=2000)] = 1
    """So many of the same, named id-1, id-2 …"""
    in_service_from: date | None = None
    in_service_until: date | None = None
    hours: Hours | None = None
    timetable: tuple[TimetableSection, ...] = ()
    exception: tuple[ExceptionSection, ...] = ()
    holiday: tuple[HolidaySection, ...] = ()
    notice: tuple[NoticeSection, ...] = ()
    evidence: EvidenceSection | None = None
    usage: dict[str, int] = Field(default_factory=dict)
    registered: dict[str, bool] = Field(default_factory=dict, alias="register")


class RuleSection(Section):
    """A rule that is in no catalogue, such as a number of visits."""

    id: str
    metric: str
    op: Literal[">=", ">", "<=", "=="] = ">="
    threshold: float
    period: Literal["week", "year", "all_times", "per_event"] = "week"
    subject: Subjects = ("any",)


class PlanFile(Section):
    """A planned timetable, for `hours what-if`."""

    hours: Hours
    effective_from: date | None = None
    """None: for all of the period."""


class ParameterSection(Section):
    """What the law leaves open of the evidence."""

    max_gap_minutes: Annotated[float, Field(ge=0, le=1440)] = 60
    hold_minutes: Annotated[float, Field(ge=0, le=1440)] = 15
    bridge_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    min_independent_events: Annotated[int, Field(ge=1, le=1000)] = 1
    tolerance_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    grace_minutes: Annotated[float, Field(ge=0, le=1440)] = 10


class PolicySection(Section):
    """What the law leaves open of the rules."""

    window: str = "09:00-17:00"
    sensitivity: tuple[str, ...] = ("08:30-17:30", "09:00-18:00")
    min_open_minutes: Annotated[int, Field(ge=1, le=1440)] = 1
    day_cut: str = "00:00"
    relief: Relief = "template_credit"
    notice_lead_days: Annotated[int, Field(ge=0, le=365)] = 1
    partial: Literal["not_applicable", "pro_rata"] = "not_applicable"
    count_outside_declared: bool = False


class Scenario(Section):
    """The whole file."""

    title: str = ""
    about: str = ""
    timezone: str = "Asia/Shanghai"
    period: Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
    rules: tuple[str, ...] = ()
    """Ids of the catalogue; none: every rule that applies to the venue."""
    rule: tuple[RuleSection, ...] = ()
    as_of: When | None = None
    venue: UnitSection = UnitSection()
    unit: tuple[UnitSection, ...] = ()
    """More venues or zones; what they leave out they have from `venue`."""
    parameters: ParameterSection = ParameterSection()
    policy: PolicySection = PolicySection()
    share_at_least: Annotated[float, Field(ge=0, le=1)] | None = None
    """Judge also which share of the units complies."""
    expect: tuple[dict[str, Any], ...] = ()
    """What the verdicts have to be: how a scenario becomes a test."""

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone, such as Asia/Shanghai") from error
        return name

    @field_validator("period")
    @classmethod
    def _are_periods(cls, periods: tuple[str, ...]) -> tuple[str, ...]:
        for text in periods:
            parse_period(text)
        return periods
