"""Asking a library's system by SIP2: one connection, one request in flight.

A request is sent again, the same bytes on the same connection, while that can do no harm: always
for questions, for changes only where the system is known to answer a repeat from its store. Else
the connection is dropped, and whoever asked has to find out what happened (`ReplyLost`).
Source: SIP2 interface guide 2.21, chapter on error detection.
"""

import asyncio
import contextlib
import random
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

import structlog

from contracts.errors import ChecksumWrong, LineError
from contracts.sip2.fields import (
    ITEM,
    LOCATION,
    LOGIN_PASSWORD,
    LOGIN_USER,
    PATRON,
)
from contracts.sip2.forms import FORMS, Code
from contracts.sip2.line import decode, encode
from contracts.sip2.message import Message, compose, next_sequence
from contracts.sip2.parts import OK, TERMINAL_STATUS
from contracts.sip2.splitter import LineSplitter
from kiosk.desk.sip2_account import Account, read_status
from kiosk.errors import NotSent, NotSupported, ReplyLost
from kiosk.lending.services import SystemStatus

log = structlog.get_logger(__name__)

FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 1.0
"""After a change whose answer was lost: so long the system may still be busy with it."""
LONGEST_ANSWER_SECONDS: Final = 25.0
"""A visitor waits no longer for one question, however long the system says that it may take (up to
99.8 s a try) and whatever else it sends meanwhile."""

_CONNECT_SECONDS: Final = 5.0
_CHUNK_BYTES: Final = 4096
_MOST_LINES: Final = 64
_CHANGES: Final = frozenset(
    {
        *(Code.CHECKOUT, Code.CHECKIN, Code.RENEW, Code.RENEW_ALL, Code.HOLD, Code.FEE_PAID),
        *(Code.BLOCK_PATRON, Code.PATRON_ENABLE, Code.ITEM_STATUS_UPDATE),
    }
)
_ALWAYS: Final = frozenset({Code.LOGIN, Code.TERMINAL_STATUS})

Key = tuple[str, str, str]
"""What an answer has to agree in with its request: code of the answer, patron, item."""


class Sip2Client:
    """One terminal at one library system; opens its connection when it is needed.

    `counts` tells what was met: `late`, `corrupt`, `resent`, `timeouts`, `lost`, `connections`.
    `wait_seconds` is the first wait after a connection that failed.
    """

    def __init__(
        self,
        account: Account,
        *,
        rng: random.Random | None = None,
        wait_seconds: float = FIRST_WAIT_SECONDS,
        settle_seconds: float = SETTLE_SECONDS,
        on_status: Callable[[SystemStatus], None] = lambda _: None,
    ) -> None:
        self.account = account
        self.status: SystemStatus | None = None
        self.paper = "0"
        """What the next 99 says of the printer: 0 fine, 1 out of paper."""
        self.counts: Counter[str] = Counter()
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._first_wait = self._wait = wait_seconds
        self._settle = settle_seconds
        self._on_status = on_status
        self._turn = asyncio.Lock()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._lines: deque[bytes] = deque(maxlen=_MOST_LINES)
        self._splitter = LineSplitter()
        self._sequence: int | None = None
        self._before: Key | None = None
        self._is_checked = False
        self._not_before = 0.0
        self._settled_at = 0.0
        self._used_at = 0.0
        self._status_at = 0.0
        self._due = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether a connection stands, as far as is known."""
        return self._writer is not None and not (self._reader and self._reader.at_eof())

    @property
    def condition(self) -> SystemStatus | None:
        """What the system last said of itself, None while no connection stands."""
        return self.status if self.is_open else None

    def status_at_ms(self, now_ms: int) -> int:
        """Return when the status was told, given the present."""
        ago = asyncio.get_running_loop().time() - self._status_at
        return now_ms - int(ago * 1000)

    async def ask(self, message: Message) -> Message:
        """Return the answer to a request.

        Raises NotSupported and NotSent, after which nothing happened, and ReplyLost, after which
        that is not known.
        """
        async with self._turn:
            self._begin()
            await self._open()
            supported = self.status.supported if self.status else None
            if supported is not None and message.code not in supported | _ALWAYS:
                raise NotSupported(
                    f"the library's system at {self.account.host} does not take message"
                    f" {message.code}"
                )
            return await self._exchange(message)

    async def refresh(self) -> SystemStatus:
        """Ask the system how it is (99), on a connection of its own if there is none."""
        async with self._turn:
            self._begin()
            await self._open()
            return await self._ask_status()

    async def run(self) -> None:
        """Keep the connection up until cancelled: open it with growing waits, ask when idle."""
        loop = asyncio.get_running_loop()
        while True:
            idle = self.account.profile.idle_seconds
            due = self._used_at + idle if self.is_open else self._not_before
            await asyncio.sleep(max(0.05, min(due - loop.time(), idle)))
            if self.is_open and loop.time() < self._used_at + idle:
                continue
            with contextlib.suppress(NotSent, ReplyLost):
                await self.refresh()

    async def close(self) -> None:
        """Close the connection; harmless when there is none."""
        async with self._turn:
            await self._drop()

    def _begin(self) -> None:
        self._due = asyncio.get_running_loop().time() + LONGEST_ANSWER_SECONDS

    async def _open(self) -> None:
        if self._reader is not None and self._reader.at_eof():
            await self._drop()
        if self._writer is not None:
            return
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._settled_at - loop.time()))
        if loop.time() < self._not_before:
            raise NotSent(f"the library's system at {self.account.host} does not answer")
        try:
            await self._connect()
            if self.account.user:
                await self._log_in()
            await self._ask_status()
        except (NotSent, ReplyLost) as error:
            self._not_before = loop.time() + self._wait * self._rng.uniform(0.8, 1.2)
            self._wait = min(self._wait * 2, LONGEST_WAIT_SECONDS)
            await self._drop()
            # What was asked for has not been sent: this was only about the connection.
            raise NotSent(str(error)) from error
        self._wait = self._first_wait

    async def _connect(self) -> None:
        account = self.account
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                self._reader, self._writer = await asyncio.open_connection(
                    account.host, account.port, ssl=account.tls
                )
        except (OSError, TimeoutError) as error:
            raise NotSent(
                f"the library's system at {account.host}:{account.port} cannot be reached: "
                f"{error or 'no answer'}"
            ) from error
        self.counts["connections"] += 1
        self._lines.clear()
        self._splitter = LineSplitter()
        self._before = None

    async def _log_in(self) -> None:
        account = self.account
        answer = await self._exchange(
            compose(
                Code.LOGIN,
                LOGIN_USER.of(account.user),
                LOGIN_PASSWORD.of(account.password),
                LOCATION.of(account.location) if account.location else None,
            )
        )
        if not answer[OK]:
            raise NotSent(
                f"the library's system at {account.host} refuses the account {account.user!r}:"
                " check its password"
            )

    async def _ask_status(self) -> SystemStatus:
        message = compose(Code.TERMINAL_STATUS, TERMINAL_STATUS.of(self.paper))
        self.status = read_status(await self._exchange(message), self.account)
        self._status_at = asyncio.get_running_loop().time()
        self._on_status(self.status)
        return self.status

    async def _exchange(self, message: Message) -> Message:
        """Send a request on the open connection and return its answer, or drop the connection."""
        try:
            answer = await self._converse(message)
        except BaseException as error:
            # An answer that comes later must not meet the next request.
            await self._drop()
            if message.code in _CHANGES:
                self._settled_at = asyncio.get_running_loop().time() + self._settle
            if isinstance(error, OSError):
                self.counts["lost"] += 1
                raise ReplyLost(f"the connection to {self.account.host} broke") from error
            if isinstance(error, ReplyLost):
                self.counts["lost"] += 1
            raise
        self._before = _key_of(message)
        self._used_at = asyncio.get_running_loop().time()
        return answer

    async def _converse(self, message: Message) -> Message:
        profile = self.account.profile
        self._sequence = next_sequence(self._sequence)
        asked = message.numbered(self._sequence if profile.is_checked else None)
        line = encode(
            asked, profile.encoding, is_checked=profile.is_checked, terminator=profile.terminator
        )
        status = self.status
        tries = status.retries if status else 3
        seconds = status.timeout_seconds if status else profile.least_timeout_seconds
        is_harmless = message.code not in _CHANGES or profile.is_repeat_safe
        was_replayed, strangers = False, 0
        await self._write(line)
        while True:
            got = await self._read_line(seconds)
            heard = self._hear(got, asked, was_replayed=was_replayed)
            if isinstance(heard, Message):
                return heard
            if heard == "late" and strangers < _MOST_LINES:
                strangers += 1
                continue
            if tries <= 0 or (heard != "corrupt" and not is_harmless):
                raise ReplyLost(f"no answer of {self.account.host} to message {message.code}")
            tries -= 1
            if heard == "corrupt":
                was_replayed = True
                await self._write(
                    encode(
                        compose(Code.REQUEST_SYSTEM_RESEND),
                        profile.encoding,
                        is_checked=profile.is_checked,
                        terminator=profile.terminator,
                    )
                )
            else:
                self.counts["resent"] += 1
                await self._write(line)

    def _hear(self, line: bytes | None, asked: Message, *, was_replayed: bool) -> Message | str:
        """Return the answer, or what to make of a line that is none: late, corrupt, again."""
        if line is None:
            self.counts["timeouts"] += 1
            return "again"
        try:
            answer = decode(line, self.account.profile.encoding)
        except ChecksumWrong:
            self.counts["corrupt"] += 1
            return "corrupt"
        except LineError:
            self.counts["corrupt"] += 1
            return "corrupt" if self._is_checked else "late"
        if answer.code == Code.REQUEST_TERMINAL_RESEND:
            return "again"
        if self._is_checked and not answer.is_checked:
            # A system that sends checksums sends them always: this one lost its tail.
            self.counts["corrupt"] += 1
            return "corrupt"
        self._is_checked = self._is_checked or answer.is_checked
        if _is_answer(answer, asked) and self._is_ours(answer, asked, was_replayed=was_replayed):
            return answer
        self.counts["late"] += 1
        return "late"

    def _is_ours(self, answer: Message, asked: Message, *, was_replayed: bool) -> bool:
        if asked.sequence is None or answer.sequence == asked.sequence:
            return True
        if not self._is_checked:
            return answer.sequence is None
        # What is replayed after a 97 has no number of its own. It is the system's last answer: to
        # this request, unless the one before would have been answered alike.
        return was_replayed and answer.sequence in {None, 0} and self._before != _key_of(asked)

    async def _write(self, line: bytes) -> None:
        if self._writer is None:
            raise ReplyLost("the connection is closed")
        self._writer.write(line)
        await self._writer.drain()

    async def _read_line(self, seconds: float) -> bytes | None:
        """Return the next line, None after so many seconds. Raises ReplyLost at the end."""
        if self._lines:
            return self._lines.popleft()
        if self._reader is None:
            raise ReplyLost("the connection is closed")
        left = self._due - asyncio.get_running_loop().time()
        if left <= 0:
            raise ReplyLost(f"no answer of {self.account.host} that a visitor could wait for")
        try:
            async with asyncio.timeout(min(seconds, left)):
                while not self._lines:
                    chunk = await self._reader.read(_CHUNK_BYTES)
                    if not chunk:
                        raise ReplyLost(f"{self.account.host} closed the connection")
                    self._lines.extend(self._splitter.feed(chunk))
        except TimeoutError:
            # Half a line that stays away would otherwise spoil the answer to what is sent again.
            self._splitter = LineSplitter()
            return None
        return self._lines.popleft()

    async def _drop(self) -> None:
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()


def _is_answer(answer: Message, asked: Message) -> bool:
    """Tell whether an answer is of the right kind and of the right patron and item."""
    if answer.code != FORMS[asked.code].answer:
        return False
    return all(
        said is None or wanted is None or said == wanted
        for said, wanted in (
            (answer.get(PATRON), asked.get(PATRON)),
            (answer.get(ITEM), asked.get(ITEM)),
        )
    )


def _key_of(message: Message) -> Key:
    answer = FORMS[message.code].answer
    return str(answer), message.text(PATRON), message.text(ITEM)
