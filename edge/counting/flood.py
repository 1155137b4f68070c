"""Crossings of a picture that is swamped: a hand before the lens is not a dozen visitors. Pure.

    share of the picture that differs    ▁▁▃▆█████▆▂▁
    swamped (above `high`)                  ├────┤         crossings wait
    flooded (too much, or another light)      ├─┤          then all of the swamp are dropped

A swamp without a flood is a crowd: its crossings are told a moment later. Spans in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.counting.line import Crossing


@dataclass(frozen=True, slots=True)
class FloodRules:
    """When a picture is swamped, and for how long its crossings wait."""

    high: float = 0.4
    low: float = 0.25
    wait_seconds: float = 0.8
    """So long after a crossing a flood still takes it away."""
    margin_seconds: float = 0.4
    """Who crossed so shortly before a swamp or after it is part of it."""


class FloodGate:
    """Lets crossings through, or keeps them until it is known that no flood comes."""

    def __init__(self, rules: FloodRules | None = None) -> None:
        self._rules = rules or FloodRules()
        self._since: float | None = None
        self._until = float("-inf")
        self._is_flooded = False
        self._waiting: list[Crossing] = []

    def pass_on(
        self, crossings: Iterable[Crossing], share: float, at_seconds: float, *, is_flooded: bool
    ) -> list[Crossing]:
        """Take what one picture proved, and how much of it differs; give what is told now."""
        rules = self._rules
        if (share > rules.high or is_flooded) and self._since is None:
            self._since, self._is_flooded = at_seconds, False
        self._is_flooded |= is_flooded
        if self._since is not None and share < rules.low and not is_flooded:
            self._until = at_seconds if self._is_flooded else float("-inf")
            self._since = None
        self._waiting += [c for c in crossings if c.at_seconds > self._until + rules.margin_seconds]
        if self._since is None:
            return self._released(float("inf"))
        if self._is_flooded:
            # Who had passed before it came is no part of it.
            before = self._since - rules.margin_seconds
            told = [c for c in self._waiting if c.at_seconds < before]
            self._waiting.clear()
            return told
        return self._released(at_seconds - rules.wait_seconds)

    def finish(self) -> list[Crossing]:
        """Give what still waits when the source ends."""
        return self._released(float("inf"))

    def _released(self, until_seconds: float) -> list[Crossing]:
        told = [c for c in self._waiting if c.at_seconds <= until_seconds]
        self._waiting = [c for c in self._waiting if c.at_seconds > until_seconds]
        return told
