"""Verdicts as the pages are given them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from hub.compliance.bounds import Status
from hub.compliance.evidence import Events, Evidence, Lock
from hub.compliance.intervals import Intervals, clipped, difference
from hub.compliance.judge import Forecast, Judge, Unit
from hub.compliance.localtime import LocalTime, Span, days, week_of
from hub.compliance.rules import KEPT, Rule
from hub.compliance.schedule import Schedule, Timetable, weekly
from hub.lawbook import read_calendar, read_catalogue
from hub.pages.week_view import WeekTold
from hub.store.records.verdicts import ReadingRow, VerdictRow
from hub.venues import Venue
from hub.verdicts.facts import Facts

CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
WEEK = week_of(date(2026, 3, 4))
RULES = read_catalogue()
WEEKLY = RULES["c09.district_weekly"]
HOURS = weekly(((13 * 3600, 20 * 3600),), *[((8 * 3600 + 1800, 20 * 3600),)] * 6)
LIBRARY = Schedule(CLOCK, read_calendar(), (Timetable("district", HOURS),))
SUBJECTS = frozenset({"district_library"})


def a_venue(id_: str, kind: str = "town_library", zh: str = "馆", en: str = "Venue") -> Venue:
    return Venue(id_, f"{zh}{id_}", f"{en} {id_}", kind, "town", None, "Asia/Shanghai", HOURS, 240)


def a_row(
    venue: str,
    status: Status,
    rule: Rule = WEEKLY,
    *,
    known: int = 100,
    final: bool = True,
    forecast: Forecast = "over",
    period: Span = WEEK,
    version: int = 1,
) -> VerdictRow:
    reading = ReadingRow(status, Fraction(74), Fraction(76))
    return VerdictRow(
        venue, rule.id, rule.metric, rule.op, period.name, period.first, period.last, version,
        status, reading, reading, reading, reading, reading, rule.threshold(2026), final, forecast,
        273_600, 266_400, 0, 7_200, known, 100, "A", "official", ("district",), "d1" * 16,
        1_772_700_000_000,
    )  # fmt: skip


def at(day: int, hour: float) -> int:
    """Return an instant of the week; 0: Monday."""
    return CLOCK.midnight(date(2026, 3, 2 + day)) + round(hour * 3600)


def a_week(
    *,
    unheard: Intervals = (),
    locked: Intervals = (),
    entries: Sequence[int] = (),
    as_of_s: int | None = None,
    rule: Rule = WEEKLY,
    schedule: Schedule = LIBRARY,
) -> WeekTold:
    """Return a library's week: its lock unlocked just as declared but in `locked`; nothing is heard
    in `unheard`."""
    start, end = CLOCK.span(WEEK.first, WEEK.last)
    opened = difference(schedule.declared(WEEK.first, WEEK.last), locked)
    heard = difference(((start, as_of_s or end),), unheard)
    unlocked = tuple(s for h in heard for s in clipped(opened, *h))
    shut = tuple(s for h in heard for s in difference((h,), opened))
    lock = Lock("sim/lock", unlocked, shut)
    events = Events("sim/front", "entry", tuple(sorted(entries)), heard)
    evidence = Evidence((lock,), events=(events,))
    judge = Judge(Unit("library", SUBJECTS, schedule, evidence), as_of_s=as_of_s)
    whole = Facts((lock,), (events,))
    return WeekTold(
        WEEK,
        CLOCK,
        judge.judge(KEPT, WEEK),
        judge.judge(rule, WEEK),
        {day: whole.within(*CLOCK.day(day)) for day in days(WEEK.first, WEEK.last)},
        (
            a_row("library", Status.INSUFFICIENT),
            replace(a_row("library", Status.COMPLIANT, version=2), unknown_s=0),
        ),
        (a_row("library", Status.COMPLIANT), a_row("library", Status.NON_COMPLIANT, KEPT)),
        (WEEKLY, KEPT, RULES["c09.every_day"]),
        as_of_s or end,
    )
