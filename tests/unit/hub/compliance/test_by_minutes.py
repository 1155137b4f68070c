"""The judge against another one that goes minute by minute, on random venues and evidence."""

from fractions import Fraction

import pytest

from hub.compliance.bounds import Status
from hub.compliance.intervals import Intervals
from hub.compliance.judge import Judge, Unit
from hub.compliance.rules import Policy, Rule
from tests.unit.hub.compliance.minutes import (
    MINUTE,
    Minutes,
    judge_minutes,
    share_bounds,
    zone_day,
)
from tests.unit.hub.compliance.worlds import a_world

SHORT, LONG = 100, 10_000
SHARE = Rule(
    "share", frozenset({"any"}), "offpeak_open_hours_share_ratio", ">=", "year", {1: Fraction(1, 4)}
)
HOURS = Rule("h", frozenset({"any"}), "open_hours_per_week_h", ">=", "year", {1: Fraction(40)})
EVERY_DAY = Rule("d", frozenset({"any"}), "open_every_day_bool", "==", "year", {1: Fraction(1)})


def minutes_of(intervals: Intervals) -> set[int]:
    return {at for start, end in intervals for at in range(start, end, MINUTE)}


def check(seed: int) -> None:
    schedule, evidence, parameters, span = a_world(seed)
    expected = judge_minutes(schedule, evidence, parameters, span.first, span.last)
    declared = schedule.declared(span.first, span.last)
    assert minutes_of(declared) == expected.declared, f"declared differs, seed {seed}"
    policy = Policy(relief="none")
    judge = Judge(Unit("venue", frozenset({"any"}), schedule, evidence), parameters, policy)
    parts = judge.parts(span)
    assert minutes_of(parts.opened) == expected.opened, f"open differs, seed {seed}"
    assert minutes_of(parts.closed) == expected.closed, f"closed differs, seed {seed}"
    assert minutes_of(parts.unknown) == expected.unknown, f"unknown differs, seed {seed}"
    hours = judge.judge(HOURS, span)
    low, high = len(expected.opened), len(expected.opened) + len(expected.unknown)
    assert hours.raw.bounds == (Fraction(low, 60), Fraction(high, 60))
    assert hours.raw.status == verdict_of(low, high, 40 * 60)
    share = judge.judge(SHARE, span).raw
    assert share.bounds == share_bounds(expected, schedule, policy), f"share, seed {seed}"
    assert judge.judge(EVERY_DAY, span).raw.status == days_of(expected, schedule, span)


def verdict_of(low: int, high: int, asked: int) -> Status:
    if low >= asked:
        return Status.COMPLIANT
    return Status.NON_COMPLIANT if high < asked else Status.INSUFFICIENT


def days_of(minutes: Minutes, schedule: object, span: object) -> Status:
    opened = {zone_day(schedule, at) for at in minutes.opened}  # type: ignore[arg-type]
    perhaps = {zone_day(schedule, at) for at in minutes.unknown}  # type: ignore[arg-type]
    told = []
    for number in range(span.days):  # type: ignore[attr-defined]
        day = span.first.fromordinal(span.first.toordinal() + number)  # type: ignore[attr-defined]
        told.append(day in opened or (None if day in perhaps else False))
    if False in told:
        return Status.NON_COMPLIANT
    return Status.INSUFFICIENT if None in told else Status.COMPLIANT


@pytest.mark.parametrize("block", range(5))
def test_minute_by_minute_it_is_the_same(block: int) -> None:
    for seed in range(block * SHORT // 5, (block + 1) * SHORT // 5):
        check(seed)


@pytest.mark.soak
@pytest.mark.parametrize("block", range(20))
def test_ten_thousand_venues_minute_by_minute(block: int) -> None:
    for seed in range(block * LONG // 20, (block + 1) * LONG // 20):
        check(seed)
