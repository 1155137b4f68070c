"""What the locks of one venue read last: grown row by row, read anew where rows are missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from contracts.rows import State
from hub.live.collector import Source
from hub.occupancy.opening import LockReading, grown, newest
from hub.store.port import Evidence
from hub.venues import Venue

LOCK: Final = "lock"
"""The kind of a declared sensor that is a lock."""
BRIDGE_MS: Final = 120_000
"""A lock that read the same before and after so short a silence did so in between."""


class Locks:
    """The declared locks of a venue. Not thread-safe."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue.id
        self._readings: dict[Source, LockReading | None] = {
            (s.node, s.sensor): None for s in venue.sensors if s.kind == LOCK
        }
        self._epochs: dict[Source, str] = {}

    def read(self, store: Evidence, since_ms: int, until_ms: int) -> None:
        """Read all locks anew; what ends after `until_ms` was told by a clock that is wrong."""
        for node, sensor in self._readings:
            intervals = store.states(self._venue, node, sensor, since_ms, until_ms)
            # A clock that was never set places nothing in time: its rows decide nothing.
            self._readings[node, sensor] = newest(
                (
                    LockReading(i.value or "", i.since_ms, i.until_ms)
                    for i in intervals
                    if i.clock != "unset" and i.until_ms <= until_ms
                ),
                BRIDGE_MS,
            )

    def take(self, rows: Mapping[Source, Sequence[State]], until_ms: int) -> bool:
        """Work in rows as they come; False where the store has to be asked: an epoch is new."""
        is_sound = True
        for source, growing in rows.items():
            if source not in self._readings:
                continue
            for row in growing:
                if row.until_ms > until_ms:
                    continue
                known = self._readings[source]
                if known is None or self._epochs.get(source) != row.epoch:
                    self._epochs[source] = row.epoch
                    is_sound = False
                else:
                    reading = LockReading(row.value, row.since_ms, row.until_ms)
                    self._readings[source] = grown(known, reading, BRIDGE_MS)
        return is_sound

    def readings(self, offline: Iterable[str]) -> list[LockReading | None]:
        """Return what each lock read last; of a node that is away nothing is known."""
        away = frozenset(offline)
        return [None if node in away else reading for (node, _), reading in self._readings.items()]
