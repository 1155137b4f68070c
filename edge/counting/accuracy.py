"""How well a counter counts, by what a person tapped beside it.

Who watches a door taps a moment after he sees somebody pass, seldom before. A crossing and a tap
are one visitor when they go the same way and the tap is at most `early_seconds` before and at most
`late_seconds` after the crossing; one to one, with the most pairs (`edge.counting.scoring`).

Intervals are of 95 %:

- shares (recall, precision): the score interval of E. B. Wilson, Probable inference, the law of
  succession, and statistical inference, JASA 22 (1927);
- the error of the count: missed and false are taken for Poisson, each with its exact interval
  (F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936)), and their
  difference has the interval that their variances give (MOVER: G. Zou, A. Donner, Construction of
  confidence limits about effect measures, Statistics in Medicine 27 (2008)), as a share of what was
  tapped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from scipy.special import gammaincinv

from edge.counting.geometry import Direction
from edge.counting.scoring import CountedCrossing, Score, TrueCrossing, score

EARLY_SECONDS: Final = 1.0
LATE_SECONDS: Final = 2.0
FEW: Final = 100
"""With fewer taps than this the intervals are wider than most people expect."""
_Z: Final = 1.959963984540054
_TAIL: Final = 0.025


class Interval(NamedTuple):
    """A value with the limits of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WayAccuracy:
    """One direction: what was tapped and counted, and how they fit."""

    tapped: int
    counted: int
    matched: int
    missed: int
    false: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The outcome of an audit.

    `recall` is the share of the tapped that was counted, `precision` the share of the counted that
    was tapped, `count_error` the error of the total as a share of the tapped; None where there is
    nothing to divide by. `drift` is by how many an occupancy is wrong after the audit: (counted in
    - out) - (tapped in - out). `turned` are pairs of a missed and a false crossing at one moment,
    in opposite directions. `lateness_seconds` is the median of tap minus crossing. `left_out` taps
    and crossings lay in gaps.
    """

    ways: dict[Direction, WayAccuracy]
    both: WayAccuracy
    recall: Interval | None
    precision: Interval | None
    count_error: Interval | None
    drift: int
    turned: int
    lateness_seconds: float | None
    left_out: int

    @property
    def is_few(self) -> bool:
        """Tell whether so little was tapped that the statement should be read with care."""
        return self.both.tapped < FEW


def assess(
    taps: Sequence[TrueCrossing],
    counted: Sequence[CountedCrossing],
    *,
    early_seconds: float = EARLY_SECONDS,
    late_seconds: float = LATE_SECONDS,
    gaps: Sequence[tuple[float, float]] = (),
) -> Accuracy:
    """Compare what was counted with what was tapped; all instants are of one axis.

    What lies in a gap, in which the counter saw nothing, is left out.
    """
    kept_taps = [tap for tap in taps if not _is_in(tap.at_seconds, gaps)]
    kept = [crossing for crossing in counted if not _is_in(crossing.at_seconds, gaps)]
    # A window of its own on either side is a symmetric one around a shifted tap.
    shift, reach = (late_seconds - early_seconds) / 2, (late_seconds + early_seconds) / 2
    shifted = [TrueCrossing(tap.at_seconds - shift, tap.direction) for tap in kept_taps]
    result = score(kept, shifted, reach)
    ways = {way: _way(way, shifted, kept, result) for way in Direction}
    both = WayAccuracy(
        len(kept_taps),
        len(kept),
        result.true_positives,
        len(result.missed),
        len(result.false),
    )
    way_in, way_out = ways[Direction.IN], ways[Direction.OUT]
    return Accuracy(
        ways,
        both,
        share(both.matched, both.tapped),
        share(both.matched, both.counted),
        count_error(both.missed, both.false, both.tapped),
        (way_in.counted - way_out.counted) - (way_in.tapped - way_out.tapped),
        _turned(result, reach),
        _lateness(kept_taps, kept, result, shift),
        len(taps) - len(kept_taps) + len(counted) - len(kept),
    )


def share(part: int, whole: int) -> Interval | None:
    """Return a share with Wilson's interval; None of nothing."""
    if whole == 0:
        return None
    p, square = part / whole, _Z * _Z
    middle = (p + square / (2 * whole)) / (1 + square / whole)
    reach = _Z / (1 + square / whole)
    reach *= math.sqrt(p * (1 - p) / whole + square / (4 * whole * whole))
    # All and none are limits themselves; rounding would put them a hair beyond.
    low = 0.0 if part == 0 else middle - reach
    high = 1.0 if part == whole else middle + reach
    return Interval(p, low, high)


def poisson(count: int) -> Interval:
    """Return Garwood's exact interval of the mean of a Poisson count."""
    low = float(gammaincinv(count, _TAIL)) if count else 0.0
    return Interval(float(count), low, float(gammaincinv(count + 1, 1 - _TAIL)))


def count_error(missed: int, false: int, tapped: int) -> Interval | None:
    """Return the error of a count as a share of the tapped; below 0: too few were counted."""
    if tapped == 0:
        return None
    more, less = poisson(false), poisson(missed)
    error = false - missed
    low = error - math.hypot(more.value - more.low, less.high - less.value)
    high = error + math.hypot(more.high - more.value, less.value - less.low)
    return Interval(error / tapped, low / tapped, high / tapped)


def _is_in(at_seconds: float, gaps: Sequence[tuple[float, float]]) -> bool:
    return any(since <= at_seconds <= until for since, until in gaps)


def _way(
    way: Direction, taps: list[TrueCrossing], counted: list[CountedCrossing], result: Score
) -> WayAccuracy:
    tapped = sum(tap.direction is way for tap in taps)
    missed = sum(tap.direction is way for tap in result.missed)
    return WayAccuracy(
        tapped,
        sum(crossing.direction is way for crossing in counted),
        tapped - missed,
        missed,
        sum(crossing.direction is way for crossing in result.false),
    )


def _turned(result: Score, reach: float) -> int:
    """Count visitors who were counted, but the wrong way."""
    left = list(result.missed)
    turned = 0
    for crossing in result.false:
        for tap in left:
            if abs(tap.at_seconds - crossing.at_seconds) <= reach:
                left.remove(tap)
                turned += 1
                break
    return turned


def _lateness(
    taps: list[TrueCrossing], counted: list[CountedCrossing], result: Score, shift: float
) -> float | None:
    """Return the median of tap minus crossing, over the pairs in order of time."""
    missed = {(tap.at_seconds, tap.direction) for tap in result.missed}
    false = {(crossing.at_seconds, crossing.direction) for crossing in result.false}
    apart: list[float] = []
    for way in Direction:
        found = sorted(
            tap.at_seconds
            for tap in taps
            if tap.direction is way and (tap.at_seconds - shift, way) not in missed
        )
        seen = sorted(
            crossing.at_seconds
            for crossing in counted
            if crossing.direction is way and (crossing.at_seconds, way) not in false
        )
        # Pairs of one direction in order of time are the pairs that were matched, or as good.
        apart += [tap - crossing for tap, crossing in zip(found, seen, strict=False)]
    if not apart:
        return None
    apart.sort()
    return apart[len(apart) // 2]
