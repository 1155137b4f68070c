"""A schedule as OpenStreetMap's `opening_hours`: the week, and days that differ as dated rules."""

from datetime import date, datetime

from hub.compliance.intervals import difference, union
from hub.compliance.localtime import LocalTime, days
from hub.compliance.osm import to_osm
from hub.compliance.schedule import DAY_SECONDS, DatedException, Schedule, Sessions


def exported(schedule: Schedule, first: date, last: date) -> str:
    """Return the timetable of a period's first day; days of the period that differ as dated rules.

    Holiday rules, later versions and closure notices become dated rules. Raises NotRepresentable.
    """
    week, exceptions = schedule.week_on(first), []
    for day in days(first, last):
        sessions = sessions_left(schedule, day)
        if sessions != week[day.weekday()]:
            exceptions.append(DatedException(day, sessions))
    return to_osm(week, exceptions)


def sessions_left(schedule: Schedule, day: date, known_at_s: int | None = None) -> Sessions:
    """Return what of a day's sessions closure notices leave, as known at an instant."""
    sessions, clock = schedule.sessions_on(day, known_at_s), schedule.clock
    closed = schedule.closed_by_notice()
    placed = union((clock.at(day, opens), clock.at(day, closes)) for opens, closes in sessions)
    left = difference(placed, closed)
    if left == placed:
        return sessions
    return tuple((_shown(clock, day, start), _shown(clock, day, end)) for start, end in left)


def _shown(clock: LocalTime, day: date, at_s: int) -> int:
    """Return an instant as the clock shows it, in seconds of a day, past 86 400 the next."""
    local = datetime.fromtimestamp(at_s, clock.zone)
    since = (local.date() - day).days * DAY_SECONDS
    return since + local.hour * 3600 + local.minute * 60 + local.second
