"""Whether a branch opens on a day, by what it declared. Pure."""

from dataclasses import replace
from datetime import date
from typing import Final

from hub.compliance.osm_export import sessions_left
from hub.compliance.schedule import DAY_SECONDS, Schedule, Timetable

_ALWAYS: Final = Timetable("always", (((0, DAY_SECONDS),),) * 7)


def opens_on(schedule: Schedule, day: date) -> bool:
    """Tell whether a session begins on a local day: holidays, exceptions and notices included.

    A branch that declares no week opens on every day that nothing else closes.
    """
    # Whatever the public is told until then holds for the day.
    known_at = schedule.clock.day(day)[1] - 1
    if schedule.version_at(known_at) == "none":
        schedule = replace(schedule, timetables=(_ALWAYS,))
    return bool(sessions_left(schedule, day, known_at))
