"""The SQLite store: buckets and their hours in the ledger's own file."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from contracts.ids import NodeId
from hub.store.port import Bucket, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import buckets, forgetting
from hub.store.sqlite.ledger import Ledger, SeriesPlace


class OwnBuckets:
    """Takes the buckets of one commit into the ledger's own tables."""

    def __init__(self) -> None:
        self.counts: buckets.CountRows = {}
        self.measures: buckets.MeasureRows = {}

    def write(self, connection: sqlite3.Connection) -> None:
        """Write them with their hours, inside the caller's transaction."""
        buckets.write_counts(connection, self.counts, growing=True)
        buckets.write_measures(connection, self.measures, growing=True)


class SqliteStore(Ledger):
    """Implements the ports TimeSeries, Evidence and IntakeStore on one file."""

    series_in: ClassVar[SeriesPlace] = "sqlite"

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

    def buckets(self, key: SeriesKey, start: int, end: int) -> Sequence[Bucket]:
        """Return the buckets of a series in order, epochs combined. Raises StoreError."""
        found = self._names.find_series(key)
        if found is None:
            return []
        with self._database.reading() as connection:
            return buckets.read_buckets(connection, found[1], found[0], start, end)

    def buckets_of(
        self, keys: Sequence[SeriesKey], start: int, end: int
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the buckets of several series at once, epochs combined. Raises StoreError."""
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
        """Return the hours of several series in order; with a `shift` from their buckets.

        Raises StoreError.
        """
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

    def newest_hour(self) -> int | None:
        """Return the newest hour of any series, Unix seconds. Raises StoreError."""
        return forgetting.newest_hour(self._database)

    def _bucket_writes(self) -> OwnBuckets:
        return OwnBuckets()

    def _first_bucket_s(self, venue: str) -> int | None:
        [(first,)] = self._database.select(
            "SELECT min(at) FROM ("
            " SELECT (SELECT min(bucket) FROM count_bucket WHERE series = s.id) AS at"
            " FROM series AS s JOIN node AS n ON n.id = s.node WHERE n.venue = ?)",
            (venue,),
        )
        return None if first is None else int(first)
