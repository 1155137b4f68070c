"""The statements about lending that the embedded server runs for most of its messages.

Each selects its columns in the order of the class that a row becomes.
"""

from dataclasses import fields
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update

from hub.circulation.book import CardState, Hold, HoldState, Item, ItemState, Loan, Patron
from hub.store.records.circulation_tables import CARDS, FEES, HOLDS, ITEMS, LOANS, PATRONS, WORKS
from hub.store.records.prepared import Prepared, Row, columns_of, insert_all


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


_PATRON_COLUMNS: Final = columns_of(
    PATRONS, _names(Patron), card=CARDS.c.number, card_state=CARDS.c.state
)
_ITEM_COLUMNS: Final = columns_of(ITEMS, _names(Item), title=WORKS.c.title, author=WORKS.c.author)
_LOAN_COLUMNS: Final = columns_of(LOANS, _names(Loan))
_HOLD_COLUMNS: Final = columns_of(HOLDS, _names(Hold))
_CARD_STATE: Final = _names(Patron).index("card_state")
_ITEM_STATE: Final = _names(Item).index("state")
_HOLD_STATE: Final = _names(Hold).index("state")
ITEM_WIDTH: Final = len(_ITEM_COLUMNS)
LOAN_WIDTH: Final = len(_LOAN_COLUMNS)
HOLD_WIDTH: Final = len(_HOLD_COLUMNS)
PATRON_WIDTH: Final = len(_PATRON_COLUMNS)


def patron_from(row: Row) -> Patron:
    """Return a patron from the columns of one."""
    values = list(row)
    values[_CARD_STATE] = CardState(values[_CARD_STATE])
    return Patron(*values)


def item_from(row: Row) -> Item:
    """Return an item from the columns of one."""
    values = list(row)
    values[_ITEM_STATE] = ItemState(values[_ITEM_STATE])
    return Item(*values)


def hold_from(row: Row) -> Hold:
    """Return a hold from the columns of one."""
    values = list(row)
    values[_HOLD_STATE] = HoldState(values[_HOLD_STATE])
    return Hold(*values)


IS_OPEN_HOLD: Final = or_(
    HOLDS.c.state == HoldState.WAITING.value, HOLDS.c.state == HoldState.READY.value
)
_IS_LENT: Final = LOANS.c.back_ms.is_(None)
_OF_CARD: Final = (
    select(*_PATRON_COLUMNS)
    .join(CARDS, CARDS.c.patron == PATRONS.c.id)
    .where(CARDS.c.number == bindparam("card"))
)


def _standing_of(patron: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """Return what a patron has, as columns: loans, overdue, owed_fen, holds."""
    loans = select(func.count()).select_from(LOANS).where(LOANS.c.patron == patron, _IS_LENT)
    owed = select(func.coalesce(func.sum(FEES.c.amount_fen - FEES.c.paid_fen), 0))
    holds = select(func.count()).select_from(HOLDS)
    return (
        loans.scalar_subquery().label("loans"),
        loans.where(LOANS.c.due_ms < bindparam("now")).scalar_subquery().label("overdue"),
        owed.where(FEES.c.patron == patron).scalar_subquery().label("owed_fen"),
        holds.where(HOLDS.c.patron == patron, IS_OPEN_HOLD).scalar_subquery().label("holds"),
    )


def _items(*more: ColumnElement[Any]) -> Any:
    return select(*_ITEM_COLUMNS, *more).join(WORKS, WORKS.c.id == ITEMS.c.work)


PATRON_OF_CARD: Final = Prepared(_OF_CARD)
VISITOR: Final = Prepared(_OF_CARD.add_columns(*_standing_of(PATRONS.c.id)))
"""A patron, and then what they have."""
STANDING: Final = Prepared(select(*_standing_of(bindparam("patron"))))
ITEM_OF_BARCODE: Final = Prepared(_items().where(ITEMS.c.barcode == bindparam("code")))
ITEM_OF_ID: Final = Prepared(_items().where(ITEMS.c.id == bindparam("id")))
_SOME_HOLD: Final = (
    select(HOLDS.c.id).where(HOLDS.c.work == ITEMS.c.work, IS_OPEN_HOLD).limit(1).scalar_subquery()
)
FOUND: Final = Prepared(
    _items(*(column.label(f"loan_{column.key}") for column in _LOAN_COLUMNS), _SOME_HOLD)
    .outerjoin(LOANS, and_(LOANS.c.item == ITEMS.c.id, _IS_LENT))
    .where(ITEMS.c.barcode == bindparam("code"))
)
"""An item, its open loan, and whether its work has a hold."""
OPEN_LOAN: Final = Prepared(
    select(*_LOAN_COLUMNS).where(LOANS.c.item == bindparam("item"), _IS_LENT)
)
LENT: Final = Prepared(
    select(*_LOAN_COLUMNS, ITEMS.c.barcode, WORKS.c.title, ITEMS.c.category)
    .join(ITEMS, ITEMS.c.id == LOANS.c.item)
    .join(WORKS, WORKS.c.id == ITEMS.c.work)
    .where(LOANS.c.patron == bindparam("patron"), _IS_LENT)
    .order_by(LOANS.c.due_ms, LOANS.c.id)
)
HOLDS_OF_WORK: Final = Prepared(
    select(*_HOLD_COLUMNS)
    .where(HOLDS.c.work == bindparam("work"), IS_OPEN_HOLD)
    .order_by(HOLDS.c.placed_ms, HOLDS.c.id)
)
_COPY: Final = ITEMS.alias("copy")
HELD: Final = Prepared(
    select(*_HOLD_COLUMNS, WORKS.c.title, _COPY.c.barcode)
    .join(WORKS, WORKS.c.id == HOLDS.c.work)
    .outerjoin(_COPY, _COPY.c.id == func.coalesce(HOLDS.c.copy, HOLDS.c.item))
    .where(HOLDS.c.patron == bindparam("patron"), IS_OPEN_HOLD)
    .order_by(HOLDS.c.placed_ms, HOLDS.c.id)
)
CATEGORY: Final = Prepared(select(PATRONS.c.category).where(PATRONS.c.id == bindparam("patron")))
ADD_LOAN: Final = Prepared(insert_all(LOANS, without="id").returning(LOANS.c.id))
SET_ITEM: Final = Prepared(
    update(ITEMS)
    .where(ITEMS.c.id == bindparam("the_item"))
    .values(
        state=bindparam("the_state"),
        branch=bindparam("the_branch"),
        destination=bindparam("the_destination"),
    )
)
CLOSE: Final = Prepared(
    update(LOANS)
    .where(LOANS.c.id == bindparam("the_loan"), _IS_LENT)
    .values(back_ms=bindparam("at"), back_terminal=bindparam("terminal"))
)
