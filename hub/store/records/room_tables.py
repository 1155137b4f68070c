"""The table of orders to unstaffed rooms."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from hub.store.records.tables import METADATA

ROOM_ORDERS = Table(
    "room_orders",
    METADATA,
    # As it goes over the wire; whoever orders chooses it, so that one order is carried out once.
    Column("id", Text, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_ms", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
Index("ix_room_orders_node", ROOM_ORDERS.c.venue, ROOM_ORDERS.c.node, ROOM_ORDERS.c.at_ms)
Index("ix_room_orders_state", ROOM_ORDERS.c.state)
