"""A year of a district judged from scratch: stored evidence into verdicts of every opening rule.

1 000 venues of five kinds. A venue's day has some twenty stretches of a lock contact, 200 minutes
with entries, and the open stretches that intake keeps of them; one day in thirty is partly dark.
Twenty different years of evidence are shared out among them; making it is not counted. Floor: the
same intervals and entries gone through once.
"""

import random
import resource
import statistics
import time
from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.report import Result
from hub.compliance.calendar import Calendar
from hub.compliance.evidence import Events, Evidence, Lock, Parameters, held_open
from hub.compliance.intervals import EVER, Interval
from hub.compliance.judge import Judge, Unit
from hub.compliance.localtime import LocalTime, days, week_of, year_of
from hub.compliance.rules import Rule
from hub.compliance.schedule import Schedule, Timetable, weekly
from hub.lawbook import read_calendar, read_catalogue

VENUES = 1000
YEARS = 20
YEAR = 2026
SEED = 1
CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
FIRST, LAST = date(YEAR - 1, 12, 29), date(YEAR + 1, 1, 3)
"""The 53 ISO weeks of the year, whole."""
OPENS, CLOSES = 9 * 3600, 20 * 3600
KINDS = (
    "town_library",
    "district_library",
    "community_cultural_centre",
    "state_museum",
    "book_room",
)
STRETCHES, ENTRIES = 10, 200


def measure(folder: Path) -> list[Result]:
    """Return the figures of the judge; `folder` is not needed."""
    del folder
    calendar, rules = read_calendar(), tuple(read_catalogue().values())
    weeks = [week_of(day) for day in days(FIRST, LAST) if day.weekday() == 0]
    spans = [year_of(YEAR), *weeks]
    whole, floor, verdicts = 0.0, 0.0, 0
    week_ms: list[float] = []
    made = [a_venue(number, calendar) for number in range(YEARS)]
    for number in range(VENUES):
        unit = made[number % YEARS]
        floor += _gone_through(unit)
        began = time.process_time()
        judge = Judge(unit)
        # The year with the weeks that reach over its ends is one stretch, worked out at once.
        judge.parts(spans[0])
        for span in spans:
            for rule in _of_period(rules, unit, is_week=span is not spans[0]):
                judge.judge(rule, span)
                verdicts += 1
        whole += time.process_time() - began
        if number < YEARS:
            week_ms.append(_alone_ms(unit, rules, number + 10))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{verdicts:,} verdicts, {1000 * whole / VENUES:.0f} ms a venue; processor time"
    return [
        Result(f"{VENUES:,} venues x 1 year judged from scratch", whole, "s",
               at_most=120, floor=floor, note=note),
        Result("one venue-week, all its rules, out of a week's evidence",
               statistics.median(week_ms), "ms", at_most=2),
        Result("memory of the judge with them", memory, "MiB", at_most=500),
    ]  # fmt: skip


def a_venue(number: int, calendar: Calendar, first: date = FIRST, last: date = LAST) -> Unit:
    """Return a venue with its evidence of a stretch of days."""
    rng = random.Random(SEED + number)
    schedule = Schedule(
        CLOCK, calendar, (Timetable("1", weekly(*(((OPENS, CLOSES),) for _ in range(7)))),)
    )
    unlocked: list[Interval] = []
    locked: list[Interval] = []
    at_s: list[int] = []
    for day in days(first, last):
        midnight = CLOCK.midnight(day)
        opens, closes = midnight + OPENS, midnight + CLOSES
        cuts = sorted(rng.sample(range(opens, closes, 60), STRETCHES))
        # A contact that is read again and again: stretches with gaps of a minute between them.
        edges = [opens, *cuts, closes]
        pieces = list(pairwise(edges))
        if rng.random() < 1 / 30:
            pieces = [piece for piece in pieces if rng.random() < 0.8]
        unlocked += [(a, b - 60) for a, b in pieces if b - 60 > a]
        locked += [(midnight + k * 2700, midnight + k * 2700 + 2640) for k in range(10)]
        at_s += sorted(midnight + 60 * m for m in rng.sample(range(550, 1200), ENTRIES))
    events = Events("front", "entry", tuple(at_s), EVER)
    evidence = Evidence(
        (Lock("front", tuple(unlocked), tuple(locked)),),
        events=(events,),
        held=held_open((events,), Parameters()),
    )
    return Unit(f"venue-{number}", frozenset({KINDS[number % len(KINDS)]}), schedule, evidence)


def _of_period(rules: tuple[Rule, ...], unit: Unit, *, is_week: bool) -> list[Rule]:
    return [
        rule
        for rule in rules
        if rule.applies_to(unit.subjects) and (rule.period == "week") == is_week
    ]


def _alone_ms(unit: Unit, rules: tuple[Rule, ...], week: int) -> float:
    """Return how long one week takes by itself, out of the evidence of that week."""
    span = week_of(date.fromisocalendar(YEAR, week, 1))
    alone = a_venue(week, unit.schedule.calendar, span.first, span.last)
    began = time.process_time()
    judge = Judge(alone)
    for rule in _of_period(rules, alone, is_week=True):
        judge.judge(rule, span)
    return 1000 * (time.process_time() - began)


def _gone_through(unit: Unit) -> float:
    evidence = unit.evidence
    lock = evidence.locks[0]
    began = time.process_time()
    sum(end - start for spans in (lock.unlocked, lock.locked, evidence.held or ())
        for start, end in spans)  # fmt: skip
    sum(evidence.events[0].at_s)
    return time.process_time() - began
