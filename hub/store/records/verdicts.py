"""Verdicts in the records: each version is added, none is changed or removed."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from hub.compliance.bounds import Status
from hub.compliance.calendar import Standing
from hub.compliance.evidence import Grade
from hub.compliance.judge import Forecast
from hub.store.records.records import Records
from hub.store.records.verdict_tables import VERDICT_BASES, VERDICTS

ReadingName = Literal["raw", "adjusted", "tolerance", "declared_raw", "declared_adjusted"]
Key = tuple[str, str, str]
"""(venue, rule, period)."""


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What one reading of a rule said: its status and its bounds, exact."""

    status: Status
    low: Fraction | None = None
    high: Fraction | None = None


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One version of a verdict; seconds of the whole period unless said otherwise."""

    venue: str
    rule: str
    metric: str
    op: str
    period: str
    first: date
    last: date
    version: int
    """From 1 on; 0: not in the records yet. A period that is not over is told as it is now, beside
    the number of the version that the records hold."""
    status: Status
    raw: ReadingRow
    adjusted: ReadingRow
    tolerance: ReadingRow
    declared_raw: ReadingRow
    declared_adjusted: ReadingRow
    threshold: Fraction | None
    is_final: bool
    """The period is over."""
    forecast: Forecast
    declared_s: int
    open_s: int
    closed_s: int
    unknown_s: int
    known_s: int
    """Of `due_s`, what is known to have been open or closed."""
    due_s: int
    """What was declared up to when it was computed."""
    grade: Grade
    calendar: Standing
    schedules: tuple[str, ...]
    """Versions of the timetable that were in force."""
    digest: str
    computed_ms: int
    because: str = ""

    @property
    def key(self) -> Key:
        """Return what versions of one verdict share."""
        return self.venue, self.rule, self.period

    @property
    def coverage(self) -> Fraction:
        """Return which share of what was due is known; of nothing, all."""
        return Fraction(self.known_s, self.due_s) if self.due_s else Fraction(1)


@dataclass(frozen=True, slots=True)
class WantedVerdicts:
    """Which newest versions are asked for; None or empty: all."""

    venues: Collection[str] | None = None
    rule: str = ""
    period: str = ""
    status: str = ""
    since: date | None = None
    """Periods that end on this day or later."""
    most: int = 1000
    after: Key | None = None
    """Only those behind this one, in the order of venue, rule, period."""


class VerdictRecords:
    """Adds and reads versions of verdicts; any thread."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, rows: Sequence[VerdictRow]) -> None:
        """Write new versions down, in one transaction. Raises StoreUnavailable."""
        if not rows:
            return
        with self._records.writing() as connection:
            for row in rows:
                connection.execute(
                    update(VERDICTS)
                    .where(*_is(row.key), VERDICTS.c.is_newest)
                    .values(is_newest=False)
                )
            connection.execute(insert(VERDICTS), [_values(row) for row in rows])

    def newest(self, wanted: WantedVerdicts | None = None) -> list[VerdictRow]:
        """Return the newest version of each verdict that is asked for."""
        wanted = wanted or WantedVerdicts()
        table = VERDICTS.c
        ordered = (
            select(VERDICTS).where(table.is_newest).order_by(table.venue, table.rule, table.period)
        )
        with self._records.reading() as connection:
            return _rows(connection, _narrowed(ordered, wanted).limit(wanted.most))

    def of_venue(self, venue: str, periods: Iterable[str]) -> Mapping[Key, VerdictRow]:
        """Return the newest versions of a venue's verdicts of some periods."""
        statement = select(VERDICTS).where(
            VERDICTS.c.is_newest, VERDICTS.c.venue == venue, VERDICTS.c.period.in_(set(periods))
        )
        with self._records.reading() as connection:
            return {row.key: row for row in _rows(connection, statement)}

    def versions(self, venue: str, rule: str, period: str) -> list[VerdictRow]:
        """Return every version of one verdict, the first one first."""
        statement = select(VERDICTS).where(*_is((venue, rule, period)))
        with self._records.reading() as connection:
            return _rows(connection, statement.order_by(VERDICTS.c.version))

    def bases(self) -> dict[str, str]:
        """Return by what each venue was judged last, as a digest."""
        with self._records.reading() as connection:
            rows = connection.execute(select(VERDICT_BASES)).all()
        return {venue: basis for venue, basis in rows}  # noqa: C416  rows are no pairs to mypy

    def set_basis(self, venue: str, basis: str) -> None:
        """Write down by what a venue is judged."""
        with self._records.writing() as connection:
            connection.execute(delete(VERDICT_BASES).where(VERDICT_BASES.c.venue == venue))
            connection.execute(insert(VERDICT_BASES).values(venue=venue, basis=basis))


def _is(key: Key) -> tuple[Any, ...]:
    venue, rule, period = key
    table = VERDICTS.c
    return table.venue == venue, table.rule == rule, table.period == period


def _narrowed(statement: Select[Any], wanted: WantedVerdicts) -> Select[Any]:
    table = VERDICTS.c
    if wanted.venues is not None:
        statement = statement.where(table.venue.in_(set(wanted.venues)))
    if wanted.rule:
        statement = statement.where(table.rule == wanted.rule)
    if wanted.period:
        statement = statement.where(table.period == wanted.period)
    if wanted.status:
        statement = statement.where(table.status == wanted.status)
    if wanted.since is not None:
        statement = statement.where(table.last_day >= wanted.since.isoformat())
    if wanted.after is not None:
        venue, rule, period = wanted.after
        statement = statement.where(
            (table.venue > venue)
            | ((table.venue == venue) & (table.rule > rule))
            | ((table.venue == venue) & (table.rule == rule) & (table.period > period))
        )
    return statement


_READINGS: tuple[ReadingName, ...] = (
    "raw", "adjusted", "tolerance", "declared_raw", "declared_adjusted",
)  # fmt: skip
_PLAIN = (
    "metric", "op", "declared_s", "open_s", "closed_s", "unknown_s", "known_s", "due_s", "grade",
    "calendar", "because",
)  # fmt: skip


def _values(row: VerdictRow) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    facts["threshold"] = _text(row.threshold)
    facts["schedules"] = row.schedules
    for name in _READINGS:
        reading: ReadingRow = getattr(row, name)
        facts[name] = [str(reading.status), _text(reading.low), _text(reading.high)]
    return {
        "venue": row.venue,
        "rule": row.rule,
        "period": row.period,
        "version": row.version,
        "first_day": row.first.isoformat(),
        "last_day": row.last.isoformat(),
        "status": str(row.status),
        "forecast": row.forecast,
        "is_final": row.is_final,
        "digest": row.digest,
        "computed_ms": row.computed_ms,
        "is_newest": True,
        "facts": json.dumps(facts, ensure_ascii=False),
    }


def _rows(connection: Connection, statement: Select[Any]) -> list[VerdictRow]:
    return [_row(values) for values in connection.execute(statement).mappings()]


def _row(values: RowMapping) -> VerdictRow:
    facts: dict[str, Any] = json.loads(values["facts"])
    readings: dict[str, Any] = {name: _reading(facts.pop(name)) for name in _READINGS}
    threshold, schedules = facts.pop("threshold"), facts.pop("schedules")
    return VerdictRow(
        venue=values["venue"],
        rule=values["rule"],
        period=values["period"],
        first=date.fromisoformat(values["first_day"]),
        last=date.fromisoformat(values["last_day"]),
        version=values["version"],
        status=Status(values["status"]),
        forecast=values["forecast"],
        is_final=values["is_final"],
        digest=values["digest"],
        computed_ms=values["computed_ms"],
        threshold=_number(threshold),
        schedules=tuple(schedules),
        **readings,
        **facts,
    )


def _reading(told: Sequence[str | None]) -> ReadingRow:
    status, low, high = told
    return ReadingRow(Status(str(status)), _number(low), _number(high))


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
