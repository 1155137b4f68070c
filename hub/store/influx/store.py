"""The store whose buckets lie in InfluxDB, beside a ledger of evidence and marks in SQLite.

A commit writes evidence and marks into the ledger's open transaction, then the buckets into the
database, then closes the transaction. A kill in between leaves buckets without their marks: the
node sends them again, and they overwrite themselves. Hours are the ledger's: see `hours`.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from contracts.ids import NodeId
from hub.errors import StoreError
from hub.store.influx import answers, forgetting, lines, proof
from hub.store.influx.hours import HOURS, WHOLE, Hours, made_from_buckets, take_over_kept
from hub.store.influx.server import RowsRefused, Server, WriteFailed
from hub.store.influx.totals import KEYS_AT_ONCE, Totals
from hub.store.port import HOUR_SECONDS, Bucket, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import quarantine_bound
from hub.store.sqlite.buckets import CountRows, MeasureRows, read_hours
from hub.store.sqlite.ledger import Ledger, SeriesPlace
from link.errors import StoreUnavailable
from link.intake import Group

TAKE: Final = "influx_take"
OPEN: Final = "influx_open"
KEPT_HOURS: Final = "influx_kept_hours"
"""Keys of `meta`: the number of the take; 1 while a process holds the store; 1 where an earlier
release put hours without buckets into the database."""


_SET: Final = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


class Writes:
    """Takes the buckets of one commit."""

    def __init__(
        self,
        put: Callable[[CountRows, MeasureRows], None],
        take: int,
        mark: Callable[[sqlite3.Connection, CountRows, MeasureRows], None] | None = None,
    ) -> None:
        self._put, self._take, self._mark = put, take, mark
        self.counts: CountRows = {}
        self.measures: MeasureRows = {}

    def write(self, connection: sqlite3.Connection) -> None:
        """Write them into the database. Raises StoreUnavailable, RowsRefused."""
        connection.execute(_SET, (TAKE, str(self._take)))
        if self._mark is not None:
            self._mark(connection, self.counts, self.measures)
        self._put(self.counts, self.measures)


class InfluxStore(Ledger):
    """Implements the ports TimeSeries, Evidence and IntakeStore on a ledger and a database."""

    series_in: ClassVar[SeriesPlace] = "influxdb"

    def __init__(
        self,
        path: Path,
        server: Server,
        *,
        quarantine_bytes: int = quarantine_bound.DEFAULT_BYTES,
        looks_only: bool = False,
        clock_s: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        """Open or create the ledger, and prove the database.

        `looks_only`: beside a hub that writes; the database is neither proved nor written.
        Raises StoreError when one of them cannot be used or they do not belong together. The
        server is closed with the store, and when it could not be opened.
        """
        self._server = server
        self._clock_s = clock_s
        self._looks_only = looks_only
        self._is_unsettled = False
        self._is_reading_again = False
        try:
            super().__init__(path, quarantine_bytes=quarantine_bytes)
        except BaseException:
            server.close()
            raise
        try:
            if not looks_only:
                proof.prove(server, clock_s())
                self._prepare_hours(proof.owner(server))
                is_used = bool(self.streams())
                proof.take_hold(server, self.store_id, self.ancestors, is_used=is_used)
            with self._database.transaction() as connection:
                meta = dict(connection.execute("SELECT key, value FROM meta"))
                # Whoever held it was killed, perhaps with a write under way.
                was_killed = int(meta.get(OPEN, 0))
                take = int(meta.get(TAKE, 0)) + was_killed
                if not looks_only:
                    connection.executemany(_SET, [(TAKE, str(take)), (OPEN, "1")])
            self._take = take
            self._totals = Totals(server, self._names)
            self._hours = Hours(self._database, server, self._names, clock_s)
            if was_killed:
                self._hours.wait()
            if KEPT_HOURS in meta and not looks_only:
                take_over_kept(self._database, server, self._names)
                with self._database.transaction() as connection:
                    connection.execute("DELETE FROM meta WHERE key = ?", (KEPT_HOURS,))
        except BaseException:
            self._database.close()
            server.close()
            raise

    @property
    def server(self) -> Server:
        """Return the way to the database."""
        return self._server

    def commit(self, group: Group) -> None:
        """Make a group durable. Raises StoreUnavailable with no mark moved.

        Raises RowsRefused when the database finds fault with what a row says.
        """
        if self._is_unsettled:
            # Not with the rows themselves: each try of theirs that hangs might land later.
            self._server.version()
            self._take += 1
            self._is_unsettled = False
        with self._hours.commits:
            self._hours.mark(group)
            super().commit(group)

    def read_again(self) -> int:
        """Take what an earlier release could not read; return how many rows.

        Raises StoreUnavailable.
        """
        # Its rows are known inside its transaction only; they stay put aside if it fails.
        self._is_reading_again = True
        try:
            return super().read_again()
        finally:
            self._is_reading_again = False

    def write(self, rows: Iterable[SeriesRow]) -> None:
        """Make rows durable, overwriting by key. Raises StoreUnavailable, RowsRefused."""
        rows = list(rows)
        self._totals.forget()
        with self._hours.commits:
            self._hours.mark_rows(rows)
            try:
                with self._database.transaction() as connection:
                    self._refresh_names(connection)
                    self._put(self._lines(connection, rows))
            except BaseException:
                self._forget_names()
                raise

    def _lines(self, connection: sqlite3.Connection, rows: Iterable[SeriesRow]) -> Iterator[str]:
        heads: dict[tuple[SeriesKey, str], str] = {}
        for row in rows:
            key, kind = row.series, row.kind
            known = heads.get((key, row.epoch))
            if known is None:
                node = self._names.node(connection, NodeId(key.venue, key.node))
                self._names.series(connection, node, kind, key.name)
                self._names.epoch(connection, node, row.epoch)
                known = lines.head(lines.MEASUREMENTS[kind], key, row.epoch)
                heads[key, row.epoch] = known
            yield lines.line(kind, known, row.bucket_at, row.values)

    def buckets(self, key: SeriesKey, start: int, end: int) -> Sequence[Bucket]:
        """Return the buckets of a series in order, epochs combined. Raises StoreError."""
        return self.buckets_of([key], start, end)[key]

    def buckets_of(
        self, keys: Sequence[SeriesKey], start: int, end: int
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the buckets of several series at once, epochs combined. Raises StoreError."""
        result: dict[SeriesKey, Sequence[Bucket]] = {key: [] for key in keys}
        for kind, some in self._parts(keys):
            [found] = self._server.ask(answers.ask_buckets(kind, some, start, end))
            for key, told in answers.takes(found.series).items():
                result[key] = answers.buckets(kind, told)
        return result

    def hourly(
        self, keys: Sequence[SeriesKey], start: int, end: int, shift: int = 0
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the hours of several series in order; with a `shift` from their buckets.

        Raises StoreError.
        """
        if not shift:
            # Named by their first second, and whole.
            start, end = -(-start // HOUR_SECONDS), -(-end // HOUR_SECONDS)
            start, end = start * HOUR_SECONDS, end * HOUR_SECONDS
        result: dict[SeriesKey, Sequence[Bucket]] = dict.fromkeys(keys, ())
        for kind, some in self._parts(keys):
            made = (
                made_from_buckets(self._server, kind, some, start, end, shift)
                if shift
                else self._hours.read(kind, some, start, end)
            )
            for key, hours in made.items():
                result[key] = [Bucket(at, values) for at, values in sorted(hours.items())]
        return result

    def make_hours(self) -> Iterator[int]:
        """Make the hours that are over, as the database makes them from their buckets.

        Yields how many each step made. Raises StoreUnavailable, StoreError.
        """
        return self._hours.make()

    def forget(
        self, measures_before: int, evidence_before: int | None, telemetry_before: int = 0
    ) -> Iterator[int]:
        """Delete from before these seconds, step by step: first the ledger's part, then buckets.

        Only buckets of hours that the ledger keeps. Yields how many rows or points each step
        deleted. Raises StoreUnavailable, StoreError.
        """
        yield from super().forget(measures_before, evidence_before, telemetry_before)
        for _ in self._hours.make():
            yield 0
        if not self._hours.is_whole():
            return
        for kind, before_s in ((Kind.MEASURE, measures_before), (Kind.COUNT, evidence_before or 0)):
            for span in forgetting.stretches(self._server, kind, before_s):
                # No commit meanwhile: what it marks would go before it was made.
                with self._hours.commits:
                    has_marks = self._hours.has_marks(kind, span)
                    deleted = 0 if has_marks else forgetting.delete(self._server, kind, span)
                yield deleted

    def newest_hour(self) -> int | None:
        """Return the newest hour of any series, Unix seconds. Raises StoreError."""
        found = self._server.ask(
            *(
                f'SELECT last("{kind.value.fields[0][0]}") FROM "{measurement}"'  # noqa: S608
                for kind, measurement in lines.MEASUREMENTS.items()
            )
        )
        newest = [row[0] for result in found for series in result.series for row in series.values]
        return max(newest) // HOUR_SECONDS * HOUR_SECONDS if newest else None

    def close(self) -> None:
        """Close the file and the connections."""
        if not self._looks_only:
            # A disk that refuses this: the next one takes it for killed, which costs a tag.
            with contextlib.suppress(StoreUnavailable), self._database.transaction() as connection:
                connection.execute(_SET, (OPEN, str(int(self._is_unsettled))))
        super().close()
        self._server.close()

    def _bucket_writes(self) -> Writes:
        return Writes(
            self._put_grown, self._take, self._mark_late if self._is_reading_again else None
        )

    def _mark_late(
        self, connection: sqlite3.Connection, counts: CountRows, measures: MeasureRows
    ) -> None:
        """Mark the hours of rows that are about to be written, inside their own transaction."""
        numbers = {(series, at - at % HOUR_SECONDS) for series, at, _ in (*counts, *measures)}
        marks = []
        for series, hour in numbers:
            key, kind = self._names.series_of(series)
            marks.append((kind, key, hour))
        self._hours.put_marks(connection, marks)

    def _prepare_hours(self, found: tuple[str, str] | None) -> None:
        """See whether the ledger's hours can be believed, before the database is taken hold of.

        `found`: whose the database is. Raises StoreUnavailable.
        """
        is_restored = found is not None and found[0] in self.ancestors
        with self._database.transaction() as connection:
            known = connection.execute("SELECT 1 FROM meta WHERE key = ?", (HOURS,)).fetchone()
            if is_restored or known is None:
                done = "0" if is_restored or self.series() else WHOLE
                connection.execute(_SET, (HOURS, done))

    def _put_grown(self, counts: CountRows, measures: MeasureRows) -> None:
        """Write what is larger than what is stored. Raises StoreUnavailable, RowsRefused.

        What is older than what is kept is not taken, as in SQLite: its hours have it.
        """
        evidence_s, measures_s = (self.buckets_from_s(kind) for kind in (Kind.COUNT, Kind.MEASURE))
        counts = {key: values for key, values in counts.items() if key[1] >= evidence_s}
        try:
            measures = self._without_closed(measures, measures_s)
            grown = self._totals.grown(Kind.COUNT, counts)
            grown_measures = self._totals.grown(Kind.MEASURE, measures)
        except StoreError as error:
            raise StoreUnavailable(str(error)) from error
        take = self._take
        told = [lines.line(Kind.COUNT, p.head, at, values, take) for p, at, values in grown]
        told += [
            lines.line(Kind.MEASURE, p.head, at, values, take) for p, at, values in grown_measures
        ]
        self._put(told)
        self._totals.written(grown)
        self._totals.written(grown_measures)

    def _without_closed(self, rows: MeasureRows, before_s: int) -> MeasureRows:
        """Leave out rows of hours that lost raw buckets. Raises StoreError."""
        late = {(series, at - at % HOUR_SECONDS) for series, at, _ in rows if at < before_s}
        closed = set()
        for series, hour in late:
            key, _ = self._names.series_of(series)
            end = hour + HOUR_SECONDS
            with self._database.reading() as connection:
                kept = read_hours(connection, Kind.MEASURE, series, hour, end)
            if kept:
                made = made_from_buckets(self._server, Kind.MEASURE, [key], hour, end)[key]
                if made.get(hour, (0,))[0] < kept[0].values[0]:
                    closed.add((series, hour))
        return {
            key: values
            for key, values in rows.items()
            if (key[0], key[1] - key[1] % HOUR_SECONDS) not in closed
        }

    def _put(self, told: Iterable[str]) -> None:
        """Write lines. Raises StoreUnavailable; RowsRefused where the lines are at fault."""
        try:
            self._server.write(told)
        except WriteFailed as error:
            if error.may_land:
                self._is_unsettled = True
                self._hours.wait()
            raise
        except RowsRefused as error:
            try:
                proof.write_probe(self._server, self._clock_s(), 1)
            except (RowsRefused, WriteFailed):
                # It takes nothing at all: the rows are not to blame.
                raise StoreUnavailable(str(error)) from error
            raise

    def _first_bucket_s(self, venue: str) -> int | None:
        [found] = self._server.ask(
            f'SELECT first("entered") FROM "{lines.MEASUREMENTS[Kind.COUNT]}"'  # noqa: S608
            f' WHERE "venue" = {answers.quoted(venue)}'
        )
        return next((int(row[0]) for series in found.series for row in series.values), None)

    def _parts(self, keys: Sequence[SeriesKey]) -> Iterator[tuple[Kind, Sequence[SeriesKey]]]:
        """Yield the known series, by kind, as many as one statement takes."""
        by_kind: dict[Kind, list[SeriesKey]] = {kind: [] for kind in Kind}
        for key in dict.fromkeys(keys):
            found = self._names.find_series(key)
            if found is not None:
                by_kind[found[1]].append(key)
        for kind, known in by_kind.items():
            for first in range(0, len(known), KEYS_AT_ONCE):
                yield kind, known[first : first + KEYS_AT_ONCE]

    def _forget_names(self) -> None:
        super()._forget_names()
        self._totals.forget_numbers()
