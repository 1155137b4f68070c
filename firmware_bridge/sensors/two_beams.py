"""Two beams across a passage -> who went in and who went out. Pure; times are arguments.

      outside   │A        │B   inside        A broken, then B: in        B broken, then A: out
                │         │
      ──────────┼────walk─┼────▶             closer together than a body is deep

A passage counts when the body has left the beam that it broke first, so that one who turns back
between the beams is not counted, and the next one close behind is. Something thin that leaves the
first beam before it breaks the second counts when it has left the second, if it took 1.5 s at most.
"""

from dataclasses import dataclass
from typing import Final, Literal

PAIR_SECONDS: Final = 1.5
"""From one beam to the other a person walks well within this; later it is somebody else."""
BLOCKED_SECONDS: Final = 30.0
"""A beam that is broken for so long is covered by a thing: the pair is blind."""

Beam = Literal[0, 1]
"""0 = outer (A), 1 = inner (B)."""


@dataclass(frozen=True, slots=True)
class _Onset:
    beam: Beam
    last_broken_at: float


class TwoBeams:
    """Counts the passages of one pair of beams since it was built.

    `undecided` counts passages whose order could not be seen, `breaks` each beam's interruptions:
    what was raw stays to be looked at. `feed` takes every look at the beams, at least 20 a second.
    """

    def __init__(self) -> None:
        self.entered = 0
        self.left = 0
        self.undecided = 0
        self.breaks = [0, 0]
        self._broken = [False, False]
        self._since = [0.0, 0.0]
        self._onset: _Onset | None = None
        self._passing_from: Beam | None = None
        self._jumped_from: Beam | None = None
        self._is_together = False
        self._at = 0.0

    @property
    def is_blocked(self) -> bool:
        """Whether a beam has been broken for too long to be broken by a visitor."""
        return any(
            broken and self._at - since >= BLOCKED_SECONDS
            for broken, since in zip(self._broken, self._since, strict=True)
        )

    def feed(self, outer: bool, inner: bool, at: float) -> None:
        """Take a look at both beams (True = broken) at a time in seconds."""
        now = [outer, inner]
        before, self._broken, self._at = self._broken, now, at
        rose: list[Beam] = [beam for beam in (0, 1) if now[beam] and not before[beam]]
        fell: list[Beam] = [beam for beam in (0, 1) if before[beam] and not now[beam]]
        for beam in rose:
            self.breaks[beam] += 1
            self._since[beam] = at
        if len(rose) == 2:
            self._drop()
            self._is_together = True
        elif rose:
            self._rise(rose[0], before, at)
        if self._onset is not None and before[self._onset.beam]:
            # The time to reach the other beam runs from the last look at which this was broken.
            self._onset = _Onset(self._onset.beam, at)
        self._fall(fell)

    def forget(self) -> None:
        """Drop what is half seen: nobody looked for a while. Totals stay."""
        self._broken = [False, False]
        self._drop()

    def _drop(self) -> None:
        self._onset = self._passing_from = self._jumped_from = None
        self._is_together = False

    def _rise(self, beam: Beam, before: list[bool], at: float) -> None:
        other: Beam = 0 if beam == 1 else 1
        onset, self._onset = self._onset, None
        if self._jumped_from == beam:
            # Broken again while the other is broken: he came from there, whoever was here before.
            self._jumped_from, self._passing_from = None, other
        elif onset is None or onset.beam == beam:
            self._onset = _Onset(beam, at)
        elif before[other]:
            self._passing_from = other
        elif at - onset.last_broken_at <= PAIR_SECONDS:
            self._jumped_from = other
        else:
            self._onset = _Onset(beam, at)

    def _fall(self, fell: list[Beam]) -> None:
        if not fell:
            return
        if self._is_together:
            self._is_together = False
            if len(fell) == 2:
                self.undecided += 1
            else:
                self._count(fell[0])
        elif self._jumped_from is not None and self._jumped_from not in fell:
            self._count(self._jumped_from)
            self._jumped_from = None
        elif self._passing_from is not None:
            first, self._passing_from = self._passing_from, None
            if first in fell:
                self._count(first)
            else:
                # Back out of the second beam while still in the first: turned round.
                self._onset = _Onset(first, self._at)

    def _count(self, first: Beam) -> None:
        if first == 0:
            self.entered += 1
        else:
            self.left += 1
