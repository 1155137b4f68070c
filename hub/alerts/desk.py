"""The alert desk: keeps the book, writes it down, tells those who listen; from any thread.

What `hold` decides is durable, and told, when it returns. While the records cannot be written
nothing is told and nothing is lost: the newest word of each scope waits.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from hub.access import Permission, Role, Who
from hub.access.complaints import Complained, Complaint
from hub.access.permissions import ROLES
from hub.access.texts import said
from hub.alerts.alert import Alert, AlertEvent, Change
from hub.alerts.book import AlertBook, Scope, Span
from hub.alerts.condition import HUB, Condition, Key
from hub.alerts.file import read_rules
from hub.alerts.rows import alert_of, change_of, row_of, row_of_change, scopes_of
from hub.alerts.rules import Rules
from hub.audit import Entry, entry
from hub.errors import StoreError
from hub.store.records import AccountRecords, Records
from hub.store.records.alerts import AlertRecords, WantedAlerts
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

TICK_SECONDS: Final = 1.0
REWORD_MS: Final = 60_000
"""How often wordings that changed, as how many are inside now, are written down."""
REMEMBERED_MS: Final = 3 * 86_400_000
"""What was over and closed for so long is known by the records alone."""
REASON_LENGTH: Final = 200
COMMENT_LENGTH: Final = 500

Told = Callable[[AlertEvent], None]
Beside = Callable[[Connection, Sequence[AlertEvent]], None]


class AlertDesk:
    """Every open alert, and what people do with it. What cannot be done raises Complained."""

    def __init__(self, records: Records, rules: Rules, clock_ms: Callable[[], int]) -> None:
        """Take up what was open when the hub ended. Raises StoreError."""
        self._records = AlertRecords(records)
        self._accounts = AccountRecords(records)
        self._clock_ms = clock_ms
        self._lock = threading.RLock()
        self._listeners: list[Told] = []
        self._beside: list[Beside] = []
        self._waiting: dict[Scope, Collection[Condition]] = {}
        self._unsaved: list[AlertEvent] = []
        self._reworded_ms = 0
        self._held: dict[Scope, frozenset[Condition]] = {}
        known = [(alert_of(row), scopes_of(row)) for row in self._records.open()]
        # Scopes that held something when the hub ended and have not spoken since: also that nothing
        # holds is news of them.
        self._unheard = {scope for _, scopes in known for scope in scopes}
        self._book = AlertBook(rules, known, next_number=self._records.next_number())
        # Venues of alerts of now that nobody has seen, by number.
        self._calling = {alert.number: alert.venue for alert, _ in known if _is_unseen(alert)}
        self.rules = rules
        self.revision = 0
        """Counts changes, so that who shows alerts knows when to look again."""

    def listen(self, told: Told) -> None:
        """Be told of every change once it is durable, in order, on the thread that made it."""
        self._listeners.append(told)

    def beside(self, write: Beside) -> None:
        """Write in the very transaction of changes: an outbox that no kill can part from them."""
        self._beside.append(write)

    def hold(self, venue: str | None, family: str, conditions: Collection[Condition]) -> None:
        """Take the whole set that holds now in a venue (None: of the hub) for one family."""
        scope = (venue or HUB, family)
        told = frozenset(conditions)
        with self._lock:
            is_news = scope in self._waiting or scope in self._unheard
            if not is_news and self._held.get(scope, frozenset()) == told:
                return
            self._waiting[scope] = conditions
            self._work()

    def tick(self) -> None:
        """Do what time has made due; and again what could not be written."""
        with self._lock:
            self._work()
            if self._unsaved:
                return
            self._write(self._book.tick(self._clock_ms()))
            if self._clock_ms() - self._reworded_ms >= REWORD_MS:
                self._save_wordings()
                for scope in self._book.forget(self._clock_ms() - REMEMBERED_MS):
                    self._held.pop(scope, None)

    async def run(self) -> None:
        """Look at what is due every second until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await asyncio.to_thread(self.tick)

    def rule_by(self, rules: Rules) -> None:
        """Go by other rules from now on."""
        with self._lock:
            self.rules = rules
            self._work()
            self._write(self._book.rule_by(rules, self._clock_ms()))

    def read(self, content: Mapping[str, Any], path: Path) -> Callable[[], None]:
        """Read rules from `alerts.toml`; what is returned lets them hold. Raises ConfigError."""
        rules = read_rules(content, path)
        return lambda: self.rule_by(rules)

    @property
    def open(self) -> list[Alert]:
        """Return the open alerts as they are now."""
        with self._lock:
            return list(self._book.alerts)

    def unseen(self, venues: frozenset[str] | None) -> int:
        """Return how many alerts of now nobody has seen; of all venues, or of these."""
        # Without the lock: each page of the staff asks, and a burst may hold it for seconds.
        calling = tuple(self._calling.values())
        return len(calling) if venues is None else sum(venue in venues for venue in calling)

    @property
    def is_waiting(self) -> bool:
        """Tell whether something could not be written down yet."""
        return bool(self._unsaved or self._waiting)

    def get(self, number: int) -> Alert:
        """Return an alert, open or closed. Raises NotFound."""
        with self._lock:
            known = self._book.get(number)
        return known or alert_of(self._records.get(number))

    def history(self, number: int) -> list[Change]:
        """Return all that happened to an alert, oldest first."""
        return [change_of(row) for row in self._records.history(number)]

    def page(
        self, wanted: WantedAlerts, *, after: int = 0, most: int = 100
    ) -> tuple[list[Alert], int]:
        """Return some alerts, the most pressing first, and how many there are."""
        rows = self._records.page(wanted, after=after, most=most)
        found = [alert_of(row) for row in rows]
        with self._lock:
            now = [self._book.get(alert.number) or alert for alert in found]
        return now, self._records.count(wanted)

    def acknowledge(self, by: Who, number: int) -> Alert:
        """Note that somebody has seen an alert; a second time changes nothing."""
        return self._act(
            by, number, lambda alert, now_ms: self._book.acknowledge(alert, by.name, now_ms)
        )

    def clear(self, by: Who, number: int, reason: str) -> Alert:
        """Clear an active alert by hand, with a reason; who clears it has seen it."""
        why = said(reason, REASON_LENGTH, Complaint.REASON_FORM)
        if not self.get(number).is_active:
            raise Complained(Complaint.ALERT_OVER)
        return self._act(
            by, number, lambda alert, now_ms: self._book.clear(alert, by.name, why, now_ms)
        )

    def assignees(self, venue: str) -> list[str]:
        """Return the names of those who may see to alerts of a venue (`HUB`: of none)."""
        accounts = (account for account in self._accounts.all() if account.is_enabled)
        return [
            account.name
            for account in accounts
            if account.role in ROLES[Permission.ALERTS_ACT]
            and (account.role is not Role.MANAGER or venue in account.venues)
        ]

    def assign(self, by: Who, number: int, to: str) -> Alert:
        """Say who sees to an alert; empty: nobody."""
        if to and to not in self.assignees(self.get(number).venue):
            raise Complained(Complaint.ASSIGNEE_UNKNOWN)
        return self._act(
            by, number, lambda alert, now_ms: self._book.assign(alert, by.name, to, now_ms)
        )

    def comment(self, by: Who, number: int, text: str) -> Alert:
        """Keep what somebody has to say on an alert."""
        comment = said(text, COMMENT_LENGTH, Complaint.COMMENT_FORM)
        return self._act(
            by, number, lambda alert, now_ms: self._book.comment(alert, by.name, comment, now_ms)
        )

    def _act(self, by: Who, number: int, change: Callable[[Alert, int], list[AlertEvent]]) -> Alert:
        """Let a person change an open alert. Raises NotFound, Complained, StoreUnavailable."""
        with self._lock:
            before = self._book.get(number)
            if before is None:
                self._records.get(number)
                raise Complained(Complaint.ALERT_CLOSED)
            self._work()
            if self._unsaved:
                raise StoreUnavailable("the records cannot be written now")
            events = change(before, self._clock_ms())
            try:
                self._save(events, [_audited(by, before, event) for event in events])
            except StoreUnavailable:
                self._book.put_back(before)
                raise
            self._tell(events)
            return events[-1].alert if events else before

    def _work(self) -> None:
        """Take what waits, as far as it can be written down."""
        if not self._flush():
            return
        while self._waiting:
            scope, conditions = next(iter(self._waiting.items()))
            now_ms = self._clock_ms()
            try:
                past = self._past(self._book.news(conditions))
            except StoreError as error:
                log.warning("alerts_not_read", waiting=len(self._waiting), reason=str(error))
                return
            del self._waiting[scope]
            self._note(scope, conditions)
            self._write(self._book.hold(scope, conditions, now_ms, past))
            if self._unsaved:
                return

    def _past(self, news: Sequence[Condition]) -> Mapping[Key, Sequence[Span]]:
        """Return when alerts of these keys were that are closed by now. Raises StoreError."""
        if not news:
            return {}
        oldest_ms = min(told.since_ms for told in news)
        found = self._records.spans([told.key for told in news], oldest_ms)
        return {told.key: found[told.key] for told in news if told.key in found}

    def _note(self, scope: Scope, conditions: Collection[Condition]) -> None:
        self._unheard.discard(scope)
        if conditions:
            self._held[scope] = frozenset(conditions)
        else:
            self._held.pop(scope, None)

    def _write(self, events: Sequence[AlertEvent]) -> None:
        self._unsaved.extend(events)
        self._flush()

    def _flush(self) -> bool:
        """Write down and tell what is not yet; return whether all of it is."""
        if not self._unsaved:
            return True
        try:
            self._save(self._unsaved)
        except StoreUnavailable as error:
            log.warning("alerts_not_written", waiting=len(self._unsaved), reason=str(error))
            return False
        events, self._unsaved = self._unsaved, []
        self._tell(events)
        return True

    def _save(self, events: Sequence[AlertEvent], told: Iterable[Entry] = ()) -> None:
        if not events:
            return
        newest = {event.alert.number: event.alert for event in events}
        new = {event.alert.number for event in events if event.what == "raised"}
        rows = {n: row_of(alert, self._book.scopes(alert.key)) for n, alert in newest.items()}

        def also(connection: Connection) -> None:
            for write in self._beside:
                write(connection, events)

        self._records.save(
            [row for n, row in rows.items() if n in new],
            [row for n, row in rows.items() if n not in new],
            [row_of_change(event.change) for event in events],
            told,
            also,
        )

    def _tell(self, events: Iterable[AlertEvent]) -> None:
        for event in events:
            self.revision += 1
            if _is_unseen(event.alert):
                self._calling[event.alert.number] = event.alert.venue
            else:
                self._calling.pop(event.alert.number, None)
            for told in self._listeners:
                told(event)

    def _save_wordings(self) -> None:
        self._reworded_ms = self._clock_ms()
        numbers, self._book.reworded = self._book.reworded, set()
        found = [self._book.get(number) for number in sorted(numbers)]
        rows = [row_of(alert, self._book.scopes(alert.key)) for alert in found if alert]
        if rows:
            # Said again with the next change, and at the latest in a minute.
            with suppress(StoreUnavailable):
                self._records.save([], rows)


def _is_unseen(alert: Alert) -> bool:
    return not (alert.is_acknowledged or alert.is_late)


def _audited(by: Who, before: Alert, event: AlertEvent) -> Entry:
    change = event.change
    subject = "/".join(part for part in (before.venue, before.kind, str(before.number)) if part)
    after: dict[str, Any] = {}
    if change.text:
        after["reason" if change.what == "cleared" else "comment"] = change.text
    if change.what == "assigned":
        after["assigned_to"] = event.alert.assigned_to
    return entry(by, change.at_ms, f"alert.{change.what}", subject, None, after or None)
