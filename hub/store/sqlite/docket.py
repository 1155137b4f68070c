"""What commits touched and nobody has judged yet: written in the commit's own transaction.

So that a kill between a commit and its verdicts loses nothing: whoever judges next finds it here.
One row a node and day (UTC) of what was touched; a row is struck off only if no later commit, of a
higher `turn`, touched it again.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from hub.store.port import Touched
from hub.store.sqlite.database import Database

_DAY_MS: Final = 86_400_000
_NOTE: Final = """
INSERT INTO docket (node, day, first_ms, last_ms, turn) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET first_ms = min(first_ms, excluded.first_ms),
    last_ms = max(last_ms, excluded.last_ms), turn = excluded.turn
"""


class Touches:
    """What one transaction touched, by node and day: the first and the last instant."""

    def __init__(self) -> None:
        self._spans: dict[tuple[int, int], tuple[int, int]] = {}

    def add(self, node: int, first_ms: int, last_ms: int) -> None:
        """Add `[first_ms, last_ms]` of a node; it belongs to the day on which it begins."""
        key = (node, first_ms // _DAY_MS)
        known = self._spans.get(key)
        if known is None:
            self._spans[key] = (first_ms, last_ms)
        elif first_ms < known[0] or last_ms > known[1]:
            self._spans[key] = (min(first_ms, known[0]), max(last_ms, known[1]))

    def write(self, connection: sqlite3.Connection, turn: int) -> None:
        """Write all of it down, inside the caller's transaction."""
        connection.executemany(
            _NOTE,
            [
                (node, day, first_ms, last_ms, turn)
                for (node, day), (first_ms, last_ms) in self._spans.items()
            ],
        )

    def told(self, venues: Mapping[int, str]) -> list[Touched]:
        """Return what was touched, by the venues of the nodes."""
        return [
            Touched(venues[node], first_ms, last_ms)
            for (node, _), (first_ms, last_ms) in self._spans.items()
        ]


def newest_turn(connection: sqlite3.Connection) -> int:
    """Return the highest turn of what waits."""
    [turn] = connection.execute("SELECT coalesce(max(turn), 0) FROM docket").fetchone()
    return int(turn)


def read(database: Database) -> Sequence[Touched]:
    """Return all that waits. Raises StoreError."""
    rows = database.select(
        "SELECT n.venue, d.first_ms, d.last_ms FROM docket AS d JOIN node AS n ON n.id = d.node"
        " ORDER BY d.first_ms"
    )
    return [Touched(*row) for row in rows]


def strike(database: Database, done: Mapping[str, int]) -> None:
    """Forget what of some venues was touched up to a turn each. Raises StoreUnavailable."""
    with database.transaction() as connection:
        connection.executemany(
            "DELETE FROM docket WHERE turn <= ? AND node IN (SELECT id FROM node WHERE venue = ?)",
            [(turn, venue) for venue, turn in done.items()],
        )
