"""The tables of accounts, sessions, tokens, lock-out and the audit log."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from hub.store.records.tables import METADATA

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # The name without regard to case: what has to be unique.
    Column("name_key", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_login_ms", BigInteger, nullable=False),
    # A number that was given once is never given again: the audit log refers to it.
    sqlite_autoincrement=True,
)

# A venue that is declared later, or not any more, is no error: no foreign key.
ACCOUNT_VENUES = Table(
    "account_venues",
    METADATA,
    Column("account", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("venue", Text, primary_key=True),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    # SHA-256 of the id that the browser holds: who reads this table can enter nothing with it.
    Column("key", Text, primary_key=True),
    Column("account", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
)
Index("ix_sessions_account", SESSIONS.c.account)

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    # Lists as JSON; venues null: all that the account reaches.
    Column("scope", Text, nullable=False),
    Column("venues", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
    # A number that was given once is never given again: the audit log refers to it.
    sqlite_autoincrement=True,
)

FAILURES = Table(
    "login_failures",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # JSON objects of what differs.
    Column("before", Text),
    Column("after", Text),
    # A number that was given once is never given again: the audit log refers to it.
    sqlite_autoincrement=True,
)
Index("ix_audit_at_ms", AUDIT.c.at_ms)
