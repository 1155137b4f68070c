"""Watches how venues are used: each once a day, on a thread, apart from what is urgent."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from hub.alerts.condition import AlertKind
from hub.alerts.desk import AlertDesk
from hub.alerts.rules import UseLimit
from hub.alerts.use import SUBJECT, of_use
from hub.compliance.schedule import Schedule
from hub.demand.use import Use, read_use
from hub.errors import StoreError
from hub.history.read import Reading
from hub.live import LiveBoard
from hub.venues import Venue

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 60.0
"""How often it looks whether something is due: a day that has begun, another limit."""
SETTLE_MS: Final = 300_000
"""Nodes replay their backlog to a hub that has just started."""
AGAIN_SECONDS: Final = 3600
"""What is not known may be an hour later, when late data have come."""

_ALERT: Final = (AlertKind.LOW_USE, SUBJECT)


class UseWatch:
    """Tells the desk which venues are little used.

    Of a venue of which too little is known nothing is said: an alert that stands, stands.
    """

    def __init__(
        self,
        live: LiveBoard,
        store: Reading,
        schedule_of: Callable[[Venue], Schedule],
        desk: AlertDesk,
        clock_ms: Callable[[], int],
        *,
        stale_ms: int = 0,
    ) -> None:
        self._live = live
        self._store = store
        self._schedule_of = schedule_of
        self._desk = desk
        self._clock_ms = clock_ms
        self._stale_ms = stale_ms
        self._started_ms = clock_ms()
        self._measured: dict[str, tuple[int, Use]] = {}
        """When it was measured, Unix s, and what was found."""

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Measure what is due, and tell the desk what holds."""
        if self._clock_ms() - self._started_ms < SETTLE_MS:
            return
        rules, declared = self._desk.rules, self._live.declared
        stand = {a.venue for a in self._desk.open if (a.kind, a.subject) == _ALERT}
        for gone in stand.difference(declared):
            self._desk.hold(gone, SUBJECT, ())
        self._measured = {of: told for of, told in self._measured.items() if of in declared}
        for venue in declared.values():
            limit = rules.least_use(venue.id)
            if limit is None:
                self._desk.hold(venue.id, SUBJECT, ())
                continue
            try:
                use = self._use(venue, limit)
            except StoreError as error:
                log.warning("use_not_read", venue=venue.id, reason=str(error))
                continue
            if use.is_known:
                told = of_use(venue.id, use, limit)
                self._desk.hold(venue.id, SUBJECT, () if told is None else (told,))

    def _use(self, venue: Venue, limit: UseLimit) -> Use:
        now_s, schedule = self._clock_ms() // 1000, self._schedule_of(venue)
        known = self._measured.get(venue.id)
        if known is not None:
            at_s, use = known
            is_of_today = schedule.clock.day_of(at_s) == schedule.clock.day_of(now_s)
            is_asked = (use.last - use.first).days + 1 == limit.days
            if is_of_today and is_asked and (use.is_known or now_s - at_s < AGAIN_SECONDS):
                return use
        use = read_use(self._store, venue, schedule, now_s, limit.days, stale_ms=self._stale_ms)
        self._measured[venue.id] = (now_s, use)
        return use
