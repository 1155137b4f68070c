"""Checkout, checkin, renewal: 11, 09, 29, 65."""

from typing import Final

import structlog

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import Alert, Fee, Security
from contracts.sip2.dates import write_instant
from contracts.sip2.fields import FieldValue
from contracts.sip2.message import Message
from hub.circulation.book import Item, ItemState, Loan, Patron
from hub.circulation.decide import (
    Refusal,
    Route,
    against_borrowing,
    against_lending,
    against_renewing,
    is_magnetic,
    route_returned,
)
from hub.circulation.due import due_at, fine_fen
from hub.circulation.words import done, yuan
from hub.library.holds import copy_found, fulfil, give_back
from hub.library.visit import Visit
from hub.store.records.lending_rows import Lent

log = structlog.get_logger(__name__)

UNDO_MS: Final = 15 * 60_000
"""So long after it a transaction can be undone by the terminal that made it."""
CURRENCY: Final = "CNY"
_FOUND: Final = frozenset({ItemState.IN_TRANSIT, ItemState.LOST, ItemState.MISSING})
"""An item in one of these is not on loan, and its arrival changes something."""


def checkout(visit: Visit) -> Message:
    """Lend an item, renew it for who has it, record a loan of off-line times, undo a return."""
    book, message = visit.book, visit.message
    visitor = visit.visitor()
    if isinstance(visitor, Refusal):
        return visit.refuse(visitor)
    patron, standing = visitor
    found = book.found(message.text(f.ITEM))
    if found is None:
        return visit.refuse(Refusal.ITEM_UNKNOWN)
    item, loan = found.item, found.loan
    if message.text(f.CANCEL) == "Y":
        return _undo_return(visit, item, patron)
    if visit.is_no_block:
        return _record(visit, item, patron, loan)
    if loan is not None and loan.patron == patron.id:
        told = message.text(f.TRANSACTION)
        if told and told == loan.transaction:
            # The terminal's own id: this very loan, asked for again.
            return _lent(visit, item, loan, "lent")
        return _again(visit, item, patron, loan)
    rules, today = visit.settings.rules, visit.settings.today(visit.now_ms)
    rule = rules.of_loan(patron.category, item.category)
    refusal = against_borrowing(patron, standing, rules.of_patron(patron.category), today)
    holds = visit.holds(found)
    refusal = refusal or against_lending(item, patron, loan, holds)
    if refusal is not None:
        return visit.refuse(refusal, f.TITLE.of(item.title))
    if rule.charge_fen and message.text(f.FEE_ACKNOWLEDGED) != "Y":
        return visit.refuse(Refusal.CHARGE, f.TITLE.of(item.title), *_charge(rule.charge_fen))
    loan = _lend(visit, item, patron, visit.now_ms, _due(visit, rule.days))
    if rule.charge_fen:
        kind = Fee.RENTAL
        book.add_fee(
            patron.id,
            kind,
            rule.charge_fen,
            loan=loan.id,
            title=item.title,
            at_ms=visit.now_ms,
        )
    fulfil(visit, item, patron, holds)
    return _lent(visit, item, loan, "lent")


def checkin(visit: Visit) -> Message:
    """Take an item back, say where it has to go, undo a loan."""
    found = visit.book.found(visit.message.text(f.ITEM))
    if found is None:
        return visit.refuse(Refusal.ITEM_UNKNOWN)
    item, loan = found.item, found.loan
    if visit.message.text(f.CANCEL) == "Y":
        return _undo_loan(visit, item, loan)
    at_ms = _came_back_ms(visit, loan)
    if loan is not None and at_ms < loan.out_ms:
        # Of an earlier loan, told late: the item has been lent since.
        return _returned(visit, item, Route(item.state), None, is_done=True)
    route = route_returned(item, visit.branch, visit.holds(found))
    fine = 0
    if loan is not None:
        visit.book.close_loan(loan.id, at_ms, visit.terminal)
        fine = _fine(visit, item, loan, at_ms)
    copy_found(visit, item, route)
    if (route.state, visit.branch, route.destination) != (
        item.state,
        item.branch,
        item.destination,
    ):
        visit.book.place_item(item.id, route.state, visit.branch, route.destination)
    is_done = loan is not None or item.state in _FOUND or visit.is_no_block
    return _returned(visit, item, route, loan, is_done=is_done, fine=fine)


def renew(visit: Visit) -> Message:
    """Renew one loan, of an item or of a title."""
    patron = visit.patron()
    if isinstance(patron, Refusal):
        return visit.refuse(patron)
    item = _renewable(visit, patron)
    if item is None:
        return visit.refuse(Refusal.ITEM_UNKNOWN)
    loan = visit.book.loan_of(item.id) if item.state is ItemState.LENT else None
    if visit.is_no_block:
        return _record_renewal(visit, item, patron, loan)
    refusal, renewed = _renewed(visit, item, patron, loan)
    if renewed is None:
        due = loan.due_ms if loan is not None and loan.patron == patron.id else None
        more = [f.ITEM.of(item.barcode), f.TITLE.of(item.title)]
        if due is not None:
            more.append(f.DUE.of(_written(visit, due)))
        return visit.refuse(refusal or Refusal.NOT_ON_LOAN, *more)
    return _lent(visit, item, renewed, "renewed")


def renew_all(visit: Visit) -> Message:
    """Renew whatever of a patron can be renewed."""
    patron = visit.patron()
    if isinstance(patron, Refusal):
        return visit.refuse(patron)
    said: dict[bool, list[FieldValue]] = {True: [], False: []}
    for lent in visit.book.lent(patron.id):
        item = visit.book.item_of_id(lent.loan.item)
        done_ = item is not None and _renewed(visit, item, patron, lent.loan)[1] is not None
        field = f.RENEWED_ITEMS if done_ else f.UNRENEWED_ITEMS
        said[done_].append(field.of(lent.barcode))
    return visit.answer(
        p.OK.of(True),
        p.RENEWED_COUNT.of(len(said[True])),
        p.UNRENEWED_COUNT.of(len(said[False])),
        *said[True],
        *said[False],
    )


def _lend(visit: Visit, item: Item, patron: Patron, out_ms: int, due_ms: int) -> Loan:
    loan = visit.book.add_loan(
        Loan(
            id=0,
            item=item.id,
            patron=patron.id,
            out_ms=out_ms,
            due_ms=due_ms,
            out_branch=visit.branch,
            out_terminal=visit.terminal,
            transaction=visit.message.text(f.TRANSACTION),
        )
    )
    visit.book.place_item(item.id, ItemState.LENT, visit.branch)
    return loan


def _again(visit: Visit, item: Item, patron: Patron, loan: Loan) -> Message:
    """Answer who asks for what they have: renewed where the terminal lets them, else told."""
    refusal: Refusal | None = Refusal.ALREADY_YOURS
    if visit.message[p.SELF_RENEWAL]:
        refusal, renewed = _renewed(visit, item, patron, loan)
        if renewed is not None:
            return _lent(visit, item, renewed, "renewed")
    shown = (f.TITLE.of(item.title), f.DUE.of(_written(visit, loan.due_ms)))
    # Whoever else is refused here still has the item.
    return visit.refuse(refusal or Refusal.ALREADY_YOURS, *shown, p.RENEWAL_OK.of(True))


def _record(visit: Visit, item: Item, patron: Patron, loan: Loan | None) -> Message:
    """Record a loan that was made off-line, whatever stands against it; once, however often told.

    What a later return or loan is known of becomes history. An item that somebody else still has
    by the records is taken back from them first: it was in this patron's hand.
    """
    book, at_ms = visit.book, visit.happened_ms
    told = book.same_loan(item.id, patron.id, at_ms, visit.message.text(f.TRANSACTION))
    if told is not None:
        return _lent(visit, item, told, "lent", may_clear=told.back_ms is None)
    if loan is not None and loan.patron == patron.id and loan.out_ms <= at_ms:
        return _lent(visit, item, loan, "lent")
    rule = visit.settings.rules.of_loan(patron.category, item.category)
    promised = visit.settings.instant(visit.message[p.NO_BLOCK_DUE])
    due = promised or _due(visit, rule.days, at_ms)
    since = book.later_end(item.id, at_ms)
    if since is not None:
        ended = Loan(
            id=0,
            item=item.id,
            patron=patron.id,
            out_ms=at_ms,
            due_ms=due,
            out_branch=visit.branch,
            out_terminal=visit.terminal,
            transaction=visit.message.text(f.TRANSACTION),
            back_ms=since,
        )
        return _lent(visit, item, book.add_loan(ended), "lent", may_clear=False)
    if loan is not None:
        log.warning("loan_ended_by_the_next", loan=loan.id, item=item.id)
        book.close_loan(loan.id, at_ms, visit.terminal)
        _fine(visit, item, loan, at_ms)
    made = _lend(visit, item, patron, at_ms, due)
    fulfil(visit, item, patron, book.holds_of_work(item.work))
    return _lent(visit, item, made, "lent")


def _undo_loan(visit: Visit, item: Item, loan: Loan | None) -> Message:
    """Take back a loan that this terminal has just made: its security bit could not be cleared."""
    is_ours = loan is not None and loan.out_terminal == visit.terminal and not loan.renewals
    if loan is None or not is_ours or visit.now_ms - loan.out_ms > UNDO_MS:
        return visit.refuse(Refusal.NOT_CANCELLED, *_of_item(item))
    visit.book.drop_loan(loan.id)
    state = give_back(visit, item, loan)
    visit.book.place_item(item.id, state, visit.branch)
    return _returned(visit, item, Route(state), None, is_done=True, word="cancelled")


def _undo_return(visit: Visit, item: Item, patron: Patron) -> Message:
    """Let a loan go on that this terminal has just ended: the security bit could not be set."""
    book = visit.book
    since = visit.now_ms - UNDO_MS
    loan = book.last_returned(item.id, visit.terminal, since)
    if loan is None or loan.patron != patron.id or item.state is ItemState.LENT:
        return visit.refuse(Refusal.NOT_CANCELLED, f.TITLE.of(item.title))
    book.open_again(loan.id)
    book.drop_fine(loan.id, Fee.OVERDUE)
    for hold in book.holds_of_work(item.work):
        if hold.copy == item.id:
            book.save_hold(hold.put_back())
    book.place_item(item.id, ItemState.LENT, visit.branch)
    return _lent(visit, item, loan, "cancelled", may_clear=False)


def _renewable(visit: Visit, patron: Patron) -> Item | None:
    barcode = visit.message.text(f.ITEM)
    if barcode:
        return visit.book.item(barcode)
    title = visit.message.text(f.TITLE)
    found: Lent | None = next(
        (lent for lent in visit.book.lent(patron.id) if title and lent.title == title), None
    )
    return None if found is None else visit.book.item_of_id(found.loan.item)


def _renewed(
    visit: Visit, item: Item, patron: Patron, loan: Loan | None
) -> tuple[Refusal | None, Loan | None]:
    rules = visit.settings.rules
    rule = rules.of_loan(patron.category, item.category)
    refusal = against_renewing(
        loan,
        patron,
        visit.book.standing(patron.id, visit.now_ms),
        rule,
        rules.of_patron(patron.category),
        visit.book.holds_of_work(item.work),
        visit.settings.today(visit.now_ms),
    )
    if refusal is not None or loan is None:
        return refusal, None
    # Who renews early loses no day.
    due = _due(visit, rule.renewal_days, max(loan.due_ms, visit.now_ms))
    visit.book.set_due(loan.id, due, loan.renewals + 1)
    return None, loan.renewed(due)


def _record_renewal(visit: Visit, item: Item, patron: Patron, loan: Loan | None) -> Message:
    """Record a renewal that was made off-line; once, however often told."""
    at_ms = visit.happened_ms
    promised = visit.settings.instant(visit.message[p.NO_BLOCK_DUE])
    if loan is None or loan.patron != patron.id or loan.out_ms > at_ms:
        if visit.book.later_end(item.id, at_ms) is None:
            return visit.refuse(Refusal.NOT_YOURS if loan else Refusal.NOT_ON_LOAN)
        # Of a loan that has ended since: there is nothing left to be renewed.
        ended = Loan(0, item.id, patron.id, at_ms, promised or at_ms)
        return _lent(visit, item, ended, "renewed", may_clear=False)
    rule = visit.settings.rules.of_loan(patron.category, item.category)
    due = promised or _due(visit, rule.renewal_days, at_ms)
    if due > loan.due_ms:
        visit.book.set_due(loan.id, due, loan.renewals + 1)
        loan = loan.renewed(due)
    return _lent(visit, item, loan, "renewed")


def _due(visit: Visit, days: int, from_ms: int | None = None) -> int:
    begins = visit.now_ms if from_ms is None else from_ms
    opens = visit.settings.opens
    return due_at(begins, days, visit.settings.zone, lambda day: opens(visit.branch, day))


def _fine(visit: Visit, item: Item, loan: Loan, at_ms: int) -> int:
    """Write what a late return costs; return it in fen."""
    if loan.patron is None or at_ms <= loan.due_ms:
        return 0
    category = visit.book.category_of(loan.patron)
    rule = visit.settings.rules.of_loan(category, item.category)
    amount = fine_fen(rule, loan.due_ms, at_ms, visit.settings.zone)
    if amount:
        visit.book.add_fee(
            loan.patron,
            Fee.OVERDUE,
            amount,
            loan=loan.id,
            title=item.title,
            at_ms=visit.now_ms,
        )
    return amount


def _came_back_ms(visit: Visit, loan: Loan | None) -> int:
    """Return when an item came back: off-line, or into a book drop over night."""
    told = visit.settings.instant(visit.message[p.RETURNED_AT])
    if visit.is_no_block:
        return visit.happened_ms if told is None else min(told, visit.now_ms)
    if told is None or loan is None or not loan.out_ms <= told <= visit.now_ms:
        return visit.now_ms
    return told


def _lent(visit: Visit, item: Item, loan: Loan, word: str, *, may_clear: bool = True) -> Message:
    has_bit = item.security != Security.NONE
    return visit.answer(
        p.OK.of(True),
        p.RENEWAL_OK.of(word == "renewed"),
        p.MAGNETIC.of(is_magnetic(item)),
        p.DESENSITIZE.of(may_clear and has_bit and item.is_loanable),
        visit.echo(f.PATRON),
        f.ITEM.of(item.barcode),
        f.TITLE.of(item.title),
        f.DUE.of(_written(visit, loan.due_ms)),
        f.MEDIA.of(item.media),
        f.PROPERTIES.of(item.properties) if item.properties else None,
        f.TRANSACTION.of(visit.message.text(f.TRANSACTION) or f"L{loan.id}"),
        visit.screen(done(word, visit.tongue)),
    )


def _returned(
    visit: Visit,
    item: Item,
    route: Route,
    loan: Loan | None,
    *,
    is_done: bool,
    fine: int = 0,
    word: str = "returned",
) -> Message:
    alert = route.alert is not Alert.NONE
    # Who brings an item back is not shown whose it was, nor who waits for it.
    said = [
        p.OK.of(is_done),
        p.RESENSITIZE.of(item.security != Security.NONE),
        p.MAGNETIC.of(is_magnetic(item)),
        p.ALERT.of(alert),
        *_of_item(item),
        f.MEDIA.of(item.media),
        f.PROPERTIES.of(item.properties) if item.properties else None,
        f.CALL_NUMBER.of(item.call_number) if item.call_number else None,
        f.ALERT_TYPE.of(route.alert) if alert else None,
        f.DESTINATION.of(route.destination) if route.destination else None,
        f.TRANSACTION.of(visit.message.text(f.TRANSACTION) or f"L{loan.id}") if loan else None,
    ]
    if not is_done:
        return visit.refuse(Refusal.NOT_ON_LOAN, *said)
    said.append(visit.screen(done("kept" if route.hold else word, visit.tongue)))
    if fine:
        said.append(visit.screen(done("fine", visit.tongue, amount=yuan(fine))))
    return visit.answer(*said)


def _of_item(item: Item) -> list[FieldValue]:
    return [
        f.ITEM.of(item.barcode),
        f.PERMANENT_LOCATION.of(item.home_branch),
        f.TITLE.of(item.title),
    ]


def _charge(fen: int) -> list[FieldValue]:
    return [f.FEE_TYPE.of(Fee.RENTAL), f.FEE_AMOUNT.of(yuan(fen)), f.CURRENCY_TYPE.of(CURRENCY)]


def _written(visit: Visit, at_ms: int) -> str:
    return write_instant(visit.settings.local(at_ms))
