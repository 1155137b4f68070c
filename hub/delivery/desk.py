"""The desk of deliveries: puts events into the outbox, says how channels fare, tries again, tests.

What people do here is in the audit log; what cannot be done raises Complained or NotFound.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from hub.access import Who
from hub.access.complaints import Complained, Complaint
from hub.access.texts import said
from hub.alerts.alert import AlertEvent
from hub.audit import entry
from hub.delivery.book import Book, Channel
from hub.delivery.from_alerts import Place, told_of
from hub.delivery.reading import book_of
from hub.delivery.reasons import Reason
from hub.delivery.routing import Decision, Earlier, decide
from hub.delivery.sending import Sender, send_within
from hub.delivery.told import Lang, Told
from hub.delivery.wording import compose, number_of
from hub.errors import NotFound
from hub.store.records import Records
from hub.store.records.deliveries import ChannelRecord, DeliveryRecord, DeliveryRecords

log = structlog.get_logger(__name__)

REASON_LENGTH: Final = 200
MOST_RETRIED: Final = 500
"""Dead letters that are let go on at once."""


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """A channel, and how it fares."""

    channel: Channel
    record: ChannelRecord
    is_used: bool
    """A route leads to it."""

    @property
    def reason(self) -> Reason | None:
        """Return why its last failed try failed."""
        return Reason.parse(self.record.error) if self.record.error else None

    @property
    def is_failing(self) -> bool:
        """Tell whether nothing arrived since a try failed."""
        return self.record.failed_ms > self.record.sent_ms


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test message."""

    number: str
    reason: Reason | None
    milliseconds: int


class DeliveryDesk:
    """Holds the outbox. What alerts tell, and what people ask for, may come from any thread."""

    def __init__(
        self,
        records: Records,
        sender: Sender,
        *,
        place: Callable[[str], Place | None],
        timezone: str,
        is_working: Callable[[date], bool],
        base_url: str,
        clock_ms: Callable[[], int],
    ) -> None:
        self.book = Book()
        """Nobody is told until a file was read."""
        self.sender = sender
        self.base_url = base_url
        self.clock_ms = clock_ms
        self.outbox = DeliveryRecords(records)
        self.counts: Counter[str] = Counter()
        """Since the start: messages sent, tries that failed, deliveries given up as dead."""
        self._is_working = is_working
        self._place = place
        self._timezone = timezone
        self._told: list[Callable[[Sequence[str]], None]] = []
        self._reloaded: list[Callable[[], None]] = []

    def listen(self, due: Callable[[Sequence[str]], None], reloaded: Callable[[], None]) -> None:
        """Let somebody know of channels that have something to send, and of a new book."""
        self._told.append(due)
        self._reloaded.append(reloaded)

    def reload(self, book: Book) -> None:
        """Let other channels and routes hold; what waits at a channel that is gone is given up."""
        if book.channel:
            # At the start before the hub has threads: loading beside them disturbs their warnings.
            self.sender.prepare()
        self.book = book
        self.give_up_orphans()
        for reloaded in self._reloaded:
            reloaded()

    def give_up_orphans(self) -> None:
        """Make dead letters of what waits at channels that are not configured any more."""
        known = [channel.id for channel in self.book.channel]
        lost = self.outbox.orphaned(known, self.clock_ms(), str(Reason("no_channel")))
        if lost:
            self.counts["dead"] += lost
            log.warning("deliveries_without_channel", deliveries=lost)

    def write(self, connection: Connection, events: Sequence[AlertEvent]) -> None:
        """Put changes of alerts into the outbox, in the transaction that makes them."""
        for event in events:
            told = told_of(event, self._place(event.alert.venue), self._timezone)
            if told is not None:
                self.put(connection, told)

    def put(self, connection: Connection, told: Told) -> Sequence[str]:
        """Turn an event into the deliveries that are due; return their channels."""
        if not self.book.channel and told.step != "cleared":
            return ()
        now_ms = self.clock_ms()

        def plan(earlier: Sequence[DeliveryRecord]) -> Decision:
            return decide(self.book, told, [*map(_earlier, earlier)], now_ms, self._is_working)

        return self.outbox.put(connection, _row(told), now_ms, plan)

    def ring(self, channels: Sequence[str] | None = None) -> None:
        """Let channels, or all of them, look at what waits: something new may be there."""
        names = [each.id for each in self.book.channel] if channels is None else channels
        for due in self._told:
            due(names)

    def read(self, content: Mapping[str, Any], path: Path) -> Callable[[], None]:
        """Read channels and routes from `alerts.toml`; what is returned lets them hold.

        Raises ConfigError.
        """
        book = book_of(content, path)
        return lambda: self.reload(book)

    def channels(self) -> Sequence[ChannelNow]:
        """Return every channel as it fares, in the order of the file. Raises StoreError."""
        found = self.outbox.channels()
        unused = set(self.book.unused)
        return [
            ChannelNow(each, found.get(each.id, ChannelRecord()), each.id not in unused)
            for each in self.book.channel
        ]

    def fares(self) -> Mapping[str, ChannelRecord]:
        """Return how each channel fares that ever had a delivery. Raises StoreError."""
        return self.outbox.channels()

    def dead(self, most: int, before_id: int | None = None) -> Sequence[DeliveryRecord]:
        """Return dead letters, newest first. Raises StoreError."""
        return self.outbox.dead(most, before_id)

    def retry(self, by: Who, id_: int) -> None:
        """Let a dead letter be tried anew. Raises NotFound, Complained."""
        letter = self.outbox.get(id_)
        if letter.state != "dead" or self.book.find(letter.channel) is None:
            raise Complained(Complaint.LETTER_GONE)
        self._retry(by, [id_], number_of(id_))

    def retry_all(self, by: Who) -> int:
        """Let the dead letters of all channels that there are be tried anew; return how many."""
        ids = [
            letter.id
            for letter in self.outbox.dead(MOST_RETRIED)
            if self.book.find(letter.channel) is not None
        ]
        if ids:
            self._retry(by, ids, f"{number_of(min(ids))}…{number_of(max(ids))}")
        return len(ids)

    def drop(self, by: Who, id_: int, reason: str) -> None:
        """Give up on a dead letter, with a reason. Raises NotFound, Complained."""
        letter = self.outbox.get(id_)
        reason = said(reason, REASON_LENGTH, Complaint.REASON_FORM)
        facts = {"channel": letter.channel, "error": letter.error}
        told = entry(
            by,
            self.clock_ms(),
            "delivery.dropped",
            number_of(id_),
            facts,
            {**facts, "reason": reason},
        )
        self.outbox.drop(id_, reason, told)

    def test(self, by: Who, id_: str) -> Tested:
        """Send a test message at once and return what became of it. Raises NotFound."""
        channel = self.book.find(id_)
        if channel is None:
            raise NotFound(f"there is no channel {id_!r}")
        now_ms = self.clock_ms()
        told = _test(channel, now_ms, self._timezone)
        number = self.outbox.add_test(_row(told), channel.id, channel.language, now_ms)
        began = time.monotonic()
        message = compose(told, channel.language, number, self.base_url)
        reason = send_within(self.sender, channel, message)
        took = round((time.monotonic() - began) * 1000)
        facts = {"result": "sent" if reason is None else str(reason)}
        at_ms = self.clock_ms()
        done = entry(by, at_ms, "delivery.tested", channel.id, None, facts)
        self.outbox.tested(number, at_ms, "" if reason is None else str(reason), done)
        return Tested(number_of(number), reason, took)

    def _retry(self, by: Who, ids: Sequence[int], subject: str) -> None:
        now_ms = self.clock_ms()
        told = entry(by, now_ms, "delivery.retried", subject, None, {"count": len(ids)})
        self.ring(self.outbox.retry(ids, now_ms, told))


def _row(told: Told) -> dict[str, str]:
    return {
        "event": told.event,
        "alert": told.alert,
        "step": told.step,
        "severity": told.severity,
        "told": told.to_json(),
    }


def _earlier(record: DeliveryRecord) -> Earlier:
    language: Lang = "en" if record.language == "en" else "zh"
    return Earlier(
        record.id,
        record.channel,
        language,
        record.step,  # type: ignore[arg-type]  # what was written is one of them
        record.state,  # type: ignore[arg-type]
        record.next_ms,
        record.attempts,
        Told.from_json(record.told).until_ms is not None,
    )


def _test(channel: Channel, now_ms: int, timezone: str) -> Told:
    return Told(
        event=f"test:{channel.id}:{now_ms}:{time.monotonic_ns()}",
        alert="test",
        step="test",
        kind="test",
        severity="notice",
        audience="admin",
        venue="",
        place_zh="",
        place_en="",
        timezone=timezone,
        since_ms=now_ms,
        until_ms=now_ms,
        at_ms=now_ms,
        zh="这是一条测试消息，无需处理。",
        en="This is a test message; nothing needs to be done.",
        certainty="known",
        link="/deliveries",
    )
