"""Who a card is and what they have: at the hub's own library, and at systems that tell less."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import INVALID_PATRON, Flag
from contracts.sip2.forms import Code
from contracts.sip2.message import Message, compose
from contracts.sip2.profiles import profile
from kiosk.desk.items import Items
from kiosk.desk.patron import PAGE, Patrons, masked, read_fee, refusal_of
from kiosk.desk.sip2_account import Account
from kiosk.desk.sip2_client import Sip2Client
from kiosk.session.events import NotIdentified
from kiosk.session.patron import Fee, IdentifyRefusal, ItemSaid, Patron
from tests.brokers import free_port
from tests.integration.kiosk.rooms import CARD, PIN, a_library
from tests.lending.benches import item_id
from tests.unit.hub.library.terminal import DATE, PASSWORD, ZONE, Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_library(tmp_path / "library") as library:
        yield library


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[tuple[Patrons, Items]]:
    account = Account(
        "127.0.0.1",
        port,
        profile("embedded"),
        user="kiosk-1",
        password=PASSWORD,
        institution="jd",
        zone=ZONE,
    )
    client = Sip2Client(account, rng=random.Random(1))
    items = Items(client, time.monotonic)
    try:
        yield Patrons(client, items), items
    finally:
        await client.close()


def lend(library: Library, *numbers: int) -> None:
    terminal = library.terminal("kiosk-2")
    for number in numbers:
        said = terminal.ask(
            f"11NN{DATE}{' ' * 18}AOjd|AA{CARD}|AB{item_id(number)}|AD{PIN}|AC|BIN|"
        )
        assert said.line.startswith("121")
    terminal.close()


async def test_a_patron_is_masked_and_their_loans_have_titles_and_dates(library: Library) -> None:
    await asyncio.to_thread(lend, library, 1, 2, 3)
    async with asking(library.server.port) as (patrons, items):
        found = await patrons.identify(CARD, PIN)
        assert found == Patron(CARD, "张*")
        account = await patrons.account(CARD, PIN)
        assert account is not None
        assert account.is_whole
        assert {loan.title for loan in account.loans} == {"书目 1", "书目 2", "书目 3"}
        assert all(loan.due_ms > time.time() * 1000 for loan in account.loans)
        assert not any(loan.is_overdue for loan in account.loans)
        assert await items.said(item_id(1)) == ItemSaid("书目 1", True)
        assert await items.said(item_id(4)) == ItemSaid("书目 4", False)
        assert await items.said("nothing") is None


async def test_wrong_unknown_and_away_are_told_apart(library: Library) -> None:
    async with asking(library.server.port) as (patrons, _):
        wrong = await patrons.identify(CARD, "9999")
        assert isinstance(wrong, NotIdentified)
        assert wrong.refusal is IdentifyRefusal.WRONG_PIN
        unknown = await patrons.identify("nobody", PIN)
        assert isinstance(unknown, NotIdentified)
        assert unknown.refusal is IdentifyRefusal.UNKNOWN_CARD
        assert await patrons.account(CARD, "9999") is None
    async with asking(free_port()) as (patrons, _):
        away = await patrons.identify(CARD, PIN)
        assert away == NotIdentified(IdentifyRefusal.AWAY)
        assert await patrons.account(CARD, PIN) is None


class Lesser:
    """A system that tells less, or lists long; `client` stands in the place of a connection."""

    def __init__(self, supported: frozenset[str], loans: int = 0, *, pages: bool = True) -> None:
        self.account = Account("127.0.0.1", 1, profile("koha"))
        self.condition = self
        self.supported = supported
        self.loans = [f"b{n}" for n in range(loans)]
        self.pages = pages
        self.asked: list[str] = []

    async def ask(self, message: Message) -> Message:
        self.asked.append(message.code)
        if message.code == Code.ITEM_INFORMATION:
            return compose(Code.ITEM_INFORMATION_ANSWER, f.ITEM.of(message.text(f.ITEM)))
        who = (
            f.PATRON.of("1"),
            f.NAME.of("Zhang"),
            f.VALID_PATRON.of("Y"),
            f.FEE_AMOUNT.of("2.50"),
        )
        if message.code == Code.PATRON_STATUS:
            return compose(Code.PATRON_STATUS_ANSWER, *who)
        first = int(message.text(f.START_ITEM) or 1)
        listed = self.loans[first - 1 : first - 1 + PAGE] if self.pages else self.loans[:PAGE]
        shown = listed if message[p.SUMMARY] is not None else []
        return compose(
            Code.PATRON_INFORMATION_ANSWER,
            p.CHARGED_COUNT.of(len(self.loans)),
            *(p.HOLD_COUNT.of(0), p.OVERDUE_COUNT.of(0), p.FINE_COUNT.of(0)),
            p.UNAVAILABLE_COUNT.of(0),
            *who,
            *(f.CHARGED_ITEMS.of(one) for one in shown),
        )


def patrons_of(lesser: Lesser) -> Patrons:
    items = Items(lesser, time.monotonic)  # type: ignore[arg-type]
    return Patrons(lesser, items, now=lambda: datetime(2026, 11, 29, tzinfo=UTC))  # type: ignore[arg-type]


async def test_without_63_there_is_a_status_and_what_is_owed() -> None:
    lesser = Lesser(frozenset({"23", "17"}))
    patrons = patrons_of(lesser)
    assert await patrons.identify("1", "") == Patron("1", "Z*")
    account = await patrons.account("1", "")
    assert account is not None
    assert (account.is_whole, account.owed, account.loans) == (False, "2.50", ())
    assert set(lesser.asked) == {Code.PATRON_STATUS}


@pytest.mark.parametrize(("pages", "shown"), [(True, 120), (False, PAGE)], ids=["pages", "none"])
async def test_a_long_list_is_read_page_by_page_and_a_cut_one_is_said(
    pages: bool, shown: int
) -> None:
    account = await patrons_of(Lesser(frozenset({"63", "17"}), 120, pages=pages)).account("1", "")
    assert account is not None
    assert len(account.loans) == shown
    assert account.is_whole is (shown == 120)
    assert account.loans[0].title == "b0"


@pytest.mark.parametrize(
    ("said", "is_pin_given", "refusal"),
    [
        ((f.VALID_PATRON.of("N"),), True, IdentifyRefusal.UNKNOWN_CARD),
        ((p.PATRON_STATUS.of(INVALID_PATRON),), False, IdentifyRefusal.UNKNOWN_CARD),
        (
            (f.VALID_PATRON.of("Y"), f.VALID_PATRON_PASSWORD.of("N")),
            True,
            IdentifyRefusal.WRONG_PIN,
        ),
        ((f.VALID_PATRON.of("Y"),), True, IdentifyRefusal.WRONG_PIN),
        ((f.VALID_PATRON.of("Y"),), False, None),
        ((f.VALID_PATRON.of("Y"), f.VALID_PATRON_PASSWORD.of("Y")), True, None),
        (
            (f.VALID_PATRON.of("Y"), p.PATRON_STATUS.of(frozenset({Flag.CARD_LOST}))),
            False,
            IdentifyRefusal.BLOCKED,
        ),
    ],
    ids=range(7),
)
def test_nobody_is_let_in_whose_pin_was_not_called_right(
    said: tuple[object, ...], is_pin_given: bool, refusal: IdentifyRefusal | None
) -> None:
    answer = compose(Code.PATRON_INFORMATION_ANSWER, *said)  # type: ignore[arg-type]
    assert refusal_of(answer, is_pin_given=is_pin_given) is refusal


def test_names_are_masked_and_fees_are_read_or_shown_as_they_are() -> None:
    assert [masked(name) for name in ("张三丰", " Zhang San ", "")] == ["张*", "Z*", ""]
    assert read_fee("12 3.50 CNY overdue 论语") == Fee("论语", "3.50 CNY")
    assert read_fee("$5 for a lost book") == Fee("$5 for a lost book", "")
