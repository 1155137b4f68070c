"""How sure an occupancy is, judged from when its lines were watched.

known      every line watched from the session's zero up to now
degraded   watched now, but not all the time since the zero: the sum may be off by who passed
unknown    a line is not watched now: there is no number to tell
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hub.occupancy.spans import Span, holes, joined

Quality = Literal["known", "degraded", "unknown"]


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What does not yet count as unwatched, in milliseconds."""

    stale_ms: int = 150_000
    """Coverage is extended every 60 s; two extensions may be late."""
    bridge_ms: int = 2_000
    """A hole between two spans that no one is expected to pass in unseen."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Quality, since when it is so (Unix ms), and the lines that are not watched."""

    quality: Quality
    since_ms: int
    heard_ms: int = 0
    """Until when every line is known to have been watched; 0: one of them never was."""
    missing: tuple[str, ...] = ()


def judge(
    lines: Mapping[str, Sequence[Span]],
    *,
    zero_ms: int | None,
    now_ms: int,
    offline: frozenset[str] = frozenset(),
    tolerances: Tolerances | None = None,
) -> Judgement:
    """Judge the lines of one venue or zone.

    `lines` says when each was watched, `offline` which of them belong to a node that said goodbye
    or was declared dead by the broker.
    """
    allowed = tolerances or Tolerances()
    if not lines:
        return Judgement("unknown", 0)
    heard = {name: spans[-1][1] if spans else 0 for name, spans in lines.items()}
    missing = tuple(
        sorted(n for n, at in heard.items() if n in offline or at < now_ms - allowed.stale_ms)
    )
    oldest = min(heard.values())
    if missing:
        return Judgement("unknown", min(heard[name] for name in missing), oldest, missing)
    begun = zero_ms if zero_ms is not None else min(spans[0][0] for spans in lines.values())
    gaps = [
        hole
        for spans in lines.values()
        for hole in holes(joined(spans, allowed.bridge_ms), begun, min(now_ms, oldest))
        if hole[1] - hole[0] > allowed.bridge_ms
    ]
    if gaps:
        return Judgement("degraded", min(gaps)[0], oldest)
    if zero_ms is None:
        return Judgement("degraded", begun, oldest)
    return Judgement("known", zero_ms, oldest)
