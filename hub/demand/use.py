"""How much a venue was used in the hours in which it was open and counted, over some days. Pure."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.compliance.intervals import Intervals, intersection
from hub.compliance.schedule import Schedule
from hub.demand.counted import visits_of, watched_of
from hub.demand.profile import STEP_SECONDS, STEPS_A_DAY, Observations, observe
from hub.history.read import Reading
from hub.venues import Venue

KNOWN: Final = 0.9
"""From this share of its open time that was counted on, a day or a span is known."""
LEAST_DAYS: Final = 14
"""Of fewer known days nobody says how a venue is used: each day of the week comes twice."""


@dataclass(frozen=True, slots=True)
class Use:
    """Visits of whole days, as far as the venue was open as declared and every door watched."""

    first: date
    last: date
    since_s: int
    """When the first day begins, Unix s."""
    visits: int
    open_hours: float
    """Declared open."""
    known_hours: float
    """Of these: every door watched."""
    known_days: int
    """Days with open time, nine tenths of which or more is known."""

    @property
    def is_known(self) -> bool:
        """Tell whether enough was counted: where nobody looked, nobody knows who came."""
        return self.known_days >= LEAST_DAYS and self.known_hours >= KNOWN * self.open_hours

    @property
    def visits_per_hour(self) -> float | None:
        """Return visits per hour that is known; None: not enough is."""
        return self.visits / self.known_hours if self.is_known else None


def read_use(
    store: Reading, venue: Venue, schedule: Schedule, now_s: int, days: int, *, stale_ms: int = 0
) -> Use:
    """Return the use of a venue over the last `days` whole days. Raises StoreError."""
    clock = schedule.clock
    last = clock.day_of(now_s) - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    start_s, end_s = clock.span(first, last)
    return measure(
        clock.zone,
        first,
        last,
        start_s,
        visits_of(store, venue, start_s, end_s),
        schedule.declared(first, last),
        watched_of(store, venue, start_s, end_s, now_s * 1000 + stale_ms),
    )


def measure(
    zone: ZoneInfo,
    first: date,
    last: date,
    since_s: int,
    visits: dict[int, int],
    declared: Intervals,
    watched: Intervals,
) -> Use:
    """Return the use out of visits by the minute, declared and watched time, all Unix s."""
    asked = _days(observe(zone, {}, declared))
    seen = _days(observe(zone, visits, intersection(declared, watched)))
    known = [day for day in seen if seen[day][1] >= KNOWN * asked[day][1]]
    return Use(
        first,
        last,
        since_s,
        sum(number for number, _ in seen.values()),
        sum(hours for _, hours in asked.values()),
        sum(hours for _, hours in seen.values()),
        len(known),
    )


def _days(seen: Observations) -> dict[date, tuple[int, float]]:
    """Return visits and hours by day."""
    result: dict[date, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for (monday, step), (number, share) in seen.seen.items():
        day = monday + timedelta(days=step // STEPS_A_DAY)
        before, hours = result[day]
        result[day] = (before + number, hours + share * STEP_SECONDS / 3600)
    return dict(result)
