"""The running sum of one venue or zone: minutes in event-time order, reflected at zero.

    after(minute) = max(0, before + entered - left)   before = 0 where a session's zero lies between
                                                      before = N where the staff counted N heads

The order of crossings inside one minute is not known, so a minute counts as one step. Each step
looks only at the one before it: the newest minute costs O(1), a late one is summed from there on,
and the result never depends on the order in which minutes arrived.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from hub.occupancy.residual import Balance, spread
from hub.occupancy.sessions import Sessions
from hub.occupancy.spans import Span, first_difference

MINUTE = 60
_NEVER = -1
_MOST = 2**62


class HeadCount(NamedTuple):
    """How many the staff counted inside at an instant, Unix seconds.

    Its minute's crossings count as passed before it.
    """

    at_s: int
    occupancy: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Occupancy at one instant, and what it is summed from (Unix seconds)."""

    occupancy: int
    zero_s: int | None
    """The newest zero of a session."""
    crossed_s: int | None
    """End of the last minute with a crossing."""
    counted_s: int | None = None
    """The newest head count, if it is newer than the zero."""

    @property
    def anchor_s(self) -> int | None:
        """Return the newest instant at which the number was sure: a zero or a head count."""
        return self.zero_s if self.counted_s is None else self.counted_s


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
        self._counted = array("q")
        self._columns = (
            self._minutes,
            self._entered,
            self._left,
            self._after,
            self._zeros,
            self._counted,
        )
        self._head_counts: tuple[HeadCount, ...] = ()
        self._weighed: tuple[int | None, Balance | None] | None = None
        """The anchor that the newest ended stretch was asked for, and that stretch."""
        self._ended: Balance | None = None
        """The newest stretch that ended among the minutes that were folded away."""
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
            self._unsettle(bisect_left(self._minutes, changed // 1000))

    def count_heads(self, head_counts: Sequence[HeadCount]) -> None:
        """Take over what the staff counted, in order of time; all of it, each time."""
        new = tuple(head_counts)
        differing = set(new) ^ set(self._head_counts)
        self._head_counts = new
        if differing:
            self._unsettle(bisect_left(self._minutes, min(differing).at_s))
            self._weighed = None

    def put_all(self, rows: Sequence[tuple[int, int, int]]) -> None:
        """Set the totals of many minutes, (minute, entered, left) in order of time."""
        if rows and (not self._minutes or rows[0][0] > self._minutes[-1]):
            self._weigh_again(rows[0][0])
            new = [row for row in rows if row[0] >= self._since_s and (row[1] or row[2])]
            for column, values in zip(self._columns, zip(*new, strict=True), strict=False):
                column.extend(values)
            self._after.extend([0] * len(new))
            self._zeros.extend([_NEVER] * len(new))
            self._counted.extend([_NEVER] * len(new))
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
            self._weighed = None
        elif found:
            self._entered[index], self._left[index] = entered, left
        else:
            for column, value in zip(
                self._columns, (minute_s, entered, left, 0, _NEVER, _NEVER), strict=True
            ):
                column.insert(index, value)
        self._unsettle(index)

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

    def balances(self, now_s: int) -> list[Balance]:
        """Return the stretches between sure numbers in order of time; the last may go on."""
        return [balance for balance, _ in self._stretches(now_s)]

    def last_ended(self, now_s: int) -> Balance | None:
        """Return the newest stretch that has ended, also one that was folded away."""
        anchor_s = self.standing(now_s).anchor_s
        if self._weighed is None or self._weighed[0] != anchor_s:
            ended = [balance for balance in self.balances(now_s) if balance.until_s is not None]
            self._weighed = (anchor_s, ended[-1] if ended else self._ended)
        return self._weighed[1]

    def corrected(self, now_s: int) -> dict[int, float]:
        """Return the corrected number after each minute, of stretches that have ended only."""
        result: dict[int, float] = {}
        for balance, indices in self._stretches(now_s):
            steps = [(self._entered[index], self._left[index]) for index in indices]
            numbers = spread(balance, steps)
            if numbers is not None:
                minutes = [self._minutes[index] for index in indices]
                result.update(zip(minutes, numbers, strict=True))
        return result

    def head_counts_between(self, start_s: int, end_s: int) -> list[int]:
        """Return when heads were counted in [start_s, end_s)."""
        return [
            head_count.at_s
            for head_count in self._head_counts
            if start_s <= head_count.at_s < end_s
        ]

    def trim(self, before_s: int) -> None:
        """Fold minutes before `before_s` into the start; late ones for them change nothing more."""
        self._settle()
        index = bisect_left(self._minutes, before_s)
        folded = [balance for balance in self.balances(before_s) if balance.until_s is not None]
        self._ended = folded[-1] if folded else self._ended
        self._start = self._at(index - 1)
        self._since_s = max(self._since_s, before_s)
        for column in self._columns:
            del column[:index]
        self._sound -= index

    def _unsettle(self, index: int) -> None:
        self._sound = min(self._sound, index)
        if index < len(self._minutes):
            self._weigh_again(self._minutes[index])

    def _weigh_again(self, minute_s: int) -> None:
        # A minute after the anchor is of a stretch that goes on.
        if self._weighed is not None and minute_s < (self._weighed[0] or 0):
            self._weighed = None

    def _at(self, index: int) -> Standing:
        if index < 0:
            return self._start
        return Standing(
            self._after[index],
            _told(self._zeros[index]),
            self._minutes[index] + MINUTE,
            _told(self._counted[index]),
        )

    def _rested(self, standing: Standing, now_s: int) -> Standing:
        """Apply the zero and the head count that lie between the last crossing and `now_s`."""
        zero = self._sessions.zero_between(
            standing.crossed_s, now_s, standing.zero_s, self._watched
        )
        if zero is not None and zero > (standing.counted_s or _NEVER):
            standing = Standing(0, zero, standing.crossed_s)
        heads = self._head_count(standing, now_s)
        if heads is not None:
            standing = Standing(heads.occupancy, standing.zero_s, standing.crossed_s, heads.at_s)
        if standing.counted_s is not None:
            opening = self._sessions.opening_after_closed(standing.counted_s)
            if opening is not None and opening <= now_s:
                standing = Standing(0, opening, standing.crossed_s)
        return standing

    def _head_count(self, standing: Standing, until_s: int) -> HeadCount | None:
        """Return the newest head count that is newer than what a standing rests on."""
        index = bisect_right(self._head_counts, (until_s, _MOST)) - 1
        if index < 0:
            return None
        found = self._head_counts[index]
        newest = max(_begun(standing), standing.anchor_s or _NEVER)
        return found if found.at_s > newest else None

    def _settle(self) -> None:
        standing = self._at(self._sound - 1)
        occupancy, zero, crossed = standing.occupancy, standing.zero_s, standing.crossed_s
        counted = standing.counted_s
        opening, quiet = 0, self._sessions.quiet_seconds
        heads_due = self._next_head_count(_begun(standing))
        for index in range(self._sound, len(self._minutes)):
            minute = self._minutes[index]
            # In a busy hour lies neither quiet nor an opening between two crossings.
            if minute - (crossed or 0) >= quiet or minute >= min(opening, heads_due):
                standing = self._rested(Standing(occupancy, zero, crossed, counted), minute)
                occupancy, zero, counted = standing.occupancy, standing.zero_s, standing.counted_s
                opening = self._sessions.next_opening(minute)
                heads_due = self._next_head_count(minute)
            occupancy = max(0, occupancy + self._entered[index] - self._left[index])
            crossed = minute + MINUTE
            self._after[index] = occupancy
            self._zeros[index] = _NEVER if zero is None else zero
            self._counted[index] = _NEVER if counted is None else counted
        self._sound = len(self._minutes)

    def _next_head_count(self, after_s: int) -> int:
        index = bisect_right(self._head_counts, (after_s, _MOST))
        return self._head_counts[index].at_s if index < len(self._head_counts) else _MOST

    def _stretches(self, now_s: int) -> Iterator[tuple[Balance, range]]:
        """Yield each stretch between sure numbers with the indices of its minutes."""
        self._settle()
        last = bisect_left(self._minutes, now_s)
        anchors = zip(self._zeros[:last], self._counted[:last], strict=True)
        first = 0
        for _, group in groupby(anchors):
            indices = range(first, first + sum(1 for _ in group))
            first = indices.stop
            standing = self._at(indices[-1])
            if indices.stop < last:
                follows = self._minutes[indices.stop]
                after = self._at(indices.stop)
            else:
                follows, after = now_s, self._rested(standing, now_s)
            until_s, ended_with = self._end_of(standing, after, follows)
            yield (
                Balance(
                    standing.anchor_s,
                    until_s,
                    self._began_with(standing),
                    ended_with,
                    sum(self._entered[indices.start : indices.stop]),
                    sum(self._left[indices.start : indices.stop]),
                ),
                indices,
            )

    def _began_with(self, standing: Standing) -> int | None:
        if standing.counted_s is not None:
            index = bisect_right(self._head_counts, (standing.counted_s, _MOST)) - 1
            return self._head_counts[index].occupancy
        return None if standing.zero_s is None else 0

    def _end_of(
        self, standing: Standing, after: Standing, until_s: int
    ) -> tuple[int, int] | tuple[None, None]:
        """Return when and with which sure number a stretch ended: the first of those that came."""
        ends: list[tuple[int, int]] = []
        if after.zero_s is not None and after.zero_s != standing.zero_s:
            ends.append((after.zero_s, 0))
        heads_s = self._next_head_count(max(_begun(standing), standing.anchor_s or _NEVER))
        if heads_s <= until_s:
            index = bisect_right(self._head_counts, (heads_s, _MOST)) - 1
            ends.append((heads_s, self._head_counts[index].occupancy))
        return min(ends) if ends else (None, None)


def _begun(standing: Standing) -> int:
    """Return the second at which the last minute with a crossing began."""
    return _NEVER if standing.crossed_s is None else standing.crossed_s - MINUTE


def _told(instant: int) -> int | None:
    return None if instant == _NEVER else instant
