"""Conditions become alerts: raised once, kept until seen and over, escalated, never doubled."""

from typing import Any

import pytest

from hub.alerts.alert import AlertEvent, Change, applied, cleared_by, replayed
from hub.alerts.book import AlertBook
from hub.alerts.condition import AlertKind
from hub.alerts.rules import Rules
from tests.unit.hub.alerts.telling import LIVE, MINUTE, NINE, a_condition


def rules(kind: AlertKind = AlertKind.LATE_OPENING, **keys: Any) -> Rules:
    return Rules.model_validate({"rule": [{"kind": kind, "clear_after_seconds": 0, **keys}]})


def a_book(**keys: Any) -> AlertBook:
    return AlertBook(rules(**keys))


def whats(events: list[AlertEvent]) -> list[str]:
    return [event.what for event in events]


def test_an_alert_goes_through_its_four_states_in_either_order() -> None:
    book = a_book()
    told = a_condition()
    (event,) = book.hold(LIVE, [told], NINE + 11 * MINUTE, {})
    alert = event.alert
    assert (alert.is_active, alert.is_acknowledged) == (True, False)
    (event,) = book.acknowledge(alert, "mei", NINE + 12 * MINUTE)
    assert (event.alert.is_active, event.alert.is_acknowledged) == (True, True)
    assert book.acknowledge(event.alert, "li", NINE + 13 * MINUTE) == []
    (event,) = book.hold(LIVE, [], NINE + 14 * MINUTE, {})
    assert not event.alert.is_open
    assert event.alert.until_ms == NINE + 14 * MINUTE
    assert not book.alerts

    book = a_book()
    (event,) = book.hold(LIVE, [told], NINE + 11 * MINUTE, {})
    (event,) = book.hold(LIVE, [], NINE + 14 * MINUTE, {})
    assert (event.alert.is_active, event.alert.is_acknowledged) == (False, False)
    assert event.alert.is_open, "nobody has seen it yet"
    (event,) = book.acknowledge(event.alert, "mei", NINE + 20 * MINUTE)
    assert not event.alert.is_open


def test_the_same_set_again_changes_nothing() -> None:
    book = a_book()
    told = [a_condition()]
    assert len(book.hold(LIVE, told, NINE + 11 * MINUTE, {})) == 1
    for minute in range(12, 20):
        assert book.hold(LIVE, told, NINE + minute * MINUTE, {}) == []


def test_two_who_see_one_thing_make_one_alert_that_ends_with_the_last_of_them() -> None:
    book = a_book()
    book.hold(LIVE, [a_condition(zh="门锁锁闭")], NINE + MINUTE, {})
    judge = ("V1", "verdicts/2026-01-01")
    assert book.hold(judge, [a_condition(zh="晚开 11 分钟")], NINE + 11 * MINUTE, {}) == []
    (alert,) = book.alerts
    assert alert.zh == "晚开 11 分钟", "the latest word"
    assert book.hold(LIVE, [], NINE + 12 * MINUTE, {}) == []
    assert whats(book.hold(judge, [], NINE + 13 * MINUTE, {})) == ["cleared"]


def test_what_does_not_last_is_not_raised() -> None:
    book = a_book(raise_after_seconds=60)
    assert book.hold(LIVE, [a_condition()], NINE + 10_000, {}) == []
    assert book.hold(LIVE, [], NINE + 50_000, {}) == []
    assert book.tick(NINE + 10 * MINUTE) == []
    over = a_condition(until_ms=NINE + 59_000)
    assert book.hold(LIVE, [over], NINE + 10 * MINUTE, {}) == []


def test_what_lasts_is_raised_by_time_alone_and_by_the_time_of_the_event() -> None:
    book = a_book(raise_after_seconds=60)
    assert book.hold(LIVE, [a_condition()], NINE + 10_000, {}) == []
    assert book.tick(NINE + 59_999) == []
    assert whats(book.tick(NINE + 60_000)) == ["raised"]
    book = a_book(raise_after_seconds=60)
    assert whats(book.hold(LIVE, [a_condition()], NINE + 2 * MINUTE, {})) == ["raised"]


def test_what_late_data_may_undo_waits_until_they_had_time_to_come() -> None:
    book = a_book(settle_seconds=1800)
    yesterday = a_condition(until_ms=NINE + 60 * MINUTE)
    now_ms = NINE + 24 * 60 * MINUTE
    assert book.hold(LIVE, [yesterday], now_ms, {}) == []
    assert book.hold(LIVE, [], now_ms + MINUTE, {}) == [], "a node filled the gap"
    assert book.tick(now_ms + 60 * MINUTE) == []
    assert book.hold(LIVE, [yesterday], now_ms + 61 * MINUTE, {}) == [], "the wait begins anew"
    assert book.tick(now_ms + 91 * MINUTE - 1) == []
    assert whats(book.tick(now_ms + 91 * MINUTE)) == ["raised", "cleared"]
    book = a_book(settle_seconds=1800)
    assert book.hold(LIVE, [a_condition()], now_ms, {}) == [], "also what goes on"
    assert whats(book.tick(now_ms + 30 * MINUTE)) == ["raised"]


def test_flapping_does_not_multiply_alerts() -> None:
    book = a_book(clear_after_seconds=120)
    told, events = [a_condition()], []
    for second in range(0, 1500, 10):
        held = told if second % 20 == 0 else []
        events += book.hold(LIVE, held, NINE + 1000 * second, {})
        events += book.tick(NINE + 1000 * second)
    assert whats(events) == ["raised"]
    events = book.tick(NINE + 2 * 3_600_000)
    assert whats(events) == ["cleared"]
    assert events[0].alert.until_ms == NINE + 1490 * 1000, "when it was last seen to go"


def test_slow_flapping_raises_the_unseen_alert_again_and_makes_no_second_one() -> None:
    book = a_book()
    events = []
    for hour in range(5):
        at = NINE + hour * 60 * MINUTE
        events += book.hold(LIVE, [a_condition(since_ms=at)], at, {})
        events += book.hold(LIVE, [], at + MINUTE, {})
    assert whats(events) == ["raised", "cleared"] + 4 * ["again", "cleared"]
    (alert,) = book.alerts
    assert (alert.number, alert.times, alert.since_ms) == (1, 5, NINE)


def test_what_a_person_cleared_stays_so_while_it_holds_and_is_raised_when_it_comes_back() -> None:
    book = a_book()
    told = [a_condition()]
    (event,) = book.hold(LIVE, told, NINE + 11 * MINUTE, {})
    events = book.clear(event.alert, "mei", "门锁触点故障，已报修", NINE + 12 * MINUTE)
    assert whats(events) == ["cleared", "acknowledged"]
    assert events[-1].alert.reason == "门锁触点故障，已报修"
    changed = [a_condition(zh="晚开 20 分钟")]
    assert book.hold(LIVE, changed, NINE + 20 * MINUTE, {}) == []
    assert book.hold(LIVE, [], NINE + 30 * MINUTE, {}) == []
    again = [a_condition(since_ms=NINE + 40 * MINUTE)]
    past = {told[0].key: [(NINE, NINE + 12 * MINUTE)]}
    assert whats(book.hold(LIVE, again, NINE + 40 * MINUTE, past)) == ["raised"]


def test_clearing_by_hand_takes_a_reason() -> None:
    (event,) = a_book().hold(LIVE, [a_condition()], NINE, {})
    with pytest.raises(ValueError, match="reason"):
        cleared_by(event.alert, "mei", "  ", NINE)


def test_nobody_in_time_is_escalated_step_by_step_and_seen_is_not() -> None:
    steps = [
        {"after_minutes": 15, "severity": "critical"},
        {"after_minutes": 60, "audience": "district"},
    ]
    book = a_book(escalation=steps)
    (event,) = book.hold(LIVE, [a_condition()], NINE, {})
    assert (event.alert.severity, event.alert.audience) == ("warning", "venue")
    assert book.tick(NINE + 14 * MINUTE) == []
    (event,) = book.tick(NINE + 15 * MINUTE)
    assert (event.what, event.alert.severity, event.alert.audience) == (
        "escalated",
        "critical",
        "venue",
    )
    (event,) = book.tick(NINE + 60 * MINUTE)
    assert (event.alert.audience, event.alert.level) == ("district", 2)
    assert book.tick(NINE + 600 * MINUTE) == []

    book = a_book(escalation=steps)
    (event,) = book.hold(LIVE, [a_condition()], NINE, {})
    book.acknowledge(event.alert, "mei", NINE + MINUTE)
    assert book.tick(NINE + 600 * MINUTE) == []


def test_a_replayed_backlog_is_raised_once_marked_late_and_calls_nobody() -> None:
    book = a_book(escalation=[{"after_minutes": 15}])
    told = [a_condition(until_ms=NINE + 11 * MINUTE)]
    events = book.hold(LIVE, told, NINE + 10 * 60 * MINUTE, {})
    assert whats(events) == ["raised", "cleared"]
    assert all(event.is_late for event in events)
    assert book.tick(NINE + 100 * 60 * MINUTE) == []


def test_what_still_holds_is_of_now_whenever_it_began() -> None:
    (event,) = a_book().hold(LIVE, [a_condition()], NINE + 30 * 60 * MINUTE, {})
    assert not event.is_late, "the hub was away: the door is shut all the same"


def test_late_evidence_moves_what_was_told_without_raising_it_again() -> None:
    book = a_book()
    book.hold(LIVE, [a_condition(until_ms=NINE + 11 * MINUTE)], NINE + 12 * MINUTE, {})
    moved = a_condition(until_ms=NINE + 14 * MINUTE, zh="晚开 14 分钟")
    (event,) = book.hold(LIVE, [moved], NINE + 20 * MINUTE, {})
    assert (event.what, event.alert.until_ms) == ("corrected", NINE + 14 * MINUTE)
    assert event.alert.zh == "晚开 14 分钟"


def test_a_closed_alert_is_known_by_its_past() -> None:
    book = a_book()
    told = a_condition(until_ms=NINE + 11 * MINUTE)
    assert book.news([told]) == [told]
    past = {told.key: [(NINE, NINE + 11 * MINUTE)]}
    assert book.hold(LIVE, [told], NINE + 12 * MINUTE, past) == []
    assert book.news([told]) == []


def test_amounts_raise_above_and_clear_below_with_a_band_between() -> None:
    kind = AlertKind.OVER_CAPACITY
    book = a_book(kind=kind, raise_at=100, clear_below=90, raise_after_seconds=0)
    seen = []
    for minute, amount in enumerate((95, 101, 95, 91, 100, 89, 95)):
        told = a_condition(kind, subject="", amount=amount)
        seen.append(whats(book.hold(LIVE, [told], NINE + minute * MINUTE, {})))
    assert seen == [[], ["raised"], [], [], [], ["cleared"], []]


def test_a_kind_that_is_switched_off_is_not_raised_and_goes_when_it_was() -> None:
    book = a_book()
    told = [a_condition()]
    book.hold(LIVE, told, NINE, {})
    events = book.rule_by(rules(enabled=False), NINE + MINUTE)
    assert whats(events) == ["cleared"]
    assert book.hold(("V2", "live"), [a_condition(venue="V2")], NINE + MINUTE, {}) == []


def test_what_is_over_and_nobody_ever_looks_at_lapses() -> None:
    book = a_book()
    book.hold(LIVE, [a_condition()], NINE, {})
    book.hold(LIVE, [], NINE + MINUTE, {})
    assert book.tick(NINE + 89 * 1440 * MINUTE) == []
    (event,) = book.tick(NINE + MINUTE + 90 * 1440 * MINUTE)
    assert (event.what, event.alert.acknowledged_by) == ("lapsed", "")
    assert not book.alerts


def test_a_book_goes_on_where_another_one_ended() -> None:
    told = [a_condition()]
    first = a_book(escalation=[{"after_minutes": 15}])
    (event,) = first.hold(LIVE, told, NINE, {})
    known = [(event.alert, first.scopes(event.alert.key))]
    second = AlertBook(rules(escalation=[{"after_minutes": 15}]), known, next_number=2)
    assert second.hold(LIVE, told, NINE + MINUTE, {}) == []
    assert whats(second.tick(NINE + 15 * MINUTE)) == ["escalated"]
    assert whats(second.hold(LIVE, [], NINE + 16 * MINUTE, {})) == ["cleared"]


def test_people_assign_and_comment() -> None:
    book = a_book()
    (event,) = book.hold(LIVE, [a_condition()], NINE, {})
    (event,) = book.assign(event.alert, "mei", "li", NINE + MINUTE)
    assert event.alert.assigned_to == "li"
    assert book.assign(event.alert, "mei", "li", NINE + MINUTE) == []
    (event,) = book.comment(event.alert, "li", "已到场", NINE + 2 * MINUTE)
    assert (event.change.who, event.change.text) == ("li", "已到场")


def test_a_history_that_is_none_is_refused() -> None:
    (event,) = a_book().hold(LIVE, [a_condition()], NINE, {})
    with pytest.raises(ValueError, match="raised already"):
        applied(event.alert, event.change)
    with pytest.raises(ValueError, match="there is no alert 7"):
        applied(event.alert, Change(7, NINE, "cleared"))
    with pytest.raises(ValueError, match="empty"):
        replayed([])


def test_what_was_over_and_closed_long_ago_is_known_by_its_past_alone() -> None:
    book = a_book()
    over, holds = a_condition(until_ms=NINE + 11 * MINUTE), a_condition(subject="holds")
    book.hold(LIVE, [over], NINE + 12 * MINUTE, {})
    book.hold(("V1", "other"), [holds], NINE + 12 * MINUTE, {})
    later = NINE + 10 * 1440 * MINUTE
    assert book.forget(later) == [], "nobody has seen it yet"
    closed = next(alert for alert in book.alerts if alert.subject == over.subject)
    book.acknowledge(closed, "mei", later)
    assert book.forget(NINE) == [], "not so long ago"
    assert book.forget(later) == [LIVE]
    assert book.news([over, holds]) == [over]
    past = {over.key: [(NINE, NINE + 11 * MINUTE)]}
    assert book.hold(LIVE, [over], later, past) == []
