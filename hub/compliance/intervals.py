"""Sets of time as sorted intervals `[start, end)` of whole Unix seconds, apart from each other."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import chain

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]
"""In order, none empty, none touching the next."""

EVER: Intervals = ((-(2**62), 2**62),)


def union(*sets: Iterable[Interval]) -> Intervals:
    """Return what lies in any of the sets; the intervals given may overlap, in any order."""
    result: list[Interval] = []
    # What is in order already costs one pass.
    for start, end in sorted(chain.from_iterable(sets)):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return tuple(result)


def intersection(left: Intervals, right: Intervals) -> Intervals:
    """Return what lies in both."""
    if not left or not right:
        return ()
    result: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        a_start, a_end = left[i]
        b_start, b_end = right[j]
        start, end = max(a_start, b_start), min(a_end, b_end)
        if start < end:
            result.append((start, end))
        if a_end < b_end:
            i += 1
        else:
            j += 1
    return tuple(result)


def difference(left: Intervals, right: Intervals) -> Intervals:
    """Return what lies in `left` and not in `right`."""
    if not right:
        return left
    result: list[Interval] = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        at, k = start, j
        while k < len(right) and right[k][0] < end:
            if right[k][0] > at:
                result.append((at, right[k][0]))
            at = max(at, right[k][1])
            k += 1
        if at < end:
            result.append((at, end))
    return tuple(result)


def clipped(intervals: Intervals, start: int, end: int) -> Intervals:
    """Return what lies in `[start, end)`; costs no more than what lies there."""
    if start >= end:
        return ()
    first, last = bisect_left(intervals, (start,)), bisect_left(intervals, (end,))
    if first and intervals[first - 1][1] > start:
        first -= 1
    if first == last:
        return ()
    found = list(intervals[first:last])
    if found[0][0] < start:
        found[0] = (start, found[0][1])
    if found[-1][1] > end:
        found[-1] = (found[-1][0], end)
    return tuple(found)


def seconds(intervals: Iterable[Interval]) -> int:
    """Return how long a set is."""
    return sum(end - start for start, end in intervals)
