"""What was put aside: kept within a bound of bytes, and read again once a release can."""

import sqlite3
from typing import Final

from contracts.errors import DecodeError, RefusalCode
from contracts.ids import NodeId
from contracts.messages import decode_row
from hub.store.sqlite.group import BucketWrites, GroupWriter
from hub.store.sqlite.names import Names
from hub.store.sqlite.quarantine_bound import note_taken
from link.intake import Group, Stored

_AT_ONCE: Final = 20_000
"""More than so many are looked at with the next starts."""


def read_again(
    connection: sqlite3.Connection, names: Names, writes: BucketWrites, bound: int, turn: int
) -> int:
    """Write quarantined rows that can be read now, inside the caller's transaction.

    Returns how many; the caller writes their buckets.
    What they say was absolute and still is: a row that came again by another way changes nothing.
    Those of a clock that was never set stay: they can be read, and decide nothing. Of those whose
    bytes were dropped there is nothing to read.
    """
    found = connection.execute(
        "SELECT q.id, n.venue, n.node, q.stream, q.raw, q.received_ms FROM quarantine AS q"
        " JOIN node AS n ON n.id = q.node WHERE q.code <> ? AND length(q.raw) > 0"
        " ORDER BY q.id LIMIT ?",
        (RefusalCode.UNCORRECTED_CLOCK, _AT_ONCE),
    ).fetchall()
    group, taken, taken_bytes = Group(), [], 0
    for id_, venue, node, stream, raw, received_ms in found:
        try:
            row = decode_row(raw)
        except DecodeError:
            continue
        group.stored.append(Stored(NodeId(venue, node), stream, (row,), received_ms))
        taken.append((id_,))
        taken_bytes += len(raw)
    connection.executemany("DELETE FROM quarantine WHERE id = ?", taken)
    note_taken(connection, taken_bytes)
    writer = GroupWriter(connection, names, writes, bound)
    writer.write(group)
    writer.touches.write(connection, turn)
    return len(taken)
