"""What is stored of the buckets that a commit tells of: inside an epoch a total never decreases.

A database keeps what is written last. So that an older total, as a copied spool tells it, takes
nothing back, each is held against what is stored. Nearly always that needs no question: rows come
in order of time, and one that is newer than all of its series and epoch is not stored yet; the
newest few, which still grow, are remembered.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from hub.store.influx import answers, lines
from hub.store.influx.answers import Values
from hub.store.influx.server import Server
from hub.store.port import Kind, SeriesKey

KEYS_AT_ONCE: Final = 50
"""Series that one statement asks for."""
_REMEMBERED: Final = 4
"""Buckets of one series and epoch: the one that grows, and some that a clock's jitter reopens."""
_MOST: Final = 100_000
_UNKNOWN: Final = -2
_NONE: Final = -1


class SeriesNames(Protocol):
    """What the ledger's numbers stand for."""

    def series_of(self, series: int) -> tuple[SeriesKey, Kind]:
        """Return the series of a number."""

    def epoch_of(self, epoch: int) -> str:
        """Return the epoch of a number."""


class Points:
    """The points of one series and epoch, so far as they are known."""

    __slots__ = ("head", "key", "newest", "recent")

    def __init__(self, head: str, key: SeriesKey) -> None:
        self.head, self.key = head, key
        self.newest = _UNKNOWN
        self.recent: dict[int, Values] = {}


Told = tuple[Points, int, Values]
"""One bucket: whose it is, its time, its values."""


class Totals:
    """For the one thread that writes."""

    def __init__(self, server: Server, names: SeriesNames) -> None:
        self._server = server
        self._names = names
        self._by_head: dict[str, Points] = {}
        self._by_number: dict[tuple[int, int], Points] = {}

    def grown(self, kind: Kind, rows: Mapping[tuple[int, int, int], Values]) -> list[Told]:
        """Return what has to be written of rows of one kind, each with its largest total.

        `rows`: by the ledger's numbers (series, bucket, epoch). Raises StoreError.
        """
        if len(self._by_head) > _MOST:
            self.forget()
        known = self._by_number
        told: list[Told] = []
        unknown = set()
        for (series, at, epoch), values in rows.items():
            points = known.get((series, epoch)) or self._points(kind, series, epoch)
            if points.newest == _UNKNOWN:
                unknown.add(points)
            told.append((points, at, values))
        self._ask_newest(kind, unknown)
        old = [row for row in told if row[1] <= row[0].newest]
        if not old:
            return told
        stored = self._ask_stored(kind, [row for row in old if row[1] not in row[0].recent])
        result = []
        for row in told:
            points, at, values = row
            before = points.recent.get(at) or stored.get((points, at))
            if before is None:
                result.append(row)
            elif (largest := answers.larger(kind, before, values)) != before:
                result.append((points, at, largest))
        return result

    def written(self, rows: Iterable[Told]) -> None:
        """Remember what is stored now."""
        for points, at, values in rows:
            recent = points.recent
            recent[at] = values
            if len(recent) > _REMEMBERED:
                del recent[next(iter(recent))]
            points.newest = max(points.newest, at)

    def forget(self) -> None:
        """Forget all: somebody else wrote."""
        self._by_head.clear()
        self._by_number.clear()

    def forget_numbers(self) -> None:
        """Forget the ledger's numbers: those of a failed transaction are given to others."""
        self._by_number.clear()

    def _points(self, kind: Kind, series: int, epoch: int) -> Points:
        key, _ = self._names.series_of(series)
        points = self._of(kind, key, self._names.epoch_of(epoch))
        self._by_number[series, epoch] = points
        return points

    def _of(self, kind: Kind, key: SeriesKey, epoch: str) -> Points:
        head = lines.head(lines.MEASUREMENTS[kind], key, epoch)
        return self._by_head.setdefault(head, Points(head, key))

    def _ask_newest(self, kind: Kind, unknown: Collection[Points]) -> None:
        keys = sorted({points.key for points in unknown})
        for first in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[first : first + KEYS_AT_ONCE]
            [found] = self._server.ask(answers.ask_newest(kind, some))
            for key, takes in answers.takes(found.series).items():
                for epoch, rows in takes:
                    points = self._of(kind, key, epoch)
                    points.newest = max(points.newest, *(int(row[0]) for row in rows))
        for points in unknown:
            points.newest = max(points.newest, _NONE)

    def _ask_stored(
        self, kind: Kind, told: Collection[Told]
    ) -> Mapping[tuple[Points, int], Values]:
        """Return what is stored of buckets that are neither new nor remembered."""
        spans: dict[SeriesKey, tuple[int, int]] = {}
        for points, at, _ in told:
            first, last = spans.get(points.key, (at, at))
            spans[points.key] = (min(first, at), max(last, at))
        result: dict[tuple[Points, int], Values] = {}
        asked = [answers.ask_buckets(kind, [key], a, b + 1) for key, (a, b) in spans.items()]
        for first in range(0, len(asked), KEYS_AT_ONCE):
            for found in self._server.ask(*asked[first : first + KEYS_AT_ONCE]):
                for key, takes in answers.takes(found.series).items():
                    for epoch, buckets in answers.by_epoch(kind, takes).items():
                        points = self._of(kind, key, epoch)
                        result.update(((points, at), values) for at, values in buckets.items())
        return result
