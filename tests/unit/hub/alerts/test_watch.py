"""What happens in the hub is on the alert desk: from the live board, from nodes' alarms, forks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.messages import Status
from contracts.rows import Event, Measure, State
from hub.alerts import AlertDesk, AlertKind
from hub.alerts.rules import Rules
from hub.alerts.watch import SETTLE_MS, AlertWatch
from hub.live.attention import Trouble
from hub.store.records import Records
from hub.venues import Sensor
from link.acceptance import StreamState
from link.intake import ForkSeen, Group, Stored
from tests.unit.hub.board_world import CENTRE, EPOCH, NOON, World

PI = NodeId("centre", "sim")


class Watched:
    """A world with a desk, looked at when told."""

    def __init__(self, records: Records) -> None:
        self.world = World(records)
        self.desk = AlertDesk(records, Rules(), self.now_ms)
        self.watch = AlertWatch(self.world.board, self.world.store, self.desk, self.now_ms)

    def now_ms(self) -> int:
        return self.world.now_s * 1000

    def commit(self, *rows: Event | State | Measure, forks: tuple[ForkSeen, ...] = ()) -> None:
        group = Group(stored=[Stored(PI, "0b" * 8, rows, self.now_ms())], forks=list(forks))
        group.streams, group.owners = {"0b" * 8: StreamState(1)}, {"0b" * 8: PI}
        self.world.store.commit(group)
        self.world.board.collector.stored(group)
        self.watch.stored(group)

    def look(self, seconds: int = 0) -> dict[AlertKind, str]:
        """Let time pass; return what is active, by kind."""
        for _ in range(max(1, seconds // 30)):
            self.world.now_s += min(seconds, 30)
            self.world.watched()
            self.world.board.look()
            self.watch.look()
            self.desk.tick()
        return {alert.kind: alert.zh for alert in self.desk.open if alert.is_active}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Watched]:
    with Records(tmp_path / "records.db") as records:
        sensors = (Sensor("sim", "hall", "climate"),)
        records.load([replace(CENTRE, sensors=sensors)])
        watched = Watched(records)
        watched.world.board.rebuild()
        yield watched
        watched.world.board.close()


def test_over_capacity_is_raised_when_it_lasts_and_cleared_when_it_is_over(at: Watched) -> None:
    world = at.world
    world.store_rows(world.count("main", NOON, 11))
    assert AlertKind.OVER_CAPACITY not in at.look()
    assert at.look(60)[AlertKind.OVER_CAPACITY] == "在馆 11 人，容量 10 人"
    world.store_rows(world.count("main", NOON + 60, 1, 5))
    assert AlertKind.OVER_CAPACITY in at.look(30), "somebody may come back at once"
    assert AlertKind.OVER_CAPACITY not in at.look(150)


def test_a_node_that_goes_is_raised_after_its_grace_and_cleared_when_it_is_back(
    at: Watched,
) -> None:
    at.look(SETTLE_MS // 1000)
    at.world.board.collector.told(PI, Status(boot="0a0a0a0a", online=False), at.now_ms())
    assert AlertKind.DEVICE_OFFLINE not in at.look(60)
    assert "sim 离线" in at.look(150)[AlertKind.DEVICE_OFFLINE]
    at.world.board.collector.told(PI, Status(boot="0a0a0a0b", online=True), at.now_ms())
    assert AlertKind.DEVICE_OFFLINE not in at.look(60)


def test_a_hub_that_has_just_started_calls_no_node_away(at: Watched) -> None:
    at.world.board.collector.told(PI, Status(boot="0a0a0a0a", online=False), at.now_ms() - 600_000)
    assert AlertKind.DEVICE_OFFLINE not in at.look(30)
    assert AlertKind.DEVICE_OFFLINE in at.look(60)


def test_troubles_of_the_hub_itself_are_alerts_for_its_admin(at: Watched) -> None:
    at.world.troubles = (Trouble("broker", "127.0.0.1:1883", at.now_ms()),)
    assert "消息服务中断" in at.look(30)[AlertKind.HUB_TROUBLE]
    (alert,) = (a for a in at.desk.open if a.kind is AlertKind.HUB_TROUBLE)
    assert (alert.venue, alert.audience, alert.severity) == ("", "admin", "critical")


def test_climate_out_of_its_limits_for_long_enough(at: Watched) -> None:
    def measured(at_s: int, mean: float) -> Measure:
        quantity = "temperature_celsius"
        return Measure(
            1, EPOCH, "hall", quantity, at_s - at_s % 300, n=5, mean=mean, min=mean, max=mean
        )

    at.commit(measured(NOON, 35.0))
    assert AlertKind.CLIMATE not in at.look(300)
    at.commit(measured(NOON + 300, 34.0))
    assert "hall 温度 34 °C" in at.look(330)[AlertKind.CLIMATE]
    at.commit(measured(NOON + 600, 31.8))
    assert AlertKind.CLIMATE in at.look(30), "inside, but by less than the margin"
    at.commit(measured(NOON + 600, 25.0))
    assert AlertKind.CLIMATE not in at.look(400)


def test_a_fire_alarm_is_critical_at_once_and_over_when_its_contact_is_quiet(at: Watched) -> None:
    now_ms = at.now_ms()
    at.commit(
        Event(1, EPOCH, "e7" * 4, "fire_alarm", "panel", now_ms),
        State(2, EPOCH, "panel", "active", now_ms, now_ms),
    )
    assert at.look()[AlertKind.FIRE_ALARM] == "火灾报警：panel"
    at.world.now_s += 60
    at.commit(
        State(2, EPOCH, "panel", "active", now_ms, at.now_ms(), "changed"),
        State(3, EPOCH, "panel", "quiet", at.now_ms(), at.now_ms()),
    )
    assert AlertKind.FIRE_ALARM not in at.look()
    (alert,) = at.desk.open
    assert (alert.severity, alert.until_ms) == ("critical", at.now_ms())


def test_a_visitor_who_called_is_waited_for_and_then_taken_to_have_gone(at: Watched) -> None:
    called_ms = at.now_ms()
    at.commit(Event(1, EPOCH, "e6" * 4, "staff_call", "kiosk", called_ms, {"reason": "card"}))
    assert at.look()[AlertKind.STAFF_CALL] == "读者在自助机旁呼叫帮助：读者证或密码"
    at.world.now_s += 14 * 60
    assert AlertKind.STAFF_CALL in at.look()
    # Nothing comes: the clock alone ends it.
    at.world.now_s += 2 * 60
    assert AlertKind.STAFF_CALL not in at.look()
    (alert,) = at.desk.open
    assert alert.until_ms == called_ms + 15 * 60_000


def test_a_replayed_alarm_is_late_and_a_second_replay_says_nothing_new(at: Watched) -> None:
    event = Event(1, EPOCH, "e8" * 4, "tamper", "box", at.now_ms() - 50 * 3_600_000)
    for _ in range(3):
        at.commit(event)
        at.look()
    (alert,) = at.desk.open
    assert (alert.kind, alert.is_late, alert.times) == (AlertKind.TAMPER, True, 1)
    assert [change.what for change in at.desk.history(alert.number)] == ["raised", "cleared"]


def test_a_forked_node_is_told_once_however_often_it_is_told(at: Watched) -> None:
    for _ in range(3):
        at.world.now_s += 1
        at.commit(forks=(ForkSeen(PI, "0b" * 8, "0c" * 4, 5, at.now_ms()),))
        at.look()
    (alert,) = at.desk.open
    assert (alert.kind, alert.audience, alert.times) == (AlertKind.NODE_IDENTITY, "admin", 1)
