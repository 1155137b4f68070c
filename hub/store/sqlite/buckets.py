"""Writing buckets and their hours in one transaction, many rows a statement.

A statement of a thousand rows enters SQLite once: row by row, Python's interpreter lock would be
handed back and forth with the network thread for each of them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from hub.store.port import HOUR_SECONDS, Bucket, Kind

CountRows = dict[tuple[int, int, int], tuple[int, int]]
"""(series, bucket, epoch) -> (entered, left)."""
MeasureRows = dict[tuple[int, int, int], tuple[int, float, float, float]]
"""(series, bucket, epoch) -> (n, total, least, most)."""

MEASURES_FROM: Final = "measures_from"
EVIDENCE_FROM: Final = "evidence_from"
TELEMETRY_FROM: Final = "telemetry_from"
"""Keys of `meta`: before which second what was deleted (see `forgetting`)."""

_CHUNK: Final = 1000
_SMALL_CHUNK: Final = 50

_PREPARE: Final = """
CREATE TEMP TABLE IF NOT EXISTS incoming (
    series INTEGER NOT NULL, bucket INTEGER NOT NULL, epoch INTEGER NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL)
"""
_INCOMING: Final = "INSERT INTO temp.incoming VALUES "
# Counts: an hour changes by what its buckets change by, so its other minutes need not be read.
_HOURS: Final = f"""
INSERT INTO count_hour (series, hour, entered, left)
SELECT i.series, i.bucket / {HOUR_SECONDS} * {HOUR_SECONDS} AS hour, %s, %s
FROM temp.incoming AS i
LEFT JOIN count_bucket AS b
    ON b.series = i.series AND b.bucket = i.bucket AND b.epoch = i.epoch
GROUP BY i.series, hour
ON CONFLICT DO UPDATE SET entered = entered + excluded.entered, left = left + excluded.left
"""  # noqa: S608  constants of this module
_CHANGE: Final = "i.{0} - coalesce(b.{0}, 0)"
_HOURS_BY_DIFFERENCE: Final = _HOURS % tuple(
    f"sum({_CHANGE.format(name)})" for name in ("entered", "left")
)
_HOURS_BY_GROWTH: Final = _HOURS % tuple(
    f"sum(max(0, {_CHANGE.format(name)}))" for name in ("entered", "left")
)
_INTO_BUCKETS: Final = """
INSERT INTO count_bucket (series, bucket, epoch, entered, left)
SELECT series, bucket, epoch, entered, left FROM temp.incoming WHERE true
"""
_COUNTS: Final = f"""{_INTO_BUCKETS}
ON CONFLICT DO UPDATE SET entered = excluded.entered, left = excluded.left
"""
_GROWING_COUNTS: Final = f"""{_INTO_BUCKETS}
ON CONFLICT DO UPDATE SET
    entered = max(entered, excluded.entered), left = max(left, excluded.left)
"""
_MEASURES: Final = """
INSERT INTO measure_bucket (series, bucket, epoch, n, total, least, most)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    n = excluded.n, total = excluded.total, least = excluded.least, most = excluded.most
"""
_GROWING_MEASURES: Final = f"{_MEASURES}WHERE excluded.n >= n"
# Extremes cannot be corrected by a difference: an hour of measures is made anew from its buckets.
_HOUR_ANEW: Final = f"""
INSERT OR REPLACE INTO measure_hour (series, hour, n, total, least, most)
SELECT series, ?2, sum(n), sum(total), min(least), max(most) FROM measure_bucket
WHERE series = ?1 AND bucket >= ?2 AND bucket < ?2 + {HOUR_SECONDS}
"""  # noqa: S608  constants of this module
_KEEP_HOURS: Final = {
    Kind.COUNT: """
INSERT INTO count_hour (series, hour, entered, left) {rows}
ON CONFLICT DO UPDATE SET entered = excluded.entered, left = excluded.left
WHERE hour >= ?1 OR (excluded.entered >= entered AND excluded.left >= left)
""",
    Kind.MEASURE: """
INSERT INTO measure_hour (series, hour, n, total, least, most) {rows}
ON CONFLICT DO UPDATE SET
    n = excluded.n, total = excluded.total, least = excluded.least, most = excluded.most
WHERE hour >= ?1 OR excluded.n >= n
""",
}
_IS_CLOSED: Final = f"""
SELECT 1 FROM measure_hour WHERE series = ?1 AND hour = ?2 AND n <> (
    SELECT coalesce(sum(n), 0) FROM measure_bucket
    WHERE series = ?1 AND bucket >= ?2 AND bucket < ?2 + {HOUR_SECONDS})
"""  # noqa: S608  constants of this module


def prepare(connection: sqlite3.Connection) -> None:
    """Make the temporary table that rows pass through; once a connection."""
    connection.execute(_PREPARE)


def write_counts(
    connection: sqlite3.Connection,
    rows: CountRows,
    *,
    growing: bool = False,
    takes_all: bool = False,
) -> None:
    """Write buckets of counts and their hours, inside the caller's transaction.

    `takes_all`: also what is older than what is kept, as from a store that had not deleted it;
    hours are then the caller's, who has `make_hours`.

    `growing`: a total inside an epoch never decreases, so a smaller one is an older one: a copied
    spool that tells once more what both knew takes nothing back.
    """
    start = _kept_from(connection, EVIDENCE_FROM) if rows and not takes_all else 0
    if start:
        rows = {key: values for key, values in rows.items() if key[1] >= start}
    if not rows:
        return
    connection.execute("DELETE FROM temp.incoming")
    flat = [value for key, values in rows.items() for value in (*key, *values)]
    start = 0
    for size in (_CHUNK, _SMALL_CHUNK, 1):
        statement = _INCOMING + ",".join(["(?,?,?,?,?)"] * size)
        while len(flat) - start >= size * 5:
            connection.execute(statement, flat[start : start + size * 5])
            start += size * 5
    if not takes_all:
        connection.execute(_HOURS_BY_GROWTH if growing else _HOURS_BY_DIFFERENCE)
    connection.execute(_GROWING_COUNTS if growing else _COUNTS)


def write_measures(
    connection: sqlite3.Connection,
    rows: MeasureRows,
    *,
    growing: bool = False,
    takes_all: bool = False,
) -> None:
    """Write buckets of measures and their hours, inside the caller's transaction.

    `growing`, `takes_all` as for counts: a mean of fewer samples is an older one.
    """
    start = _kept_from(connection, MEASURES_FROM) if rows and not takes_all else 0
    if start:
        rows = _without_closed(connection, rows, start)
    if not rows:
        return
    statement = _GROWING_MEASURES if growing else _MEASURES
    connection.executemany(statement, [(*key, *values) for key, values in rows.items()])
    if not takes_all:
        hours = {(series, bucket - bucket % HOUR_SECONDS) for series, bucket, _ in rows}
        connection.executemany(_HOUR_ANEW, hours)


def horizon(connection: sqlite3.Connection, kind: Kind) -> int:
    """Return before which second buckets of a kind may have been deleted; 0: none were."""
    return _kept_from(connection, EVIDENCE_FROM if kind is Kind.COUNT else MEASURES_FROM)


def keep_hours(connection: sqlite3.Connection, kind: Kind, rows: Iterable[Sequence[float]]) -> None:
    """Write hours, (series, hour, *values), inside the caller's transaction.

    Before the horizon one that says less is made from what was left of its buckets, and does not
    replace what is there.
    """
    start, width = horizon(connection, kind), 2 + len(kind.value.fields)
    marks = ", ".join(f"?{n + 2}" for n in range(width))
    statement = _KEEP_HOURS[kind].format(rows=f"VALUES ({marks})")
    connection.executemany(statement, [(start, *row) for row in rows])


def make_hours(connection: sqlite3.Connection, kind: Kind, series: int) -> None:
    """Make the hours of a series from its buckets, inside the caller's transaction."""
    columns = ", ".join(f"{how}({name})" for name, how in kind.value.fields)
    rows = (
        f"SELECT series, bucket / {HOUR_SECONDS} * {HOUR_SECONDS} AS at, {columns}"  # noqa: S608
        f" FROM {kind.value.name}_bucket WHERE series = ?2 GROUP BY at"
    )
    connection.execute(_KEEP_HOURS[kind].format(rows=rows), (horizon(connection, kind), series))


def _kept_from(connection: sqlite3.Connection, key: str) -> int:
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return 0 if found is None else int(found[0])


def _without_closed(connection: sqlite3.Connection, rows: MeasureRows, start: int) -> MeasureRows:
    """Leave out rows of hours that lost raw buckets: such an hour has more than they say."""
    late = {(key[0], key[1] - key[1] % HOUR_SECONDS) for key in rows if key[1] < start}
    closed = {
        (series, hour)
        for series, hour in late
        if connection.execute(_IS_CLOSED, (series, hour)).fetchone() is not None
    }
    return {
        key: values
        for key, values in rows.items()
        if (key[0], key[1] - key[1] % HOUR_SECONDS) not in closed
    }


def read_buckets(
    connection: sqlite3.Connection, kind: Kind, series: int, start: int, end: int
) -> list[Bucket]:
    """Return the buckets of one series, epochs combined, in order."""
    columns = ", ".join(f"{how}({name})" for name, how in kind.value.fields)
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        f"SELECT bucket, {columns} FROM {kind.value.name}_bucket"  # noqa: S608  names of the port
        " WHERE series = ? AND bucket >= ? AND bucket < ? GROUP BY bucket ORDER BY bucket",
        (series, start, end),
    )
    return [Bucket(row[0], row[1:]) for row in rows]


def read_many(
    connection: sqlite3.Connection, kind: Kind, series: Sequence[int], start: int, end: int
) -> list[tuple[int, Bucket]]:
    """Return (series, bucket) of several series, epochs combined, in order."""
    columns = ", ".join(f"{how}({name})" for name, how in kind.value.fields)
    result: list[tuple[int, Bucket]] = []
    for first in range(0, len(series), _CHUNK):
        chunk = series[first : first + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows: Iterable[tuple[Any, ...]] = connection.execute(
            f"SELECT series, bucket, {columns} FROM {kind.value.name}_bucket"  # noqa: S608
            f" WHERE series IN ({marks}) AND bucket >= ? AND bucket < ?"
            " GROUP BY series, bucket ORDER BY series, bucket",
            (*chunk, start, end),
        )
        result += [(row[0], Bucket(row[1], row[2:])) for row in rows]
    return result


def read_hours(
    connection: sqlite3.Connection, kind: Kind, series: int, start: int, end: int
) -> list[Bucket]:
    """Return the hours of one series in order."""
    columns = ", ".join(name for name, _ in kind.value.fields)
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        f"SELECT hour, {columns} FROM {kind.value.name}_hour"  # noqa: S608  names of the port
        " WHERE series = ? AND hour >= ? AND hour < ? ORDER BY hour",
        (series, start, end),
    )
    return [Bucket(row[0], row[1:]) for row in rows]


def read_shifted_hours(
    connection: sqlite3.Connection, kind: Kind, series: int, start: int, end: int, shift: int
) -> list[Bucket]:
    """Return hours that begin `shift` seconds after those of UTC, from buckets, in order."""
    columns = ", ".join(f"{how}({name})" for name, how in kind.value.fields)
    hour = f"(bucket - ?1) / {HOUR_SECONDS} * {HOUR_SECONDS} + ?1"
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        f"SELECT {hour} AS hour, {columns} FROM {kind.value.name}_bucket"  # noqa: S608
        " WHERE series = ?2 AND bucket >= ?3 AND bucket < ?4 GROUP BY hour ORDER BY hour",
        (shift, series, start, end),
    )
    return [Bucket(row[0], row[1:]) for row in rows]
