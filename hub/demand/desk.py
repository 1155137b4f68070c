"""Answers for the demand of venues; what was worked out from whole days is kept for a while."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

from hub.compliance.rules import Rule
from hub.compliance.schedule import Schedule
from hub.demand.read import WEEKS, VenueDemand, read_demand
from hub.history.read import Reading
from hub.venues import Venue

MOST_KEPT: Final = 64
KEPT_MS: Final = 10 * 60_000
"""Late data change whole days too, but no proposal is in such a hurry."""

_Key = tuple[Venue, int]


class DemandDesk:
    """Works out demand as it is asked for; any thread."""

    def __init__(
        self,
        store: Reading,
        schedule_of: Callable[[Venue], Schedule],
        rules_of: Callable[[Venue], Iterable[Rule]],
        clock_ms: Callable[[], int],
        *,
        stale_ms: int = 0,
    ) -> None:
        self._store = store
        self._schedule_of = schedule_of
        self._rules_of = rules_of
        self._clock_ms = clock_ms
        self._stale_ms = stale_ms
        self._lock = Lock()
        self._kept: OrderedDict[_Key, tuple[int, Schedule, VenueDemand]] = OrderedDict()

    def of(self, venue: Venue, *, weeks: int = WEEKS) -> VenueDemand:
        """Return a venue's demand. Raises StoreError."""
        now_ms, schedule, key = self._clock_ms(), self._schedule_of(venue), (venue, weeks)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            made_ms, by, told = kept
            today = schedule.clock.day_of(now_ms // 1000)
            if 0 <= now_ms - made_ms < KEPT_MS and by == schedule and told.last < today:
                return told
        told = read_demand(
            self._store,
            venue,
            schedule,
            self._rules_of(venue),
            now_ms // 1000,
            weeks=weeks,
            stale_ms=self._stale_ms,
        )
        with self._lock:
            self._kept[key] = (now_ms, schedule, told)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return told
