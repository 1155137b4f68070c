"""The desk writes alerts down before it tells of them, goes on after a restart, loses nothing."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.access import Role, Who
from hub.access.complaints import Complained, Complaint
from hub.access.permissions import at_console
from hub.alerts import AlertDesk, AlertEvent, AlertKind, Condition
from hub.alerts.alert import replayed
from hub.alerts.rules import Rules
from hub.errors import NotFound
from hub.store.records import AuditLog, Records, Wanted
from hub.store.records.alerts import AlertRecords, WantedAlerts
from link.errors import StoreUnavailable
from tests.accounts import an_account
from tests.unit.hub.alerts.telling import MINUTE, NINE, a_condition

MEI = Who("mei", "session", role=Role.MANAGER)
LONG_AGO: dict[str, Any] = {"since_ms": NINE - 310 * MINUTE, "until_ms": NINE - 300 * MINUTE}


class Desk:
    """A desk with a clock that only moves when told, and what it told."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.now_ms = NINE + 11 * MINUTE
        self.told: list[AlertEvent] = []
        self.desk = self.open()

    def open(self) -> AlertDesk:
        rule = {"kind": "late_opening", "clear_after_seconds": 0}
        desk = AlertDesk(self.records, Rules.model_validate({"rule": [rule]}), lambda: self.now_ms)
        desk.listen(self.told.append)
        return desk

    def hold(self, *conditions: Condition, family: str = "live") -> list[str]:
        del self.told[:]
        self.desk.hold("V1", family, conditions)
        return [event.what for event in self.told]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    with Records(tmp_path / "records.db") as records:
        yield Desk(records)


def test_what_is_told_is_written_down_already(at: Desk) -> None:
    seen: list[str] = []
    at.desk.listen(lambda e: seen.append(str(AlertRecords(at.records).get(e.alert.number)["zh"])))
    assert at.hold(a_condition()) == ["raised"]
    assert seen == ["晚开 11 分钟"]
    assert at.hold(a_condition()) == []
    assert at.hold() == ["cleared"]


def test_an_outbox_is_written_in_the_transaction_of_the_change_or_not_at_all(at: Desk) -> None:
    boxed: list[str] = []

    def write(_connection: Connection, events: Any) -> None:
        boxed.extend(event.what for event in events)
        if len(boxed) == 1:
            raise StoreUnavailable("the disk is full")

    at.desk.beside(write)
    assert at.hold(a_condition()) == [], "not durable: not told"
    assert AlertRecords(at.records).open() == []
    at.desk.tick()
    assert [event.what for event in at.told] == ["raised"]
    assert boxed == ["raised", "raised"]


def test_a_hub_that_starts_again_goes_on(at: Desk) -> None:
    at.hold(a_condition(), a_condition(subject="other"))
    number = at.told[0].alert.number
    at.desk = at.open()
    assert at.hold(a_condition()) == ["cleared"], "the other one went while the hub was away"
    assert [alert.number for alert in at.desk.open if alert.is_active] == [number]


def test_what_went_while_the_hub_was_away_ends_though_nothing_else_holds(at: Desk) -> None:
    at.hold(a_condition())
    at.desk = at.open()
    assert at.hold() == ["cleared"]
    assert at.hold() == []


def test_a_closed_alert_is_not_raised_again_by_a_hub_that_starts_again(at: Desk) -> None:
    over = a_condition(until_ms=NINE + 11 * MINUTE)
    at.hold(over)
    at.desk.acknowledge(MEI, 1)
    assert at.desk.open == []
    at.desk = at.open()
    assert at.hold(over) == []
    later = a_condition(since_ms=NINE + 60 * MINUTE)
    at.now_ms += 60 * MINUTE
    assert at.hold(later) == ["raised"]


def test_while_nothing_can_be_written_nothing_is_told_and_nothing_is_lost(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(AlertRecords, "save", full)
        assert at.hold(a_condition()) == []
        for minute in range(100):
            held = a_condition(kind=AlertKind.CONFLICT, subject=str(minute))
            assert at.hold(held, family="verdicts") == []
        assert at.desk.is_waiting
        at.desk.tick()
        assert at.told == []
        with pytest.raises(StoreUnavailable):
            at.desk.acknowledge(MEI, 1)
    at.desk.tick()
    assert [event.what for event in at.told] == ["raised", "raised"]
    assert at.told[-1].alert.subject == "99", "the newest word of the scope"
    assert not at.desk.is_waiting


def test_an_action_that_cannot_be_written_down_did_not_happen(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.hold(a_condition())

    def full(*_args: Any, **_more: Any) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(AlertRecords, "save", full)
        with pytest.raises(StoreUnavailable):
            at.desk.acknowledge(MEI, 1)
        with pytest.raises(StoreUnavailable):
            at.desk.clear(MEI, 1, "误报")
    assert at.desk.get(1).is_active
    assert not at.desk.get(1).is_acknowledged
    assert at.desk.clear(MEI, 1, "误报").reason == "误报"


def test_what_people_do_stands_in_the_audit_log_and_in_the_history(at: Desk) -> None:
    at.hold(a_condition())
    an_account(at.records, Role.SUPERVISOR, name="li")
    at.desk.acknowledge(MEI, 1)
    at.desk.acknowledge(MEI, 1)
    at.desk.assign(MEI, 1, "li")
    at.desk.comment(MEI, 1, "  已到场\n 查看 ")
    at.desk.clear(MEI, 1, "门锁触点故障")
    entries = [told.entry for told in AuditLog(at.records).all(Wanted(action="alert"))]
    assert {(e.action, e.who, e.subject) for e in entries} == {
        (f"alert.{what}", "mei", "V1/late_opening/1")
        for what in ("acknowledged", "assigned", "commented", "cleared")
    }
    assert len(entries) == 4
    history = at.desk.history(1)
    assert [change.what for change in history] == [
        "raised",
        "acknowledged",
        "assigned",
        "commented",
        "cleared",
    ]
    assert history[3].text == "已到场 查看"
    assert replayed(history) == at.desk.get(1)


@pytest.mark.parametrize(
    ("act", "complaint"),
    [
        (lambda desk: desk.clear(MEI, 1, "  "), Complaint.REASON_FORM),
        (lambda desk: desk.clear(MEI, 1, "x" * 201), Complaint.REASON_FORM),
        (lambda desk: desk.comment(MEI, 1, ""), Complaint.COMMENT_FORM),
        (lambda desk: desk.clear(MEI, 2, "误报"), Complaint.ALERT_OVER),
        (lambda desk: desk.comment(MEI, 3, "x"), Complaint.ALERT_CLOSED),
    ],
    ids=["no reason", "long reason", "no comment", "over already", "closed"],
)
def test_what_cannot_be_done_says_why(
    at: Desk, act: Callable[[AlertDesk], object], complaint: Complaint
) -> None:
    over = [a_condition(subject=s, until_ms=NINE + 11 * MINUTE) for s in ("b", "c")]
    at.hold(a_condition(subject="a"), *over)
    at.desk.acknowledge(MEI, 3)
    with pytest.raises(Complained) as caught:
        act(at.desk)
    assert caught.value.complaint is complaint
    with pytest.raises(NotFound):
        at.desk.acknowledge(MEI, 4)


def test_a_wording_that_changes_is_shown_at_once_and_written_down_in_a_minute(at: Desk) -> None:
    at.hold(a_condition())
    assert at.hold(a_condition(zh="晚开 12 分钟")) == []
    assert at.desk.get(1).zh == "晚开 12 分钟"
    found, count = at.desk.page(WantedAlerts())
    assert (found[0].zh, count) == ("晚开 12 分钟", 1)
    at.now_ms += MINUTE
    at.desk.tick()
    assert AlertRecords(at.records).get(1)["zh"] == "晚开 12 分钟"
    assert len(at.desk.history(1)) == 1


def test_lists_are_narrowed_and_begin_with_what_presses_most(at: Desk) -> None:
    at.hold(
        a_condition(subject="warning"),
        a_condition(AlertKind.FIRE_ALARM, subject="critical"),
        a_condition(AlertKind.GATE_ALARM, subject="notice"),
        a_condition(AlertKind.EARLY_CLOSING, subject="late", **LONG_AGO),
        a_condition(subject="seen"),
    )
    seen = next(alert for alert in at.desk.open if alert.subject == "seen")
    at.desk.acknowledge(MEI, seen.number)

    def subjects(**keys: Any) -> list[str]:
        found, count = at.desk.page(WantedAlerts(**keys))
        assert len(found) == count
        return [alert.subject for alert in found]

    assert subjects() == ["critical", "warning", "notice", "late", "seen"]
    assert subjects(state="unseen") == ["critical", "warning", "notice", "late"]
    assert subjects(is_late=True) == ["late"]
    assert subjects(severity="notice") == ["notice"]
    assert subjects(kind="fire_alarm") == ["critical"]
    assert subjects(venue="V2") == []
    assert subjects(among={"V2"}) == []
    assert len(subjects(among={"V1", "V2"})) == 5
    at.hold()
    at.now_ms += 10 * MINUTE
    at.desk.tick()
    assert subjects(state="active") == []
    assert subjects(state="closed") == ["seen"]


def test_a_console_may_act_too(at: Desk) -> None:
    at.hold(a_condition())
    assert at.desk.acknowledge(at_console("root"), 1).acknowledged_by == "root"


def test_records_that_are_kept_open_keep_their_log_between_two_writes(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    log = path.with_name("records.db-wal")
    with Records(path) as records:
        records.set_metadata("a", "1")
        assert not log.exists()
        with records.kept_open():
            records.set_metadata("a", "2")
            assert log.exists()
        assert not log.exists()
        assert records.metadata("a") == "2"


def test_what_nobody_has_seen_is_counted_without_waiting_for_a_burst(at: Desk) -> None:
    at.hold(a_condition(), a_condition(subject="b"), a_condition(subject="late", **LONG_AGO))
    with at.desk._lock:
        counts: list[int] = []
        asked = threading.Thread(target=lambda: counts.append(at.desk.unseen(None)))
        asked.start()
        asked.join(10)
        assert counts == [2]
    assert (at.desk.unseen(frozenset({"V1"})), at.desk.unseen(frozenset({"V2"}))) == (2, 0)
    at.desk.acknowledge(MEI, 1)
    assert at.desk.unseen(None) == 1
    assert at.open().unseen(None) == 1
