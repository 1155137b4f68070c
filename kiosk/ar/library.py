"""All targets that are searched for, and the search itself.

A new target lies on a short side list and is found at once; a thread merges the list into the large
index. Every method may be called by any thread: a search works on what stood when it began.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kiosk.ar.features import Features, Gray, gray_of, look, resized
from kiosk.ar.plane import area, inside, mapped, overlap, rectangle
from kiosk.ar.settings import ArSettings, LookSettings, RecogniserSettings
from kiosk.ar.shelf import Kept, Shelf, Stock, agreement, votes_of
from kiosk.ar.sight import Floats
from kiosk.ar.target import Target
from kiosk.ar.tracking import Anchor
from kiosk.ar.verify import Smaller, fit
from kiosk.errors import TargetRefused

_MANY: Final = 40
"""Places that agree: more of them prove no more."""


@dataclass(frozen=True, eq=False)
class Found:
    """A target in a picture.

    `homography` (3, 3) takes target millimetres to pixels; `inliers` places agree with it;
    `photometric`, 0 to 1, is how much of the target the picture shows there.
    """

    name: str
    homography: Floats
    inliers: int
    photometric: float


@dataclass(frozen=True, eq=False)
class _Answer:
    """What may be told: with its corners, the features of the frame that agree, and its votes."""

    found: Found
    quad: Floats
    places: Floats
    votes: int

    @property
    def surety(self) -> float:
        """Tell how much of the frame it explains, less what it claims and the frame does not show.

        Of pictures that share a part the one that is there explains all of the card, the other a
        part of it only, and claims what lies beside.
        """
        found = self.found
        return area(self.quad) * found.photometric**2 * min(1.0, found.inliers / _MANY)


class TargetLibrary:
    """Targets by name. `close` waits for a merge that is under way."""

    def __init__(self, settings: ArSettings | None = None) -> None:
        self.settings = settings or ArSettings()
        self._shelf = Shelf()
        self._lock = threading.Lock()
        self._merging: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._shelf.kept)

    def __contains__(self, name: str) -> bool:
        return name in self._shelf.kept

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return all targets."""
        return tuple(kept.target for kept in self._shelf.kept.values())

    def find(self, name: str) -> Target | None:
        """Return a target by name, None when there is none of it."""
        kept = self._shelf.kept.get(name)
        return None if kept is None else kept.target

    def anchor(self, name: str) -> Anchor | None:
        """Return what follows a target, None when there is none of this name."""
        kept = self._shelf.kept.get(name)
        return None if kept is None else kept.anchor

    def add(self, target: Target) -> None:
        """Search for a target from now on. Raises TargetRefused when its name is taken."""
        self.add_all((target,))

    def add_all(self, targets: Iterable[Target]) -> None:
        """Search for targets from now on. Raises TargetRefused: none of them was added."""
        new = [Kept(target, self.settings) for target in targets]
        with self._lock:
            names = [kept.target.name for kept in new]
            for number, name in enumerate(names):
                if name in self._shelf.kept or name in names[:number]:
                    raise TargetRefused(f"{name}: there is a target of this name already")
            kept = self._shelf.kept | dict(zip(names, new, strict=True))
            waiting = (*self._shelf.waiting, *new)
            self._shelf = replace(self._shelf, kept=kept).beside(waiting)
            is_due = len(waiting) >= self.settings.recogniser.merge_at
            if is_due and self._merging is None:
                self._merging = threading.Thread(target=self._merge, name="ar-merge", daemon=True)
                self._merging.start()

    def remove(self, name: str) -> None:
        """Search no more for it. Raises KeyError."""
        with self._lock:
            kept = {**self._shelf.kept}
            gone = kept.pop(name)
            waiting = tuple(one for one in self._shelf.waiting if one is not gone)
            self._shelf = replace(self._shelf, kept=kept).beside(waiting)

    def settle(self) -> None:
        """Merge all that is on the side list, and wait for it."""
        while (merging := self._merging) is not None:
            merging.join()
        with self._lock:
            if not self._shelf.waiting:
                return
            self._merging = threading.current_thread()
        self._merge()

    def close(self) -> None:
        """Wait for a merge that is under way."""
        while (merging := self._merging) is not None:
            merging.join()

    def shelf(self) -> Shelf:
        """Return what a search would work on now."""
        return self._shelf

    def put(self, shelf: Shelf) -> None:
        """Take what was kept on disk in place of all."""
        with self._lock:
            self._shelf = shelf

    def recognise(
        self,
        picture: Gray,
        mask: Gray | None = None,
        looks: Sequence[LookSettings] | None = None,
        without: frozenset[str] = frozenset(),
    ) -> list[Found]:
        """Find targets in a picture (h, w) or (h, w, 3), the surest first.

        Only where `mask` (h, w) is not 0, and none of those in `without`. One look after the other
        is tried until one finds something. A picture that is too small or plain holds nothing.
        """
        shelf = self._shelf
        gray = gray_of(picture)
        if not shelf.kept or min(gray.shape) < 32:
            return []
        frames = Smaller(gray)
        for how in self.settings.recogniser.looks if looks is None else looks:
            found = self._search(shelf, look(gray, how, mask), frames, without)
            if found:
                return found
        return []

    def near(self, target: Target) -> list[str]:
        """Return the names of targets that share so much with this one that they may be mixed up.

        The most alike comes first.
        """
        settings = self.settings.recogniser
        shelf = self._shelf
        own = Features(target.places[: target.flat], target.bits[: target.flat])
        alike = []
        for _, kept in self._shortlist(shelf, own, frozenset({target.name})):
            agreed = fit(kept.target, own, settings)
            if agreed is not None and agreed.inliers >= self.settings.enrol.alike_inliers:
                alike.append((agreed.inliers, kept.target.name))
        return [name for _, name in sorted(alike, reverse=True)]

    def _search(
        self, shelf: Shelf, seen: Features, frames: Smaller, without: frozenset[str]
    ) -> list[Found]:
        settings = self.settings.recogniser
        answers: list[_Answer] = []
        for votes, kept in self._shortlist(shelf, seen, without):
            rest = seen
            for other in answers:
                if votes < settings.rival_share * other.votes:
                    # No rival for that place: it can only be told of where that one is not.
                    rest = rest[~inside(other.quad, rest.places)]
            agreed = fit(kept.target, rest, settings)
            if agreed is None:
                continue
            photometric = kept.likeness.share(frames, agreed.homography, settings)
            if not _is_proof(agreed.inliers, photometric, settings):
                continue
            target = kept.target
            to_frame = agreed.homography @ np.linalg.inv(target.to_mm)
            to_frame = self._refined(kept.anchor, frames, to_frame / to_frame[2, 2])
            quad = mapped(to_frame, rectangle(target.width_mm, target.height_mm))
            found = Found(target.name, to_frame, agreed.inliers, photometric)
            answers.append(_Answer(found, quad, agreed.seen, votes))
        answers.sort(key=lambda one: -one.surety)
        chosen: list[_Answer] = []
        for answer in answers:
            # What a surer answer explains is no evidence for another: a card that shares a part of
            # its picture would be told of beside it.
            left = np.ones(len(answer.places), bool)
            for other in chosen:
                left &= ~inside(other.quad, answer.places)
            is_apart = all(overlap(answer.quad, other.quad) < settings.overlap for other in chosen)
            if is_apart and np.count_nonzero(left) >= settings.fewest_inliers:
                chosen.append(answer)
        return [answer.found for answer in chosen]

    def _refined(self, anchor: Anchor, frames: Smaller, to_frame: Floats) -> Floats:
        """Lay the picture on the frame: features alone miss corners by some pixels."""
        small, back = resized(frames.level(1.0)[0], self.settings.recogniser.looks[0].side)
        there = np.linalg.inv(back)
        step = anchor.step(small, there @ to_frame, is_hand_over=True)
        if step is None:
            return to_frame
        found = back @ step.homography
        return np.asarray(found / found[2, 2], np.float64)

    def _shortlist(
        self, shelf: Shelf, seen: Features, without: frozenset[str]
    ) -> list[tuple[int, Kept]]:
        """Let features vote for targets; of those with most votes keep where votes agree.

        Return them with how many do, those with most first.
        """
        settings = self.settings.recogniser
        if len(seen) < settings.fewest_inliers:
            return []
        number = min(settings.asked, len(seen))
        asked = np.linspace(0, len(seen) - 1, number).astype(int)
        some = seen[asked]
        votes = [
            vote
            for stock in (shelf.index, shelf.side)
            if stock is not None
            for vote in votes_of(stock, some, settings)
            if shelf.kept.get(vote.kept.target.name) is vote.kept
            and vote.kept.target.name not in without
        ]
        votes.sort(key=lambda vote: -vote.total)
        agreed = [(agreement(vote, settings), vote.kept) for vote in votes[: settings.longlist]]
        agreed = [one for one in agreed if one[0] >= settings.fewest_rough]
        agreed.sort(key=lambda one: -one[0])
        return agreed[: settings.shortlist]

    def _merge(self) -> None:
        """Build indices until the side list is short; the last act is to say so."""
        while True:
            members = tuple(self._shelf.kept.values())
            index = Stock.of(members, self.settings.recogniser) if members else None
            with self._lock:
                done = set(map(id, members))
                waiting = tuple(one for one in self._shelf.waiting if id(one) not in done)
                self._shelf = replace(self._shelf, index=index).beside(waiting)
                if len(waiting) < self.settings.recogniser.merge_at:
                    self._merging = None
                    return


def _is_proof(inliers: int, photometric: float, settings: RecogniserSettings) -> bool:
    if photometric < settings.least_photometric:
        return False
    return photometric >= settings.sure_photometric or inliers >= settings.sure_inliers
