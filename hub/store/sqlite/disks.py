"""How full disks were, one row a place and day: the last that was told that day."""

from collections.abc import Iterable
from typing import Final

from hub.store.sqlite.database import Database

_KEPT_DAYS: Final = 400
_DAY_S: Final = 86_400
_NOTE: Final = """
INSERT INTO disk_day (place, day, at_s, used, total, own) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET at_s = excluded.at_s, used = excluded.used, total = excluded.total,
    own = excluded.own
"""
DiskRow = tuple[str, int, int, int, int]
"""(place, at, used, total, own): Unix seconds, bytes."""


def note(database: Database, rows: Iterable[DiskRow]) -> None:
    """Write what was measured, and forget what is too old. Raises StoreUnavailable."""
    told = [
        (place, at_s // _DAY_S, at_s, used, total, own) for place, at_s, used, total, own in rows
    ]
    if not told:
        return
    oldest = max(row[1] for row in told) - _KEPT_DAYS
    with database.transaction() as connection:
        connection.executemany(_NOTE, told)
        connection.execute("DELETE FROM disk_day WHERE day < ?", (oldest,))


def since(database: Database, at_s: int) -> list[DiskRow]:
    """Return what was measured since a second, by place and in order of time."""
    return [
        (str(place), *map(int, rest))  # type: ignore[misc]
        for place, *rest in database.select(
            "SELECT place, at_s, used, total, own FROM disk_day WHERE day >= ? ORDER BY place, day",
            (at_s // _DAY_S,),
        )
    ]
