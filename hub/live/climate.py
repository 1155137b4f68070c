"""The newest means of a venue's climate sensors, as far as they are of now. Pure."""

from collections.abc import Iterable
from typing import Final

from hub.live.now import ClimateNow
from hub.store.port import SeriesKey
from hub.venues import Venue

CLIMATE: Final = "climate"
"""The kind of a declared sensor that measures climate."""
FRESH_SECONDS: Final = 900
"""A mean whose five minutes began earlier says nothing of now: two of them never came."""
AHEAD_SECONDS: Final = 300
"""A bucket that begins further ahead was named by a clock that is wrong."""

Mean = tuple[int, float]
"""A bucket's first second, Unix time, and its mean."""


class Climate:
    """What the declared climate sensors of one venue measured last."""

    def __init__(self, venue: Venue) -> None:
        self._sensors = {(s.node, s.sensor) for s in venue.sensors if s.kind == CLIMATE}
        self._means: dict[tuple[str, str, str], Mean] = {}

    def measured(self, node: str, sensor: str, quantity: str, mean: Mean, now_s: int) -> None:
        """Take a bucket's mean; an earlier bucket is history, a later word on the same wins."""
        if (node, sensor) not in self._sensors or mean[0] > now_s + AHEAD_SECONDS:
            return
        known = self._means.get((node, sensor, quantity))
        if known is None or mean[0] >= known[0]:
            self._means[node, sensor, quantity] = mean

    def now(self, now_s: int) -> tuple[ClimateNow, ...]:
        """Return what is of now, in order of node, sensor and quantity."""
        return tuple(
            ClimateNow(node, sensor, quantity, round(mean, 2), at_s * 1000)
            for (node, sensor, quantity), (at_s, mean) in sorted(self._means.items())
            if at_s > now_s - FRESH_SECONDS
        )

    def series(self, keys: Iterable[SeriesKey]) -> list[SeriesKey]:
        """Return those of the venue's series that hold what its climate sensors measured."""
        return [key for key in keys if (key.node, key.name.partition(".")[0]) in self._sensors]
