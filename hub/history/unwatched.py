"""Stretches in which a line was not watched, and why, as far as its node told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.occupancy.spans import Span, holes, joined
from hub.store.port import Interval

SHORTEST_MS: Final = 60_000
"""A shorter hole is not listed; it is missing in the shares all the same."""
NEVER: Final = "never"
SILENT: Final = "silent"
"""Nothing more came: the node may be off, or its data are still on their way."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """One stretch without a watcher, Unix ms; `lines` are named node/line."""

    since_ms: int
    until_ms: int
    reason: str
    lines: tuple[str, ...]


def decisive(intervals: Iterable[Interval], latest_ms: int) -> list[Interval]:
    """Return the intervals that decide: of a clock that was set, and not from the future.

    A node whose clock runs years ahead would otherwise be known for years after it is gone.
    """
    return [i for i in intervals if i.clock != "unset" and i.until_ms <= latest_ms]


def spans_of(intervals: Iterable[Interval]) -> list[Span]:
    """Return intervals as spans, those that touch as one."""
    return joined([(i.since_ms, i.until_ms) for i in intervals])


def up_to_now(
    spans: Sequence[Span], intervals: Sequence[Interval], now_ms: int, stale_ms: int
) -> list[Span]:
    """Let the last span reach to now where its coverage is only about to be told again."""
    if not spans or not now_ms - stale_ms <= spans[-1][1] < now_ms:
        return list(spans)
    newest = max(intervals, key=lambda i: i.until_ms)
    if newest.ended is not None:
        return list(spans)
    return [*spans[:-1], (spans[-1][0], now_ms)]


def unwatched(
    lines: Mapping[str, tuple[Sequence[Span], Sequence[Interval]]], start_ms: int, end_ms: int
) -> tuple[Unwatched, ...]:
    """Return the stretches of each line (its spans, its intervals) without a watcher.

    Those that are alike are told as one.
    """
    found: dict[tuple[int, int, str], list[str]] = {}
    for name, (spans, intervals) in lines.items():
        for since, until in holes(spans, start_ms, end_ms):
            if until - since >= SHORTEST_MS:
                key = (since, until, _reason(intervals, since))
                found.setdefault(key, []).append(name)
    return tuple(
        Unwatched(since, until, reason, tuple(sorted(names)))
        for (since, until, reason), names in sorted(found.items())
    )


def _reason(intervals: Sequence[Interval], at_ms: int) -> str:
    before = [i for i in intervals if i.until_ms <= at_ms]
    if not before:
        return NEVER
    return max(before, key=lambda i: i.until_ms).ended or SILENT
