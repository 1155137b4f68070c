"""What the API takes and tells of schedules."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hub.api.models import instant
from hub.api.problems import Unusable
from hub.compliance.bounds import Status
from hub.compliance.calendar import DayType
from hub.compliance.clocktext import read_sessions, read_week, write_week
from hub.compliance.comparison import Compared, declared_number
from hub.compliance.schedule import Schedule, Sessions
from hub.schedules import Declaration
from hub.schedules.check import REASON_LENGTH, TEXT_LENGTH
from hub.schedules.declaration import (
    ExceptionTerms,
    HolidayTerms,
    Kind,
    NoticeTerms,
    Reason,
    TimetableTerms,
    as_plain,
)
from hub.schedules.what_if import Lead, Preview

T = TypeVar("T")
Clock = Annotated[str, Field(max_length=200, examples=["08:30-12:00, 13:00-20:00", "closed"])]
Note = Annotated[str, Field(max_length=TEXT_LENGTH)]
Why = Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class TimetableIn(_Strict):
    """A weekly timetable; days that are not named are closed."""

    kind: Literal["timetable"]
    effective_from: date
    hours: Annotated[
        dict[str, Clock] | Clock,
        Field(examples=[{"mon": "13:00-20:00", "tue-sun": "08:30-20:00"}]),
    ]

    def read(self) -> TimetableTerms:
        """Return the terms. Raises Unusable."""
        return TimetableTerms(_named("hours", read_week, self.hours), self.effective_from)


class HolidayIn(_Strict):
    """Hours of all days of some types."""

    kind: Literal["holiday"]
    effective_from: date
    days: list[DayType]
    hours: Clock

    def read(self) -> HolidayTerms:
        """Return the terms. Raises Unusable."""
        return HolidayTerms(frozenset(self.days), _sessions(self.hours), self.effective_from)


class ExceptionIn(_Strict):
    """Hours of one day, or of each day of a stretch."""

    kind: Literal["exception"]
    first: Annotated[date, Field(alias="from")]
    until: Annotated[date | None, Field(description="the last day; absent: the first one")] = None
    hours: Clock

    def read(self) -> ExceptionTerms:
        """Return the terms. Raises Unusable."""
        return ExceptionTerms(self.first, self.until or self.first, _sessions(self.hours))


class NoticeIn(_Strict):
    """Closed from an instant to another, and what the public is told."""

    kind: Literal["notice"]
    start: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime
    reason: Reason
    zh: Note
    en: Note = ""
    channels: Annotated[list[str], Field(max_length=100)] = []

    def read(self) -> NoticeTerms:
        """Return the terms."""
        return NoticeTerms(
            int(self.start.timestamp()),
            int(self.until.timestamp()),
            self.reason,
            self.zh,
            self.en,
            tuple(self.channels),
        )


TermsIn = Annotated[TimetableIn | HolidayIn | ExceptionIn | NoticeIn, Field(discriminator="kind")]


class Proposal(_Strict):
    """Terms that somebody thinks of."""

    terms: TermsIn
    published_at: Annotated[
        AwareDatetime | None, Field(description="when the public was told; absent: now")
    ] = None

    def published_ms(self) -> int | None:
        """Return when the public was told, Unix ms; None: now."""
        return None if self.published_at is None else int(self.published_at.timestamp() * 1000)


class NewDeclaration(Proposal):
    """Terms that are to hold."""

    why: Why
    document: Annotated[
        str,
        Field(
            max_length=REASON_LENGTH, description="shows an earlier publication: number, address"
        ),
    ] = ""
    confirmed: Annotated[
        bool, Field(description="a duty that is not kept, or a lead too short, is meant")
    ] = False


class WithdrawalIn(_Strict):
    """Why a declaration is to hold no more."""

    why: Why
    confirmed: bool = False


class WithdrawnOut(BaseModel):
    """When a declaration was withdrawn, by whom, and why."""

    at: datetime
    who: str
    why: str


class DeclarationOut(BaseModel):
    """One declaration with who, when and why."""

    id: int
    kind: Kind
    terms: Annotated[dict[str, Any], Field(description="as they are given")]
    why: str
    who: str
    made: datetime
    published: datetime
    document: str
    withdrawn: WithdrawnOut | None

    @classmethod
    def of(cls, one: Declaration) -> "DeclarationOut":
        """Return a declaration as the API tells it."""
        plain = as_plain(one.terms)
        if isinstance(one.terms, NoticeTerms):
            plain["from"] = instant(one.terms.start_s * 1000)
            plain["until"] = instant(one.terms.end_s * 1000)
        gone = one.withdrawn
        return cls(
            id=one.id,
            kind=one.kind,
            terms=plain,
            why=one.reason,
            who=one.who,
            made=instant(one.made_ms),
            published=instant(one.published_ms),
            document=one.document,
            withdrawn=None
            if gone is None
            else WithdrawnOut(at=instant(gone.at_ms), who=gone.who, why=gone.why),
        )


class ScheduleOut(BaseModel):
    """What a venue declared."""

    version: Annotated[
        str, Field(description="`district…`: the file's hours; a number: that declaration; `none`")
    ]
    week: dict[str, str]
    declarations: list[DeclarationOut]

    @classmethod
    def of(cls, schedule: Schedule, told: Iterable[Declaration], now_s: int) -> "ScheduleOut":
        """Return a schedule as the API tells it."""
        return cls(
            version=schedule.version_at(now_s),
            week=write_week(schedule.week_on(schedule.clock.day_of(now_s))),
            declarations=[DeclarationOut.of(one) for one in told],
        )


class SideOut(BaseModel):
    """What is declared comes to, on one side of a change."""

    status: Status
    number: str


class ComparedOut(BaseModel):
    """One duty over one period, before and after."""

    rule: str
    period: str
    asked: Annotated[str | None, Field(description="the threshold, exact")]
    op: str
    before: SideOut
    after: SideOut
    changes: bool
    breaks: Annotated[bool, Field(description="not kept, and kept better before")]

    @classmethod
    def of(cls, one: Compared) -> "ComparedOut":
        """Return a comparison as the API tells it."""
        statuses, verdict = one.statuses, one.before
        return cls(
            rule=verdict.rule.id,
            period=verdict.span.name,
            asked=None if verdict.threshold is None else str(verdict.threshold),
            op=verdict.rule.op,
            before=SideOut(status=statuses[0], number=declared_number(one.before)),
            after=SideOut(status=statuses[1], number=declared_number(one.after)),
            changes=one.changes,
            breaks=one.breaks,
        )


class LeadOut(BaseModel):
    """How far ahead the public is told that less is open."""

    first_day: date
    days: int
    sudden: bool
    asked: list["AskedOut"]

    @classmethod
    def of(cls, lead: Lead | None) -> "LeadOut | None":
        """Return a lead as the API tells it."""
        if lead is None:
            return None
        asked = [AskedOut(rule=a.rule.id, days=a.days, kept=a.is_kept) for a in lead.asked]
        return cls(first_day=lead.first_day, days=lead.days, sudden=lead.is_sudden, asked=asked)


class AskedOut(BaseModel):
    """A duty to tell the public so many calendar days ahead."""

    rule: str
    days: int
    kept: bool


class PreviewOut(BaseModel):
    """What a change would mean."""

    needs_confirmation: bool
    lead: Annotated[LeadOut | None, Field(description="null: at no time is less open than before")]
    rules: list[ComparedOut]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewOut":
        """Return a preview as the API tells it."""
        return cls(
            needs_confirmation=preview.needs_confirmation,
            lead=LeadOut.of(preview.lead),
            rules=[ComparedOut.of(one) for one in preview.compared],
        )


def _sessions(text: str) -> Sessions:
    return _named("hours", read_sessions, text)


def _named(name: str, read: Callable[[Any], T], text: Any) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise Unusable(f"terms.{name}: {error}") from error
