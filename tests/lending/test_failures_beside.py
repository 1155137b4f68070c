"""The failures around a loan, each with its reaction: F11 to F21.

F11, F12, F13 and F18 have their pure halves in tests/unit/kiosk/lending/test_desk_cores.py.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest

from contracts.blocked_cards import BlockedCards
from contracts.sip2.forms import Code
from contracts.sip2.message import Message
from firmware_bridge.errors import DeviceError
from firmware_bridge.receipts.port import PrinterState, PrintResult, Receipt
from kiosk.desk.journal import Journal
from kiosk.desk.upload import upload
from kiosk.errands.printing import SlipPrinter
from kiosk.errors import JournalError
from kiosk.lending.effects import Notice
from kiosk.lending.services import services
from kiosk.lending.stack import Obstacle, sort_pad
from kiosk.lending.transaction import Action, Stage
from kiosk.lending.unfinished import Case, unfinished
from tests.lending.benches import (
    CARD,
    NOW_MS,
    OFFLINE,
    Bench,
    a_book,
    is_off,
    item_id,
    until,
)
from tests.lending.model_ils import Loan


async def test_f11_a_set_without_its_disc_is_not_sent_and_the_part_is_named(bench: Bench) -> None:
    book, disc = a_book(1, 1, 2), a_book(1, 2, 2)
    bench.pad.pad.put(book)
    async with bench.kiosk() as kiosk:
        read = await kiosk.read(book.uid)
        assert read is not None
        (missing,) = sort_pad([read]).obstructed
        assert (missing.obstacle, missing.missing) == (Obstacle.INCOMPLETE, (2,))
        bench.pad.pad.put(disc)
        item = await kiosk.item(book, disc)
        assert item is not None
        await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
    assert is_off(book)
    assert is_off(disc)


async def test_f12_a_book_that_comes_after_the_confirmation_is_not_sent(bench: Bench) -> None:
    mine, neighbours = a_book(1), a_book(2)
    bench.pad.pad.put(mine)
    async with bench.kiosk() as kiosk:
        seen = await kiosk.item(mine)
        assert seen is not None
        bench.pad.pad.put(neighbours)
        reads = [await kiosk.read(tag.uid) for tag in (mine, neighbours)]
        pad = sort_pad([read for read in reads if read is not None])
        assert len(pad.items) == 2
        session = kiosk.desk.open_session(CARD)
        for item in pad.confirmed([seen.item_id]):
            await kiosk.desk.handle(session, Action.BORROW, item)
    assert (is_off(mine), is_off(neighbours)) == (True, False)
    assert [*bench.ils.books.loans] == [item_id(1)]


async def test_f13_a_blank_tag_is_shown_with_its_reason_and_never_sent(bench: Bench) -> None:
    blank = a_book(1, memory=bytearray(112))
    bench.pad.pad.put(blank)
    async with bench.kiosk() as kiosk:
        read = await kiosk.read(blank.uid)
        assert read is not None
        assert [one.obstacle for one in sort_pad([read]).obstructed] == [Obstacle.BLANK]
        assert await kiosk.item(blank) is None


async def test_f14_an_item_that_another_has_is_refused_and_the_bit_stays(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    bench.ils.books.loans[item_id(1)] = Loan("another", "", "")
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None
        one = await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
        assert (one.stage, one.refusal) == (Stage.REFUSED, "lent to another")
    assert not is_off(tag)


async def test_f15_a_row_that_is_refused_at_upload_holds_up_nothing(bench: Bench) -> None:
    tags = [a_book(number) for number in (1, 2)]
    for tag in tags:
        bench.pad.pad.put(tag)
    async with bench.kiosk(policy=OFFLINE) as kiosk:
        kiosk.desk.cards = BlockedCards(NOW_MS, "0" * 16)
        session = kiosk.desk.open_session(CARD)
        for tag in tags:
            item = await kiosk.item(tag)
            assert item is not None
            kiosk.now_ms += 1000
            await kiosk.desk.handle(session, Action.BORROW, item, offline=True)
        bench.ils.books.loans[item_id(1)] = Loan("another", "", "")
        result = await upload(kiosk.desk, kiosk.ils, now_ms=lambda: kiosk.now_ms)
        assert (result.done, result.refused, result.left) == (1, 1, 0)
        (row,) = unfinished(kiosk.desk.journal)
        assert (row.case, row.transaction.item_id) == (Case.UPLOAD_REFUSED, item_id(1))
        await kiosk.desk.close_case(row.transaction.id)
        assert unfinished(kiosk.desk.journal) == []
    assert bench.ils.books.loans[item_id(2)].patron == CARD


class EmptyPrinter:
    """Out of paper, or away."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.is_away = is_away

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        pass

    async def state(self) -> PrinterState:
        if self.is_away:
            raise DeviceError("the printer does not answer")
        return PrinterState.PAPER_OUT

    async def print_receipt(self, receipt: Receipt) -> PrintResult:
        return PrintResult(is_printed=False, state=PrinterState.PAPER_OUT)


@pytest.mark.parametrize("is_away", [False, True])
async def test_f16_without_paper_the_slip_goes_another_way_and_the_loan_stands(
    bench: Bench, is_away: bool
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None
        session = kiosk.desk.open_session(CARD)
        one = await kiosk.desk.handle(session, Action.BORROW, item)
        told: list[bool] = []
        printer = SlipPrinter(
            lambda: EmptyPrinter(is_away=is_away),
            lambda _: None,
            paper=told.append,
            wait_seconds=0.01,
        )
        running = asyncio.create_task(printer.run())
        await until(lambda: is_away or told == [False])
        why = await printer.print_slip(Receipt(()))
        assert why == ("printer_away" if is_away else "no_paper")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert one.stage is Stage.BIT_VERIFIED


async def test_f17_an_unplugged_reader_is_told_once_and_comes_back(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        await until(lambda: tag.uid in kiosk.pad.present)
        began = asyncio.get_running_loop().time()
        bench.pad.port.unplug()
        await until(lambda: bool(kiosk.pad.trouble))
        assert asyncio.get_running_loop().time() - began < 5
        assert not services(None, offline_allowed=True, can_read_tags=False).may_return
        without_list = services(None, offline_allowed=True, knows_cards=False)
        assert (without_list.may_borrow, without_list.may_return) == (False, True)
        with pytest.raises(DeviceError, match="out of service"):
            await kiosk.pad.security(tag.uid)
        tried = bench.pad.port.path
        bench.pad.port.plug()
        assert bench.pad.port.path == tried
        await until(lambda: not kiosk.pad.trouble and tag.uid in kiosk.pad.present)
        assert [bool(sentence) for sentence in kiosk.troubles] == [True, False]


async def test_f18_a_clock_that_is_off_moves_the_times_of_an_upload(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    bench.ils.clock_ahead = timedelta(hours=1)
    async with bench.kiosk(policy=OFFLINE) as kiosk:
        kiosk.desk.cards = BlockedCards(NOW_MS, "0" * 16)
        item = await kiosk.item(tag)
        assert item is not None
        one = await kiosk.desk.handle(
            kiosk.desk.open_session(CARD), Action.BORROW, item, offline=True
        )
        hour = 3_600_000
        await upload(kiosk.desk, kiosk.ils, now_ms=lambda: kiosk.now_ms, offset_ms=hour)
        kiosk.now_ms -= hour
        kiosk.desk.journal.write(one, kiosk.now_ms)
        assert kiosk.desk.journal.stamp(kiosk.now_ms) >= NOW_MS
    assert bench.ils.books.loans[item_id(1)].out == "20261118    120640"


async def test_f19_a_session_that_ended_holds_nobody(bench: Bench) -> None:
    async with bench.kiosk() as kiosk:
        session = kiosk.desk.open_session(CARD, pin="2468")
        await kiosk.desk.end_session(session)
        assert bench.ils.seen[Code.END_SESSION] == 1
        assert (session.patron, session.pin) == ("", "")
        assert "2468" not in repr(vars(kiosk.desk))


async def test_f20_a_full_disk_refuses_before_anything_is_sent(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    full = Journal(bench.folder / "full.db", free_bytes=lambda _: 0)
    async with bench.kiosk(journal=full) as kiosk:
        item = await kiosk.item(tag)
        assert item is not None
        with pytest.raises(JournalError, match="nothing is lent or taken back"):
            await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
    assert bench.ils.seen[Code.CHECKOUT] == 0
    assert not is_off(tag)


async def test_f20_a_journal_that_fails_between_loan_and_bit_leaves_the_bit_on(
    bench: Bench,
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None

        def full(_: Message) -> None:
            kiosk.desk.journal._db.execute("PRAGMA query_only=ON")

        bench.ils.before = full
        one = await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
        assert one.stage is Stage.SENT
        assert kiosk.told == [(item_id(1), Notice.SEE_STAFF)]
    assert not is_off(tag)
    bench.ils.before = lambda _: None
    async with bench.kiosk() as kiosk:
        await kiosk.desk.recover()
        await kiosk.desk.tag_seen(tag.uid)
    assert is_off(tag)


async def test_f21_the_librarys_title_goes_before_that_of_the_tag(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    bench.ils.titles[item_id(1)] = "骆驼祥子"
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None
        session = kiosk.desk.open_session(CARD)
        one = await kiosk.desk.handle(session, Action.BORROW, item)
        assert one.title == "骆驼祥子"
        assert [row.title for row in await kiosk.desk.end_session(session)] == ["骆驼祥子"]


def test_every_failure_has_a_test() -> None:
    text = "".join(
        path.read_text("utf-8") for path in Path(__file__).parent.glob("test_failures*.py")
    )
    assert [number for number in range(1, 22) if f"test_f{number}_" not in text] == []
