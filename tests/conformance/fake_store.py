"""A store in memory: as little as the ports ask for, nothing durable."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from contracts.ids import NodeId
from contracts.rows import Count, Coverage, Event, Measure, Row, State, Unreadable
from hub.store.port import (
    HOUR_SECONDS,
    Bucket,
    HappenedEvent,
    Interval,
    Kind,
    SeriesKey,
    SeriesRow,
)
from link.acceptance import StreamState
from link.errors import StoreUnavailable
from link.intake import Group

COMBINE: dict[str, Callable[[Iterable[float]], float]] = {"sum": sum, "min": min, "max": max}
Span = tuple[int, int]


class FakeStore:
    """TimeSeries, Evidence and IntakeStore; `refuses` makes it behave like a full disk."""

    def __init__(self) -> None:
        self.store_id = "fa" * 8
        self.ancestors: tuple[str, ...] = ()
        self.refuses = False
        self._kinds: dict[SeriesKey, Kind] = {}
        self._values: dict[SeriesKey, dict[int, dict[str, tuple[float, ...]]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        self._intervals: dict[tuple[str, str, str], dict[tuple[str, int], Interval]] = defaultdict(
            dict
        )
        self._gaps: dict[tuple[str, str, str], list[Span]] = defaultdict(list)
        self._events: dict[str, HappenedEvent] = {}
        self._streams: dict[str, tuple[NodeId, StreamState]] = {}

    def close(self) -> None:
        """Nothing is open."""

    def streams(self) -> dict[str, tuple[NodeId, StreamState]]:
        return dict(self._streams)

    def commit(self, group: Group) -> None:
        if self.refuses:
            raise StoreUnavailable("refuses")
        for stored in group.stored:
            for row in stored.rows:
                self._take(stored.node.venue, stored.node.node, row)
        for gap in group.gaps:
            for lost in gap.lost:
                self._gaps[gap.node.venue, gap.node.node, lost.source].append(
                    (lost.since_ms, lost.until_ms)
                )
        for stream, state in group.streams.items():
            owner = group.owners.get(stream) or self._streams[stream][0]
            self._streams[stream] = (owner, state)

    def write(self, rows: Iterable[SeriesRow]) -> None:
        if self.refuses:
            raise StoreUnavailable("refuses")
        for row in rows:
            self._put(row)

    def series(self, venue: str | None = None) -> Mapping[SeriesKey, Kind]:
        return {key: kind for key, kind in self._kinds.items() if venue in {None, key.venue}}

    def buckets(self, key: SeriesKey, start: int, end: int) -> Sequence[Bucket]:
        if key not in self._kinds:
            return []
        return [
            Bucket(at, self._combined(key, list(epochs.values())))
            for at, epochs in sorted(self._values[key].items())
            if start <= at < end
        ]

    def buckets_of(
        self, keys: Sequence[SeriesKey], start: int, end: int
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        return {key: self.buckets(key, start, end) for key in keys}

    def hourly(
        self, keys: Sequence[SeriesKey], start: int, end: int, shift: int = 0
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        result: dict[SeriesKey, Sequence[Bucket]] = {}
        for key in keys:
            hours: dict[int, list[tuple[float, ...]]] = defaultdict(list)
            for bucket in self.buckets(key, *((start, end) if shift else (0, 2**40))):
                hours[bucket.at - (bucket.at - shift) % HOUR_SECONDS].append(bucket.values)
            result[key] = [
                Bucket(hour, self._combined(key, values))
                for hour, values in sorted(hours.items())
                if shift or start <= hour < end
            ]
        return result

    def coverage(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        found = self._between((venue, node, f"coverage:{source}"), start_ms, end_ms)
        watched = _joined([(i.since_ms, i.until_ms) for i in found])
        for since, until in self._gaps[venue, node, source]:
            watched = [
                piece
                for start, end in watched
                for piece in ((start, min(end, since)), (max(start, until), end))
                if piece[0] < piece[1]
            ]
        return [Interval(since, until) for since, until in watched]

    def watched_ever(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        return self.coverage(venue, node, source, start_ms, end_ms)

    def evidence_from_s(self) -> int:
        return 0

    def states(
        self, venue: str, node: str, sensor: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        return self._between((venue, node, f"state:{sensor}"), start_ms, end_ms)

    def events(
        self, venue: str, start_ms: int, end_ms: int, names: Collection[str] = ()
    ) -> Sequence[HappenedEvent]:
        found = [
            e for e in self._events.values() if e.venue == venue and (not names or e.name in names)
        ]
        return sorted(
            (e for e in found if start_ms <= e.at_ms < end_ms), key=lambda e: (e.at_ms, e.id)
        )

    def _take(self, venue: str, node: str, row: Row | Unreadable) -> None:
        match row:
            case Count():
                key = SeriesKey(venue, node, row.line)
                values: tuple[float, ...] = (row.entered, row.left)
                self._grow(SeriesRow(key, Kind.COUNT, row.bucket_at, row.epoch, values))
            case Measure():
                key = SeriesKey(venue, node, f"{row.sensor}.{row.quantity}")
                values = (row.n, row.n * row.mean, row.min, row.max)
                self._grow(SeriesRow(key, Kind.MEASURE, row.bucket_at, row.epoch, values))
            case Coverage():
                interval = Interval(row.since_ms, row.until_ms, None, row.ended)
                key_of = (venue, node, f"coverage:{row.source}")
                self._extend(key_of, row.epoch, interval)
            case State():
                interval = Interval(row.since_ms, row.until_ms, row.value, row.ended)
                key_of = (venue, node, f"state:{row.sensor}")
                self._extend(key_of, row.epoch, interval)
            case Event():
                self._events.setdefault(
                    row.id,
                    HappenedEvent(row.id, venue, node, row.source, row.name, row.at_ms, row.data),
                )
            case _:
                pass

    def _grow(self, row: SeriesRow) -> None:
        """Inside an epoch a total never decreases: a smaller one is an older one."""
        before = self._values[row.series][row.bucket_at].get(row.epoch)
        if before is None or row.kind is Kind.MEASURE:
            if before is None or row.values[0] >= before[0]:
                self._put(row)
            return
        values = tuple(map(max, before, row.values))
        self._put(replace(row, values=values))

    def _extend(self, key: tuple[str, str, str], epoch: str, interval: Interval) -> None:
        before = self._intervals[key].get((epoch, interval.since_ms))
        if before is None or interval.until_ms >= before.until_ms:
            self._intervals[key][epoch, interval.since_ms] = interval

    def _put(self, row: SeriesRow) -> None:
        self._kinds[row.series] = row.kind
        self._values[row.series][row.bucket_at][row.epoch] = row.values

    def _combined(self, key: SeriesKey, parts: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        fields = self._kinds[key].value.fields
        return tuple(COMBINE[how](part[i] for part in parts) for i, (_, how) in enumerate(fields))

    def _between(self, key: tuple[str, str, str], start_ms: int, end_ms: int) -> list[Interval]:
        return sorted(
            (
                i
                for i in self._intervals[key].values()
                if i.since_ms < end_ms and i.until_ms > start_ms
            ),
            key=lambda i: i.since_ms,
        )


def _joined(spans: Sequence[Span]) -> list[Span]:
    result: list[Span] = []
    for since, until in sorted(spans):
        if result and since <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], until))
        else:
            result.append((since, until))
    return result
