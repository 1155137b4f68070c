"""Series and evidence as CSV, as they lie in the store: streamed, and never by more than a span.

Cells are numbers, instants and words of the contract. A text is told so that a spreadsheet does not
take it for a formula.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from contracts.ids import is_name
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import instant
from hub.api.problems import PROBLEMS, Unusable
from hub.errors import NotFound
from hub.spreadsheet import harmless
from hub.store.port import Kind, SeriesKey
from hub.web import RunningHub
from hub.web_access import Needs

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])

LONGEST: Final = timedelta(days=400)
_STEP_S: Final = 8 * 86_400
"""Read in steps: a year of minutes never lies in memory."""

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]")

Cell = str | float | int | datetime | None
Start = Annotated[AwareDatetime | None, Query(description="with offset or Z; a day before the end")]
End = Annotated[AwareDatetime | None, Query(description="not included; now")]

_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}}, "description": "CSV, UTF-8 with a byte order mark"}
}


@router.get(
    "/series/{venue}/{node}/{name}.csv",
    summary="Buckets of one series as CSV",
    response_class=StreamingResponse,
    responses=_CSV,
)
def export_series(
    venue: str,
    node: str,
    name: str,
    hub: RunningHub,
    _who: Annotated[Who, Depends(Needs(Permission.EXPORTS))],
    start: Start = None,
    end: End = None,
) -> StreamingResponse:
    """Return every bucket in [start, end), at most 400 days; minutes without any are absent."""
    key = SeriesKey(venue, node, name)
    kind = hub.store.series(venue).get(key)
    if kind is None:
        raise NotFound(f"there is no series {key}")
    first, last = span_of(start, end)

    def rows() -> Iterator[Iterable[Cell]]:
        if kind is Kind.COUNT:
            yield ("at", "entered", "left")
        else:
            yield ("at", "n", "mean", "min", "max")
        for begin in range(first, last, _STEP_S):
            for bucket in hub.store.buckets(key, begin, min(begin + _STEP_S, last)):
                at = instant(bucket.at * 1000)
                if kind is Kind.COUNT:
                    yield (at, *map(int, bucket.values))
                else:
                    n, total, least, most = bucket.values
                    yield (at, int(n), round(total / n, 4), least, most)

    return csv_stream(f"{venue}-{node}-{name}.csv", rows())


@router.get(
    "/evidence/{venue}/{node}/{source}.csv",
    summary="When a source was watched, or what a state sensor read, as CSV",
    response_class=StreamingResponse,
    responses=_CSV,
)
def export_evidence(
    venue: str,
    node: str,
    source: str,
    hub: RunningHub,
    _who: Annotated[Who, Depends(Needs(Permission.EVIDENCE))],
    start: Start = None,
    end: End = None,
) -> StreamingResponse:
    """Return the intervals that touch [start, end), whole, at most 400 days."""
    if not all(map(is_name, (venue, node, source))):
        # Nothing in the store is called so; nor could a header say it.
        raise NotFound("there is no such source")
    first, last = span_of(start, end)
    store, span = hub.store, (first * 1000, last * 1000)
    # Read at once: a year of intervals is small, and what they are cut by is read with them.
    found = [
        *(("watched", i) for i in store.coverage(venue, node, source, *span)),
        *(("state", i) for i in store.states(venue, node, source, *span)),
    ]

    def rows() -> Iterator[Iterable[Cell]]:
        yield ("kind", "since", "until", "value", "ended", "clock", "error_ms")
        for kind, i in found:
            since, until = instant(i.since_ms), instant(i.until_ms)
            yield (kind, since, until, i.value, i.ended, i.clock, i.error_ms)

    return csv_stream(f"{venue}-{node}-{source}-evidence.csv", rows())


def span_of(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """Return a span in Unix seconds. Raises Unusable when it is none, or too long."""
    last = end or datetime.now(UTC)
    try:
        first = start or last - timedelta(days=1)
        length = last - first
    except OverflowError as error:
        raise Unusable("start, end: lie outside of what a calendar holds") from error
    if length <= timedelta(0):
        raise Unusable("start: lies at or after end")
    if length > LONGEST:
        raise Unusable(f"start, end: one answer covers at most {LONGEST.days} days")
    return int(first.timestamp()), int(last.timestamp())


def csv_stream(name: str, rows: Iterator[Iterable[Cell]]) -> StreamingResponse:
    """Answer with rows of cells as a file; of its name, what could end a header is left out."""
    name = _NOT_IN_NAMES.sub("_", name)
    return StreamingResponse(
        csv_lines(rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def cell(value: Cell) -> str | float | int:
    """Return a cell as it is written: no text that a spreadsheet would reckon with."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return harmless(value) if isinstance(value, str) else value


def csv_lines(rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """Yield CSV (RFC 4180) in pieces of some kilobytes."""
    text = io.StringIO()
    # Without it a spreadsheet takes Chinese for something else.
    text.write("\ufeff")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow(cell(value) for value in row)
        if text.tell() > 32_768:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
