"""Learn how large one visitor is at a line, from nothing but the blobs that pass it."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.counting.geometry import Box, CountingLine, PersonSize


@dataclass(frozen=True, slots=True)
class SizingRules:
    """How much must be seen before a size is believed; areas are shares of the frame."""

    least_samples: int = 40
    least_passages: int = 6
    most_samples: int = 3000
    # One visitor covers between these shares of any picture in which counting makes sense.
    smallest: float = 0.0008
    largest: float = 0.4
    longest: float = 0.95
    # A kind whose box is this much wider than high, in pixels, is a group side by side.
    widest: float = 2.2
    # A smaller kind of blob is one visitor, and the bigger kind are groups, if it is at least this
    # frequent.
    rival: float = 0.5
    # One passage more in each span of this length in which somebody is on a line.
    passage_seconds: float = 1.0
    # How well heights down the picture must follow a straight line to be believed.
    agreement: float = 0.85


class PersonSizer:
    """Collects blobs on the lines and tells the size of the commonest kind.

    Visitors mostly come alone, or come apart at times: in the distribution of log area one visitor
    is a clear mode, groups lie an octave above, fragments below and scattered.
    """

    def __init__(self, lines: Sequence[CountingLine], rules: SizingRules | None = None) -> None:
        self._lines = tuple(lines)
        self._rules = rules = rules or SizingRules()
        # (bottom, w, h, area) of blobs on the lines, and (bottom, area) of blobs anywhere.
        self._samples: deque[tuple[float, float, float, float]] = deque(maxlen=rules.most_samples)
        self._anywhere: deque[tuple[float, float]] = deque(maxlen=rules.most_samples)
        self._latest: deque[tuple[float, Box]] = deque(maxlen=16)
        self._aspect = 1.0
        self._passages = 0
        self._passed_at = -math.inf

    def __len__(self) -> int:
        return len(self._samples)

    def feed(
        self, blobs: Sequence[tuple[Box, float]], at_seconds: float, aspect: float = 1.0
    ) -> None:
        """Take the (box, area) of all foreground pieces of a picture; area: share of the frame.

        `aspect` is the picture's width over its height.
        """
        self._aspect = aspect
        for box, area in blobs:
            if not self._rules.smallest <= area <= self._rules.largest:
                continue
            if max(box.w, box.h) > self._rules.longest:
                continue  # the edge of a rail or a door frame in a picture that shook
            if _is_whole(box):
                self._anywhere.append((box.bottom, area))
            if not self._on_a_line(box):
                continue
            if any(at_seconds - then < 2 and _same(box, other) for then, other in self._latest):
                continue  # it stands still: one sample is enough, and it may be no visitor
            if at_seconds - self._passed_at >= self._rules.passage_seconds:
                self._passages += 1
                self._passed_at = at_seconds
            self._latest.append((at_seconds, box))
            self._samples.append((box.bottom, box.w, box.h, area))

    def size(self, rules: SizingRules | None = None) -> PersonSize | None:
        """Give the learned size, or None while less was seen than these or the usual rules want."""
        rules = rules or self._rules
        enough = len(self._samples) >= rules.least_samples
        if not enough or self._passages < rules.least_passages:
            return None
        samples = np.array(self._samples)
        at_y = float(np.median(samples[:, 0]))
        growth = self._growth(at_y)
        scales = np.clip(1 + growth * (samples[:, 0] - at_y), 0.4, 2.5)
        logs = np.log2(samples[:, 3] / scales**2)
        kind = np.abs(logs - self._mode(logs)) < 0.6
        w = float(np.median(samples[kind, 1] / scales[kind]))
        h = float(np.median(samples[kind, 2] / scales[kind]))
        fill = float(np.median(samples[kind, 3] / (samples[kind, 1] * samples[kind, 2])))
        abreast = self._abreast(w, h)
        if abreast > 1:
            # Shoulders are half as wide again as a body is deep; the rest is who is half a step
            # behind.
            area = w * h * fill / abreast
            w /= abreast
            h = min(h, w * self._aspect / 1.5)
            fill = area / (w * h)
        return PersonSize(min(w, 1.0), min(h, 1.0), min(max(fill, 0.2), 1.0), growth, at_y)

    def _abreast(self, w: float, h: float) -> int:
        """Say how many visitors the commonest kind is: nobody is twice as wide as high."""
        ratio = w * self._aspect / h
        return 1 if ratio < self._rules.widest else round(ratio / 1.1)

    def _growth(self, at_y: float) -> float:
        """Learn how size grows down the picture: on a floor it does so in a straight line."""
        if len(self._anywhere) < self._rules.least_samples:
            return 0.0
        bottoms, areas = np.array(self._anywhere).T
        bands = np.floor(bottoms * 12)
        known = [b for b in np.unique(bands) if np.count_nonzero(bands == b) >= 15]
        # A straight line through fewer bands would be a guess.
        if len(known) < 4:
            return 0.0
        # Above the middle: whoever stands still falls into many small pieces.
        middles = np.array([np.median(bottoms[bands == b]) for b in known])
        lengths = np.sqrt([np.quantile(areas[bands == b], 0.7) for b in known])
        rise = np.subtract.outer(lengths, lengths)
        run = np.subtract.outer(middles, middles)
        steps = run > 0
        # Theil and Sen: the median of all slopes is not moved by a band of groups or shadows.
        slope = float(np.median(rise[steps] / run[steps]))
        level = float(np.median(lengths - slope * (middles - at_y)))
        agreement = float(np.corrcoef(middles, lengths)[0, 1])
        if level <= 0 or slope <= 0 or not agreement > self._rules.agreement:
            return 0.0
        return min(slope / level, 4.0)

    def _on_a_line(self, box: Box) -> bool:
        for line in self._lines:
            place = line.place(box.at(line.anchor), PersonSize(box.w, box.h))
            if abs(place.depth) < 0.5 and 0 <= place.lateral <= place.length:
                return True
        return False

    def _mode(self, logs: NDArray[np.float64]) -> float:
        """Find the lowest mode of log2 area that is not much rarer than the highest."""
        grid = np.arange(logs.min() - 0.5, logs.max() + 0.5, 0.05)
        density = np.exp(-0.5 * ((grid[:, None] - logs[None, :]) / 0.3) ** 2).sum(axis=1)
        inner = density[1:-1]
        peaks = np.flatnonzero((inner >= density[:-2]) & (inner > density[2:])) + 1
        # Slivers, as of who stands still or of edges in a picture that shakes, are many: a kind
        # weighs as its length.
        weighed = density * np.exp2(0.5 * grid)
        rival = self._rules.rival * weighed[peaks].max()
        return float(grid[next(p for p in peaks if weighed[p] >= rival)])


def _is_whole(box: Box) -> bool:
    """Say whether a box keeps away from the edges of the picture, which cut visitors."""
    return box.left > 0.01 and box.top > 0.01 and box.right < 0.99 and box.bottom < 0.99


def _same(first: Box, second: Box) -> bool:
    return (
        abs(first.x - second.x) < 0.05 * first.w
        and abs(first.y - second.y) < 0.05 * first.h
        and abs(first.w - second.w) < 0.1 * first.w
        and abs(first.h - second.h) < 0.1 * first.h
    )
