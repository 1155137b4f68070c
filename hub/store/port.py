"""The port to a time-series store, and the shapes that go through it.

A store keeps `(series, bucket, epoch) -> values`, overwritten by key, so that delivery at least
once ends as exactly once. A bucket is read as the combination of its epochs: each field of a
series' kind says how (sums add, extremes win).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol

from contracts.rows import COUNT_BUCKET_SECONDS, MEASURE_BUCKET_SECONDS

HOUR_SECONDS = 3600
Combine = Literal["sum", "min", "max"]


@dataclass(frozen=True, slots=True)
class KindOfSeries:
    """What one bucket of a kind of series holds, and how epochs and hours combine."""

    name: str
    bucket_seconds: int
    fields: tuple[tuple[str, Combine], ...]


class Kind(Enum):
    """Every kind of series there is."""

    COUNT = KindOfSeries("count", COUNT_BUCKET_SECONDS, (("entered", "sum"), ("left", "sum")))
    MEASURE = KindOfSeries(
        "measure",
        MEASURE_BUCKET_SECONDS,
        (("n", "sum"), ("total", "sum"), ("least", "min"), ("most", "max")),
    )


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """One series: a counting line of a node, or `sensor.quantity` of a node."""

    venue: str
    node: str
    name: str

    def __str__(self) -> str:
        return f"{self.venue}/{self.node}/{self.name}"


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One bucket of one epoch; `values` in the order of the kind's fields."""

    series: SeriesKey
    kind: Kind
    bucket_at: int
    epoch: str
    values: tuple[float, ...]


class Bucket(NamedTuple):
    """A bucket or an hour as it is read: epochs combined; `at` is its first second, Unix time."""

    at: int
    values: tuple[float, ...]


class TimeSeries(Protocol):
    """A store of time series. Spans are half open, `[start, end)`, in Unix seconds."""

    def write(self, rows: Iterable[SeriesRow]) -> None:
        """Make rows durable, overwriting by (series, bucket, epoch).

        Returns only when durable. Raises link.errors.StoreUnavailable with nothing of it stored.
        """

    def series(self, venue: str | None = None) -> Mapping[SeriesKey, Kind]:
        """Return the series of a venue, or all."""

    def buckets(self, key: SeriesKey, start: int, end: int) -> Sequence[Bucket]:
        """Return the buckets of a series in order; empty ones are absent. Unknown series: none."""

    def buckets_of(
        self, keys: Sequence[SeriesKey], start: int, end: int
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the buckets of several series at once, as `buckets` does for one."""

    def hourly(
        self, keys: Sequence[SeriesKey], start: int, end: int, shift: int = 0
    ) -> Mapping[SeriesKey, Sequence[Bucket]]:
        """Return the hours of several series; an hour is named by its first second.

        `shift`: hours begin so many seconds after those of UTC, as in a zone of UTC+05:30; they
        are summed from buckets, of which only those in [start, end) count.
        """


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch during which a source was watched, or a state sensor read one value.

    Milliseconds, half open. `ended` says why it ended, None while it may still grow.
    `clock` is the clock of its epoch: only `set` and `corrected` decide.
    """

    since_ms: int
    until_ms: int
    value: str | None = None
    ended: str | None = None
    clock: str = "set"
    error_ms: int = 0


@dataclass(frozen=True, slots=True)
class HappenedEvent:
    """Something that happened once, as a node told it."""

    id: str
    venue: str
    node: str
    source: str
    name: str
    at_ms: int
    data: Mapping[str, bool | int | float | str]


@dataclass(frozen=True, slots=True)
class Touched:
    """Of which stretch of a venue's time a commit said something new, Unix ms, both included."""

    venue: str
    first_ms: int
    last_ms: int


class Evidence(Protocol):
    """What stands beside the series: who watched when, states, events, gaps."""

    def coverage(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return when a source was watched: joined, minus gaps and quarantined spans."""

    def watched_ever(
        self, venue: str, node: str, source: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return as `coverage` does, and also what lies before `evidence_from_s`.

        For hours, which are kept for ever: it tells an hour in which nobody came from one in which
        nobody watched. Never beside buckets.
        """

    def evidence_from_s(self) -> int:
        """Return before when evidence was deleted, Unix seconds; 0: none was."""

    def states(
        self, venue: str, node: str, sensor: str, start_ms: int, end_ms: int
    ) -> Sequence[Interval]:
        """Return the states of a sensor in order of time."""

    def events(
        self, venue: str, start_ms: int, end_ms: int, names: Collection[str] = ()
    ) -> Sequence[HappenedEvent]:
        """Return the events of a venue in order of time: of these names, of all when empty."""
