"""Holds: 15, and what checkout and checkin do to them."""

from dataclasses import replace

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import Alert, HoldKind, HoldMode
from contracts.sip2.dates import read_due, write_instant
from contracts.sip2.message import Message
from hub.circulation.book import Hold, HoldState, Item, ItemState, Loan, Patron
from hub.circulation.decide import Refusal, Route, against_card, queue_position
from hub.circulation.words import done
from hub.library.shelf import DAY_MS, pass_on, put_aside
from hub.library.visit import Visit


def hold(visit: Visit) -> Message:
    """Place a hold, change where and until when, or cancel it."""
    patron = visit.patron()
    if isinstance(patron, Refusal):
        return visit.refuse(patron)
    message = visit.message
    item = visit.book.item(message.text(f.ITEM)) if message.text(f.ITEM) else None
    work = item.work if item is not None else None
    if work is None and message.text(f.TITLE):
        work = visit.book.work_titled(message.text(f.TITLE))
    if work is None:
        return visit.refuse(Refusal.ITEM_UNKNOWN)
    holds = visit.book.holds_of_work(work)
    mine = next((one for one in holds if one.patron == patron.id), None)
    if message[p.HOLD_MODE] == HoldMode.CANCEL:
        return _cancel(visit, mine, item)
    pickup = message.text(f.PICKUP)
    if pickup and not _is_branch(visit, pickup):
        return visit.refuse(Refusal.NO_SUCH_BRANCH)
    expires = visit.settings.instant(read_due(message.text(f.HOLD_EXPIRY)))
    if message[p.HOLD_MODE] == HoldMode.ALTER:
        if mine is None:
            return visit.refuse(Refusal.NO_SUCH_HOLD)
        changed = replace(mine, pickup=pickup or mine.pickup, expires_ms=expires or mine.expires_ms)
        visit.book.save_hold(changed)
        return _held(visit, changed, [changed if one is mine else one for one in holds], item)
    refusal = _against(visit, patron, item, mine)
    if refusal is not None:
        return visit.refuse(refusal)
    waiting_ms = visit.settings.rules.holds.waiting_days * DAY_MS
    only = message.text(f.HOLD_TYPE) == HoldKind.THIS_COPY and item is not None
    placed = visit.book.add_hold(
        Hold(
            id=0,
            work=work,
            item=item.id if only and item is not None else None,
            patron=patron.id,
            pickup=pickup or visit.branch,
            placed_ms=visit.now_ms,
            expires_ms=expires or visit.now_ms + waiting_ms,
        )
    )
    return _held(visit, placed, [*holds, placed], item)


def copy_found(visit: Visit, item: Item, route: Route) -> None:
    """Let the hold that an item now waits for know of it."""
    if route.hold is None:
        return
    is_here = route.alert is Alert.HOLD_HERE
    if is_here and item.state is ItemState.ON_HOLD_SHELF and item.branch == visit.branch:
        return
    put_aside(visit.book, item, route, visit.settings.rules.holds, visit.now_ms)


def fulfil(visit: Visit, item: Item, patron: Patron, holds: list[Hold]) -> None:
    """End the hold of who borrows what they waited for; a copy put aside for it is passed on."""
    for one in holds:
        if one.patron == patron.id and one.item in {None, item.id}:
            visit.book.save_hold(replace(one, state=HoldState.FULFILLED, copy=item.id))
            if one.copy is not None and one.copy != item.id:
                _pass_on(visit, one.copy)
            return


def give_back(visit: Visit, item: Item, loan: Loan) -> ItemState:
    """Return how an item stands after its loan was undone; its hold waits again with it."""
    if loan.patron is None:
        return ItemState.AVAILABLE
    fulfilled = visit.book.fulfilled_hold(item.id, loan.patron, visit.now_ms)
    if fulfilled is None:
        return ItemState.AVAILABLE
    visit.book.save_hold(replace(fulfilled, state=HoldState.READY))
    return ItemState.ON_HOLD_SHELF


def _cancel(visit: Visit, mine: Hold | None, item: Item | None) -> Message:
    if mine is None:
        return visit.refuse(Refusal.NO_SUCH_HOLD)
    visit.book.save_hold(replace(mine, state=HoldState.CANCELLED))
    if mine.copy is not None:
        _pass_on(visit, mine.copy)
    return visit.answer(
        p.OK.of(True),
        visit.echo(f.PATRON),
        f.ITEM.of(item.barcode) if item else None,
        f.TITLE.of(item.title) if item else None,
        visit.screen(done("unheld", visit.tongue)),
    )


def _pass_on(visit: Visit, copy: int) -> None:
    pass_on(visit.book, copy, visit.settings.rules.holds, visit.now_ms)


def _against(visit: Visit, patron: Patron, item: Item | None, mine: Hold | None) -> Refusal | None:
    if mine is not None:
        return Refusal.HELD_ALREADY
    found = against_card(patron, visit.settings.today(visit.now_ms))
    if found is not None:
        return found
    standing = visit.book.standing(patron.id, visit.now_ms)
    if standing.holds >= visit.settings.rules.of_patron(patron.category).most_holds:
        return Refusal.TOO_MANY_HOLDS
    if item is not None and item.state is ItemState.LENT:
        loan = visit.book.loan_of(item.id)
        if loan is not None and loan.patron == patron.id:
            return Refusal.ALREADY_YOURS
    return None


def _is_branch(visit: Visit, branch: str) -> bool:
    known = branch == visit.branch or visit.settings.is_branch(branch)
    return known or visit.book.has_branch(branch)


def _held(visit: Visit, one: Hold, holds: list[Hold], item: Item | None) -> Message:
    is_ready = one.state is HoldState.READY
    expires = one.expires_ms
    return visit.answer(
        p.OK.of(True),
        p.AVAILABLE.of(is_ready or visit.book.available_copies(one.work) > 0),
        visit.echo(f.PATRON),
        f.ITEM.of(item.barcode) if item else None,
        f.TITLE.of(item.title if item else visit.message.text(f.TITLE)),
        f.QUEUE_POSITION.of(str(queue_position(one, holds))),
        f.PICKUP.of(one.pickup),
        None if expires is None else f.HOLD_EXPIRY.of(write_instant(visit.settings.local(expires))),
        visit.screen(done("held", visit.tongue)),
    )
