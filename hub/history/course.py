"""The course of occupancy over days: every step of the running sum, and where nobody watched.

steps      ──┐  ┌─────┐                 a minute with a crossing changes the sum
             └──┘     └──── zero        so does the session's zero, at its own moment
watched   ████████   ██████████         between: not known, whatever the sum says
sure      ████████   ░░░░░░░░░█         after a gap the sum may be off, until the next sure number

Beside it the corrected course: what a session left over is spread back over it once it has ended
(`hub.occupancy.residual`); of a session that goes on it is the sum itself.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.history.calendar import HOUR
from hub.history.decimation import Piece
from hub.occupancy import Ledger, Span
from hub.occupancy.ledger import MINUTE, Standing
from hub.occupancy.spans import holes

QUIET_SECONDS: Final = 1800


@dataclass(frozen=True, slots=True)
class _Level:
    """The sum from an instant on, and the zero that it is summed from."""

    at_s: int
    occupancy: int
    anchor_s: int | None
    begun_s: int | None
    """First second of the minute that led to it; None: none did."""


def course(
    ledger: Ledger,
    watched: Sequence[Span],
    start_s: int,
    end_s: int,
    corrected: Mapping[int, float] | None = None,
) -> tuple[Piece, ...]:
    """Return the course in [start_s, end_s) as pieces that follow on each other.

    `watched`: when all lines were watched, in ms, bridged as the ledger's own. `corrected`: the
    number after each minute as `Ledger.corrected` gives it; without it the course is raw.
    """
    if end_s <= start_s:
        return ()
    levels = list(_levels(ledger, start_s, end_s))
    numbers = corrected or {}
    starts = [level.at_s for level in levels]
    pieces: list[Piece] = []
    cuts = sorted(
        [(since, until, True) for since, until in _whole_seconds(watched, start_s, end_s)]
        + [
            (since // 1000, until // 1000, False)
            for since, until in holes(watched, start_s * 1000, end_s * 1000)
            if until // 1000 > since // 1000
        ]
    )
    for since, until, is_watched in cuts:
        if not is_watched:
            pieces.append(Piece(since, until, None, None, None))
            continue
        begun = _begun(watched, since)
        index = max(0, bisect_right(starts, since) - 1)
        while index < len(levels) and levels[index].at_s < until:
            level = levels[index]
            ends = levels[index + 1].at_s if index + 1 < len(levels) else end_s
            sure = level.anchor_s is not None and begun <= level.anchor_s
            first, last = max(level.at_s, since), min(ends, until)
            if first < last:
                number = numbers.get(level.begun_s or 0, level.occupancy)
                pieces.append(Piece(first, last, number, number, number, is_sure=sure))
            index += 1
    return tuple(pieces)


def _levels(ledger: Ledger, start_s: int, end_s: int) -> Iterator[_Level]:
    """Yield every change of the sum; first the sum at the start."""
    before = ledger.standing(start_s)
    yield _level(start_s, before)
    at = start_s
    for step in ledger.steps(start_s, end_s):
        minute = (step.crossed_s or at) - MINUTE
        yield from _resets(ledger, before, at, minute)
        yield _level(max(minute, start_s), step)
        before, at = step, minute
    yield from _resets(ledger, before, at, end_s)


def _resets(ledger: Ledger, before: Standing, at_s: int, until_s: int) -> Iterator[_Level]:
    """Yield the zero and the head counts that fall between two crossings."""
    looks = set(ledger.head_counts_between(at_s, until_s))
    # Looked for once an hour; too short to be quiet in, an opening shows at the next crossing.
    if until_s - at_s >= QUIET_SECONDS:
        looks |= {*range(at_s + HOUR, until_s, HOUR), until_s}
    anchor_s = before.anchor_s
    for looked in sorted(looks):
        standing = ledger.standing(looked)
        if standing.anchor_s is not None and standing.anchor_s != anchor_s:
            anchor_s = standing.anchor_s
            yield _Level(max(at_s, anchor_s), standing.occupancy, anchor_s, None)


def _level(at_s: int, standing: Standing) -> _Level:
    begun_s = None if standing.crossed_s is None else standing.crossed_s - MINUTE
    if begun_s is not None and (standing.anchor_s or 0) > begun_s:
        begun_s = None  # a zero or a head count led to it
    return _Level(at_s, standing.occupancy, standing.anchor_s, begun_s)


def _whole_seconds(watched: Sequence[Span], start_s: int, end_s: int) -> Iterator[tuple[int, int]]:
    for since, until in watched:
        first, last = max(since // 1000, start_s), min(until // 1000, end_s)
        if first < last:
            yield first, last


def _begun(watched: Sequence[Span], at_s: int) -> int:
    """Return the second at which the watching that covers an instant began."""
    index = bisect_right(watched, (at_s * 1000 + 999, 2**62)) - 1
    return watched[max(index, 0)][0] // 1000 if watched else at_s
