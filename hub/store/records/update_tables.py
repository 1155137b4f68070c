"""The tables of releases for nodes, and of how they go out."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from hub.store.records.tables import METADATA

UPDATES = Table(
    "updates",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    # As it stands in the zip.
    Column("manifest", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
)

ROLLOUTS = Table(
    "rollouts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    # A JSON object.
    Column("plan", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("soaking_ms", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    # The audit log names them by their numbers.
    sqlite_autoincrement=True,
)

ROLLOUT_TARGETS = Table(
    "rollout_targets",
    METADATA,
    Column("rollout", Integer, primary_key=True),
    Column("venue", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("stage", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
)
