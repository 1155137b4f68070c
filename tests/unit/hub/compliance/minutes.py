"""Another judge, minute by minute: it shares no arithmetic with the one that it checks.

Every minute of a period is asked by itself: declared or not, open, closed or unknown, working time
or not. Instants are whole minutes.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from hub.compliance.calendar import Calendar, DayType
from hub.compliance.evidence import Evidence, Lock, Parameters
from hub.compliance.rules import Policy
from hub.compliance.schedule import (
    DatedException,
    HolidayRule,
    Schedule,
    Sessions,
    Timetable,
)

MINUTE = 60


@dataclass
class Minutes:
    """What became of each minute, by its Unix second."""

    declared: set[int]
    opened: set[int]
    closed: set[int]

    @property
    def unknown(self) -> set[int]:
        return self.declared - self.opened - self.closed


def judge_minutes(
    schedule: Schedule, evidence: Evidence, parameters: Parameters, first: date, last: date
) -> Minutes:
    _REMEMBERED.clear()
    zone = schedule.clock.zone
    start = int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())
    after = last + timedelta(days=1)
    end = int(datetime(after.year, after.month, after.day, tzinfo=zone).timestamp())
    span = range(start, end, MINUTE)
    declared = {at for at in span if is_declared(schedule, at)}
    result = Minutes(declared, set(), set())
    # Evidence reaches beyond the period: look two days around it.
    wide = range(start - 2 * 86_400, end + 2 * 86_400, MINUTE)
    unlocked, locked = lock_minutes(evidence.locks, parameters.bridge_seconds, wide)
    events = sorted({at for one in evidence.events for at in one.at_s if inside(one.heard, at)})
    # A locked stretch that reaches into the period is in conflict with an event before it too.
    counted = [at for at in events if at in declared or is_declared(schedule, at)]
    run_starts, conflicts = conflicts_of(locked, counted, wide)
    by_state = {zone_day(schedule, at) for at in wide if at in unlocked or staffed(
        evidence, at, run_starts)}  # fmt: skip
    per_day: dict[date, int] = {}
    for event in counted:
        day = zone_day(schedule, event)
        per_day[day] = per_day.get(day, 0) + 1
    for at in declared:
        told = override_at(evidence, at)
        if told is None and at not in conflicts:
            told = told_by_state(evidence, at, unlocked, locked, run_starts)
            if told is None and shown_by_events(evidence, events, at, parameters):
                day = zone_day(schedule, at)
                enough = per_day.get(day, 0) >= parameters.min_independent_events
                alone = parameters.min_independent_events > 1 and day not in by_state
                told = True if enough or not alone else None
        if told is not None:
            (result.opened if told else result.closed).add(at)
    return result


def conflicts_of(locked: set[int], counted: list[int], span: range) -> tuple[list[int], set[int]]:
    """Return the first minutes of all locked stretches, and the minutes of those with an event."""
    starts: list[int] = []
    conflicts: set[int] = set()
    run: list[int] = []
    for at in [*span, span.stop]:
        if at in locked:
            run.append(at)
            continue
        if run:
            starts.append(run[0])
            if any(run[0] <= event <= run[-1] for event in counted):
                conflicts |= set(run)
            run = []
    return starts, conflicts


def told_by_state(
    evidence: Evidence, at: int, unlocked: set[int], locked: set[int], run_starts: list[int]
) -> bool | None:
    if at in unlocked:
        return True
    if at in locked:
        return False
    return True if staffed(evidence, at, run_starts) else None


def zone_day(schedule: Schedule, at: int) -> date:
    return datetime.fromtimestamp(at, schedule.clock.zone).date()


def painted(stretches: tuple[tuple[int, int], ...], span: range) -> set[int]:
    """Return the minutes of a span that lie in one of some stretches."""
    found: set[int] = set()
    for start, end in stretches:
        found.update(range(max(start, span.start), min(end, span.stop), MINUTE))
    return found


def inside(stretches: tuple[tuple[int, int], ...], at: int) -> bool:
    return any(start <= at < end for start, end in stretches)


def is_declared(schedule: Schedule, at: int) -> bool:
    for notice in schedule.notices:
        if notice.published_s is None or not notice.start_s <= at < notice.end_s:
            continue
        if notice.withdrawn_s is not None and notice.withdrawn_s <= at:
            continue
        sudden = notice.reason in {"突发", "不可抗力"}
        if sudden and notice.published_s <= notice.start_s + 86_400:
            return False
        if notice.published_s <= at:
            return False
    local = datetime.fromtimestamp(at, schedule.clock.zone)
    second = local.hour * 3600 + local.minute * 60
    today = local.date()
    return any(
        opens <= second + shift * 86_400 < closes
        for shift in (0, 1)
        for opens, closes in sessions_of(schedule, today - timedelta(days=shift), at)
    )


_REMEMBERED: dict[tuple[int, date, frozenset[int]], Sessions] = {}
"""A day's sessions by schedule and by what had been published: asked for each of 1 440 minutes."""


def sessions_of(schedule: Schedule, day: date, at: int) -> Sessions:
    """Return a day's sessions by what had been published at an instant."""
    changes: tuple[Timetable | HolidayRule | DatedException, ...] = (
        *schedule.timetables,
        *schedule.holiday_rules,
        *schedule.exceptions,
    )
    published = frozenset(
        number
        for number, change in enumerate(changes)
        if (change.published_s is None or change.published_s <= at)
        and (change.withdrawn_s is None or at < change.withdrawn_s)
    )
    key = (id(schedule), day, published)
    if key not in _REMEMBERED:
        _REMEMBERED[key] = _sessions_of(schedule, day, at)
    return _REMEMBERED[key]


def _sessions_of(schedule: Schedule, day: date, at: int) -> Sessions:
    def told(change: object) -> bool:
        published = getattr(change, "published_s")  # noqa: B009
        withdrawn = getattr(change, "withdrawn_s")  # noqa: B009
        return (published is None or published <= at) and (withdrawn is None or at < withdrawn)

    def newest(changes: list[tuple[int, int, Sessions]]) -> Sessions:
        return max(changes, key=lambda change: change[:2])[2]

    def rank(number: int, published: int | None) -> tuple[int, int]:
        return (-1 if published is None else published, number)

    exact = [
        (*rank(number, e.published_s), e.sessions)
        for number, e in enumerate(schedule.exceptions)
        if e.day == day and told(e)
    ]
    if exact:
        return newest(exact)
    kind = schedule.calendar.day_type(day)
    holiday = [
        (*rank(number, rule.published_s), rule.sessions)
        for number, rule in enumerate(schedule.holiday_rules)
        if kind in rule.types and told(rule) and (rule.effective_from or day) <= day
    ]
    if holiday:
        return newest(holiday)
    tables = [t for t in schedule.timetables if told(t) and (t.effective_from or day) <= day]
    if not tables:
        return ()
    latest = max(t.effective_from or date.min for t in tables)
    return newest(
        [
            (*rank(number, t.published_s), t.week[day.weekday()])
            for number, t in enumerate(tables)
            if (t.effective_from or date.min) == latest
        ]
    )


def lock_minutes(
    locks: tuple[Lock, ...], bridge_seconds: int, span: range
) -> tuple[set[int], set[int]]:
    """Return the minutes in which some lock is unlocked, and in which all are locked."""
    if not locks:
        return set(), set()
    states: list[dict[int, bool]] = []
    for lock in locks:
        is_unlocked, is_locked = painted(lock.unlocked, span), painted(lock.locked, span)
        state = {at: at in is_unlocked for at in is_unlocked ^ is_locked}
        gap: list[int] = []
        before: bool | None = None
        for at in span:
            if at in state:
                if gap and before is state[at] and len(gap) * MINUTE <= bridge_seconds:
                    state.update(dict.fromkeys(gap, before))
                gap, before = [], state[at]
            elif before is not None:
                gap.append(at)
        states.append(state)
    unlocked = {at for at in span if any(state.get(at) is True for state in states)}
    locked = {at for at in span if all(state.get(at) is False for state in states)}
    return unlocked, locked - unlocked


def staffed(evidence: Evidence, at: int, run_starts: list[int]) -> bool:
    return any(
        start <= at < end and not any(start < run <= at for run in run_starts)
        for start, end in evidence.staff
    )


def override_at(evidence: Evidence, at: int) -> bool | None:
    found = [o for o in evidence.overrides if o.start_s <= at < o.end_s]
    if not found:
        return None
    return max(found, key=lambda o: (o.at_s, o.start_s, o.end_s, o.is_open)).is_open


def shown_by_events(evidence: Evidence, events: list[int], at: int, parameters: Parameters) -> bool:
    if not any(inside(one.heard, at) for one in evidence.events):
        return False
    before = [event for event in events if event <= at]
    if not before:
        return False
    latest = before[-1]
    following = next((event for event in events if event > at), None)
    if following is not None and following - latest <= parameters.max_gap_seconds:
        return True
    return at < latest + parameters.hold_seconds


def working(calendar: Calendar, schedule: Schedule, policy: Policy, at: int) -> bool:
    local = datetime.fromtimestamp(at, schedule.clock.zone)
    if calendar.day_type(local.date()) not in {DayType.WORK, DayType.MAKEUP}:
        return False
    second = local.hour * 3600 + local.minute * 60
    return policy.window[0] <= second < policy.window[1]


def share_bounds(
    minutes: Minutes, schedule: Schedule, policy: Policy
) -> tuple[Fraction, Fraction] | None:
    """Return the least and the most that the off-peak share can be, by trying both extremes."""
    calendar = schedule.calendar
    peak = {at for at in minutes.declared if working(calendar, schedule, policy, at)}
    opened, unknown = minutes.opened, minutes.unknown
    if not opened and not unknown:
        return None
    least = opened | (unknown & peak)
    most = opened | (unknown - peak)
    low = Fraction(len(least - peak), len(least)) if least else Fraction(0)
    high = Fraction(len(most - peak), len(most)) if most else Fraction(1)
    return low, high
