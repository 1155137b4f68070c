"""What of a stream is on its way: which rows to send next, and when to go back. Pure."""

from dataclasses import dataclass, field
from typing import Final

BATCH_ROWS: Final = 500
INFLIGHT_BATCHES: Final = 8
FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 10.0
SETTLE_S: Final = 0.5
"""After going back, further refusals of what was sent before are not heeded for this long."""


@dataclass(slots=True)
class Window:
    """Go-back-N over seqs. `mark`: stored by the hub; `cursor`: sent up to here.

    `jitter()` gives a factor for each wait, so that nodes do not move in step.
    """

    mark: int
    cursor: int = 0
    _inflight: list[int] = field(default_factory=list)
    _deadline: float = 0.0
    _wait: float = FIRST_WAIT_S
    _went_back_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.cursor = self.mark

    @property
    def may_send(self) -> bool:
        """Tell whether another batch may go out."""
        return len(self._inflight) < INFLIGHT_BATCHES

    @property
    def waits(self) -> bool:
        """Tell whether anything is on its way."""
        return bool(self._inflight)

    def sent(self, upto: int, now: float, jitter: float) -> None:
        """Note that a batch up to `upto` went out."""
        if not self._inflight:
            self._deadline = now + self._wait * jitter
        self._inflight.append(upto)
        self.cursor = upto

    def stored(self, upto: int, now: float, jitter: float) -> bool:
        """Note that the hub holds everything up to `upto`; tell whether that is news."""
        if upto <= self.mark:
            return False
        self.mark = upto
        self.cursor = max(self.cursor, upto)
        self._inflight = [end for end in self._inflight if end > upto]
        self._wait = FIRST_WAIT_S
        self._deadline = now + self._wait * jitter
        return True

    def refused(self, mark: int, now: float) -> bool:
        """Note that the hub stands at `mark` and wants the rest from there; tell if we go back."""
        if mark >= self.cursor:
            return False
        if mark == self.mark and now - self._went_back_at < SETTLE_S:
            return False
        self._went_back_at = now
        self._back_to(mark)
        self._wait = FIRST_WAIT_S
        return True

    def overdue(self, now: float) -> bool:
        """Go back when nothing came in time, and wait longer next time; tell if that was so."""
        if not self._inflight or now < self._deadline:
            return False
        self._back_to(self.mark)
        self._wait = min(self._wait * 2, LONGEST_WAIT_S)
        return True

    def lost_line(self) -> None:
        """Forget what was on its way: the connection is gone."""
        self._back_to(self.mark)
        self._wait = FIRST_WAIT_S

    @property
    def deadline(self) -> float | None:
        """Return when to look again for an answer, None when none is awaited."""
        return self._deadline if self._inflight else None

    def _back_to(self, mark: int) -> None:
        self.mark = self.cursor = mark
        self._inflight.clear()
