"""The one place that changes the records of lending: several messages share one commit.

    sessions ── Job ──► one transaction: each message's effect and its stored answer ──► commit
             ◄── all of their answers ──────────────────────────────────────────────────────┘

It works in the thread of the server's loop, one turn after the other: what becomes readable while
a commit waits for the disk is the next turn's. A thread of its own would take turns with the loop's
for the interpreter, and answer a third less.

Where one message of a transaction fails, all of it is undone and each is answered by itself. A
commit that fails takes its messages with it, and each is told that nothing was recorded. Messages
that only read wait for no commit unless they came between others.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from contracts.sip2 import fields as f
from contracts.sip2.forms import Code
from contracts.sip2.line import Encoding, encode
from contracts.sip2.message import Message, compose
from hub.circulation.decide import Refusal
from hub.circulation.words import Tongue
from hub.errors import StoreError
from hub.library.handlers import HANDLERS, WRITES
from hub.library.pins import PinSeen
from hub.library.repeats import WINDOW_MS, Repeats, Slot
from hub.library.settings import LibrarySettings
from hub.library.upkeep import upkeep
from hub.library.visit import Visit, refusal_of
from hub.store.records import LendingRecords, Records, SharedTransactions
from hub.store.records.terminals import Answer, answers_since, forget_answers, put_answers
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

MOST_TOGETHER: Final = 64
"""Messages of one transaction: the first of them waits for the last."""
UPKEEP_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """A request that waits for its answer."""

    message: Message
    line: bytes
    """As it came: what is repeated are bytes."""
    terminal: str
    branch: str
    encoding: Encoding
    tongue: Tongue
    pin: PinSeen
    connection: int
    count: int
    """How many numbered messages the connection had sent with it."""
    deliver: Callable[[bytes], None]

    @property
    def is_write(self) -> bool:
        """Tell whether it may change something."""
        return self.message.code in WRITES

    @property
    def digest(self) -> str:
        """Return what the same bytes have in common."""
        return hashlib.sha256(self.line).hexdigest()

    @property
    def subject(self) -> str:
        """Return what it is about, the item or the patron, so that nobody can read it."""
        about = self.message.text(f.ITEM) or self.message.text(f.PATRON)
        return hashlib.sha256(f"{self.terminal}\0{about}".encode()).hexdigest()[:32]

    def encode(self, answer: Message) -> bytes:
        """Return the line of an answer, checked as the request was."""
        return encode(answer, self.encoding, is_checked=self.message.is_checked)


class Worker:
    """Answers jobs. Opened, used and closed in one loop."""

    def __init__(
        self,
        records: Records,
        settings: LibrarySettings,
        clock_ms: Callable[[], int],
        *,
        history_days: int,
    ) -> None:
        self.counts: Counter[str] = Counter()
        """Messages by their code, and `repeated`, `failed`, `not_stored`, `commits`."""
        self._settings = settings
        self._clock_ms = clock_ms
        self._history_days = history_days
        self._transactions = SharedTransactions(records)
        self._repeats = Repeats()
        self._waiting: list[Job] = []
        self._is_due = False
        self._loop: asyncio.AbstractEventLoop
        self._next_upkeep: asyncio.TimerHandle

    def open(self) -> None:
        """Begin to answer, in the loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._load()
        self._next_upkeep = self._loop.call_later(UPKEEP_SECONDS, self._keep_again)

    def close(self) -> None:
        """Answer what has come, and end; in the loop's thread."""
        self._next_upkeep.cancel()
        while self._waiting:
            self._turn()
        self._transactions.close()

    def submit(self, job: Job) -> None:
        """Take a job; `deliver` is called with its answer."""
        self._waiting.append(job)
        if not self._is_due:
            self._is_due = True
            # Behind all that became readable with it: they share its commit.
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Answer what has come by now."""
        jobs = self._waiting[:MOST_TOGETHER]
        del self._waiting[:MOST_TOGETHER]
        self._is_due = bool(self._waiting)
        if self._is_due:
            self._loop.call_soon(self._turn)
        if jobs:
            self._answer(jobs)

    def _answer(self, jobs: Sequence[Job]) -> None:
        """Answer jobs together; where one of them fails, each by itself."""
        try:
            answers = self._answered(jobs)
        except Exception as error:  # noqa: BLE001  the border of the server
            # What is wrong with one message must end neither the others nor the server.
            if len(jobs) > 1:
                for job in jobs:
                    self._answer([job])
                return
            answers = [self._failed(jobs[0], error)]
        for job, answer in zip(jobs, answers, strict=True):
            self.counts[job.message.code] += 1
            job.deliver(answer)

    def _answered(self, jobs: Sequence[Job]) -> list[bytes]:
        """Return the answers of jobs, whose effects are stored; whatever is raised, none is."""
        noted: list[Answer] = []
        is_writing = any(job.is_write for job in jobs)
        begin = self._transactions.writing if is_writing else self._transactions.reading
        try:
            with begin() as connection:
                answers, book = [], LendingRecords(connection)
                for job in jobs:
                    answer = self._repeated(job)
                    if answer is None:
                        answer = job.encode(HANDLERS[job.message.code](self._visit(job, book)))
                        if job.is_write and job.message.sequence is not None:
                            noted.append(self._note(job, answer))
                    answers.append(answer)
                if noted:
                    latest = {(one.terminal, one.sequence): one for one in noted}
                    put_answers(connection, list(latest.values()))
        except BaseException:
            for one in noted:
                self._repeats.withdraw(one.terminal, one.sequence)
            raise
        self.counts["commits"] += is_writing
        return answers

    def _failed(self, job: Job, error: Exception) -> bytes:
        if isinstance(error, StoreUnavailable | StoreError):
            log.error("library_not_stored", reason=str(error))
            self.counts["not_stored"] += 1
        else:
            log.error("library_failed", code=job.message.code, exc_info=error)
            self.counts["failed"] += 1
        now_ms = self._clock_ms()
        try:
            return job.encode(
                refusal_of(job.message, self._settings, Refusal.NOT_STORED, now_ms, job.tongue)
            )
        except Exception as again:  # the border of the server
            # Whatever the mistake, the others of this turn wait for their answers.
            log.error("library_refusal_failed", code=job.message.code, exc_info=again)
            return job.encode(compose(Code.REQUEST_TERMINAL_RESEND))

    def _visit(self, job: Job, book: LendingRecords) -> Visit:
        return Visit(
            job.message,
            book,
            self._settings,
            job.terminal,
            job.branch,
            self._clock_ms(),
            job.tongue,
            job.pin,
        )

    def _repeated(self, job: Job) -> bytes | None:
        if not job.is_write or job.message.sequence is None:
            return None
        found = self._repeats.find(
            job.terminal,
            job.message.sequence,
            job.digest,
            connection=job.connection,
            count=job.count,
            now_ms=self._clock_ms(),
        )
        self.counts["repeated"] += found is not None
        return found

    def _note(self, job: Job, answer: bytes) -> Answer:
        sequence, at_ms = job.message.sequence, self._clock_ms()
        assert sequence is not None  # noqa: S101
        slot = Slot(job.digest, job.subject, answer, at_ms, job.connection, job.count)
        self._repeats.note(job.terminal, sequence, slot)
        return Answer(job.terminal, sequence, slot.digest, slot.subject, answer, at_ms)

    def _load(self) -> None:
        try:
            with self._transactions.reading() as connection:
                kept = answers_since(connection, self._clock_ms() - WINDOW_MS)
        except (StoreUnavailable, StoreError) as error:
            log.error("library_answers_not_read", reason=str(error))
            return
        self._repeats.load(
            (one.terminal, one.sequence, one.checksum, one.subject, one.answer, one.at_ms)
            for one in kept
        )

    def _keep_again(self) -> None:
        self._next_upkeep = self._loop.call_later(UPKEEP_SECONDS, self._keep_again)
        self.keep()

    def keep(self) -> None:
        """Forget what is over, and end holds whose time is."""
        now_ms = self._clock_ms()
        self._repeats.forget(now_ms - WINDOW_MS)
        try:
            with self._transactions.writing() as connection:
                forget_answers(connection, now_ms - WINDOW_MS)
                book, rule = LendingRecords(connection), self._settings.rules.holds
                upkeep(book, rule, now_ms, history_days=self._history_days)
        except (StoreUnavailable, StoreError) as error:
            log.warning("library_upkeep_failed", reason=str(error))
