"""Deleting what is older than it has to be kept, in steps so short that no commit waits long.

Hours stay for ever, so two horizons stand in the file, and only ever move forward:

- `measures_from`: raw measures before it are deleted. A late one of an hour that lost raw buckets
  is not taken and its hour stays as it is: whether the hour holds it already can no longer be told,
  and an hour made anew from what came late would forget the rest. An hour of which nothing was
  deleted (its node was away all that time) takes late rows like any other; the next pass deletes
  them, and the hour stays.
- `evidence_from`: counts, coverage, states and events before it are deleted. Late counts from
  before are not taken, since they would be added to their hour once more; and all that time reads
  as not watched, also where an interval reaches across: never as watched, with nobody there.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from hub.store.sqlite.buckets import EVIDENCE_FROM, MEASURES_FROM
from hub.store.sqlite.database import Database

ROWS_AT_ONCE: Final = 2000
OWNERS_AT_ONCE: Final = 200


class _Part(NamedTuple):
    """A table, whose rows are looked for by owner and `at`, and are over at `end`."""

    table: str
    owner: str
    owners: str
    at: str
    end: str


_MEASURES: Final = _Part("measure_bucket", "series", "series", "bucket", "bucket")
_EVIDENCE: Final = (
    (_Part("count_bucket", "series", "series", "bucket", "bucket"), 1),
    (_Part("interval", "source", "source", "since_ms", "until_ms"), 1000),
    (_Part("event", "node", "node", "at_ms", "at_ms"), 1000),
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


def forget(database: Database, measures_before: int, evidence_before: int | None) -> Iterator[int]:
    """Delete what lies before the horizons, Unix seconds; each step is one short transaction.

    Yields how many rows a step deleted. Raises StoreUnavailable, StoreError.
    """
    with database.transaction() as connection:
        connection.execute(_SET, (MEASURES_FROM, str(measures_before)))
        if evidence_before is not None:
            connection.execute(_SET, (EVIDENCE_FROM, str(evidence_before)))
    yield 0
    yield from _forget_part(database, _MEASURES, measures_before)
    if evidence_before is not None:
        for part, units in _EVIDENCE:
            yield from _forget_part(database, part, evidence_before * units)


def _forget_part(database: Database, part: _Part, before: int) -> Iterator[int]:
    owners = [id_ for (id_,) in database.select(f"SELECT id FROM {part.owners} ORDER BY id DESC")]  # noqa: S608
    while owners:
        deleted = 0
        with database.transaction() as connection:
            for _ in range(min(OWNERS_AT_ONCE, len(owners))):
                room = ROWS_AT_ONCE - deleted
                some = _delete(connection, part, owners[-1], before, room)
                deleted += some
                if some >= room:
                    break
                owners.pop()
        yield deleted


def _delete(connection: sqlite3.Connection, part: _Part, owner: int, before: int, most: int) -> int:
    """Delete the oldest rows of one owner: `most`, and what shares the last one's time."""
    is_due = f"{part.owner} = ? AND {part.at} < ? AND {part.end} < ?"
    last = connection.execute(
        f"SELECT {part.at} FROM {part.table} WHERE {is_due}"  # noqa: S608  names of this module
        f" ORDER BY {part.at} LIMIT 1 OFFSET ?",
        (owner, before, before, most - 1),
    ).fetchone()
    up_to = before if last is None else last[0] + 1
    return connection.execute(
        f"DELETE FROM {part.table} WHERE {is_due}",  # noqa: S608
        (owner, up_to, before),
    ).rowcount
