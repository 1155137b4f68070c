"""Three-valued verdicts from bounds, by whole numbers only.

    at least T:  compliant if low >= T;  non_compliant if high < T;  else insufficient
    at most  T:  compliant if high <= T; non_compliant if low > T;   else insufficient

`high` None is no upper bound. A share n/d is compared by cross-multiplication.
"""

from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple


class Status(StrEnum):
    """What a rule's verdict may be."""

    COMPLIANT = "compliant"
    WITH_EXCEPTION = "compliant_with_exception"
    """Not as the rule is read literally, but with what the law excuses."""
    INSUFFICIENT = "insufficient"
    NON_COMPLIANT = "non_compliant"
    NOT_APPLICABLE = "not_applicable"


class Bounds(NamedTuple):
    """What a quantity is at least and at most; exact. `high` None: nobody knows how much."""

    low: Fraction
    high: Fraction | None

    def at_least(self, threshold: Fraction, *, strictly: bool = False) -> Status:
        """Judge `quantity >= threshold`, or `>`."""
        if self.low > threshold or (self.low == threshold and not strictly):
            return Status.COMPLIANT
        if self.high is not None and (
            self.high < threshold or (self.high == threshold and strictly)
        ):
            return Status.NON_COMPLIANT
        return Status.INSUFFICIENT

    def at_most(self, threshold: Fraction) -> Status:
        """Judge `quantity <= threshold`."""
        if self.high is not None and self.high <= threshold:
            return Status.COMPLIANT
        return Status.NON_COMPLIANT if self.low > threshold else Status.INSUFFICIENT

    def equals(self, threshold: Fraction) -> Status:
        """Judge `quantity == threshold`."""
        if self.low == self.high:
            return Status.COMPLIANT if self.low == threshold else Status.NON_COMPLIANT
        inside = self.low <= threshold and (self.high is None or threshold <= self.high)
        return Status.INSUFFICIENT if inside else Status.NON_COMPLIANT


def exactly(value: int | Fraction) -> Bounds:
    """Return the bounds of what is known."""
    return Bounds(Fraction(value), Fraction(value))


def between(low: int | Fraction, high: int | Fraction) -> Bounds:
    """Return bounds of which both are known."""
    return Bounds(Fraction(low), Fraction(high))


def share(inside: int, outside: int, unknown_inside: int, unknown_outside: int) -> Bounds | None:
    """Return the bounds of inside / (inside + outside); None for 0/0.

    They are tight: the share rises with what is inside and falls with what is outside.
    """
    if inside + outside + unknown_inside + unknown_outside == 0:
        return None
    least = inside + outside + unknown_outside
    most = inside + outside + unknown_inside
    return Bounds(
        Fraction(inside, least) if least else Fraction(0),
        Fraction(inside + unknown_inside, most) if most else Fraction(1),
    )


def every(statuses: Iterable[Status]) -> Status:
    """Return the Kleene AND: what is not applicable is neutral, nothing at all is not applicable.

    `compliant_with_exception` is kept: it is the weakest way to comply.
    """
    found = {status for status in statuses if status is not Status.NOT_APPLICABLE}
    for status in (Status.NON_COMPLIANT, Status.INSUFFICIENT, Status.WITH_EXCEPTION):
        if status in found:
            return status
    return Status.COMPLIANT if found else Status.NOT_APPLICABLE


def some(statuses: Iterable[Status]) -> Status:
    """Return the Kleene OR, with the same neutral ones."""
    found = {status for status in statuses if status is not Status.NOT_APPLICABLE}
    for status in (Status.COMPLIANT, Status.WITH_EXCEPTION, Status.INSUFFICIENT):
        if status in found:
            return status
    return Status.NON_COMPLIANT if found else Status.NOT_APPLICABLE


def share_of_units(statuses: Iterable[Status]) -> Bounds | None:
    """Return which share of the applicable units complies; None without any."""
    told = [status for status in statuses if status is not Status.NOT_APPLICABLE]
    if not told:
        return None
    sure = sum(status in {Status.COMPLIANT, Status.WITH_EXCEPTION} for status in told)
    open_ = sum(status is Status.INSUFFICIENT for status in told)
    return between(Fraction(sure, len(told)), Fraction(sure + open_, len(told)))


def mean(units: Iterable[Bounds | None]) -> Bounds | None:
    """Return the bounds of the mean over units; None stands for one without a number."""
    told = [Bounds(Fraction(0), None) if unit is None else unit for unit in units]
    if not told:
        return None
    low = sum((unit.low for unit in told), Fraction(0)) / len(told)
    highs = [unit.high for unit in told if unit.high is not None]
    high = sum(highs, Fraction(0)) / len(told) if len(highs) == len(told) else None
    return Bounds(low, high)


def decimals(value: Fraction, digits: int) -> str:
    """Return a number for people, rounded toward zero: 75.9999 is never shown as 76.00."""
    scaled = int(abs(value) * 10**digits)
    whole, rest = divmod(scaled, 10**digits)
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole}.{rest:0{digits}}" if digits else f"{sign}{whole}"


def shown_number(value: Fraction, unit: str) -> str:
    """Return a number in the digits of its unit (`rules.METRICS`), rounded toward zero."""
    return decimals(value, _DIGITS[unit])


_DIGITS: Final = {"h": 2, "d": 0, "": 6, "min": 2, "1/h": 2}
