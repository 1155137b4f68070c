"""Hours that serve more visits at the same number of hours, what they gain, and how sure that is.

A gain is what the half hours that are added bring, less what those that are given up bring now:
nobody is counted on to come at another time instead. Who picks the best of very many plans by what
was counted also picks luck: of hours that are all alike the best plan promises a gain every time.
So a gain is told as weeks show it by which the plan was not chosen: the weeks are dealt into two or
four parts, hours are chosen by all but one of them and counted in that one, and the mean over the
parts is the gain. It is on the careful side: the plan itself is chosen by all weeks.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.demand.plan import DayPlan, Plan, Shape, best_plan, length
from hub.demand.profile import (
    STEPS_A_DAY,
    STEPS_A_WEEK,
    Observations,
    Profile,
    build_profile,
)

SURE: Final = 1.2815515655446004
"""Standard deviations on each side that hold 80 % of a normal distribution."""
PATIENCE: Final = (0.5, 0.125, 0.0)
"""What a changed half hour costs, in parts of the busiest one: people know the hours there are."""
LEAST_WEEKS: Final = 4
FOUR_PARTS: Final = 8
"""So many weeks are dealt into four parts, fewer into two."""
_OUTSIDE_PRIOR: Final = 0.5
"""Weeks that like days are worth where a plan is tried: what was counted there should speak."""
DAY_SPREAD: Final = 0.25
"""How far one day may lie from those that are like it, in parts of it: what is borrowed of a day
is wrong in all of its half hours at once."""
_FINE: Final = 1000
_ORDER: Final = 1024
"""More than twice the half hours of a week: what is worth the same is decided by fewer changes."""
_NEVER: Final = 10**15
"""Worth of a half hour of which nobody knows anything: it is neither opened nor given up."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Visits a week more: expected, and the band in which that lies four times of five."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other hours, as many as now."""

    plan: Plan
    added: tuple[DayPlan, ...]
    given_up: tuple[DayPlan, ...]
    gain: Gain
    """In weeks by which hours chosen in this way were not chosen."""
    promise: Gain
    """In the weeks by which they were chosen: more than will come true."""
    borrowed: float
    """Which share of what is added rests on other days: these half hours were never open."""

    @property
    def moved_steps(self) -> int:
        """Return how many half hours are moved."""
        return length(self.added)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is known of a week, the hours of now, and what could be better."""

    profile: Profile
    cut: int
    """The step at which its days begin: a night's session belongs to the evening before."""
    present: Plan
    """In steps from each day's midnight, past it in the night after."""
    shape: Shape
    total: int
    served: Gain
    """Visits a week at the present hours."""
    proposals: tuple[Proposal, ...]
    why_none: str = ""
    """`few_weeks`, `always_open`, `no_hours`, `unknown`, `no_fit`, `nothing_better`."""


def propose(
    seen: Observations,
    present: Plan,
    shape: Shape,
    *,
    cut: int = 0,
    total: int | None = None,
    least_weeks: int = LEAST_WEEKS,
) -> Demand:
    """Return proposals for a week; `present` in steps from midnight; its days begin at `cut`.

    `total`: how many half hours to place; None: as many as now.
    """
    profile = build_profile(seen)
    wanted = length(present) if total is None else total
    served = _gain(profile, _steps(present), frozenset())

    def told(proposals: Sequence[Proposal], why: str) -> Demand:
        return Demand(profile, cut, present, shape, wanted, served, tuple(proposals), why)

    if not wanted:
        return told((), "no_hours")
    if wanted >= STEPS_A_WEEK:
        return told((), "always_open")
    if profile.weeks < least_weeks:
        return told((), "few_weeks")
    if not any(rate is not None for rate in profile.rates):
        return told((), "unknown")
    found: list[Proposal] = []
    for patience in PATIENCE:
        plan = _chosen(profile, present, shape, cut, wanted, patience)
        if plan is None:
            return told((), "no_fit")
        if plan == present or any(plan == proposal.plan for proposal in found):
            continue
        gain = _tried(seen, present, shape, cut, wanted, patience)
        # What may gain nothing is not worth telling people that hours change.
        if gain is None or gain.low <= 0 or (found and gain.mean <= found[-1].gain.mean):
            continue
        found.append(_proposal(profile, present, plan, gain))
    return told(found, "" if found else "nothing_better")


def _chosen(
    profile: Profile, present: Plan, shape: Shape, cut: int, total: int, patience: float
) -> Plan | None:
    means = [rate.mean for rate in profile.rates if rate is not None]
    cost = round(patience * max(means, default=0.0) * _FINE)
    is_open = _steps(present)
    worth = [[0] * STEPS_A_DAY for _ in range(7)]
    for step, rate in enumerate(profile.rates):
        day, clock = divmod((step - cut) % STEPS_A_WEEK, STEPS_A_DAY)
        sign = 1 if step in is_open else -1
        value = sign * _NEVER if rate is None else _ORDER * round(rate.mean * _FINE)
        worth[day][clock] = value + sign * (_ORDER * cost + 1)
    shifted = Shape(
        max(0, shape.earliest - cut), min(STEPS_A_DAY, shape.latest - cut), shape.shortest,
        shape.pause, shape.most_sessions, shape.opens_on,
    )  # fmt: skip
    plan = best_plan(worth, shifted, total)
    if plan is None:
        return None
    return tuple(tuple((opens + cut, closes + cut) for opens, closes in day) for day in plan)


def _proposal(profile: Profile, present: Plan, plan: Plan, gain: Gain) -> Proposal:
    before, after = _steps(present), _steps(plan)
    added = [profile.rates[step] for step in after - before]
    borrowed = sum(rate.mean for rate in added if rate and rate.basis == "borrowed")
    all_ = sum(rate.mean for rate in added if rate)
    return Proposal(
        plan,
        _apart(plan, before),
        _apart(present, after),
        gain,
        _gain(profile, after, before),
        borrowed / all_ if all_ else 0.0,
    )


def _tried(
    seen: Observations, present: Plan, shape: Shape, cut: int, total: int, patience: float
) -> Gain | None:
    """Return what plans gain in the weeks that they were not chosen by, on the mean."""
    weeks, before = seen.weeks, _steps(present)
    parts = 4 if len(weeks) >= FOUR_PARTS else 2
    gains = []
    for part in range(parts):
        mine = [week for number, week in enumerate(weeks) if number % parts != part]
        plan = _chosen(build_profile(seen.only(mine)), present, shape, cut, total, patience)
        if plan is None:
            return None
        others = build_profile(seen.only(weeks[part::parts]), _OUTSIDE_PRIOR)
        gains.append(_gain(others, _steps(plan), before))
    mean = sum(gain.mean for gain in gains) / parts
    half = math.hypot(*(gain.mean - gain.low for gain in gains)) / parts
    return Gain(mean, mean - half, mean + half)


def _gain(profile: Profile, after: frozenset[int], before: frozenset[int]) -> Gain:
    mean = variance = 0.0
    borrowed: dict[int, float] = defaultdict(float)
    for step in sorted(after ^ before):
        rate = profile.rates[step]
        if rate is None:
            continue
        mean += rate.mean if step in after else -rate.mean
        variance += rate.variance
        if rate.basis == "borrowed":
            borrowed[step // STEPS_A_DAY] += rate.mean
    variance += sum((DAY_SPREAD * visits) ** 2 for visits in borrowed.values())
    half = SURE * math.sqrt(variance)
    return Gain(mean, mean - half, mean + half)


def _steps(plan: Plan) -> frozenset[int]:
    """Return the half hours of the week, from Monday 00:00, in which a plan is open."""
    return frozenset(
        (day * STEPS_A_DAY + step) % STEPS_A_WEEK
        for day, sessions in enumerate(plan)
        for opens, closes in sessions
        for step in range(opens, closes)
    )


def _apart(plan: Plan, other: frozenset[int]) -> tuple[DayPlan, ...]:
    """Return what of a plan lies outside of other half hours, day by day."""
    result = []
    for day, sessions in enumerate(plan):
        pieces: list[tuple[int, int]] = []
        for opens, closes in sessions:
            for step in range(opens, closes):
                if (day * STEPS_A_DAY + step) % STEPS_A_WEEK in other:
                    continue
                if pieces and pieces[-1][1] == step:
                    pieces[-1] = (pieces[-1][0], step + 1)
                else:
                    pieces.append((step, step + 1))
        result.append(tuple(pieces))
    return tuple(result)
