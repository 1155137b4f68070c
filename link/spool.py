"""The spool: what a node has counted lies here, durable, until its hub holds it.

SQLite in WAL mode with `synchronous=FULL`: `append` returns when the rows are on the disk. Reading
a packet and declaring it stored are two calls; only the hub's cumulative acknowledgement moves a
mark. What was acknowledged is kept for some days within the size bound, so that a hub restored from
a backup can be refilled.
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec
import structlog

from contracts.messages import Boot
from contracts.rows import Epoch, Lost
from link.buckets import Draft, Key
from link.clock import Instant
from link.errors import SpoolDamaged, SpoolError
from link.set_aside import set_aside
from link.spool_trim import FULL, Trimmer, lost_after, shift_lost
from link.sqlite_errors import is_damage
from link.stamps import fit_to_send, renumbered, restamped

log = structlog.get_logger(__name__)

DEFAULT_MAX_BYTES: Final = 256 * 1024 * 1024
_BOOTS_BEFORE: Final = 48
_FORGET_MS: Final = 3_600_000
_DRIFT_PER_MILLION: Final = 100
"""A crystal that nobody puts right is off by no more: 26 s in three days."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Rows `after < seq <= upto` as they lie in the spool."""

    after: int
    upto: int
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """A stretch with one continuous clock that begins."""

    epoch: str
    instant: Instant
    reason: str


class Spool:
    """One spool file, opened: every opening is a boot with a first row of its own.

    Not thread-safe: one caller at a time.
    """

    def __init__(
        self, path: Path, os_boot: str, start: NewEpoch, *, max_bytes: int = DEFAULT_MAX_BYTES
    ) -> None:
        """Open or create. Raises SpoolDamaged, or SpoolError when the disk refuses."""
        self.path = path
        self.boot = secrets.token_hex(8)
        self.set_aside: str | None = None
        self._os_boot = os_boot
        self._places: dict[Key, tuple[int, int]] = {}
        with _translated(path):
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(start)
                self._trimmer = Trimmer(self._db, max_bytes)
            except BaseException:
                self._db.close()
                raise
        self._inode = path.stat().st_ino

    def _prepare(self, start: NewEpoch) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        sound = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if sound != "ok":
            raise SpoolDamaged(f"{self.path}: {sound}")
        db.executescript(resources.files("link").joinpath("spool_schema.sql").read_text("utf-8"))
        db.execute("INSERT OR IGNORE INTO meta VALUES ('stream', ?)", (secrets.token_hex(8),))
        db.execute("INSERT OR IGNORE INTO meta VALUES ('oldest', '1')")
        meta = dict(db.execute("SELECT key, value FROM meta"))
        self.stream: str = meta["stream"]
        self.oldest = int(meta["oldest"])
        self.store_id: str | None = meta.get("store_id")
        self._marks: dict[str, int] = dict(db.execute("SELECT store_id, seq FROM mark"))
        self.last = int(db.execute("SELECT coalesce(max(seq), 0) FROM row").fetchone()[0])
        self.boots_before = self._openings()
        db.execute("BEGIN IMMEDIATE")
        # Time of another start of the system can never be told any more: what waited for it goes
        # out as it is, and says so.
        self._release(db, "UPDATE epoch SET held = 0 WHERE held AND os_boot <> ?")
        if start.instant.is_set:
            # The clock was set while nobody looked: between two runs of this process.
            self._restamp(start.instant)
        self.boot_first = self.last + 1
        self.last = self._begin(start, self.last)
        db.execute("COMMIT")
        self._limit = self._held_from()

    def append(self, drafts: Sequence[Draft], now: Instant, begin: NewEpoch | None = None) -> None:
        """Make drafts durable in one transaction, then begin another epoch if told to.

        When the new epoch's clock is set, what waited for that is stamped again first.
        Raises SpoolDamaged, or SpoolError when the disk refuses: nothing of it was appended.
        """
        if not drafts and begin is None and not self._trimmer.due(now.wall_ms):
            return
        self._check_in_place()
        with _translated(self.path):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                last, places = self._write(drafts, now)
                if begin is not None:
                    if begin.instant.is_set:
                        self._restamp(begin.instant)
                    last, places = self._begin(begin, last), {}
                self._save_marks()
                oldest = self._trimmer.trim(now.wall_ms, self.mark, last) or self.oldest
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        self.last, self.oldest, self._places = last, oldest, places
        if begin is not None:
            self._limit = self._held_from()

    def pending(self, after: int, limit: int, max_bytes: int = 128 * 1024) -> Packet | None:
        """Return the next rows after `after`, None when there are none to send.

        Rows whose time may still be corrected are held back. Raises SpoolDamaged.
        """
        after = max(after, self.oldest - 1)
        sendable = self.last if self._limit is None else self._limit - 1
        if after >= sendable:
            return None
        bodies: list[bytes] = []
        upto, size = after, 0
        with _translated(self.path):
            rows = self._db.execute(
                "SELECT seq, body FROM row WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                (after, sendable, limit),
            ).fetchall()
        for seq, body in rows:
            if bodies and size + len(body) > max_bytes:
                return Packet(after, upto, tuple(bodies))
            bodies.append(fit_to_send(seq, body))
            upto, size = seq, size + len(body)
        return Packet(after, upto if len(bodies) == limit else sendable, tuple(bodies))

    @property
    def line(self) -> frozenset[str]:
        """Return the openings that answers may be meant for: this one and those before it."""
        return frozenset((self.boot, *(opening.boot for opening in self.boots_before)))

    def boots_since(self, mark: int) -> tuple[Boot, ...]:
        """Return the openings before this one, back to the one in which `mark` was appended."""
        before = self.boots_before
        known = sum(opening.first <= mark for opening in before)
        return before[max(0, known - 1) :]

    @property
    def mark(self) -> int:
        """Return up to which seq the joined store holds this stream."""
        return self._marks.get(self.store_id or "", 0)

    @property
    def has_unsent(self) -> bool:
        """Tell whether rows wait that may be sent."""
        return self.mark < (self.last if self._limit is None else self._limit - 1)

    @property
    def stores_joined(self) -> frozenset[str]:
        """Return every store that this spool has ever followed, with their ancestors."""
        return frozenset(self._marks)

    def join(self, store_id: str, mark: int, ancestors: Sequence[str] = ()) -> None:
        """Follow a store from now on, and know its family; durable with the next append."""
        for ancestor in ancestors:
            self._marks.setdefault(ancestor, 0)
        self.store_id = store_id
        self._marks[store_id] = mark

    def set_mark(self, mark: int) -> None:
        """Note what the joined store holds; durable with the next append.

        That is soon enough: an older mark only sends again what is known.
        """
        if self.store_id is not None:
            self._marks[self.store_id] = min(mark, self.last)

    def lost(self) -> tuple[Lost, ...]:
        """Return what was dropped that the joined store may not hold. Raises SpoolDamaged."""
        with _translated(self.path):
            return lost_after(self._db, self.mark)

    def fork(self, boundary: int) -> None:
        """Go on as a stream of its own; up to `boundary` another spool holds the same rows.

        Those are kept and sent again too: who else holds them, and which store, is not ours to
        know, and a total that arrives twice changes nothing. Raises SpoolDamaged, SpoolError.
        """
        moved: dict[int, int] = {}
        stream = secrets.token_hex(8)
        with _translated(self.path):
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                # What was dropped behind the boundary stays a gap, below the first seq kept.
                db.execute("DELETE FROM lost WHERE last_seq <= ? OR reason <> ?", (boundary, FULL))
                oldest = 1 + (db.execute("UPDATE lost SET last_seq = 1").rowcount > 0)
                rows = db.execute("SELECT seq, body FROM row ORDER BY seq").fetchall()
                for new, (seq, body) in enumerate(rows, start=oldest):
                    db.execute(
                        "UPDATE row SET seq = ?, body = ? WHERE seq = ?",
                        (new, renumbered(body, new), seq),
                    )
                    moved[seq] = new
                self._move_epochs(moved)
                db.execute("UPDATE mark SET seq = 0")
                db.execute("UPDATE meta SET value = ? WHERE key = 'stream'", (stream,))
                db.execute("UPDATE meta SET value = ? WHERE key = 'oldest'", (str(oldest),))
                openings = self._openings()
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        self._places = {
            k: (moved[seq], at) for k, (seq, at) in self._places.items() if seq in moved
        }
        self.stream = stream
        self._marks = dict.fromkeys(self._marks, 0)
        self.oldest, self.last = oldest, oldest - 1 + len(moved)
        # Rows of earlier openings moved too: the new stream's line begins with them.
        firsts = {opening.boot: opening.first for opening in openings}
        self.boot_first = firsts.get(self.boot, self.last + 1)
        self.boots_before = tuple(o for o in openings if o.boot != self.boot)
        self._limit = self._held_from()

    @property
    def held(self) -> int:
        """Return how many rows wait for the clock to be set."""
        if self._limit is None:
            return 0
        return self._count("SELECT count(*) FROM row WHERE seq >= ?", self._limit)

    @property
    def unacknowledged(self) -> int:
        """Return how many rows the joined store does not hold."""
        return self._count("SELECT count(*) FROM row WHERE seq > ?", self.mark)

    @property
    def used_bytes(self) -> int:
        """Return how much of the file is in use."""
        with _translated(self.path):
            return self._trimmer.used_bytes()

    @property
    def dropped(self) -> int:
        """Return how many rows were dropped, in this opening, before they were acknowledged."""
        return self._trimmer.dropped

    def close(self) -> None:
        """Save the marks and close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("BEGIN IMMEDIATE")
            self._save_marks()
            self._db.execute("COMMIT")
        self._db.close()

    def _count(self, sql: str, seq: int) -> int:
        with _translated(self.path):
            return int(self._db.execute(sql, (seq,)).fetchone()[0])

    def _openings(self) -> tuple[Boot, ...]:
        """Return the newest openings that left rows, oldest first."""
        rows = self._db.execute(
            "SELECT boot, min(first_seq) FROM epoch GROUP BY boot ORDER BY 2 DESC LIMIT ?",
            (_BOOTS_BEFORE,),
        ).fetchall()
        return tuple(Boot(boot, first) for boot, first in reversed(rows))

    def _write(
        self, drafts: Sequence[Draft], now: Instant
    ) -> tuple[int, dict[Key, tuple[int, int]]]:
        last, places = self.last, dict(self._places)
        # In order of their last change: what has not grown for long will hardly do so again, and
        # if it does, the store takes the later of two rows.
        for key, (_, at_ms) in tuple(places.items()):
            if abs(now.monotonic_ms - at_ms) <= _FORGET_MS:
                break
            del places[key]
        for draft in drafts:
            last += 1
            body = msgspec.json.encode(msgspec.structs.replace(draft.row, seq=last))
            old = places.pop(draft.key, None)
            if old is not None:
                self._db.execute("DELETE FROM row WHERE seq = ?", (old[0],))
            self._db.execute("INSERT INTO row VALUES (?, ?, ?)", (last, now.wall_ms, body))
            if not draft.final:
                places[draft.key] = (last, now.monotonic_ms)
        return last, places

    def _begin(self, start: NewEpoch, last: int) -> int:
        instant = start.instant
        clock = "set" if instant.is_set else "unset"
        row = Epoch(
            seq=last + 1,
            epoch=start.epoch,
            boot=self.boot,
            at_ms=instant.wall_ms,
            os_boot=self._os_boot,
            clock=clock,  # type: ignore[arg-type]
            error_ms=instant.error_ms,
            reason=start.reason,
        )
        self._db.execute(
            "INSERT INTO row VALUES (?, ?, ?)",
            (last + 1, instant.wall_ms, msgspec.json.encode(row)),
        )
        self._db.execute(
            "INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                last + 1,
                start.epoch,
                self.boot,
                self._os_boot,
                instant.offset_ms,
                clock,
                int(not instant.is_set),
            ),
        )
        return last + 1

    def _restamp(self, instant: Instant) -> None:
        """Shift what waited for the clock; it was counted on the same monotonic clock."""
        held = self._db.execute(
            "SELECT first_seq, offset_ms FROM epoch WHERE held ORDER BY first_seq"
        ).fetchall()
        for first, offset_ms in held:
            following = self._db.execute(
                "SELECT coalesce(min(first_seq), ?) FROM epoch WHERE first_seq > ?",
                (2**62, first),
            ).fetchone()[0]
            shift_ms = instant.offset_ms - offset_ms
            error_ms = instant.error_ms + self._drift_ms(first, offset_ms, instant)
            rows = self._db.execute(
                "SELECT seq, body FROM row WHERE seq >= ? AND seq < ?", (first, following)
            ).fetchall()
            self._db.executemany(
                "UPDATE row SET body = ?, at_ms = at_ms + ? WHERE seq = ?",
                [(restamped(body, shift_ms, error_ms), shift_ms, s) for s, body in rows],
            )
            shift_lost(self._db, first, following, shift_ms)
        self._release(
            self._db, "UPDATE epoch SET held = 0, clock = 'corrected' WHERE held AND os_boot = ?"
        )

    def _drift_ms(self, first: int, offset_ms: int, instant: Instant) -> int:
        """Return by how much the clock may have gone wrong since an epoch began."""
        begun_ms = self._db.execute(
            "SELECT at_ms FROM row WHERE seq >= ? ORDER BY seq LIMIT 1", (first,)
        ).fetchone()[0]
        elapsed_ms = max(0, instant.monotonic_ms - (begun_ms - offset_ms))
        return int(elapsed_ms * _DRIFT_PER_MILLION / 1_000_000)

    def _release(self, db: sqlite3.Connection, sql: str) -> None:
        db.execute(sql, (self._os_boot,))

    def _held_from(self) -> int | None:
        found = self._db.execute("SELECT min(first_seq) FROM epoch WHERE held").fetchone()[0]
        return None if found is None else int(found)

    def _save_marks(self) -> None:
        # A copy: the event loop's thread notes marks while this one writes.
        marks = list(self._marks.items())
        self._db.executemany("INSERT OR REPLACE INTO mark VALUES (?, ?)", marks)
        if self.store_id is not None:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('store_id', ?)", (self.store_id,))

    def _move_epochs(self, moved: dict[int, int]) -> None:
        epochs = self._db.execute("SELECT * FROM epoch ORDER BY first_seq").fetchall()
        self._db.execute("DELETE FROM epoch")
        seqs = sorted(moved)
        kept = []
        for (first, *rest), (following, *_) in zip(epochs, [*epochs[1:], (2**62,)], strict=True):
            inside = [seq for seq in seqs if first <= seq < following]
            if inside:
                kept.append((moved[inside[0]], *rest))
        self._db.executemany("INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)", kept)

    def _check_in_place(self) -> None:
        """Notice a file that was taken away or replaced under the open connection."""
        try:
            inode = self.path.stat().st_ino
        except OSError as error:
            raise SpoolDamaged(f"{self.path} is gone: {error}") from error
        if inode != self._inode:
            raise SpoolDamaged(f"{self.path} was replaced by another file")


def open_spool(
    path: Path, os_boot: str, start: NewEpoch, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> Spool:
    """Open a spool; a damaged one is set aside and a new one begun in its place.

    Raises SpoolError when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpoolError(f"cannot make the folder {path.parent}: {error}") from error
    try:
        return Spool(path, os_boot, start, max_bytes=max_bytes)
    except SpoolDamaged as error:
        try:
            aside = set_aside(path)
        except OSError as refusal:
            raise SpoolError(f"cannot set {path} aside: {refusal}") from refusal
        log.error("spool_set_aside", path=str(aside), reason=str(error))
        spool = Spool(path, os_boot, start, max_bytes=max_bytes)
        spool.set_aside = f"{aside.name}: {error}"
        return spool


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        kind = SpoolDamaged if is_damage(error) else SpoolError
        raise kind(f"{path}: {error}") from error
