"""Verdicts: one rule, one venue or zone, one period, in every reading, with what they rest on.

declared    the timetable alone: exact, can be told of next week
observed    what evidence shows: bounds
raw         the rule as it is read literally;  adjusted: with what the law excuses
tolerance   raw, with sessions that began or ended within the tolerance read as kept
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from hub.compliance.bounds import Status, every
from hub.compliance.calendar import Standing
from hub.compliance.evidence import (
    Evidence,
    Grade,
    Parameters,
    Split,
    coverage,
    split,
    within_tolerance,
)
from hub.compliance.intervals import Intervals, clipped, difference, union
from hub.compliance.localtime import Span, days, week_of
from hub.compliance.measures import DECLARED_ONLY, MEASURES, USAGE, Case, Reading
from hub.compliance.rules import Policy, Rule, Usage
from hub.compliance.schedule import Schedule

Forecast = Literal["reached", "reachable", "unreachable", "over"]


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
        self._spans: dict[Span, tuple[Intervals, Intervals, Split, Split]] = {}

    def judge(self, rule: Rule, span: Span) -> Verdict:
        """Return the verdict of one rule over one period.

        A weekly rule over a longer stretch is every week that begins in it.
        """
        if rule.period == "week" and span.days > 7:
            return self._every_week(rule, span)
        declared, template, whole, told = self._of(span)
        is_over = self._is_over(span)
        threshold = rule.threshold(span.year)
        because = self._not_applicable(rule, span, threshold)
        if because or threshold is None:
            return self._verdict(rule, span, threshold, told, because=because)
        case = Case(
            rule,
            self._asked(threshold, rule, span),
            span,
            self._unit.schedule,
            self._unit.subjects,
            self._policy,
            declared,
            template,
            is_over,
            self._unit.usage.get(span.name, Usage()),
            self._unit.register,
        )
        measure = MEASURES[rule.metric]
        declared_raw, declared_adjusted = measure(case, whole, False), measure(case, whole, True)
        if rule.metric in DECLARED_ONLY:
            raw, adjusted = declared_raw, declared_adjusted
            tolerance = raw
        else:
            raw, adjusted = measure(case, told, False), measure(case, told, True)
            late = self._parameters.tolerance_seconds
            # What an override or a notice cut off is no session's end.
            tolerance = (
                measure(case, within_tolerance(told, declared, late), False) if late else raw
            )
            if rule.metric in USAGE:
                declared_raw = declared_adjusted = Reading(Status.NOT_APPLICABLE)
        return self._verdict(
            rule,
            span,
            threshold,
            told,
            readings=(raw, adjusted, tolerance, declared_raw, declared_adjusted),
        )

    def parts(self, span: Span) -> Split:
        """Return O, C and U of a period; what is still to come is unknown."""
        return self._of(span)[3]

    def _of(self, span: Span) -> tuple[Intervals, Intervals, Split, Split]:
        known = self._spans.get(span)
        if known is None:
            known = self._spans[span] = self._work_out(span)
        return known

    def _work_out(self, span: Span) -> tuple[Intervals, Intervals, Split, Split]:
        schedule, policy = self._unit.schedule, self._policy
        start, end = schedule.clock.span(span.first, span.last)
        cut = policy.day_cut_seconds
        declared = schedule.declared(span.first, span.last)
        template = schedule.template(span.first, span.last)
        if cut:
            # The last night's spill-over belongs to the last day, that before the first to none.
            wide = Span(span.name, span.first, span.last)
            after = schedule.declared(wide.last, _next(wide.last))
            declared = clipped(union(declared, after), start, end + cut)
            template = clipped(
                union(template, schedule.template(wide.last, _next(wide.last))), start, end + cut
            )
        whole = Split(declared, declared, (), (), {}, (), ())
        so_far = declared
        if self._as_of_s is not None:
            so_far = clipped(declared, start, max(start, self._as_of_s))
        told = split(so_far, self._unit.evidence, schedule.clock, self._parameters)
        to_come = difference(declared, so_far)
        if to_come:
            told = replace(told, declared=declared, unknown=union(told.unknown, to_come))
        return declared, template, whole, told

    def _every_week(self, rule: Rule, span: Span) -> Verdict:
        weeks = []
        week = week_of(span.first)
        while week.first <= span.last:
            if span.first <= week.first and week.last <= span.last:
                weeks.append(self.judge(rule, week))
            week = week_of(_next(week.last))
        _, _, _, told = self._of(span)
        if not weeks:
            because = f"{span.name} holds no whole ISO week"
            return self._verdict(rule, span, rule.threshold(span.year), told, because=because)

        def of(pick: str) -> Reading:
            statuses = {v.span.name: getattr(v, pick).status for v in weeks}
            failed = {name: str(s) for name, s in statuses.items() if s is not Status.COMPLIANT}
            return Reading(every(statuses.values()), None, {"weeks": failed})

        return self._verdict(
            rule,
            span,
            rule.threshold(span.year),
            told,
            readings=(
                of("raw"), of("adjusted"), of("tolerance"),
                of("declared_raw"), of("declared_adjusted"),
            ),
            status=every(verdict.status for verdict in weeks),
        )  # fmt: skip

    def _is_over(self, span: Span) -> bool:
        end = self._unit.schedule.clock.span(span.first, span.last)[1]
        return self._as_of_s is None or self._as_of_s >= end

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
        told: Split,
        *,
        readings: tuple[Reading, ...] | None = None,
        status: Status | None = None,
        because: str = "",
    ) -> Verdict:
        unit, is_over = self._unit, self._is_over(span)
        none = Reading(Status.NOT_APPLICABLE)
        raw, adjusted, tolerance, declared_raw, declared_adjusted = readings or (none,) * 5
        found = status or combined(raw.status, adjusted.status)
        forecast = _forecast(found, is_over=is_over)
        if not is_over and found is Status.NON_COMPLIANT and rule.metric not in DECLARED_ONLY:
            # It can no longer be reached, but the period's verdict is spoken when it is over.
            found = Status.INSUFFICIENT
        so_far = self._so_far(told)
        known, whole = coverage(so_far)
        return Verdict(
            rule,
            unit.id,
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
            told,
            known,
            whole,
            so_far.grade,
            unit.schedule.calendar.standing(span.first, span.last),
            unit.schedule.versions(span.first, span.last),
            self._digest(rule, span),
            because,
        )

    def _so_far(self, told: Split) -> Split:
        if self._as_of_s is None or not told.declared:
            return told
        return told.within(told.declared[0][0], max(told.declared[0][0], self._as_of_s))

    def _digest(self, rule: Rule, span: Span) -> str:
        """Return a digest of everything that a verdict was worked out from."""
        unit = self._unit
        schedule = unit.schedule
        start, end = schedule.clock.span(span.first, span.last)
        evidence = unit.evidence
        facts = {
            "rule": [rule.id, rule.metric, rule.op, str(rule.threshold(span.year))],
            "span": span.name,
            "declared": self._of(span)[0],
            "template": self._of(span)[1],
            "notices": [asdict(notice) for notice in schedule.notices],
            "locks": [
                [lock.source, clipped(union(lock.unlocked), start, end),
                 clipped(union(lock.locked), start, end)]
                for lock in sorted(evidence.locks, key=lambda lock: lock.source)
            ],
            "staff": clipped(union(evidence.staff), start, end),
            "events": [
                [events.source, events.kind, [at for at in events.at_s if start <= at < end],
                 clipped(events.heard, start, end)]
                for events in sorted(evidence.events, key=lambda events: events.source)
            ],
            "held": None if evidence.held is None else clipped(evidence.held, start, end),
            "overrides": sorted(
                [asdict(o) for o in evidence.overrides], key=json.dumps
            ),
            "usage": dict(unit.usage.get(span.name, Usage()).counted),
            "register": dict(unit.register),
            "service": [str(day) for day in unit.in_service],
            "days": [
                str(schedule.calendar.day_type(day)) for day in days(span.first, span.last)
            ],
            "parameters": asdict(self._parameters),
            "policy": asdict(self._policy),
            "relief": sorted(self._policy.statutory_relief),
            "as_of": self._as_of_s,
        }  # fmt: skip
        text = json.dumps(facts, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _forecast(status: Status, *, is_over: bool) -> Forecast:
    if is_over:
        return "over"
    if status is Status.NON_COMPLIANT:
        return "unreachable"
    return "reached" if status in {Status.COMPLIANT, Status.WITH_EXCEPTION} else "reachable"


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
