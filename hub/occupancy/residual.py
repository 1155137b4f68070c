"""What a session's count leaves over when the venue is empty, and the sum with that spread back.

    counted in 180, out 166, and at the zero nobody is inside:  residual +14
    raw        0 ─ 40 ─ 95 ─ 70 ─ 14 │ 0     a cliff at the zero
    corrected  0 ─ 38 ─ 90 ─ 62 ─  0 │ 0     each minute gives back its share of the crossings

A stretch runs from one sure number to the next: a session's zero, or a head count of the staff.
The residual is what the crossings between the two add up to, less the difference of the two: more
than nothing when people were missed on their way out, less when on their way in. Crossings are
what a counter can get wrong, so the residual is spread over a stretch in proportion to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

EXCESS_PER_CENT: Final = 5
"""A residual beyond this share of the entries is worth a look,"""
EXCESS_PEOPLE: Final = 3
"""and never one of so few people."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One stretch between two sure numbers; instants in Unix seconds."""

    since_s: int | None
    """The zero or head count at which it began; None: none was seen before its first crossing."""
    until_s: int | None
    """The zero or head count that ended it; None: it is still going on."""
    began_with: int | None
    ended_with: int | None
    entered: int
    left: int

    @property
    def residual(self) -> int | None:
        """Return how many too many the crossings left inside; None while that is not known."""
        if self.began_with is None or self.ended_with is None:
            return None
        return self.began_with + self.entered - self.left - self.ended_with

    @property
    def allowed(self) -> int:
        """Return the largest residual that is no reason to look: max(5 % of the entries, 3)."""
        return max(EXCESS_PER_CENT * self.entered // 100, EXCESS_PEOPLE)

    @property
    def is_excessive(self) -> bool:
        """Tell whether the residual is a reason to look at the counter."""
        return abs(self.residual or 0) > self.allowed


def spread(balance: Balance, steps: Sequence[tuple[int, int]]) -> list[float] | None:
    """Return the corrected number inside after each step of an ended stretch.

    `steps` are its minutes in order, (entered, left). The last number is the one that it ended
    with, and none lies below zero. None where the residual is not known.
    """
    residual = balance.residual
    if residual is None or balance.began_with is None:
        return None
    traffic = sum(entered + left for entered, left in steps)
    inside, passed, result = balance.began_with, 0, []
    for entered, left in steps:
        inside += entered - left
        passed += entered + left
        result.append(max(0, inside * traffic - residual * passed) / traffic)
    return result
