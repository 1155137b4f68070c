"""Deleting what is older than it has to be kept, in steps so short that no commit waits long.

Hours stay for ever, and so does coverage, some rows a day: only with it an hour in which nobody
came is told from one in which nobody watched. Horizons stand in the file, and only ever move
forward:

- `measures_from`: raw measures before it are deleted. A late one of an hour that lost raw buckets
  is not taken and its hour stays as it is: whether the hour holds it already can no longer be told,
  and an hour made anew from what came late would forget the rest. An hour of which nothing was
  deleted (its node was away all that time) takes late rows like any other; the next pass deletes
  them, and the hour stays.
- `evidence_from`: counts, states and events before it are deleted. Late counts from before are not
  taken, since they would be added to their hour once more; and to whoever reads minutes all that
  time is not watched, also where an interval reaches across: never watched, with nobody there.
- `telemetry_from`: events before it that decide nothing (use and ratings of kiosks, alarms, what
  nodes tell under names of their own) are deleted.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.events import DECIDING
from hub.store.sqlite.buckets import EVIDENCE_FROM, MEASURES_FROM, TELEMETRY_FROM
from hub.store.sqlite.database import Database

ROWS_AT_ONCE: Final = 2000
OWNERS_AT_ONCE: Final = 200
LOOKED_BACK_S: Final = 40 * 86_400
"""So far before its last horizon a pass looks for telemetry that came late; what came later still
goes with the evidence of its time."""


class _Part(NamedTuple):
    """A table, whose rows are looked for by owner and `at`, and are over at `end`."""

    table: str
    owner: str
    owners: str
    at: str
    end: str
    units: int
    """Of its times in a second."""
    also: str = "true"


_NAMES: Final = ", ".join(f"'{name}'" for name in sorted(DECIDING))
_MEASURES: Final = _Part(
    "measure_bucket", "series", "series WHERE kind = 'measure'", "bucket", "bucket", 1
)
_EVIDENCE: Final = (
    _Part("count_bucket", "series", "series WHERE kind = 'count'", "bucket", "bucket", 1),
    _Part("interval", "source", "source WHERE kind <> 'coverage'", "since_ms", "until_ms", 1000),
    _Part("event", "node", "node", "at_ms", "at_ms", 1000),
)
_TELEMETRY: Final = _Part(
    "event", "node", "node", "at_ms", "at_ms", 1000, f"name NOT IN ({_NAMES})"
)
_SET: Final = """
INSERT INTO meta VALUES (?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value
WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)
"""


def newest_hour(database: Database) -> int | None:
    """Return the newest hour of any series, Unix seconds. Raises StoreError."""
    [(newest,)] = database.select(
        "SELECT max(max(coalesce((SELECT max(hour) FROM count_hour WHERE series = s.id), 0),"
        " coalesce((SELECT max(hour) FROM measure_hour WHERE series = s.id), 0))) FROM series AS s"
    )
    return newest or None


def forget(
    database: Database,
    measures_before: int,
    evidence_before: int | None,
    telemetry_before: int = 0,
) -> Iterator[int]:
    """Delete what lies before the horizons, Unix seconds; each step is one short transaction.

    Yields how many rows a step deleted. Raises StoreUnavailable, StoreError.
    """
    with database.transaction() as connection:
        connection.execute(_SET, (MEASURES_FROM, str(measures_before)))
        if evidence_before is not None:
            connection.execute(_SET, (EVIDENCE_FROM, str(evidence_before)))
    yield 0
    yield from _forget_part(database, _MEASURES, 0, measures_before)
    if evidence_before is not None:
        for part in _EVIDENCE:
            yield from _forget_part(database, part, 0, evidence_before)
    if telemetry_before > 0:
        # What decides stays among it, and is not looked through anew each day.
        before = database.select("SELECT value FROM meta WHERE key = ?", (TELEMETRY_FROM,))
        start = max(0, int(before[0][0]) - LOOKED_BACK_S) if before else 0
        yield from _forget_part(database, _TELEMETRY, start, telemetry_before)
        with database.transaction() as connection:
            # Last: a pass that was stopped begins anew.
            connection.execute(_SET, (TELEMETRY_FROM, str(telemetry_before)))


def _forget_part(database: Database, part: _Part, start_s: int, before_s: int) -> Iterator[int]:
    owners = [id_ for (id_,) in database.select(f"SELECT id FROM {part.owners} ORDER BY id DESC")]  # noqa: S608
    start, before = start_s * part.units, before_s * part.units
    while owners:
        deleted = 0
        with database.transaction() as connection:
            for _ in range(min(OWNERS_AT_ONCE, len(owners))):
                room = ROWS_AT_ONCE - deleted
                some = _delete(connection, part, owners[-1], (start, before), room)
                deleted += some
                if some >= room:
                    break
                owners.pop()
        yield deleted


def _delete(
    connection: sqlite3.Connection, part: _Part, owner: int, span: tuple[int, int], most: int
) -> int:
    """Delete the oldest rows of one owner: `most`, and what shares the last one's time."""
    start, before = span
    is_due = (
        f"{part.owner} = ? AND {part.at} >= ? AND {part.at} < ? AND {part.end} < ? AND {part.also}"
    )
    last = connection.execute(
        f"SELECT {part.at} FROM {part.table} WHERE {is_due}"  # noqa: S608  names of this module
        f" ORDER BY {part.at} LIMIT 1 OFFSET ?",
        (owner, start, before, before, most - 1),
    ).fetchone()
    up_to = before if last is None else last[0] + 1
    return connection.execute(
        f"DELETE FROM {part.table} WHERE {is_due}",  # noqa: S608
        (owner, start, up_to, before),
    ).rowcount
