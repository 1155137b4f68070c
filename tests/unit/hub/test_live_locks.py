from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.messages import Status
from contracts.rows import Epoch, State
from hub.live.attention import attention
from hub.store.records import Records
from hub.venues import Sensor
from tests.unit.hub.board_world import CENTRE, EPOCH, MIDNIGHT, NOON, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Records(tmp_path / "records.db") as records:
        records.load([CENTRE])
        made = World(records)
        made.board.rebuild()
        yield made
        made.board.close()


LOCKED_ROOM = replace(CENTRE, sensors=(Sensor("sim", "lock", "lock"), Sensor("sim", "a", "air")))


def lock(value: str, since_s: int, until_s: int, epoch: str = EPOCH) -> State:
    return State(since_s, epoch, "lock", value, since_s * 1000, until_s * 1000)


def opening_of(world: World) -> tuple[str, str, int]:
    opening = world.board.venues["centre"].opening
    return (opening.state, opening.basis, opening.since_ms // 1000)


@pytest.fixture
def locked(world: World) -> World:
    world.board._records.load([LOCKED_ROOM])
    world.board.rebuild()
    return world


def test_a_lock_opens_and_closes_a_venue(locked: World) -> None:
    locked.watched()
    locked.board.look()
    assert opening_of(locked) == ("unknown", "silent", 0)
    night, morning = MIDNIGHT - 7200, MIDNIGHT + 9 * 3600
    locked.store_rows(lock("locked", night, morning), lock("unlocked", morning, NOON))
    locked.board.look()
    assert opening_of(locked) == ("open", "lock", morning)
    # It grows, and after a restart of the node goes on as if nothing had been.
    locked.now_s += 60
    locked.watched()
    locked.store_rows(lock("unlocked", morning, NOON + 60))
    locked.board.look()
    assert opening_of(locked) == ("open", "lock", morning)
    locked.now_s += 60
    other = "e7" * 8
    locked.store_rows(
        Epoch(1, other, "b2" * 8, (NOON + 70) * 1000, "05" * 8),
        lock("unlocked", NOON + 70, NOON + 120, other),
    )
    locked.board.look()
    assert opening_of(locked) == ("open", "lock", morning)
    before = locked.board.venues
    locked.board.rebuild()
    assert locked.board.venues == before
    locked.store_rows(lock("locked", NOON + 100, NOON + 120, other))
    locked.board.look()
    assert opening_of(locked) == ("closed", "lock", NOON + 100)


def test_a_lock_that_nobody_hears_tells_nothing(locked: World) -> None:
    locked.watched()
    locked.store_rows(lock("unlocked", NOON - 60, NOON))
    locked.board.look()
    assert opening_of(locked) == ("open", "lock", NOON - 60)
    locked.board.collector.told(NodeId("centre", "sim"), Status("b0" * 8, False), NOON * 1000)
    locked.board.look()
    assert opening_of(locked)[:2] == ("unknown", "silent")
    locked.board.collector.told(NodeId("centre", "sim"), Status("b0" * 8, True), NOON * 1000)
    locked.now_s += 151
    locked.board.look()
    assert opening_of(locked) == ("unknown", "silent", NOON)
    # Far ahead of now: a clock that is wrong.
    locked.store_rows(lock("unlocked", NOON, NOON + 86_400))
    locked.board.look()
    assert opening_of(locked) == ("unknown", "silent", NOON)


def test_a_venue_that_stays_locked_past_its_opening_needs_a_look(locked: World) -> None:
    opens = MIDNIGHT + 9 * 3600
    locked.now_s = opens + 899
    locked.store_rows(lock("locked", MIDNIGHT - 7200, locked.now_s))
    locked.watched()
    locked.board.look()
    assert attention(locked.board.venues, (), ()) == ()
    locked.now_s = opens + 903
    locked.store_rows(lock("locked", MIDNIGHT - 7200, locked.now_s))
    locked.board.look()
    (item,) = attention(locked.board.venues, (), ())
    assert (item.code, item.mark, item.since_ms) == ("late", "warn", opens * 1000)
    assert "应 09:00 开放，门锁自 3月31日 22:00 读作锁闭" in item.text_zh
    assert "to open at 09:00; locked since Mar 31 22:00" in item.text_en
    # People enter: one of the two readings is wrong, and which one is not known.
    locked.store_rows(locked.count("main", locked.now_s - 60, 3))
    locked.board.look()
    (item,) = attention(locked.board.venues, (), ())
    assert (item.code, opening_of(locked)[0]) == ("conflict", "unknown")
