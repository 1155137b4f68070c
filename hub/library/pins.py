"""PINs of patrons: hashed like passwords, tried seldom.

A PIN has four to six digits: no hash makes it hard to guess for who has the records, so that this
one is only as slow as a terminal can bear (19 MiB, two passes: OWASP's second choice). On the line
the guard is the delay after wrong ones. A right PIN is remembered for some minutes under an HMAC of
a key that lives in this process only, since a terminal sends it with every message of a session.
"""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeVar

from hub.access.lockout import Failures, LockPolicy, failed, wait_ms
from hub.accounts.hashing import Hasher
from hub.store.records import LendingRecords, Records

V = TypeVar("V")
REMEMBERED_MS: Final = 300_000
MOST_REMEMBERED: Final = 4096
MOST_PIN: Final = 64
POLICY: Final = LockPolicy(free=5, first_seconds=10, most_seconds=900)
"""Five wrong ones are free; then the delay doubles from ten seconds to a quarter of an hour."""


class PinState(Enum):
    """What became of the PIN of a request."""

    ABSENT = auto()
    RIGHT = auto()
    WRONG = auto()
    LOCKED = auto()


@dataclass(frozen=True, slots=True)
class PinSeen:
    """A PIN that was looked at, and the hash that it is the one of."""

    state: PinState
    stored: str | None = None


@dataclass(slots=True)
class _Right:
    stored: str
    until_ms: int


def pin_hasher() -> Hasher:
    """Return what hashes PINs."""
    return Hasher(time_cost=2, memory_kib=19 * 1024)


class PinDesk:
    """Tries PINs. `known` may be asked by any thread; `attempt` is slow, for a thread beside."""

    def __init__(self, records: Records, hasher: Hasher, clock_ms: Callable[[], int]) -> None:
        self._records = records
        self._hasher = hasher
        self._clock_ms = clock_ms
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._right: OrderedDict[bytes, _Right] = OrderedDict()
        self._failures: OrderedDict[bytes, Failures] = OrderedDict()

    def known(self, card: str, pin: str) -> PinSeen | None:
        """Return what is remembered of a PIN, None when it has to be tried."""
        with self._lock:
            found = self._right.get(self._digest(card, pin))
            if found is None or found.until_ms < self._clock_ms():
                return None
            return PinSeen(PinState.RIGHT, found.stored)

    def forget(self, card: str, pin: str) -> None:
        """Forget a PIN: its patron's session is over."""
        with self._lock:
            self._right.pop(self._digest(card, pin), None)

    def attempt(self, card: str, pin: str) -> PinSeen:
        """Try a PIN against the records; takes its time. Raises StoreError."""
        who, now_ms = self._digest(card, ""), self._clock_ms()
        with self._lock:
            before = self._failures.get(who, Failures())
        if wait_ms(before, now_ms, POLICY):
            return PinSeen(PinState.LOCKED)
        with self._records.reading() as connection:
            patron = LendingRecords(connection).patron(card)
        stored = patron.pin_hash if patron else None
        is_right = len(pin) <= MOST_PIN and self._hasher.verify(stored, pin)
        with self._lock:
            if is_right and stored is not None:
                self._failures.pop(who, None)
                _put(self._right, self._digest(card, pin), _Right(stored, now_ms + REMEMBERED_MS))
                return PinSeen(PinState.RIGHT, stored)
            if patron is not None:
                _put(self._failures, who, failed(before, now_ms))
        return PinSeen(PinState.WRONG)

    def _digest(self, card: str, pin: str) -> bytes:
        text = f"{card}\0{pin}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).digest()


def _put(kept: OrderedDict[bytes, V], key: bytes, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)
