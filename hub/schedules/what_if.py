"""What a change of hours would mean, before it is saved: duties before and after, and the lead.

Declared verdicts only: exact, for next week as for next year; what sensors saw has no say. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hub.compliance.comparison import Compared, compared
from hub.compliance.intervals import clipped, difference
from hub.compliance.judge import Judge, Unit, Verdict
from hub.compliance.localtime import Span, week_of, year_of
from hub.compliance.rules import Rule
from hub.compliance.schedule import SUDDEN_SECONDS, ClosureNotice, Schedule

LEAD_METRIC: Final = "closure_notice_lead_days"
METRICS: Final = frozenset(
    {
        "open_hours_per_week_h",
        "open_every_day_bool",
        "offpeak_open_hours_share_ratio",
        "open_days_per_year_d",
        "statutory_holiday_open_bool",
        "vacation_minus_term_mean_daily_open_minutes",
        "opening_hours_published_bool",
    }
)
"""Duties that a timetable alone keeps or breaks."""
LOOK_AHEAD: Final = timedelta(days=366)
ONE_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LeadAsked:
    """A duty to tell the public ahead, and whether a change keeps it."""

    rule: Rule
    days: int
    """The least number of calendar days."""
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Lead:
    """How far ahead the public is told of the first time that it loses."""

    first_day: date
    """The first local day on which less is open than before."""
    days: int
    """Calendar days between publication and that day; negative: told afterwards."""
    is_sudden: bool
    """The cause needs no notice ahead, only one within 24 hours."""
    asked: tuple[LeadAsked, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would mean."""

    compared: tuple[Compared, ...]
    lead: Lead | None
    """None: at no time within a year is less open than before."""

    @property
    def breaches(self) -> tuple[Compared, ...]:
        """Return the duties that would be kept worse, and not enough."""
        return tuple(one for one in self.compared if one.breaks)

    @property
    def needs_confirmation(self) -> bool:
        """Tell whether somebody has to say that they mean it."""
        late = self.lead is not None and not all(asked.is_kept for asked in self.lead.asked)
        return late or bool(self.breaches)


def preview(
    kinds: frozenset[str],
    before: Schedule,
    after: Schedule,
    rules: Iterable[Rule],
    *,
    first: date,
    now_s: int,
    published_s: int,
    notice: ClosureNotice | None = None,
) -> Preview:
    """Return what changes from `before` to `after` for a venue of some kinds.

    `first` is the first local day that the change is about; `notice` is given where it is one.
    """
    rules = tuple(rules)
    today = before.clock.day_of(now_s)
    spans = _spans(today, max(first, today))
    opening = [rule for rule in rules if rule.metric in METRICS]
    return Preview(
        tuple(
            compared(
                _judged(Unit("", kinds, before), opening, spans),
                _judged(Unit("", kinds, after), opening, spans),
            )
        ),
        _lead(before, after, rules, published_s, notice),
    )


def _spans(today: date, first: date) -> list[Span]:
    """Return next week, the first whole week of the change, and the years of both."""
    whole = week_of(first + timedelta(days=-first.weekday() % 7))
    weeks = [week_of(today + ONE_WEEK), week_of(first), whole]
    years = [year_of(today.year), year_of(first.year)]
    return sorted({*weeks, *years}, key=lambda span: (span.days, span.first))


def _judged(unit: Unit, rules: Iterable[Rule], spans: Iterable[Span]) -> list[Verdict]:
    rules, spans, judge = tuple(rules), tuple(spans), Judge(unit)
    # The longest first: shorter ones are cut out of it.
    found: Mapping[tuple[str, str], Verdict] = {
        (rule.id, span.name): judge.judge(rule, span)
        for span in sorted(spans, key=lambda span: -span.days)
        for rule in rules
        if span.days > 7 or rule.period != "year"
    }
    return [
        found[rule.id, span.name]
        for span in spans
        for rule in rules
        if (rule.id, span.name) in found
    ]


def _lead(
    before: Schedule,
    after: Schedule,
    rules: Iterable[Rule],
    published_s: int,
    notice: ClosureNotice | None,
) -> Lead | None:
    clock = before.clock
    told = clock.day_of(published_s)
    first, last = told - timedelta(days=2), told + LOOK_AHEAD
    lost = difference(before.declared(first, last), after.declared(first, last))
    lost = clipped(lost, clock.midnight(first), clock.midnight(last))
    if not lost:
        return None
    start_s = lost[0][0]
    lead = (clock.day_of(start_s) - told).days
    is_sudden = notice is not None and notice.is_sudden
    in_time = notice is not None and published_s <= notice.start_s + SUDDEN_SECONDS
    asked = []
    for rule in rules:
        least = rule.threshold(told.year) if rule.metric == LEAD_METRIC else None
        if least is not None:
            days = int(least) + (rule.op == ">")
            asked.append(LeadAsked(rule, days, in_time if is_sudden else lead >= days))
    return Lead(
        clock.day_of(start_s), lead, is_sudden, tuple(sorted(asked, key=lambda one: one.days))
    )
