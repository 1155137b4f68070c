"""The live board: works in what was stored, tells the broker and the subscribers what changed.

One worker thread keeps the venues' states and reads the store; the event loop only swaps finished
values in. A page that asks therefore never waits for a replayed backlog.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

import structlog

from contracts.messages import ClimateLive, Live, ZoneLive, encode
from contracts.topics import live_topic
from hub.config import LiveSection
from hub.errors import StoreError
from hub.live.attention import Trouble
from hub.live.collector import Collector, Heard
from hub.live.devices import DeviceBook
from hub.live.feed import Feed
from hub.live.now import DeviceNow, VenueNow
from hub.live.state import Reading, VenueState
from hub.occupancy import HeadCount, Tolerances
from hub.schedules import Schedules
from hub.store.records import Records
from hub.store.records.head_counts import HeadCountRecords
from hub.venues import Venue
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS: Final = 2.0
"""How often venues are judged anew when nothing arrives: time alone makes a number stale."""
REST_SHARE: Final = 4.0
"""After a look the worker rests for this many times as long: acknowledgements come first."""
STRETCH_SECONDS: Final = 0.004
PAUSE_SECONDS: Final = 0.004
"""Inside a look it pauses after each stretch of work: the interpreter is the intake's meanwhile."""

_DAY_MS: Final = 86_400_000
T = TypeVar("T")
Publish = Callable[[str, bytes], bool]


def wall_ms() -> int:
    """Return the hub's clock, Unix ms."""
    return time.time_ns() // 1_000_000


class LiveBoard:
    """Every venue and device as of now. `venues`, `devices` are replaced whole, never changed."""

    def __init__(
        self,
        store: Reading,
        records: Records,
        config: LiveSection,
        *,
        schedules: Schedules | None = None,
        publish: Publish = lambda _topic, _payload: False,
        troubles: Callable[[], Iterable[Trouble]] = lambda: (),
        streams: int = 200,
        clock_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._store = store
        self._records = records
        self._heads = HeadCountRecords(records)
        self._schedules = Schedules(records) if schedules is None else schedules
        self._config = config
        self._publish = publish
        self._troubles = troubles
        self._clock_ms = clock_ms
        self._tolerances = Tolerances(stale_ms=config.stale_seconds * 1000)
        self._states: dict[str, VenueState] = {}
        self._book = DeviceBook(())
        self._published: dict[str, tuple[VenueNow, int]] = {}
        self._looked_ms = 0
        self._revision = 0
        self._tell_all = False
        self._trouble: Trouble | None = None
        self._was_troubled: tuple[Trouble, ...] = ()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="live")
        self.collector = Collector()
        self._schedules.listen(lambda venue, _day: self.collector.rescheduled(venue))
        self.feed = Feed(streams)
        self.declared: Mapping[str, Venue] = {}
        self.venues: Mapping[str, VenueNow] = {}
        self.devices: tuple[DeviceNow, ...] = ()
        self.at_ms = 0
        """When the values were last judged, Unix ms."""

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Return what is wrong with the hub itself."""
        own = (self._trouble,) if self._trouble else ()
        return (*self._troubles(), *own)

    def rebuild(self) -> None:
        """Read venues, devices and the store from the beginning. Raises StoreError."""
        now_ms = self._clock_ms()
        self._book = DeviceBook(self._records.devices())
        self._declare(now_ms)
        self._judge(set(self._states), now_ms)

    async def run(self) -> None:
        """Keep everything up to date until cancelled."""
        loop = asyncio.get_running_loop()
        busy = 0.0
        while True:
            await asyncio.sleep(max(self._config.swap_milliseconds / 1000, REST_SHARE * busy))
            began = loop.time()
            changed = await loop.run_in_executor(self._worker, self.look)
            busy = loop.time() - began
            troubles = self.troubles
            if changed is not None or troubles != self._was_troubled:
                self._was_troubled = troubles
                self.feed.announce(changed or ())
            self._tell_broker()

    def look(self) -> set[str] | None:
        """Work in what was heard, once; return the venues that changed, None when nothing did."""
        now_ms = self._clock_ms()
        due = now_ms - self._looked_ms >= LOOK_AGAIN_SECONDS * 1000
        if due:
            # Records that cannot be read are told of below, where venues are read.
            with suppress(StoreError):
                self._schedules.refresh()
        heard = self.collector.take()
        if not heard and not due:
            return None
        devices, declared = self.devices, self.declared
        self._book.hear(heard)
        try:
            if due and self._records.revision() != self._revision:
                log.info("venues_changed")
                self._declare(now_ms)
            self._work_in(heard, now_ms)
            self._note_trouble(None, now_ms)
        except StoreError as error:
            # Nothing is lost: it stands in the store, and the next look reads it. Time goes on
            # meanwhile: numbers that nobody renews grow stale.
            self.collector.put_back(heard)
            self._note_trouble(str(error), now_ms)
        self._save_devices()
        everyone = due or bool(heard.statuses)
        changed = self._judge(set(self._states) if everyone else heard.venues, now_ms)
        if self.declared is not declared:
            return set(self._states)
        return changed if changed or self.devices != devices else None

    def tell_again(self) -> None:
        """Let the broker be told of every venue soon: it may have forgotten. From any thread."""
        self._tell_all = True

    def close(self) -> None:
        """End the worker; what it began is finished first."""
        self.feed.close()
        self._worker.shutdown(wait=True)

    def _declare(self, now_ms: int) -> None:
        """Take over the venues of the records. Raises StoreError with everything as it was."""
        revision, declared = self._records.revision(), self._records.venues()
        heads = self._head_counts(now_ms)
        states: dict[str, VenueState] = {}
        for venue in declared.values():
            state = VenueState(
                venue,
                self._tolerances,
                lookback_days=self._config.lookback_days,
                dated=self._schedules.dated(venue),
            )
            state.count_heads(heads.get(venue.id, {}))
            state.rebuild(self._store, now_ms)
            states[venue.id] = state
        self.declared, self._states, self._revision = declared, states, revision

    def _head_counts(self, now_ms: int) -> Mapping[str, Mapping[str, Sequence[HeadCount]]]:
        """Return what the staff counted, as far back as running sums go."""
        return self._heads.holding(now_ms - (self._config.lookback_days + 1) * _DAY_MS)

    def _work_in(self, heard: Heard, now_ms: int) -> None:
        heads = self._head_counts(now_ms) if heard.recounted else {}
        for venue in heard.recounted & self._states.keys():
            self._states[venue].count_heads(heads.get(venue, {}))
        for venue in _gently(heard.venues):
            state = self._states.get(venue)
            if state is None:
                continue
            if venue in heard.rescheduled:
                # What counts as a session's end is another one, also in the past.
                state.reschedule(self._schedules.dated(state.venue))
                state.rebuild(self._store, now_ms)
            else:
                self._tell(state, heard, now_ms)

    def _tell(self, state: VenueState, heard: Heard, now_ms: int) -> None:
        """Let one venue's state know what was heard of it."""
        venue = state.venue.id
        if venue in heard.cut:
            state.read_coverage(self._store, now_ms)
        elif venue in heard.coverage:
            state.extend(self._store, heard.coverage[venue], now_ms)
        for (node, sensor, quantity), mean in heard.climate.get(venue, {}).items():
            state.climate.measured(node, sensor, quantity, mean, now_ms // 1000)
        if venue in heard.cut:
            state.read_locks(self._store, now_ms)
        elif venue in heard.states:
            state.lock(self._store, heard.states[venue], now_ms)
        if venue in heard.minutes:
            state.refresh(self._store, heard.minutes[venue], now_ms)

    def _save_devices(self) -> None:
        devices = self._book.to_save()
        try:
            if devices:
                self._records.save_devices(devices)
        except StoreUnavailable:
            # The intake tells of a full disk; what is known of nodes is written down later.
            self._book.put_back(devices)

    def _note_trouble(self, reason: str | None, now_ms: int) -> None:
        if reason is None and self._trouble is not None:
            log.info("live_reads_again")
            self._trouble = None
        elif reason is not None and self._trouble is None:
            log.error("live_cannot_read", reason=reason)
            self._trouble = Trouble("live", reason, now_ms)

    def _judge(self, venues: set[str], now_ms: int) -> set[str]:
        away = self._book.offline()
        fresh = {
            id_: state.now(now_ms, away.get(id_, frozenset()))
            for id_, state in _gently(self._states.items())
            if id_ in venues
        }
        changed = {id_ for id_, now in fresh.items() if self.venues.get(id_) != now}
        if changed or self.venues.keys() != self._states.keys():
            # One assignment: whoever reads meanwhile sees the old board or the new one.
            old = self.venues
            self.venues = {id_: fresh[id_] if id_ in fresh else old[id_] for id_ in self._states}
        if len(fresh) == len(self._states):
            self._looked_ms = now_ms
        self.devices = self._book.now(self.declared)
        self.at_ms = now_ms
        return changed

    def _tell_broker(self) -> None:
        now_ms = self._clock_ms()
        if self._tell_all:
            self._tell_all = False
            self._published.clear()
        longest_ms = self._config.publish_seconds * 1000
        for id_, now in self.venues.items():
            told = self._published.get(id_)
            if told is not None and told[0] == now and now_ms - told[1] < longest_ms:
                continue
            if self._publish(live_topic(id_), encode(live_message(now, now_ms))):
                self._published[id_] = (now, now_ms)


def _gently(items: Iterable[T]) -> Iterator[T]:
    """Yield items with a pause after each stretch of work."""
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > STRETCH_SECONDS:
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()


def live_message(now: VenueNow, at_ms: int) -> Live:
    """Return what the retained live topic says of a venue."""
    return Live(
        venue=now.venue.id,
        at_ms=at_ms,
        occupancy=now.occupancy,
        quality=now.quality,
        since_ms=now.since_ms,
        last_reading_ms=now.last_reading_ms,
        capacity=now.venue.capacity,
        entered_today=now.entered_today,
        open_now=now.opening.state,
        zones=tuple(ZoneLive(zone.zone, zone.occupancy, zone.quality) for zone in now.zones),
        climate=tuple(
            ClimateLive(c.node, c.sensor, c.quantity, c.value, c.at_ms) for c in now.climate
        ),
    )
