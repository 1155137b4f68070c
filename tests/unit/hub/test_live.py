import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import RefusalCode
from contracts.ids import NodeId
from contracts.messages import Live, SourceStatus, SpoolStatus, Status, decode_live
from contracts.rows import Count, Coverage, Epoch, Lost, Row, Unreadable
from contracts.topics import live_topic
from hub.config import LiveSection
from hub.errors import StoreError
from hub.live import LiveBoard
from hub.live.attention import Trouble, attention
from hub.live.feed import Feed
from hub.occupancy.sessions import WeeklyHours
from hub.store.records import Records
from hub.venues import Line, Venue, Zone
from hub.web import Full, event_stream
from link.acceptance import StreamState
from link.errors import StoreUnavailable
from link.intake import Gap, Group, Stored
from tests.conformance.fake_store import FakeStore

MIDNIGHT = 1_774_972_800  # 2026-04-01 00:00 in Shanghai
NOON = MIDNIGHT + 12 * 3600
EPOCH = "e0" * 8
HOURS: WeeklyHours = (((540, 1260),),) * 7
CENTRE = Venue(
    id="centre",
    name_zh="文化馆",
    name_en="Centre",
    kind="district_cultural_centre",
    level="district",
    capacity=10,
    timezone="Asia/Shanghai",
    hours=HOURS,
    quiet_at=240,
    zones=(Zone("foyer", "门厅", "Foyer"), Zone("theatre", "剧场", "Theatre", 5)),
    lines=(
        Line("sim", "main", "outside", "foyer"),
        Line("sim", "inner", "foyer", "theatre"),
        # Seen from inside: `in` leads out.
        Line("yard-pi", "yard", "theatre", "outside"),
    ),
)


class World:
    """A board over a store in memory, with a clock that only moves when told."""

    def __init__(self, records: Records) -> None:
        self.now_s = NOON
        self.store = FakeStore()
        self.published: dict[str, Live] = {}
        self.troubles: tuple[Trouble, ...] = ()
        self.seq = 0
        self.board = LiveBoard(
            self.store,
            records,
            LiveSection(),
            publish=self._publish,
            troubles=lambda: self.troubles,
            clock_ms=lambda: self.now_s * 1000,
        )

    def _publish(self, topic: str, payload: bytes) -> bool:
        self.published[topic] = decode_live(payload)
        return True

    def store_rows(
        self, *rows: Row | Unreadable, node: str = "sim", gaps: tuple[Lost, ...] = ()
    ) -> None:
        """Do what the intake does: commit, then tell."""
        sender = NodeId("centre", node)
        group = Group(
            stored=[Stored(sender, f"{node:0<8}".encode().hex()[:16], rows, self.now_s * 1000)]
        )
        group.gaps = [Gap(sender, "0a" * 8, 1, 2, gaps, 1)] if gaps else []
        group.streams, group.owners = {"0a" * 8: StreamState(1)}, {"0a" * 8: sender}
        self.store.commit(group)
        self.board.collector.stored(group)

    def watched(self, since_s: int | None = None, until_s: int | None = None) -> None:
        """Let every line be watched from the evening before until now."""
        since = (since_s if since_s is not None else MIDNIGHT - 20 * 3600) * 1000
        until = (until_s or self.now_s) * 1000
        for node, line in (("sim", "main"), ("sim", "inner"), ("yard-pi", "yard")):
            self.store_rows(self._coverage(line, since, until), node=node)

    def _coverage(self, line: str, since: int, until: int) -> Coverage:
        return Coverage(self._seq(), EPOCH, line, since, until)

    def count(self, line: str, clock_s: int, entered: int, left: int = 0) -> Count:
        return Count(self._seq(), EPOCH, line, clock_s - clock_s % 60, entered, left)

    def _seq(self) -> int:
        self.seq += 1
        return self.seq


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Records(tmp_path / "records.db") as records:
        records.load([CENTRE])
        made = World(records)
        made.board.rebuild()
        yield made
        made.board.close()


def test_never_heard_is_unknown_not_zero(world: World) -> None:
    now = world.board.venues["centre"]
    assert (now.occupancy, now.last_occupancy, now.quality, now.heard_ms) == (
        None, None, "unknown", 0
    )  # fmt: skip
    assert now.missing == ("sim/main", "yard-pi/yard")
    assert [point.occupancy for point in now.curve] == [None] * 25


def test_counts_reach_venue_and_zones(world: World) -> None:
    world.watched()
    world.store_rows(world.count("main", NOON - 600, 8, 1), world.count("inner", NOON - 540, 5))
    world.store_rows(world.count("yard", NOON - 300, 2, 1), node="yard-pi")
    assert world.board.look() == {"centre"}
    now = world.board.venues["centre"]
    # Through the yard two left and one entered.
    assert (now.occupancy, now.quality, now.entered_today) == (6, "known", 9)
    assert [(zone.zone, zone.occupancy) for zone in now.zones] == [("foyer", 2), ("theatre", 4)]


def test_a_rebuilt_board_says_the_same(world: World) -> None:
    world.watched()
    world.store_rows(*(world.count("main", NOON - 6000 + i * 60, i % 3, i % 2) for i in range(90)))
    world.board.look()
    before = world.board.venues
    world.board.rebuild()
    assert world.board.venues == before


def test_a_late_minute_is_summed_in_its_place(world: World) -> None:
    world.watched()
    world.store_rows(world.count("main", NOON - 600, 0, 4))
    world.board.look()
    assert world.board.venues["centre"].occupancy == 0
    world.store_rows(world.count("main", NOON - 3600, 9))
    world.board.look()
    assert world.board.venues["centre"].occupancy == 5
    assert world.board.venues["centre"].curve[-1].occupancy == 5


def test_time_alone_makes_a_number_stale(world: World) -> None:
    world.watched()
    world.store_rows(world.count("main", NOON - 600, 4))
    world.board.look()
    world.now_s += 151
    world.board.look()
    now = world.board.venues["centre"]
    assert (now.occupancy, now.last_occupancy, now.quality) == (None, 4, "unknown")
    assert now.heard_ms == NOON * 1000


def test_a_clock_that_runs_ahead_keeps_nothing_known(world: World) -> None:
    world.watched(until_s=NOON + 10 * 365 * 86_400)
    world.store_rows(world.count("main", NOON + 10 * 365 * 86_400, 3))
    world.board.look()
    now = world.board.venues["centre"]
    assert (now.quality, now.occupancy) == ("unknown", None)
    assert now.last_reading_ms <= NOON * 1000
    world.board.rebuild()
    assert world.board.venues["centre"].quality == "unknown"


def test_made_up_names_fill_no_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.live.devices.MOST_DEVICES", 2)
    for i in range(5):
        node = NodeId("elsewhere", f"pi{i}")
        world.board.collector.told(node, Status("b1" * 8, True), world.now_s * 1000)
    world.board.look()
    assert sum(device.device is not None for device in world.board.devices) == 2


def test_a_gap_since_zero_degrades(world: World) -> None:
    world.watched()
    world.board.look()
    world.store_rows(gaps=(Lost("main", (NOON - 900) * 1000, (NOON - 840) * 1000, 3),))
    world.board.look()
    now = world.board.venues["centre"]
    assert (now.quality, now.since_ms, now.occupancy) == ("degraded", (NOON - 900) * 1000, 0)


def test_a_row_that_cannot_be_read_makes_coverage_be_read_anew(world: World) -> None:
    world.watched()
    world.board.look()
    world.store._gaps["centre", "sim", "main"].append(((NOON - 900) * 1000, (NOON - 60) * 1000))
    world.store_rows(Unreadable(5, b"{}", RefusalCode.INVALID, "bad"))
    world.board.look()
    assert world.board.venues["centre"].quality == "degraded"


def test_coverage_that_grows_keeps_the_number_known(world: World) -> None:
    world.watched()
    world.board.look()
    for _ in range(5):
        world.now_s += 60
        world.watched()
        world.board.look()
        assert world.board.venues["centre"].quality == "known"


def test_a_node_that_is_away_makes_its_venue_unknown_at_once(world: World) -> None:
    world.watched()
    world.board.look()
    boot = "b0" * 8
    world.board.collector.told(NodeId("centre", "sim"), Status(boot, False), world.now_s * 1000)
    world.board.look()
    now = world.board.venues["centre"]
    assert (now.quality, now.missing) == ("unknown", ("sim/main",))
    assert {d.node: d.state for d in world.board.devices} == {"sim": "offline", "yard-pi": "silent"}
    online = Status(boot, True, software="0.2")
    world.board.collector.told(NodeId("centre", "sim"), online, world.now_s * 1000)
    world.board.look()
    assert world.board.venues["centre"].quality == "known"
    sim = world.board.devices[0].device
    assert sim is not None
    assert sim.software == "0.2"


def test_a_retained_goodbye_told_again_keeps_its_time(world: World) -> None:
    node, away = NodeId("centre", "sim"), Status("b0" * 8, False)
    world.board.collector.told(node, away, world.now_s * 1000)
    world.board.look()
    world.now_s += 500
    world.board.collector.told(node, away, world.now_s * 1000)
    world.board.look()
    assert world.board.devices[0].device is not None
    assert world.board.devices[0].device.status_at_ms == NOON * 1000


def test_a_source_that_fails_is_told_with_its_reason(world: World) -> None:
    node = NodeId("centre", "sim")
    camera = SourceStatus("door-cam", "camera", "failed", 7_000, "no such device")
    beam = SourceStatus("beam", "board", "watching", 1_000)
    full = SpoolStatus("0a" * 8, writable=False)
    world.board.collector.told(
        node, Status("b0" * 8, True, sources=(camera, beam), spool=full), NOON * 1000
    )
    world.board.look()
    world.now_s += 600
    world.board.collector.told(
        node, Status("b0" * 8, True, sources=(camera, beam), spool=full), world.now_s * 1000
    )
    world.board.look()
    items = attention(world.board.venues, world.board.devices, ())
    faults = [item for item in items if item.code == "fault"]
    assert [item.since_ms for item in faults] == [7_000, NOON * 1000]
    assert "door-cam" in faults[0].text_zh
    assert "no such device" in faults[0].text_en
    assert "spool" in faults[1].text_en
    # A hub that starts again knows it from what it wrote down.
    world.board.rebuild()
    assert [f.name for d in world.board.devices for f in d.faults] == ["door-cam", ""]
    mended = Status("b0" * 8, True, sources=(beam,))
    world.board.collector.told(node, mended, world.now_s * 1000)
    world.board.look()
    assert not any(device.faults for device in world.board.devices)


def test_a_node_that_is_away_says_nothing_of_its_sources(world: World) -> None:
    node = NodeId("centre", "sim")
    camera = SourceStatus("door-cam", "camera", "failed", 7_000)
    world.board.collector.told(node, Status("b0" * 8, True, sources=(camera,)), NOON * 1000)
    world.board.look()
    world.board.collector.told(node, Status("b0" * 8, False), NOON * 1000)
    world.board.look()
    world.board.rebuild()
    items = attention(world.board.venues, world.board.devices, ())
    assert [item.code for item in items] == ["offline"]


def test_over_capacity_is_told_with_its_beginning(world: World) -> None:
    world.watched()
    world.store_rows(world.count("main", NOON - 60, 11))
    world.board.look()
    world.now_s += 30
    world.board.look()
    now = world.board.venues["centre"]
    assert now.is_over_capacity
    items = attention(world.board.venues, world.board.devices, ())
    assert [(item.code, item.since_ms) for item in items] == [("over_capacity", NOON * 1000)]


def test_what_needs_a_person_comes_in_order(world: World) -> None:
    node = NodeId("centre", "sim")
    world.board.collector.told(node, Status("b0" * 8, False), world.now_s * 1000)
    stranger = NodeId("elsewhere", "pi")
    world.board.collector.told(stranger, Status("b1" * 8, True), world.now_s * 1000)
    world.board.look()
    trouble = Trouble("store", "disk full", 5)
    items = attention(world.board.venues, world.board.devices, (trouble,))
    assert [item.code for item in items] == ["store", "offline", "undeclared"]
    assert "disk full" in items[0].text_en


def test_a_store_that_cannot_be_read_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.watched()
    world.store_rows(world.count("main", NOON - 60, 3))
    real = world.store.buckets

    def broken(*_args: object) -> list[object]:
        raise StoreError("disk gone")

    monkeypatch.setattr(world.store, "buckets", broken)
    world.board.look()
    assert [trouble.code for trouble in world.board.troubles] == ["live"]
    # Meanwhile time goes on: what nobody renews grows stale.
    world.now_s += 151
    world.board.look()
    assert world.board.venues["centre"].quality == "unknown"
    monkeypatch.setattr(world.store, "buckets", real)
    world.watched()
    world.board.look()
    assert world.board.venues["centre"].occupancy == 3
    assert world.board.troubles == ()


def test_devices_that_cannot_be_written_are_written_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = world.board._records

    def full(_devices: object) -> None:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(records, "save_devices", full)
        world.watched()
        world.store_rows(world.count("main", NOON - 60, 3))
        world.board.look()
    assert world.board.venues["centre"].occupancy == 3
    assert records.devices() == []
    world.now_s += 3
    world.board.look()
    assert [device.node for device in records.devices()] == ["sim", "yard-pi"]


def test_newly_declared_venues_appear_by_themselves(world: World) -> None:
    other = Venue("new", "新", "New", "book_room", "space", 5, "Asia/Shanghai", HOURS, 240)
    world.board._records.load([CENTRE, other])
    world.now_s += 3
    assert world.board.look() == {"centre", "new"}
    assert set(world.board.venues) == {"centre", "new"}


def test_the_broker_is_told_when_something_changed_or_after_a_while(world: World) -> None:
    world.watched()
    world.store_rows(world.count("main", NOON - 60, 3))
    world.board.look()
    world.board._tell_broker()
    live = world.published.pop(live_topic("centre"))
    assert (live.occupancy, live.quality, live.open_now) == (3, "known", "unknown")
    assert [(zone.zone, zone.occupancy) for zone in live.zones] == [("foyer", 3), ("theatre", 0)]
    world.now_s += 1
    world.board._tell_broker()
    assert not world.published
    world.now_s += 30
    world.board._tell_broker()
    assert world.published[live_topic("centre")].at_ms == world.now_s * 1000


def test_collecting_from_many_threads_loses_nothing(world: World) -> None:
    world.watched()
    world.board.look()

    def send(line: str, node: str) -> None:
        for i in range(200):
            world.store_rows(Count(i + 1, EPOCH, line, NOON - 43_200 + 3 * 60 * i, 1, 0), node=node)

    senders = [
        threading.Thread(target=send, args=source)
        for source in (("main", "sim"), ("inner", "sim"), ("yard", "yard-pi"))
    ]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        world.board.look()
    world.board.look()
    before = world.board.venues
    world.board.rebuild()
    assert world.board.venues == before


async def test_the_loop_tells_subscribers(world: World) -> None:
    running = asyncio.create_task(world.board.run())
    with world.board.feed.subscribe() as subscription:
        world.watched()
        world.store_rows(world.count("main", NOON - 60, 3))
        changes = subscription.changes(5)
        assert await anext(changes) == frozenset({"centre"})
        # And it goes on looking.
        world.store_rows(world.count("main", NOON - 60, 4))
        assert await anext(changes) == frozenset({"centre"})
        assert world.board.venues["centre"].occupancy == 4
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(world.board.feed) == 0


async def test_a_slow_subscriber_gets_the_union_and_an_end() -> None:
    feed = Feed(1)
    with feed.subscribe() as subscription:
        assert feed.is_full
        feed.announce({"a"})
        feed.announce({"b"})
        changes = subscription.changes(0.01)
        assert await anext(changes) == frozenset({"a", "b"})
        assert await anext(changes) is None
        feed.close()
        with pytest.raises(StopAsyncIteration):
            await anext(changes)


async def test_news_are_made_only_when_the_reader_took_the_last_ones() -> None:
    told: list[frozenset[str] | None] = []

    def tell(venues: frozenset[str] | None) -> list[str]:
        told.append(venues)
        return ["event"]

    feed = Feed(1)
    body = aiter(event_stream(feed, tell).body_iterator)
    await anext(body)
    with pytest.raises(Full):
        event_stream(feed, tell)
    for i in range(1000):
        feed.announce({f"venue-{i % 7}"})
    await anext(body)
    assert told == [None, frozenset(f"venue-{i}" for i in range(7))]
    feed.close()
    with pytest.raises(StopAsyncIteration):
        await anext(body)
    assert len(feed) == 0


def test_epochs_of_the_same_line_are_read_from_the_store(world: World) -> None:
    other = "e1" * 8
    world.watched()
    world.board.look()
    world.now_s += 60
    since = (NOON + 1) * 1000
    for node, line in (("sim", "main"), ("yard-pi", "yard")):
        world.store_rows(
            Epoch(90, other, "b1" * 8, since, "05" * 8),
            Coverage(91, other, line, since, world.now_s * 1000),
            node=node,
        )
    world.store_rows(Count(92, EPOCH, "main", NOON, 2, 0), Count(93, other, "main", NOON, 1, 0))
    world.board.look()
    now = world.board.venues["centre"]
    # One second between the epochs is bridged; the minute is the sum of both.
    assert (now.quality, now.occupancy) == ("known", 3)
