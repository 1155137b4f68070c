"""The table of deliveries: what is to reach whom, and what became of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint

from hub.store.records.tables import METADATA

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("event", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("severity", Text, nullable=False),
    # What is told, as JSON: alerts change, what was to be said at that instant does not.
    Column("told", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    # When it was first to go; a dead letter that is tried anew begins anew.
    Column("due_ms", BigInteger, nullable=False),
    # Not to be tried before.
    Column("next_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tried_ms", BigInteger, nullable=False),
    # When the last try failed, and why, as `hub.delivery.reasons` writes it; stays once it is sent.
    Column("failed_ms", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("sent_ms", BigInteger),
    # The first delivery of the message that it went with, its own number if it went alone.
    Column("message", Integer),
    # Why a person gave up on it.
    Column("reason", Text, nullable=False),
    UniqueConstraint("event", "channel", name="uq_deliveries_event_channel"),
    # A number is said in the message: it is never given again.
    sqlite_autoincrement=True,
)
Index("ix_deliveries_state_channel", DELIVERIES.c.state, DELIVERIES.c.channel, DELIVERIES.c.id)
Index("ix_deliveries_alert", DELIVERIES.c.alert)
Index("ix_deliveries_channel_sent_ms", DELIVERIES.c.channel, DELIVERIES.c.sent_ms)
Index("ix_deliveries_channel_tried_ms", DELIVERIES.c.channel, DELIVERIES.c.tried_ms)
Index("ix_deliveries_channel_failed_ms", DELIVERIES.c.channel, DELIVERIES.c.failed_ms)
