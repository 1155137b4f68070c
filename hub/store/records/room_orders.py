"""Orders to unstaffed rooms in the records: who ordered what and why, and what became of it."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select, update

from hub.audit import Entry
from hub.store.records.audit import append
from hub.store.records.records import Records
from hub.store.records.room_tables import ROOM_ORDERS
from hub.store.room_order import SENT, OrderRecord


class RoomOrderRecords:
    """Each change brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, id_: str) -> OrderRecord | None:
        """Return the order with an id."""
        found = self._read(ROOM_ORDERS.c.id == id_, most=1)
        return found[0] if found else None

    def newest(self, venue: str, node: str, most: int) -> Sequence[OrderRecord]:
        """Return the newest orders to a room, the newest first."""
        return self._read(ROOM_ORDERS.c.venue == venue, ROOM_ORDERS.c.node == node, most=most)

    def waiting(self) -> Sequence[OrderRecord]:
        """Return the orders that wait for their answers, the newest first."""
        return self._read(ROOM_ORDERS.c.state == SENT, most=10_000)

    def add(self, order: OrderRecord, told: Entry) -> None:
        """Write an order down before it is sent."""
        with self._records.writing() as connection:
            connection.execute(insert(ROOM_ORDERS).values(asdict(order)))
            append(connection, told)

    def settle(self, order: OrderRecord, told: Entry) -> None:
        """Write down what became of an order."""
        with self._records.writing() as connection:
            connection.execute(
                update(ROOM_ORDERS)
                .where(ROOM_ORDERS.c.id == order.id)
                .values(state=order.state, settled_ms=order.settled_ms, why=order.why)
            )
            append(connection, told)

    def _read(self, *where: object, most: int) -> list[OrderRecord]:
        statement = select(ROOM_ORDERS).order_by(ROOM_ORDERS.c.at_ms.desc(), ROOM_ORDERS.c.id)
        for clause in where:
            statement = statement.where(clause)  # type: ignore[arg-type]  # a column's comparison
        with self._records.reading() as connection:
            rows = connection.execute(statement.limit(most)).mappings()
            return [OrderRecord(**row) for row in rows]
