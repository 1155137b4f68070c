"""The week as half hours: how many come in each, as far as somebody watched while it was open.

A half hour counts by the share of it that was both declared open and watched: when a door is shut
nobody can come, so a closed hour tells nothing of who would have. Each rate is drawn towards the
same half hour of like days (working days, weekend days):

    rate = (visits + 2 m) / (weeks + 2)      m: visits a week in that half hour over like days

which is the posterior mean under a gamma prior worth two weeks. A half hour that was never seen is
borrowed from like days, else from all days, with the prior's own width; where no day was ever seen
it stays unknown. Visits come in company, so variances are widened by Pearson's dispersion.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.compliance.intervals import Intervals

STEP_SECONDS: Final = 1800
STEPS_A_DAY: Final = 48
STEPS_A_WEEK: Final = 7 * STEPS_A_DAY
PRIOR_WEEKS: Final = 2.0
"""How many weeks of its own outweigh what like days say."""
WHOLE: Final = 0.95
"""A half hour of which so much was seen says how weeks differ from each other."""
WEEKEND: Final = 5

Basis = Literal["watched", "borrowed"]


@dataclass(frozen=True, slots=True)
class Rate:
    """Visits in one half hour of the week: expected, and the variance of that expectation."""

    mean: float
    variance: float
    visits: int
    weeks: float
    """Weeks in which it was open and watched, in parts of a half hour."""
    basis: Basis
    """`borrowed`: it was never open and watched itself; like days were."""


@dataclass(frozen=True)
class Observations:
    """What was seen, by week (its Monday) and half hour of the week from Monday 00:00."""

    seen: Mapping[tuple[date, int], tuple[int, float]] = field(default_factory=dict)
    """Visits, and the share of the half hour that was open and watched."""

    @property
    def weeks(self) -> tuple[date, ...]:
        """Return the Mondays of the weeks of which something was seen."""
        return tuple(sorted({week for week, _ in self.seen}))

    def only(self, weeks: Collection[date]) -> "Observations":
        """Return what was seen in some weeks."""
        return Observations({key: value for key, value in self.seen.items() if key[0] in weeks})


@dataclass(frozen=True, slots=True)
class Profile:
    """A week of 336 half hours from Monday 00:00; None: nobody knows."""

    rates: tuple[Rate | None, ...]
    weeks: int
    """Weeks of which something was seen."""
    dispersion: float
    """How many times as much weeks differ as chance alone would let them; at least 1."""


def observe(
    zone: ZoneInfo, visits: Mapping[int, int], known: Intervals, left_out: Collection[date] = ()
) -> Observations:
    """Return what was seen: `visits` by the minute (Unix s) in which they came.

    `known`: when it was open as declared and every door watched, Unix s. Days `left_out` are not
    ordinary ones, and say nothing of a usual week.
    """
    minutes = sorted(visits)
    counted: dict[tuple[date, int], int] = defaultdict(int)
    shares: dict[tuple[date, int], float] = defaultdict(float)
    for start, end in known:
        at = start
        while at < end:
            local = datetime.fromtimestamp(at, zone)
            second = local.hour * 3600 + local.minute * 60 + local.second
            until = min(end, at + STEP_SECONDS - second % STEP_SECONDS)
            day = local.date()
            if day not in left_out:
                monday = day - timedelta(days=day.weekday())
                key = (monday, day.weekday() * STEPS_A_DAY + second // STEP_SECONDS)
                shares[key] += (until - at) / STEP_SECONDS
                inside = minutes[bisect_left(minutes, at) : bisect_left(minutes, until)]
                counted[key] += sum(visits[minute] for minute in inside)
            at = until
    return Observations({key: (counted[key], share) for key, share in shares.items()})


def build_profile(seen: Observations, prior_weeks: float = PRIOR_WEEKS) -> Profile:
    """Return the smoothed week; `prior_weeks`: how many weeks like days are worth."""
    visits, weeks = [0] * STEPS_A_WEEK, [0.0] * STEPS_A_WEEK
    for (_, step), (number, share) in seen.seen.items():
        visits[step] += number
        weeks[step] += share
    dispersion = _dispersion(seen)
    rates: list[Rate | None] = []
    for step in range(STEPS_A_WEEK):
        prior = _prior(step, visits, weeks)
        if prior is None:
            rates.append(None)
            continue
        weight = weeks[step] + prior_weeks
        mean = (visits[step] + prior_weeks * prior) / weight
        basis: Basis = "watched" if weeks[step] else "borrowed"
        rates.append(Rate(mean, dispersion * mean / weight, visits[step], weeks[step], basis))
    return Profile(tuple(rates), len(seen.weeks), dispersion)


def _prior(step: int, visits: list[int], weeks: list[float]) -> float | None:
    """Return visits a week in this half hour over like days, else over all; None without any."""
    day, clock = divmod(step, STEPS_A_DAY)
    like = range(WEEKEND, 7) if day >= WEEKEND else range(WEEKEND)
    for days in (like, range(7)):
        steps = [other * STEPS_A_DAY + clock for other in days]
        seen = sum(weeks[other] for other in steps)
        if seen:
            return sum(visits[other] for other in steps) / seen
    return None


def _dispersion(seen: Observations) -> float:
    """Return Pearson's dispersion: (Σ (x - mean)² / mean) / degrees of freedom, at least 1."""
    by_step: dict[int, list[int]] = defaultdict(list)
    for (_, step), (number, share) in seen.seen.items():
        if share >= WHOLE:
            by_step[step].append(number)
    square, freedom = 0.0, 0
    for numbers in by_step.values():
        mean = sum(numbers) / len(numbers)
        if mean and len(numbers) > 1:
            square += sum((number - mean) ** 2 for number in numbers) / mean
            freedom += len(numbers) - 1
    return max(1.0, square / freedom) if freedom else 1.0


def hour_map(profile: Profile) -> tuple[tuple[Rate | None, ...], ...]:
    """Return seven rows of twenty-four hours, each the sum of its halves that are known."""
    return tuple(
        tuple(
            _sum(profile.rates[at : at + 2])
            for at in range(day * STEPS_A_DAY, (day + 1) * STEPS_A_DAY, 2)
        )
        for day in range(7)
    )


def _sum(halves: Iterable[Rate | None]) -> Rate | None:
    told = [half for half in halves if half is not None]
    if not told:
        return None
    watched = any(half.basis == "watched" for half in told)
    return Rate(
        sum(half.mean for half in told),
        sum(half.variance for half in told),
        sum(half.visits for half in told),
        max(half.weeks for half in told),
        "watched" if watched else "borrowed",
    )
