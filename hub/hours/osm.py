"""A scenario's timetable as OpenStreetMap's `opening_hours`, and an expression as a scenario."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from hub.compliance.intervals import difference, union
from hub.compliance.localtime import ONE_DAY, LocalTime, Span, days
from hub.compliance.osm import Imported, to_osm
from hub.compliance.schedule import DAY_SECONDS, DatedException, Schedule, Sessions
from hub.hours.clocktext import write_sessions, write_week


def exported(schedule: Schedule, span: Span) -> str:
    """Return the timetable of a period's first day; days of the period that differ as dated rules.

    Holiday rules, later versions and closure notices become dated rules. Raises NotRepresentable.
    """
    week, exceptions = schedule.week_on(span.first), []
    for day in days(span.first, span.last):
        sessions = _left_by_notices(schedule, day)
        if sessions != week[day.weekday()]:
            exceptions.append(DatedException(day, sessions))
    return to_osm(week, exceptions)


def as_plain(imported: Imported) -> dict[str, Any]:
    """Return an expression's week and exceptions as plain values."""
    return {
        "hours": write_week(imported.week),
        "exception": [
            {"date": str(first), "until": str(last), "hours": write_sessions(sessions)}
            for first, last, sessions in _runs(imported.exceptions)
        ],
    }


def as_toml(imported: Imported) -> str:
    """Return them as they stand in a scenario file."""
    plain = as_plain(imported)
    lines = ["[venue.hours]", *(f'{key} = "{text}"' for key, text in plain["hours"].items())]
    for told in plain["exception"]:
        lines += ["", "[[venue.exception]]", f"date = {told['date']}"]
        if told["until"] != told["date"]:
            lines.append(f"until = {told['until']}")
        lines.append(f'hours = "{told["hours"]}"')
    return "\n".join(lines)


def _left_by_notices(schedule: Schedule, day: date) -> Sessions:
    sessions, clock = schedule.sessions_on(day), schedule.clock
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


def _runs(exceptions: Sequence[DatedException]) -> list[tuple[date, date, Sessions]]:
    runs: list[tuple[date, date, Sessions]] = []
    for told in exceptions:
        if runs and runs[-1][1] + ONE_DAY == told.day and runs[-1][2] == told.sessions:
            runs[-1] = (runs[-1][0], told.day, told.sessions)
        else:
            runs.append((told.day, told.day, told.sessions))
    return runs
