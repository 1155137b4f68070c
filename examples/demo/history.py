"""Loads the past of the district: the wire's own rows and batches, as fast as the hub takes them.

The past of a node is a pure function of its story, and so are the numbers of its rows: one stream,
one opening, one epoch, all named by the story. So it needs no spool. Whoever is killed on the way
tells the same rows by the same numbers once more, and the hub drops what it holds already.
"""

import asyncio
import contextlib
import hashlib
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
import structlog

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import RawBatch, decode_ack, encode, encode_row
from contracts.rows import Epoch
from contracts.topics import Channel, every_node, node_topic
from examples.demo.almanac import at_ms, local_day
from examples.demo.evidence import Evidence
from examples.demo.progress import Progress
from examples.demo.story import Story
from link.buckets import Buckets
from link.session import BrokerConfig, Session

log = structlog.get_logger(__name__)

BATCH_ROWS: Final = 1000
INFLIGHT: Final = 24
"""Batches on their way: enough for the hub's largest commits, few enough for any broker's queue."""
SILENT_SECONDS: Final = 5.0
"""Without any answer for so long, everything on its way is sent again."""


@dataclass(frozen=True)
class Past:
    """What there is to tell of one node: everything in [first_ms, until_ms)."""

    evidence: Evidence
    first_ms: int
    until_ms: int

    @property
    def node(self) -> NodeId:
        """Return who tells it."""
        return NodeId(self.evidence.venue.id, self.evidence.node)

    def days(self) -> list[int]:
        """Return the ends of its days, the last one cut where the past ends, Unix ms."""
        venue = self.evidence.venue
        ends: list[int] = []
        day = local_day(venue, self.first_ms)
        while (ends[-1] if ends else self.first_ms) < self.until_ms:
            day += timedelta(days=1)
            ends.append(min(at_ms(venue, day, 0), self.until_ms))
        return ends


def rows_of(past: Past, story: Story) -> Iterator[list[bytes]]:
    """Return the rows of a past as they travel, one list a day; seqs go on from 1."""
    stream, boot, epoch, os_boot = tokens(past, story)
    del stream
    buckets = Buckets(epoch)
    told = dict.fromkeys(past.evidence.sources, past.first_ms)
    seq, first = 1, Epoch(1, epoch, boot, past.first_ms, os_boot)
    rows = [encode_row(first)]
    for end_ms in past.days():
        past.evidence.tell(buckets, told, end_ms)
        if end_ms == past.until_ms:
            buckets.end_all("stopped")
        drafts = buckets.drafts(end_ms, everything=True)
        buckets.confirm(drafts, end_ms)
        for draft in drafts:
            seq += 1
            rows.append(encode_row(msgspec.structs.replace(draft.row, seq=seq)))
        yield rows
        rows = []


def tokens(past: Past, story: Story) -> tuple[str, str, str, str]:
    """Return stream, boot, epoch and system start of a past: always the same for the same one."""
    text = f"{story.seed}/{story.began_ms}/{past.node}/{past.first_ms}/{past.until_ms}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return digest[:16], digest[16:32], digest[32:44], digest[44:60]


async def load(
    story: Story, pasts: Sequence[Past], broker: BrokerConfig, progress_file: Path
) -> None:
    """Load every past that is not loaded yet, venue by venue, its nodes day by day; then say so.

    So the hub judges a venue while the next one is loaded.
    """
    total = sum(len(past.days()) for past in pasts)
    progress = Progress(progress_file, total)
    if progress.is_finished:
        return
    async with _courier(broker) as courier:
        for _, of_venue in groupby(sorted(pasts, key=_venue_of), key=_venue_of):
            tellers = [_Teller(past, story, courier) for past in of_venue]
            while tellers:
                for teller in tuple(tellers):
                    if not await teller.tell_a_day():
                        tellers.remove(teller)
                        continue
                    progress.done(1, courier.rows)
                    await asyncio.sleep(0)  # the present goes on meanwhile
        await courier.drained()
    progress.finish(courier.rows)
    log.info("history_loaded", days=total, rows=courier.rows)


def _venue_of(past: Past) -> str:
    return past.evidence.venue.id


class _Teller:
    """Cuts the rows of one past into batches."""

    def __init__(self, past: Past, story: Story, courier: "Courier") -> None:
        self._past = past
        self._days = rows_of(past, story)
        self._stream, self._boot, *_ = tokens(past, story)
        self._courier = courier
        self._rows: list[bytes] = []
        self._after = 0

    async def tell_a_day(self) -> bool:
        """Tell the next day; False when there is none any more and all was sent."""
        rows = next(self._days, None)
        self._rows += rows or ()
        while len(self._rows) >= BATCH_ROWS or (rows is None and self._rows):
            bodies, self._rows = self._rows[:BATCH_ROWS], self._rows[BATCH_ROWS:]
            upto = self._after + len(bodies)
            batch = RawBatch(
                stream=self._stream,
                boot=self._boot,
                boot_first=1,
                after=self._after,
                upto=upto,
                oldest=1,
                rows=tuple(map(msgspec.Raw, bodies)),
                sent_at_ms=time.time_ns() // 1_000_000,
            )
            await self._courier.send(self._past.node, batch)
            self._after = upto
        return rows is not None


@dataclass(slots=True)
class _Sent:
    """A batch on its way."""

    topic: str
    stream: str
    upto: int
    payload: bytes


class Courier:
    """Carries batches of many streams, a bounded number at a time, until the hub holds them."""

    def __init__(self) -> None:
        self.session: Session
        self.rows = 0
        """How many rows the hub holds by now."""
        self._sent: deque[_Sent] = deque()
        self._marks: dict[str, int] = {}
        self._moved = asyncio.Event()

    async def send(self, node: NodeId, batch: RawBatch) -> None:
        """Send a batch, once there is room for it; one that the hub holds already is left out."""
        if batch.upto <= self._marks.get(batch.stream, 0):
            self.rows += len(batch.rows)
            return
        await self._until(INFLIGHT - 1)
        self.rows += len(batch.rows)
        sent = _Sent(node_topic(node, Channel.DATA), batch.stream, batch.upto, encode(batch))
        self._sent.append(sent)
        self.session.publish(sent.topic, sent.payload)

    async def drained(self) -> None:
        """Wait until the hub holds everything that was sent."""
        await self._until(0)

    def answered(self, payload: bytes) -> None:
        """Take an answer; on the event loop's thread."""
        try:
            ack = decode_ack(payload)
        except DecodeError as error:
            log.warning("ack_refused", reason=error.reason)
            return
        before = len(self._sent)
        if ack.upto > self._marks.get(ack.stream, 0):
            self._marks[ack.stream] = ack.upto
        self._sent = deque(s for s in self._sent if s.upto > self._marks.get(s.stream, 0))
        if len(self._sent) < before:
            self._moved.set()

    async def _until(self, most: int) -> None:
        """Wait until at most so many are on their way; what nobody answers is sent again."""
        while len(self._sent) > most:
            self._moved.clear()
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    await self._moved.wait()
            except TimeoutError:
                for sent in tuple(self._sent):
                    self.session.publish(sent.topic, sent.payload)


@contextlib.asynccontextmanager
async def _courier(broker: BrokerConfig) -> AsyncIterator[Courier]:
    loop, courier = asyncio.get_running_loop(), Courier()
    connected = asyncio.Event()

    def post(function: object, *values: object) -> None:
        # The network's thread may come back when the loop is gone.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(function, *values)  # type: ignore[arg-type]

    courier.session = Session(
        broker,
        f"history-{os.getpid()}-{hashlib.sha256(os.urandom(8)).hexdigest()[:8]}",
        subscriptions=(every_node(Channel.ACK),),
        on_message=lambda _topic, payload: post(courier.answered, payload),
        on_connected=lambda: post(connected.set),
    )
    courier.session.open()
    try:
        await connected.wait()
        yield courier
    finally:
        await asyncio.to_thread(courier.session.close)
