"""From what sources see to rows: minute totals, means, growing intervals. Pure.

Everything is absolute: a bucket's row says the total of its minute inside one epoch, an interval's
row says from when until when. A row that changed is drafted again, and its draft takes the place of
the one before in the spool. Order inside a commit: counts first, then the coverage that vouches for
them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from contracts.rows import (
    COUNT_BUCKET_SECONDS,
    LARGEST_VALUE,
    MEASURE_BUCKET_SECONDS,
    Count,
    Coverage,
    Event,
    Measure,
    Row,
    State,
)

EXTEND_MS: Final = 60_000
"""An interval in which nothing happens is extended this often."""
KEEP_MS: Final = 600_000
"""A bucket takes late crossings for this long; older ones go into the oldest bucket kept."""

_REASON: Final = 200

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A row to append, without its seq; `key` says which draft it takes the place of."""

    key: Key
    row: Row
    final: bool = False
    """Nothing will take its place any more."""


@dataclass(slots=True)
class _Tally:
    entered: int = 0
    left: int = 0
    committed: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class _Mean:
    n: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    committed: int = 0
    committed_total: float = 0.0
    urgent: bool = False


@dataclass(slots=True)
class _Stretch:
    """A growing interval: coverage of a source, or one value of a state sensor."""

    since_ms: int
    until_ms: int
    value: str | None = None
    ended: str | None = None
    committed_until: int | None = None
    committed_end: bool = False


@dataclass(slots=True)
class Buckets:
    """What a node has seen in the epoch that runs and not yet let go of.

    Times are wall milliseconds of the epoch's clock. A source calls `watched(source, at)` only when
    every crossing up to `at` has been given.
    """

    epoch: str
    _tallies: dict[tuple[str, int], _Tally] = field(default_factory=dict)
    _means: dict[tuple[str, str, int], _Mean] = field(default_factory=dict)
    _covers: dict[str, list[_Stretch]] = field(default_factory=dict)
    _states: dict[str, list[_Stretch]] = field(default_factory=dict)
    _events: list[Event] = field(default_factory=list)
    _oldest_ms: int = 0

    def crossed(self, line: str, at_ms: int, *, entered: int = 0, left: int = 0) -> None:
        """Count people who crossed a line."""
        at_s = max(at_ms, self._oldest_ms) // 1000
        tally = self._tallies.setdefault((line, at_s - at_s % COUNT_BUCKET_SECONDS), _Tally())
        tally.entered += entered
        tally.left += left

    def measured(
        self, sensor: str, quantity: str, at_ms: int, value: float, *, urgent: bool = False
    ) -> None:
        """Add a sample to its five minutes; an urgent one is sent with the next commit.

        What is not a number, or larger than any quantity, is not a reading: one of them would
        spoil the mean of all.
        """
        if not math.isfinite(value) or abs(value) > LARGEST_VALUE:
            return
        at_s = max(at_ms, self._oldest_ms) // 1000
        key = (sensor, quantity, at_s - at_s % MEASURE_BUCKET_SECONDS)
        mean = self._means.setdefault(key, _Mean())
        mean.n += 1
        mean.total += value
        mean.least = min(mean.least, value)
        mean.most = max(mean.most, value)
        mean.urgent = mean.urgent or urgent

    def watched(self, source: str, at_ms: int) -> None:
        """Vouch for a source up to `at_ms`; begins its coverage when there is none."""
        _extend(self._covers.setdefault(source, []), at_ms, None)

    def unwatched(self, source: str, reason: str) -> None:
        """End the coverage of a source where it was last vouched for."""
        _end(self._covers.get(source, []), reason)

    def state(self, sensor: str, value: str, at_ms: int) -> None:
        """Read a state sensor; another value ends the stretch of the one before."""
        _extend(self._states.setdefault(sensor, []), at_ms, value)

    def state_lost(self, sensor: str, reason: str) -> None:
        """End the stretch of a state sensor where it was last read."""
        _end(self._states.get(sensor, []), reason)

    def happened(self, event: Event) -> None:
        """Take an event; its seq and epoch are set when it is drafted."""
        self._events.append(event)

    def end_all(self, reason: str) -> None:
        """End every stretch, as when the node stops or its clock steps."""
        for stretches in (*self._covers.values(), *self._states.values()):
            _end(stretches, reason)

    def drafts(self, now_ms: int, *, everything: bool = False) -> list[Draft]:
        """Return what has to be appended now; `everything` leaves nothing behind."""
        drafts = [
            Draft(("event", event.id), msgspec.structs.replace(event, epoch=self.epoch), final=True)
            for event in self._events
        ]
        counts = [
            Count(1, self.epoch, line, bucket, tally.entered, tally.left)
            for (line, bucket), tally in self._tallies.items()
            if (tally.entered, tally.left) != tally.committed
        ]
        drafts += [Draft(("count", row.line, row.bucket_at), row) for row in counts]
        for (sensor, quantity, bucket), mean in self._means.items():
            closed = now_ms >= (bucket + MEASURE_BUCKET_SECONDS) * 1000
            if mean.n != mean.committed and (
                closed or everything or mean.urgent or mean.committed == 0
            ):
                drafts.append(self._measure(sensor, quantity, bucket, mean))
        changed: dict[str, int] = {}
        for row in counts:
            earliest = changed.get(row.line, row.bucket_at * 1000)
            changed[row.line] = min(row.bucket_at * 1000, earliest)
        return drafts + self._covered(changed, everything=everything) + self._read(everything)

    def confirm(self, drafts: Iterable[Draft], now_ms: int) -> None:
        """Take drafts for durable and forget what cannot change any more."""
        for draft in drafts:
            row = draft.row
            match row:
                case Count():
                    tally = self._tallies[row.line, row.bucket_at]
                    tally.committed = (row.entered, row.left)
                case Measure():
                    mean = self._means[row.sensor, row.quantity, row.bucket_at]
                    mean.committed, mean.committed_total = row.n, row.mean * row.n
                    mean.urgent = mean.urgent and mean.n != row.n
                case Coverage():
                    _confirm(self._covers[row.source], row)
                case State():
                    _confirm(self._states[row.sensor], row)
                case Event():
                    self._events = [event for event in self._events if event.id != row.id]
                case _:
                    pass
        self._forget(now_ms)

    def rebase(self, epoch: str) -> None:
        """Go on in another epoch of the same clock with what was never made durable, only that."""
        self.epoch = epoch
        self._oldest_ms = 0
        for key, tally in tuple(self._tallies.items()):
            entered, left = tally.committed
            self._tallies[key] = _Tally(tally.entered - entered, tally.left - left)
        self._tallies = {k: t for k, t in self._tallies.items() if t.entered or t.left}
        for mean in self._means.values():
            # Extremes win over all epochs of a bucket: those of the whole bucket do no harm.
            mean.n, mean.total = mean.n - mean.committed, mean.total - mean.committed_total
            mean.committed, mean.committed_total = 0, 0.0
        self._means = {key: mean for key, mean in self._means.items() if mean.n}
        for table in (self._covers, self._states):
            for name, stretches in tuple(table.items()):
                table[name] = [_rebased(s) for s in stretches if not s.committed_end]

    def _covered(self, changed: dict[str, int], *, everything: bool) -> list[Draft]:
        drafts = []
        for source, stretches in self._covers.items():
            for stretch in stretches:
                if _due(stretch, everything=everything, changed_ms=changed.get(source)):
                    since, until, ended = stretch.since_ms, stretch.until_ms, stretch.ended
                    cover = Coverage(1, self.epoch, source, since, until, ended)
                    drafts.append(Draft(("coverage", source, since), cover))
        return drafts

    def _read(self, everything: bool) -> list[Draft]:
        drafts = []
        for sensor, stretches in self._states.items():
            for stretch in stretches:
                if _due(stretch, everything=everything):
                    since, until, ended = stretch.since_ms, stretch.until_ms, stretch.ended
                    value = stretch.value or ""
                    state = State(1, self.epoch, sensor, value, since, until, ended)
                    drafts.append(Draft(("state", sensor, since), state, final=ended is not None))
        return drafts

    def _measure(self, sensor: str, quantity: str, bucket: int, mean: _Mean) -> Draft:
        row = Measure(
            1,
            self.epoch,
            sensor,
            quantity,
            bucket,
            mean.n,
            mean.total / mean.n,
            mean.least,
            mean.most,
        )
        return Draft(("measure", sensor, quantity, bucket), row)

    def _forget(self, now_ms: int) -> None:
        horizon = (now_ms - KEEP_MS) // 1000
        horizon -= horizon % MEASURE_BUCKET_SECONDS
        self._oldest_ms = max(self._oldest_ms, horizon * 1000)
        self._tallies = {
            key: tally
            for key, tally in self._tallies.items()
            if key[1] >= horizon or (tally.entered, tally.left) != tally.committed
        }
        self._means = {
            key: mean
            for key, mean in self._means.items()
            if key[2] >= horizon or mean.n != mean.committed
        }
        for name, stretches in self._states.items():
            self._states[name] = [s for s in stretches if not s.committed_end]
        # As long as a minute may grow, what vouches for it may have to follow it.
        for name, stretches in self._covers.items():
            self._covers[name] = [
                s for s in stretches if not s.committed_end or s.until_ms >= horizon * 1000
            ]


def _extend(stretches: list[_Stretch], at_ms: int, value: str | None) -> None:
    last = stretches[-1] if stretches else None
    if last is not None and last.ended is None:
        if last.value == value:
            last.until_ms = max(last.until_ms, at_ms)
            return
        last.until_ms = max(last.until_ms, at_ms)
        last.ended = "changed"
    # Two stretches of one source never share their first millisecond: it is their key.
    since = at_ms if last is None else max(at_ms, last.until_ms, last.since_ms + 1)
    stretches.append(_Stretch(since, since, value))


def _end(stretches: list[_Stretch], reason: str) -> None:
    if stretches and stretches[-1].ended is None:
        # Reasons are often the words of an exception: they may be long, or no proper text at all.
        stretches[-1].ended = reason[:_REASON].encode("utf-8", "replace").decode("utf-8")


def _due(stretch: _Stretch, *, everything: bool, changed_ms: int | None = None) -> bool:
    """Tell whether a stretch has to be drafted; from `changed_ms` on, buckets below it change.

    A bucket that changes takes a new place in the spool. What vouches for it takes a place behind
    that: whoever reads the spool up to anywhere finds no coverage without its counts.
    """
    if changed_ms is not None and stretch.until_ms >= changed_ms:
        return True
    if stretch.ended is not None:
        return not stretch.committed_end
    if stretch.committed_until is None:
        return True
    grown = stretch.until_ms - stretch.committed_until
    return grown > 0 if everything else grown >= EXTEND_MS


def _confirm(stretches: list[_Stretch], row: Coverage | State) -> None:
    for stretch in stretches:
        if stretch.since_ms == row.since_ms:
            stretch.committed_until = row.until_ms
            stretch.committed_end = row.ended is not None


def _rebased(stretch: _Stretch) -> _Stretch:
    since = stretch.since_ms if stretch.committed_until is None else stretch.committed_until
    return _Stretch(since, max(since, stretch.until_ms), stretch.value, stretch.ended)
