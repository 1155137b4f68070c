"""How much of a stretch was watched, and what may therefore be said of it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from hub.occupancy.spans import Span

Quality = Literal["known", "partial", "unknown", "future"]
"""`known`: watched, as good as all of it. `partial`: in part, so a number is the least that it can
be. `unknown`: nobody watched. `future`: it has not begun yet."""

WHOLE_SHARE: Final = 0.95
"""An agent that starts again within three minutes of an hour does not spoil the hour."""


def watched_seconds(
    spans: Sequence[Span], stretches: Sequence[tuple[int, int]], now_s: int
) -> list[float]:
    """Return how many seconds of each stretch lie in a span (ms) and before now.

    Both are in order of time and apart from each other.
    """
    result: list[float] = []
    first = 0
    for at, until in stretches:
        start_ms, end_ms = at * 1000, min(until, now_s) * 1000
        while first < len(spans) and spans[first][1] <= start_ms:
            first += 1
        total, index = 0, first
        while index < len(spans) and spans[index][0] < end_ms:
            total += max(0, min(spans[index][1], end_ms) - max(spans[index][0], start_ms))
            index += 1
        result.append(total / 1000)
    return result


def quality(watched_s: float, elapsed_s: float, *, counted: bool) -> Quality:
    """Judge a stretch; `counted`: something was counted in it, so somebody did watch."""
    if elapsed_s <= 0:
        return "future"
    if watched_s >= WHOLE_SHARE * elapsed_s:
        return "known"
    return "partial" if watched_s > 0 or counted else "unknown"


def common(spans: Sequence[Span], since: int, until: int) -> Iterator[Span]:
    """Yield what of [since, until) lies in spans, in the unit of the spans."""
    index = max(0, bisect_right(spans, (since, since)) - 1)
    while index < len(spans) and spans[index][0] < until:
        start, end = max(spans[index][0], since), min(spans[index][1], until)
        if start < end:
            yield start, end
        index += 1
