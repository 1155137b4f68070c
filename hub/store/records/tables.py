"""The tables of the records, as the newest migration leaves them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

VENUES = Table(
    "venues",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("capacity", Integer),
    Column("timezone", Text, nullable=False),
    # Seven lists of [opens, closes] in minutes, from Monday, as JSON.
    Column("hours", Text, nullable=False),
    Column("quiet_at", Integer, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
)

ZONES = Table(
    "zones",
    METADATA,
    Column("venue", Text, ForeignKey("venues.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("capacity", Integer),
)

LINES = Table(
    "lines",
    METADATA,
    Column("venue", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("line", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    # `outside` is no row of zones, so that only the venue can be a foreign key.
    Column("from_zone", Text, nullable=False),
    Column("to_zone", Text, nullable=False),
    ForeignKeyConstraint(["venue"], ["venues.id"], ondelete="CASCADE"),
)

SENSORS = Table(
    "sensors",
    METADATA,
    Column("venue", Text, ForeignKey("venues.id", ondelete="CASCADE"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("sensor", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
)

# A node of a venue that nobody declared is seen all the same: no foreign key.
DEVICES = Table(
    "devices",
    METADATA,
    Column("venue", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("online", Boolean),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
    Column("status_at_ms", BigInteger, nullable=False),
    Column("software", Text, nullable=False),
    Column("status", Text, nullable=False),
)

HEAD_COUNTS = Table(
    "head_counts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("venue", Text, nullable=False, index=True),
    # `outside` for the whole venue: no row of zones.
    Column("zone", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("occupancy", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("withdrawn_by", Text),
    ForeignKeyConstraint(["venue"], ["venues.id"], ondelete="CASCADE"),
)

# Content packs, one version of each: the audit log has those before it.
PACKS = Table(
    "packs",
    METADATA,
    Column("pack", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("targets", Integer, nullable=False),
    # A JSON list of venues; null: all of them, also those that come later.
    Column("venues", Text),
    Column("who", Text, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
)

# What a visitor wrote stays in the store as it came; here stands that nobody is to read it.
HIDDEN_WISHES = Table(
    "hidden_wishes",
    METADATA,
    Column("event", Text, primary_key=True),
    Column("venue", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("hidden_ms", BigInteger, nullable=False),
)

# Of a venue that is in no file any more its past is judged all the same: no foreign key.
DECLARATIONS = Table(
    "declarations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("venue", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    # A JSON object, hours as people write them.
    Column("terms", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("withdrawn_by", Text),
    Column("withdrawn_why", Text),
    # A number that was given once is never given again: verdicts and the audit log refer to it.
    sqlite_autoincrement=True,
)

STORE = Table(
    "store_metadata",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
