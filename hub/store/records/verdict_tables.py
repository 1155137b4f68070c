"""The tables of verdicts, of people's corrections, and of what venues were judged by."""

from typing import Final

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

VERDICTS: Final = Table(
    "verdicts",
    METADATA,
    # A venue that was taken off the records keeps its verdicts: no foreign key.
    Column("venue", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("first_day", Text, nullable=False),
    Column("last_day", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("forecast", Text, nullable=False),
    Column("is_final", Boolean, nullable=False),
    Column("digest", Text, nullable=False),
    Column("computed_ms", BigInteger, nullable=False),
    # Only the newest version of a period is what holds; the others are its history.
    Column("is_newest", Boolean, nullable=False),
    # Readings, seconds, grade, calendar, versions of the schedule: JSON.
    Column("facts", Text, nullable=False),
    Index("ix_verdicts_newest", "is_newest", "last_day", "venue"),
)

OVERRIDES: Final = Table(
    "overrides",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("venue", Text, nullable=False, index=True),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("withdrawn_by", Text),
    ForeignKeyConstraint(["venue"], ["venues.id"], ondelete="CASCADE"),
)

VERDICT_BASES: Final = Table(
    "verdict_bases",
    METADATA,
    Column("venue", Text, primary_key=True),
    # Of the law, the store and the venue's declaration: when it changes, all is judged anew.
    Column("basis", Text, nullable=False),
)
