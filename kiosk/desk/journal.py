"""The journal: what the kiosk is about to do, durable before it does it.

SQLite in WAL mode with `synchronous=FULL`: `write` returns when the step is on the disk, and a step
that was torn by a power cut was not written (docs/adr/0013). Cards' numbers stay for some days, for
uploads, and are then replaced by a keyed hash.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from kiosk.errors import ExportRefused, JournalDamaged, JournalError
from kiosk.lending.transaction import (
    Transaction,
    Upload,
    decode_transaction,
    encode_transaction,
)
from link.set_aside import set_aside
from link.sqlite_errors import is_damage

log = structlog.get_logger(__name__)

KEPT_DAYS: Final = 7
"""For so long transactions can be uploaded again to a library system that lost them."""
DELETED_DAYS: Final = 90
RESERVE_BYTES: Final = 4 * 1024 * 1024
"""Free space without which nothing new is begun: what runs has to be able to end."""

_DAY_MS: Final = 86_400_000


class Journal:
    """One journal file, opened. Not thread-safe: one caller at a time.

    `free_bytes` tells how much room its disk has.
    """

    def __init__(self, path: Path, *, free_bytes: Callable[[Path], int] | None = None) -> None:
        """Open or create. Raises JournalDamaged, or JournalError when the disk refuses."""
        self.path = path
        self.set_aside: str | None = None
        """What became of a damaged file in whose place this one is."""
        self._free_bytes = free_bytes or _free_bytes
        self._key = _key_of(path.with_name(path.name + ".key"))
        _make_private(path)
        with _translated(path):
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        # What was forgotten must not stay readable in free pages.
        db.execute("PRAGMA secure_delete=ON")
        sound = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if sound != "ok":
            raise JournalDamaged(f"{self.path}: {sound}")
        sql = resources.files("kiosk.desk").joinpath("journal.sql").read_text("utf-8")
        db.executescript(sql)
        newest = "SELECT body FROM step WHERE seq IN (SELECT max(seq) FROM step GROUP BY id)"
        self._known: dict[str, Transaction] = {}
        try:
            for (body,) in db.execute(f"{newest} ORDER BY seq"):
                transaction = decode_transaction(body)
                self._known[transaction.id] = transaction
        except msgspec.MsgspecError as error:
            raise JournalDamaged(f"{self.path}: a step cannot be read: {error}") from error
        self._last_ms = int(db.execute("SELECT coalesce(max(at_ms), 0) FROM step").fetchone()[0])

    def stamp(self, now_ms: int) -> int:
        """Return the time for the next step: never before that of the last, whatever the clock."""
        return max(now_ms, self._last_ms)

    def begin(self, transaction: Transaction, now_ms: int) -> None:
        """Write the first step of a new transaction.

        Raises JournalError when the disk is too full for what would follow: then nothing may be
        sent.
        """
        free = self._free_bytes(self.path.parent)
        if free < RESERVE_BYTES:
            raise JournalError(
                f"the disk of {self.path} has {free // 1024} KiB left: nothing is lent or taken"
                " back until there is room"
            )
        self.write(transaction, now_ms)

    def write(self, transaction: Transaction, now_ms: int) -> None:
        """Write a step; on return it is on the disk. Raises JournalError, JournalDamaged."""
        self.write_all((transaction,), now_ms)

    def write_all(self, transactions: Iterable[Transaction], now_ms: int) -> None:
        """Write steps of several transactions: all of them or, with an error, none."""
        steps = tuple(transactions)
        with self._transaction():
            self._append(steps, self.stamp(now_ms))
        self._took(steps, now_ms)

    def get(self, transaction_id: str) -> Transaction | None:
        """Return a transaction as it stands."""
        return self._known.get(transaction_id)

    def __iter__(self) -> Iterator[Transaction]:
        """Yield every transaction as it stands, oldest first."""
        yield from tuple(self._known.values())

    def steps(self, transaction_id: str) -> list[Transaction]:
        """Return every state that a transaction was written in, oldest first."""
        with _translated(self.path):
            rows = self._db.execute(
                "SELECT body FROM step WHERE id = ? ORDER BY seq", (transaction_id,)
            ).fetchall()
        return [decode_transaction(body) for (body,) in rows]

    @property
    def store_id(self) -> str:
        """The library store that the transactions were carried out in, "" before the first."""
        return self._meta("store")

    def follow_store(self, store_id: str, now_ms: int) -> int:
        """Note in which store the library's system keeps its loans; return what is uploaded again.

        Another store than before is a new or a restored one: what was carried out in the last
        KEPT_DAYS waits for upload once more. The system knows each by its id.
        """
        before = self.store_id
        if before == store_id:
            return 0
        since_ms = now_ms - KEPT_DAYS * _DAY_MS
        again = tuple(
            replace(one, upload=Upload.WAITING, attempts=0)
            for one in self
            if before
            and one.is_accepted
            and not one.is_forgotten
            and one.upload in {Upload.NONE, Upload.DONE}
            and one.accepted_at_ms >= since_ms
        )
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('store', ?)", (store_id,))
            self._append(again, self.stamp(now_ms))
        self._took(again, now_ms)
        if again:
            log.warning("store_changed", store_id=store_id, before=before, uploads=len(again))
        return len(again)

    @property
    def announced_ms(self) -> int:
        """Up to which time what was accepted is in the node's spool, as events."""
        return int(self._meta("announced") or 0)

    def note_announced(self, at_ms: int) -> None:
        """Note up to which time events of what was accepted are in the spool."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('announced', ?)", (str(at_ms),))

    def exported(self, digest: str, name: str, rows: Iterable[Transaction], now_ms: int) -> None:
        """Note that rows went into a file; the same file a second time changes nothing."""
        marked = tuple(replace(one, upload=Upload.EXPORTED, export=digest) for one in rows)
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO export VALUES (?, ?, ?, NULL)", (digest, name, now_ms)
            )
            self._append(marked, self.stamp(now_ms))
        self._took(marked, now_ms)

    def hand_in(self, digest: str, now_ms: int) -> None:
        """Note that the library's system took a file. Raises ExportRefused the second time."""
        rows = tuple(
            replace(one, upload=Upload.DONE)
            for one in self
            if one.export == digest and one.upload is Upload.EXPORTED
        )
        with self._transaction():
            changed = self._db.execute(
                "UPDATE export SET handed_in_ms = ? WHERE hash = ? AND handed_in_ms IS NULL",
                (now_ms, digest),
            ).rowcount
            self._append(rows, self.stamp(now_ms))
        self._took(rows, now_ms)
        if not changed:
            raise ExportRefused(
                f"the file {digest[:8]} was handed in before, or was not made here: its loans would"
                " be recorded twice"
            )

    def forget(self, now_ms: int, *, days: int = KEPT_DAYS) -> int:
        """Take names out of what was settled so many days ago; return how many were changed.

        At least KEPT_DAYS. Whole rows go after DELETED_DAYS.
        """
        before_ms = now_ms - max(days, KEPT_DAYS) * _DAY_MS
        settled = [one for one in self if _is_settled(one) and _last_ms(one) < before_ms]
        gone = [one for one in settled if _last_ms(one) < now_ms - DELETED_DAYS * _DAY_MS]
        named = [one for one in settled if not one.is_forgotten and one not in gone]
        nameless = [self._without_names(one) for one in named]
        if not gone and not named:
            return 0
        with self._transaction():
            for one in (*gone, *named):
                self._db.execute("DELETE FROM step WHERE id = ?", (one.id,))
            for one in nameless:
                self._append((one,), _last_ms(one))
        for one in gone:
            del self._known[one.id]
        self._known |= {one.id: one for one in nameless}
        with _translated(self.path):
            # The log still holds the pages as they were.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(gone) + len(named)

    def hash_of(self, patron: str) -> str:
        """Return the keyed hash that stands for a card once it was forgotten."""
        return hmac.new(self._key, patron.encode(), hashlib.sha256).hexdigest()[:24]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _append(self, transactions: Iterable[Transaction], at_ms: int) -> None:
        self._db.executemany(
            "INSERT INTO step (id, at_ms, body) VALUES (?, ?, ?)",
            [(one.id, at_ms, encode_transaction(one)) for one in transactions],
        )

    def _took(self, transactions: Iterable[Transaction], now_ms: int) -> None:
        self._last_ms = self.stamp(now_ms)
        self._known |= {one.id: one for one in transactions}

    def _without_names(self, one: Transaction) -> Transaction:
        patron = self.hash_of(one.patron) if one.patron else ""
        return replace(one, patron=patron, title="", messages=(), is_forgotten=True)

    def _meta(self, key: str) -> str:
        with _translated(self.path):
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return "" if row is None else str(row[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with _translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def open_journal(path: Path) -> Journal:
    """Open a journal; a damaged one is set aside for the staff and a new one begun in its place.

    Raises JournalError when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(f"cannot make the folder {path.parent}: {error}") from error
    try:
        return Journal(path)
    except JournalDamaged as error:
        try:
            aside = set_aside(path)
        except OSError as refusal:
            raise JournalError(f"cannot set {path} aside: {refusal}") from refusal
        log.error("journal_set_aside", path=str(aside), reason=str(error))
        journal = Journal(path)
        journal.set_aside = f"{aside.name}: {error}"
        return journal


def _make_private(path: Path) -> None:
    """Let nobody else read what holds cards' numbers; SQLite's other files follow this one."""
    try:
        path.touch(0o600)
        path.chmod(0o600)
    except OSError as error:
        raise JournalError(f"cannot make {path}: {error.strerror or error}") from error


def _is_settled(one: Transaction) -> bool:
    if one.is_closed:
        return True
    return not one.is_open and one.upload in {Upload.NONE, Upload.DONE}


def _last_ms(one: Transaction) -> int:
    return one.trail[-1].at_ms if one.trail else one.began_at_ms


def _key_of(path: Path) -> bytes:
    """Return the key of the hashes, made with the journal; it never leaves this machine."""
    try:
        if not path.exists():
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(descriptor)
            fresh.rename(path)
        return path.read_bytes()
    except OSError as error:
        raise JournalError(f"cannot keep the key {path}: {error}") from error


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        kind = JournalDamaged if is_damage(error) else JournalError
        raise kind(f"{path}: {error}") from error
