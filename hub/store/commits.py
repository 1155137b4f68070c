"""How long commits take: a store as the intake sees it, with a watch beside it."""

import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from contracts.ids import NodeId
from link.acceptance import StreamState
from link.errors import StoreUnavailable
from link.intake import Group, IntakeStore

BOUNDS_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class TimedCommits:
    """Passes everything on to `store`. One thread commits; any thread may read the numbers."""

    def __init__(self, store: IntakeStore, clock: Callable[[], float] = time.perf_counter) -> None:
        self._store = store
        self._clock = clock
        self.counts = [0] * (len(BOUNDS_SECONDS) + 1)
        """Commits by how long they took: up to each bound, and longer than the last."""
        self.seconds = 0.0
        self.failed = 0

    @property
    def store_id(self) -> str:
        """Return the id of the store."""
        return self._store.store_id

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Return the ids of the stores that it was restored from."""
        return self._store.ancestors

    def streams(self) -> dict[str, tuple[NodeId, StreamState]]:
        """Return the durable state of every stream and the node that owns it."""
        return self._store.streams()

    def commit(self, group: Group) -> None:
        """Make a group durable. Raises StoreUnavailable with nothing of it stored."""
        began = self._clock()
        try:
            self._store.commit(group)
        except StoreUnavailable:
            self.failed += 1
            raise
        took = self._clock() - began
        self.counts[bisect_left(BOUNDS_SECONDS, took)] += 1
        self.seconds += took
