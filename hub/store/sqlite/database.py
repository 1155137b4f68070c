"""The file itself: opening, connections, one durable transaction, copies."""

import contextlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

from hub.errors import StoreError
from link.errors import StoreUnavailable

VERSION: Final = 1
"""`PRAGMA user_version` of the schema that this code reads and writes."""

_FAULTS_OF_ROWS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.NotSupportedError,
)
"""What a value or our own code does wrong: waiting for the disk would not help."""

_CHECKPOINT_PAGES: Final = 1000
_CACHE_KIB: Final = 16_384


class Database:
    """One writer connection behind a lock, one reader a thread (WAL: readers never wait)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._local = threading.local()
        # Of its own: who reads for the first time must not wait for a long transaction.
        self._readers_lock = threading.Lock()
        self._readers: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._writer = _open(path)
        try:
            self._prepare()
        except BaseException as error:
            self._writer.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise StoreError(f"{path} is not a store that can be used: {error}") from error
            raise

    def _prepare(self) -> None:
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StoreError(
                f"{self.path} was written by a newer release (schema {version}); this one knows "
                f"{VERSION}: upgrade, or restore an older backup"
            )
        self._writer.execute("PRAGMA journal_mode=WAL")
        self._writer.execute("PRAGMA synchronous=FULL")
        self._writer.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        self._writer.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._writer.execute("PRAGMA temp_store=MEMORY")
        schema = resources.files("hub.store.sqlite").joinpath("schema.sql").read_text("utf-8")
        self._writer.executescript(schema)
        self._writer.execute(f"PRAGMA user_version={VERSION}")
        self._writer.execute(
            "INSERT OR IGNORE INTO meta VALUES ('store_id', ?), ('ancestors', '[]')",
            (secrets.token_hex(8),),
        )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the writer inside one durable transaction.

        Raises StoreUnavailable when the disk or the file refuses, with nothing written; nor is
        anything when a row is at fault, whose error passes as it is.
        """
        with self._lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    # A disk that refuses may refuse this too; SQLite then rolls back by itself.
                    with contextlib.suppress(sqlite3.Error):
                        self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error) and not isinstance(error, _FAULTS_OF_ROWS):
                    raise StoreUnavailable(f"{self.path}: {error}") from error
                raise

    def read(self) -> sqlite3.Connection:
        """Return this thread's reading connection."""
        reader: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = _open(self.path)
            reader.execute("PRAGMA query_only=ON")
            self._local.reader = reader
            with self._readers_lock:
                self._close_readers(of_all=False)
                self._readers.append((threading.current_thread(), reader))
        return reader

    def _close_readers(self, *, of_all: bool) -> None:
        """Close readers, or only those whose threads have ended: a server's come and go."""
        kept = []
        for thread, reader in self._readers:
            if of_all or not thread.is_alive():
                reader.close()
            else:
                kept.append((thread, reader))
        self._readers[:] = kept

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's reader. Raises StoreError when the disk or the file refuses."""
        try:
            yield self.read()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error

    def select(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query. Raises StoreError."""
        with self.reading() as connection:
            return connection.execute(sql, values).fetchall()

    def size_bytes(self) -> int:
        """Return the size of the file and of the log beside it."""
        size = self.path.stat().st_size
        with contextlib.suppress(FileNotFoundError):
            size += self.path.with_name(f"{self.path.name}-wal").stat().st_size
        return size

    def limit_pages(self, pages: int) -> None:
        """Bound the file's size in pages of 4 KiB; beyond it the store refuses like a full disk."""
        with self._lock:
            self._writer.execute(f"PRAGMA max_page_count={int(pages)}")

    def shrink(self) -> None:
        """Give freed pages back to the disk; one without room for that keeps them."""
        with self._lock, contextlib.suppress(sqlite3.OperationalError):
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def backup_to(self, target: Path) -> None:
        """Copy the running store, as of one instant, into a new file."""
        source, copy = _open(self.path), sqlite3.connect(target)
        with contextlib.closing(source), contextlib.closing(copy):
            source.backup(copy)

    def close(self) -> None:
        """Close every connection; the last one folds the log into the file."""
        with self._lock, self._readers_lock:
            self._close_readers(of_all=True)
            self._writer.close()


def back_up(path: Path, target: Path) -> str:
    """Copy a file, also while a hub writes it, as of one instant; return the store's id.

    Raises StoreError.
    """
    with contextlib.closing(Database(path)) as database:
        database.backup_to(target)
        [(store_id,)] = database.select("SELECT value FROM meta WHERE key = 'store_id'")
    return str(store_id)


def descend(connection: sqlite3.Connection) -> str:
    """Give a store a new id that names the old one as its ancestor; return it.

    Inside the caller's transaction. Raises KeyError, ValueError where there is none.
    """
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    ancestors = [meta["store_id"], *json.loads(meta["ancestors"])]
    store_id = secrets.token_hex(8)
    connection.executemany(
        "UPDATE meta SET value = ? WHERE key = ?",
        [(store_id, "store_id"), (json.dumps(ancestors[:16]), "ancestors")],
    )
    return store_id


def begin_descendant(path: Path) -> str:
    """Give a restored file an id of its own that names where it comes from; return it.

    Raises StoreError when the file is not a store.
    """
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # Both or none: an id without its ancestor is a store that no node follows.
            connection.execute("BEGIN IMMEDIATE")
            store_id = descend(connection)
            connection.execute("COMMIT")
            return store_id
    except (sqlite3.DatabaseError, KeyError, ValueError) as error:
        raise StoreError(f"{path} is not a backup of a store: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            path, timeout=10, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except sqlite3.Error as error:
        raise StoreError(f"cannot open {path}: {error}") from error
