"""The only SQL about lending: what stands in the records of patrons, items, loans, holds and fees.

Each method is one statement on a connection that the caller lends, so that one transaction can
hold what several of them do. Those that the embedded server runs for every message are in
`lending_statements`.
"""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from hub.circulation.book import (
    CardState,
    Fee,
    Hold,
    HoldState,
    Item,
    ItemState,
    Loan,
    Patron,
    Standing,
)
from hub.store.records.circulation_tables import (
    CARDS,
    FEES,
    HOLDS,
    ITEMS,
    LOANS,
    PATRONS,
    PAYMENTS,
    WORKS,
)
from hub.store.records.lending_rows import Found, Held, Lent, Payment
from hub.store.records.lending_statements import (
    ADD_LOAN,
    CATEGORY,
    CLOSE,
    FOUND,
    HELD,
    HOLD_WIDTH,
    HOLDS_OF_WORK,
    IS_OPEN_HOLD,
    ITEM_OF_BARCODE,
    ITEM_OF_ID,
    ITEM_WIDTH,
    LENT,
    LOAN_WIDTH,
    OPEN_LOAN,
    PATRON_OF_CARD,
    PATRON_WIDTH,
    SET_ITEM,
    STANDING,
    VISITOR,
    hold_from,
    item_from,
    patron_from,
)

_FEES: Final = (
    select(FEES)
    .where(FEES.c.patron == bindparam("patron"), FEES.c.amount_fen > FEES.c.paid_fen)
    .order_by(FEES.c.id)
)


class LendingRecords:
    """The records of lending on one connection; whoever lends it commits or undoes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def patron(self, card: str) -> Patron | None:
        """Return whose card this is."""
        row = PATRON_OF_CARD.first(self._connection, {"card": card})
        return None if row is None else patron_from(row)

    def visitor(self, card: str, now_ms: int) -> tuple[Patron, Standing] | None:
        """Return whose card this is, and what they have now."""
        row = VISITOR.first(self._connection, {"card": card, "now": now_ms})
        if row is None:
            return None
        return patron_from(row[:PATRON_WIDTH]), Standing(*row[PATRON_WIDTH:])

    def found(self, barcode: str) -> Found | None:
        """Return the item of a barcode with its open loan."""
        row = FOUND.first(self._connection, {"code": barcode})
        if row is None:
            return None
        lent, hold = row[ITEM_WIDTH:-1], row[-1]
        loan = None if lent[0] is None else Loan(*lent)
        return Found(item_from(row[:ITEM_WIDTH]), loan, hold is not None)

    def item(self, barcode: str) -> Item | None:
        """Return the item of a barcode."""
        row = ITEM_OF_BARCODE.first(self._connection, {"code": barcode})
        return None if row is None else item_from(row)

    def item_of_id(self, id_: int) -> Item | None:
        """Return an item by its number."""
        row = ITEM_OF_ID.first(self._connection, {"id": id_})
        return None if row is None else item_from(row)

    def standing(self, patron: int, now_ms: int) -> Standing:
        """Return what a patron has now."""
        rows = STANDING.rows(self._connection, {"patron": patron, "now": now_ms})
        return Standing(*rows[0])

    def loan_of(self, item: int) -> Loan | None:
        """Return the open loan of an item."""
        row = OPEN_LOAN.first(self._connection, {"item": item})
        return None if row is None else Loan(*row)

    def lent(self, patron: int) -> list[Lent]:
        """Return a patron's open loans, what is due first comes first."""
        rows = LENT.rows(self._connection, {"patron": patron})
        return [Lent(Loan(*row[:LOAN_WIDTH]), *row[LOAN_WIDTH:]) for row in rows]

    def later_end(self, item: int, after_ms: int) -> int | None:
        """Return when an item was next lent or brought back after an instant."""
        earliest = [
            self._connection.execute(
                select(func.min(column)).where(LOANS.c.item == item, column > after_ms)
            ).scalar_one()
            for column in (LOANS.c.out_ms, LOANS.c.back_ms)
        ]
        return min((at for at in earliest if at is not None), default=None)

    def category_of(self, patron: int) -> str:
        """Return a patron's class."""
        ((category,),) = CATEGORY.rows(self._connection, {"patron": patron})
        return str(category)

    def same_loan(self, item: int, patron: int, out_ms: int, transaction: str) -> Loan | None:
        """Return the loan that a terminal has told of before: by its own id, else by its second."""
        same = and_(LOANS.c.patron == patron, LOANS.c.out_ms == out_ms)
        if transaction:
            same = or_(same, LOANS.c.transaction == transaction)
        row = self._one(select(LOANS).where(LOANS.c.item == item, same).limit(1))
        return None if row is None else Loan(**row)

    def last_returned(self, item: int, terminal: str, since_ms: int) -> Loan | None:
        """Return the loan that a terminal closed last, since an instant."""
        statement = (
            select(LOANS)
            .where(
                LOANS.c.item == item,
                LOANS.c.back_terminal == terminal,
                LOANS.c.back_ms >= since_ms,
            )
            .order_by(LOANS.c.back_ms.desc(), LOANS.c.id.desc())
            .limit(1)
        )
        row = self._one(statement)
        return None if row is None else Loan(**row)

    def add_loan(self, loan: Loan) -> Loan:
        """Write a loan; return it with its number."""
        plain = {
            "item": loan.item,
            "patron": loan.patron,
            "out_ms": loan.out_ms,
            "due_ms": loan.due_ms,
            "renewals": loan.renewals,
            "out_branch": loan.out_branch,
            "out_terminal": loan.out_terminal,
            "transaction": loan.transaction,
            "back_ms": loan.back_ms,
            "back_terminal": loan.back_terminal,
        }
        ((number,),) = ADD_LOAN.rows(self._connection, plain)
        return replace(loan, id=number)

    def set_due(self, loan: int, due_ms: int, renewals: int) -> None:
        """Write when a loan is due, and how often it was renewed."""
        statement = update(LOANS).where(LOANS.c.id == loan)
        self._connection.execute(statement.values(due_ms=due_ms, renewals=renewals))

    def close_loan(self, loan: int, back_ms: int, terminal: str) -> None:
        """Let a loan end."""
        CLOSE.run(self._connection, {"the_loan": loan, "at": back_ms, "terminal": terminal})

    def open_again(self, loan: int) -> None:
        """Let a loan that had ended go on: its return was undone."""
        statement = update(LOANS).where(LOANS.c.id == loan)
        self._connection.execute(statement.values(back_ms=None, back_terminal=""))

    def drop_loan(self, loan: int) -> None:
        """Take a loan away that never came about, and what it cost."""
        self._connection.execute(delete(FEES).where(FEES.c.loan == loan, FEES.c.paid_fen == 0))
        self._connection.execute(delete(LOANS).where(LOANS.c.id == loan))

    def place_item(self, item: int, state: ItemState, branch: str, destination: str = "") -> None:
        """Write where an item is."""
        told = {
            "the_item": item,
            "the_state": state.value,
            "the_branch": branch,
            "the_destination": destination,
        }
        SET_ITEM.run(self._connection, told)

    def set_properties(self, item: int, properties: str) -> None:
        """Write what a terminal says of an item."""
        statement = update(ITEMS).where(ITEMS.c.id == item)
        self._connection.execute(statement.values(properties=properties))

    def holds_of_work(self, work: int) -> list[Hold]:
        """Return the open holds of a work, the oldest first."""
        rows = HOLDS_OF_WORK.rows(self._connection, {"work": work})
        return [hold_from(row) for row in rows]

    def held(self, patron: int) -> list[Held]:
        """Return a patron's open holds, the oldest first."""
        rows = HELD.rows(self._connection, {"patron": patron})
        return [
            Held(hold_from(row[:HOLD_WIDTH]), row[HOLD_WIDTH], row[HOLD_WIDTH + 1] or "")
            for row in rows
        ]

    def add_hold(self, hold: Hold) -> Hold:
        """Write a hold; return it with its number."""
        made = self._connection.execute(insert(HOLDS), _hold_row(hold)).inserted_primary_key
        return replace(hold, id=int(made[0]) if made else 0)

    def save_hold(self, hold: Hold) -> None:
        """Write a hold as it is now."""
        statement = update(HOLDS).where(HOLDS.c.id == hold.id)
        self._connection.execute(statement.values(_hold_row(hold)))

    def fulfilled_hold(self, copy: int, patron: int, now_ms: int) -> Hold | None:
        """Return the hold that a copy was lent for, while it could still wait on the shelf."""
        statement = (
            select(HOLDS)
            .where(
                HOLDS.c.patron == patron,
                HOLDS.c.state == HoldState.FULFILLED.value,
                HOLDS.c.copy == copy,
                HOLDS.c.expires_ms > now_ms,
            )
            .order_by(HOLDS.c.id.desc())
            .limit(1)
        )
        row = self._one(statement)
        return None if row is None else _hold(row)

    def has_branch(self, branch: str) -> bool:
        """Tell whether any item belongs to a branch."""
        statement = select(ITEMS.c.id).where(ITEMS.c.home_branch == branch).limit(1)
        return self._connection.execute(statement).first() is not None

    def available_copies(self, work: int) -> int:
        """Return how many copies of a work stand on a shelf."""
        statement = select(func.count()).where(
            ITEMS.c.work == work, ITEMS.c.state == ItemState.AVAILABLE.value, ITEMS.c.is_loanable
        )
        return int(self._connection.execute(statement).scalar_one())

    def work_titled(self, title: str) -> int | None:
        """Return the work of a title; the first of several."""
        statement = select(WORKS.c.id).where(WORKS.c.title == title).order_by(WORKS.c.id).limit(1)
        found: int | None = self._connection.execute(statement).scalar_one_or_none()
        return found

    def fees(self, patron: int) -> list[Fee]:
        """Return what a patron has still to pay, the oldest first."""
        rows = self._connection.execute(_FEES, {"patron": patron})
        return [Fee(row.id, row.kind, row.amount_fen, row.paid_fen, row.title) for row in rows]

    def add_fee(
        self, patron: int, kind: str, amount_fen: int, *, loan: int, title: str, at_ms: int
    ) -> None:
        """Write what a patron owes for a loan."""
        row = {
            "patron": patron,
            "kind": kind,
            "amount_fen": amount_fen,
            "paid_fen": 0,
            "loan": loan,
            "title": title,
            "made_ms": at_ms,
        }
        self._connection.execute(insert(FEES), row)

    def drop_fine(self, loan: int, kind: str) -> None:
        """Take an unpaid fine of a loan away."""
        statement = delete(FEES).where(
            FEES.c.loan == loan, FEES.c.kind == kind, FEES.c.paid_fen == 0
        )
        self._connection.execute(statement)

    def pay(self, fee: int, fen: int) -> None:
        """Take an amount off a fee."""
        statement = update(FEES).where(FEES.c.id == fee)
        self._connection.execute(statement.values(paid_fen=FEES.c.paid_fen + fen))

    def payment(self, transaction: str) -> Payment | None:
        """Return the payment of a transaction id."""
        columns = [column for column in PAYMENTS.c if column.name != "id"]
        row = self._one(select(*columns).where(PAYMENTS.c.transaction == transaction))
        return None if row is None else Payment(**row)

    def add_payment(self, payment: Payment) -> None:
        """Write a payment."""
        row = {
            "patron": payment.patron,
            "amount_fen": payment.amount_fen,
            "fee": payment.fee,
            "means": payment.means,
            "transaction": payment.transaction,
            "terminal": payment.terminal,
            "paid_ms": payment.paid_ms,
        }
        self._connection.execute(insert(PAYMENTS), row)

    def blocked_cards(self, today: date) -> list[str]:
        """Return the numbers of cards against which something stands, whatever it is."""
        statement = (
            select(CARDS.c.number)
            .join(PATRONS, PATRONS.c.id == CARDS.c.patron)
            .where(
                or_(
                    CARDS.c.state != CardState.GOOD.value,
                    PATRONS.c.blocks != "",
                    PATRONS.c.terminal_block != "",
                    and_(PATRONS.c.expires_on != "", PATRONS.c.expires_on < today.isoformat()),
                )
            )
            .order_by(CARDS.c.number)
        )
        return list(self._connection.execute(statement).scalars())

    def door_cards(
        self, today: date, born_until: date | None, classes: frozenset[str], *, agreed: bool
    ) -> list[tuple[str, str]]:
        """Return the cards that open an unstaffed room, each with its last day (empty: none).

        `born_until`: whoever was born later, or nobody knows when, is left out; `classes`: of these
        alone, of all where it is empty; `agreed`: only of those who agreed.
        """
        conditions = [
            CARDS.c.state == CardState.GOOD.value,
            PATRONS.c.blocks == "",
            PATRONS.c.terminal_block == "",
            or_(PATRONS.c.expires_on == "", PATRONS.c.expires_on >= today.isoformat()),
        ]
        if born_until is not None:
            conditions += [
                PATRONS.c.born_on != "",
                PATRONS.c.born_on <= born_until.isoformat(),
            ]
        if classes:
            conditions.append(PATRONS.c.category.in_(sorted(classes)))
        if agreed:
            conditions.append(PATRONS.c.agreed_on != "")
        statement = (
            select(CARDS.c.number, PATRONS.c.expires_on)
            .join(PATRONS, PATRONS.c.id == CARDS.c.patron)
            .where(*conditions)
        )
        return [(row.number, row.expires_on) for row in self._connection.execute(statement)]

    def set_terminal_block(self, patron: int, text: str) -> None:
        """Write why a terminal blocked a patron; empty: it does not any more."""
        statement = update(PATRONS).where(PATRONS.c.id == patron)
        self._connection.execute(statement.values(terminal_block=text))

    def set_card_state(self, card: str, state: CardState) -> None:
        """Write what a card is good for."""
        statement = update(CARDS).where(CARDS.c.number == card).values(state=state.value)
        self._connection.execute(statement)

    def forget_patrons(self, before_ms: int, most: int = 2000) -> int:
        """Take the patron out of loans that ended before an instant; return of how many.

        Loans with a fee that is still to be paid keep theirs.
        """
        owed = select(FEES.c.loan).where(
            FEES.c.loan.is_not(None), FEES.c.amount_fen > FEES.c.paid_fen
        )
        due = (
            select(LOANS.c.id)
            .where(
                LOANS.c.back_ms < before_ms, LOANS.c.patron.is_not(None), LOANS.c.id.not_in(owed)
            )
            .limit(most)
        )
        # The terminal's own id could lead back to its journal, and so to the card.
        statement = update(LOANS).where(LOANS.c.id.in_(due)).values(patron=None, transaction="")
        return int(self._connection.execute(statement).rowcount)

    def forget_holds(self, before_ms: int) -> int:
        """Delete holds that are over and were placed before an instant; return how many."""
        statement = delete(HOLDS).where(HOLDS.c.placed_ms < before_ms, not_(IS_OPEN_HOLD))
        return int(self._connection.execute(statement).rowcount)

    def expired_holds(self, now_ms: int) -> list[Hold]:
        """Return open holds whose time is over."""
        statement = select(HOLDS).where(IS_OPEN_HOLD, HOLDS.c.expires_ms < now_ms)
        return [_hold(row) for row in self._connection.execute(statement).mappings()]

    def _one(self, statement: Any, **values: Any) -> RowMapping | None:
        return self._connection.execute(statement, values).mappings().first()


def _hold(row: Any) -> Hold:
    plain = dict(row)
    return Hold(state=HoldState(plain.pop("state")), **plain)


def _hold_row(hold: Hold) -> dict[str, Any]:
    return {
        "work": hold.work,
        "item": hold.item,
        "patron": hold.patron,
        "pickup": hold.pickup,
        "placed_ms": hold.placed_ms,
        "state": hold.state.value,
        "copy": hold.copy,
        "expires_ms": hold.expires_ms,
    }
