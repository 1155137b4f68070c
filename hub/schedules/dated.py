"""A schedule as the sessions around a day, kept: what running sums ask for again and again."""

from datetime import date, timedelta
from typing import Final

from hub.compliance.intervals import Intervals
from hub.compliance.schedule import Schedule

AROUND: Final = timedelta(days=8)
MOST_DAYS: Final = 1000
"""So many days are kept; beyond that it begins anew."""


class DatedSessions:
    """The sessions around each day, after notices; what `hub.occupancy.Sessions` asks."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._kept: dict[date, Intervals] = {}

    @property
    def is_declared(self) -> bool:
        """Tell whether the venue ever declared hours."""
        return bool(self.schedule.timetables or self.schedule.exceptions)

    def around(self, day: date) -> Intervals:
        """Return the sessions from 8 days before a day to 8 days after it, cut there, Unix s."""
        known = self._kept.get(day)
        if known is None:
            known = self.schedule.declared(day - AROUND, day + AROUND)
            if len(self._kept) >= MOST_DAYS:
                self._kept = {}
            self._kept[day] = known
        return known
