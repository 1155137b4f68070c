"""Verdicts: one rule, one venue or zone, one period, in every reading, with what they rest on.

declared    the timetable alone: exact, can be told of next week
observed    what evidence shows: bounds
raw         the rule as it is read literally;  adjusted: with what the law excuses
tolerance   raw, with sessions that began or ended within the tolerance read as kept
"""

import hashlib
import json
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

from hub.compliance.bounds import Status, every
from hub.compliance.calendar import Standing
from hub.compliance.evidence import (
    Evidence,
    Grade,
    Parameters,
    Split,
    coverage,
    lock_states,
    split,
    within_tolerance,
)
from hub.compliance.intervals import Interval, Intervals, clipped, difference, union
from hub.compliance.localtime import Span, week_of
from hub.compliance.measures import DECLARED_ONLY, MEASURES, USAGE, Case, Period, Reading
from hub.compliance.rules import Policy, Rule, Usage
from hub.compliance.schedule import Schedule

Forecast = Literal["reached", "reachable", "unreachable", "over"]
FARTHEST: Final = 31 * 86_400
"""How far outside of a period an event in one locked stretch with it is looked for."""


@dataclass(frozen=True)
class Unit:
    """A venue, or a zone of one: what it is, what it declared, what is known of it."""

    id: str
    subjects: frozenset[str]
    schedule: Schedule
    evidence: Evidence = field(default_factory=Evidence)
    in_service: tuple[date | None, date | None] = (None, None)
    """First and last day of service; None: no such day."""
    usage: Mapping[str, Usage] = field(default_factory=dict)
    """By the name of the period."""
    register: Mapping[str, bool] = field(default_factory=dict)
    """What only a register knows, by metric."""


@dataclass(frozen=True)
class Verdict:
    """A verdict and everything it rests on."""

    rule: Rule
    unit: str
    span: Span
    status: Status
    raw: Reading
    adjusted: Reading
    tolerance: Reading
    declared_raw: Reading
    declared_adjusted: Reading
    threshold: Fraction | None
    is_final: bool
    """The period is over; before that only what can no longer change is told."""
    forecast: Forecast
    parts: Split
    known_seconds: int
    declared_seconds: int
    """Of what was declared up to now; coverage is the one over the other."""
    grade: Grade
    calendar: Standing
    versions: tuple[str, ...]
    digest: str
    because: str = ""
    """Why it is not applicable."""

    @property
    def coverage(self) -> Fraction:
        """Return which share of the declared time is known; of none, all."""
        if not self.declared_seconds:
            return Fraction(1)
        return Fraction(self.known_seconds, self.declared_seconds)


def combined(raw: Status, adjusted: Status) -> Status:
    """Return what raw and adjusted come to: what passes only by excuse is said to."""
    if raw is Status.COMPLIANT:
        return raw
    if adjusted in {Status.COMPLIANT, Status.WITH_EXCEPTION}:
        return Status.WITH_EXCEPTION
    return adjusted


class Judge:
    """Judges one unit; what rules of one period share is worked out once.

    `as_of_s`: the present, Unix seconds: what is declared after it is still to come. None: all of
    it is past.
    """

    def __init__(
        self,
        unit: Unit,
        parameters: Parameters | None = None,
        policy: Policy | None = None,
        as_of_s: int | None = None,
    ) -> None:
        self._unit = unit
        self._parameters = parameters or Parameters()
        self._policy = policy or Policy()
        self._as_of_s = as_of_s
        self._stretches: dict[Span, _Stretch] = {}
        locks = unit.evidence.locks
        self._locks = lock_states(locks, self._parameters.bridge_seconds)
        self._settings = {
            "parameters": asdict(self._parameters),
            "policy": asdict(self._policy),
            "relief": sorted(self._policy.statutory_relief),
            "as_of": as_of_s,
            "register": dict(unit.register),
            "service": [str(day) for day in unit.in_service],
        }
        self._readings = [
            (lock.source, union(lock.unlocked), union(lock.locked))
            for lock in sorted(locks, key=lambda lock: lock.source)
        ]

    def judge(self, rule: Rule, span: Span) -> Verdict:
        """Return the verdict of one rule over one period.

        A weekly rule over a longer stretch is every week that begins in it.
        """
        if rule.period == "week" and span.days > 7:
            return self._every_week(rule, span)
        stretch = self._of(span)
        whole, told = stretch.whole, stretch.told
        threshold = rule.threshold(span.year)
        because = self._not_applicable(rule, span, threshold)
        if because or threshold is None:
            return self._verdict(rule, span, threshold, because=because)
        case = Case(
            rule,
            self._asked(threshold, rule, span),
            stretch.period,
            self._unit.usage.get(span.name, Usage()),
            self._unit.register,
        )
        measure = MEASURES[rule.metric]
        differs = rule.metric in DECLARED_ONLY or stretch.period.excuses_something
        declared_raw = measure(case, whole, False)
        declared_adjusted = measure(case, whole, True) if differs else declared_raw
        if rule.metric in DECLARED_ONLY:
            raw, adjusted = declared_raw, declared_adjusted
            tolerance = raw
        else:
            raw = measure(case, told, False)
            adjusted = measure(case, told, True) if differs else raw
            late = self._parameters.tolerance_seconds
            # What an override or a notice cut off is no session's end.
            tolerance = (
                measure(case, within_tolerance(told, stretch.period.declared, late), False)
                if late
                else raw
            )
            if rule.metric in USAGE:
                declared_raw = declared_adjusted = Reading(Status.NOT_APPLICABLE)
        return self._verdict(
            rule,
            span,
            threshold,
            readings=(raw, adjusted, tolerance, declared_raw, declared_adjusted),
        )

    def parts(self, span: Span) -> Split:
        """Return O, C and U of a period; what is still to come is unknown."""
        return self._of(span).told

    def _of(self, span: Span) -> "_Stretch":
        known = self._stretches.get(span)
        if known is None:
            wider = (s for s in self._stretches.values() if s.covers(span))
            widest = max(wider, key=lambda s: s.period.span.days, default=None)
            # A week of a year that is known already is cut out of it.
            known = self._work_out(span) if widest is None else self._cut_out(span, widest)
            self._stretches[span] = known
        return known

    def _work_out(self, span: Span) -> "_Stretch":
        schedule = self._unit.schedule
        start, end = self._interval(span)
        first, last = self._reaching(span)
        declared = schedule.declared(first, last)
        so_far = declared
        if self._as_of_s is not None:
            so_far = clipped(declared, declared[0][0], self._as_of_s) if declared else ()
        told = split(so_far, self._unit.evidence, schedule.clock, self._parameters, self._locks)
        told = told.within(start, end)
        declared = clipped(declared, start, end)
        to_come = difference(declared, told.declared)
        if to_come:
            told = replace(told, declared=declared, unknown=union(told.unknown, to_come))
        template = clipped(schedule.template(span.first, last), start, end)
        return self._stretch(span, declared, template, told)

    def _cut_out(self, span: Span, wider: "_Stretch") -> "_Stretch":
        start, end = self._interval(span)
        period = wider.period
        return self._stretch(
            span,
            clipped(period.declared, start, end),
            clipped(period.template, start, end),
            wider.told.within(start, end),
        )

    def _stretch(
        self, span: Span, declared: Intervals, template: Intervals, told: Split
    ) -> "_Stretch":
        unit = self._unit
        period = Period(
            span, unit.schedule, unit.subjects, self._policy, declared, template,
            self._is_over(span),
        )  # fmt: skip
        whole = Split(declared, declared, (), (), {}, (), ())
        return _Stretch(
            period,
            whole,
            told,
            unit.schedule.calendar.standing(span.first, span.last),
            unit.schedule.versions(span.first, span.last),
            self._digest(span, period, told),
        )

    def _interval(self, span: Span) -> Interval:
        """Return a period as an interval: its days as the policy cuts them."""
        start, end = self._unit.schedule.clock.span(span.first, span.last)
        return start + self._policy.day_cut_seconds, end + self._policy.day_cut_seconds

    def _reaching(self, span: Span) -> tuple[date, date]:
        """Return the days to look at: locked stretches that reach into a period are seen whole.

        An event in one of them makes all of it unknown, also where it happened the week before.
        """
        clock = self._unit.schedule.clock
        start, end = self._interval(span)
        first, last = clock.day_of(start), clock.day_of(end - 1)
        for since, until in self._locks[1]:
            if since < start < until:
                first = min(first, clock.day_of(max(since, start - FARTHEST)))
            if since < end < until:
                last = max(last, clock.day_of(min(until, end + FARTHEST) - 1))
        return first, last

    def _every_week(self, rule: Rule, span: Span) -> Verdict:
        self._of(span)  # the weeks are cut out of it
        weeks = []
        week = week_of(span.first)
        while week.first <= span.last:
            if span.first <= week.first and week.last <= span.last:
                weeks.append(self.judge(rule, week))
            week = week_of(_next(week.last))
        if not weeks:
            because = f"{span.name} holds no whole ISO week"
            return self._verdict(rule, span, rule.threshold(span.year), because=because)

        def of(pick: str) -> Reading:
            statuses = {v.span.name: getattr(v, pick).status for v in weeks}
            failed = {name: str(s) for name, s in statuses.items() if s is not Status.COMPLIANT}
            return Reading(every(statuses.values()), None, {"weeks": failed})

        return self._verdict(
            rule,
            span,
            rule.threshold(span.year),
            readings=(
                of("raw"), of("adjusted"), of("tolerance"),
                of("declared_raw"), of("declared_adjusted"),
            ),
            status=every(verdict.status for verdict in weeks),
        )  # fmt: skip

    def _is_over(self, span: Span) -> bool:
        return self._as_of_s is None or self._as_of_s >= self._interval(span)[1]

    def _not_applicable(self, rule: Rule, span: Span, threshold: Fraction | None) -> str:
        if not rule.applies_to(self._unit.subjects):
            return f"{rule.id} is a duty of {', '.join(sorted(rule.subjects))}"
        if threshold is None:
            return f"{rule.id} has no threshold for {span.year}"
        first, last = self._unit.in_service
        is_partial = (first is not None and first > span.first) or (
            last is not None and last < span.last
        )
        if is_partial and (
            self._policy.partial == "not_applicable" or self._days_in_service(span) <= 0
        ):
            return "the venue was not in service for the whole period"
        return ""

    def _asked(self, threshold: Fraction, rule: Rule, span: Span) -> Fraction:
        inside = self._days_in_service(span)
        if inside == span.days or not rule.metric.startswith(("open_hours", "open_days")):
            return threshold
        return threshold * inside / span.days

    def _days_in_service(self, span: Span) -> int:
        first, last = self._unit.in_service
        since, until = max(span.first, first or span.first), min(span.last, last or span.last)
        return (until - since).days + 1

    def _verdict(
        self,
        rule: Rule,
        span: Span,
        threshold: Fraction | None,
        *,
        readings: tuple[Reading, ...] | None = None,
        status: Status | None = None,
        because: str = "",
    ) -> Verdict:
        stretch, is_over = self._of(span), self._is_over(span)
        none = Reading(Status.NOT_APPLICABLE)
        raw, adjusted, tolerance, declared_raw, declared_adjusted = readings or (none,) * 5
        found = status or combined(raw.status, adjusted.status)
        forecast = _forecast(found, is_over=is_over)
        if not is_over and found is Status.NON_COMPLIANT and rule.metric not in DECLARED_ONLY:
            # It can no longer be reached, but the period's verdict is spoken when it is over.
            found = Status.INSUFFICIENT
        so_far = self._so_far(stretch.told)
        known, whole = coverage(so_far)
        return Verdict(
            rule,
            self._unit.id,
            span,
            found,
            raw,
            adjusted,
            tolerance,
            declared_raw,
            declared_adjusted,
            threshold,
            is_over,
            forecast,
            stretch.told,
            known,
            whole,
            so_far.grade,
            stretch.calendar,
            stretch.versions,
            _digest([stretch.digest, rule.id, rule.metric, rule.op, threshold]),
            because,
        )

    def _so_far(self, told: Split) -> Split:
        if self._as_of_s is None or not told.declared:
            return told
        return told.within(told.declared[0][0], max(told.declared[0][0], self._as_of_s))

    def _digest(self, span: Span, period: Period, told: Split) -> str:
        """Return a digest of everything that the verdicts of a period are worked out from.

        Of evidence all that can reach into it: a gap before, a hold after, a conflict from afar.
        """
        unit, rules = self._unit, self._parameters
        schedule, evidence = unit.schedule, unit.evidence
        margin = max(rules.max_gap_seconds, rules.hold_seconds, rules.bridge_seconds)
        start, end = self._interval(span)
        start, end = start - margin, end + margin
        return _digest(
            {
                "span": span.name,
                "declared": period.declared,
                "template": period.template,
                "notices": [
                    asdict(notice)
                    for notice in schedule.notices
                    if notice.start_s < end and notice.end_s > start
                ],
                "locks": [
                    [source, clipped(unlocked, start, end), clipped(locked, start, end)]
                    for source, unlocked, locked in self._readings
                ],
                "conflicts": told.conflicts,
                "staff": clipped(union(evidence.staff), start, end),
                "events": [
                    [events.source, events.kind, _events_digest(events.at_s, start, end),
                     clipped(events.heard, start, end)]
                    for events in sorted(evidence.events, key=lambda e: (e.source, e.kind))
                    # One that is silent here says nothing, however much was looked at around it.
                    if clipped(events.heard, start, end)
                ],
                # With events beside it, it only saves working them out again.
                "held": None
                if evidence.held is None or evidence.events
                else clipped(evidence.held, start, end),
                "overrides": sorted(
                    [asdict(o) for o in evidence.overrides if o.start_s < end and o.end_s > start],
                    key=json.dumps,
                ),
                "usage": dict(unit.usage.get(span.name, Usage()).counted),
                "days": [str(schedule.calendar.day_type(day)) for day in period.days],
                **self._settings,
            }
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What is worked out of one period, for all rules."""

    period: Period
    whole: Split
    """The reading of what is declared: O = D."""
    told: Split
    calendar: Standing
    versions: tuple[str, ...]
    digest: str

    def covers(self, span: Span) -> bool:
        """Tell whether a period lies in this one."""
        return self.period.span.first <= span.first and span.last <= self.period.span.last


def _digest(facts: Any) -> str:
    text = json.dumps(facts, sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    # A set as text has another order in each process, and no verdict another digest.
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)


def _events_digest(at_s: Sequence[int], start: int, end: int) -> str:
    near = at_s[bisect_left(at_s, start) : bisect_left(at_s, end)]
    return hashlib.sha256(array("q", near).tobytes()).hexdigest()


def _forecast(status: Status, *, is_over: bool) -> Forecast:
    if is_over:
        return "over"
    if status is Status.NON_COMPLIANT:
        return "unreachable"
    return "reached" if status in {Status.COMPLIANT, Status.WITH_EXCEPTION} else "reachable"


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
