"""The newest means of climate sensors: of now, or absent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.messages import ClimateLive, Live, decode_live
from contracts.rows import Count, Coverage, Measure
from contracts.topics import live_topic
from hub.config import LiveSection
from hub.live import LiveBoard
from hub.store.records import Records
from hub.venues import Line, Sensor, Venue, Zone
from link.acceptance import StreamState
from link.intake import Group, Stored
from tests.conformance.fake_store import FakeStore

MIDNIGHT = 1_774_972_800  # 2026-04-01 00:00 in Shanghai
NOON = MIDNIGHT + 12 * 3600
EPOCH = "e0" * 8
ROOM = Venue(
    id="room",
    name_zh="书房",
    name_en="Book room",
    kind="book_room",
    level="space",
    capacity=10,
    timezone="Asia/Shanghai",
    hours=((),) * 7,
    quiet_at=240,
    zones=(Zone("hall", "大厅", "Hall"),),
    lines=(Line("pi", "front", "outside", "hall"),),
    sensors=(Sensor("pi", "air", "climate"), Sensor("pi", "lock", "lock")),
)


class World:
    """A board over a store in memory, with a clock that only moves when told."""

    def __init__(self, records: Records) -> None:
        self.now_s = NOON
        self.seq = 0
        self.store = FakeStore()
        self.told: list[Live] = []
        self.board = LiveBoard(
            self.store,
            records,
            LiveSection(),
            publish=self._publish,
            clock_ms=lambda: self.now_s * 1000,
        )
        self.board.rebuild()

    def _publish(self, topic: str, payload: bytes) -> bool:
        assert topic == live_topic("room")
        self.told.append(decode_live(payload))
        return True

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def stored(self, *rows: Measure | Count | Coverage) -> None:
        node = NodeId("room", "pi")
        group = Group(stored=[Stored(node, "0a" * 8, rows, self.now_s * 1000)])
        group.streams, group.owners = {"0a" * 8: StreamState(1)}, {"0a" * 8: node}
        self.store.commit(group)
        self.board.collector.stored(group)

    def measured(self, at_s: int, mean: float, sensor: str = "air") -> None:
        row = Measure(
            self.next(), EPOCH, sensor, "temperature_celsius", at_s, 4, mean, mean - 1, mean + 1
        )
        self.stored(row)

    def climate(self) -> tuple[ClimateLive, ...]:
        """Look, tell the broker, and return what it was told last."""
        self.board.look()
        self.board._tell_broker()
        return self.told[-1].climate


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Records(tmp_path / "records.db") as records:
        records.load([ROOM])
        made = World(records)
        yield made
        made.board.close()


def value(at_s: int, mean: float) -> ClimateLive:
    return ClimateLive("pi", "air", "temperature_celsius", mean, at_s * 1000)


def test_the_newest_mean_is_told(world: World) -> None:
    assert world.climate() == ()
    world.measured(NOON - 300, 21.456)
    assert world.climate() == (value(NOON - 300, 21.46),)
    # Late news of an earlier time is history; the same bucket again is a correction.
    world.measured(NOON - 600, 5.0)
    assert world.climate() == (value(NOON - 300, 21.46),)
    world.measured(NOON - 300, 22.0)
    assert world.climate() == (value(NOON - 300, 22.0),)


def test_two_buckets_before_one_look(world: World) -> None:
    world.measured(NOON - 300, 21.0)
    world.measured(NOON - 600, 20.0)
    assert world.climate() == (value(NOON - 300, 21.0),)


def test_time_alone_takes_it_away(world: World) -> None:
    world.measured(NOON - 300, 21.0)
    assert world.climate()
    world.now_s += 599
    assert world.climate()
    world.now_s += 2
    assert world.climate() == ()


def test_a_clock_that_runs_ahead_does_not_stay(world: World) -> None:
    world.measured(NOON + 3600, 40.0)
    assert world.climate() == ()
    world.measured(NOON - 300, 21.0)
    assert world.climate() == (value(NOON - 300, 21.0),)


def test_who_is_not_declared_is_not_told(world: World) -> None:
    world.measured(NOON - 300, 21.0, sensor="stranger")
    world.measured(NOON - 300, 21.0, sensor="lock")
    assert world.climate() == ()


def test_a_restarted_hub_tells_the_same(world: World) -> None:
    world.measured(NOON - 600, 20.0)
    world.measured(NOON - 300, 21.0)
    before = world.climate()
    world.board.rebuild()
    assert world.climate() == before


def test_what_could_not_be_worked_in_is_not_forgotten(world: World) -> None:
    world.measured(NOON - 300, 21.0)
    heard = world.board.collector.take()
    world.measured(NOON - 600, 20.0)
    world.board.collector.put_back(heard)
    assert world.climate() == (value(NOON - 300, 21.0),)


def test_entries_of_the_day_begin_anew_at_local_midnight(world: World) -> None:
    """Also while the node is away: the hub tells it, not the device."""
    world.now_s = MIDNIGHT + 86_398
    world.stored(
        Coverage(world.next(), EPOCH, "front", (MIDNIGHT - 20 * 3600) * 1000, world.now_s * 1000),
        Count(world.next(), EPOCH, "front", NOON, 9, 2),
    )
    world.climate()
    assert world.told[-1].entered_today == 9
    world.now_s += 2
    world.climate()
    assert world.told[-1].entered_today == 0


def test_a_broker_that_forgot_is_told_at_once(world: World) -> None:
    world.climate()
    before = len(world.told)
    world.climate()
    assert len(world.told) == before
    world.board.tell_again()
    world.climate()
    assert len(world.told) == before + 1
