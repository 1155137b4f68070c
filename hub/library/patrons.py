"""What stands against a patron, what they have, and their session: 23, 63, 01, 25, 35."""

from collections.abc import Sequence
from typing import Final

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import Summary
from contracts.sip2.fields import Field, FieldValue
from contracts.sip2.message import Message
from contracts.sip2.part import Filled
from hub.circulation.book import CardState, HoldState, Patron, Standing
from hub.circulation.decide import Refusal, against_card, flags_of
from hub.circulation.words import refused, yuan
from hub.library.pins import PinState
from hub.library.visit import Visit

CURRENCY: Final = "CNY"


def patron_status(visit: Visit) -> Message:
    """Say what stands against a patron."""
    patron = visit.patron()
    if isinstance(patron, Refusal):
        return visit.refuse(patron)
    return _status(visit, patron)


def patron_information(visit: Visit) -> Message:
    """Say what a patron has, and one list of it."""
    visitor = visit.visitor()
    if isinstance(visitor, Refusal):
        return visit.refuse(visitor)
    patron, standing = visitor
    book = visit.book
    held = book.held(patron.id) if standing.holds else []
    fees = book.fees(patron.id) if standing.owed_fen else []
    lent = book.lent(patron.id) if visit.message[p.SUMMARY] in _OF_LOANS else []
    ready = [one for one in held if one.hold.state is HoldState.READY]
    waiting = [one for one in held if one.hold.state is HoldState.WAITING]
    lists: dict[Summary, tuple[Field, list[str]]] = {
        Summary.HOLD: (f.HOLD_ITEMS, [one.barcode for one in ready]),
        Summary.OVERDUE: (
            f.OVERDUE_ITEMS,
            [one.barcode for one in lent if one.loan.due_ms < visit.now_ms],
        ),
        Summary.CHARGED: (f.CHARGED_ITEMS, [one.barcode for one in lent]),
        Summary.FINE: (
            f.FINE_ITEMS,
            [f"{fee.id} {yuan(fee.open_fen)} {CURRENCY} {fee.kind} {fee.title}" for fee in fees],
        ),
        Summary.RECALL: (f.RECALL_ITEMS, []),
        Summary.UNAVAILABLE_HOLD: (
            f.UNAVAILABLE_HOLDS,
            [one.barcode or one.title for one in waiting],
        ),
    }
    wanted = visit.message[p.SUMMARY]
    shown: list[FieldValue] = []
    if wanted is not None:
        field, values = lists[wanted]
        shown = [field.of(value) for value in _page(visit, values)]
    rule = visit.settings.rules.of_patron(patron.category)
    return visit.answer(
        *_about(visit, patron, standing),
        p.HOLD_COUNT.of(len(ready)),
        p.OVERDUE_COUNT.of(standing.overdue),
        p.CHARGED_COUNT.of(standing.loans),
        p.FINE_COUNT.of(len(fees)),
        p.UNAVAILABLE_COUNT.of(len(waiting)),
        f.HOLD_LIMIT.of(f"{min(rule.most_holds, 9999):04}"),
        f.OVERDUE_LIMIT.of(f"{min(rule.most_overdue, 9999):04}"),
        f.CHARGED_LIMIT.of(f"{min(rule.most_loans, 9999):04}"),
        f.FEE_LIMIT.of(yuan(rule.most_owed_fen)),
        *shown,
        *_personal(patron),
        *_notes(visit, patron),
    )


def block_patron(visit: Visit) -> Message:
    """Block a patron: a terminal kept the card, or saw what it should not have."""
    patron = visit.book.patron(visit.message.text(f.PATRON))
    if patron is None:
        return visit.refuse(Refusal.CARD_UNKNOWN)
    reason = visit.message.text(f.BLOCKED_MESSAGE) or "blocked"
    visit.book.set_terminal_block(patron.id, reason)
    if visit.message[p.CARD_RETAINED]:
        visit.book.set_card_state(patron.card, CardState.RETAINED)
    changed = visit.book.patron(patron.card)
    return _status(visit, changed or patron)


def patron_enable(visit: Visit) -> Message:
    """Lift the block of a terminal; what the staff blocked stays so."""
    patron = visit.patron()
    if isinstance(patron, Refusal):
        return visit.refuse(patron)
    if patron.terminal_block:
        visit.book.set_terminal_block(patron.id, "")
    if patron.card_state is CardState.RETAINED:
        visit.book.set_card_state(patron.card, CardState.GOOD)
    return _status(visit, visit.book.patron(patron.card) or patron)


def end_session(visit: Visit) -> Message:
    """End a patron's session; what was remembered of their PIN is forgotten by the caller."""
    return visit.answer(p.ENDED.of(True), visit.echo(f.PATRON))


def _status(visit: Visit, patron: Patron) -> Message:
    standing = visit.book.standing(patron.id, visit.now_ms)
    return visit.answer(*_about(visit, patron, standing), *_notes(visit, patron))


def _about(visit: Visit, patron: Patron, standing: Standing) -> list[Filled | FieldValue]:
    rule = visit.settings.rules.of_patron(patron.category)
    today = visit.settings.today(visit.now_ms)
    said: list[Filled | FieldValue] = [
        p.PATRON_STATUS.of(flags_of(patron, standing, rule, today)),
        p.LANGUAGE.of(_language(visit)),
        f.PATRON.of(patron.card),
        f.NAME.of(patron.name),
        f.VALID_PATRON.of("Y"),
    ]
    if visit.pin.state is not PinState.ABSENT:
        said.append(f.VALID_PATRON_PASSWORD.of("Y"))
    said += [f.CURRENCY_TYPE.of(CURRENCY), f.FEE_AMOUNT.of(yuan(standing.owed_fen))]
    return said


def _language(visit: Visit) -> str:
    if p.LANGUAGE not in visit.message.form.places:
        return "000"
    told = visit.message[p.LANGUAGE]
    return told if len(told) == 3 and told.isdecimal() else "000"


def _personal(patron: Patron) -> list[FieldValue]:
    said = (
        (f.ADDRESS, patron.address),
        (f.EMAIL, patron.email),
        (f.PHONE, patron.phone),
        (f.PERMANENT_LOCATION, patron.home_branch),
        (f.EXPIRY, patron.expires_on.replace("-", "")),
        (f.BIRTH, patron.born_on.replace("-", "")),
        (f.PATRON_CLASS, patron.category),
        (f.INTERNET, "NY"[patron.has_internet]),
        (f.AGREEMENT, patron.agreed_on.replace("-", "")),
    )
    return [field.of(value) for field, value in said if value]


def _notes(visit: Visit, patron: Patron) -> list[FieldValue]:
    against = against_card(patron, visit.settings.today(visit.now_ms))
    return [] if against is None else [visit.screen(refused(against, visit.tongue))]


def _page(visit: Visit, values: Sequence[str]) -> Sequence[str]:
    """Return the part of a list that is asked for, 1-based and with both ends."""
    first = _number(visit.message.text(f.START_ITEM), 1)
    last = _number(visit.message.text(f.END_ITEM), MOST_LISTED + first - 1)
    return values[first - 1 : min(last, first - 1 + MOST_LISTED)]


def _number(text: str, default: int) -> int:
    text = text.strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= 6
    return max(int(text), 1) if is_number else default


MOST_LISTED: Final = 500
"""Entries of one answer, so that a line stays far below 64 kB; BP and BQ reach the others."""
_OF_LOANS: Final = frozenset({Summary.OVERDUE, Summary.CHARGED})
