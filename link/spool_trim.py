"""Keeping a spool within its bounds, and saying by name what had to go."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from contracts.messages import MAX_LOST
from contracts.rows import Lost
from link.stamps import EPOCH, about, renumbered

KEEP_MS: Final = 7 * 24 * 3600 * 1000
_LOOK_MS: Final = 600_000
_CHUNK_ROWS: Final = 2000
FULL: Final = "spool_full"
_EXPIRED: Final = "expired"
_SUMMARIES: Final = 2000


class Trimmer:
    """Drops the oldest rows: those acknowledged for 7 days, and any when the spool is full."""

    def __init__(self, db: sqlite3.Connection, max_bytes: int) -> None:
        self._db = db
        self._max_bytes = max_bytes
        self._page_size = int(db.execute("PRAGMA page_size").fetchone()[0])
        self._looked_ms: int | None = None
        self.dropped = 0

    def used_bytes(self) -> int:
        """Return the bytes of the file's pages that hold something."""
        pages = int(self._db.execute("PRAGMA page_count").fetchone()[0])
        free = int(self._db.execute("PRAGMA freelist_count").fetchone()[0])
        return (pages - free) * self._page_size

    def due(self, now_ms: int) -> bool:
        """Tell whether it is time to look at what has expired."""
        return self._looked_ms is None or abs(now_ms - self._looked_ms) >= _LOOK_MS

    def trim(self, now_ms: int, mark: int, last: int) -> int | None:
        """Drop what has to go, inside the caller's transaction; return the new oldest seq."""
        oldest = None
        if self.due(now_ms):
            self._looked_ms = now_ms
            expired = self._db.execute(
                "SELECT max(seq) FROM row WHERE seq <= ? AND seq < ? AND at_ms < ?",
                (mark, last, now_ms - KEEP_MS),
            ).fetchone()[0]
            if expired is not None:
                oldest = self._drop(int(expired), mark)
        while self.used_bytes() > self._max_bytes:
            upto = self._db.execute(
                "SELECT max(seq) FROM (SELECT seq FROM row WHERE seq < ? ORDER BY seq LIMIT ?)",
                (last, _CHUNK_ROWS),
            ).fetchone()[0]
            if upto is None or int(upto) == oldest:
                break
            oldest = self._drop(int(upto), mark)
        return oldest

    def _drop(self, upto: int, mark: int) -> int:
        """Drop rows up to `upto`; return the oldest seq that is left.

        The row of the epoch that goes on stays, in the last place dropped: without it a hub could
        not tell whether the clock was set when the rest was counted.
        """
        # Apart for each epoch: those of an unset clock are moved in time when it is set.
        summaries: dict[tuple[int, str, str], tuple[int, Lost]] = {}
        begun, epoch_row = 0, None
        rows: Iterable[tuple[int, int, bytes]] = self._db.execute(
            "SELECT seq, at_ms, body FROM row WHERE seq <= ? ORDER BY seq", (upto,)
        )
        for seq, at_ms, body in rows:
            source, since, until = about(body)
            if source == EPOCH:
                begun, epoch_row = seq, (at_ms, body)
                continue
            reason = _EXPIRED if seq <= mark else FULL
            self.dropped += reason == FULL
            key = (begun, source, reason)
            _, before = summaries.get(key) or (seq, Lost(source, since, until, 0, reason))
            summaries[key] = (seq, joined(before, Lost(source, since, until, 1, reason)))
        self._db.execute("DELETE FROM row WHERE seq <= ?", (upto,))
        self._db.executemany(
            "INSERT INTO lost VALUES (?, ?, ?, ?, ?, ?)",
            [
                (last, lost.source, lost.since_ms, lost.until_ms, lost.rows, lost.reason)
                for last, lost in summaries.values()
            ],
        )
        self._fold_summaries()
        following = self._db.execute(
            "SELECT count(*) FROM epoch WHERE first_seq = (SELECT min(seq) FROM row)"
        ).fetchone()[0]
        oldest = upto + 1
        if epoch_row is not None and not following:
            oldest = upto
            body = renumbered(epoch_row[1], upto)
            self._db.execute("INSERT INTO row VALUES (?, ?, ?)", (upto, epoch_row[0], body))
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'oldest'", (str(oldest),))
        # The epoch of the first row kept, and the openings that a hub may know us by, stay.
        self._db.execute(
            "DELETE FROM epoch WHERE first_seq < (SELECT max(first_seq) FROM epoch"
            " WHERE first_seq <= ?) AND first_seq NOT IN"
            " (SELECT first_seq FROM epoch ORDER BY first_seq DESC LIMIT 64)",
            (oldest,),
        )
        return oldest

    def _fold_summaries(self) -> None:
        """Join neighbours among the older half: a coarser gap is still a gap, none is a zero."""
        rows = self._db.execute("SELECT * FROM lost ORDER BY last_seq, rowid").fetchall()
        if len(rows) <= _SUMMARIES:
            return
        half = len(rows) // 2
        folded: dict[tuple[str, str, int], tuple[int, Lost]] = {}
        seen: Counter[tuple[str, str]] = Counter()
        for last, *values in rows[:half]:
            lost = Lost(*values)
            pair = seen[lost.source, lost.reason] // 2
            seen[lost.source, lost.reason] += 1
            _, before = folded.get((lost.source, lost.reason, pair), (last, None))
            joint = lost if before is None else joined(before, lost)
            folded[lost.source, lost.reason, pair] = (last, joint)
        self._db.execute("DELETE FROM lost")
        kept = [(seq, *msgspec.structs.astuple(lost)) for seq, lost in folded.values()]
        self._db.executemany("INSERT INTO lost VALUES (?, ?, ?, ?, ?, ?)", [*kept, *rows[half:]])


def joined(one: Lost, other: Lost) -> Lost:
    """Return what stands for two summaries of one source."""
    return Lost(
        one.source,
        min(one.since_ms, other.since_ms),
        max(one.until_ms, other.until_ms),
        one.rows + other.rows,
        one.reason,
    )


def shift_lost(db: sqlite3.Connection, first: int, following: int, shift_ms: int) -> None:
    """Move in time what was dropped of an epoch whose clock is set only now."""
    db.execute(
        "UPDATE lost SET since_ms = max(0, since_ms + ?1), until_ms = max(0, until_ms + ?1)"
        " WHERE last_seq >= ?2 AND last_seq < ?3",
        (shift_ms, first, following),
    )


def lost_after(db: sqlite3.Connection, mark: int) -> tuple[Lost, ...]:
    """Return, one entry a source, what was dropped that a store with this mark may not hold."""
    rows = db.execute(
        "SELECT source, min(since_ms), max(until_ms), sum(rows), max(reason) FROM lost"
        " WHERE last_seq > ? GROUP BY source, reason ORDER BY max(last_seq) DESC LIMIT ?",
        (mark, MAX_LOST),
    ).fetchall()
    return tuple(Lost(*row) for row in rows)
