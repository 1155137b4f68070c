"""Notes on the intake's and the network's thread what changed; nothing more is done there."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.ids import NodeId
from contracts.messages import Status
from contracts.rows import Count, Coverage, Measure, State, Unreadable
from hub.live.climate import Mean
from link.intake import Group

Source = tuple[str, str]
"""A line or a sensor as (node, name)."""
Quantity = tuple[str, str, str]
"""What a climate sensor measures, as (node, sensor, quantity)."""


@dataclass(slots=True)
class Heard:
    """What changed since the last look, by venue; the values themselves are read from the store."""

    minutes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    coverage: dict[str, dict[Source, list[Coverage]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    climate: dict[str, dict[Quantity, Mean]] = field(default_factory=lambda: defaultdict(dict))
    """The newest means, by venue."""
    states: dict[str, dict[Source, list[State]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    recounted: set[str] = field(default_factory=set)
    """Venues in which the staff counted heads, or took that back."""
    rescheduled: set[str] = field(default_factory=set)
    """Venues that declared other hours."""
    cut: set[str] = field(default_factory=set)
    """Venues of which evidence was lost or could not be read: their coverage has new holes."""
    nodes: dict[NodeId, int] = field(default_factory=dict)
    """When a node was heard last, hub's clock, ms."""
    offsets: dict[NodeId, int] = field(default_factory=dict)
    """How far a node's clock is ahead of the hub's, less its way here, ms."""
    statuses: dict[NodeId, tuple[Status, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(
            self.minutes
            or self.coverage
            or self.states
            or self.climate
            or self.recounted
            or self.rescheduled
            or self.cut
            or self.nodes
            or self.statuses
        )

    @property
    def venues(self) -> set[str]:
        """Return the venues that may have changed."""
        return {
            *self.minutes,
            *self.coverage,
            *self.states,
            *self.climate,
            *self.recounted,
            *self.rescheduled,
            *self.cut,
        }


class Collector:
    """Collects from any thread; `take` hands everything over and begins anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard = Heard()

    def stored(self, group: Group) -> None:
        """Note what a commit made durable; called on the intake's thread."""
        with self._lock:
            heard = self._heard
            for stored in group.stored:
                node = stored.node
                heard.nodes[node] = stored.received_ms
                if stored.sent_ms:
                    heard.offsets[node] = stored.sent_ms - stored.received_ms
                minutes, coverage = heard.minutes, heard.coverage
                for row in stored.rows:
                    if isinstance(row, Count):
                        minutes[node.venue].add(row.bucket_at)
                    elif isinstance(row, Coverage):
                        coverage[node.venue][node.node, row.source].append(row)
                    elif isinstance(row, Measure):
                        _keep_newest(
                            heard.climate[node.venue],
                            {(node.node, row.sensor, row.quantity): (row.bucket_at, row.mean)},
                        )
                    elif isinstance(row, State):
                        heard.states[node.venue][node.node, row.sensor].append(row)
                    elif isinstance(row, Unreadable):
                        heard.cut.add(node.venue)
            for gap in group.gaps:
                heard.cut.add(gap.node.venue)

    def told(self, node: NodeId, status: Status, received_ms: int) -> None:
        """Note a node's status; called on the network's thread."""
        with self._lock:
            self._heard.statuses[node] = (status, received_ms)

    def recounted(self, venue: str) -> None:
        """Note that head counts of a venue changed; from any thread."""
        with self._lock:
            self._heard.recounted.add(venue)

    def rescheduled(self, venue: str) -> None:
        """Note that a venue declared other hours; from any thread."""
        with self._lock:
            self._heard.rescheduled.add(venue)

    def take(self) -> Heard:
        """Return what changed since the last call."""
        with self._lock:
            heard, self._heard = self._heard, Heard()
        return heard

    def put_back(self, heard: Heard) -> None:
        """Keep what could not be worked in; newer news stay newer."""
        with self._lock:
            newer, self._heard = self._heard, heard
            for venue, minutes in newer.minutes.items():
                heard.minutes[venue] |= minutes
            # Which rows came first no longer matters: a cut makes the venue read them anew.
            heard.cut |= newer.cut
            heard.recounted |= newer.recounted
            heard.rescheduled |= newer.rescheduled
            for rows in (newer.coverage, heard.coverage, newer.states, heard.states):
                heard.cut |= set(rows)
            heard.coverage.clear()
            for venue, means in newer.climate.items():
                _keep_newest(heard.climate[venue], means)
            heard.states.clear()
            heard.nodes.update(newer.nodes)
            heard.offsets.update(newer.offsets)
            heard.statuses.update(newer.statuses)


def _keep_newest(known: dict[Quantity, Mean], means: Mapping[Quantity, Mean]) -> None:
    for source, mean in means.items():
        if source not in known or mean[0] >= known[source][0]:
            known[source] = mean
