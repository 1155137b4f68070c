"""Whatever happens in whatever order: no alert is lost or double, its history is the alert."""

import random
from collections import defaultdict
from dataclasses import replace
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.alerts.alert import Alert, AlertEvent, Change, replayed
from hub.alerts.book import AlertBook, Scope
from hub.alerts.condition import AlertKind, Condition, Key
from hub.alerts.rules import Rules
from tests.unit.hub.alerts.telling import MINUTE, NINE, a_condition

RULES: Final = Rules.model_validate(
    {
        "rule": [
            {
                "kind": "late_opening",
                "raise_after_seconds": 60,
                "clear_after_seconds": 120,
                "late_after_minutes": 30,
                "escalation": [{"after_minutes": 10, "severity": "critical"}],
            }
        ]
    }
)
SCOPES: Final = (("V1", "live"), ("V1", "verdicts"))
SUBJECTS: Final = ("a", "b")
_WORDING: Final[dict[str, Any]] = {
    "since_ms": 0,
    "until_ms": None,
    "zh": "",
    "en": "",
    "certainty": "known",
}


class Alerts(RuleBasedStateMachine):
    """Callers tell sets, time goes on, people do things, the hub starts again."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = NINE
        self.book = AlertBook(RULES)
        self.told: dict[Scope, dict[Key, Condition]] = {scope: {} for scope in SCOPES}
        self.alerts: dict[int, Alert] = {}
        self.history: dict[int, list[Change]] = defaultdict(list)

    def take(self, events: list[AlertEvent]) -> None:
        for event in events:
            self.alerts[event.alert.number] = event.alert
            self.history[event.alert.number].append(event.change)
            if event.what == "cleared" and event.change.who:
                assert event.change.text, "by hand without a reason"

    def spans(self, key: Key) -> list[tuple[int, int]]:
        closed = [a for a in self.alerts.values() if a.key == key and not a.is_open]
        return [(alert.since_ms, alert.until_ms or alert.since_ms) for alert in closed]

    @rule(
        scope=st.sampled_from(SCOPES),
        ages=st.dictionaries(
            st.sampled_from(SUBJECTS), st.integers(0, 120) | st.integers(0, 5400), max_size=2
        ),
        lengths=st.lists(st.none() | st.integers(0, 2400), min_size=2, max_size=2),
    )
    def hold(self, scope: Scope, ages: dict[str, int], lengths: list[int | None]) -> None:
        conditions = []
        for (subject, age), length in zip(ages.items(), lengths, strict=False):
            since_ms = self.now_ms - age * 1000
            until_ms = None if length is None else min(self.now_ms, since_ms + length * 1000)
            conditions.append(a_condition(subject=subject, since_ms=since_ms, until_ms=until_ms))
        self.told[scope] = {told.key: told for told in conditions}
        past = {told.key: self.spans(told.key) for told in self.book.news(conditions)}
        self.take(self.book.hold(scope, conditions, self.now_ms, past))

    @rule(seconds=st.integers(1, 1800))
    def wait(self, seconds: int) -> None:
        self.now_ms += seconds * 1000
        self.take(self.book.tick(self.now_ms))

    @precondition(lambda self: self.book.alerts)
    @rule(data=st.data(), what=st.sampled_from(("acknowledge", "clear", "assign", "comment")))
    def act(self, data: st.DataObject, what: str) -> None:
        alert = data.draw(st.sampled_from(sorted(self.book.alerts, key=lambda a: a.number)))
        match what:
            case "acknowledge":
                self.take(self.book.acknowledge(alert, "mei", self.now_ms))
            case "clear" if alert.is_active:
                self.take(self.book.clear(alert, "mei", "误报", self.now_ms))
            case "assign":
                self.take(self.book.assign(alert, "mei", "li", self.now_ms))
            case "comment":
                self.take(self.book.comment(alert, "mei", "已到场", self.now_ms))

    @rule()
    def start_again(self) -> None:
        known = [(alert, self.book.scopes(alert.key)) for alert in self.book.alerts]
        self.book = AlertBook(RULES, known, next_number=max(self.alerts, default=0) + 1)
        # Callers know nothing of it: each tells its whole set again.
        for scope in SCOPES:
            conditions = list(self.told[scope].values())
            past = {told.key: self.spans(told.key) for told in self.book.news(conditions)}
            self.take(self.book.hold(scope, conditions, self.now_ms, past))

    @invariant()
    def one_open_alert_of_a_key(self) -> None:
        keys = [alert.key for alert in self.book.alerts]
        assert len(keys) == len(set(keys))
        numbers = {alert.number for alert in self.alerts.values() if alert.is_open}
        assert {alert.number for alert in self.book.alerts} == numbers

    @invariant()
    def a_history_makes_the_alert(self) -> None:
        for alert in self.book.alerts:
            again = replayed(self.history[alert.number])
            # How it is worded while it is active is no change of it.
            without = _WORDING if alert.is_active else {}
            assert replace(again, **without) == replace(alert, **without)

    @invariant()
    def nothing_is_lost(self) -> None:
        for conditions in self.told.values():
            for told in conditions.values():
                end_ms = self.now_ms if told.until_ms is None else told.until_ms
                if end_ms - told.since_ms < MINUTE:
                    continue
                met = [a for a in self.alerts.values() if a.key == told.key and _covers(a, told)]
                is_pending = told.until_ms is None and self.now_ms - told.since_ms < MINUTE
                assert met or is_pending or self._is_outdone(told)

    def _is_outdone(self, told: Condition) -> bool:
        """Tell whether another caller says the same key still holds: that is what is shown."""
        return any(
            other.key == told.key and other is not told
            for conditions in self.told.values()
            for other in conditions.values()
        )


def _covers(alert: Alert, told: Condition) -> bool:
    if alert.is_active:
        return True
    until_ms = alert.until_ms or alert.since_ms
    return alert.since_ms <= (told.until_ms or until_ms) and told.since_ms <= until_ms


TestAlerts = Alerts.TestCase
TestAlerts.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), repeats=st.integers(1, 3))
def test_a_backlog_in_any_order_and_again_raises_each_once_and_calls_nobody(
    seed: int, repeats: int
) -> None:
    order = random.Random(seed)
    now_ms = NINE + 3 * 24 * 60 * MINUTE
    days = [
        (
            ("V1", f"verdicts/{day}"),
            a_condition(
                AlertKind.LATE_OPENING,
                subject=f"day {day}",
                since_ms=NINE + day * 90 * MINUTE,
                until_ms=NINE + day * 90 * MINUTE + 20 * MINUTE,
            ),
        )
        for day in range(12)
    ]
    book, events = AlertBook(RULES), []
    for _ in range(repeats):
        order.shuffle(days)
        for scope, told in days:
            # What is judged from half of the backlog ends sooner.
            half = replace(told, until_ms=told.since_ms + 10 * MINUTE)
            for said in order.sample((half, told), 2) if order.random() < 0.5 else (told,):
                events += book.hold(scope, [said], now_ms, {})
                if order.random() < 0.3:
                    events += [e for a in list(book.alerts) for e in book.acknowledge(a, "mei", 0)]
                now_ms += order.randrange(60_000)
                events += book.tick(now_ms)
    raised = [event.alert.subject for event in events if event.what == "raised"]
    assert sorted(raised) == sorted(f"day {day}" for day in range(12))
    assert all(event.is_late for event in events)
    assert not [event for event in events if event.what in {"again", "escalated"}]
