"""The SQLite store: series, evidence and the intake's marks in one file."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contracts.ids import NodeId
from contracts.messages import Boot
from hub.store.port import Bucket, HappenedEvent, Interval, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import buckets, forgetting, quarantine_bound, traces
from hub.store.sqlite.database import Database
from hub.store.sqlite.group import GroupWriter
from hub.store.sqlite.names import Names
from hub.store.sqlite.quarantine import read_again
from hub.store.sqlite.spans import cut, joined
from hub.store.traces import Traces
from link.acceptance import StreamState
from link.intake import Group


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What the intake could not take as it was, to be shown."""

    quarantined: int
    refused: int
    gaps: int
    forks: int
    dropped: int
    """Rows whose bytes the bound of the quarantine took, since this store began."""


class SqliteStore:
    """Implements the ports TimeSeries, Evidence and IntakeStore on one file.

    Writing is done by one thread at a time; any thread may read.
    """

    def __init__(
        self, path: Path, *, quarantine_bytes: int = quarantine_bound.DEFAULT_BYTES
    ) -> None:
        """Open or create. Raises StoreError when the file cannot be used."""
        self._quarantine_bytes = quarantine_bytes
        self._database = Database(path)
        with self._database.transaction() as connection:
            buckets.prepare(connection)
            quarantine_bound.prepare(connection)
            self._names = Names(connection)
            self._names_stale = False
            meta = dict(connection.execute("SELECT key, value FROM meta"))
        self._store_id: str = meta["store_id"]
        self._ancestors: tuple[str, ...] = tuple(json.loads(meta["ancestors"]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """Return the file."""
        return self._database.path

    @property
    def store_id(self) -> str:
        """Return the id of this store; new when it is made or restored."""
        return self._store_id

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Return the ids of the stores that this one was restored from, newest first."""
        return self._ancestors

    def streams(self) -> dict[str, tuple[NodeId, StreamState]]:
        """Return the durable state of every stream and the node that owns it."""
        rows = self._database.select(
            "SELECT s.stream, n.venue, n.node, s.mark, s.boots"
            " FROM stream AS s JOIN node AS n ON n.id = s.node"
        )
        return {
            stream: (
                NodeId(venue, node),
                StreamState(mark, tuple(Boot(boot, first) for boot, first in json.loads(boots))),
            )
            for stream, venue, node, mark, boots in rows
        }

    def commit(self, group: Group) -> None:
        """Make a group durable. Raises StoreUnavailable with nothing of it stored."""
        try:
            with self._database.transaction() as connection:
                self._refresh_names(connection)
                GroupWriter(connection, self._names, self._quarantine_bytes).write(group)
        except BaseException:
            self._forget_names()
            raise

    def read_again(self) -> int:
        """Take what an earlier release could not read and this one can; return how many rows.

        For whoever holds the store alone, before anything is written. Raises StoreUnavailable.
        """
        try:
            with self._database.transaction() as connection:
                self._refresh_names(connection)
                return read_again(connection, self._names, self._quarantine_bytes)
        except BaseException:
            self._forget_names()
            raise

    def write(self, rows: Iterable[SeriesRow]) -> None:
        """Make rows durable, overwriting by key. Raises StoreUnavailable."""
        counts: buckets.CountRows = {}
        measures: buckets.MeasureRows = {}
        try:
            with self._database.transaction() as connection:
                self._refresh_names(connection)
                for row in rows:
                    node = self._names.node(connection, NodeId(row.series.venue, row.series.node))
                    series = self._names.series(connection, node, row.kind, row.series.name)
                    epoch, _ = self._names.epoch(connection, node, row.epoch)
                    key = (series, row.bucket_at, epoch)
                    if row.kind is Kind.COUNT:
                        entered, left = row.values
                        counts[key] = (int(entered), int(left))
                    else:
                        n, total, least, most = row.values
                        measures[key] = (int(n), total, least, most)
                buckets.write_counts(connection, counts)
                buckets.write_measures(connection, measures)
        except BaseException:
            self._forget_names()
            raise

    def series(self, venue: str | None = None) -> Mapping[SeriesKey, Kind]:
        """Return the series of a venue, or all."""
        return self._names.known_series(venue)

    def buckets(self, key: SeriesKey, start: int, end: int) -> Sequence[Bucket]:
        """Return the buckets of a series in order, epochs combined."""
        found = self._names.find_series(key)
        if found is None:
            return []
        with self._database.reading() as connection:
            return buckets.read_buckets(connection, found[1], found[0], start, end)

    def buckets_of(
        self, keys: Sequence[SeriesKey], start: int, end: int
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the buckets of several series at once, epochs combined."""
        result: dict[SeriesKey, list[Bucket]] = {key: [] for key in keys}
        found = {key: self._names.find_series(key) for key in result}
        for kind in Kind:
            ids = {series[0]: key for key, series in found.items() if series and series[1] is kind}
            with self._database.reading() as connection:
                rows = buckets.read_many(connection, kind, list(ids), start, end)
            for series_id, bucket in rows:
                result[ids[series_id]].append(bucket)
        return result

    def hourly(
        self, keys: Sequence[SeriesKey], start: int, end: int, shift: int = 0
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the hours of several series in order; with a `shift` from their buckets."""
        result: dict[SeriesKey, Sequence[Bucket]] = dict.fromkeys(keys, ())
        with self._database.reading() as connection:
            for key in keys:
                found = self._names.find_series(key)
                if found is None:
                    continue
                series, kind = found
                result[key] = (
                    buckets.read_shifted_hours(connection, kind, series, start, end, shift)
                    if shift
                    else buckets.read_hours(connection, kind, series, start, end)
                )
        return result

    def coverage(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return when a source was watched: joined, minus gaps and quarantined spans."""
        intervals = joined(self._intervals(venue, node, "coverage", source, start_ms, end_ms))
        return cut(intervals, self._gaps(NodeId(venue, node), source, intervals))

    def states(
        self, venue: str, node: str, sensor: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return the states of a sensor in order of time, minus gaps and quarantined spans."""
        intervals = self._intervals(venue, node, "state", sensor, start_ms, end_ms)
        return cut(intervals, self._gaps(NodeId(venue, node), sensor, intervals))

    def events(self, venue: str, start_ms: int, end_ms: int) -> Sequence[HappenedEvent]:
        """Return the events of a venue in order of time."""
        rows = self._database.select(
            "SELECT e.id, n.node, e.source, e.name, e.at_ms, e.data"
            " FROM event AS e JOIN node AS n ON n.id = e.node"
            " WHERE n.venue = ? AND e.at_ms >= ? AND e.at_ms < ? ORDER BY e.at_ms, e.id",
            (venue, start_ms, end_ms),
        )
        return [
            HappenedEvent(id_, venue, node, source, name, at_ms, json.loads(data))
            for id_, node, source, name, at_ms, data in rows
        ]

    def leftovers(self) -> Leftovers:
        """Count what was quarantined, refused, lost or forked."""
        [counts] = self._database.select(
            "SELECT (SELECT count(*) FROM quarantine), (SELECT count(*) FROM refused),"
            " (SELECT count(*) FROM gap), (SELECT count(*) FROM fork),"
            " (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'quarantine_dropped')"
        )
        return Leftovers(*counts)

    def size_bytes(self) -> int:
        """Return the size of the file and of the log beside it."""
        return self._database.size_bytes()

    def newest_hour(self) -> int | None:
        """Return the newest hour of any series, Unix seconds. Raises StoreError."""
        return forgetting.newest_hour(self._database)

    def forget(self, measures_before: int, evidence_before: int | None) -> Iterator[int]:
        """Delete raw measures and evidence from before these seconds, step by step.

        Yields how many rows each step deleted. Raises StoreUnavailable, StoreError.
        """
        return forgetting.forget(self._database, measures_before, evidence_before)

    def traces(self, node: NodeId) -> Traces:
        """Return what of one node was lost, forked or could not be read, newest first."""
        return traces.read(self._database, self._names.find_node(node))

    def limit_pages(self, pages: int) -> None:
        """Bound the file's size in pages; beyond it the store refuses like a full disk."""
        self._database.limit_pages(pages)

    def backup_to(self, target: Path) -> None:
        """Copy the running store, as of one instant, into a new file."""
        self._database.backup_to(target)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _intervals(
        self, venue: str, node: str, kind: str, name: str, start_ms: int, end_ms: int
    ) -> list[Interval]:
        source = self._names.find_source(NodeId(venue, node), kind, name)
        rows = self._database.select(
            "SELECT i.since_ms, i.until_ms, i.value, i.ended, e.clock, e.error_ms"
            " FROM interval AS i JOIN epoch AS e ON e.id = i.epoch"
            " WHERE i.source = ? AND i.since_ms < ? AND i.until_ms > ?"
            " ORDER BY i.since_ms, i.epoch",
            (source, end_ms, start_ms),
        )
        return [Interval(*row) for row in rows]

    def _forget_names(self) -> None:
        """Forget the names that a failed transaction added: at once, else before the next one."""
        self._names_stale = True
        with contextlib.suppress(sqlite3.Error):
            self._names.reload(self._database.read())
            self._names_stale = False

    def _refresh_names(self, connection: sqlite3.Connection) -> None:
        if self._names_stale:
            self._names.reload(connection)
            self._names_stale = False

    def _gaps(
        self, node: NodeId, source: str, intervals: Sequence[Interval]
    ) -> list[tuple[int, int]]:
        """Return what is cut out of intervals, which may reach beyond what was asked for."""
        start_ms = min((i.since_ms for i in intervals), default=0)
        end_ms = max((i.until_ms for i in intervals), default=0)
        id_ = self._names.find_node(node)
        rows = self._database.select(
            "SELECT since_ms, until_ms FROM gap WHERE node = ?1 AND source IN (?2, '*')"
            " AND since_ms < ?4 AND until_ms > ?3"
            " UNION ALL SELECT since_ms, until_ms FROM quarantine WHERE node = ?1"
            " AND source IN (?2, '*') AND since_ms < ?4 AND until_ms > ?3"
            " UNION ALL SELECT 0, CAST(value AS INTEGER) * 1000 FROM meta WHERE key = ?5",
            (id_, source, start_ms, end_ms, buckets.EVIDENCE_FROM),
        )
        return [(since, until) for since, until in rows]
