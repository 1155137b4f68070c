"""Verdicts one by one, as a table to read and to print. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.pages.duties_view import mark_of_row
from hub.pages.duty_words import (
    MARKS,
    Mark,
    amount,
    asked_words,
    hours,
    hours_words,
    mark_words,
    percent,
)
from hub.pages.words import Words
from hub.store.records.verdicts import VerdictRow
from hub.venues import Venue


@dataclass(frozen=True, slots=True)
class ListRow:
    """One verdict."""

    venue: Words
    href: str
    period: str
    asked: Words
    mark: Mark
    word: Words
    low: Words
    high: Words
    declared: Words
    coverage: str
    grade: str
    version: str
    computed: str


def build_list(
    venues: Sequence[Venue], verdicts: Iterable[VerdictRow], week: str, mark: str, zone: ZoneInfo
) -> tuple[ListRow, ...]:
    """Return the verdicts of some venues in their order; `mark`: only those.

    Without one all but what does not apply.
    """
    order = {venue.id: number for number, venue in enumerate(venues)}
    named = {venue.id: venue for venue in venues}
    marked = [(mark_of_row(row), row) for row in verdicts]
    rows = [row for found, row in marked if found == mark or (not mark and found != "none")]
    rows.sort(key=lambda row: (order[row.venue], row.period, row.rule))
    return tuple(_row(row, named, week, zone) for row in rows)


def marks_of(verdicts: Iterable[VerdictRow]) -> Mapping[Mark, int]:
    """Return how many verdicts bear each mark."""
    told = [mark_of_row(row) for row in verdicts]
    return {mark: told.count(mark) for mark in MARKS}


def _row(row: VerdictRow, named: Mapping[str, Venue], week: str, zone: ZoneInfo) -> ListRow:
    venue, mark = named[row.venue], mark_of_row(row)
    dash = Words("—", "—")
    low = dash if row.raw.low is None else amount(row.metric, row.raw.low)
    high = dash if row.raw.high is None else amount(row.metric, row.raw.high)
    return ListRow(
        Words(venue.name_zh, venue.name_en),
        f"/venues/{venue.id}/week/{week}?rule={row.rule}",
        row.period,
        asked_words(row.metric, row.op, row.threshold),
        mark,
        mark_words(mark, is_final=row.is_final),
        low,
        high,
        hours_words(hours(row.declared_s)),
        percent(row.coverage) if row.due_s else "—",
        "—" if row.grade in {"none", "declared_only"} else row.grade,
        str(row.version) if row.version else "—",
        datetime.fromtimestamp(row.computed_ms / 1000, zone).strftime("%Y-%m-%d %H:%M"),
    )
