"""The tables of settings that nodes told, and of what was ordered of nodes."""

from sqlalchemy import BigInteger, Column, Table, Text

from hub.store.records.tables import METADATA

NODE_SETTINGS = Table(
    "node_settings",
    METADATA,
    Column("venue", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    # Of which process of the node: another one may have read another file.
    Column("boot", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("text", Text, nullable=False),
    # JSON: key, value, whether it is from afar.
    Column("settings", Text, nullable=False),
    Column("told_ms", BigInteger, nullable=False),
)

NODE_ORDERS = Table(
    "node_orders",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("venue", Text, nullable=False, index=True),
    Column("node", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)
