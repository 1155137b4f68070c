"""What holds of every venue and all evidence."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from hub.compliance.bounds import Bounds, Status, decimals, every, mean, share, some
from hub.compliance.evidence import (
    Events,
    Evidence,
    Lock,
    Override,
    Parameters,
    Split,
    split,
)
from hub.compliance.intervals import Intervals, difference, intersection, seconds, union
from hub.compliance.judge import Judge, Unit
from hub.compliance.localtime import Span
from hub.compliance.measures import Reading
from hub.compliance.rules import Policy, Rule
from hub.compliance.schedule import Schedule
from tests.unit.hub.compliance.worlds import CLOCK, a_world, stretches

ROOT = Path(__file__).parents[4]
SEEDS = range(400)
HOURS = Rule("h", frozenset({"any"}), "open_hours_per_week_h", ">=", "year", {1: Fraction(30)})
SHARE = Rule(
    "s", frozenset({"any"}), "offpeak_open_hours_share_ratio", ">=", "year", {1: Fraction(1, 4)}
)
DAYS = Rule("d", frozenset({"any"}), "open_days_per_year_d", ">=", "year", {1: Fraction(4)})
KEPT = Rule("k", frozenset({"any"}), "published_hours_kept_ratio", ">=", "year", {1: Fraction(1)})
OPPOSITE = {Status.COMPLIANT: Status.NON_COMPLIANT, Status.NON_COMPLIANT: Status.COMPLIANT}


def parts_of(seed: int) -> Split:
    schedule, evidence, parameters, span = a_world(seed)
    return split(schedule.declared(span.first, span.last), evidence, CLOCK, parameters)


@pytest.mark.parametrize("seed", range(0, 400, 50))
def test_open_closed_and_unknown_are_a_partition_and_each_second_has_one_cause(seed: int) -> None:
    for number in range(seed, seed + 50):
        parts = parts_of(number)
        pieces = (parts.opened, parts.closed, parts.unknown)
        assert union(*pieces) == parts.declared
        assert sum(map(seconds, pieces)) == seconds(parts.declared)
        assert sum(map(seconds, parts.reasons.values())) == seconds(parts.declared)
        assert union(*parts.reasons.values()) == parts.declared
        assert not intersection(parts.extra_open, parts.declared)


def shuffled(evidence: Evidence, rng: random.Random) -> Evidence:
    def of(items: tuple) -> tuple:  # type: ignore[type-arg]
        return tuple(rng.sample(items, len(items)))

    return replace(
        evidence, locks=of(evidence.locks), events=of(evidence.events),
        overrides=of(evidence.overrides), staff=evidence.staff,
    )  # fmt: skip


def test_a_verdict_does_not_depend_on_the_order_of_evidence() -> None:
    for seed in SEEDS:
        schedule, evidence, parameters, span = a_world(seed)
        again = shuffled(evidence, random.Random(seed))
        told = [
            Judge(Unit("v", frozenset({"any"}), schedule, one), parameters).judge(HOURS, span)
            for one in (evidence, again)
        ]
        assert told[0].raw == told[1].raw
        assert told[0].digest == told[1].digest


def darkened(evidence: Evidence, dark: Intervals) -> Evidence:
    """Take coverage away: what was read or counted in the dark was never told."""
    return replace(
        evidence,
        locks=tuple(
            Lock(k.source, difference(k.unlocked, dark), difference(k.locked, dark))
            for k in evidence.locks
        ),
        staff=difference(evidence.staff, dark),
        events=tuple(
            Events(e.source, e.kind, e.at_s, difference(e.heard, dark)) for e in evidence.events
        ),
    )


def firm(
    schedule: Schedule, evidence: Evidence, parameters: Parameters, span: Span
) -> dict[str, Reading]:
    unit = Unit("v", frozenset({"any"}), schedule, evidence)
    judge = Judge(unit, parameters, Policy(relief="none"))
    return {rule.id: judge.judge(rule, span).raw for rule in (HOURS, SHARE, DAYS, KEPT)}


def test_less_coverage_only_widens_the_bounds_and_turns_nothing_around() -> None:
    """For evidence without conflict or override, and without bridging, as the claim is made."""
    looked = 0
    for seed in SEEDS:
        schedule, evidence, parameters, span = a_world(seed)
        evidence = replace(evidence, overrides=(), events=())
        parameters = replace(parameters, bridge_seconds=0, min_independent_events=1)
        before = firm(schedule, evidence, parameters, span)
        start, end = CLOCK.span(span.first, span.last)
        dark = stretches(random.Random(seed + 1), start, end, 6)
        after = firm(schedule, darkened(evidence, dark), parameters, span)
        for id_, reading in before.items():
            wide = after[id_]
            if reading.bounds is None or wide.bounds is None:
                continue
            looked += 1
            (low, high), (lower, higher) = reading.bounds, wide.bounds
            assert high is not None
            assert higher is not None
            assert lower <= low, f"seed {seed} {id_}"
            assert higher >= high, f"seed {seed} {id_}"
            assert wide.status is not OPPOSITE.get(reading.status), f"seed {seed}"
    assert looked > 1000


def test_less_coverage_of_events_only_widens_too() -> None:
    for seed in SEEDS:
        schedule, evidence, parameters, span = a_world(seed)
        evidence = replace(evidence, overrides=(), locks=(), staff=())
        parameters = replace(parameters, min_independent_events=1)
        start, end = CLOCK.span(span.first, span.last)
        dark = stretches(random.Random(seed + 1), start, end, 6)
        declared = schedule.declared(span.first, span.last)
        before = split(declared, evidence, CLOCK, parameters)
        after = split(declared, darkened(evidence, dark), CLOCK, parameters)
        # Nothing new is shown to be open but by events that no longer stand between two others.
        hold = union((at, at + parameters.hold_seconds) for e in evidence.events for at in e.at_s)
        assert not difference(difference(after.opened, before.opened), hold)
        assert not after.closed


def test_an_override_decides_whatever_sensors_told_and_only_where_it_reaches() -> None:
    for seed in range(200):
        schedule, evidence, parameters, span = a_world(seed)
        declared = schedule.declared(span.first, span.last)
        start, end = CLOCK.span(span.first, span.last)
        where = intersection(declared, ((start + 3600, start + 90_000),))
        before = split(declared, evidence, CLOCK, parameters)
        for is_open in (True, False):
            forced = Override(start + 3600, start + 90_000, is_open, "who", 10**9, "why", "doc")
            parts = split(
                declared, replace(evidence, overrides=(*evidence.overrides, forced)), CLOCK,
                parameters,
            )  # fmt: skip
            assert intersection(parts.opened if is_open else parts.closed, where) == where
            elsewhere = difference(declared, where)
            assert intersection(parts.opened, elsewhere) == intersection(before.opened, elsewhere)
            assert intersection(parts.closed, elsewhere) == intersection(before.closed, elsewhere)
        assert end > start


def test_an_event_in_a_locked_stretch_makes_all_of_it_unknown() -> None:
    lock = Lock("front", ((0, 100),), ((100, 200), (300, 400)))
    declared: Intervals = ((0, 400),)
    quiet = split(declared, Evidence((lock,)), CLOCK, parameters_of(1))
    assert quiet.closed == ((100, 200), (300, 400))
    noisy = Evidence((lock,), events=(Events("door", "entry", (150,)),))
    told = split(declared, noisy, CLOCK, parameters_of(1))
    assert told.closed == ((300, 400),)
    assert intersection(told.unknown, ((100, 200),)) == ((100, 200),)
    assert told.conflicts == ((100, 200),)


def parameters_of(seed: int) -> Parameters:
    return replace(a_world(seed)[2], hold_seconds=0, bridge_seconds=0, min_independent_events=1)


def test_a_latched_lock_keeps_its_state_over_a_short_gap_only() -> None:
    lock = Lock("front", ((0, 1000), (1120, 2000), (2121, 3000)), ((3100, 3200),))
    parts = split(
        ((0, 3200),), Evidence((lock,)), CLOCK, replace(parameters_of(1), bridge_seconds=120)
    )
    assert parts.opened == ((0, 2000), (2121, 3000))
    # Different values on both sides: nobody knows which of them held between.
    assert parts.unknown == ((2000, 2121), (3000, 3100))


def test_min_independent_events_asks_for_more_only_where_events_stand_alone() -> None:
    day = CLOCK.day(CLOCK.day_of(1_774_972_800))
    at = day[0] + 10 * 3600
    events = (Events("door", "entry", (at, at + 600)),)
    declared: Intervals = ((day[0] + 9 * 3600, day[0] + 17 * 3600),)
    three = replace(parameters_of(1), min_independent_events=3, hold_seconds=900)
    alone = split(declared, Evidence(events=events), CLOCK, three)
    assert not alone.opened
    assert alone.reasons["too_few_events"]
    with_lock = Evidence((Lock("front", ((declared[0][0], at - 600),)),), events=events)
    assert intersection(split(declared, with_lock, CLOCK, three).opened, ((at, at + 600),))


def test_kleene_and_or() -> None:
    c, n, i, x = (
        Status.COMPLIANT, Status.NON_COMPLIANT, Status.INSUFFICIENT, Status.NOT_APPLICABLE,
    )  # fmt: skip
    assert every([c, i, n]) is n
    assert every([c, i, x]) is i
    assert every([c, x]) is c
    assert every([x]) is every([]) is x
    assert some([n, i]) is i
    assert some([n, c, i]) is c
    assert some([]) is x
    assert every([c, Status.WITH_EXCEPTION]) is Status.WITH_EXCEPTION


def test_shares_means_and_numbers_for_people() -> None:
    assert share(0, 0, 0, 0) is None
    assert share(10, 30, 1, 2) == Bounds(Fraction(10, 42), Fraction(11, 41))
    assert mean([Bounds(Fraction(1), Fraction(2)), None]) == Bounds(Fraction(1, 2), None)
    assert mean([]) is None
    assert decimals(Fraction(759_999, 10_000), 2) == "75.99"
    assert decimals(Fraction(-1, 3), 2) == "-0.33"
    assert decimals(Fraction(-1, 300), 2) == "0.00"


def test_bounds_tell_by_exact_comparison() -> None:
    almost = Fraction(76 * 3600 - 1, 3600)
    assert Bounds(almost, almost).at_least(Fraction(76)) is Status.NON_COMPLIANT
    assert Bounds(almost, Fraction(76)).at_least(Fraction(76)) is Status.INSUFFICIENT
    assert Bounds(Fraction(0), None).at_least(Fraction(1)) is Status.INSUFFICIENT
    assert Bounds(Fraction(0), Fraction(0)).at_least(Fraction(0), strictly=True) is (
        Status.NON_COMPLIANT
    )
    assert Bounds(Fraction(1), Fraction(3)).at_most(Fraction(2)) is Status.INSUFFICIENT
    assert Bounds(Fraction(1), Fraction(2)).equals(Fraction(3)) is Status.NON_COMPLIANT


def test_a_week_cut_out_of_a_longer_stretch_is_the_week_by_itself() -> None:
    for seed in range(150):
        schedule, evidence, parameters, span = a_world(seed)
        wide = Span("wide", span.first - timedelta(days=9), span.last + timedelta(days=9))
        for policy in (Policy(relief="none"), Policy(day_cut_seconds=4 * 3600)):
            unit = Unit("v", frozenset({"any"}), schedule, evidence)
            alone, cut = (Judge(unit, parameters, policy) for _ in range(2))
            cut.judge(HOURS, wide)
            for rule in (HOURS, SHARE, DAYS, KEPT):
                one, other = alone.judge(rule, span), cut.judge(rule, span)
                assert one.parts == other.parts, f"seed {seed}"
                assert one.raw == other.raw, f"seed {seed} {rule.id}"
                assert one.digest == other.digest, f"seed {seed}"


def test_a_digest_is_the_same_in_every_process() -> None:
    """A hub that starts again must not take what it judged before for something new."""
    code = (
        "from tests.unit.hub.compliance.worlds import a_world\n"
        "from hub.compliance.judge import Judge, Unit\n"
        "from hub.compliance.rules import KEPT\n"
        "schedule, evidence, parameters, span = a_world(7)\n"
        "unit = Unit('v', frozenset({'any', 'public_library'}), schedule, evidence)\n"
        "print(Judge(unit, parameters).judge(KEPT, span).digest)\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
