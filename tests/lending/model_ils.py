"""A small library system for tests: what it was asked to do is all that it knows.

`embedded`: answers a repeated message from its store, and knows transactions by their ids. Without
it carries out everything as often as it comes, as systems do that keep no account of messages.
"""

import asyncio
import copy
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from contracts.errors import ChecksumWrong, LineError
from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import CirculationStatus
from contracts.sip2.forms import Code
from contracts.sip2.line import decode, encode
from contracts.sip2.message import Message, compose
from contracts.sip2.splitter import LineSplitter

ALL = "YYYYYYYYYYYYYYYY"


@dataclass
class Loan:
    patron: str
    out: str
    transaction: str
    due: str = "20261227    235959"


@dataclass
class Books:
    """What it keeps; a restore puts an older copy back."""

    loans: dict[str, Loan] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    """Item ids by transaction id."""
    times: Counter[str] = field(default_factory=Counter)
    """How often each checkout was carried out, by its transaction's id or its item and time."""
    log: list[tuple[str, str, str]] = field(default_factory=list)


class ModelIls:
    def __init__(self, *, embedded: bool = True, supported: str = ALL) -> None:
        self.embedded = embedded
        self.supported = supported
        self.books = Books()
        self.doubled = 0
        self.blocked: set[str] = set()
        self.not_returnable: set[str] = set()
        self.reference: set[str] = set()
        self.titles: dict[str, str] = {}
        self.offline_ok = True
        self.online = True
        self.timeout = 999
        self.clock_ahead = timedelta()
        self.seen: Counter[str] = Counter()
        self.papers: list[str] = []
        self.before: Callable[[Message], None] = lambda _: None
        self._stored: dict[tuple[str, int | None, bytes], Message] = {}

    def copy_of_books(self) -> Books:
        return copy.deepcopy(self.books)

    def answer(self, request: Message, line: bytes) -> Message | None:
        self.seen[request.code] += 1
        self.before(request)
        key = (request.code, request.sequence, line)
        if self.embedded and key in self._stored:
            return self._stored[key]
        answer = self._do(request)
        if self.embedded and answer is not None:
            self._stored[key] = answer
            while len(self._stored) > 64:
                del self._stored[next(iter(self._stored))]
        return answer

    def _do(self, m: Message) -> Message | None:
        who = (f.INSTITUTION.of("CN"), f.PATRON.of(m.text(f.PATRON)))
        match m.code:
            case Code.LOGIN:
                is_right = m.text(f.LOGIN_PASSWORD) == "secret"
                return compose(Code.LOGIN_ANSWER, p.OK.of(is_right))
            case Code.TERMINAL_STATUS:
                self.papers.append(m[p.TERMINAL_STATUS])
                return self._status()
            case Code.CHECKOUT:
                return self._check_out(m)
            case Code.CHECKIN:
                return self._check_in(m)
            case Code.RENEW:
                return self._renew(m)
            case Code.ITEM_INFORMATION:
                return self._item(m)
            case Code.PATRON_INFORMATION:
                mine = [
                    item for item, loan in self.books.loans.items() if loan.patron == who[1].value
                ]
                first = int(m.text(f.START_ITEM) or 1) - 1
                return compose(
                    Code.PATRON_INFORMATION_ANSWER,
                    p.CHARGED_COUNT.of(len(mine)),
                    *who,
                    f.NAME.of(""),
                    f.VALID_PATRON.of("Y"),
                    *(f.CHARGED_ITEMS.of(item) for item in mine[first : first + 50]),
                )
            case Code.END_SESSION:
                return compose(Code.END_SESSION_ANSWER, p.ENDED.of(True), *who)
            case _:
                return None

    def _status(self) -> Message:
        return compose(
            Code.SYSTEM_STATUS,
            p.ONLINE.of(self.online),
            p.CHECKIN_OK.of(True),
            p.CHECKOUT_OK.of(True),
            p.RENEWAL_POLICY.of(True),
            p.OFFLINE_OK.of(self.offline_ok),
            p.TIMEOUT.of(self.timeout),
            p.RETRIES.of(3),
            p.SYSTEM_TIME.of(datetime.now(UTC).replace(tzinfo=None) + self.clock_ahead),
            f.INSTITUTION.of("CN"),
            f.SUPPORTED.of(self.supported),
        )

    def _lent(self, m: Message, *, ok: bool, said: str = "", renewal: bool = False) -> Message:
        item = m.text(f.ITEM)
        loan = self.books.loans.get(item)
        return compose(
            Code.CHECKOUT_ANSWER if m.code == Code.CHECKOUT else Code.RENEW_ANSWER,
            p.OK.of(ok),
            p.RENEWAL_OK.of(renewal),
            p.MAGNETIC.of(False),
            p.DESENSITIZE.of(ok and item not in self.reference),
            f.INSTITUTION.of("CN"),
            f.PATRON.of(m.text(f.PATRON)),
            f.ITEM.of(item),
            f.TITLE.of(self.titles.get(item, "")),
            f.DUE.of(loan.due if ok and loan else ""),
            f.SCREEN.of(said) if said else None,
        )

    def _check_out(self, m: Message) -> Message:
        books, item, patron, name = (
            self.books,
            m.text(f.ITEM),
            m.text(f.PATRON),
            m.text(f.TRANSACTION),
        )
        loan = books.loans.get(item)
        if self.embedded and name and name in books.known:
            return self._lent(m, ok=True)
        if patron in self.blocked and not m[p.NO_BLOCK]:
            return self._lent(m, ok=False, said="blocked")
        if loan is not None and loan.patron != patron:
            return self._lent(m, ok=False, said="lent to another")
        at = str(m.fixed[2:20])
        if loan is not None:
            self.doubled += 1  # it would stand twice on this patron's list
        books.loans[item] = Loan(patron, at, name)
        books.known[name] = item
        books.log.append(("borrow", item, patron))
        return self._lent(m, ok=True, renewal=loan is not None)

    def _check_in(self, m: Message) -> Message:
        books, item, name = self.books, m.text(f.ITEM), m.text(f.TRANSACTION)
        loan = books.loans.get(item)
        is_known = self.embedded and name != "" and name in books.known
        is_ok = is_known or (loan is not None and item not in self.not_returnable)
        if is_ok and not is_known and loan is not None:
            at = str(m.fixed[1:19])
            if not m[p.NO_BLOCK] or loan.out <= at:
                del books.loans[item]
            books.known[name] = item
            books.log.append(("return", item, loan.patron))
        return compose(
            Code.CHECKIN_ANSWER,
            p.OK.of(is_ok),
            p.RESENSITIZE.of(True),
            p.MAGNETIC.of(False),
            f.INSTITUTION.of("CN"),
            f.ITEM.of(item),
            f.PERMANENT_LOCATION.of(""),
        )

    def _renew(self, m: Message) -> Message:
        loan = self.books.loans.get(m.text(f.ITEM))
        if loan is None or loan.patron != m.text(f.PATRON):
            return self._lent(m, ok=False, said="no such loan")
        loan.due = "20270127    235959"
        return self._lent(m, ok=True, renewal=True)

    def _item(self, m: Message) -> Message:
        item = m.text(f.ITEM)
        loan = self.books.loans.get(item)
        status = CirculationStatus.CHARGED if loan else CirculationStatus.AVAILABLE
        return compose(
            Code.ITEM_INFORMATION_ANSWER,
            p.CIRCULATION.of(status),
            f.ITEM.of(item),
            f.TITLE.of(self.titles.get(item, "")),
            f.DUE.of(loan.due) if loan else None,
        )


class IlsServer:
    """A ModelIls behind a port of loopback; each connection is served in its order."""

    def __init__(self, ils: ModelIls) -> None:
        self.ils = ils
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away as a power cut does."""
        if self._server is not None:
            self._server.close()
            self.cut()
            if self._serving:
                await asyncio.wait(self._serving)
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Break every connection."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        self._writers.add(writer)
        lines, last = LineSplitter(), b""
        try:
            while chunk := await reader.read(4096):
                for line in lines.feed(chunk):
                    told = self._hear(line, last)
                    if told:
                        last = told
                        writer.write(told)
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self._serving.discard(serving)

    def _hear(self, line: bytes, last: bytes) -> bytes:
        try:
            request = decode(line)
        except ChecksumWrong:
            return encode(compose(Code.REQUEST_TERMINAL_RESEND))
        except LineError:
            return b""
        if not request.is_checked:
            return encode(compose(Code.REQUEST_TERMINAL_RESEND))
        if request.code == Code.REQUEST_SYSTEM_RESEND:
            return last or encode(compose(Code.REQUEST_TERMINAL_RESEND))
        answer = self.ils.answer(request, line)
        return b"" if answer is None else encode(answer.numbered(request.sequence))
