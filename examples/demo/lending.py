"""The made-up library of the demo: its stock, its readers, what is lent when it begins.

Titles are old books' own; readers, cards and loans are made up. `library/` has all of it as the
lists that `python -m hub circulation import` takes, and beside them who has what at the beginning.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from hub.access import at_console
from hub.accounts.hashing import Hasher
from hub.circulation.book import Hold, HoldState, Item, ItemState, Loan, Patron
from hub.circulation.due import due_at
from hub.library.files import Office
from hub.library.terminals import TerminalDesk
from hub.store.records import LendingRecords, Records
from kiosk.errands.staff_cards import add_card

LISTS: Final = Path(__file__).parent / "library"
TERMINAL: Final = "kiosk-zhouqiao"
"""The kiosk's account with the library."""
OWNER: Final = "CN-310114-1"
"""The library in its tags, an ISIL."""
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_LOAN_DAYS, _SHELF_DAYS, _DAY_MS = 28, 7, 86_400_000
_OVERDUE: Final = "02"
"""What a fee is for, as in SIP2."""
# Every PIN of the demo stands on its bench page; a hash that takes its time would protect none.
_QUICK: Final = Hasher(time_cost=1, memory_kib=8 * 1024)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody made up, with a card and a PIN."""

    card: str
    name: str
    pin: str


STAFF: Final = Reader("0021101999", "工作人员", "9090")
"""Whose card opens the kiosk's staff mode."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a title, and the branch that it belongs to."""

    barcode: str
    title: str
    author: str
    branch: str


def readers() -> tuple[Reader, ...]:
    """Return everybody who has a card."""
    return tuple(Reader(row["card"], row["name"], row["pin"]) for row in _rows("patrons"))


def copies() -> tuple[Copy, ...]:
    """Return the stock of all branches."""
    return tuple(
        Copy(row["barcode"], row["title"], row["author"], row["home_branch"])
        for row in _rows("items")
    )


def lent_at_first() -> frozenset[str]:
    """Return the barcodes of what is lent when the demo begins."""
    return frozenset(row["barcode"] for row in _rows("loans"))


def let_staff_in(path: Path) -> None:
    """Give the kiosk a card of the staff, unless there is one; `path` is its file of such cards."""
    if not path.exists():
        add_card(path, STAFF.name, STAFF.card, STAFF.pin)


def stock(records: Records, branch: str, secret: Path, now_ms: int) -> None:
    """Give the hub its library and the kiosk at `branch` an account, unless they are there.

    `secret` is the file that keeps the account's password, for its owner alone.
    """
    desk = TerminalDesk(records, _QUICK, lambda: now_ms)
    if desk.current(TERMINAL) is None or not secret.exists():
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.touch(0o600)
        password = desk.add(at_console("demo"), TERMINAL, branch=branch)
        secret.write_text(password or "", "utf-8")
    with records.reading() as connection:
        if LendingRecords(connection).patron(readers()[0].card) is not None:
            return
    office = Office(records, _QUICK)
    office.take("patrons", LISTS / "patrons.csv")
    office.take("items", LISTS / "items.csv")
    with records.writing() as connection:
        book = LendingRecords(connection)
        for row in _rows("loans"):
            out_ms = now_ms - int(row["days_ago"]) * _DAY_MS
            _lend(book, _item(book, row["barcode"]), _patron(book, row["card"]), out_ms)
        for row in _rows("fees"):
            _owe(book, row, now_ms)
        for row in _rows("holds"):
            _wait(book, row, branch, now_ms)


def _lend(book: LendingRecords, item: Item, patron: Patron, out_ms: int) -> Loan:
    due_ms = due_at(out_ms, _LOAN_DAYS, _ZONE, lambda _day: True)
    loan = Loan(0, item.id, patron.id, out_ms, due_ms, out_branch=item.branch)
    book.place_item(item.id, ItemState.LENT, item.branch)
    return book.add_loan(loan)


def _owe(book: LendingRecords, row: dict[str, str], now_ms: int) -> None:
    """Write a fine of a loan that has ended."""
    item, patron = _item(book, row["barcode"]), _patron(book, row["card"])
    loan = _lend(book, item, patron, now_ms - 120 * _DAY_MS)
    book.close_loan(loan.id, now_ms - 60 * _DAY_MS, "desk")
    book.place_item(item.id, ItemState.AVAILABLE, item.branch)
    fen = int(row["fen"])
    book.add_fee(patron.id, _OVERDUE, fen, loan=loan.id, title=item.title, at_ms=now_ms)


def _wait(book: LendingRecords, row: dict[str, str], branch: str, now_ms: int) -> None:
    """Let somebody wait for a title, or for a copy that stands on the hold shelf for them."""
    patron = _patron(book, row["card"])
    barcode = row["copy"] or next(one.barcode for one in copies() if one.title == row["title"])
    copy = _item(book, barcode)
    is_ready = bool(row["copy"])
    hold = Hold(
        0,
        copy.work,
        None,
        patron.id,
        branch,
        now_ms - 2 * _DAY_MS,
        HoldState.READY if is_ready else HoldState.WAITING,
        copy.id if is_ready else None,
        now_ms + _SHELF_DAYS * _DAY_MS if is_ready else None,
    )
    book.add_hold(hold)
    if is_ready:
        book.place_item(copy.id, ItemState.ON_HOLD_SHELF, branch)


def _item(book: LendingRecords, barcode: str) -> Item:
    found = book.item(barcode)
    if found is None:
        raise LookupError(f"{LISTS}: items.csv has no {barcode}")
    return found


def _patron(book: LendingRecords, card: str) -> Patron:
    found = book.patron(card)
    if found is None:
        raise LookupError(f"{LISTS}: patrons.csv has no {card}")
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
