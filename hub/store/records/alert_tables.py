"""The tables of alerts and of their history, as the newest migration leaves them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from hub.store.records.tables import METADATA

ALERTS = Table(
    "alerts",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    # Empty: the hub itself; or of a venue that nobody declared: no foreign key.
    Column("venue", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("raised_ms", BigInteger, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("cleared_ms", BigInteger),
    Column("cleared_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("acknowledged_ms", BigInteger),
    Column("acknowledged_by", Text, nullable=False),
    Column("assigned_to", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("times", Integer, nullable=False),
    Column("calling_ms", BigInteger, nullable=False),
    # Active, or seen by nobody: what is read at every start.
    Column("is_open", Boolean, nullable=False),
    # Who held it, as JSON: [[venue, family], …].
    Column("scopes", Text, nullable=False),
    Index("ix_alerts_key", "venue", "kind", "subject"),
    Index("ix_alerts_open", "is_open"),
)

ALERT_HISTORY = Table(
    "alert_history",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    # The fields of the alert that it set, as JSON.
    Column("facts", Text, nullable=False),
    ForeignKeyConstraint(["number"], ["alerts.number"]),
)
