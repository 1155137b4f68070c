"""Which periods a day belongs to, by the rules that are judged; pure."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from hub.compliance.localtime import Span, days, parse_period, week_of, year_of
from hub.compliance.rules import Rule

FAR: Final = frozenset({"year", "all_times", "per_event"})
"""Periods of rules that are judged by the calendar year."""


def is_weekly(rule: Rule) -> bool:
    """Tell whether a rule is judged week by week; else it is year by year."""
    return rule.period == "week"


def weeks_of(some: Iterable[date]) -> list[Span]:
    """Return the ISO weeks of some days, each once, in order."""
    return sorted({week_of(day) for day in some}, key=lambda span: span.first)


def years_of(some: Iterable[date]) -> list[Span]:
    """Return the calendar years of some days, each once, in order."""
    return [year_of(year) for year in sorted({day.year for day in some})]


def day_span(day: date) -> Span:
    """Return a day as a period."""
    return parse_period(day.isoformat())


def runs(spans: Iterable[Span], apart_days: int) -> Iterator[list[Span]]:
    """Yield spans that lie no more than so many days apart from each other, together."""
    run: list[Span] = []
    for span in sorted(spans, key=lambda s: s.first):
        if run and (span.first - run[-1].last).days > apart_days:
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def days_of(span: Span) -> Iterator[date]:
    """Yield the days of a period."""
    return days(span.first, span.last)
