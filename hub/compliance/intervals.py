"""Sets of time as sorted intervals `[start, end)` of whole Unix seconds, apart from each other."""

from collections.abc import Iterable

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]
"""In order, none empty, none touching the next."""

EVER: Intervals = ((-(2**62), 2**62),)


def union(*sets: Iterable[Interval]) -> Intervals:
    """Return what lies in any of the sets; the intervals given may overlap, in any order."""
    result: list[Interval] = []
    for start, end in sorted(interval for intervals in sets for interval in intervals):
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
    """Return what lies in `[start, end)`."""
    return intersection(intervals, ((start, end),)) if start < end else ()


def seconds(intervals: Iterable[Interval]) -> int:
    """Return how long a set is."""
    return sum(end - start for start, end in intervals)
