"""Joining and cutting of half-open spans; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hub.store.port import Interval

Span = tuple[int, int]


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Join intervals that touch or overlap: the later end speaks for the whole, the worse clock."""
    result: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: (i.since_ms, i.until_ms)):
        last = result[-1] if result else None
        if last is None or interval.since_ms > last.until_ms:
            result.append(interval)
        elif interval.until_ms > last.until_ms:
            result[-1] = replace(
                last,
                until_ms=interval.until_ms,
                ended=interval.ended,
                clock=last.clock if last.clock != "set" else interval.clock,
                error_ms=max(last.error_ms, interval.error_ms),
            )
    return result


def cut(intervals: Sequence[Interval], gaps: Iterable[Span]) -> list[Interval]:
    """Take spans out of intervals; what a gap leaves of one ends with the reason `gap`."""
    pieces = list(intervals)
    for since, until in gaps:
        if until <= since:
            continue
        pieces = [piece for whole in pieces for piece in _without(whole, since, until)]
    return pieces


def _without(whole: Interval, since: int, until: int) -> list[Interval]:
    if until <= whole.since_ms or since >= whole.until_ms:
        return [whole]
    pieces = []
    if whole.since_ms < since:
        pieces.append(replace(whole, until_ms=since, ended="gap"))
    if until < whole.until_ms:
        pieces.append(replace(whole, since_ms=until))
    return pieces
