"""The only SQL about the stock: patrons and items as lists of the library's office bring them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, insert, select, update

from hub.audit import Entry
from hub.circulation.book import CardState, ItemState
from hub.store.records.audit import append
from hub.store.records.circulation_tables import CARDS, ITEMS, PATRONS, WORKS
from hub.store.records.records import Records

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class PatronRow:
    """A patron as a list has them; `pin_hash` None leaves the PIN that there is."""

    card: str
    name: str
    pin_hash: str | None = None
    category: str = "adult"
    address: str = ""
    email: str = ""
    phone: str = ""
    born_on: str = ""
    has_internet: bool = False
    home_branch: str = ""
    blocks: str = ""
    expires_on: str = ""
    agreed_on: str | None = None
    """None leaves what there is."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as a list has it."""

    barcode: str
    title: str
    author: str = ""
    owner: str = ""
    home_branch: str = ""
    media: str = "001"
    category: str = "book"
    call_number: str = ""
    security: str = "00"
    is_loanable: bool = True


class StockRecords:
    """Brings lists into the records, in transactions of their own, and reads them out."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def pin_hashes(self, cards: Iterable[str]) -> Mapping[str, str]:
        """Return the hashes of PINs that there are, by card."""
        statement = (
            select(CARDS.c.number, PATRONS.c.pin_hash)
            .join(PATRONS, PATRONS.c.id == CARDS.c.patron)
            .where(CARDS.c.number.in_(list(cards)), PATRONS.c.pin_hash.is_not(None))
        )
        with self._records.reading() as connection:
            return {row.number: row.pin_hash for row in connection.execute(statement)}

    def put_patrons(self, rows: Iterable[PatronRow]) -> Counter[str]:
        """Write patrons; return how many were `added`, `changed`, `unchanged`."""
        with self._records.writing() as connection:
            return Counter([_put_patron(connection, row) for row in rows])

    def put_items(self, rows: Iterable[ItemRow]) -> Counter[str]:
        """Write items; where they are and who has them stays. Return as `put_patrons`."""
        with self._records.writing() as connection:
            return Counter([_put_item(connection, row) for row in rows])

    def patrons(self) -> Iterator[PatronRow]:
        """Yield all patrons with each of their cards, without PINs."""
        columns = [column for column in PATRONS.c if column.name not in _NOT_TOLD]
        statement = select(CARDS.c.number.label("card"), *columns).join(
            PATRONS, PATRONS.c.id == CARDS.c.patron
        )
        for row in self._pages(statement, CARDS.c.number):
            yield PatronRow(**row)

    def items(self) -> Iterator[ItemRow]:
        """Yield all items."""
        names = [name for name in ItemRow.__dataclass_fields__ if name not in _OF_WORK]
        columns = [ITEMS.c[name] for name in names]
        statement = select(*columns, WORKS.c.title, WORKS.c.author).join(
            WORKS, WORKS.c.id == ITEMS.c.work
        )
        for row in self._pages(statement, ITEMS.c.barcode):
            yield ItemRow(**row)

    def note(self, told: Entry) -> None:
        """Write an entry of the audit log."""
        with self._records.writing() as connection:
            append(connection, told)

    def _pages(self, statement: Any, key: Any) -> Iterator[RowMapping]:
        """Yield rows in the order of a key; in pieces, so that no writer waits for a slow disk."""
        last: str | None = None
        while True:
            page = statement.order_by(key).limit(_AT_ONCE)
            if last is not None:
                page = page.where(key > last)
            with self._records.reading() as connection:
                rows = connection.execute(page).mappings().all()
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1]["card" if key is CARDS.c.number else key.name]


_NOT_TOLD: Final = frozenset({"id", "pin_hash", "terminal_block"})
_OF_WORK: Final = frozenset({"title", "author"})


def _put_patron(connection: Connection, row: PatronRow) -> str:
    values = asdict(row)
    card = values.pop("card")
    if row.pin_hash is None:
        del values["pin_hash"]
    if row.agreed_on is None:
        del values["agreed_on"]
    statement = select(PATRONS).join(CARDS, CARDS.c.patron == PATRONS.c.id)
    found = connection.execute(statement.where(CARDS.c.number == card)).mappings().first()
    if found is None:
        values = {"terminal_block": "", "pin_hash": None, "agreed_on": "", **values}
        made = connection.execute(insert(PATRONS).values(values)).inserted_primary_key
        number = made[0] if made else None
        good = CardState.GOOD.value
        connection.execute(insert(CARDS).values(number=card, patron=number, state=good))
        return "added"
    return _changed(connection, PATRONS, found, values)


def _put_item(connection: Connection, row: ItemRow) -> str:
    values = asdict(row)
    title, author = values.pop("title"), values.pop("author")
    values["work"] = _work(connection, title, author)
    statement = select(ITEMS).where(ITEMS.c.barcode == row.barcode)
    found = connection.execute(statement).mappings().first()
    if found is not None:
        return _changed(connection, ITEMS, found, values)
    place = {
        "branch": row.home_branch,
        "state": ItemState.AVAILABLE.value,
        "destination": "",
        "properties": "",
    }
    connection.execute(insert(ITEMS).values({**values, **place}))
    return "added"


def _changed(
    connection: Connection, table: Table, found: RowMapping, values: Mapping[str, Any]
) -> str:
    differing = {key: value for key, value in values.items() if found[key] != value}
    if not differing:
        return "unchanged"
    connection.execute(update(table).where(table.c.id == found["id"]).values(differing))
    return "changed"


def _work(connection: Connection, title: str, author: str) -> int:
    statement = select(WORKS.c.id).where(WORKS.c.title == title, WORKS.c.author == author)
    found: int | None = connection.execute(statement).scalar_one_or_none()
    if found is not None:
        return found
    row = {"title": title, "author": author}
    made = connection.execute(insert(WORKS).values(row)).inserted_primary_key
    return int(made[0]) if made else 0
