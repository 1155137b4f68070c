"""One patron at the office: a lost card is blocked, a new PIN works, who looked is on record."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.access import at_console
from hub.circulation.book import Loan
from hub.errors import ConfigError, NotFound
from hub.library.files import Office
from hub.library.patron_desk import PatronDesk
from hub.library.patron_verbs import lines
from hub.library.pins import PinDesk, PinState
from hub.store.records import LendingRecords, Records
from tests.accounts import CHEAP
from tests.integration.hub.running import command

NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000
ME = at_console("ada")
ZONE = ZoneInfo("Asia/Shanghai")
PATRONS = "card,name,PIN,class\n210001,张三,1234,adult\n"
ITEMS = "barcode,title,home branch\n3100001,论语译注,jd\n"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with Records(tmp_path / "records.db") as records:
        for kind, text in (("patrons", PATRONS), ("items", ITEMS)):
            file = tmp_path / f"{kind}.csv"
            file.write_text(text, "utf-8")
            assert Office(records, CHEAP).take(kind, file).added == 1  # type: ignore[arg-type]
        yield records


@pytest.fixture
def desk(records: Records) -> PatronDesk:
    return PatronDesk(records, CHEAP, lambda: NOW_MS)


def actions(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "records.db")) as db:
        return db.execute("SELECT action, subject FROM audit ORDER BY id").fetchall()


def test_a_lost_card_is_blocked_and_unblocked(
    desk: PatronDesk, records: Records, tmp_path: Path
) -> None:
    desk.block(ME, "210001", "挂失\n | 11 月 18 日")
    with records.writing() as connection:
        book = LendingRecords(connection)
        patron = book.patron("210001")
        assert patron is not None
        assert patron.blocks == "挂失 / 11 月 18 日"
        book.set_terminal_block(patron.id, "kept")
    assert [one for one in lines(desk.about(ME, "210001"), NOW_MS, ZONE) if "blocked" in one] == [
        "blocked by the staff: 挂失 / 11 月 18 日",
        "blocked by a terminal: kept",
    ]
    desk.unblock(ME, "210001")
    account = desk.about(ME, "210001")
    assert (account.patron.blocks, account.patron.terminal_block) == ("", "")
    assert [action for action, _ in actions(tmp_path)] == [
        *("patron.blocked", "patron.seen", "patron.unblocked", "patron.seen")
    ]
    assert "210001" not in {subject for _, subject in actions(tmp_path)}


def test_a_new_pin_holds_and_the_old_one_does_not(desk: PatronDesk, records: Records) -> None:
    pins = PinDesk(records, CHEAP, lambda: NOW_MS)
    assert pins.attempt("210001", "1234").state is PinState.RIGHT
    given = desk.give_pin(ME, "210001")
    assert len(given) == 6
    assert given.isdecimal()
    fresh = PinDesk(records, CHEAP, lambda: NOW_MS)
    assert fresh.attempt("210001", given).state is PinState.RIGHT
    assert fresh.attempt("210001", "1234").state is PinState.WRONG
    assert desk.give_pin(ME, "210001", "0420") == "0420"


def test_what_a_patron_has_is_printed(desk: PatronDesk, records: Records) -> None:
    with records.writing() as connection:
        book = LendingRecords(connection)
        patron, item = book.patron("210001"), book.item("3100001")
        assert patron is not None
        assert item is not None
        due_ms = NOW_MS - DAY_MS
        loan = book.add_loan(Loan(0, item.id, patron.id, NOW_MS - 30 * DAY_MS, due_ms))
        book.add_fee(patron.id, "02", 120, loan=loan.id, title="论语译注", at_ms=NOW_MS)
    told = lines(desk.about(ME, "210001"), NOW_MS, ZONE)
    assert told[0] == "张三, adult, card good"
    assert "lent: 3100001 论语译注, due 2026-11-17 overdue" in told
    assert "owes: 1.20 CNY 论语译注" in told
    # Days are of the place where the library is.
    far = lines(desk.about(ME, "210001"), NOW_MS, ZoneInfo("Pacific/Kiritimati"))
    assert "lent: 3100001 论语译注, due 2026-11-18 overdue" in far


@pytest.mark.parametrize(
    ("card", "why", "sentence"),
    [
        ("999", "lost", "there is no card 999"),
        ("210001", "  ", "say why in 1 to 120 characters: the patron reads it"),
        ("210001", "x" * 121, "say why in 1 to 120 characters: the patron reads it"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    desk: PatronDesk, card: str, why: str, sentence: str
) -> None:
    with pytest.raises((NotFound, ConfigError)) as caught:
        desk.block(ME, card, why)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("pin", ["", "123", "12ab", "1234567890123", "１２３４"])
def test_a_pin_is_digits(desk: PatronDesk, pin: str) -> None:
    with pytest.raises(ConfigError, match="4 to 12 digits"):
        desk.give_pin(ME, "210001", pin)


def test_at_the_command_line(records: Records, tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('data_dir = "."\n', "utf-8")
    for arguments, code, sentence in (
        (("block", "210001", "lost"), 0, "blocked: 210001"),
        (("show", "210001"), 0, "blocked by the staff: lost"),
        (("pin", "210001"), 0, "PIN: "),
        (("unblock", "777"), 1, "there is no card 777"),
        (("block", "210001", ""), 2, "say why"),
    ):
        done = command("circulation", "patron", *arguments, "--config", str(config))
        assert (done.exit_code, sentence in done.output) == (code, True), done.output
