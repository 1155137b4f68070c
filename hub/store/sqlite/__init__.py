"""The store that needs no server: one SQLite file for series, evidence and marks."""

from hub.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
