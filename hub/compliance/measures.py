"""What each metric measures of one venue in one period: bounds, and what they make of a rule.

A measure sees one reading of the evidence: O and U of a period. The declared schedule itself is a
reading too, with O = D and nothing unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from hub.compliance.bounds import Bounds, Status, between, every, exactly, share, some
from hub.compliance.calendar import Vacation
from hub.compliance.evidence import Split
from hub.compliance.intervals import (
    Interval,
    Intervals,
    clipped,
    difference,
    intersection,
    seconds,
    union,
)
from hub.compliance.localtime import Span, days
from hub.compliance.rules import Policy, Rule, Usage
from hub.compliance.schedule import Schedule

HOUR: Final = 3600


@dataclass(frozen=True)
class Period:
    """One period of one venue or zone: what all rules and readings share is worked out once."""

    span: Span
    schedule: Schedule
    subjects: frozenset[str]
    policy: Policy
    declared: Intervals
    template: Intervals
    is_over: bool = True
    _windows: dict[tuple[int, int], Intervals] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def days(self) -> Mapping[date, Interval]:
        """Return its days, each as the policy cuts it."""
        clock, cut = self.schedule.clock, self.policy.day_cut_seconds
        found = {}
        for day in days(self.span.first, self.span.last):
            start, end = clock.day(day)
            found[day] = (start + cut, end + cut)
        return found

    @cached_property
    def noticed(self) -> Intervals:
        """Return what valid closure notices excuse."""
        clock, lead = self.schedule.clock, self.policy.notice_lead_days
        return union(
            (notice.start_s, notice.until_s)
            for notice in self.schedule.notices
            if notice.is_valid(clock, lead)
        )

    @cached_property
    def excused(self) -> Intervals:
        """Return X: valid notices, and statutory days of those who may reduce hours there."""
        reduced: Intervals = ()
        if self.subjects & self.policy.statutory_relief:
            clock, calendar = self.schedule.clock, self.schedule.calendar
            statutory = calendar.statutory_days(self.span.first, self.span.last)
            reduced = union(clock.day(day) for day in statutory)
        return union(self.noticed, reduced)

    @cached_property
    def credit(self) -> Intervals:
        """Return what the timetable would have been open and is excused from.

        Only what is not declared: a venue that does not keep its reduced hours is not excused.
        """
        if self.policy.relief != "template_credit":
            return ()
        return intersection(difference(self.template, self.declared), self.excused)

    @property
    def excuses_something(self) -> bool:
        """Tell whether raw and adjusted can differ at all."""
        start, end = self.days[self.span.first][0], self.days[self.span.last][1]
        return bool(clipped(self.excused, start, end))

    def working_window(self, window: tuple[int, int]) -> Intervals:
        """Return the public's working time in the period."""
        known = self._windows.get(window)
        if known is None:
            calendar, clock = self.schedule.calendar, self.schedule.clock
            known = self._windows[window] = union(
                (clock.at(day, window[0]), clock.at(day, window[1]))
                for day in days(self.span.first, self.span.last)
                if calendar.day_type(day).is_working
            )
        return known


@dataclass(frozen=True, slots=True)
class Case:
    """One rule over one period: what does not change from reading to reading."""

    rule: Rule
    threshold: Fraction
    period: Period
    usage: Usage = field(default_factory=Usage)
    register: Mapping[str, bool] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """Return how the law is read."""
        return self.period.policy

    @property
    def schedule(self) -> Schedule:
        """Return what the venue declares."""
        return self.period.schedule


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of a rule says."""

    status: Status
    bounds: Bounds | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """What is told beside: per day, per festival, other windows; plain values."""


Measure = Callable[[Case, Split, bool], Reading]
"""(case, O and U, whether what the law excuses is credited) -> reading."""


def judged(case: Case, bounds: Bounds | None, **details: Any) -> Reading:
    """Return what bounds make of a rule; no bounds: not applicable."""
    if bounds is None:
        return Reading(Status.NOT_APPLICABLE, None, details)
    threshold = case.threshold
    match case.rule.op:
        case ">=":
            status = bounds.at_least(threshold)
        case ">":
            status = bounds.at_least(threshold, strictly=True)
        case "<=":
            status = bounds.at_most(threshold)
        case "==":
            status = bounds.equals(threshold)
    return Reading(status, bounds, details)


def weekly_hours(case: Case, parts: Split, credited: bool) -> Reading:
    """Hours open in a period."""
    opened = union(parts.opened, case.period.credit) if credited else parts.opened
    if case.policy.count_outside_declared:
        opened = union(opened, parts.extra_open)
    low = seconds(opened)
    high = low + seconds(difference(parts.unknown, opened))
    bounds = Bounds(Fraction(low, HOUR), Fraction(high, HOUR))
    if credited and case.policy.relief == "pro_rata_days":
        lost = sum(_is_excused(case, day, case.period.excused) for day in case.period.days)
        asked = case.threshold * (case.period.span.days - lost) / case.period.span.days
        return Reading(bounds.at_least(asked), bounds, {"asked_h": asked})
    return judged(case, bounds)


def every_day(case: Case, parts: Split, credited: bool) -> Reading:
    """Open on each day of a period."""
    noticed = case.period.noticed if credited else ()
    told = {}
    for day in case.period.days:
        is_excused = credited and case.policy.relief != "none" and _is_excused(case, day, noticed)
        told[day] = Status.NOT_APPLICABLE if is_excused else _open_day(case, parts, day)
    return Reading(every(told.values()), None, {"days": _by_status(told)})


def offpeak_share(case: Case, parts: Split, credited: bool) -> Reading:
    """Which share of the open time lies outside of the public's working time."""
    opened = union(parts.opened, case.period.credit) if credited else parts.opened
    unknown = difference(parts.unknown, opened)

    def measured(window: tuple[int, int]) -> Bounds | None:
        inside = case.period.working_window(window)
        n, u_n = seconds(intersection(opened, inside)), seconds(intersection(unknown, inside))
        return share(seconds(opened) - n, n, seconds(unknown) - u_n, u_n)

    bounds = measured(case.policy.window)
    others = {
        f"{_clock(start)}-{_clock(end)}": measured((start, end))
        for start, end in case.policy.sensitivity
    }
    return judged(case, bounds, sensitivity=others)


def open_days(case: Case, parts: Split, credited: bool) -> Reading:
    """How many days of a period a venue was open."""
    credit = case.period.credit if credited else ()
    low = high = 0
    for day in case.period.days:
        status = _open_day(case, parts, day, credit)
        low += status is Status.COMPLIANT
        high += status is not Status.NON_COMPLIANT
    return judged(case, between(low, high))


def statutory_holidays(case: Case, parts: Split, credited: bool) -> Reading:
    """Open on each statutory day; per festival beside, which the law may mean as well."""
    noticed = case.period.noticed if credited else ()
    festivals: dict[str, Status] = {}
    told: dict[date, Status] = {}
    for festival in case.schedule.calendar.festivals(case.period.span.first, case.period.span.last):
        for day in festival.days:
            is_excused = credited and _is_excused(case, day, noticed)
            told[day] = Status.NOT_APPLICABLE if is_excused else _open_day(case, parts, day)
        name = f"{festival.name_zh} {festival.days[0]}"
        festivals[name] = some(told[day] for day in festival.days)
    details = {
        "days": _by_status(told),
        "festivals": {name: str(status) for name, status in festivals.items()},
        "per_festival": str(every(festivals.values())),
    }
    return Reading(every(told.values()), None, details)


def vacation_extension(case: Case, parts: Split, credited: bool) -> Reading:
    """How many minutes a day more are declared in school vacations, weekday by weekday.

    The mean over the seven weekdays of vacation mean less term mean, winter and summer apart. A
    plain mean per day would find an extension where vacations only hold fewer closed Mondays.
    """
    del credited
    minutes = {
        day: Fraction(seconds(clipped(parts.opened, *case.period.days[day])), 60)
        for day in case.period.days
    }
    calendar = case.schedule.calendar
    term = [day for day in minutes if calendar.vacation(day) is None]
    results: dict[str, Bounds] = {}
    for vacation in calendar.vacations:
        inside = [day for day in minutes if vacation.covers(day)]
        matched = _matched(minutes, inside, term)
        if matched is not None:
            results[_name_of(vacation)] = exactly(matched)
    if not results:
        return Reading(Status.NOT_APPLICABLE, None, {"vacations": {}})
    told = {name: judged(case, bounds).status for name, bounds in results.items()}
    # The weakest of them is the number that is told: each has to be extended.
    weakest = min(results.values(), key=lambda bounds: bounds.low)
    details = {
        "vacations": dict(results),
        "verdicts": {name: str(status) for name, status in told.items()},
    }
    return Reading(every(told.values()), weakest, details)


def notice_lead(case: Case, parts: Split, credited: bool) -> Reading:
    """How many calendar days ahead each closure of the period was told."""
    del parts
    clock = case.schedule.clock
    start, end = clock.span(case.period.span.first, case.period.span.last)
    told: dict[str, Status] = {}
    leads: list[Fraction] = []
    for notice in case.schedule.notices:
        if notice.is_void or not start <= notice.start_s < end:
            continue
        name = f"{clock.show(notice.start_s)} {notice.reason}"
        lead = notice.lead_days(clock)
        if lead is not None:
            leads.append(Fraction(lead))
        if lead is None:
            told[name] = Status.NON_COMPLIANT
        elif credited and notice.is_sudden:
            in_time = notice.is_valid(clock, 0)
            told[name] = Status.COMPLIANT if in_time else Status.NON_COMPLIANT
        else:
            told[name] = judged(case, exactly(lead)).status
    bounds = exactly(min(leads)) if leads else None
    details = {"notices": {name: str(status) for name, status in told.items()}}
    return Reading(every(told.values()), bounds, details)


def hours_kept(case: Case, parts: Split, credited: bool) -> Reading:
    """Which share of the declared time a venue was open."""
    del credited
    whole = seconds(case.period.declared)
    if not whole:
        return judged(case, None)
    low, unknown = seconds(parts.opened), seconds(parts.unknown)
    return judged(case, between(Fraction(low, whole), Fraction(low + unknown, whole)))


def hours_published(case: Case, parts: Split, credited: bool) -> Reading:
    """Whether opening hours are published: a timetable is in force on every day."""
    del parts, credited
    known = case.register.get(case.rule.metric)
    if known is None:
        clock = case.schedule.clock
        known = all(
            case.schedule.version_at(clock.midnight(day)) != "none" for day in case.period.days
        )
    return judged(case, exactly(int(known)))


def registered(case: Case, parts: Split, credited: bool) -> Reading:
    """Tell what only a register knows: yes, no, or nobody has written it down."""
    del parts, credited
    known = case.register.get(case.rule.metric)
    return judged(case, between(0, 1) if known is None else exactly(int(known)))


def used(case: Case, parts: Split, credited: bool) -> Reading:
    """How often a venue was used: what was counted, and no upper bound where nobody counted."""
    del credited
    return judged(case, _counted(case, parts, case.rule.metric.removesuffix("_count")))


def visits_an_hour(case: Case, parts: Split, credited: bool) -> Reading:
    """Visits an hour that a venue was open."""
    del credited
    visits = _counted(case, parts, "visits")
    opened = seconds(parts.opened)
    longest = opened + seconds(parts.unknown)
    if not longest:
        return judged(case, None)
    low = visits.low * HOUR / longest
    high = visits.high * HOUR / opened if visits.high is not None and opened else None
    return judged(case, Bounds(low, high))


MEASURES: Final[Mapping[str, Measure]] = {
    "open_hours_per_week_h": weekly_hours,
    "open_every_day_bool": every_day,
    "offpeak_open_hours_share_ratio": offpeak_share,
    "open_days_per_year_d": open_days,
    "statutory_holiday_open_bool": statutory_holidays,
    "vacation_minus_term_mean_daily_open_minutes": vacation_extension,
    "closure_notice_lead_days": notice_lead,
    "opening_hours_published_bool": hours_published,
    "free_admission_bool": registered,
    "published_hours_kept_ratio": hours_kept,
    "visits_count": used,
    "visits_per_open_hour": visits_an_hour,
    "loans_count": used,
    "kiosk_sessions_count": used,
}
DECLARED_ONLY: Final = frozenset(
    {
        "vacation_minus_term_mean_daily_open_minutes",
        "closure_notice_lead_days",
        "opening_hours_published_bool",
        "free_admission_bool",
    }
)
"""Judged by what is declared: no sensor has a say."""
USAGE: Final = frozenset(
    {"visits_count", "visits_per_open_hour", "loans_count", "kiosk_sessions_count"}
)
"""Judged by what was counted: a timetable has no say."""


def _open_day(case: Case, parts: Split, day: date, credit: Intervals = ()) -> Status:
    """Judge whether a day had its least open time."""
    start, end = case.period.days[day]
    least = case.policy.min_open_minutes * 60
    opened = clipped(parts.opened, start, end)
    if credit:
        opened = union(opened, clipped(credit, start, end))
    low = seconds(opened)
    if low >= least:
        return Status.COMPLIANT
    high = low + seconds(difference(clipped(parts.unknown, start, end), opened))
    return Status.NON_COMPLIANT if high < least else Status.INSUFFICIENT


def _is_excused(case: Case, day: date, excused: Intervals) -> bool:
    """Tell whether all that the timetable says of a day is excused."""
    usual = clipped(case.period.template, *case.period.days[day])
    return bool(usual) and not difference(usual, excused)


def _matched(
    minutes: Mapping[date, Fraction], inside: list[date], term: list[date]
) -> Fraction | None:
    differences: list[Fraction] = []
    for weekday in range(7):
        left = [minutes[day] for day in inside if day.weekday() == weekday]
        right = [minutes[day] for day in term if day.weekday() == weekday]
        if left and right:
            differences.append(_mean(left) - _mean(right))
    return _mean(differences) if differences else None


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / Fraction(len(values))


def _name_of(vacation: Vacation) -> str:
    return f"{vacation.name} {vacation.first}..{vacation.last}"


def _counted(case: Case, parts: Split, what: str) -> Bounds:
    counted = case.usage.counted.get(what)
    if counted is None:
        return Bounds(Fraction(0), None)
    # What passed while nobody counted, and what is still to come, has no upper bound.
    is_whole = case.period.is_over and not parts.reasons.get("not_heard")
    return Bounds(Fraction(counted), Fraction(counted) if is_whole else None)


def _by_status(told: Mapping[date, Status]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for day, status in told.items():
        result.setdefault(str(status), []).append(str(day))
    return result


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second % 3600 // 60:02}"
