"""Hostile terminals at the real server, and a hostile system at the real client."""

import asyncio
import random
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.sip2.forms import FORMS, Code
from contracts.sip2.line import Encoding, decode
from contracts.sip2.profiles import PROFILES
from contracts.sip2.splitter import LineSplitter
from hub.library.terminals import POLICY, TerminalDesk
from hub.store.records import Records
from kiosk.desk.ils import Happened, Sip2Ils
from kiosk.desk.items import Items
from kiosk.desk.patron import Patrons
from kiosk.desk.sip2_account import Account
from kiosk.desk.sip2_client import LONGEST_ANSWER_SECONDS, Sip2Client
from kiosk.errors import NotSent, NotSupported, ReplyLost
from kiosk.lending.effects import Request
from kiosk.lending.transaction import Action, Transaction
from tests.accounts import CHEAP, TESTER
from tests.fuzz.lines import a_line, a_request
from tests.unit.hub.library.terminal import HERE, PASSWORD, ZONE, Library, Terminal

ENCODINGS = (
    *dict.fromkeys(each.encoding for each in PROFILES.values()),
    Encoding.GB18030,
    Encoding.CP850,
)
ENDS = (*dict.fromkeys(each.terminator for each in PROFILES.values()), b"\r\n", b"\n")
TITLE = "书目 3"


class Hostile:
    """A terminal that sends what it likes, and reads exactly as many answers as it has to get."""

    def __init__(self, port: int, encoding: Encoding, end: bytes) -> None:
        self._port, self._encoding, self._end = port, encoding, end
        self._splitter = LineSplitter()
        self._heard: deque[bytes] = deque()
        self._answers = LineSplitter()
        self._socket: socket.socket | None = None
        self._sent = 0

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def say(self, line: bytes) -> list[bytes]:
        """Send a line; return the answers, one for each line that the server saw."""
        if self._socket is None or self._sent % 25 == 0:
            self._log_in()
        self._sent += 1
        assert self._socket is not None
        before = self._splitter.overlong
        expected = len(self._splitter.feed(line + self._end)) + self._splitter.overlong - before
        self._socket.sendall(line + self._end)
        return [answer for answer in self._read(expected) if answer]

    def _log_in(self) -> None:
        name = f"kiosk-{self._encoding}".lower().replace("_", "-")
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._splitter, self._answers = LineSplitter(), LineSplitter()
        line = f"9300CN{name}|CO{PASSWORD}|AY0AZ".encode()
        self._socket.sendall(line + b"%04X" % (-sum(line) & 0xFFFF) + self._end)
        (answer,) = self._read(1)
        assert answer.startswith(b"941"), answer

    def _read(self, count: int) -> list[bytes]:
        assert self._socket is not None
        while len(self._heard) < count:
            chunk = self._socket.recv(65_536)
            if not chunk:
                # Too many wrong log-ins: the server says so, and closes.
                last = list(self._heard)
                self._heard.clear()
                self.close()
                assert last, "the server closed without an answer"
                assert last[-1].startswith(b"940"), last
                return last
            self._heard.extend(self._answers.feed(chunk))
        return [self._heard.popleft() for _ in range(count)]


class AtTheServer:
    """Feeds requests to a running server, over one connection for each encoding and end."""

    def __init__(self, library: Library, mistakes: list[str]) -> None:
        self._library = library
        self._mistakes = mistakes
        self._terminals = [
            (encoding, Hostile(library.server.port, encoding, ENDS[number % len(ENDS)]))
            for number, encoding in enumerate(ENCODINGS)
        ]
        self._good: Terminal | None = None
        self._refused = 0
        self._asked_again = 0

    def close(self) -> None:
        for _, terminal in self._terminals:
            terminal.close()
        if self._good is not None:
            self._good.close()

    def feed(self, dice: random.Random, number: int) -> str:
        encoding, terminal = self._terminals[number % len(self._terminals)]
        line = a_request(dice, encoding)
        answers = terminal.say(line)
        for answer in answers:
            read = decode(answer, encoding)
            assert read.code in _ANSWERS, read
            self._asked_again += read.code == Code.REQUEST_TERMINAL_RESEND
        assert not self._mistakes, (self._mistakes, line)
        if number % 20 == 0:
            self.good()
        if not answers:
            return "no line"
        code = answers[0][:2].decode()
        return "asked again" if code == "96" else "answered"

    def good(self) -> None:
        """A sound terminal is served beside, whatever the others do."""
        if self._good is None:
            self._good = self._library.terminal("kiosk-1")
        said = self._good.item("B3")
        assert said["AJ"] == TITLE, said
        # One whole round of what a kiosk needs.
        assert self._good.patron("P1", "  Y       ").fixed.startswith("64")

    def check(self) -> None:
        counts = self._library.server.worker.counts
        assert counts["failed"] == 0, self._mistakes
        assert counts["not_stored"] == 0, self._mistakes
        # Each line that could not be taken was counted, and answered with a 96, once.
        assert counts["refused"] <= self._asked_again


_ANSWERS = frozenset(
    {form.answer for form in FORMS.values() if form.answer} | {Code.REQUEST_TERMINAL_RESEND}
)


@contextmanager
def a_library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Run a server whose log-ins cost nothing and lock nobody out, with a terminal per encoding."""
    monkeypatch.setattr("hub.library.server.pin_hasher", lambda: CHEAP)
    monkeypatch.setattr("hub.library.terminals.POLICY", replace(POLICY, free=10**9))
    library = Library(folder)
    with Records(library.path) as records:
        desk = TerminalDesk(records, CHEAP, library.clock)
        for encoding in ENCODINGS:
            name = f"kiosk-{encoding}".lower().replace("_", "-")
            desk.add(TESTER, name, branch=HERE, encoding=encoding, password=PASSWORD)
    with library:
        yield library


class AtTheClient:
    """A library's system that answers what it likes; every question of a kiosk is asked of it."""

    def __init__(self) -> None:
        self.dice = random.Random(0)
        self.answers = 0
        self._greets = True

    def hear(self, line: bytes, encoding: Encoding) -> bytes:
        """Return what is sent for a request: often its own answer, spoilt."""
        dice, code = self.dice, line[:2].decode("ascii", "replace")
        form = FORMS.get(code)
        answer = str(form.answer) if form is not None and form.answer else "96"
        sequence = None
        with suppress(Exception):
            sequence = decode(line, encoding).sequence
        if code in {"93", "99"} and dice.random() < 0.97:
            text = (
                "941"
                if code == "93"
                else f"98YYYYYY001001{'20261129    090000'}2.00AOjd|BX{'Y' * 16}|"
            )
            data = f"{text}AY{sequence or 0}AZ".encode()
            return data + b"%04X\r" % (-sum(data) & 0xFFFF)
        self.answers += 1
        said = []
        with suppress(Exception):
            asked = decode(line, encoding)
            said = [(one.code, one.value) for one in asked.fields if one.code in {"AA", "AB"}]
        if dice.random() < 0.1:
            answer = dice.choice(sorted(FORMS))
        sent = a_line(dice, answer, encoding, sequence=sequence, said=tuple(said))
        match dice.randrange(40):
            case 0:
                return b""
            case 1:
                return sent  # half a line
            case 2:
                return sent + b"\r" + sent + b"\r"
            case 3:
                return dice.randbytes(50) + b"\r"
            case 4:
                return b"\x00\r\n\n" + sent + b"\r"
            case 5 if dice.random() < 0.1:
                return b"x" * 70_000 + b"\r"
        return sent + b"\r"


Ask = Callable[[], Coroutine[Any, Any, object]]


@asynccontextmanager
async def a_kiosk(system: AtTheClient, name: str) -> AsyncIterator[list[Ask]]:
    """Connect a kiosk's client to a hostile system; yield all that a kiosk asks."""
    profile = replace(PROFILES[name], least_timeout_seconds=0.002)
    tasks: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        writers.add(writer)
        splitter = LineSplitter()
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                for line in splitter.feed(chunk):
                    writer.write(system.hear(line, profile.encoding))
        writer.transport.abort()
        writers.discard(writer)
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    account = Account(
        *("127.0.0.1", server.sockets[0].getsockname()[1], profile),
        *("kiosk", "secret", "hall", "jd"),
        zone=ZONE,
    )
    client = Sip2Client(account, wait_seconds=0.0, settle_seconds=0.0)
    ils, items = Sip2Ils(client), Items(client, lambda: 0.0)
    patrons = Patrons(client, items)

    def one(action: Action) -> Transaction:
        return Transaction("T1", "s", action, "B3", ("U1",), 1_795_914_000_000, patron="P1")

    def asking(request: Request, action: Action) -> Ask:
        return lambda: ils.ask(request, one(action), pin="1234")

    async def details() -> object:
        items.forget("B3")
        return await items.details("B3")

    def told_late() -> Coroutine[Any, Any, object]:
        return ils.ask(Request.CHECKOUT, one(Action.BORROW), happened=Happened(1, 2))

    asks: list[Ask] = [
        lambda: patrons.identify("P1", "1234"),
        lambda: patrons.identify("P1", ""),
        lambda: patrons.account("P1", "1234"),
        *(lambda action=action: ils.look(one(action)) for action in Action),
        asking(Request.CHECKOUT, Action.BORROW),
        asking(Request.CHECKIN, Action.RETURN),
        asking(Request.RENEW, Action.RENEW),
        told_late,
        details,
        client.refresh,
        lambda: ils.end("P1"),
    ]
    try:
        yield asks
    finally:
        await client.close()
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)


async def asked(ask: Ask) -> str:
    """Ask, and name how it ended; within the time of the few questions that it takes."""
    try:
        async with asyncio.timeout(3 * LONGEST_ANSWER_SECONDS + 5):
            await ask()
    except (NotSupported, NotSent, ReplyLost) as error:
        assert str(error).isprintable(), error
        return type(error).__name__
    return "answered"
