"""The store that needs no server: one SQLite file for series, evidence and marks."""

from hub.store.sqlite.ledger import Ledger
from hub.store.sqlite.store import SqliteStore

__all__ = ["Ledger", "SqliteStore"]
