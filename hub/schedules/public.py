"""Public hours worked out of a schedule: open now, next change, this week, what is exceptional.

Pages, API, the live topic and, through the API, the kiosk tell the public from here. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from contracts.hours import (
    MAX_CLOSURES,
    MAX_SESSIONS,
    Closure,
    PublicHours,
    Text,
    sessions_text,
)
from hub.compliance.calendar import DayType
from hub.compliance.localtime import days
from hub.compliance.osm import NotRepresentable
from hub.compliance.osm_export import exported, sessions_left
from hub.compliance.schedule import Schedule, Sessions
from hub.schedules.declaration import Declaration, NoticeTerms

AHEAD_DAYS: Final = 15
"""So far ahead the public is told, today included: a kiosk lives on it while it is alone."""

Special = Literal["exception", "holiday", "notice"]
"""Why a day's hours are not the week's: a dated exception, a holiday rule, a closure notice."""


@dataclass(frozen=True, slots=True)
class PublicDay:
    """The hours of one local day as they hold, notices included."""

    day: date
    kind: DayType
    sessions: Sessions
    """Seconds of the day; past 86 400 is the next morning."""
    special: Special | None

    @property
    def text(self) -> Text:
        """Return its hours in words."""
        return sessions_text(self.sessions)


def public_hours(schedule: Schedule, told: Sequence[Declaration], now_s: int) -> PublicHours:
    """Return what the public is told from yesterday on; `told`: for the words of the notices."""
    clock = schedule.clock
    today = clock.day_of(now_s)
    first, last = today - timedelta(days=1), today + timedelta(days=AHEAD_DAYS - 1)
    start, end = clock.span(first, last)
    closures = [
        Closure(closed[0], closed[1], terms.reason, terms.zh, terms.en)
        for one in told
        if isinstance(terms := one.terms, NoticeTerms)
        and (closed := one.as_notice(terms).closes()) is not None
        and closed[0] < end
        and closed[1] > start
    ]
    return PublicHours(
        str(clock.zone),
        start,
        end,
        schedule.declared(first, last)[:MAX_SESSIONS],
        tuple(sorted(closures, key=lambda c: c.start_s)[:MAX_CLOSURES]),
        bool(schedule.timetables or schedule.exceptions),
    )


def public_days(schedule: Schedule, first: date, last: date, now_s: int) -> list[PublicDay]:
    """Return the hours of each day from `first` to `last`, as the public knows them now."""
    return [_day(schedule, day, now_s) for day in days(first, last)]


def osm_text(schedule: Schedule, today: date) -> str | None:
    """Return OpenStreetMap's `opening_hours` of the weeks to come; None: it cannot say them."""
    if not any(schedule.week_on(today)):
        return None
    try:
        return exported(schedule, today, today + timedelta(days=AHEAD_DAYS - 1))
    except NotRepresentable:
        return None


def _day(schedule: Schedule, day: date, now_s: int) -> PublicDay:
    start, end = schedule.clock.day(day)
    # A day that is over is told as it was known at its end, a day to come as it is known now.
    known_at = max(start, min(now_s, end - 1))
    told, left = schedule.sessions_on(day, known_at), sessions_left(schedule, day, known_at)
    special: Special | None = None
    if left != told or any(a <= start and end <= b for a, b in schedule.closed_by_notice()):
        special = "notice"
    elif schedule.is_excepted(day):
        special = "exception"
    elif told != schedule.week_on(day)[day.weekday()]:
        special = "holiday"
    return PublicDay(day, schedule.calendar.day_type(day), left, special)
