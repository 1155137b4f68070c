"""Rows that could not be taken: whose coverage they cut, and for which span. Pure."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

import msgspec

from contracts.rows import (
    COUNT_BUCKET_SECONDS,
    MEASURE_BUCKET_SECONDS,
    Count,
    Measure,
    Row,
    Unreadable,
)

EVERY_SOURCE: Final = "*"
_LATEST_MS: Final = 4_102_444_800_000
_DEFAULT_MS: Final = COUNT_BUCKET_SECONDS * 1000


class _Loose(msgspec.Struct):
    """What can be told of a row that cannot be read: whose it was and when."""

    line: str | None = None
    sensor: str | None = None
    source: str | None = None
    bucket_at: int | None = None
    at_ms: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None


_loose = msgspec.json.Decoder(_Loose)


def span(rows: Sequence[Row | Unreadable], index: int, received_ms: int) -> tuple[str, int, int]:
    """Return (source, since, until) that an unreadable row of a batch cuts, in Unix ms.

    A row that does not even tell its time lies between its neighbours: what was counted then may
    be in it, and no minute of theirs may read as watched and empty.
    """
    row = rows[index]
    assert isinstance(row, Unreadable)  # noqa: S101  the caller asks for no other
    try:
        loose = _loose.decode(row.raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        loose = _Loose()
    source = loose.line or loose.sensor or loose.source or EVERY_SOURCE
    bucket_ms = None if loose.bucket_at is None else loose.bucket_at * 1000
    told = [t for t in (bucket_ms, loose.since_ms, loose.at_ms) if _is_credible(t)]
    if not told or not (loose.until_ms is None or _is_credible(loose.until_ms)):
        return source, *_around(rows, index, received_ms)
    first = told[0] or 0
    last = first + _DEFAULT_MS if loose.until_ms is None else loose.until_ms
    return source, min(first, last), max(first, last)


def _around(rows: Sequence[Row | Unreadable], index: int, received_ms: int) -> tuple[int, int]:
    before = next((r for r in reversed(rows[:index]) if not isinstance(r, Unreadable)), None)
    after = next((r for r in rows[index + 1 :] if not isinstance(r, Unreadable)), None)
    known = [_changed(row) for row in (before, after) if row is not None]
    if not known:
        return received_ms, received_ms + _DEFAULT_MS
    times = list(chain.from_iterable(known))
    # Beyond the only neighbour there is at least the minute that it was written in.
    since = min(times) - (0 if before is not None else _DEFAULT_MS)
    until = max(times) + (0 if after is not None else _DEFAULT_MS)
    return max(0, since), until


def _changed(row: Row) -> tuple[int, int]:
    """Return between which times a row was last changed, so far as it tells."""
    match row:
        case Count():
            return row.bucket_at * 1000, (row.bucket_at + COUNT_BUCKET_SECONDS) * 1000
        case Measure():
            return row.bucket_at * 1000, (row.bucket_at + MEASURE_BUCKET_SECONDS) * 1000
        case _:
            at_ms = row.until_ms if hasattr(row, "until_ms") else row.at_ms
            return at_ms, at_ms


def _is_credible(at_ms: int | None) -> bool:
    return at_ms is not None and 0 <= at_ms <= _LATEST_MS
