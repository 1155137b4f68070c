"""The tables of the embedded library system. Instants in Unix ms, money in fen."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from hub.store.records.tables import METADATA


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


PATRONS = Table(
    "patrons",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("name"),
    Column("pin_hash", Text),
    _text("category"),
    _text("address"),
    _text("email"),
    _text("phone"),
    _text("born_on"),
    Column("has_internet", Boolean, nullable=False),
    _text("home_branch"),
    _text("blocks"),
    _text("terminal_block"),
    _text("expires_on"),
    Column("agreed_on", Text, nullable=False, server_default=""),
)

# A patron whose card was lost has another one: the old one is known, and lends nothing.
CARDS = Table(
    "cards",
    METADATA,
    Column("number", Text, primary_key=True),
    Column(
        "patron", Integer, ForeignKey("patrons.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    _text("state"),
)

WORKS = Table(
    "works",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("title"),
    _text("author"),
)
Index("uq_works_title", WORKS.c.title, WORKS.c.author, unique=True)

ITEMS = Table(
    "items",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("barcode", Text, nullable=False, unique=True),
    Column("work", Integer, ForeignKey("works.id"), nullable=False, index=True),
    _text("owner"),
    _text("home_branch"),
    _text("branch"),
    _text("media"),
    _text("category"),
    _text("call_number"),
    _text("security"),
    Column("is_loanable", Boolean, nullable=False),
    _text("state"),
    _text("destination"),
    _text("properties"),
)

LOANS = Table(
    "loans",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item", Integer, ForeignKey("items.id"), nullable=False),
    # Empty once the history is anonymous.
    Column("patron", Integer, ForeignKey("patrons.id", ondelete="SET NULL")),
    Column("out_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("renewals", Integer, nullable=False),
    _text("out_branch"),
    _text("out_terminal"),
    _text("transaction"),
    Column("back_ms", BigInteger, index=True),
    _text("back_terminal"),
)
_IS_OPEN = text("back_ms IS NULL")
# An item is lent once at a time, whatever the code above believes.
Index(
    "uq_loans_open",
    LOANS.c.item,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)
Index("ix_loans_item", LOANS.c.item, LOANS.c.out_ms)
Index("ix_loans_patron", LOANS.c.patron, LOANS.c.back_ms)

HOLDS = Table(
    "holds",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("work", Integer, ForeignKey("works.id"), nullable=False),
    Column("item", Integer, ForeignKey("items.id")),
    Column("patron", Integer, ForeignKey("patrons.id", ondelete="CASCADE"), nullable=False),
    _text("pickup"),
    Column("placed_ms", BigInteger, nullable=False),
    _text("state"),
    Column("copy", Integer, ForeignKey("items.id")),
    Column("expires_ms", BigInteger),
)
Index("ix_holds_work", HOLDS.c.work, HOLDS.c.state)
Index("ix_holds_patron", HOLDS.c.patron, HOLDS.c.state)

FEES = Table(
    "fees",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column(
        "patron", Integer, ForeignKey("patrons.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    _text("kind"),
    Column("amount_fen", Integer, nullable=False),
    Column("paid_fen", Integer, nullable=False),
    Column("loan", Integer, ForeignKey("loans.id", ondelete="SET NULL"), index=True),
    _text("title"),
    Column("made_ms", BigInteger, nullable=False),
    # A number that was given once is never given again: a payment refers to it.
    sqlite_autoincrement=True,
)

PAYMENTS = Table(
    "payments",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column(
        "patron", Integer, ForeignKey("patrons.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("amount_fen", Integer, nullable=False),
    _text("fee"),
    _text("means"),
    # The terminal's own id (BK); the same one never pays twice.
    Column("transaction", Text, unique=True),
    _text("terminal"),
    Column("paid_ms", BigInteger, nullable=False),
)

TERMINALS = Table(
    "terminals",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("password_hash"),
    _text("branch"),
    _text("encoding"),
    _text("language"),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
)

# What a repeated message is answered with; the ten latest of a terminal.
ANSWERS = Table(
    "terminal_answers",
    METADATA,
    Column("terminal", Text, ForeignKey("terminals.name", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    _text("checksum"),
    _text("subject"),
    Column("answer", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
