"""From an event to a message: exactly those that are due, in order, again, gathered, given up."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.access.complaints import Complained
from hub.delivery.book import Book
from hub.delivery.desk import DeliveryDesk
from hub.delivery.reasons import Reason
from hub.errors import NotFound
from hub.store.records import AuditLog, Records, Wanted
from link.errors import StoreUnavailable
from tests.accounts import TESTER
from tests.unit.hub.delivery.desks import Clock, FakeSender, a_desk, records_at, soon, take, working
from tests.unit.hub.delivery.events import TUESDAY, at, book, channel, told

MINUTE = 60_000


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with records_at(tmp_path) as opened:
        yield opened


def states(desk: DeliveryDesk, alert: str = "17") -> list[tuple[str, str, str]]:
    return [(each.channel, each.step, each.state) for each in desk.outbox.of_alert(alert)]


async def test_an_event_is_in_the_records_before_it_is_sent_and_then_it_is_sent(
    records: Records,
) -> None:
    sender = FakeSender()
    desk = a_desk(records, sender=sender)
    assert take(desk, told()) == ["duty"]
    assert states(desk) == [("duty", "raised", "waiting")]
    async with working(desk):
        await soon(lambda: sender.sent["duty"])
        # What comes while it works rings a bell.
        take(desk, told("escalated"))
        await soon(lambda: len(sender.sent["duty"]) == 2)
        take(desk, told("cleared", until_ms=TUESDAY))
        await soon(lambda: desk.counts["sent"] == 3)
    first, second, third = sender.sent["duty"]
    assert first.body.endswith("KG-1")
    assert second.title.startswith("【升级")
    assert third.title.startswith("【已解除】")
    assert {state for _, _, state in states(desk)} == {"sent"}
    assert desk.counts == {"sent": 3}


def test_an_event_that_is_told_twice_is_one(records: Records) -> None:
    desk = a_desk(records)
    take(desk, told())
    assert not take(desk, told())
    assert len(states(desk)) == 1


def test_late_alerts_call_nobody_and_nobody_hears_of_their_end(records: Records) -> None:
    desk = a_desk(records)
    assert not take(desk, told(is_late=True))
    assert not take(desk, told("cleared", is_late=True))
    assert states(desk) == []


def test_what_is_over_before_the_hours_begin_is_withdrawn(records: Records) -> None:
    clock = Clock(at("2026-11-24 23:00"))
    made = book({"channels": ["duty"], "hours": ["08:00-22:00"]})
    desk = a_desk(records, made, clock=clock)
    take(desk, told())
    clock.at_ms += MINUTE
    assert not take(desk, told("cleared"))
    assert states(desk) == [("duty", "raised", "withdrawn")]
    take(desk, told("again", n=2))
    clock.at_ms = at("2026-11-25 08:00")
    assert [each.id for each in desk.outbox.waiting("duty", clock.at_ms)] == [2]
    assert take(desk, told("cleared", n=2)) == ["duty"]


async def test_what_is_held_keeps_nothing_else_waiting_and_is_sent_at_its_hour(
    records: Records,
) -> None:
    clock, sender = Clock(at("2026-11-24 23:00")), FakeSender()
    made = book(
        {"channels": ["duty"], "hours": ["08:00-22:00"]},
        {"channels": ["duty"], "severity": "critical"},
    )
    desk = a_desk(records, made, sender, clock)
    take(desk, told())
    take(desk, told(alert="18", severity="critical"))
    async with working(desk):
        await soon(lambda: desk.counts["sent"])
    assert states(desk) == [("duty", "raised", "waiting")]
    assert states(desk, "18") == [("duty", "raised", "sent")]
    clock.at_ms = at("2026-11-25 08:00")
    async with working(desk):
        await soon(lambda: len(sender.sent["duty"]) == 2)


async def test_a_channel_that_fails_keeps_the_others_not_waiting_and_comes_back(
    records: Records,
) -> None:
    sender = FakeSender(failing={"duty": Reason("refused")})
    made = book({"channels": ["duty", "mail"]}, channels=[channel("duty"), channel("mail")])
    clock = Clock()
    desk = a_desk(records, made, sender, clock)
    take(desk, told())
    async with working(desk):
        await soon(lambda: desk.counts["sent"] and desk.counts["failed"])
        [duty, _] = desk.channels()
        assert duty.is_failing
        assert duty.reason == Reason("refused")
        assert (duty.record.waiting, duty.record.sent_ms) == (1, 0)
        sender.failing.clear()
        clock.at_ms += 20 * MINUTE
        await soon(lambda: sender.sent["duty"])
        await soon(lambda: desk.counts["sent"] == 2)
    [duty, _] = desk.channels()
    assert not duty.is_failing
    assert (duty.record.sent_ms, duty.record.waiting) == (clock.at_ms, 0)
    # What went wrong last can still be read.
    assert duty.reason == Reason("refused")


async def test_a_burst_is_gathered_and_nothing_is_dropped(records: Records) -> None:
    sender = FakeSender()
    made = book(channels=[channel(per_minute=5)])
    desk = a_desk(records, made, sender)
    for n in range(40):
        take(desk, told(alert=str(n)))
    async with working(desk):
        await soon(lambda: desk.counts["sent"] == 5)
    *single, summary = sender.sent["duty"]
    assert summary.title == "【汇总】36 条告警"
    assert "KG-5…KG-40" in summary.body
    assert [message.body.splitlines()[-1] for message in single] == [
        f"编号：KG-{n}" for n in range(1, 5)
    ]
    assert {each.state for n in range(40) for each in desk.outbox.of_alert(str(n))} == {"sent"}
    assert {each.message for n in range(40) for each in desk.outbox.of_alert(str(n))} == {
        1,
        2,
        3,
        4,
        5,
    }


def dead_letter(desk: DeliveryDesk, alert: str = "17") -> int:
    take(desk, told(alert=alert))
    [letter] = desk.outbox.of_alert(alert)
    assert desk.outbox.failed([letter.id], TUESDAY, "refused", lambda *_: None) == [letter.id]
    return letter.id


async def test_given_up_after_so_many_tries_then_retried_by_a_person(records: Records) -> None:
    sender, clock = FakeSender(failing={"duty": Reason("answered", 500)}), Clock()
    made = book(delivery={"tries": 1})
    desk = a_desk(records, made, sender, clock)
    take(desk, told())
    async with working(desk):
        await soon(lambda: desk.counts["dead"])
        [letter] = desk.dead(10)
        assert (letter.attempts, letter.error) == (1, "answered:500")
        sender.failing.clear()
        clock.at_ms += MINUTE
        desk.retry(TESTER, letter.id)
        await soon(lambda: sender.sent["duty"])
    assert desk.dead(10) == []
    [entry] = AuditLog(records).all(Wanted(action="delivery"))
    assert (entry.entry.action, entry.entry.subject) == ("delivery.retried", "KG-1")
    with pytest.raises(Complained, match="no dead letter"):
        desk.retry(TESTER, letter.id)


def test_dead_letters_are_dropped_with_a_reason_only(records: Records) -> None:
    desk = a_desk(records)
    first, second = dead_letter(desk), dead_letter(desk, "18")
    with pytest.raises(Complained):
        desk.drop(TESTER, first, " \u200b ")
    desk.drop(TESTER, first, "told by phone")
    desk.drop(TESTER, first, "told by phone")
    assert [letter.id for letter in desk.dead(10)] == [second]
    log = [each.entry for each in AuditLog(records).all(Wanted(action="delivery"))]
    assert [each.action for each in log] == ["delivery.dropped"]
    assert log[0].after == {"reason": "told by phone"}
    assert desk.retry_all(TESTER) == 1
    assert desk.dead(10) == []
    assert desk.retry_all(TESTER) == 0
    with pytest.raises(NotFound):
        desk.drop(TESTER, 999, "x")


def test_what_waits_at_a_channel_that_is_gone_is_a_dead_letter(records: Records) -> None:
    desk = a_desk(records)
    take(desk, told())
    desk.reload(_other())
    [letter] = desk.dead(10)
    assert letter.error == "no_channel"
    with pytest.raises(Complained):
        desk.retry(TESTER, letter.id)
    assert desk.retry_all(TESTER) == 0
    desk.reload(book())
    desk.retry(TESTER, letter.id)


def _other() -> Book:
    return book({"channels": ["other"]}, channels=[channel("other")])


async def test_a_book_that_changes_takes_effect_at_once(records: Records) -> None:
    sender = FakeSender()
    desk = a_desk(records, sender=sender)
    async with working(desk):
        take(desk, told())
        await soon(lambda: sender.sent["duty"])
        desk.reload(_other())
        take(desk, told(alert="18"))
        await soon(lambda: sender.sent["other"])
    assert len(sender.sent["duty"]) == 1


def test_hours_for_which_somebody_sleeps_do_not_make_it_old(records: Records) -> None:
    clock = Clock(at("2026-11-28 12:00"))
    made = book({"channels": ["duty"], "days": "working", "hours": ["08:00-18:00"]})
    desk = a_desk(records, made, clock=clock)
    take(desk, told())
    [letter] = desk.outbox.of_alert("17")
    assert letter.due_ms == letter.next_ms == at("2026-11-30 08:00")
    seen: list[tuple[int, int]] = []

    def again(attempts: int, due_ms: int) -> int:
        seen.append((attempts, due_ms))
        return due_ms + 1

    desk.outbox.failed([1], letter.due_ms, "refused", again)
    assert seen == [(1, letter.due_ms)]


def test_an_event_that_cannot_be_written_down_leaves_nothing(
    records: Records, tmp_path: Path
) -> None:
    desk = a_desk(records)
    with sqlite3.connect(tmp_path / "records.db") as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries WHEN NEW.channel = 'mail' BEGIN"
            " SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    desk.reload(book({"channels": ["duty", "mail"]}, channels=[channel(), channel("mail")]))
    with pytest.raises(StoreUnavailable):
        take(desk, told())
    assert states(desk) == []


def test_a_test_message_says_what_became_of_it(records: Records) -> None:
    sender = FakeSender()
    desk = a_desk(records, sender=sender)
    good = desk.test(TESTER, "duty")
    assert (good.number, good.reason) == ("KG-1", None)
    assert sender.sent["duty"][0].title == "【测试】开馆中枢：测试"
    sender.failing["duty"] = Reason("said_no", 93000)
    bad = desk.test(TESTER, "duty")
    assert bad.reason is not None
    assert bad.reason.words.zh == "平台拒收，错误码 93000"
    [now] = desk.channels()
    assert now.reason == bad.reason
    assert (now.record.waiting, now.record.dead) == (0, 0)
    log = [each.entry for each in AuditLog(records).all(Wanted(action="delivery"))]
    assert [each.after for each in log] == [{"result": "said_no:93000"}, {"result": "sent"}]
    with pytest.raises(NotFound):
        desk.test(TESTER, "nobody")


def test_what_is_done_with_is_forgotten_and_what_waits_is_not(records: Records) -> None:
    desk = a_desk(records)
    take(desk, told())
    take(desk, told(alert="18"))
    dead_letter(desk, "19")
    desk.outbox.sent([1], TUESDAY)
    assert desk.outbox.forget(TUESDAY) == 0
    assert desk.outbox.forget(TUESDAY + 1) == 1
    assert states(desk, "18") != []
    # A number is never given again.
    take(desk, told(alert="20"))
    assert desk.outbox.of_alert("20")[0].id == 4


async def test_records_that_fail_for_a_while_stop_nothing(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.delivery.worker.STORE_PAUSE_SECONDS", 0.01)
    sender = FakeSender()
    desk = a_desk(records, sender=sender)
    whole = desk.outbox.waiting

    def broken(_channel: str, _now_ms: int) -> list[object]:
        raise StoreUnavailable("disk is full")

    monkeypatch.setattr(desk.outbox, "waiting", broken)
    take(desk, told())
    async with working(desk):
        await soon(lambda: desk.outbox.waiting is broken)
        monkeypatch.setattr(desk.outbox, "waiting", whole)
        await soon(lambda: sender.sent["duty"])
