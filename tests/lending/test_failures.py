"""The failures that a lending kiosk has to expect, each with its reaction: F1 to F10."""

import asyncio

import pytest

from contracts.blocked_cards import BlockedCards
from contracts.sip2.forms import Code
from contracts.sip2.message import Message
from kiosk.errors import NotSent
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode, services
from kiosk.lending.slip import Ending
from kiosk.lending.transaction import Action, Stage, Upload
from kiosk.lending.unfinished import Case, unfinished
from tests.lending.benches import (
    CARD,
    NOW_MS,
    OFFLINE,
    Bench,
    Kiosk,
    PowerCut,
    a_book,
    is_off,
    item_id,
    until,
)
from tests.lending.faulty_link import FaultyLink, Troubles


async def test_f1_power_cut_between_loan_and_bit_is_finished_on_next_sight(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None
        session = kiosk.desk.open_session(CARD)

        def cut(_uid: str, *, is_on: bool) -> None:
            raise PowerCut

        await until(lambda: tag.uid in kiosk.pad.present)
        kiosk.pad.write = cut  # type: ignore[assignment,method-assign]
        with pytest.raises(PowerCut):
            await kiosk.desk.handle(session, Action.BORROW, item)
    assert not is_off(tag)
    async with bench.kiosk() as kiosk:
        await kiosk.desk.recover()
        (row,) = unfinished(kiosk.desk.journal)
        assert (row.case, row.transaction.item_id) == (Case.BIT_PENDING, item_id(1))
        await kiosk.desk.tag_seen(tag.uid)
        assert is_off(tag)
        assert unfinished(kiosk.desk.journal) == []
    assert bench.ils.doubled == 0


@pytest.mark.parametrize("arrived", [True, False])
async def test_f2_power_cut_before_the_answer_is_asked_after_and_never_sent_again(
    bench: Bench, arrived: bool
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None
        ask = kiosk.client.ask

        async def cut(message: Message) -> Message:
            if arrived:
                await ask(message)
            raise PowerCut

        kiosk.client.ask = cut  # type: ignore[method-assign]
        with pytest.raises(PowerCut):
            await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
    before = bench.ils.seen[Code.CHECKOUT]
    async with bench.kiosk() as kiosk:
        assert [row.case for row in unfinished(kiosk.desk.journal)] == [Case.NOT_KNOWN]
        await kiosk.desk.recover()
        (one,) = kiosk.desk.journal
        assert one.is_accepted is arrived
        assert one.stage is (Stage.BIT_VERIFIED if arrived else Stage.DROPPED)
    assert is_off(tag) is arrived
    assert bench.ils.seen[Code.CHECKOUT] == before


async def test_f3_a_tag_that_leaves_before_it_is_sent_is_dropped_silently(bench: Bench) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        await until(lambda: tag.uid in kiosk.pad.present)
        bench.pad.pad.take(tag.uid)
        await until(lambda: tag.uid not in kiosk.pad.present)
        assert [*kiosk.desk.journal] == []
        assert kiosk.told == []


async def borrow_and_take(bench: Bench, kiosk: Kiosk) -> None:
    """Borrow a book that is taken off the pad as soon as the library's system has recorded it."""
    tag = a_book(1)
    bench.pad.pad.put(tag)
    item = await kiosk.item(tag)
    assert item is not None
    bench.ils.before = lambda m: (
        bench.pad.pad.take(tag.uid) if m.code == Code.CHECKOUT else None,
        None,
    )[1]
    await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)


async def test_f4_a_tag_that_leaves_before_its_bit_is_asked_back_and_finished(
    bench: Bench,
) -> None:
    async with bench.kiosk(name="strict") as kiosk:
        await borrow_and_take(bench, kiosk)
        assert kiosk.told == [(item_id(1), Notice.PUT_BACK)]
        tag = a_book(1)
        bench.pad.pad.put(tag)
        await kiosk.desk.tag_seen(tag.uid)
        assert is_off(tag)
        (one,) = kiosk.desk.journal
        assert one.stage is Stage.BIT_VERIFIED


@pytest.mark.parametrize(("name", "is_undone"), [("embedded", True), ("evergreen", False)])
async def test_f4_nobody_puts_it_back_and_a_loan_is_undone_only_where_that_is_honoured(
    bench: Bench, name: str, is_undone: bool
) -> None:
    async with bench.kiosk(name=name) as kiosk:
        await borrow_and_take(bench, kiosk)
        await kiosk.desk.expire()
        (one,) = kiosk.desk.journal
        assert one.stage is Stage.BIT_PENDING
        kiosk.now_ms += 60_001
        await kiosk.desk.expire()
        (one,) = kiosk.desk.journal
        assert one.stage is (Stage.REFUSED if is_undone else Stage.BIT_PENDING)
        assert kiosk.announced == [(one.id, False), *([(one.id, True)] if is_undone else [])]
        assert (item_id(1) in bench.ils.books.loans) is not is_undone
        cases = [row.case for row in unfinished(kiosk.desk.journal)]
        assert cases == ([] if is_undone else [Case.BIT_PENDING])


async def test_f5_a_tag_swapped_during_the_write_is_not_touched(bench: Bench) -> None:
    tag, other = a_book(1), a_book(2)
    bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        item = await kiosk.item(tag)
        assert item is not None

        def swap(_: Message) -> None:
            bench.pad.pad.take(tag.uid)
            bench.pad.pad.put(other)

        bench.ils.before = swap
        one = await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
        assert one.stage is Stage.BIT_PENDING
    assert not is_off(other)
    assert not is_off(tag)


async def test_f6_a_library_system_that_is_away_closes_the_kiosk_or_lends_within_limits(
    bench: Bench,
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    await bench.server.stop()
    async with bench.kiosk(policy=OFFLINE) as kiosk:
        with pytest.raises(NotSent, match="cannot be reached"):
            await kiosk.client.refresh()
        assert services(None, offline_allowed=False).mode is Mode.CLOSED
        assert services(None, offline_allowed=True).mode is Mode.OFFLINE
        item = await kiosk.item(tag)
        assert item is not None
        session = kiosk.desk.open_session(CARD)
        refused = await kiosk.desk.handle(session, Action.BORROW, item)
        assert (refused.stage, is_off(tag)) == (Stage.DROPPED, False)
        with pytest.raises(NotSent, match="no_card_list"):
            await kiosk.desk.handle(session, Action.BORROW, item, offline=True)
        kiosk.desk.cards = BlockedCards(NOW_MS, "0" * 16)
        one = await kiosk.desk.handle(session, Action.BORROW, item, offline=True)
        assert (one.stage, one.upload, is_off(tag)) == (Stage.BIT_VERIFIED, Upload.WAITING, True)
        assert one.due_at_ms == NOW_MS + 28 * 86_400_000


@pytest.mark.parametrize("how", ["online", "timeout"])
async def test_f6_a_98_that_says_off_line_closes_the_kiosk(bench: Bench, how: str) -> None:
    bench.ils.online = how != "online"
    bench.ils.timeout = 0 if how == "timeout" else 50
    async with bench.kiosk() as kiosk:
        status = await kiosk.client.refresh()
        assert services(status, offline_allowed=False).mode is Mode.CLOSED


async def test_f7_a_library_system_that_dies_leaves_the_others_untouched_and_the_slip_is_true(
    bench: Bench,
) -> None:
    tags = [a_book(number) for number in (1, 2, 3)]
    for tag in tags:
        bench.pad.pad.put(tag)
    async with bench.kiosk() as kiosk:
        session = kiosk.desk.open_session(CARD)
        items = [await kiosk.item(tag) for tag in tags]
        for number, item in enumerate(items):
            assert item is not None
            if number == 1:
                bench.ils.before = lambda m: bench.server.cut() if m.code == "11" else None
                stopping = asyncio.create_task(bench.server.stop())
            await kiosk.desk.handle(session, Action.BORROW, item)
        await stopping
        rows = await kiosk.desk.end_session(session)
    assert rows[0].ending is Ending.DONE
    assert {row.ending for row in rows[1:]} <= {Ending.SEE_STAFF, Ending.REFUSED}
    assert [is_off(tag) for tag in tags] == [True, False, False]


async def test_f8_a_double_tap_is_one_transaction_and_a_repeated_message_one_loan(
    bench: Bench,
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with FaultyLink(bench.port, Troubles(duplicate=1.0), 1) as link:
        bench.port = link.port
        async with bench.kiosk() as kiosk:
            item = await kiosk.item(tag)
            assert item is not None
            session = kiosk.desk.open_session(CARD)
            first, second = await asyncio.gather(
                *(kiosk.desk.handle(session, Action.BORROW, item) for _ in range(2))
            )
            assert first == second
            assert len([*kiosk.desk.journal]) == 1
    assert bench.ils.books.log == [("borrow", item_id(1), CARD)]


async def test_f9_a_late_answer_is_dropped_by_its_number(bench: Bench) -> None:
    async with FaultyLink(bench.port, Troubles(duplicate=1.0), 2) as link:
        bench.port = link.port
        async with bench.kiosk() as kiosk:
            for number in (1, 2, 3):
                tag = a_book(number)
                bench.pad.pad.put(tag)
                bench.ils.titles[item_id(number)] = f"title {number}"
                item = await kiosk.item(tag)
                assert item is not None
                session = kiosk.desk.open_session(CARD)
                one = await kiosk.desk.handle(session, Action.BORROW, item)
                assert one.title == f"title {number}"
            assert kiosk.client.counts["late"] > 0


@pytest.mark.parametrize("name", ["embedded", "evergreen"])
async def test_f10_a_damaged_answer_is_asked_for_again_then_the_loan_is_looked_up(
    bench: Bench, name: str
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    async with FaultyLink(bench.port, Troubles(), 3) as link:
        bench.port = link.port
        async with bench.kiosk(name=name) as kiosk:
            await kiosk.client.refresh()
            item = await kiosk.item(tag)
            assert item is not None
            # Every answer to the 11 is damaged, whatever is asked for again.
            carry = link.frames.carry
            link.frames.carry = lambda frame: (  # type: ignore[method-assign]
                [frame.replace(b"AB", b"AX")] if frame.startswith(b"12") else carry(frame)
            )
            one = await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
            assert one.is_accepted
            assert kiosk.client.counts["corrupt"] > 1
            assert bench.ils.seen[Code.ITEM_INFORMATION] == 1
    assert is_off(tag)
    assert bench.ils.books.log == [("borrow", item_id(1), CARD)]
