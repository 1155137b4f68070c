"""What the sample district's venues declare besides their week: holiday hours, vacation hours.

The simulator keeps what the almanac announces; without these the judge would find every holiday's
shorter hours to be an early closing.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from examples.demo.almanac import Almanac, Hours, local_day, read_almanac
from hub.access import at_console
from hub.compliance.calendar import DayType
from hub.compliance.schedule import Sessions
from hub.schedules import ScheduleDesk, Schedules
from hub.schedules.declaration import ExceptionTerms, HolidayTerms
from hub.store.records import Records
from hub.venues import Venue

AHEAD: Final = timedelta(days=60)
"""How far ahead vacation hours are declared."""
_DAY: Final = timedelta(days=1)
_DAY_MS: Final = 86_400_000
_FARTHEST_DAYS: Final = 360
_DOCUMENT: Final = "demo"


def declare(records: Records, began_ms: int, days: int, now_ms: int) -> None:
    """Declare every venue's special hours, once, told to the public before the history begins."""
    schedules = Schedules(records)
    desk = ScheduleDesk(records, schedules, lambda: now_ms)
    by, almanac = at_console("demo"), read_almanac()
    published_ms = max(
        began_ms - (days + 2) * _DAY_MS,
        now_ms - _FARTHEST_DAYS * _DAY_MS,
    )
    for venue in records.venues().values():
        if schedules.declarations(venue.id):
            continue
        first, last = local_day(venue, published_ms), local_day(venue, now_ms) + AHEAD
        for terms, reason in _special(venue, almanac, first, last):
            desk.declare(
                by,
                venue,
                terms,
                reason,
                published_ms=published_ms,
                document=_DOCUMENT,
                confirmed=True,
            )


def _special(
    venue: Venue, almanac: Almanac, first: date, last: date
) -> Iterator[tuple[HolidayTerms | ExceptionTerms, str]]:
    hours = almanac.on_statutory.get(venue.kind)
    if hours is not None:
        terms = HolidayTerms(frozenset({DayType.STATUTORY}), _seconds(hours), first)
        yield terms, "法定节假日开放时间"
    hours = almanac.on_vacation.get(venue.kind)
    if hours is None:
        return
    for since, until in _runs(venue, almanac, first, last):
        yield ExceptionTerms(since, until, _seconds(hours)), "寒暑假延长开放"


def _runs(venue: Venue, almanac: Almanac, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the stretches of days on which a venue keeps its vacation hours."""
    some = [
        day
        for day in (first + n * _DAY for n in range((last - first).days + 1))
        if day in almanac.vacation - almanac.statutory and venue.hours[day.weekday()]
    ]
    begins = [day for day in some if day - _DAY not in some]
    ends = [day for day in some if day + _DAY not in some]
    yield from zip(begins, ends, strict=True)


def _seconds(hours: Hours) -> Sessions:
    return tuple((opens * 60, closes * 60) for opens, closes in hours)
