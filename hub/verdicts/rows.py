"""From a verdict to the row that is kept of it, and whether it becomes a version."""

from datetime import date

from hub.compliance.intervals import seconds
from hub.compliance.judge import Verdict
from hub.compliance.measures import Reading
from hub.store.records.verdicts import ReadingRow, VerdictRow


def row_of(verdict: Verdict, computed_ms: int, version: int = 0) -> VerdictRow:
    """Return a verdict as a row."""
    parts, rule, span = verdict.parts, verdict.rule, verdict.span
    return VerdictRow(
        venue=verdict.unit,
        rule=rule.id,
        metric=rule.metric,
        op=rule.op,
        period=span.name,
        first=span.first,
        last=span.last,
        version=version,
        status=verdict.status,
        raw=_reading(verdict.raw),
        adjusted=_reading(verdict.adjusted),
        tolerance=_reading(verdict.tolerance),
        declared_raw=_reading(verdict.declared_raw),
        declared_adjusted=_reading(verdict.declared_adjusted),
        threshold=verdict.threshold,
        is_final=verdict.is_final,
        forecast=verdict.forecast,
        declared_s=seconds(parts.declared),
        open_s=seconds(parts.opened),
        closed_s=seconds(parts.closed),
        unknown_s=seconds(parts.unknown),
        known_s=verdict.known_seconds,
        due_s=verdict.declared_seconds,
        grade=verdict.grade,
        calendar=verdict.calendar,
        schedules=verdict.versions,
        digest=verdict.digest,
        computed_ms=computed_ms,
        because=verdict.because,
    )


def is_new_version(
    row: VerdictRow, kept: VerdictRow | None, *, is_settled: bool, days: tuple[date, date]
) -> bool:
    """Tell whether a row is written down as a version of its own.

    A period that is over: every digest is one, once no evidence of the present can reach into it
    any more (`is_settled`). One that goes on: the first, each other status or forecast, and one a
    day. `days`: the local days on which `kept` and this row were computed.
    """
    if row.is_final:
        is_same = kept is not None and kept.is_final and kept.digest == row.digest
        return is_settled and not is_same
    if kept is None:
        return True
    if kept.is_final:
        # The period has ended already, and a clock went back: what was said stays said.
        return False
    return (row.status, row.forecast) != (kept.status, kept.forecast) or days[0] != days[1]


def _reading(reading: Reading) -> ReadingRow:
    bounds = reading.bounds
    if bounds is None:
        return ReadingRow(reading.status)
    return ReadingRow(reading.status, bounds.low, bounds.high)
