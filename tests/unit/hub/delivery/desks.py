"""A desk with its records, a clock that a test sets, a sender that does as it is told."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hub.delivery.book import Book, Channel
from hub.delivery.desk import DeliveryDesk
from hub.delivery.reasons import Reason
from hub.delivery.sending import Sender
from hub.delivery.told import Told
from hub.delivery.wording import Message
from hub.delivery.worker import Worker
from hub.store.records import Records
from tests.unit.hub.delivery.events import TUESDAY, book, weekday


@dataclass
class FakeSender:
    """Keeps messages; fails where it is told to."""

    sent: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    failing: dict[str, Reason] = field(default_factory=dict)
    tries: int = 0

    def prepare(self) -> None:
        return

    def send(self, channel: Channel, message: Message) -> Reason | None:
        self.tries += 1
        reason = self.failing.get(channel.id)
        if reason is None:
            self.sent[channel.id].append(message)
        return reason


@dataclass
class Clock:
    at_ms: int = TUESDAY

    def __call__(self) -> int:
        return self.at_ms


def a_desk(
    records: Records,
    made: Book | None = None,
    sender: Sender | None = None,
    clock: Callable[[], int] | None = None,
) -> DeliveryDesk:
    desk = DeliveryDesk(
        records,
        sender or FakeSender(),
        place=lambda _venue: None,
        timezone="Asia/Shanghai",
        is_working=weekday,
        base_url="https://hub.example",
        clock_ms=clock or Clock(),
    )
    desk.reload(book() if made is None else made)
    return desk


def take(desk: DeliveryDesk, told: Told) -> Sequence[str]:
    """Put an event into the outbox as alerts do, and ring; return the channels that get it."""
    with desk.outbox.records.writing() as connection:
        channels = desk.put(connection, told)
    desk.ring()
    return channels


@asynccontextmanager
async def working(desk: DeliveryDesk) -> AsyncIterator[Worker]:
    """Let a worker send meanwhile; its pauses are the shortest that there are."""
    worker = Worker(desk, rand=lambda: 0.0)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def soon(find: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not find():  # noqa: ASYNC110  what is waited for may be in a file
            await asyncio.sleep(0.01)


def records_at(folder: Path) -> Records:
    return Records(folder / "records.db")
