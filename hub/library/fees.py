"""Paying: 37. A transaction id pays once, however often it is told."""

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.message import Message
from hub.circulation.book import Fee
from hub.circulation.decide import Refusal
from hub.circulation.words import done, fen_of
from hub.library.visit import Visit
from hub.store.records.lending_rows import Payment

CURRENCY = "CNY"


def fee_paid(visit: Visit) -> Message:
    """Take a payment for one fee (CG), or for the oldest ones first.

    More than what is owed is refused: a machine that took too much has to give it back.
    """
    patron = visit.patron()
    if isinstance(patron, Refusal):
        return visit.refuse(patron)
    message = visit.message
    amount = fen_of(message.text(f.FEE_AMOUNT))
    transaction = message.text(f.TRANSACTION) or None
    if transaction is not None:
        known = visit.book.payment(transaction)
        if known is not None:
            same = (known.patron, known.amount_fen) == (patron.id, amount)
            return _taken(visit) if same else visit.refuse(Refusal.PAID_OTHERWISE)
    if message[p.CURRENCY] not in {CURRENCY, ""}:
        return visit.refuse(Refusal.CURRENCY)
    fees = visit.book.fees(patron.id)
    wanted = message.text(f.FEE_ID)
    if wanted:
        fees = [fee for fee in fees if str(fee.id) == wanted]
        if not fees:
            return visit.refuse(Refusal.NO_SUCH_FEE)
    if not amount or amount > sum(fee.open_fen for fee in fees):
        return visit.refuse(Refusal.AMOUNT)
    _take(visit, fees, amount)
    visit.book.add_payment(
        Payment(
            patron=patron.id,
            amount_fen=amount,
            fee=wanted,
            means=message[p.PAYMENT],
            transaction=transaction,
            terminal=visit.terminal,
            paid_ms=visit.now_ms,
        )
    )
    return _taken(visit)


def _take(visit: Visit, fees: list[Fee], amount: int) -> None:
    left = amount
    for fee in fees:
        part = min(left, fee.open_fen)
        if part:
            visit.book.pay(fee.id, part)
        left -= part


def _taken(visit: Visit) -> Message:
    transaction = visit.message.get(f.TRANSACTION)
    return visit.answer(
        p.ACCEPTED.of(True),
        visit.echo(f.PATRON),
        f.TRANSACTION.of(transaction) if transaction else None,
        visit.screen(done("paid", visit.tongue)),
    )
