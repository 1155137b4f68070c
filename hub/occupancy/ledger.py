"""The running sum of one venue or zone: minutes in event-time order, reflected at zero.

    after(minute) = max(0, before + entered - left)   before = 0 where a session's zero lies between

The order of crossings inside one minute is not known, so a minute counts as one step. Each step
looks only at the one before it: the newest minute costs O(1), a late one is summed from there on,
and the result never depends on the order in which minutes arrived.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.occupancy.sessions import Sessions
from hub.occupancy.spans import Span, first_difference

MINUTE = 60
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Standing:
    """Occupancy at one instant, and the session's zero that it is summed from (Unix seconds)."""

    occupancy: int
    zero_s: int | None
    crossed_s: int | None
    """End of the last minute with a crossing."""


class Ledger:
    """The minutes of one venue or zone since `since_s`; older ones are folded into a start."""

    def __init__(self, sessions: Sessions, since_s: int = 0) -> None:
        self._sessions = sessions
        self._since_s = since_s
        self._start = Standing(0, None, None)
        self._watched: Sequence[Span] = ()
        self._minutes = array("q")
        self._entered = array("q")
        self._left = array("q")
        self._after = array("q")
        self._zeros = array("q")
        self._columns = (self._minutes, self._entered, self._left, self._after, self._zeros)
        self._sound = 0
        """How many minutes, from the oldest, are summed already."""

    def __len__(self) -> int:
        return len(self._minutes)

    @property
    def since_s(self) -> int:
        """Return the first minute that is told apart."""
        return self._since_s

    @property
    def watched(self) -> Sequence[Span]:
        """Return when all lines were watched, in ms."""
        return self._watched

    def watch(self, watched: Sequence[Span]) -> None:
        """Take over when all lines were watched (ms): a quiet half hour counts only there."""
        changed = first_difference(self._watched, watched)
        self._watched = watched
        if changed is not None:
            # A minute's step looks at what was watched before it, and at nothing later.
            self._sound = min(self._sound, bisect_left(self._minutes, changed // 1000))

    def put_all(self, rows: Sequence[tuple[int, int, int]]) -> None:
        """Set the totals of many minutes, (minute, entered, left) in order of time."""
        if rows and (not self._minutes or rows[0][0] > self._minutes[-1]):
            new = [row for row in rows if row[0] >= self._since_s and (row[1] or row[2])]
            for column, values in zip(self._columns, zip(*new, strict=True), strict=False):
                column.extend(values)
            self._after.extend([0] * len(new))
            self._zeros.extend([_NEVER] * len(new))
            return
        for minute_s, entered, left in rows:
            self.put(minute_s, entered, left)

    def put(self, minute_s: int, entered: int, left: int) -> None:
        """Set the totals of one minute over all lines; a minute before `since_s` is left out."""
        if minute_s < self._since_s:
            return
        if not self._minutes or minute_s > self._minutes[-1]:
            index = len(self._minutes)
        else:
            index = bisect_left(self._minutes, minute_s)
        found = index < len(self._minutes) and self._minutes[index] == minute_s
        if not (entered or left):
            if not found:
                return
            for column in self._columns:
                del column[index]
        elif found:
            self._entered[index], self._left[index] = entered, left
        else:
            for column, value in zip(
                self._columns, (minute_s, entered, left, 0, _NEVER), strict=True
            ):
                column.insert(index, value)
        self._sound = min(self._sound, index)

    def standing(self, now_s: int) -> Standing:
        """Return the occupancy at an instant: all minutes that began before it count."""
        self._settle()
        # The newest minute is still growing, so an instant inside a minute includes it.
        index = bisect_left(self._minutes, now_s)
        return self._rested(self._at(index - 1), now_s)

    def entered(self, start_s: int, end_s: int) -> int:
        """Return the sum of entries of the minutes in [start_s, end_s)."""
        first, last = bisect_left(self._minutes, start_s), bisect_left(self._minutes, end_s)
        return sum(self._entered[first:last])

    def entries(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """Return the minutes in [start_s, end_s) in which somebody entered, and how many did."""
        first, last = bisect_left(self._minutes, start_s), bisect_left(self._minutes, end_s)
        minutes = zip(self._minutes[first:last], self._entered[first:last], strict=True)
        return [(minute, entered) for minute, entered in minutes if entered]

    def steps(self, start_s: int, end_s: int) -> Iterator[Standing]:
        """Yield the standing after each minute with a crossing that began in [start_s, end_s)."""
        self._settle()
        first, last = bisect_left(self._minutes, start_s), bisect_left(self._minutes, end_s)
        return (self._at(index) for index in range(first, last))

    def trim(self, before_s: int) -> None:
        """Fold minutes before `before_s` into the start; late ones for them change nothing more."""
        self._settle()
        index = bisect_left(self._minutes, before_s)
        self._start = self._at(index - 1)
        self._since_s = max(self._since_s, before_s)
        for column in self._columns:
            del column[:index]
        self._sound -= index

    def _at(self, index: int) -> Standing:
        if index < 0:
            return self._start
        zero = self._zeros[index]
        return Standing(
            self._after[index], None if zero == _NEVER else zero, self._minutes[index] + MINUTE
        )

    def _rested(self, standing: Standing, now_s: int) -> Standing:
        """Apply the session's zero, if one lies between the last crossing and `now_s`."""
        zero = self._sessions.zero_between(
            standing.crossed_s, now_s, standing.zero_s, self._watched
        )
        return standing if zero is None else Standing(0, zero, standing.crossed_s)

    def _settle(self) -> None:
        standing = self._at(self._sound - 1)
        occupancy, zero, crossed = standing.occupancy, standing.zero_s, standing.crossed_s
        opening, quiet = 0, self._sessions.quiet_seconds
        for index in range(self._sound, len(self._minutes)):
            minute = self._minutes[index]
            # In a busy hour lies neither quiet nor an opening between two crossings.
            if minute - (crossed or 0) >= quiet or minute >= opening:
                standing = self._rested(Standing(occupancy, zero, crossed), minute)
                occupancy, zero = standing.occupancy, standing.zero_s
                opening = self._sessions.next_opening(minute)
            occupancy = max(0, occupancy + self._entered[index] - self._left[index])
            crossed = minute + MINUTE
            self._after[index] = occupancy
            self._zeros[index] = _NEVER if zero is None else zero
        self._sound = len(self._minutes)
