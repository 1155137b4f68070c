"""Hours of series whose buckets lie in InfluxDB: kept in the ledger once they are over.

The database would need a third of a second for the hours of one series' year. So the ledger keeps
hours in the tables in which the SQLite store keeps its own, and a mark (`open_hour`) stands on each
hour that may hold more than was made of it: it is set, durably, before buckets go to the database,
and goes in the transaction that keeps the hour as the database made it since. Whoever reads takes
marked hours from the buckets and all others from the ledger: marks first, hours second, so that an
hour that is kept in between is read in either case.

A database with buckets of before there were marks, or of after the copy that a ledger was restored
from, has hours that no mark stands on. Then nothing of the ledger is believed until all of it was
made once more (`whole`).

Before the horizon of `forgetting` buckets may be deleted: there an hour only ever grows.
"""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from contracts.ids import NodeId
from contracts.rows import Count, Measure
from hub.store.influx import answers
from hub.store.influx.answers import Values
from hub.store.influx.server import Server
from hub.store.influx.totals import KEYS_AT_ONCE
from hub.store.port import HOUR_SECONDS, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import buckets
from hub.store.sqlite.database import Database
from hub.store.sqlite.names import Names
from link.intake import Group, Stored

HOURS: Final = "influx_hours"
"""Key of `meta`: WHOLE, or the number of the last series of which all hours were made."""
WHOLE: Final = "whole"
OVER_SECONDS: Final = 600
"""So long after its end an hour is made: most of what comes late has come."""
QUIET_SECONDS: Final = 900
"""After a write whose fate is not known none is made: what lands late has landed by then."""
MARKS_AT_ONCE: Final = 2000
WINDOW_SECONDS: Final = 90 * 86_400
_MOST_KNOWN: Final = 200_000

_MARK: Final = """
INSERT INTO open_hour (kind, venue, node, name, hour, turn) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET turn = excluded.turn
"""
Mark = tuple[Kind, SeriesKey, int]
"""An hour of a series that may hold more than was made of it: its first second."""
Made = dict[SeriesKey, dict[int, Values]]
"""Hours by series and first second."""


class Hours:
    """The hours of one ledger. One thread makes them, one commits, any reads."""

    def __init__(
        self, database: Database, server: Server, names: Names, clock_s: Callable[[], int]
    ) -> None:
        self._database, self._server, self._names = database, server, names
        self._clock_s = clock_s
        self.commits = threading.Lock()
        """Held from the marks of a commit until its end: no hour is made from half of one."""
        self._making = threading.Lock()
        # Marks of which it is known that they stand, and that nobody makes their hours yet.
        self._open: dict[NodeId, set[tuple[str | int, ...]]] = {}
        self._known = 0
        [(newest,)] = database.select("SELECT coalesce(max(turn), 0) FROM open_hour")
        self._turn = int(newest) + 1
        self._quiet_until_s = 0

    def mark(self, group: Group) -> None:
        """Mark the hours of a group's rows before they are written.

        For whoever holds `commits`. Raises StoreUnavailable.
        """
        new: list[Mark] = []
        for stored in group.stored:
            known = self._open.get(stored.node)
            if known is None:
                known = self._open[stored.node] = set()
            new += _unknown(stored, known)
        if not new:
            return
        try:
            with self._database.transaction() as connection:
                self.put_marks(connection, new)
        except BaseException:
            self._forget()
            raise
        self._known += len(new)
        if self._known > _MOST_KNOWN:
            self._forget()

    def mark_rows(self, rows: Iterable[SeriesRow]) -> None:
        """Mark the hours of rows before they are written, for whoever holds `commits`."""
        marks = {(r.kind, r.series, r.bucket_at - r.bucket_at % HOUR_SECONDS) for r in rows}
        with self._database.transaction() as connection:
            self.put_marks(connection, marks)

    def put_marks(self, connection: sqlite3.Connection, marks: Iterable[Mark]) -> None:
        """Set marks inside the caller's transaction."""
        connection.executemany(
            _MARK,
            [
                (kind.value.name, key.venue, key.node, key.name, hour, self._turn)
                for kind, key, hour in marks
            ],
        )

    def wait(self) -> None:
        """Make no hours for a while: what was written may land late."""
        self._quiet_until_s = self._clock_s() + QUIET_SECONDS

    def read(self, kind: Kind, keys: Sequence[SeriesKey], start: int, end: int) -> Made:
        """Return the hours of some known series of a kind in `[start, end)`. Raises StoreError."""
        result: Made = {}
        is_whole = self.is_whole()
        marked = [] if not is_whole else self._marked(kind, keys, start, end)
        horizon = self._horizon(kind)
        for key in keys:
            found = self._names.find_series(key)
            with self._database.reading() as connection:
                known = buckets.read_hours(connection, kind, found[0], start, end) if found else []
            result[key] = dict(known)
        made = (
            self.made_of(marked)
            if is_whole
            else made_from_buckets(self._server, kind, keys, start, end)
        )
        for key, hours in made.items():
            kept = result[key]
            for at, values in hours.items():
                if at >= horizon or at not in kept or _is_no_less(kind, values, kept[at]):
                    kept[at] = values
        return result

    def made_of(self, marks: Iterable[Mark]) -> Made:
        """Return marked hours as their buckets make them now. Raises StoreError."""
        # Hours that follow each other are one span, and series of the same span one question.
        by_series: dict[tuple[Kind, SeriesKey], set[int]] = defaultdict(set)
        for kind, key, hour in marks:
            by_series[kind, key].add(hour)
        by_span: dict[tuple[Kind, int, int], list[SeriesKey]] = defaultdict(list)
        for (kind, key), hours in by_series.items():
            for first, last in stretches(hours):
                by_span[kind, first, last + HOUR_SECONDS].append(key)
        result: Made = defaultdict(dict)
        for (kind, start, end), keys in by_span.items():
            for key, made in made_from_buckets(self._server, kind, keys, start, end).items():
                result[key] |= made
        return result

    def make(self) -> Iterator[int]:
        """Keep the hours that are over, step by step; yields how many marks or hours each was.

        Raises StoreError, StoreUnavailable; what a step did stays.
        """
        with self._making:
            if self._clock_s() >= self._quiet_until_s:
                yield from self._make_whole()
                while self._clock_s() >= self._quiet_until_s and (done := self._make_some()):
                    yield done

    def is_whole(self) -> bool:
        """Tell whether every hour without a mark is in the ledger. Raises StoreError."""
        return self._done() == WHOLE

    def has_marks(self, kind: Kind, span: tuple[int, int]) -> bool:
        """Tell whether a mark stands in `[start, end)`, Unix seconds. Raises StoreError."""
        return bool(
            self._database.select(
                "SELECT 1 FROM open_hour WHERE kind = ? AND hour >= ? AND hour < ? LIMIT 1",
                (kind.value.name, *span),
            )
        )

    def _make_some(self) -> int:
        """Keep some marked hours that are over; return how many marks went."""
        before = self._clock_s() - OVER_SECONDS - HOUR_SECONDS
        with self.commits:
            # From here on whoever writes to one of them marks it anew, with this turn.
            self._forget()
            self._turn += 1
            turn = self._turn
            marks = [
                (_KINDS[kind], SeriesKey(*key), hour)
                for kind, *key, hour in self._database.select(
                    "SELECT kind, venue, node, name, hour FROM open_hour WHERE hour <= ?"
                    " ORDER BY hour LIMIT ?",
                    (before, MARKS_AT_ONCE),
                )
            ]
        if not marks:
            return 0
        made = self.made_of(marks)
        kinds = {key: kind for kind, key, _ in marks}
        with self.commits, self._database.transaction() as connection:
            for key, hours in made.items():
                self._keep(connection, kinds[key], key, hours)
            connection.executemany(
                "DELETE FROM open_hour WHERE kind = ? AND venue = ? AND node = ? AND name = ?"
                " AND hour = ? AND turn < ?",
                [
                    (kind.value.name, key.venue, key.node, key.name, hour, turn)
                    for kind, key, hour in marks
                ],
            )
        return len(marks)

    def _make_whole(self) -> Iterator[int]:
        """Make all hours of all series, where the ledger's cannot be believed."""
        done = self._done()
        if done == WHOLE:
            return
        series = self._database.select(
            "SELECT s.id, s.kind, n.venue, n.node, s.name FROM series AS s"
            " JOIN node AS n ON n.id = s.node WHERE s.id > ? ORDER BY s.id",
            (int(done),),
        )
        for number, name, *told in series:
            key, kind, start = SeriesKey(*told), _KINDS[name], 0
            while (first := first_bucket(self._server, kind, key, start)) is not None:
                begin = first - first % HOUR_SECONDS
                start = begin + WINDOW_SECONDS
                made = made_from_buckets(self._server, kind, [key], begin, start)[key]
                with self._database.transaction() as connection:
                    self._keep(connection, kind, key, made)
                yield len(made)
            self._set_done(str(number))
        self._set_done(WHOLE)

    def _keep(
        self, connection: sqlite3.Connection, kind: Kind, key: SeriesKey, hours: dict[int, Values]
    ) -> None:
        found = self._names.find_series(key)
        if found is not None:
            rows = [(found[0], at, *values) for at, values in hours.items()]
            buckets.keep_hours(connection, kind, rows)

    def _marked(self, kind: Kind, keys: Sequence[SeriesKey], start: int, end: int) -> list[Mark]:
        with self._database.reading() as connection:
            return [
                (kind, key, hour)
                for key in keys
                for (hour,) in connection.execute(
                    "SELECT hour FROM open_hour WHERE kind = ? AND venue = ? AND node = ?"
                    " AND name = ? AND hour >= ? AND hour < ?",
                    (kind.value.name, key.venue, key.node, key.name, start, end),
                )
            ]

    def _horizon(self, kind: Kind) -> int:
        with self._database.reading() as connection:
            return buckets.horizon(connection, kind)

    def _done(self) -> str:
        found = self._database.select("SELECT value FROM meta WHERE key = ?", (HOURS,))
        return str(found[0][0]) if found else "0"

    def _set_done(self, done: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (HOURS, done))

    def _forget(self) -> None:
        self._open.clear()
        self._known = 0


def made_from_buckets(
    server: Server, kind: Kind, keys: Sequence[SeriesKey], start: int, end: int, shift: int = 0
) -> Made:
    """Return hours as the database makes them from the buckets in `[start, end)`.

    Hours begin `shift` seconds late. Raises StoreError.
    """
    result: Made = {}
    for first in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[first : first + KEYS_AT_ONCE]
        [found] = server.ask(answers.ask_hours(kind, some, start, end, shift))
        told = answers.takes(found.series)
        for key in some:
            hours, contested = answers.hours(kind, told.get(key, ()))
            for begin, last in stretches(contested):
                span = (max(start, begin), min(end, last + HOUR_SECONDS))
                [rows] = server.ask(answers.ask_buckets(kind, [key], *span))
                takes = answers.takes(rows.series).get(key, ())
                hours |= answers.hours_of(kind, answers.buckets(kind, takes), shift)
            result[key] = hours
    return result


def first_bucket(server: Server, kind: Kind, key: SeriesKey, start: int) -> int | None:
    """Return the first bucket of a series at or after `start`, Unix seconds. Raises StoreError."""
    [found] = server.ask(answers.ask_first(kind, key, start))
    return next((int(row[0]) for one in found.series for row in one.values), None)


def stretches(hours: Iterable[int]) -> list[tuple[int, int]]:
    """Return hours that follow each other as (first, last)."""
    result: list[tuple[int, int]] = []
    for hour in sorted(hours):
        if result and hour == result[-1][1] + HOUR_SECONDS:
            result[-1] = (result[-1][0], hour)
        else:
            result.append((hour, hour))
    return result


def take_over_kept(database: Database, server: Server, names: Names) -> None:
    """Take hours without buckets out of the database, where an earlier release put them.

    Raises StoreError, StoreUnavailable.
    """
    for kind in Kind:
        keys = [key for key, of in names.known_series(None).items() if of is kind]
        for first in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[first : first + KEYS_AT_ONCE]
            [found] = server.ask(answers.ask_kept_hours(kind, some, 0, answers.LATEST_S))
            rows = []
            for key, takes in answers.takes(found.series).items():
                known = names.find_series(key)
                rows += [(known[0], *row) for _, told in takes for row in told] if known else []
            with database.transaction() as connection:
                buckets.keep_hours(connection, kind, rows)


_KINDS: Final = {kind.value.name: kind for kind in Kind}


def _unknown(stored: Stored, known: set[tuple[str | int, ...]]) -> Iterator[Mark]:
    """Yield the hours of rows of which nothing is known yet, which they are after that."""
    for row in stored.rows:
        if isinstance(row, Count):
            at = row.bucket_at // HOUR_SECONDS
            if (row.line, at) not in known:
                known.add((row.line, at))
                yield _mark(Kind.COUNT, stored.node, row.line, at)
        elif isinstance(row, Measure):
            at = row.bucket_at // HOUR_SECONDS
            if (row.sensor, row.quantity, at) not in known:
                known.add((row.sensor, row.quantity, at))
                yield _mark(Kind.MEASURE, stored.node, f"{row.sensor}.{row.quantity}", at)


def _mark(kind: Kind, node: NodeId, name: str, hours: int) -> Mark:
    return (kind, SeriesKey(node.venue, node.node, name), hours * HOUR_SECONDS)


def _is_no_less(kind: Kind, made: Values, kept: Values) -> bool:
    """Tell whether nothing of what was kept is missing, as `buckets.keep_hours` asks it."""
    if kind is Kind.COUNT:
        return all(new >= old for new, old in zip(made, kept, strict=True))
    return made[0] >= kept[0]
