"""The hub's half of the link: batches in, one transaction a group, then acknowledgements.

Messages arrive on the MQTT client's thread and are only queued there. One intake thread takes what
has gathered, judges it (`link.acceptance`), writes rows and marks in a single durable commit, and
answers. When the store refuses, nothing is answered: the nodes keep their rows and send again.
"""

import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec
import structlog

from contracts.errors import DecodeError, RefusalCode
from contracts.ids import NodeId
from contracts.messages import Ack, Batch, decode_batch, encode_row
from contracts.rows import Lost, Row, Unreadable
from link.acceptance import Accept, Duplicate, Fork, Refuse, Streams, StreamState
from link.errors import StoreUnavailable
from link.owners import Owners
from link.sparing import Sparing

log = structlog.get_logger(__name__)

GROUP_ROWS: Final = 10_000
"""A commit of this size keeps the store at its full rate; a larger one only adds latency."""
LINGER_SECONDS: Final = 0.01
"""A group waits this long for more: one commit then serves many nodes instead of one."""
QUEUE_MESSAGES: Final = 20_000
QUEUE_BYTES: Final = 256 * 1024 * 1024
"""More waiting than this is dropped unacknowledged: the nodes' windows send again."""
RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came in."""

    node: NodeId
    topic: str
    payload: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The accepted part of one batch."""

    node: NodeId
    stream: str
    rows: tuple[Row | Unreadable, ...]
    received_ms: int
    sent_ms: int = 0
    """When it was sent, by the node's clock; 0: not told."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that no longer exist anywhere: what the node says of them, cut out of coverage."""

    node: NodeId
    stream: str
    first_seq: int
    last_seq: int
    lost: tuple[Lost, ...]
    received_ms: int


@dataclass(frozen=True, slots=True)
class ForkSeen:
    """Two spools continue one stream: a cloned card, or a spool put back."""

    node: NodeId
    stream: str
    boot: str
    boundary: int
    received_ms: int


Answers = dict[tuple[str, str, str], tuple[NodeId, Ack]]
"""What a group is answered with: (stream, boot, verdict) -> to whom, what."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A payload of which not even the envelope can be read, or may not be by this sender."""

    topic: str
    code: str
    reason: str
    payload: bytes
    received_ms: int


@dataclass(slots=True)
class Group:
    """What one commit makes durable, all of it or nothing."""

    stored: list[Stored] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    forks: list[ForkSeen] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    streams: dict[str, StreamState] = field(default_factory=dict)
    owners: dict[str, NodeId] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.stored or self.gaps or self.forks or self.refusals)


class IntakeStore(Protocol):
    """What the intake needs of a store."""

    @property
    def store_id(self) -> str:
        """Return the id of this store; new when it is made or restored."""

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Return the ids of the stores that this one was restored from, newest first."""

    def streams(self) -> dict[str, tuple[NodeId, StreamState]]:
        """Return the durable state of every stream and the node that owns it."""

    def commit(self, group: Group) -> None:
        """Make a group durable. Raises StoreUnavailable with nothing of it stored."""


@dataclass(slots=True)
class IntakeCounts:
    """What went through, for the health page; only ever grows."""

    messages: int = 0
    rows: int = 0
    duplicates: int = 0
    refused_batches: int = 0
    quarantined: int = 0
    overrun: int = 0
    gaps: int = 0
    forks: int = 0
    commits: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


class Intake:
    """Takes batches from `receive`, makes them durable in `store`, answers through `acknowledge`.

    `acknowledge(node, ack)` sends; `stored(group)` tells the rest of the hub what is new. Both are
    called on the intake's thread, after the commit.
    """

    def __init__(
        self,
        store: IntakeStore,
        acknowledge: Callable[[NodeId, Ack], None],
        stored: Callable[[Group], None] = lambda _group: None,
        *,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._acknowledge = acknowledge
        self._stored = stored
        self._wall_ms = wall_ms
        self._monotonic = monotonic
        self._sparing = Sparing()
        known = store.streams()
        self._streams = Streams({stream: state for stream, (_, state) in known.items()})
        self._owners = Owners({stream: node for stream, (node, _) in known.items()})
        self._queue: queue.SimpleQueue[Arrival | None] = queue.SimpleQueue()
        # Each is written by one thread only; their difference is what waits.
        self._bytes_in = self._bytes_out = 0
        self.counts = IntakeCounts()
        self.trouble: str | None = None
        """Why the store refuses, while it does."""

    @property
    def waiting(self) -> tuple[int, int]:
        """Return how many messages wait, and their bytes."""
        return self._queue.qsize(), max(0, self._bytes_in - self._bytes_out)

    def receive(self, node: NodeId, topic: str, payload: bytes) -> None:
        """Queue a payload of a node's data topic; called on the MQTT client's thread."""
        waiting = self._bytes_in - self._bytes_out
        if self._queue.qsize() >= QUEUE_MESSAGES or waiting + len(payload) > QUEUE_BYTES:
            self.counts.overrun += 1
            return
        self._bytes_in += len(payload)
        self._queue.put(Arrival(node, topic, payload, self._wall_ms()))

    def announce(self) -> None:
        """Tell every known node its mark, so that one that waits goes on at once."""
        for stream, node in self._owners.items():
            state = self._streams.durable.get(stream, StreamState())
            boot = state.boots[-1].boot if state.boots else None
            self._acknowledge(node, self._ack(stream, state.mark, verdict="refused", boot=boot))

    def run(self) -> None:
        """Take groups until `close`; whatever was queued before is still stored."""
        open_ = True
        while open_:
            arrivals, open_ = self._gather()
            if arrivals:
                self._take_guarded(arrivals)
        self._tell_unsaid(math.inf)

    def close(self) -> None:
        """Let `run` end once the queue is empty."""
        self._queue.put(None)

    def _take_guarded(self, arrivals: Sequence[Arrival], poison: str | None = None) -> None:
        """Take a group; a mistake of ours costs the one message that it shows on, not the thread.

        Its rows are put aside as they came: they may be read again once the mistake is mended, and
        the stream goes on. When not even that works the message is not answered, so its node keeps
        the rows, and `trouble` says so.
        """
        try:
            self.take(arrivals, poison)
        except Exception as error:
            self._failed()
            if len(arrivals) > 1:
                for arrival in arrivals:
                    self._take_guarded((arrival,))
                return
            reason = f"{type(error).__name__}: {error}"
            log.exception("intake_failed", topic=arrivals[0].topic)
            if poison is None:
                self._take_guarded(arrivals, reason)
                return
            self.trouble = f"{arrivals[0].topic}: {reason}"
            self.counts.refusals["intake_failed"] += 1

    def take(self, arrivals: Sequence[Arrival], poison: str | None = None) -> None:
        """Judge, store and answer one group of arrivals; `poison`: why its rows are put aside."""
        self._tell_unsaid(self._monotonic())
        group = Group()
        answers: Answers = {}
        for arrival in arrivals:
            self._judge(arrival, group, answers, poison)
        group.streams = dict(self._streams.pending)
        if group and not self._commit(group):
            return
        for node, ack in answers.values():
            self._acknowledge(node, ack)
        if group:
            self._stored(group)

    def _gather(self) -> tuple[list[Arrival], bool]:
        first = self._queue.get()
        if first is None:
            return [], False
        arrivals, size, open_ = [first], len(first.payload), True
        if self._queue.empty():
            time.sleep(LINGER_SECONDS)
        # About 80 bytes a row on the wire.
        while size < GROUP_ROWS * 80:
            try:
                arrival = self._queue.get_nowait()
            except queue.Empty:
                break
            if arrival is None:
                open_ = False
                break
            arrivals.append(arrival)
            size += len(arrival.payload)
        self._bytes_out += size
        return arrivals, open_

    def _judge(
        self, arrival: Arrival, group: Group, answers: Answers, poison: str | None = None
    ) -> None:
        counts = self.counts
        counts.messages += 1
        node, at = arrival.node, arrival.received_ms
        try:
            batch = decode_batch(arrival.payload)
            self._owners.require(batch.stream, node)
        except DecodeError as error:
            counts.refusals[error.code] += 1
            if self._sparing.may_say(arrival.topic, self._monotonic()):
                log.warning("batch_refused", topic=arrival.topic, reason=error.reason)
            group.refusals.append(
                Refusal(arrival.topic, error.code, error.reason, arrival.payload, at)
            )
            return
        if poison is not None:
            batch = _put_aside(batch, poison)
        stream, boot = batch.stream, batch.boot
        before = self._streams.pending.get(stream) or self._streams.durable.get(stream)
        decision = self._streams.judge(batch)
        match decision:
            case Accept(state=state, rows=rows, lost_upto=lost_upto, fork_of=fork_of):
                group.owners[stream] = node
                self._owners.claim(stream, node)
                group.stored.append(Stored(node, stream, rows, at, batch.sent_at_ms))
                counts.rows += len(rows)
                answers[stream, boot, "stored"] = (node, self._ack(stream, state.mark, boot=boot))
                if lost_upto is not None:
                    counts.gaps += 1
                    first = (before.mark if before else 0) + 1
                    group.gaps.append(Gap(node, stream, first, lost_upto, batch.lost, at))
                if fork_of is not None:
                    self._fork(node, batch, state.mark, group, answers, at)
            case Duplicate(mark=mark):
                counts.duplicates += 1
                ack = self._ack(stream, mark, boot=boot)
                answers.setdefault((stream, boot, "stored"), (node, ack))
            case Refuse(mark=mark):
                counts.refused_batches += 1
                ack = self._ack(stream, mark, verdict="refused", boot=boot)
                answers.setdefault((stream, boot, "refused"), (node, ack))
            case Fork(boundary=boundary):
                self._fork(node, batch, boundary, group, answers, at)

    def _fork(
        self,
        node: NodeId,
        batch: Batch,
        boundary: int,
        group: Group,
        answers: Answers,
        at: int,
    ) -> None:
        self.counts.forks += 1
        if self._sparing.may_say(f"{node}: forks", self._monotonic()):
            log.warning("stream_forked", node=str(node), stream=batch.stream, boot=batch.boot)
        group.forks.append(ForkSeen(node, batch.stream, batch.boot, boundary, at))
        ack = self._ack(batch.stream, boundary, verdict="fork", boot=batch.boot)
        answers[batch.stream, batch.boot, "fork"] = (node, ack)

    def _tell_unsaid(self, now: float) -> None:
        for topic, count in self._sparing.unsaid(now):
            log.warning("more_batches_refused", topic=topic, count=count)

    def _failed(self) -> None:
        self._streams.failed()
        self._owners.failed()

    def _commit(self, group: Group) -> bool:
        """Commit, and while the store refuses say so and let the nodes send again."""
        try:
            self._store.commit(group)
        except StoreUnavailable as error:
            self._failed()
            if self.trouble is None:
                log.error("store_refuses", reason=str(error))
            self.trouble = str(error)
            # The nodes' back-off paces what follows; this bounds how often a full disk is tried.
            time.sleep(RETRY_SECONDS)
            return False
        if self.trouble is not None:
            log.info("store_accepts_again")
            self.trouble = None
        self._streams.stored()
        self._owners.stored()
        self.counts.commits += 1
        self.counts.quarantined += sum(
            isinstance(row, Unreadable) for stored in group.stored for row in stored.rows
        )
        return True

    def _ack(self, stream: str, upto: int, *, verdict: str = "stored", boot: str | None) -> Ack:
        return Ack(
            store_id=self._store.store_id,
            stream=stream,
            upto=upto,
            verdict=verdict,  # type: ignore[arg-type]  # one of three literals, chosen above
            boot=boot,
            ancestors=self._store.ancestors,
            at_ms=self._wall_ms(),
        )


def _put_aside(batch: Batch, reason: str) -> Batch:
    """Return a batch whose rows are all taken for unreadable."""
    rows = tuple(
        row
        if isinstance(row, Unreadable)
        else Unreadable(row.seq, encode_row(row), RefusalCode.INVALID, reason)
        for row in batch.rows
    )
    return msgspec.structs.replace(batch, rows=rows)


def start(intake: Intake) -> threading.Thread:
    """Run an intake on a thread of its own; `intake.close()` then `join()` ends it."""
    thread = threading.Thread(target=intake.run, name="intake", daemon=False)
    thread.start()
    return thread
