"""What every store keeps in one SQLite file: evidence, marks, what was put aside.

Buckets lie in the same file, or elsewhere: that is what the stores differ in.
"""

import contextlib
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, Self

from contracts.ids import NodeId
from contracts.messages import Boot
from hub.errors import StoreError
from hub.store.port import (
    Bucket,
    HappenedEvent,
    Interval,
    Kind,
    SeriesKey,
    SeriesRow,
    Touched,
)
from hub.store.sqlite import buckets, disks, docket, forgetting, quarantine_bound, traces
from hub.store.sqlite.buckets import EVIDENCE_FROM, MEASURES_FROM
from hub.store.sqlite.database import Database
from hub.store.sqlite.group import BucketWrites, GroupWriter
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


SeriesPlace = Literal["sqlite", "influxdb"]
_PLACES: Final = {"sqlite": "this file", "influxdb": "InfluxDB"}
SERIES_IN: Final = "series_in"
"""Key of `meta`: where the buckets of this ledger lie; without it in SQLite."""


class Ledger(ABC):
    """Implements the ports Evidence and IntakeStore on one file; buckets are its heirs' part.

    Writing is done by one thread at a time; any thread may read.
    """

    series_in: ClassVar[SeriesPlace]
    """Where the buckets lie."""

    def __init__(
        self, path: Path, *, quarantine_bytes: int = quarantine_bound.DEFAULT_BYTES
    ) -> None:
        """Open or create.

        Raises StoreError when the file cannot be used, or its buckets lie elsewhere.
        """
        self._quarantine_bytes = quarantine_bytes
        self._database = Database(path)
        try:
            with self._database.transaction() as connection:
                self._claim(connection)
                buckets.prepare(connection)
                quarantine_bound.prepare(connection)
                self._names = Names(connection)
                self._names_stale = False
                self._turn = docket.newest_turn(connection) + 1
                meta = dict(connection.execute("SELECT key, value FROM meta"))
        except BaseException:
            self._database.close()
            raise
        self._touched = docket.Touches()
        self._store_id: str = meta["store_id"]
        self._ancestors: tuple[str, ...] = tuple(json.loads(meta["ancestors"]))

    @abstractmethod
    def _bucket_writes(self) -> BucketWrites:
        """Return what takes the buckets of one commit."""

    @abstractmethod
    def _first_bucket_s(self, venue: str) -> int | None:
        """Return the first bucket of counts of a venue, Unix seconds. Raises StoreError."""

    @abstractmethod
    def write(self, rows: Iterable[SeriesRow]) -> None:
        """Make rows durable, overwriting by key. Raises StoreUnavailable."""

    @abstractmethod
    def buckets(self, key: SeriesKey, start: int, end: int) -> Sequence[Bucket]:
        """Return the buckets of a series in order, epochs combined. Raises StoreError."""

    @abstractmethod
    def buckets_of(
        self, keys: Sequence[SeriesKey], start: int, end: int
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the buckets of several series at once, epochs combined. Raises StoreError."""

    @abstractmethod
    def hourly(
        self, keys: Sequence[SeriesKey], start: int, end: int, shift: int = 0
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the hours of several series in order. Raises StoreError."""

    @abstractmethod
    def newest_hour(self) -> int | None:
        """Return the newest hour of any series, Unix seconds. Raises StoreError."""

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
                writes = self._bucket_writes()
                writer = GroupWriter(connection, self._names, writes, self._quarantine_bytes)
                writer.write(group)
                writer.touches.write(connection, self._turn + 1)
                # Last: what lies elsewhere may stand without its marks, and comes again; marks
                # without their rows would lose them.
                writes.write(connection)
        except BaseException:
            self._forget_names()
            raise
        self._turn += 1
        self._touched = writer.touches

    def read_again(self) -> int:
        """Take what an earlier release could not read and this one can; return how many rows.

        For whoever holds the store alone, before anything is written. Raises StoreUnavailable.
        """
        try:
            with self._database.transaction() as connection:
                self._refresh_names(connection)
                writes = self._bucket_writes()
                bound = self._quarantine_bytes
                rows = read_again(connection, self._names, writes, bound, self._turn)
                writes.write(connection)
                return rows
        except BaseException:
            self._forget_names()
            raise

    def series(self, venue: str | None = None) -> Mapping[SeriesKey, Kind]:
        """Return the series of a venue, or all."""
        return self._names.known_series(venue)

    def coverage(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return when a source was watched: joined, minus gaps and quarantined spans."""
        intervals = joined(self._intervals(venue, node, "coverage", source, start_ms, end_ms))
        return cut(intervals, self._gaps(NodeId(venue, node), source, intervals))

    def watched_ever(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return as `coverage` does, also of before evidence was deleted: what speaks of hours."""
        intervals = joined(self._intervals(venue, node, "coverage", source, start_ms, end_ms))
        gaps = self._gaps(NodeId(venue, node), source, intervals, horizon="")
        return cut(intervals, gaps)

    def states(
        self, venue: str, node: str, sensor: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return the states of a sensor in order of time, minus gaps and quarantined spans."""
        intervals = self._intervals(venue, node, "state", sensor, start_ms, end_ms)
        return cut(intervals, self._gaps(NodeId(venue, node), sensor, intervals))

    def events(
        self, venue: str, start_ms: int, end_ms: int, names: Collection[str] = ()
    ) -> Sequence[HappenedEvent]:
        """Return the events of a venue in order of time: of these names, of all when empty."""
        named = f" AND e.name IN ({', '.join('?' * len(names))})" if names else ""
        rows = self._database.select(
            "SELECT e.id, n.node, e.source, e.name, e.at_ms, e.data"  # noqa: S608  question marks
            " FROM event AS e JOIN node AS n ON n.id = e.node"
            f" WHERE n.venue = ? AND e.at_ms >= ? AND e.at_ms < ?{named} ORDER BY e.at_ms, e.id",
            (venue, start_ms, end_ms, *names),
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

    def earliest_ms(self, venue: str) -> int | None:
        """Return when the first evidence of a venue begins, Unix ms; None without any."""
        [(earliest,)] = self._database.select(
            "SELECT min(at) FROM ("
            " SELECT (SELECT min(since_ms) FROM interval WHERE source = s.id) AS at"
            " FROM source AS s JOIN node AS n ON n.id = s.node WHERE n.venue = ?1"
            " UNION ALL SELECT (SELECT min(at_ms) FROM event WHERE node = n.id)"
            " FROM node AS n WHERE n.venue = ?1)",
            (venue,),
        )
        bucket = self._first_bucket_s(venue)
        known = [
            at for at in (earliest, None if bucket is None else bucket * 1000) if at is not None
        ]
        return max(min(known), self.evidence_from_s() * 1000) if known else None

    def evidence_from_s(self) -> int:
        """Return before when evidence was deleted, Unix seconds; 0: none was."""
        return self._horizon_s(EVIDENCE_FROM)

    def buckets_from_s(self, kind: Kind) -> int:
        """Return before when buckets were deleted and hours stay, Unix seconds; 0: none were."""
        return self._horizon_s(EVIDENCE_FROM if kind is Kind.COUNT else MEASURES_FROM)

    @property
    def turn(self) -> int:
        """Return the number of the newest commit; it only ever grows."""
        return self._turn

    def touched(self) -> Sequence[Touched]:
        """Return what the newest commit touched; for the thread that commits."""
        return self._touched.told(self._names.venues())

    def docket(self) -> Sequence[Touched]:
        """Return what was touched and is not struck off yet. Raises StoreError."""
        return docket.read(self._database)

    def strike(self, done: Mapping[str, int]) -> None:
        """Strike off what of some venues was touched up to a turn each.

        Raises StoreUnavailable.
        """
        docket.strike(self._database, done)

    def forget(
        self, measures_before: int, evidence_before: int | None, telemetry_before: int = 0
    ) -> Iterator[int]:
        """Delete raw measures, evidence, and events that decide nothing, from before these seconds.

        Yields how many rows each step deleted. Raises StoreUnavailable, StoreError.
        """
        return forgetting.forget(self._database, measures_before, evidence_before, telemetry_before)

    def make_hours(self) -> Iterator[int]:
        """Make the hours that are over and were not made with their buckets, step by step.

        Yields how many each step made. Raises StoreUnavailable, StoreError.
        """
        return iter(())

    def note_disks(self, rows: Iterable[disks.DiskRow]) -> None:
        """Write down how full disks are. Raises StoreUnavailable."""
        disks.note(self._database, rows)

    def disks_since(self, at_s: int) -> Sequence[disks.DiskRow]:
        """Return how full disks were since a second, by place and time. Raises StoreError."""
        return disks.since(self._database, at_s)

    def traces(self, node: NodeId) -> Traces:
        """Return what of one node was lost, forked or could not be read, newest first."""
        return traces.read(self._database, self._names.find_node(node))

    def limit_pages(self, pages: int) -> None:
        """Bound the file's size in pages; beyond it the store refuses like a full disk."""
        self._database.limit_pages(pages)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _claim(self, connection: sqlite3.Connection) -> None:
        """Say where the buckets of a new file lie, inside the caller's transaction.

        Raises StoreError for a file whose buckets lie elsewhere: all of them would seem lost.
        """
        found = connection.execute("SELECT value FROM meta WHERE key = ?", (SERIES_IN,)).fetchone()
        is_used = connection.execute("SELECT 1 FROM series LIMIT 1").fetchone() is not None
        # A file of before there was a choice has them itself.
        place = (found[0] if found else "sqlite") if is_used else self.series_in
        if found != (place,):
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (SERIES_IN, place))
        if place != self.series_in:
            raise StoreError(
                f"{self.path}: its series lie in {_PLACES[place]}, and store.kind says"
                f' "{self.series_in}": set it to "{place}", or move them with `store move'
                f" {self.series_in}`"
            )

    def _horizon_s(self, key: str) -> int:
        rows = self._database.select("SELECT value FROM meta WHERE key = ?", (key,))
        return int(rows[0][0]) if rows else 0

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
        self,
        node: NodeId,
        source: str,
        intervals: Sequence[Interval],
        horizon: str = EVIDENCE_FROM,
    ) -> list[tuple[int, int]]:
        """Return what is cut out of intervals, which may reach beyond what was asked for.

        `horizon`: the key of `meta` before which all is cut; empty: there is none.
        """
        start_ms = min((i.since_ms for i in intervals), default=0)
        end_ms = max((i.until_ms for i in intervals), default=0)
        id_ = self._names.find_node(node)
        rows = self._database.select(
            "SELECT since_ms, until_ms FROM gap WHERE node = ?1 AND source IN (?2, '*')"
            " AND since_ms < ?4 AND until_ms > ?3"
            " UNION ALL SELECT since_ms, until_ms FROM quarantine WHERE node = ?1"
            " AND source IN (?2, '*') AND since_ms < ?4 AND until_ms > ?3"
            " UNION ALL SELECT 0, CAST(value AS INTEGER) * 1000 FROM meta WHERE key = ?5",
            (id_, source, start_ms, end_ms, horizon),
        )
        return [(since, until) for since, until in rows]
