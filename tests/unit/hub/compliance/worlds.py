"""Random venues for tests of the judge: schedules, notices and evidence in whole minutes."""

import random
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hub.compliance.calendar import Calendar, DayType
from hub.compliance.evidence import Events, Evidence, Lock, Override, Parameters
from hub.compliance.intervals import EVER, Intervals, difference, union
from hub.compliance.localtime import LocalTime, Span, week_of
from hub.compliance.schedule import (
    ClosureNotice,
    DatedException,
    HolidayRule,
    Schedule,
    Sessions,
    Timetable,
)
from hub.lawbook import read_calendar

CALENDAR: Calendar = read_calendar()
CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
EDGES = (
    date(2025, 12, 29), date(2026, 2, 16), date(2026, 9, 14), date(2026, 9, 28),
    date(2024, 12, 30), date(2027, 1, 1), date(2026, 3, 2),
)  # fmt: skip


def sessions(rng: random.Random) -> Sessions:
    kind = rng.random()
    if kind < 0.15:
        return ()
    if kind < 0.25:
        return ((0, 86_400),)
    if kind < 0.4:  # over midnight
        opens = rng.randrange(17 * 60, 24 * 60) * 60
        return ((opens, 86_400 + rng.randrange(30, 5 * 60) * 60),)
    cuts = sorted(rng.sample(range(6 * 60, 23 * 60, 5), rng.choice((2, 2, 4))))
    return tuple((a * 60, b * 60) for a, b in zip(cuts[::2], cuts[1::2], strict=True))


def stretches(rng: random.Random, start: int, end: int, most: int) -> Intervals:
    found = []
    for _ in range(rng.randint(0, most)):
        a = rng.randrange(start, end, 60)
        found.append((a, a + rng.choice((1, 2, 3, 10, 45, 200, 700)) * 60))
    return union(found)


def a_world(seed: int) -> tuple[Schedule, Evidence, Parameters, Span]:
    rng = random.Random(seed)
    week = week_of(rng.choice(EDGES) + timedelta(days=7 * rng.choice((0, 0, 1))))
    span = rng.choice(
        (week, Span("days", week.first + timedelta(days=2), week.first + timedelta(days=4)))
    )
    start, end = CLOCK.span(span.first, span.last)
    around = (start - 3 * 86_400, end + 86_400)

    def when() -> int | None:
        return rng.choice((None, None, rng.randrange(*around, 60)))

    def day() -> date:
        return span.first + timedelta(days=rng.randint(-1, span.days))

    def gone() -> int | None:
        return rng.choice((None, None, None, rng.randrange(*around, 60)))

    timetables = [Timetable("1", tuple(sessions(rng) for _ in range(7)))]
    timetables += [
        Timetable(f"{number + 2}", tuple(sessions(rng) for _ in range(7)), day(), when(), gone())
        for number in range(rng.choice((0, 0, 1, 2)))
    ]
    rules = [
        HolidayRule(frozenset(rng.sample(list(DayType), 2)), sessions(rng), None, when(), gone())
        for _ in range(rng.choice((0, 0, 1)))
    ]
    exceptions = [
        DatedException(day(), sessions(rng), when(), gone())
        for _ in range(rng.choice((0, 0, 1, 3)))
    ]
    notices = []
    for _ in range(rng.choice((0, 0, 1, 2))):
        a = rng.randrange(start - 86_400, end, 60)
        notices.append(
            ClosureNotice(
                a,
                a + rng.choice((60, 600, 3000)) * 60,
                rng.choice(("维修", "突发")),
                rng.choice((None, a - 86_400, a - 8 * 86_400, a + 3600, a + 90_000)),
                withdrawn_s=rng.choice((None, None, a - 3600, a + 1200)),
            )
        )
    schedule = Schedule(
        CLOCK, CALENDAR, tuple(timetables), tuple(rules), tuple(exceptions), tuple(notices)
    )
    wide = (start - 86_400, end + 86_400)
    locks = []
    for number in range(rng.choice((0, 1, 1, 2))):
        gaps = stretches(rng, *wide, 6)
        unlocked = difference(stretches(rng, *wide, 8), gaps)
        if rng.random() < 0.5:
            unlocked = difference(schedule.declared(span.first, span.last), gaps)
        locked = difference(difference((wide,), unlocked), union(gaps, stretches(rng, *wide, 4)))
        locks.append(Lock(f"lock-{number}", unlocked, locked))
    events = []
    for number in range(rng.choice((0, 1, 2))):
        at = sorted({rng.randrange(*wide, 60) for _ in range(rng.choice((0, 3, 20, 80)))})
        heard = EVER if rng.random() < 0.4 else difference((wide,), stretches(rng, *wide, 5))
        events.append(Events(f"events-{number}", "entry", tuple(at), heard))
    overrides = []
    for number in range(rng.choice((0, 0, 1, 2))):
        a = rng.randrange(*wide, 60)
        overrides.append(
            Override(a, a + rng.randint(1, 600) * 60, rng.random() < 0.5, "who", number, "why")
        )
    staff = stretches(rng, *wide, 3) if rng.random() < 0.3 else ()
    evidence = Evidence(tuple(locks), staff, tuple(events), tuple(overrides))
    parameters = Parameters(
        max_gap_seconds=rng.choice((0, 600, 3600)),
        hold_seconds=rng.choice((0, 60, 900)),
        bridge_seconds=rng.choice((0, 60, 120, 600)),
        min_independent_events=rng.choice((1, 1, 3)),
    )
    return schedule, evidence, parameters, span
