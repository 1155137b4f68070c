"""Which conditions become alerts, when these are over, and when somebody else has to be told. Pure.

Callers tell the whole set that holds in their scope; the book makes the differences. A key has at
most one open alert, however many see it: it is active while anybody holds it.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from hub.alerts.alert import (
    Alert,
    AlertEvent,
    Change,
    What,
    again,
    applied,
    cleared_by,
    corrected,
    escalated,
    over,
    raised,
    worded,
)
from hub.alerts.condition import Condition, Key
from hub.alerts.rules import Rule, Rules

Scope = tuple[str, str]
"""Venue and family: whose whole set a caller tells."""
Span = tuple[int, int]
"""From when until when an alert was, event time, Unix ms; both included."""

_FOR_EVER: Final = 2**62


class AlertBook:
    """The open alerts and what they rest on. Not thread-safe."""

    def __init__(
        self,
        rules: Rules,
        open_alerts: Iterable[tuple[Alert, Sequence[Scope]]] = (),
        *,
        next_number: int = 1,
    ) -> None:
        """Begin with what was open; each with the scopes that held it, until these speak again."""
        self._rules = rules
        self._next = next_number
        self._told: dict[Scope, dict[Key, Condition]] = {}
        self._held: dict[Key, dict[Scope, Condition]] = {}
        self._open: dict[Key, Alert] = {}
        self._keys: dict[int, Key] = {}
        self._gone_ms: dict[Key, int] = {}
        self._seen_ms: dict[Key, int] = {}
        self._done: dict[Key, list[Span]] = {}
        self._due: list[tuple[int, Key]] = []
        self._planned: dict[Key, int] = {}
        self.reworded: set[int] = set()
        """Alerts whose wording alone changed; the desk writes them at leisure."""
        for alert, scopes in open_alerts:
            self._keep(alert)
            if alert.is_active:
                for scope in scopes:
                    self._put(scope, _as_told(alert))
            self._plan(alert.key, alert.raised_ms)

    @property
    def alerts(self) -> Collection[Alert]:
        """Return the open alerts."""
        return self._open.values()

    def get(self, number: int) -> Alert | None:
        """Return an open alert."""
        key = self._keys.get(number)
        return None if key is None else self._open[key]

    def scopes(self, key: Key) -> tuple[Scope, ...]:
        """Return who holds a key now."""
        return tuple(self._held.get(key, ()))

    def news(self, conditions: Iterable[Condition]) -> list[Condition]:
        """Return those of a set of which nothing is known here: their past has to be looked up."""
        return [
            told for told in conditions if told.key not in self._held and told.key not in self._open
        ]

    def hold(
        self,
        scope: Scope,
        conditions: Collection[Condition],
        now_ms: int,
        past: Mapping[Key, Sequence[Span]],
    ) -> list[AlertEvent]:
        """Take the whole set that holds in a scope; `past`: closed alerts of what is news."""
        before = self._told.get(scope, {})
        # Of two that say the same thing the later word counts.
        fresh = {told.key: told for told in conditions}
        touched = [key for key, told in fresh.items() if before.get(key) != told]
        gone = [key for key in before if key not in fresh]
        for key in touched:
            self._seen_ms.setdefault(key, now_ms)
            if key in past and key not in self._done:
                self._done[key] = list(past[key])
            self._put(scope, fresh[key])
        for key in gone:
            self._drop(scope, key)
        return [event for key in (*touched, *gone) for event in self._settle(key, now_ms)]

    def tick(self, now_ms: int) -> list[AlertEvent]:
        """Do what has become due: raises, clears and escalations whose time has come."""
        events: list[AlertEvent] = []
        while self._due and self._due[0][0] <= now_ms:
            due_ms, key = heapq.heappop(self._due)
            if self._planned.get(key) == due_ms:
                del self._planned[key]
                events += self._settle(key, now_ms)
        return events

    def rule_by(self, rules: Rules, now_ms: int) -> list[AlertEvent]:
        """Go by other rules from now on; severities that were told stay."""
        self._rules = rules
        keys = dict.fromkeys((*self._held, *self._open))
        return [event for key in keys for event in self._settle(key, now_ms)]

    def acknowledge(self, alert: Alert, who: str, now_ms: int) -> list[AlertEvent]:
        """Note that a person has seen an open alert; a second time changes nothing."""
        if alert.is_acknowledged:
            return []
        return [self._change(alert, Change(alert.number, now_ms, "acknowledged", who))]

    def clear(self, alert: Alert, who: str, reason: str, now_ms: int) -> list[AlertEvent]:
        """Clear an active alert by hand, which takes a reason; who clears it has seen it."""
        first = self._change(alert, cleared_by(alert, who, reason, now_ms))
        return [first, *self.acknowledge(first.alert, who, now_ms)]

    def assign(self, alert: Alert, who: str, to: str, now_ms: int) -> list[AlertEvent]:
        """Say who sees to an open alert; empty: nobody."""
        if to == alert.assigned_to:
            return []
        facts = {"assigned_to": to}
        return [self._change(alert, Change(alert.number, now_ms, "assigned", who, "", facts))]

    def comment(self, alert: Alert, who: str, text: str, now_ms: int) -> list[AlertEvent]:
        """Keep what somebody has to say on an open alert."""
        return [self._change(alert, Change(alert.number, now_ms, "commented", who, text))]

    def forget(self, before_ms: int) -> list[Scope]:
        """Drop scopes of which all is over since then and nothing is open; return which.

        Told again, they are news, and known by their past.
        """
        old = [
            scope
            for scope, told in self._told.items()
            if all(
                c.until_ms is not None and c.until_ms < before_ms and key not in self._open
                for key, c in told.items()
            )
        ]
        for scope in old:
            for key in list(self._told[scope]):
                self._drop(scope, key)
                if key not in self._held:
                    self._done.pop(key, None)
        return old

    def put_back(self, alert: Alert) -> None:
        """Let an alert be as it was before a change that could not be written down."""
        self._done.pop(alert.key, None)
        self._keep(alert)

    def _settle(self, key: Key, now_ms: int) -> Iterator[AlertEvent]:
        rule, alert = self._rules.of(key.kind, key.venue), self._open.get(key)
        told = self._shown(key, rule, alert)
        if told is None:
            yield from self._not_held(key, rule, alert, now_ms)
        elif told.until_ms is None:
            yield from self._holds(key, told, rule, alert, now_ms)
        else:
            yield from self._is_over(told, told.until_ms, rule, alert, now_ms)
        alert = self._open.get(key)
        if alert is not None:
            yield from self._by_time(alert, rule, now_ms)

    def _settled_ms(self, key: Key, rule: Rule) -> int:
        """Return from when on what is known of a key may be raised, by the hub's clock."""
        return self._seen_ms.get(key, 0) + rule.settle_seconds * 1000

    def _shown(self, key: Key, rule: Rule, alert: Alert | None) -> Condition | None:
        """Return what is told of a key, as far as it is worth telling: the latest that holds."""
        if not rule.enabled:
            return None
        least = rule.raise_at
        if alert is not None and alert.is_active and rule.clear_below is not None:
            least = rule.clear_below
        worth = [
            told
            for told in self._held.get(key, {}).values()
            if least is None or told.amount is None or told.amount >= least
        ]
        holding = [told for told in worth if told.until_ms is None]
        told = holding or worth
        return told[-1] if told else None

    def _holds(
        self, key: Key, told: Condition, rule: Rule, alert: Alert | None, now_ms: int
    ) -> Iterator[AlertEvent]:
        self._gone_ms.pop(key, None)
        if alert is not None and alert.is_active:
            self._word(alert, told)
            return
        if alert is None and self._is_done(told):
            return
        due_ms = max(told.since_ms + rule.raise_after_seconds * 1000, self._settled_ms(key, rule))
        if now_ms < due_ms:
            self._plan(key, due_ms)
        else:
            yield self._raise(told, rule, alert, now_ms)

    def _is_over(
        self, told: Condition, until_ms: int, rule: Rule, alert: Alert | None, now_ms: int
    ) -> Iterator[AlertEvent]:
        self._gone_ms.pop(told.key, None)
        if alert is not None and alert.is_active:
            yield self._change(alert, over(alert, told, until_ms, now_ms))
            return
        if alert is None and self._is_done(told):
            return
        span = (alert.since_ms, alert.until_ms or alert.since_ms) if alert is not None else None
        is_same = span is not None and _meets(told, span)
        if alert is not None and span is not None and is_same:
            is_inside = span[0] <= told.since_ms and until_ms <= span[1]
            if (told.since_ms, until_ms) != span and not (alert.times > 1 and is_inside):
                yield self._change(alert, corrected(alert, told, now_ms, is_another=False))
            return
        if max(0, until_ms - told.since_ms) < rule.raise_after_seconds * 1000:
            return
        if alert is not None and told.is_history(now_ms, rule.late_ms):
            # It is on the desk already, and nobody is called for the past.
            yield self._change(alert, corrected(alert, told, now_ms, is_another=True))
            return
        settled_ms = self._settled_ms(told.key, rule)
        if now_ms < settled_ms:
            self._plan(told.key, settled_ms)
            return
        event = self._raise(told, rule, alert, now_ms)
        yield event
        yield self._change(event.alert, over(event.alert, told, until_ms, now_ms))

    def _not_held(
        self, key: Key, rule: Rule, alert: Alert | None, now_ms: int
    ) -> Iterator[AlertEvent]:
        if key not in self._held:
            self._done.pop(key, None)
        if alert is None or not alert.is_active:
            self._gone_ms.pop(key, None)
            return
        gone_ms = self._gone_ms.setdefault(key, now_ms)
        due_ms = gone_ms + rule.clear_after_seconds * 1000
        if now_ms < due_ms:
            self._plan(key, due_ms)
        else:
            del self._gone_ms[key]
            yield self._change(alert, over(alert, _as_told(alert), gone_ms, now_ms))

    def _by_time(self, alert: Alert, rule: Rule, now_ms: int) -> Iterator[AlertEvent]:
        """Escalate what nobody took up; close what is over and nobody ever looked at."""
        while alert.is_calling and alert.level < len(rule.escalation):
            step = rule.escalation[alert.level]
            due_ms = alert.calling_ms + step.after_minutes * 60_000
            if now_ms < due_ms:
                self._plan(alert.key, due_ms)
                return
            severity = step.severity or alert.severity
            audience = step.audience or alert.audience
            event = self._change(alert, escalated(alert, severity, audience, now_ms))
            alert = event.alert
            yield event
        if alert.cleared_ms is not None:
            due_ms = alert.cleared_ms + self._rules.unseen_days * 86_400_000
            if now_ms < due_ms:
                self._plan(alert.key, due_ms)
            else:
                yield self._change(alert, Change(alert.number, now_ms, "lapsed"))

    def _raise(self, told: Condition, rule: Rule, alert: Alert | None, now_ms: int) -> AlertEvent:
        is_late = told.is_history(now_ms, rule.late_ms)
        if alert is not None:
            return self._change(alert, again(alert, told, now_ms, is_late=is_late))
        change = raised(
            self._next,
            told,
            now_ms,
            severity=rule.severity,
            audience=rule.audience,
            is_late=is_late,
        )
        self._next += 1
        return self._change(None, change)

    def _change(self, alert: Alert | None, change: Change) -> AlertEvent:
        fresh = applied(alert, change)
        self._keep(fresh)
        self.reworded.discard(fresh.number)
        return AlertEvent(fresh, change)

    def _keep(self, alert: Alert) -> None:
        key = alert.key
        if alert.is_open:
            self._open[key], self._keys[alert.number] = alert, key
            return
        del self._open[key], self._keys[alert.number]
        self._gone_ms.pop(key, None)
        if key in self._held:
            span = (alert.since_ms, alert.until_ms or alert.since_ms)
            self._done.setdefault(key, []).append(span)

    def _word(self, alert: Alert, told: Condition) -> None:
        fresh = worded(alert, told)
        if fresh != alert:
            self._open[alert.key] = fresh
            self.reworded.add(alert.number)

    def _is_done(self, told: Condition) -> bool:
        return any(_meets(told, span) for span in self._done.get(told.key, ()))

    def _put(self, scope: Scope, told: Condition) -> None:
        self._told.setdefault(scope, {})[told.key] = told
        by_scope = self._held.setdefault(told.key, {})
        # Put at the end: the latest word is what is shown.
        by_scope.pop(scope, None)
        by_scope[scope] = told

    def _drop(self, scope: Scope, key: Key) -> None:
        del self._told[scope][key], self._held[key][scope]
        if not self._told[scope]:
            del self._told[scope]
        if not self._held[key]:
            del self._held[key]
            self._seen_ms.pop(key, None)

    def _plan(self, key: Key, due_ms: int) -> None:
        if due_ms < self._planned.get(key, _FOR_EVER):
            self._planned[key] = due_ms
            heapq.heappush(self._due, (due_ms, key))


def told_of(events: Iterable[AlertEvent], *whats: What) -> list[AlertEvent]:
    """Return those events that are of one of these sorts."""
    return [event for event in events if event.what in whats]


def _meets(told: Condition, span: Span) -> bool:
    until_ms = _FOR_EVER if told.until_ms is None else told.until_ms
    return told.since_ms <= span[1] and span[0] <= until_ms


def _as_told(alert: Alert) -> Condition:
    """Return what was told last of an alert's condition."""
    return Condition(
        alert.kind,
        alert.venue,
        alert.subject,
        alert.since_ms,
        None,
        alert.zh,
        alert.en,
        alert.certainty,
        alert.link,
    )
