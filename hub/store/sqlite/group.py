"""Writing what one commit of the intake brings: rows, gaps, quarantine, marks."""

import json
import sqlite3
from typing import Final, Protocol

from contracts.errors import RefusalCode
from contracts.messages import encode_row
from contracts.rows import (
    COUNT_BUCKET_SECONDS,
    Count,
    Coverage,
    Epoch,
    Event,
    Lost,
    Measure,
    Row,
    State,
    Unreadable,
)
from hub.store.port import Kind
from hub.store.sqlite import buckets
from hub.store.sqlite.docket import Touches
from hub.store.sqlite.names import Names
from hub.store.sqlite.quarantine_bound import DEFAULT_BYTES, keep_within
from hub.store.sqlite.unreadable import EVERY_SOURCE, span
from link.intake import Gap, Group, Stored

_LAST_OF_MINUTE_MS: Final = COUNT_BUCKET_SECONDS * 1000 - 1
KEPT_REFUSALS: Final = 1000
"""Payloads of which nothing is taken that are kept to be looked at."""
KEPT_FORKS: Final = 1000
"""Of one node; a sound one forks a few times in its life."""

_INTERVAL: Final = """
INSERT INTO interval (source, since_ms, epoch, until_ms, value, ended) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms, value = excluded.value,
    ended = excluded.ended
WHERE excluded.until_ms >= until_ms
"""
_EPOCH: Final = """
INSERT INTO epoch (node, epoch, boot, at_ms, clock, error_ms, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET boot = excluded.boot, at_ms = excluded.at_ms, clock = excluded.clock,
    error_ms = excluded.error_ms, reason = excluded.reason
"""


class BucketWrites(Protocol):
    """Where the buckets of one group go; keys are the ledger's numbers."""

    counts: buckets.CountRows
    measures: buckets.MeasureRows

    def write(self, connection: sqlite3.Connection) -> None:
        """Make all of it durable, at the latest with the caller's transaction."""


class GroupWriter:
    """Writes one group inside the caller's transaction, but for its buckets."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        names: Names,
        writes: BucketWrites,
        quarantine_bytes: int = DEFAULT_BYTES,
    ) -> None:
        self._connection = connection
        self._names = names
        self._quarantine_bytes = quarantine_bytes
        self._put_aside = 0
        self._writes = writes
        self.touches = Touches()
        """What it says of which time."""

    def write(self, group: Group) -> None:
        """Write a group, and put its buckets where they go; the caller writes those and commits."""
        # Gaps first: one without a name is held against what was known before the rows came.
        self._gaps(group)
        for stored in group.stored:
            self._rows(stored)
        if self._put_aside:
            keep_within(self._connection, self._put_aside, self._quarantine_bytes)
        self._marks(group)
        self._refusals(group)

    def _rows(self, stored: Stored) -> None:
        connection, names, counts = self._connection, self._names, self._writes.counts
        node = names.node(connection, stored.node)
        line_ids: dict[str, int] = {}
        epoch_name, epoch, clock = "", 0, "set"
        for index, row in enumerate(stored.rows):
            if isinstance(row, Unreadable):
                cut = span(stored.rows, index, stored.received_ms)
                self._quarantine(node, stored, row, cut)
                continue
            if isinstance(row, Epoch):
                self._epoch(node, row)
                epoch_name = ""
                continue
            if row.epoch != epoch_name:
                epoch_name = row.epoch
                epoch, clock = names.epoch(connection, node, epoch_name)
            if clock == "unset":
                # When that was nobody knows: the times that it tells are those of other rows.
                self._quarantine(node, stored, _uncorrected(row), (EVERY_SOURCE, 0, 0))
            elif isinstance(row, Count):
                series = line_ids.get(row.line)
                if series is None:
                    series = names.series(connection, node, Kind.COUNT, row.line)
                    line_ids[row.line] = series
                key = (series, row.bucket_at, epoch)
                entered, left = counts.get(key, (0, 0))
                counts[key] = (max(entered, row.entered), max(left, row.left))
                at_ms = row.bucket_at * 1000
                self.touches.add(node, at_ms, at_ms + _LAST_OF_MINUTE_MS)
            else:
                self._other(node, epoch, row, stored.received_ms)

    def _other(
        self, node: int, epoch: int, row: Measure | Coverage | State | Event, received_ms: int
    ) -> None:
        connection, names, measures = self._connection, self._names, self._writes.measures
        match row:
            case Measure():
                name = f"{row.sensor}.{row.quantity}"
                series = names.series(connection, node, Kind.MEASURE, name)
                measure = (row.n, row.mean * row.n, row.min, row.max)
                key = (series, row.bucket_at, epoch)
                measures[key] = max(measures.get(key, measure), measure)
            case Coverage():
                source = names.source(connection, node, "coverage", row.source)
                self._interval(node, (source, row.since_ms, epoch, row.until_ms, None, row.ended))
            case State():
                source = names.source(connection, node, "state", row.sensor)
                self._interval(
                    node, (source, row.since_ms, epoch, row.until_ms, row.value, row.ended)
                )
            case Event():
                self.touches.add(node, row.at_ms, row.at_ms)
                connection.execute(
                    "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        row.id,
                        node,
                        row.source,
                        row.name,
                        row.at_ms,
                        epoch,
                        json.dumps(row.data, ensure_ascii=False),
                        received_ms,
                    ),
                )

    def _interval(self, node: int, row: tuple[int, int, int, int, str | None, str | None]) -> None:
        source, since_ms, epoch, until_ms, value, _ = row
        known = self._connection.execute(
            "SELECT until_ms, value FROM interval WHERE source = ? AND since_ms = ? AND epoch = ?",
            (source, since_ms, epoch),
        ).fetchone()
        self._connection.execute(_INTERVAL, row)
        # A stretch that grows says something new of its end only.
        grows = known is not None and known[1] == value
        if not grows or until_ms > known[0]:
            self.touches.add(node, known[0] if grows else since_ms, until_ms)

    def _epoch(self, node: int, row: Epoch) -> None:
        self._connection.execute(
            _EPOCH, (node, row.epoch, row.boot, row.at_ms, row.clock, row.error_ms, row.reason)
        )
        self._names.epoch_read(self._connection, node, row.epoch)

    def _quarantine(
        self, node: int, stored: Stored, row: Unreadable, cut: tuple[str, int, int]
    ) -> None:
        source, since_ms, until_ms = cut
        if until_ms > since_ms:
            self.touches.add(node, since_ms, until_ms)
        self._put_aside += len(row.raw)
        self._connection.execute(
            "INSERT INTO quarantine (stream, seq, node, raw, code, reason, source, since_ms,"
            " until_ms, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                stored.stream,
                row.seq,
                node,
                row.raw,
                row.code,
                row.reason[:500],
                source,
                since_ms,
                until_ms,
                stored.received_ms,
            ),
        )

    def _marks(self, group: Group) -> None:
        self._connection.executemany(
            "INSERT INTO stream (stream, node, mark, boots) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET mark = excluded.mark, boots = excluded.boots",
            [
                (
                    stream,
                    self._names.node(self._connection, group.owners[stream]),
                    state.mark,
                    json.dumps([[boot.boot, boot.first] for boot in state.boots]),
                )
                for stream, state in group.streams.items()
            ],
        )

    def _gaps(self, group: Group) -> None:
        for gap in group.gaps:
            node = self._names.node(self._connection, gap.node)
            named = gap.lost or (self._unnamed(node, gap),)
            for lost in named:
                self.touches.add(node, lost.since_ms, lost.until_ms)
            self._connection.executemany(
                "INSERT INTO gap (node, source, since_ms, until_ms, rows, reason, stream,"
                " first_seq, last_seq, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        node,
                        lost.source,
                        lost.since_ms,
                        lost.until_ms,
                        lost.rows,
                        lost.reason,
                        gap.stream,
                        gap.first_seq,
                        gap.last_seq,
                        gap.received_ms,
                    )
                    for lost in named
                ],
            )
        self._connection.executemany(
            "INSERT OR IGNORE INTO fork (node, stream, boot, boundary, received_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                (
                    self._names.node(self._connection, fork.node),
                    fork.stream,
                    fork.boot,
                    fork.boundary,
                    fork.received_ms,
                )
                for fork in group.forks
            ],
        )
        for forked in {fork.node for fork in group.forks}:
            self._connection.execute(
                "DELETE FROM fork WHERE node = ?1 AND id <= (SELECT id FROM fork WHERE node = ?1"
                " ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                (self._names.node(self._connection, forked), KEPT_FORKS),
            )

    def _unnamed(self, node: int, gap: Gap) -> Lost:
        """Return what stands for rows of which the node says nothing more.

        All that is new since the node was last known to watch may have been in them.
        """
        [since_ms] = self._connection.execute(
            "SELECT coalesce(max(i.until_ms), 0) FROM interval AS i"
            " JOIN source AS s ON s.id = i.source WHERE s.node = ? AND i.until_ms <= ?",
            (node, gap.received_ms),
        ).fetchone()
        rows = gap.last_seq - gap.first_seq + 1
        return Lost(EVERY_SOURCE, since_ms, gap.received_ms, rows, "unnamed")

    def _refusals(self, group: Group) -> None:
        if not group.refusals:
            return
        self._connection.executemany(
            "INSERT INTO refused (topic, code, reason, payload, received_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                (r.topic[:200], r.code, r.reason[:500], r.payload[:65_536], r.received_ms)
                for r in group.refusals
            ],
        )
        self._connection.execute(
            "DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?", (KEPT_REFUSALS,)
        )


def _uncorrected(row: Row) -> Unreadable:
    return Unreadable(
        row.seq,
        encode_row(row),
        RefusalCode.UNCORRECTED_CLOCK,
        "the node's clock was never set while this was counted",
    )
