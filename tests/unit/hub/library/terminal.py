"""A library with a few books, its server on a real socket, and a terminal of a hand's lines.

The terminal knows SIP2 by its own few lines, not by the codec under test: what it sends is written
out, what it hears is parted at the bars.
"""

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from contracts.sip2.line import Encoding
from hub.accounts.hashing import Hasher
from hub.library.server import LibraryServer
from hub.library.settings import LibrarySettings, load_loan_rules
from hub.library.terminals import TerminalDesk
from hub.live.board import wall_ms
from hub.sections import CirculationSection, Sip2Section
from hub.store.records import Records
from hub.store.records.stock import ItemRow, PatronRow, StockRecords
from tests.accounts import CHEAP, TESTER

PASSWORD = "kiosk horse battery staple"
DATE = "20261129    090000"
BLANK = " " * 18
ZONE = ZoneInfo("Asia/Shanghai")
HERE, THERE = "jiading-library", "anting-library"


def settings(**changed: object) -> LibrarySettings:
    given: dict[str, object] = {
        "rules": load_loan_rules(None),
        "zone": ZONE,
        "institution": "jd",
        "name_zh": "嘉定区",
        "name_en": "Jiading",
        "opens": lambda _branch, _day: True,
        "is_branch": {HERE, THERE}.__contains__,
        **changed,
    }
    return LibrarySettings(**given)  # type: ignore[arg-type]


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, now_ms: int = 1_795_914_000_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def pass_days(self, days: float) -> None:
        self.now_ms += int(days * 86_400_000)


def stock(records: Records, *, patrons: int = 3, items: int = 6, hasher: Hasher = CHEAP) -> None:
    """Write patrons P1, P2, … (PIN 1234) and items B1, B2, …; B1 and B2 are copies of a work."""
    book = StockRecords(records)
    pin = hasher.hash("1234")
    book.put_patrons(
        PatronRow(
            f"P{n}",
            f"读者{n}",
            pin,
            address="塔城路 1 号",
            email=f"p{n}@example.org",
            phone="021-59530000",
            born_on="1987-05-31",
            home_branch=HERE,
        )
        for n in range(1, patrons + 1)
    )
    book.put_items(
        ItemRow(
            f"B{n}",
            "论语译注" if n <= 2 else f"书目 {n}",
            "杨伯峻",
            owner="jd",
            home_branch=THERE if n in {5, 6} else HERE,
            call_number=f"B222/{n}",
        )
        for n in range(1, items + 1)
    )


class Library:
    """A running server over records of its own; `again()` is the hub started once more."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], int] = wall_ms,
        section: Sip2Section | None = None,
        patrons: int = 3,
        items: int = 6,
        terminals: tuple[str, ...] = ("kiosk-1", "kiosk-2"),
        **changed: object,
    ) -> None:
        self.path = folder / "records.db"
        self.clock = clock
        self._section = section or Sip2Section(port=0)
        self._changed = changed
        with Records(self.path) as records:
            stock(records, patrons=patrons, items=items)
            desk = TerminalDesk(records, CHEAP, clock)
            for name in terminals:
                desk.add(TESTER, name, branch=HERE, password=PASSWORD)
            desk.add(TESTER, "kiosk-far", branch=THERE, password=PASSWORD)
            desk.add(TESTER, "kiosk-gb", branch=HERE, encoding=Encoding.GB18030, password=PASSWORD)

    def __enter__(self) -> Self:
        self.records = Records(self.path)
        self.server: LibraryServer = LibraryServer(
            self._section,
            CirculationSection(),
            self.records,
            settings(**self._changed),
            self.clock,
        )
        self.server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.__exit__(kind, error, traceback)
        self.records.close()

    def keep(self) -> None:
        """Do what time alone changes, where the server would do it once a minute."""
        loop, done = self.server._loop, threading.Event()
        assert loop is not None
        loop.call_soon_threadsafe(self.server.worker.keep)
        loop.call_soon_threadsafe(done.set)
        assert done.wait(10)

    def again(self) -> None:
        self.__exit__(None, None, None)
        self.__enter__()

    def terminal(self, name: str = "kiosk-1", **how: object) -> "Terminal":
        terminal = Terminal(self.server.port, **how)  # type: ignore[arg-type]
        assert terminal.log_in(name) == "941"
        return terminal


@dataclass
class Said:
    """What a server answered."""

    line: str

    @property
    def fixed(self) -> str:
        return self.line[: _FIXED[self.line[:2]]]

    @property
    def fields(self) -> list[tuple[str, str]]:
        rest = self.line[_FIXED[self.line[:2]] :]
        return [(piece[:2], piece[2:]) for piece in rest.split("|") if piece]

    def __getitem__(self, code: str) -> str:
        return dict(reversed(self.fields)).get(code, "")

    def all(self, code: str) -> list[str]:
        return [value for name, value in self.fields if name == code]


_WIDTHS = (
    *("94 1", "98 34", "24 35", "64 59", "12 22", "10 22", "18 24", "20 19", "26 35", "30 22"),
    *("66 27", "36 19", "38 19", "16 20", "96 0"),
)
_FIXED = {row[:2]: int(row[3:]) + 2 for row in _WIDTHS}


class Terminal:
    """Sends lines, one after the other, and reads what comes."""

    def __init__(
        self,
        port: int,
        *,
        end: bytes = b"\r",
        by_bytes: bool = False,
        encoding: str = "utf-8",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = tls.wrap_socket(raw, server_hostname="localhost") if tls else raw
        self.counts: Counter[str] = Counter()
        self.sequence = -1
        self._end = end
        self._by_bytes = by_bytes
        self._encoding = encoding
        self._read = b""

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def log_in(self, name: str = "kiosk-1", password: str = PASSWORD) -> str:
        return self.ask(f"9300CN{name}|CO{password}|").line[:3]

    def ask(self, text: str) -> Said:
        """Send a numbered, checked request and return its answer, whose checksum is right."""
        self.sequence = (self.sequence + 1) % 10
        answer = self.ask_raw(self.line(text, self.sequence))
        if not answer.startswith("96"):
            assert answer.endswith(f"AY{self.sequence}AZ"), answer
        return Said(answer.partition("AY")[0] if "AY" in answer[-6:] else answer)

    def line(self, text: str, sequence: int) -> bytes:
        """Return a request as it is sent, without its end."""
        data = f"{text}AY{sequence}AZ".encode(self._encoding)
        return data + f"{-sum(data) & 0xFFFF:04X}".encode()

    def ask_raw(self, line: bytes) -> str:
        self.send(line)
        return self.read()

    def send(self, line: bytes) -> None:
        data = line + self._end
        if self._by_bytes:
            for index in range(len(data)):
                self.socket.sendall(data[index : index + 1])
        else:
            self.socket.sendall(data)

    def read(self) -> str:
        """Return the next line, up to and with `AZ` if it has a checksum, which is looked at."""
        while b"\r" not in self._read:
            chunk = self.socket.recv(4096)
            assert chunk, "the line was closed"
            self._read += chunk
        line, _, self._read = self._read.partition(b"\r")
        if line[-6:-4] == b"AZ":
            assert f"{-sum(line[:-4]) & 0xFFFF:04X}" == line[-4:].decode()
            line = line[:-4]
        return line.decode(self._encoding)

    def is_closed(self) -> bool:
        return self.socket.recv(4096) == b""

    # What a kiosk asks for, as it is written.

    def checkout(self, patron: str, item: str, *, more: str = "", policy: str = "N") -> Said:
        return self.ask(f"11{policy}N{DATE}{BLANK}AOjd|AA{patron}|AB{item}|AC|{more}")

    def checkin(self, item: str, *, more: str = "") -> Said:
        return self.ask(f"09N{DATE}{BLANK}AP|AOjd|AB{item}|AC|{more}")

    def item(self, item: str) -> Said:
        return self.ask(f"17{DATE}AOjd|AB{item}|AC|")

    def patron(self, patron: str, summary: str = "", *, more: str = "") -> Said:
        return self.ask(f"63019{DATE}{summary:<10}AOjd|AA{patron}|AC|{more}")

    def renew(self, patron: str, item: str) -> Said:
        return self.ask(f"29NN{DATE}{BLANK}AOjd|AA{patron}|AB{item}|AC|")

    def hold(self, patron: str, item: str, mode: str = "+", *, more: str = "") -> Said:
        return self.ask(f"15{mode}{DATE}AOjd|AA{patron}|AB{item}|AC|{more}")

    def pay(self, patron: str, amount: str, *, more: str = "", currency: str = "CNY") -> Said:
        return self.ask(f"37{DATE}0400{currency}BV{amount}|AOjd|AA{patron}|AC|{more}")
