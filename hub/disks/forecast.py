"""When a disk is full at the rate of the last weeks. Pure; bytes, Unix seconds.

The rate is the median of the slopes between all pairs of days (Theil-Sen): one day on which a log
was deleted or a film was copied moves a line of least squares, and not this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Final

DAY_S: Final = 86_400
WINDOW_DAYS: Final = 28
LEAST_DAYS: Final = 3
"""So far apart the first and the last day have to lie: less says nothing of a rate."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A disk at one instant, the last one of its day."""

    at_s: int
    used: int
    """Bytes that are not free, whosever they are."""
    total: int
    own: int
    """Of them in the hub's own files, or in a node's spool."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A disk as it was last told, and what becomes of it at the rate of the last weeks."""

    newest: Sample
    measured_days: float
    """Between the first and the last sample that speak of the rate."""
    growth: float | None
    """Bytes a day; None: not known yet."""
    own_growth: float | None

    @property
    def free(self) -> int:
        """Return the bytes that are free."""
        return max(0, self.newest.total - self.newest.used)

    @property
    def used_share(self) -> float:
        """Return which share is used, 0 to 1."""
        return min(1.0, self.newest.used / self.newest.total) if self.newest.total else 0.0

    @property
    def days_left(self) -> float | None:
        """Return after how many days it is full; None: it does not fill, or that is not known."""
        if self.growth is None or self.growth <= 0:
            return None
        return self.free / self.growth

    @property
    def full_s(self) -> int | None:
        """Return when it is full, Unix seconds."""
        days = self.days_left
        return None if days is None else int(self.newest.at_s + days * DAY_S)


def forecast(samples: Sequence[Sample]) -> Forecast | None:
    """Return what samples in order of time say of one disk; None without any."""
    if not samples:
        return None
    newest = samples[-1]
    # Another size is another disk: what was on the old one says nothing of it.
    since_s = newest.at_s - WINDOW_DAYS * DAY_S
    of_it = [one for one in samples if one.total == newest.total and one.at_s >= since_s]
    days = (newest.at_s - of_it[0].at_s) / DAY_S
    if days < LEAST_DAYS:
        return Forecast(newest, days, None, None)
    return Forecast(
        newest,
        days,
        _slope([(one.at_s, one.used) for one in of_it]),
        _slope([(one.at_s, one.own) for one in of_it]),
    )


def _slope(points: Sequence[tuple[int, int]]) -> float:
    """Return the median growth a day."""
    return median(
        (later - earlier) * DAY_S / (until - since)
        for (since, earlier), (until, later) in combinations(points, 2)
        if until > since
    )
