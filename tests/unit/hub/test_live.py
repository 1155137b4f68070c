import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import RefusalCode
from contracts.ids import NodeId
from contracts.messages import (
    CertificateStatus,
    ClockStatus,
    PictureStatus,
    SourceStatus,
    SpoolStatus,
    Status,
)
from contracts.rows import Count, Coverage, Epoch, Lost, Row, Unreadable
from contracts.topics import live_topic
from hub.errors import StoreError
from hub.live.attention import Trouble, attention
from hub.store.records import Records
from hub.venues import Venue
from link.errors import StoreUnavailable
from tests.unit.hub.board_world import CENTRE, EPOCH, HOURS, NOON, World


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


def tell_pictures(world: World, picture: PictureStatus) -> None:
    """Let both cameras of the centre tell how their pictures are."""
    for node in ("sim", "yard-pi"):
        camera = SourceStatus("front", "camera", "watching", 1_000, picture=picture)
        told = Status("b0" * 8, True, sources=(camera,))
        world.board.collector.told(NodeId("centre", node), told, world.now_s * 1000)
    world.board.look()


def test_a_camera_that_cannot_see_is_told_by_name_with_its_onset(world: World) -> None:
    tell_pictures(world, PictureStatus("covered", 7_000))
    items = attention(world.board.venues, world.board.devices, ())
    # The lines are not watched, and why is said already.
    assert [(item.code, item.node) for item in items] == [("fault", "sim"), ("fault", "yard-pi")]
    assert items[0].text_en == "sim, camera front: covered"
    assert items[0].text_zh == "sim 的摄像头 front：镜头被遮挡"
    assert (items[0].since_ms, items[0].mark) == (7_000, "breach")


def test_a_view_that_has_changed_asks_for_a_look(world: World) -> None:
    tell_pictures(world, PictureStatus(view_changed_ms=7_000))
    items = [i for i in attention(world.board.venues, world.board.devices, ()) if i.node == "sim"]
    assert [(item.mark, item.since_ms) for item in items] == [("warn", 7_000)]
    assert "shows another view" in items[0].text_en


def test_a_condition_of_a_later_release_is_told_as_it_came(world: World) -> None:
    tell_pictures(world, PictureStatus("upside-down", 7_000))
    items = attention(world.board.venues, world.board.devices, ())
    assert items[0].text_en == "sim, camera front: upside-down"


def test_lights_off_in_a_closed_venue_need_nobody(world: World) -> None:
    tell_pictures(world, PictureStatus("dark", 7_000))
    open_now = attention(world.board.venues, world.board.devices, ())
    assert [item.text_en for item in open_now if item.node == "sim"] == ["sim, camera front: dark"]
    world.now_s += 11 * 3600
    tell_pictures(world, PictureStatus("dark", 7_000))
    assert attention(world.board.venues, world.board.devices, ()) == ()


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


def test_a_venue_fills_and_empties(world: World) -> None:
    def trend_after(*rows: Row) -> str:
        world.watched()
        world.store_rows(*rows)
        world.board.look()
        return world.board.venues["centre"].trend

    assert trend_after(world.count("main", NOON - 3600, 20)) == "steady"
    assert trend_after(world.count("main", NOON - 300, 2)) == "steady"
    assert trend_after(world.count("main", NOON - 240, 1)) == "rising"
    assert trend_after(world.count("main", NOON - 180, 0, 8)) == "falling"
    gap = (Lost("main", (NOON - 600) * 1000, (NOON - 540) * 1000, 3),)
    world.store_rows(gaps=gap)
    world.board.look()
    assert world.board.venues["centre"].trend == "unknown"


def test_what_a_node_says_of_its_clock_its_spool_and_its_broker(world: World) -> None:
    node = NodeId("centre", "sim")
    status = Status(
        "b0" * 8,
        True,
        clock=ClockStatus("unset", held=12),
        spool=SpoolStatus("0a" * 8, dropped=3_400),
        certificate=CertificateStatus(NOON * 1000, "the hub does not answer"),
        other_stores=("5a" * 8,),
    )
    world.watched()
    world.board.collector.told(node, status, NOON * 1000)
    world.board.look()
    items = attention(world.board.venues, world.board.devices, ())
    told = [(item.mark, item.title_en, item.node) for item in items]
    assert told == [
        ("breach", "Data lost", "sim"),
        ("warn", "Clock not set", "sim"),
        ("warn", "Certificate not renewed", "sim"),
        ("warn", "Another hub", "sim"),
    ]
    assert "3,400 rows were dropped" in items[0].text_en
    assert "12 行数据等待校时" in items[1].text_zh
    assert "(the hub does not answer)" in items[2].text_en
    assert "5a" * 8 in items[3].text_en


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
    assert (live.occupancy, live.quality, live.open_now) == (3, "known", "open")
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
