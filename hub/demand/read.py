"""A venue's demand, read from its visits, its coverage and what it declared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from hub.compliance.bounds import Status
from hub.compliance.intervals import intersection
from hub.compliance.judge import Judge, Unit
from hub.compliance.localtime import LocalTime, Span, days, week_of
from hub.compliance.rules import Policy, Rule
from hub.compliance.schedule import Schedule, Timetable, Week
from hub.demand.counted import visits_of, watched_of
from hub.demand.plan import Plan, Shape, length
from hub.demand.profile import STEP_SECONDS, STEPS_A_DAY, observe
from hub.demand.proposals import Demand, propose
from hub.history.read import Reading
from hub.venues import Venue

WEEKS: Final = 8
_USUAL_CUT: Final = 8
"""Four in the morning."""
_EARLIEST, _LATEST = 16, 44
"""Nobody asks that staff come before eight or leave after ten, unless they do so now."""


@dataclass(frozen=True, slots=True)
class VenueDemand:
    """What is known of a venue's week, and what could be better."""

    venue: Venue
    demand: Demand
    first: date
    last: date
    """The days that were looked at."""
    left_out: tuple[date, ...]
    """Those of them that were no ordinary days: holidays, make-up days."""
    least_hours: float
    """What the rules ask of a week at least; 0: nothing."""
    is_rounded: bool
    """The present hours are no whole half hours, and were taken as the nearest ones."""


def read_demand(
    store: Reading,
    venue: Venue,
    schedule: Schedule,
    rules: Iterable[Rule],
    now_s: int,
    *,
    weeks: int = WEEKS,
    stale_ms: int = 0,
) -> VenueDemand:
    """Return a venue's demand from the whole days of the last `weeks` weeks. Raises StoreError."""
    clock, calendar = schedule.clock, schedule.calendar
    last = clock.day_of(now_s) - timedelta(days=1)
    first = last - timedelta(days=7 * weeks - 1)
    left_out = tuple(
        day
        for day in days(first, last)
        # On other days the usual week does not hold.
        if calendar.day_type(day).value != ("rest" if day.weekday() >= 5 else "work")
    )
    start_s, end_s = clock.span(first, last)
    visits = visits_of(store, venue, start_s, end_s)
    watched = watched_of(store, venue, start_s, end_s, now_s * 1000 + stale_ms)
    known = intersection(schedule.declared(first, last), watched)
    seen = observe(clock.zone, visits, known, frozenset(left_out))
    plan, is_rounded = plan_of(schedule.week_on(last + timedelta(days=1)))
    cut = _cut(plan)
    duties = [rule for rule in rules if rule.period == "week"]
    duties = [rule for rule in duties if rule.applies_to(frozenset({venue.kind}))]
    least = _least_steps(duties, last.year)
    total = max(length(plan), least) if any(plan) else 0
    found = propose(seen, plan, shape_of(plan, cut), cut=cut, total=total)
    found = _lawful(found, venue, schedule, duties, last)
    return VenueDemand(venue, found, first, last, left_out, least / 2, is_rounded)


def plan_of(week: Week) -> tuple[Plan, bool]:
    """Return a weekly timetable in half hours, and whether it had to be rounded to them."""
    plan = tuple(
        tuple(
            (round(opens / STEP_SECONDS), round(closes / STEP_SECONDS))
            for opens, closes in day
            if round(opens / STEP_SECONDS) < round(closes / STEP_SECONDS)
        )
        for day in week
    )
    exact = all(second % STEP_SECONDS == 0 for day in week for span in day for second in span)
    return plan, not exact


def week_of_plan(plan: Plan) -> Week:
    """Return half hours as a weekly timetable."""
    return tuple(
        tuple((opens * STEP_SECONDS, closes * STEP_SECONDS) for opens, closes in day)
        for day in plan
    )


def shape_of(plan: Plan, cut: int) -> Shape:
    """Return what hours may look like: as the present ones, or within eight to ten o'clock."""
    sessions = [session for day in plan for session in day]
    default = Shape(_EARLIEST, _LATEST)
    return Shape(
        max(cut, min([_EARLIEST, *(opens for opens, _ in sessions)])),
        min(STEPS_A_DAY + cut, max([_LATEST, *(closes for _, closes in sessions)])),
        min([default.shortest, *(closes - opens for opens, closes in sessions)]),
        default.pause,
        max([default.most_sessions, *(len(day) for day in plan)]),
        tuple(bool(day) for day in plan),
    )


def _cut(plan: Plan) -> int:
    """Return a step of the day over which no session goes, the one next to four o'clock."""

    def is_crossed(cut: int) -> bool:
        return any(
            opens < at < closes
            for day in plan
            for opens, closes in day
            for at in (cut, cut + STEPS_A_DAY)
        )

    free = [cut for cut in range(STEPS_A_DAY) if not is_crossed(cut)]
    return min(free, key=lambda cut: abs(cut - _USUAL_CUT), default=0)


def _least_steps(duties: Iterable[Rule], year: int) -> int:
    asked = [
        threshold
        for rule in duties
        if rule.metric == "open_hours_per_week_h"
        and (threshold := rule.threshold(year)) is not None
    ]
    return max((-int(-threshold * 3600 // STEP_SECONDS) for threshold in asked), default=0)


def _lawful(
    demand: Demand, venue: Venue, schedule: Schedule, duties: Iterable[Rule], last: date
) -> Demand:
    """Leave out what would fail a duty that the present hours keep."""
    duties = tuple(duties)
    week = _ordinary_week(schedule, last)

    def kept(plan: Plan) -> frozenset[str]:
        clock = LocalTime(schedule.clock.zone)
        timetable = Timetable("proposed", week_of_plan(plan))
        unit = Unit(
            venue.id,
            frozenset({venue.kind}),
            Schedule(clock, schedule.calendar, (timetable,)),
        )
        judge = Judge(unit, policy=Policy())
        good = {Status.COMPLIANT, Status.WITH_EXCEPTION, Status.NOT_APPLICABLE}
        return frozenset(
            rule.id for rule in duties if judge.judge(rule, week).declared_adjusted.status in good
        )

    now = kept(demand.present)
    lawful = tuple(p for p in demand.proposals if kept(p.plan) >= now)
    if len(lawful) == len(demand.proposals):
        return demand
    return replace(demand, proposals=lawful, why_none="" if lawful else "unlawful")


def _ordinary_week(schedule: Schedule, after: date) -> Span:
    """Return a week to come of ordinary days only, else the next one."""
    for ahead in range(1, 10):
        week = week_of(after + timedelta(days=7 * ahead))
        kinds = [schedule.calendar.day_type(day).value for day in days(week.first, week.last)]
        if kinds == ["work"] * 5 + ["rest"] * 2:
            return week
    return week_of(after + timedelta(days=7))
