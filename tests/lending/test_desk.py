"""The desk's ordinary days: renewals, fees, reference items, returns that are refused."""

import pytest

from contracts.sip2 import fields as f
from contracts.sip2.forms import Code
from contracts.sip2.message import Message
from kiosk.lending.stack import PadItem
from kiosk.lending.transaction import Action, Stage
from kiosk.lending.unfinished import unfinished
from tests.lending.benches import CARD, NOW_MS, Bench, Kiosk, a_book, is_off, item_id, until
from tests.lending.model_ils import Loan

DUE_BEFORE_MS = NOW_MS + 86_400_000


async def item_of(bench: Bench, kiosk: Kiosk, number: int = 1, *, lent: bool = False) -> PadItem:
    tag = a_book(number)
    if lent:
        tag.afi = 0xC2
        bench.ils.books.loans[item_id(number)] = Loan(CARD, "", "")
    bench.pad.pad.put(tag)
    await until(lambda: kiosk.pad.is_present(tag.uid))
    item = await kiosk.item(tag)
    assert item is not None
    return item


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_renewal_writes_no_bit_and_survives_a_lost_answer(
    bench: Bench, is_lost: bool
) -> None:
    async with bench.kiosk(name="koha") as kiosk:
        item = await item_of(bench, kiosk, lent=True)

        def lose(request: Message) -> None:
            if request.code == Code.RENEW:
                bench.server.cut()  # it is carried out, and its answer meets no connection

        if is_lost:
            bench.ils.before = lose
        session = kiosk.desk.open_session(CARD)
        one = await kiosk.desk.handle(session, Action.RENEW, item, due_ms=DUE_BEFORE_MS)
        assert (one.stage, one.due) == (Stage.ILS_OK, "20270127    235959")
        assert bench.ils.seen[Code.RENEW] == 1
    assert unfinished([one]) == []


async def test_a_fee_that_was_accepted_is_said_in_the_second_request(bench: Bench) -> None:
    asked: list[str] = []
    bench.ils.before = lambda m: asked.append(m.text(f.FEE_ACKNOWLEDGED))
    async with bench.kiosk() as kiosk:
        await kiosk.client.refresh()
        item = await item_of(bench, kiosk)
        bench.ils.blocked.add(CARD)
        session = kiosk.desk.open_session(CARD)
        first = await kiosk.desk.handle(session, Action.BORROW, item)
        assert first.stage is Stage.REFUSED
        bench.ils.blocked.clear()
        second = await kiosk.desk.handle(session, Action.BORROW, item, fee_is_accepted=True)
        assert second.is_accepted
    assert [said for said in asked if said] == ["Y"]


async def test_a_reference_item_is_lent_and_stays_secured(bench: Bench) -> None:
    bench.ils.reference.add(item_id(1))
    async with bench.kiosk() as kiosk:
        item = await item_of(bench, kiosk)
        one = await kiosk.desk.handle(kiosk.desk.open_session(CARD), Action.BORROW, item)
        assert (one.stage, one.is_accepted) == (Stage.ILS_OK, True)
        tag = bench.pad.pad.hf_tag(item.uids[0])
        assert tag is not None
        assert not is_off(tag)


async def test_what_is_borrowed_and_returned_is_secured_again(bench: Bench) -> None:
    async with bench.kiosk() as kiosk:
        item = await item_of(bench, kiosk)
        session = kiosk.desk.open_session(CARD)
        for action, off in ((Action.BORROW, True), (Action.RETURN, False), (Action.BORROW, True)):
            await kiosk.desk.handle(session, action, item)
            tag = bench.pad.pad.hf_tag(item.uids[0])
            assert tag is not None
            assert is_off(tag) is off
        assert len(await kiosk.desk.end_session(session)) == 3


@pytest.mark.parametrize("is_lent", [True, False])
async def test_a_return_that_is_refused_is_undone_only_for_a_loan(
    bench: Bench, is_lent: bool
) -> None:
    async with bench.kiosk() as kiosk:
        item = await item_of(bench, kiosk, lent=True)
        if is_lent:
            bench.ils.not_returnable.add(item_id(1))
        else:
            del bench.ils.books.loans[item_id(1)]
        assert item.off_uids
        one = await kiosk.desk.handle(kiosk.desk.open_session(), Action.RETURN, item)
        tag = bench.pad.pad.hf_tag(item.uids[0])
        assert tag is not None
        assert is_off(tag) is is_lent
        assert (one.is_accepted, bool(one.refusal)) == (False, True)
