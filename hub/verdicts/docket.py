"""What has to be judged anew: stretches of time by venue, marked from any thread."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from hub.compliance.intervals import Interval, Intervals, union

LIVE_S: Final = 2 * 3600
"""What happened since so long ago is judged at once; what is older, when its replay is through."""
QUIET_SECONDS: Final = 5.0
"""A replay is through when nothing of a venue came for so long."""
CAUGHT_UP_SECONDS: Final = 1.0
"""For so long only, where what came last reached the present, or what was judged before it."""
JOIN_S: Final = 60
"""Stretches so near to each other leave nothing to replay between them."""
LONGEST_SECONDS: Final = 120.0
"""Nor is what is old left waiting for longer, however much of it comes."""
MOST: Final = 64
"""Stretches kept apart for one venue; beyond it the nearest ones are joined."""


@dataclass(slots=True)
class _Entry:
    live: list[Interval] = field(default_factory=list)
    past: list[Interval] = field(default_factory=list)
    since: float = 0.0
    latest: float = 0.0
    has_caught_up: bool = False
    """What came last of the past reached the present, or filled up to what was judged."""


class Taken(NamedTuple):
    """What was due, by venue; of which venues nothing is left, up to which commit."""

    due: Mapping[str, Intervals]
    whole: frozenset[str]
    turn: int


class Docket:
    """The marks of all venues; each is taken once, however often it was made.

    `now` is a monotonic clock in seconds, `present_s` the hub's clock in Unix seconds.
    """

    def __init__(
        self, quiet_seconds: float = QUIET_SECONDS, longest_seconds: float = LONGEST_SECONDS
    ) -> None:
        self._quiet, self._longest = quiet_seconds, longest_seconds
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._judged_from: dict[str, int] = {}
        """Since when all that came of a venue was taken, as far as it hangs together."""
        self.turn = 0
        """Up to which commit everything was marked."""

    def __len__(self) -> int:
        """Return how many venues wait."""
        return len(self._entries)

    def mark(self, venue: str, stretch: Interval, *, now: float, present_s: int) -> None:
        """Mark `[start, end)` of a venue, Unix seconds."""
        with self._lock:
            entry = self._entries.setdefault(venue, _Entry())
            if stretch[0] >= present_s - LIVE_S:
                _put(entry.live, stretch)
                return
            if not entry.past:
                entry.since = now
            entry.latest = now
            # Of another node that is still behind, the next mark says so.
            entry.has_caught_up = stretch[1] > present_s - LIVE_S or self._joins(venue, stretch)
            _put(entry.past, stretch)

    def take(self, *, now: float, everything: bool = False) -> Taken:
        """Return what is due, and strike it off."""
        due: dict[str, Intervals] = {}
        with self._lock:
            upto = self.turn
            for venue, entry in tuple(self._entries.items()):
                quiet = min(self._quiet, CAUGHT_UP_SECONDS) if entry.has_caught_up else self._quiet
                is_through = now - entry.latest >= quiet or now - entry.since >= self._longest
                taken, entry.live = entry.live, []
                if entry.past and (is_through or everything):
                    taken, entry.past = taken + entry.past, []
                if taken:
                    due[venue] = union(taken)
                    self._note_judged(venue, due[venue])
                if not entry.past:
                    del self._entries[venue]
            whole = frozenset(due.keys() - self._entries.keys())
        return Taken(due, whole, upto)

    @property
    def has_past(self) -> bool:
        """Tell whether a replay comes, or is not through yet."""
        with self._lock:
            return any(entry.past for entry in self._entries.values())

    def holds(self, venue: str) -> bool:
        """Tell whether something of a venue waits."""
        with self._lock:
            return venue in self._entries

    def _joins(self, venue: str, stretch: Interval) -> bool:
        """Tell whether a stretch fills up to what was taken before, from further back."""
        since = self._judged_from.get(venue)
        return since is not None and stretch[0] < since <= stretch[1] + JOIN_S

    def _note_judged(self, venue: str, taken: Intervals) -> None:
        since = self._judged_from.get(venue, taken[-1][0])
        for start, end in reversed(taken):
            if end + JOIN_S < since:
                break
            since = min(since, start)
        self._judged_from[venue] = since


def _put(stretches: list[Interval], stretch: Interval) -> None:
    stretches.append(stretch)
    if len(stretches) <= MOST:
        return
    joined = list(union(stretches))
    while len(joined) > MOST // 2:
        place = min(range(1, len(joined)), key=lambda i: joined[i][0] - joined[i - 1][1])
        joined[place - 1 : place + 1] = [(joined[place - 1][0], joined[place][1])]
    stretches[:] = joined
