"""What the API tells of verdicts. Numbers are exact as fractions, and as people read them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hub.api.models import instant, maybe
from hub.compliance.bounds import Status, decimals, shown_number
from hub.compliance.calendar import Standing
from hub.compliance.evidence import Grade
from hub.compliance.explain import missing, pieces
from hub.compliance.judge import Forecast, Verdict
from hub.compliance.localtime import LocalTime
from hub.compliance.rules import METRICS
from hub.store.records.overrides import OverrideRecord
from hub.verdicts import ReadingRow, VerdictRow


class NumberOut(BaseModel):
    """A number: `exact` as a whole number or a fraction, `value` rounded toward zero."""

    exact: str
    value: str

    @classmethod
    def of(cls, number: Fraction | None, unit: str) -> "NumberOut | None":
        """Return a number in a unit's digits; None: there is none."""
        if number is None:
            return None
        return cls(exact=str(number), value=shown_number(number, unit))


class ReadingOut(BaseModel):
    """What one reading of a rule says: its status, and what the quantity is at least and most."""

    status: Status
    low: NumberOut | None
    high: Annotated[NumberOut | None, Field(description="null: nobody knows how much")]

    @classmethod
    def of(cls, reading: ReadingRow, unit: str) -> "ReadingOut":
        """Return a reading as the API tells it."""
        low, high = NumberOut.of(reading.low, unit), NumberOut.of(reading.high, unit)
        return cls(status=reading.status, low=low, high=high)


class VerdictOut(BaseModel):
    """One version of a verdict: one rule, one venue, one period."""

    venue: str
    rule: str
    period: Annotated[str, Field(description="2026, 2026-W10")]
    first: date
    last: date
    version: Annotated[
        int,
        Field(description="from 1; what goes on is told as it is now, with the version written"),
    ]
    status: Status
    final: Annotated[bool, Field(description="the period is over")]
    forecast: Forecast
    metric: str
    unit: str
    op: str
    threshold: NumberOut | None
    raw: Annotated[ReadingOut, Field(description="the rule as it reads")]
    adjusted: Annotated[ReadingOut, Field(description="with what the law excuses")]
    within_tolerance: ReadingOut
    declared: Annotated[ReadingOut, Field(description="by the timetable alone")]
    declared_adjusted: ReadingOut
    declared_seconds: int
    open_seconds: int
    closed_seconds: int
    unknown_seconds: Annotated[int, Field(description="what is to come is unknown")]
    coverage: Annotated[NumberOut, Field(description="of what was declared up to now")]
    grade: Grade
    calendar: Standing
    schedules: Annotated[list[str], Field(description="versions of the timetable in force")]
    digest: Annotated[str, Field(description="of everything that it rests on")]
    computed: datetime
    because: Annotated[str, Field(description="why it is not applicable")]

    @classmethod
    def of(cls, row: VerdictRow) -> "VerdictOut":
        """Return a verdict as the API tells it."""
        unit = METRICS[row.metric]
        return cls(
            venue=row.venue,
            rule=row.rule,
            period=row.period,
            first=row.first,
            last=row.last,
            version=row.version,
            status=row.status,
            final=row.is_final,
            forecast=row.forecast,
            metric=row.metric,
            unit=unit,
            op=row.op,
            threshold=NumberOut.of(row.threshold, unit),
            raw=ReadingOut.of(row.raw, unit),
            adjusted=ReadingOut.of(row.adjusted, unit),
            within_tolerance=ReadingOut.of(row.tolerance, unit),
            declared=ReadingOut.of(row.declared_raw, unit),
            declared_adjusted=ReadingOut.of(row.declared_adjusted, unit),
            declared_seconds=row.declared_s,
            open_seconds=row.open_s,
            closed_seconds=row.closed_s,
            unknown_seconds=row.unknown_s,
            coverage=NumberOut(exact=str(row.coverage), value=decimals(row.coverage, 4)),
            grade=row.grade,
            calendar=row.calendar,
            schedules=list(row.schedules),
            digest=row.digest,
            computed=instant(row.computed_ms),
            because=row.because,
        )


class VerdictsOut(BaseModel):
    """Verdicts in the order of venue, rule and period."""

    verdicts: list[VerdictOut]
    next: Annotated[str | None, Field(description="`after` of the rest, where there is more")] = (
        None
    )

    @classmethod
    def of(cls, rows: Sequence[VerdictRow], most: int) -> "VerdictsOut":
        """Return at most so many of rows, and where the rest begins."""
        shown = [VerdictOut.of(row) for row in rows[:most]]
        more = ",".join(rows[most - 1].key) if len(rows) > most else None
        return cls(verdicts=shown, next=more)


class PieceOut(BaseModel):
    """A stretch of the declared time, within one local day, and what made it what it is."""

    start: datetime
    end: datetime
    state: Literal["open", "closed", "unknown"]
    cause: str
    zh: str
    en: str


class MissingOut(BaseModel):
    """What is not known, and which kind of source would settle it."""

    cause: str
    seconds: int
    settled_by: str
    zh: str
    en: str


class ExplanationOut(BaseModel):
    """A verdict worked out anew: every stretch of the declared time with its cause."""

    venue: str
    rule: str
    period: str
    status: Status
    digest: Annotated[str, Field(description="that of the newest version, if nothing came since")]
    evidence_kept: Annotated[
        bool, Field(description="false: what it was judged by was deleted; its versions stand")
    ]
    quote: str
    pieces: list[PieceOut]
    missing: list[MissingOut]

    @classmethod
    def of(cls, verdict: Verdict, clock: LocalTime, *, is_kept: bool) -> "ExplanationOut":
        """Return why a verdict is what it is."""
        return cls(
            venue=verdict.unit,
            rule=verdict.rule.id,
            period=verdict.span.name,
            status=verdict.status,
            digest=verdict.digest,
            evidence_kept=is_kept,
            quote=verdict.rule.quote,
            pieces=[
                PieceOut(
                    start=datetime.fromtimestamp(piece.start_s, UTC),
                    end=datetime.fromtimestamp(piece.end_s, UTC),
                    state=piece.state,
                    cause=piece.cause,
                    zh=piece.zh,
                    en=piece.en,
                )
                for piece in pieces(verdict, clock)
            ],
            missing=[
                MissingOut(
                    cause=item.cause,
                    seconds=item.seconds,
                    settled_by=item.settled_by,
                    zh=item.zh,
                    en=item.en,
                )
                for item in missing(verdict)
            ],
        )


class OverrideOut(BaseModel):
    """An override: who says what, why, by which document, and whether it still holds."""

    id: int
    venue: str
    start: datetime
    end: datetime
    open: bool
    why: str
    document: str
    who: str
    made: datetime
    withdrawn: datetime | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, made: OverrideRecord) -> "OverrideOut":
        """Return an override as the API tells it."""
        return cls(
            id=made.id,
            venue=made.venue,
            start=instant(made.start_ms),
            end=instant(made.end_ms),
            open=made.is_open,
            why=made.why,
            document=made.document,
            who=made.who,
            made=instant(made.made_ms),
            withdrawn=maybe(made.withdrawn_ms or 0),
            withdrawn_by=made.withdrawn_by,
        )
