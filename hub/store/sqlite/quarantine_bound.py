"""How many bytes of unreadable rows are kept: the oldest are dropped first, their cuts stay.

A dropped row stays in its table without its bytes: it still cuts its span out of coverage, so a
minute that it may have counted never reads as watched and empty. One that cuts nothing goes whole.
"""

import sqlite3
from typing import Final

DEFAULT_BYTES: Final = 64 * 1024 * 1024

_BYTES: Final = "quarantine_bytes"
_DROPPED: Final = "quarantine_dropped"
_ADD: Final = "UPDATE meta SET value = CAST(value AS INTEGER) + ? WHERE key = ? RETURNING value"
_KEPT: Final = "SELECT id, length(raw) FROM quarantine INDEXED BY quarantine_kept"
_OLDEST: Final = f"{_KEPT} WHERE length(raw) > 0 ORDER BY id"


def prepare(connection: sqlite3.Connection) -> None:
    """Begin the sums where a store has none, inside the caller's transaction."""
    connection.execute(
        "INSERT OR IGNORE INTO meta"
        " SELECT ?, coalesce(sum(length(raw)), 0) FROM quarantine WHERE NOT EXISTS"
        " (SELECT 1 FROM meta WHERE key = ?)",
        (_BYTES, _BYTES),
    )
    connection.execute("INSERT OR IGNORE INTO meta VALUES (?, '0')", (_DROPPED,))


def note_taken(connection: sqlite3.Connection, size: int) -> None:
    """Note that rows of so many bytes left the quarantine."""
    connection.execute(_ADD, (-size, _BYTES)).fetchall()


def keep_within(connection: sqlite3.Connection, added: int, bound: int) -> None:
    """Note so many new bytes, and drop the oldest while there are more than `bound`.

    Inside the transaction of the rows that came: both stand, or neither.
    """
    [(total,)] = connection.execute(_ADD, (added, _BYTES)).fetchall()
    surplus = int(total) - bound
    if surplus <= 0:
        return
    dropped, freed = [], 0
    for id_, size in connection.execute(_OLDEST):
        if freed >= surplus:
            break
        dropped.append((id_,))
        freed += size
    connection.executemany("DELETE FROM quarantine WHERE id = ? AND until_ms <= since_ms", dropped)
    connection.executemany("UPDATE quarantine SET raw = x'' WHERE id = ?", dropped)
    connection.execute(_ADD, (-freed, _BYTES)).fetchall()
    connection.execute(_ADD, (len(dropped), _DROPPED)).fetchall()
