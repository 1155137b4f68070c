"""Prometheus: what the hub counts of itself and of its venues, told when it is asked.

Every label has few values: codes, states and declared venues, never a name that a sender makes up.
"""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from hub.access import Permission, Who
from hub.disks import HUB_PLACE
from hub.live import VenueNow
from hub.live.attention import PICTURES
from hub.live.now import DeviceState
from hub.release import release
from hub.runtime import Hub
from hub.store.commits import BOUNDS_SECONDS
from hub.updates.rollout import OPEN, TargetState
from hub.web import RunningHub
from hub.web_access import NeedsFromAfar

router = APIRouter()

MOST_VENUES: Final = 2_000
"""Of more than these only the sums are told."""


class HubCollector(Collector):
    """Reads a hub's numbers; nothing is kept between two scrapes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        """Return every metric. Raises StoreError when the store cannot be read."""
        yield _gauge("build_info", "The release that runs; always 1.", {
            (release(), platform.python_version()): 1
        }, ("version", "python"))  # fmt: skip
        yield _gauge("start_time_seconds", "When the hub started, Unix time.", {
            (): self._hub.started_ms / 1000
        })  # fmt: skip
        yield from self._intake()
        yield from self._store()
        yield from self._surroundings()
        yield from self._rollouts()
        yield from self._disks()
        yield from self._deliveries()
        yield from self._library()
        yield from self._venues(tuple(self._hub.live.venues.values())[:MOST_VENUES])

    def _intake(self) -> Iterator[Metric]:
        intake = self._hub.intake
        counts = intake.counts
        for name, text, value in (
            ("messages", "Batches taken from the queue.", counts.messages),
            ("rows", "Rows accepted and stored.", counts.rows),
            ("duplicates", "Batches that were stored already.", counts.duplicates),
            ("refused_batches", "Batches sent back to the mark.", counts.refused_batches),
            ("quarantined_rows", "Rows put aside unread since the start.", counts.quarantined),
            ("overrun_messages", "Messages dropped because the queue was full.", counts.overrun),
            ("gaps", "Stretches that nodes had lost before they could send them.", counts.gaps),
            ("forks", "Streams that two spools went on with.", counts.forks),
        ):
            yield _counter(f"intake_{name}", text, {(): value})
        refusals = counts.refusals + self._hub.refusals
        text = "Payloads refused, by code."
        yield _counter("intake_refusals", text, {(str(c),): n for c, n in refusals.items()}, "code")
        waiting = intake.waiting
        yield _gauge("intake_queue_messages", "Messages that wait.", {(): waiting[0]})
        yield _gauge("intake_queue_bytes", "Bytes of the messages that wait.", {(): waiting[1]})

    def _store(self) -> Iterator[Metric]:
        commits, store = self._hub.commits, self._hub.store
        counts = tuple(accumulate(commits.counts))
        bounds = (*map(str, BOUNDS_SECONDS), "+Inf")
        yield HistogramMetricFamily(
            "kaiguan_store_commit_seconds",
            "How long one commit of the intake takes until it is durable.",
            buckets=tuple(zip(bounds, counts, strict=True)),
            sum_value=commits.seconds,
        )
        yield _counter("store_failed_commits", "Commits that the store refused.", {
            (): commits.failed
        })  # fmt: skip
        trouble = self._hub.intake.trouble is not None
        yield _gauge("store_refuses", "1 while the store refuses to be written.", {(): trouble})
        yield _gauge("store_info", "Where the buckets of series lie; always 1.", {
            (store.series_in,): 1
        }, ("kind",))  # fmt: skip
        yield _gauge("store_bytes", "Size of the series' file with its log, bytes.", {
            (): store.size_bytes()
        })  # fmt: skip
        left = store.leftovers()
        held = {"quarantine": left.quarantined, "refused": left.refused, "gap": left.gaps,
                "fork": left.forks}  # fmt: skip
        text = "What the store holds that could not be taken as it was, by kind."
        yield _gauge("store_leftovers", text, {(k,): n for k, n in held.items()}, ("kind",))
        yield _counter("store_dropped_rows", "Quarantined rows whose bytes were dropped.", {
            (): left.dropped
        })  # fmt: skip

    def _surroundings(self) -> Iterator[Metric]:
        hub = self._hub
        connected = {(): hub.broker_connected}
        yield _gauge("broker_connected", "1 while the broker has accepted the hub.", connected)
        states = Counter(now.state for now in hub.live.devices)
        text = "Nodes by state: silent sends without a status, expected was never heard."
        yield _gauge("devices", text, {(s,): states[s] for s in get_args(DeviceState)}, ("state",))
        text = "Cameras whose pictures cannot be counted in, by how they are."
        blind = Counter(f.detail for d in hub.live.devices for f in d.faults if f.code == "camera")
        healths = {(health,): blind[health] for health in PICTURES}
        yield _gauge("cameras_blind", text, healths, ("health",))
        yield _gauge("sse_clients", "Live streams that are open.", {(): len(hub.live.feed)})
        text = "When the live board was last judged, Unix time."
        yield _gauge("live_judged_time_seconds", text, {(): hub.live.at_ms / 1000})

    def _rollouts(self) -> Iterator[Metric]:
        rollouts = [one for one in self._hub.updates.rollouts() if one.state in OPEN]
        states = Counter(one.state for one in rollouts)
        text = "Rollouts of releases to nodes that have not ended, by state."
        yield _gauge("rollouts", text, {(s.value,): states[s] for s in OPEN}, ("state",))
        targets = Counter(target.state for one in rollouts for target in one.targets)
        text = "Nodes of rollouts that have not ended, by how far each of them is."
        yield _gauge("rollout_nodes", text, {(s.value,): targets[s] for s in TargetState},
                     ("state",))  # fmt: skip

    def _disks(self) -> Iterator[Metric]:
        disks = self._hub.duties.disks.forecasts
        own = disks.get(HUB_PLACE)
        if own is not None:
            yield _gauge("disk_total_bytes", "Size of the hub's disk.", {(): own.newest.total})
            yield _gauge("disk_free_bytes", "What of it is free.", {(): own.free})
            yield _gauge("disk_own_bytes", "What of it the hub's own files take.", {
                (): own.newest.own
            })  # fmt: skip
            if own.growth is not None:
                text = "By how much it fills a day, by the last four weeks."
                yield _gauge("disk_growth_bytes_per_day", text, {(): own.growth})
            if own.days_left is not None:
                text = "After how many days it is full at that rate; absent: it does not fill."
                yield _gauge("disk_days_left", text, {(): own.days_left})
        least = self._hub.alerts.rules.disk.least_days
        filling = sum(
            1
            for place, one in disks.items()
            if place != HUB_PLACE and one.days_left is not None and one.days_left < least
        )
        yield _gauge("node_disks_filling", "Nodes whose disk is full too soon.", {(): filling})

    def _deliveries(self) -> Iterator[Metric]:
        desk = self._hub.delivery
        for name, text in (
            ("sent", "Messages that arrived since the start."),
            ("failed", "Tries of messages that failed since the start."),
            ("dead", "Deliveries that were given up since the start."),
        ):
            yield _counter(f"delivery_{name}", text, {(): desk.counts[name]})
        channels = desk.channels()
        text = "Deliveries of each channel that wait, or were given up and nobody dealt with."
        states = {
            (now.channel.id, state): getattr(now.record, state)
            for now in channels
            for state in ("waiting", "dead")
        }
        yield _gauge("deliveries", text, states, ("channel", "state"))
        text = "1 while nothing arrived by a channel since a try failed."
        failing = {(now.channel.id,): now.is_failing for now in channels}
        yield _gauge("channel_failing", text, failing, ("channel",))

    def _library(self) -> Iterator[Metric]:
        library = self._hub.library
        if library is None:
            return
        counts, lines = library.worker.counts.copy(), library.counts.copy()
        text = "Requests of self-service terminals that were answered, by message."
        answered = {(code,): n for code, n in counts.items() if code.isdecimal()}
        yield _counter("sip2_messages", text, answered, "code")
        for name, text in (
            ("commits", "Transactions of the library system; several messages share one."),
            ("repeated", "Messages that were answered from the store, being sent again."),
            ("refused", "Lines that were asked for again: no SIP2, or with a wrong checksum."),
            ("not_stored", "Messages whose effect could not be stored."),
            ("failed", "Messages that met a mistake of the hub."),
        ):
            yield _counter(f"sip2_{name}", text, {(): counts[name]})
        yield _gauge("sip2_connections", "Terminals that are connected.", {(): library.connections})
        text = "Connections that were not served or cut off, by why."
        closed = {(why,): lines[why] for why in ("over_limit", "idle", "slow")}
        yield _counter("sip2_closed_connections", text, closed, "why")

    def _venues(self, venues: Iterable[VenueNow]) -> Iterator[Metric]:
        venues = tuple(venues)
        yield _gauge("venues", "Venues that are declared.", {(): len(self._hub.live.venues)})
        by_venue = ("venue",)
        text = "People inside; absent while that is not known."
        inside = {(n.venue.id,): n.occupancy for n in venues if n.occupancy is not None}
        yield _gauge("venue_occupancy", text, inside, by_venue)
        text = "How many a venue may hold; absent where that is not declared."
        capacity = {(n.venue.id,): n.venue.capacity for n in venues if n.venue.capacity}
        yield _gauge("venue_capacity", text, capacity, by_venue)
        text = "Who came in since local midnight; falls back to 0 there."
        entered = {(n.venue.id,): n.entered_today for n in venues}
        yield _gauge("venue_entered_today", text, entered, by_venue)
        text = "1 for the quality that the occupancy has now, 0 for the others."
        qualities = {
            (now.venue.id, quality): now.quality == quality
            for now in venues
            for quality in ("known", "degraded", "unknown")
        }
        yield _gauge("venue_quality", text, qualities, ("venue", "quality"))
        text = "How many too many the last session's crossings left inside; absent: not known."
        residuals = {
            (now.venue.id,): now.leftover.balance.residual or 0
            for now in venues
            if now.leftover is not None
        }
        yield _gauge("venue_residual", text, residuals, by_venue)


@router.get(
    "/metrics",
    summary="Metrics in Prometheus' text format",
    response_class=PlainTextResponse,
)
def show_metrics(
    hub: RunningHub, _who: Annotated[Who, Depends(NeedsFromAfar(Permission.METRICS))]
) -> Response:
    """Return every metric of the hub and of its process."""
    # A registry of its own: nothing that a library counts for itself leaks in.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector(hub))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _gauge(
    name: str, text: str, values: Mapping[Any, float], labels: tuple[str, ...] = ()
) -> Metric:
    metric = GaugeMetricFamily(f"kaiguan_{name}", text, labels=labels)
    for label_values, value in values.items():
        metric.add_metric(label_values, float(value))
    return metric


def _counter(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
    metric = CounterMetricFamily(f"kaiguan_{name}", text, labels=labels)
    for label_values, value in values.items():
        metric.add_metric(label_values, float(value))
    return metric
