"""One connection of a terminal: log-in, resending, sequence numbers; what else comes is a job."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, TypeVar, cast

import structlog

from contracts.errors import LineError
from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.forms import Code
from contracts.sip2.line import Encoding, decode, encode
from contracts.sip2.message import Message, compose
from hub.circulation.decide import Refusal
from hub.circulation.words import Tongue
from hub.errors import StoreError
from hub.library.handlers import HANDLERS, SUPPORTED
from hub.library.pins import PinDesk, PinSeen, PinState
from hub.library.settings import LibrarySettings
from hub.library.terminals import TerminalDesk
from hub.library.visit import institution_of, refusal_of
from hub.library.worker import Job, Worker
from hub.store.records.terminals import Terminal

log = structlog.get_logger(__name__)

FREE_LOGINS: Final = 3
"""Wrong log-ins of a connection that are borne; the next one ends it."""
LOOK_AGAIN_SECONDS: Final = 30.0
"""So long may a connection outlast its terminal's account."""
_PLAIN: Final = "0"
_ASK_AGAIN: Final = compose(Code.REQUEST_TERMINAL_RESEND)
_ENGLISH_ONLY: Final = frozenset({Encoding.ASCII, Encoding.LATIN_1, Encoding.CP850})

_NO_PIN: Final = PinSeen(PinState.ABSENT)

T = TypeVar("T")


class Session:
    """Answers the lines of one connection, one after the other."""

    def __init__(
        self,
        settings: LibrarySettings,
        worker: Worker,
        terminals: TerminalDesk,
        pins: PinDesk,
        slow: Executor,
        clock_ms: Callable[[], int],
        *,
        connection: int,
        address: str,
        encoding: Encoding,
    ) -> None:
        self._settings = settings
        self._worker = worker
        self._terminals = terminals
        self._pins = pins
        self._slow = slow
        self._clock_ms = clock_ms
        self._connection = connection
        self._address = address
        self._encoding = encoding
        self._tongue: Tongue = "zh"
        self._terminal: Terminal | None = None
        self._looked_at = 0.0
        self._failures = 0
        self._count = 0
        self._is_checked = True
        self._has_checksums = False
        self._last: bytes | None = None
        self._coming: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the connection is to be closed once the answer has left."""
        return self._failures > FREE_LOGINS

    @property
    def is_logged_in(self) -> bool:
        """Tell whether a terminal has logged in."""
        return self._terminal is not None

    def take(self, line: bytes, answered: Callable[[bytes], None]) -> None:
        """Answer a line: `answered` is called once, at once or later, with the answer's line.

        The next line is taken after that only. What every loan needs takes no task of its own.
        Checksums that are once in use stay in use: a line without is asked for again.
        """
        try:
            message = decode(line, self._encoding)
        except LineError as error:
            log.info("sip2_line_refused", reason=error.reason, connection=self._connection)
            self._is_checked = self._has_checksums or b"AZ" in line[-7:]
            answered(self._refused())
            return
        if message.code == Code.REQUEST_SYSTEM_RESEND:
            answered(self._last or self.ask_again())
            return
        if self._has_checksums and not message.is_checked:
            # A line that lost its end on the way looks just like one that never had a checksum.
            log.info("sip2_checksum_missing", code=message.code, connection=self._connection)
            self._is_checked = True
            answered(self._refused())
            return
        self._is_checked = message.is_checked
        self._has_checksums = message.is_checked and not self._settings.may_checksums_stop
        self._count += message.sequence is not None

        def told(answer: bytes) -> None:
            self._last = answer
            answered(answer)

        known = self._known(message)
        if self._terminal is None or known is None or self._is_to_look_again:
            coming = self._slowly(message, line, told)
            # The loop itself keeps no task alive.
            self._coming = asyncio.get_running_loop().create_task(coming, name="sip2 message")
            self._coming.add_done_callback(lambda task: self._ended(task, answered))
        else:
            self._submit(message, line, self._terminal, known, told)

    def ask_again(self) -> bytes:
        """Return what asks a terminal to send its message again."""
        return encode(_ASK_AGAIN, is_checked=self._is_checked)

    async def close(self) -> None:
        """End what is still under way."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait([self._coming])

    def _ended(self, task: asyncio.Task[None], answered: Callable[[bytes], None]) -> None:
        """Tell of a mistake of ours, and let the terminal ask again."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sip2_message_failed", exc_info=error)
            answered(self.ask_again())

    def _refused(self) -> bytes:
        self._worker.counts["refused"] += 1
        return self.ask_again()

    def _known(self, message: Message) -> PinSeen | None:
        """Return what is known of a request's PIN; None where somebody has to look first."""
        if message.code not in HANDLERS:
            return None
        pin = message.text(f.PATRON_PASSWORD)
        return self._pins.known(message.text(f.PATRON), pin) if pin else _NO_PIN

    @property
    def _is_to_look_again(self) -> bool:
        return time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS

    async def _slowly(self, message: Message, line: bytes, told: Callable[[bytes], None]) -> None:
        """Answer what is not about a loan, or needs to look something up first."""
        if message.code == Code.LOGIN:
            told(self._encoded(message, await self._log_in(message)))
            return
        await self._look_again()
        if message.code == Code.TERMINAL_STATUS:
            told(self._encoded(message, self._status(message)))
            return
        if message.code not in HANDLERS:
            # An answer is no request.
            told(self._refused())
            return
        if self._terminal is None:
            told(self._encoded(message, self._refusal(message, Refusal.NOT_LOGGED_IN)))
            return
        pin, card = message.text(f.PATRON_PASSWORD), message.text(f.PATRON)
        known = self._known(message)
        if known is None:
            try:
                known = await self._beside(lambda: self._pins.attempt(card, pin))
            except StoreError as error:
                log.error("pin_not_read", reason=str(error))
                told(self._encoded(message, self._refusal(message, Refusal.NOT_STORED)))
                return
        self._submit(message, line, self._terminal, known, told)

    def _submit(
        self,
        message: Message,
        line: bytes,
        terminal: Terminal,
        pin: PinSeen,
        told: Callable[[bytes], None],
    ) -> None:
        self._hear_language(message, terminal)
        if message.code == Code.END_SESSION:
            self._pins.forget(message.text(f.PATRON), message.text(f.PATRON_PASSWORD))
        self._worker.submit(
            Job(
                message,
                line,
                terminal.name,
                terminal.branch,
                self._encoding,
                self._tongue,
                pin,
                self._connection,
                self._count,
                told,
            )
        )

    async def _log_in(self, message: Message) -> Message:
        name, password = message.text(f.LOGIN_USER), message.text(f.LOGIN_PASSWORD)
        is_plain = (message[p.USER_ALGORITHM], message[p.PASSWORD_ALGORITHM]) == (_PLAIN, _PLAIN)
        found = None
        if is_plain:
            try:
                found = await self._beside(
                    lambda: self._terminals.enter(name, password, self._address)
                )
            except StoreError as error:
                log.error("terminal_not_read", reason=str(error))
        self._worker.counts["93"] += 1
        self._terminal = found
        if found is None:
            self._failures += 1
            log.warning("terminal_not_let_in", address=self._address)
        else:
            self._failures = 0
            self._encoding = Encoding(found.encoding)
            self._tongue = self._tongue_of(found)
            self._looked_at = time.monotonic()
            log.info("terminal_in", terminal=found.name, address=self._address)
        return compose(Code.LOGIN_ANSWER, p.OK.of(found is not None), sequence=message.sequence)

    async def _look_again(self) -> None:
        """Notice an account that was revoked meanwhile."""
        terminal, now = self._terminal, time.monotonic()
        if terminal is None or now - self._looked_at < LOOK_AGAIN_SECONDS:
            return
        self._looked_at = now
        try:
            self._terminal = await self._beside(lambda: self._terminals.current(terminal.name))
        except StoreError as error:
            log.error("terminal_not_read", reason=str(error))

    def _status(self, message: Message) -> Message:
        settings = self._settings
        self._worker.counts["99"] += 1
        name = settings.name_en if self._tongue == "en" else settings.name_zh
        return compose(
            Code.SYSTEM_STATUS,
            *(p.ONLINE.of(True), p.CHECKIN_OK.of(True), p.CHECKOUT_OK.of(True)),
            *(p.RENEWAL_POLICY.of(True), p.STATUS_UPDATE_OK.of(True)),
            p.OFFLINE_OK.of(settings.is_offline_ok),
            p.TIMEOUT.of(settings.timeout_tenths),
            p.RETRIES.of(settings.retries),
            p.SYSTEM_TIME.of(settings.local(self._clock_ms())),
            f.INSTITUTION.of(institution_of(message, settings)),
            f.LIBRARY.of(name),
            f.SUPPORTED.of(SUPPORTED),
            f.TERMINAL.of(self._terminal.branch) if self._terminal else None,
            sequence=message.sequence,
        )

    async def _beside(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._slow, call)

    def _hear_language(self, message: Message, terminal: Terminal) -> None:
        if p.LANGUAGE not in message.form.places:
            return
        if message[p.LANGUAGE] in {"019", "027"} and self._encoding not in _ENGLISH_ONLY:
            self._tongue = "zh"
        elif message[p.LANGUAGE] in {"000", ""}:
            self._tongue = self._tongue_of(terminal)
        else:
            self._tongue = "en"

    def _tongue_of(self, terminal: Terminal) -> Tongue:
        return "en" if self._encoding in _ENGLISH_ONLY else cast("Tongue", terminal.language)

    def _refusal(self, message: Message, refusal: Refusal) -> Message:
        return refusal_of(message, self._settings, refusal, self._clock_ms(), self._tongue)

    def _encoded(self, message: Message, answer: Message) -> bytes:
        return encode(answer, self._encoding, is_checked=message.is_checked)
