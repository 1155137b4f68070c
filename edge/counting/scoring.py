"""Compare counted crossings with true ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from edge.counting.geometry import Direction

TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class TrueCrossing:
    """What an annotator saw; an uncertain crossing neither helps nor harms a counter."""

    at_seconds: float
    direction: Direction
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class CountedCrossing:
    """What a counter reported."""

    at_seconds: float
    direction: Direction


@dataclass(frozen=True, slots=True)
class Score:
    """Outcome of a comparison; `missed` and `false` name the errors themselves."""

    true_positives: int
    false: tuple[CountedCrossing, ...]
    missed: tuple[TrueCrossing, ...]

    @property
    def precision(self) -> float:
        """Share of the counted crossings that are true; 1 when nothing was counted."""
        counted = self.true_positives + len(self.false)
        return self.true_positives / counted if counted else 1.0

    @property
    def recall(self) -> float:
        """Share of the true crossings that were counted; 1 when there were none."""
        true = self.true_positives + len(self.missed)
        return self.true_positives / true if true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.true_positives + len(self.false) + len(self.missed)
        return 2 * self.true_positives / total if total else 1.0


def score(
    counted: Sequence[CountedCrossing],
    truth: Sequence[TrueCrossing],
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> Score:
    """Match one to one, in the same direction, within the tolerance, with the most true positives.

    A counted crossing that is left over may be taken by an uncertain one and is then no error.
    """
    gains = np.zeros((len(counted), len(truth)))
    for row, seen in enumerate(counted):
        for column, true in enumerate(truth):
            apart = abs(seen.at_seconds - true.at_seconds)
            # 1e-9: instants such as 0.1 * 3 must not fall out of an inclusive tolerance.
            if seen.direction is true.direction and apart <= tolerance_seconds + 1e-9:
                # A certain match outweighs any number of uncertain ones; nearness only breaks ties.
                worth = 1.0 if true.uncertain else 1.0 + len(truth)
                gains[row, column] = worth - apart / (tolerance_seconds + 1) / (1 + len(truth))
    rows, columns = linear_sum_assignment(gains, maximize=True)
    pairs = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if gains[r, c] > 0}
    found = set(pairs.values())
    return Score(
        sum(not truth[column].uncertain for column in pairs.values()),
        tuple(seen for row, seen in enumerate(counted) if row not in pairs),
        tuple(t for column, t in enumerate(truth) if column not in found and not t.uncertain),
    )
