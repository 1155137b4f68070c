"""What a search works on: targets, the index of most of them, the side list of the new; and votes.

A shelf is never changed, only replaced, so that a search needs no lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import cv2
import numpy as np

from kiosk.ar.features import Bits, Features, Numbers
from kiosk.ar.neighbours import ExactNeighbours, Neighbours, build_neighbours
from kiosk.ar.settings import ArSettings, RecogniserSettings
from kiosk.ar.sight import Floats
from kiosk.ar.target import Target
from kiosk.ar.tracking import Anchor
from kiosk.ar.verify import Likeness


@dataclass(frozen=True, eq=False)
class Kept:
    """A target with what is made of it once, when it is first asked for.

    A start waits for none of it: of hundreds of targets few are ever held up to a camera. Two
    threads that ask at once may both make it; one of two equal things is kept.
    """

    target: Target
    settings: ArSettings

    @cached_property
    def likeness(self) -> Likeness:
        """Return what proves the target; made in half a millisecond."""
        return Likeness(self.target)

    @cached_property
    def anchor(self) -> Anchor:
        """Return what follows the target; made in two or three milliseconds."""
        return Anchor(self.target, self.settings.track)


@dataclass(frozen=True, eq=False)
class Stock:
    """Features of some targets that stand still: of `members`, one after the other.

    Of member k they begin at `starts[k]`, and their order is that of the target's own.
    """

    members: tuple[Kept, ...]
    starts: Numbers
    neighbours: Neighbours

    @classmethod
    def of(
        cls,
        members: tuple[Kept, ...],
        settings: RecogniserSettings,
        neighbours: Neighbours | None = None,
    ) -> Self:
        """Build an index over all features, or take one that was kept of the same targets."""
        bits = [kept.target.bits for kept in members]
        neighbours = neighbours or build_neighbours(np.vstack(bits), settings)
        return cls(members, _starts(bits), neighbours)

    @classmethod
    def flat(cls, members: tuple[Kept, ...]) -> Self:
        """Lay out the features of the pictures as they are, without those of tilted views."""
        bits = [kept.target.bits[: kept.target.flat] for kept in members]
        return cls(members, _starts(bits), ExactNeighbours(np.vstack(bits)))


@dataclass(frozen=True, eq=False)
class Shelf:
    """What a search works on; never changed, only replaced.

    `kept` are all targets that count, by name. `index` holds most of them, and maybe some that
    were removed; `side` holds the others.
    """

    kept: dict[str, Kept] = field(default_factory=dict)
    index: Stock | None = None
    side: Stock | None = None

    @property
    def waiting(self) -> tuple[Kept, ...]:
        """Return what is not in the index yet."""
        return () if self.side is None else self.side.members

    def beside(self, waiting: tuple[Kept, ...]) -> Self:
        """Put these, and no others, on the side list."""
        return replace(self, side=Stock.flat(waiting) if waiting else None)


@dataclass(frozen=True, eq=False)
class Vote:
    """Pairs of places, of a target (n, 2) and of a frame (n, 2), that may be the same."""

    kept: Kept
    total: float
    places: Floats
    seen: Floats


def votes_of(stock: Stock, seen: Features, settings: RecogniserSettings) -> list[Vote]:
    """Return the targets of a stock that have enough features like those of a frame."""
    found, far = stock.neighbours.search(seen.bits, settings.neighbours)
    weight = np.maximum(settings.vote_distance + 1 - far, 0) * (found >= 0)
    owner = np.searchsorted(stock.starts, found, side="right") - 1
    voted = np.where(weight > 0, owner, -1)
    # A feature has one vote for a target, however many of its views are near.
    for column in range(1, voted.shape[1]):
        again = np.any(voted[:, :column] == voted[:, column : column + 1], axis=1)
        voted[again, column] = -1
    is_vote = voted >= 0
    total = np.bincount(voted[is_vote], weight[is_vote], len(stock.members))
    number = np.bincount(voted[is_vote], minlength=len(stock.members))
    enough = np.flatnonzero(number >= settings.fewest_votes)
    best = enough[np.argsort(-total[enough], kind="stable")][: settings.longlist]
    votes = []
    for member in best:
        rows, columns = np.nonzero(voted == member)
        kept = stock.members[member]
        own = found[rows, columns] - stock.starts[member]
        votes.append(Vote(kept, float(total[member]), kept.target.places[own], seen.places[rows]))
    return votes


def agreement(vote: Vote, settings: RecogniserSettings) -> int:
    """Return how many votes one affine map explains roughly; 0 where no card looks like that.

    Votes that agree by chance mostly do so on a map that mirrors the card or makes a thread of it.
    """
    found, agreed = cv2.estimateAffine2D(
        vote.places,
        vote.seen,
        None,
        cv2.RANSAC,
        settings.rough_error,
        settings.rough_rounds,
        0.99,
        0,
    )
    if np.shape(found) != (2, 3) or agreed is None:
        return 0
    turn = np.asarray(found, np.float64)[:, :2]
    wide, narrow = np.linalg.svd(turn, compute_uv=False)
    if np.linalg.det(turn) <= 0 or wide > settings.rough_squeeze * narrow:
        return 0
    return int(agreed.sum())


def _starts(bits: Sequence[Bits]) -> Numbers:
    return np.cumsum([0, *(len(part) for part in bits)], dtype=np.int64)
