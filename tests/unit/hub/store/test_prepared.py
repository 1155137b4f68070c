"""Statements that are given to the driver as text say and read what SQLAlchemy would."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, OperationalError

from hub.circulation.book import CardState, Hold, HoldState, Item, ItemState, Loan, Patron
from hub.store.records import LendingRecords, Records, SharedTransactions, lending_statements
from hub.store.records.circulation_tables import CARDS, HOLDS, ITEMS, LOANS, PATRONS, WORKS
from hub.store.records.prepared import Prepared, insert_all
from link.errors import StoreUnavailable

TABLE = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("is_so", Boolean),
    Column("data", LargeBinary),
)
ADD = Prepared(insert_all(TABLE, without="id").returning(TABLE.c.id))
WRITE = Prepared(insert_all(TABLE))
# With a value of its own, and parameters in another order than they are given.
CHOSEN = select(TABLE).where(
    TABLE.c.id >= bindparam("first"), TABLE.c.name != "left out", TABLE.c.is_so == bindparam("so")
)
LENDING = {
    name: found for name, found in vars(lending_statements).items() if isinstance(found, Prepared)
}

things = st.fixed_dictionaries(
    {
        "name": st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        "is_so": st.none() | st.booleans(),
        "data": st.none() | st.binary(),
    }
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        TABLE.create(opened)
        yield opened
    engine.dispose()


@settings(deadline=None)
@given(st.lists(things), st.booleans(), st.integers(0, 4))
def test_as_sqlalchemy_does_it(rows: list[dict[str, Any]], so: bool, first: int) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        given_ = [ADD.first(connection, row) for row in rows]
        assert given_ == [(number,) for number in range(1, len(rows) + 1)]
        numbered = [{**row, "id": 100 + number} for number, row in enumerate(rows)]
        WRITE.run_many(connection, numbered)
        by_sqlalchemy = connection.execute(select(TABLE)).all()
        plain = [(row["name"], row["is_so"], row["data"]) for row in rows]
        assert [tuple(row)[1:] for row in by_sqlalchemy] == plain * 2
        asked = {"so": so, "first": first}
        found = Prepared(CHOSEN).rows(connection, asked)
        assert found == [tuple(row) for row in connection.execute(CHOSEN, asked)]
        assert [[type(value) for value in row] for row in found] == [
            [type(value) for value in row] for row in connection.execute(CHOSEN, asked)
        ]
    engine.dispose()


def test_a_failure_is_sqlalchemys_and_tells_no_values(connection: Connection) -> None:
    WRITE.run(connection, {"id": 1, "name": "Mei", "is_so": None, "data": None})
    with pytest.raises(IntegrityError) as told:
        WRITE.run(connection, {"id": 1, "name": "Mei", "is_so": None, "data": None})
    assert "things.id" in str(told.value)
    assert "Mei" not in str(told.value)
    TABLE.drop(connection)
    with pytest.raises(OperationalError, match="things"):
        Prepared(CHOSEN).rows(connection, {"so": True, "first": 0})


def test_a_failure_undoes_the_transaction(tmp_path: Path) -> None:
    with Records(tmp_path / "records.db") as records:
        transactions = SharedTransactions(records)
        with transactions.writing() as connection:
            _stock(connection)
        loan = Loan(0, item=2, patron=1, out_ms=5, due_ms=6)

        def lend_twice() -> None:
            with transactions.writing() as connection:
                book = LendingRecords(connection)
                assert book.add_loan(loan).id == 1
                # An item is lent once at a time.
                book.add_loan(loan)

        with pytest.raises(StoreUnavailable):
            lend_twice()
        with transactions.reading() as connection:
            assert LendingRecords(connection).lent(1) == []
        transactions.close()


@pytest.mark.parametrize("name", LENDING)
def test_every_statement_of_lending_is_one_for_postgresql_too(name: str) -> None:
    form = LENDING[name].compile(postgresql.dialect())  # type: ignore[no-untyped-call]
    assert form.order is None
    assert form.given == {}
    assert form.told == ()


def test_each_column_becomes_its_own_field(tmp_path: Path) -> None:
    patron = Patron(
        *(1, "card", "name", "class", CardState.RETAINED, "hash", "address", "mail", "phone"),
        *("born", True, "home", "blocks", "terminal", "expires"),
    )
    item = Item(
        *(2, "code", 3, "title", "author", "owner", "own branch", "branch", "002", "kind"),
        *("call", "01", False, ItemState.IN_TRANSIT, "destination", "properties"),
    )
    loan = Loan(0, 2, 1, 11, 12, 13, "out branch", "out terminal", "transaction")
    hold = Hold(0, 3, 2, 1, "pickup", 21, HoldState.READY, 2, 22)
    for one in (patron, item):
        # What stands twice could stand in the other's place.
        assert len(set(map(str, asdict(one).values()))) == len(fields(one))
    with Records(tmp_path / "records.db") as records, records.writing() as connection:
        _stock(connection, patron, item)
        book = LendingRecords(connection)
        loan, hold = book.add_loan(loan), book.add_hold(hold)
        assert book.patron("card") == patron
        assert book.item("code") == book.item_of_id(2) == item
        assert book.loan_of(2) == loan
        assert book.holds_of_work(3) == [hold]
        found = book.found("code")
        assert found is not None
        assert (found.item, found.loan, found.has_holds) == (item, loan, True)
        visitor = book.visitor("card", 100)
        assert visitor is not None
        assert visitor == (patron, book.standing(1, 100))
        assert asdict(visitor[1]) == {"loans": 1, "overdue": 1, "owed_fen": 0, "holds": 1}
        (lent,), (held,) = book.lent(1), book.held(1)
        assert (lent.loan, lent.barcode, lent.title) == (loan, "code", "title")
        assert (held.hold, held.barcode, held.title) == (hold, "code", "title")


def _stock(
    connection: Connection,
    patron: Patron | None = None,
    item: Item | None = None,
) -> None:
    """Write a patron with a card, and an item with its work."""
    patron = patron or Patron(1, "card", "name", "adult")
    item = item or Item(2, "code", 3, "title")
    of_patron, of_item = asdict(patron), asdict(item)
    card = {"number": of_patron.pop("card"), "state": of_patron.pop("card_state").value}
    work = {"title": of_item.pop("title"), "author": of_item.pop("author")}
    connection.execute(insert(PATRONS), of_patron)
    connection.execute(insert(CARDS), {**card, "patron": patron.id})
    connection.execute(insert(WORKS), {"id": item.work, **work})
    connection.execute(insert(ITEMS), {**of_item, "state": item.state.value})
    assert connection.execute(select(LOANS.c.id)).all() == []
    assert connection.execute(select(HOLDS.c.id)).all() == []
