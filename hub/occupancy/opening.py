"""Whether a venue is open now, from its locks and from who enters. Pure.

    a fresh lock reads unlocked                              open
    all locks are fresh and read locked                      closed; not known where people enter
    no lock tells, people enter inside the declared hours    open
    anything else                                            unknown

Declared hours alone decide nothing, and nobody entering is no sign that a venue is closed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hub.occupancy.sessions import Declared

OpenState = Literal["open", "closed", "unknown"]
Basis = Literal["lock", "entries", "conflict", "silent", "none"]
"""`conflict`: locked, and people enter. `silent`: no lock was heard of lately. `none`: no lock."""

UNLOCKED: Final = "unlocked"
LOCKED: Final = "locked"
ENTRIES_MS: Final = 900_000
"""For so long after an entry a door is taken for open."""
LATE_MS: Final = 900_000
"""A venue that is locked for so long after it was to open needs a look."""
CONFLICT_ENTRIES: Final = 2
"""One person with a key is no visitor."""


@dataclass(frozen=True, slots=True)
class LockReading:
    """What one lock read, from when until when, Unix ms."""

    value: str
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Entries:
    """Who entered lately."""

    minutes: Sequence[tuple[int, int]] = ()
    """(first second of a minute, entries), oldest first."""
    is_watched: bool = False

    def after(self, at_ms: int) -> Sequence[tuple[int, int]]:
        """Return the minutes that began at or after an instant and had entries."""
        return [minute for minute in self.minutes if minute[0] * 1000 >= at_ms and minute[1]]


@dataclass(frozen=True, slots=True)
class Opening:
    """Open, closed or unknown, what that rests on, and since when (Unix ms; 0: not known)."""

    state: OpenState = "unknown"
    basis: Basis = "none"
    since_ms: int = 0


def judge_opening(
    locks: Iterable[LockReading | None],
    entries: Entries,
    declared: Declared | None,
    *,
    now_ms: int,
    stale_ms: int,
) -> Opening:
    """Judge a venue's locks, each as it was read last; None: never, or its node is away."""
    locks = tuple(locks)
    fresh = [lock for lock in locks if lock and lock.until_ms >= now_ms - stale_ms]
    unlocked = [lock.since_ms for lock in fresh if lock.value == UNLOCKED]
    locked = [lock.since_ms for lock in fresh if lock.value == LOCKED]
    if unlocked:
        return Opening("open", "lock", min(unlocked))
    recent = entries.after(now_ms - ENTRIES_MS)
    if locks and len(locked) == len(locks):
        since_ms = max(locked)
        # Who came in the minute of the locking may have come before it.
        late = [minute for minute in recent if minute[0] * 1000 >= since_ms]
        if sum(count for _, count in late) >= CONFLICT_ENTRIES:
            return Opening("unknown", "conflict", late[0][0] * 1000)
        return Opening("closed", "lock", since_ms)
    if recent and entries.is_watched and (declared is None or declared.open):
        return Opening("open", "entries", recent[-1][0] * 1000)
    heard_ms = max((lock.until_ms for lock in locks if lock), default=0)
    return Opening("unknown", "silent" if locks else "none", heard_ms)


def late_since(opening: Opening, declared: Declared | None, now_ms: int) -> int:
    """Return since when a venue should be open whose locks read locked, Unix ms; 0: it is not so.

    The first minutes are allowed: who has the key may be on the way. No verdict, a reason to look.
    """
    if declared is None or declared.since_s is None or opening.state != "closed":
        return 0
    began_ms = declared.since_s * 1000
    return began_ms if now_ms - began_ms >= LATE_MS else 0


def newest(readings: Iterable[LockReading], bridge_ms: int) -> LockReading | None:
    """Return the last reading, with since when its value stood, holes up to `bridge_ms` bridged."""
    last: LockReading | None = None
    for reading in sorted(readings, key=lambda r: (r.since_ms, r.until_ms)):
        last = reading if last is None else grown(last, reading, bridge_ms)
    return last


def grown(last: LockReading, reading: LockReading, bridge_ms: int) -> LockReading:
    """Return what is known after one more reading: the same one, longer, or another one."""
    if reading.until_ms < last.until_ms:
        return last
    if reading.value == last.value and reading.since_ms <= last.until_ms + bridge_ms:
        return LockReading(last.value, last.since_ms, reading.until_ms)
    return reading
