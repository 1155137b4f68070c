"""Verdicts as CSV: the newest version of each, of one period or of several years."""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.export import Cell, csv_stream
from hub.api.models import instant
from hub.api.problems import PROBLEMS, Unusable
from hub.compliance.bounds import Status, decimals
from hub.compliance.localtime import parse_period
from hub.store.records.verdicts import VerdictRow, WantedVerdicts
from hub.venues import Venue
from hub.verdicts.table import in_sight, rows_of_week
from hub.web import RunningHub
from hub.web_access import Needs

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])

PAGE_ROWS: Final = 2000
"""Read in steps: the verdicts of years never lie in memory."""
COLUMNS: Final = (
    "venue", "name_zh", "name_en", "kind", "rule", "metric", "period", "first", "last",
    "version", "status", "forecast", "final", "raw", "adjusted", "declared", "op", "threshold",
    "low", "high", "declared_hours", "open_hours", "closed_hours", "unknown_hours",
    "coverage_percent", "grade", "calendar", "schedules", "computed", "digest",
)  # fmt: skip
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}}, "description": "CSV, UTF-8 with a byte order mark"}
}


@router.get(
    "/verdicts.csv",
    summary="Verdicts as CSV",
    response_class=StreamingResponse,
    responses=_CSV,
)
def export_verdicts(
    hub: RunningHub,
    who: Annotated[Who, Depends(Needs(Permission.EVIDENCE))],
    *,
    period: Annotated[
        str, Query(max_length=30, description="2026-W48: a week and its year; 2026: a year; all")
    ] = "",
    since: Annotated[
        date | None, Query(description="periods that end on this day or later")
    ] = None,
    venue: Annotated[str, Query(max_length=48)] = "",
    rule: Annotated[str, Query(max_length=80)] = "",
    status: Annotated[Status | None, Query()] = None,
) -> StreamingResponse:
    """Return the newest version of each verdict of venues that one may see.

    `low` and `high` are exact in the metric's unit, rounded toward zero to four decimals.
    """
    venues = [one for one in in_sight(hub.live.declared.values(), who) if venue in {"", one.id}]
    named = {one.id: one for one in venues}

    def rows() -> Iterator[Iterable[Cell]]:
        yield COLUMNS
        for row in _found(hub, venues, period, since):
            if rule in {"", row.rule} and status in {None, row.status}:
                yield _cells(row, named[row.venue])

    if period:
        try:
            parse_period(period)
        except ValueError as error:
            raise Unusable(f"period: {error}") from error
    return csv_stream(f"kaiguan-verdicts-{period or 'all'}.csv", rows())


def _found(
    hub: RunningHub, venues: list[Venue], period: str, since: date | None
) -> Iterator[VerdictRow]:
    desk = hub.duties.verdicts
    if "-W" in period:
        found = rows_of_week(desk, parse_period(period), venues)
        yield from sorted(
            (row for row in found if since is None or row.last >= since), key=lambda row: row.key
        )
        return
    after = None
    while True:
        wanted = WantedVerdicts(
            venues=[one.id for one in venues],
            period=period,
            since=since,
            most=PAGE_ROWS,
            after=after,
        )
        page = desk.newest(wanted)
        yield from page
        if len(page) < PAGE_ROWS:
            return
        after = page[-1].key


def _cells(row: VerdictRow, venue: Venue) -> Iterable[Cell]:
    return (
        row.venue, venue.name_zh, venue.name_en, venue.kind, row.rule, row.metric, row.period,
        row.first.isoformat(), row.last.isoformat(), row.version, str(row.status), row.forecast,
        int(row.is_final), str(row.raw.status), str(row.adjusted.status),
        str(row.declared_raw.status), _operator(row.op), _number(row.threshold),
        _number(row.raw.low), _number(row.raw.high), _hours(row.declared_s), _hours(row.open_s),
        _hours(row.closed_s), _hours(row.unknown_s),
        _number(row.coverage * 100) if row.due_s else None,
        row.grade, row.calendar, " ".join(row.schedules), instant(row.computed_ms), row.digest,
    )  # fmt: skip


def _operator(op: str) -> str:
    """Return a comparison as a word: a spreadsheet takes `=` at the beginning for a formula."""
    return {">=": "at least", ">": "more than", "<=": "at most", "==": "exactly"}.get(op, op)


def _number(value: Fraction | None) -> Cell:
    return None if value is None else float(decimals(value, 4))


def _hours(seconds: int) -> Cell:
    return float(decimals(Fraction(seconds, 3600), 4))
