"""Cards of the staff: hashes in a file that only the kiosk's user reads.

A card is found by its keyed hash, and proved by scrypt over its PIN with a salt of its own. Whoever
holds the file can try PINs, slowly: it is to be kept as the journal is.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from kiosk.errors import KeepingError, StaffCardsError
from kiosk.kept_files import read_kept, write_private

log = structlog.get_logger(__name__)

LEAST_PIN: Final = 4
MOST_TEXT: Final = 64
_COST: Final = 2**14


class StaffCard(Struct, frozen=True):
    """Whose it is, and hexadecimal hashes."""

    name: str
    card: str
    salt: str
    pin: str


class _File(Struct, frozen=True):
    key: str
    cards: tuple[StaffCard, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """`name` is empty for nobody of the staff; `is_locked`: no card is looked at for a while."""

    name: str = ""
    is_locked: bool = False


class StaffCards:
    """The cards of one file, read anew at each look; `monotonic` is a clock that never jumps.

    How many wrong PINs there were stands in a file beside it: a restart forgives none, and begins a
    lock anew.
    """

    def __init__(
        self,
        path: Path,
        monotonic: Callable[[], float],
        *,
        most_wrong: int = 5,
        lock_seconds: float = 300.0,
    ) -> None:
        self._path = path
        self._monotonic = monotonic
        self._most_wrong = most_wrong
        self._lock_seconds = lock_seconds
        self._count = path.with_name(f"{path.name}.wrong-pins")
        self._wrong = _read_count(self._count)
        self._locked_until = self._lock() if self._wrong >= most_wrong else 0.0

    def knows(self, number: str) -> bool:
        """Tell whether a card is on the list; that it is theirs, only its PIN proves.

        Takes a millisecond. Raises StaffCardsError, KeepingError.
        """
        kept = _read(self._path)
        wanted = _hash_card(kept.key, number)
        return any(hmac.compare_digest(one.card, wanted) for one in kept.cards)

    def check(self, number: str, pin: str) -> Checked:
        """Tell whose card this is, if the PIN is right. Takes some 50 ms.

        After so many wrong ones in a row, of whatever card, none is looked at for a while. Raises
        StaffCardsError, KeepingError.
        """
        if self._monotonic() < self._locked_until:
            return Checked(is_locked=True)
        if self._wrong >= self._most_wrong:
            self._note(0)
        kept = _read(self._path)
        wanted = _hash_card(kept.key, number)
        found = next((one for one in kept.cards if hmac.compare_digest(one.card, wanted)), None)
        # An unknown card takes as long as a known one.
        salt = found.salt if found else kept.key
        is_right = hmac.compare_digest(_hash_pin(salt, pin), found.pin if found else "")
        if found is not None and is_right:
            self._note(0)
            return Checked(found.name)
        self._note(self._wrong + 1)
        if self._wrong >= self._most_wrong:
            self._locked_until = self._lock()
            return Checked(is_locked=True)
        return Checked()

    def _lock(self) -> float:
        return self._monotonic() + self._lock_seconds

    def _note(self, wrong: int) -> None:
        """Count; a disk that takes nothing lets the count stand in memory alone."""
        if wrong == self._wrong:
            return
        self._wrong = wrong
        try:
            write_private(self._count, str(wrong).encode())
        except KeepingError as error:
            log.error("wrong_pins_not_kept", reason=str(error))


def names(path: Path) -> list[str]:
    """Return whose cards there are. Raises StaffCardsError, KeepingError."""
    return [one.name for one in _read(path).cards]


def add_card(path: Path, name: str, number: str, pin: str) -> None:
    """Write a card, in place of another of this name. Raises StaffCardsError, KeepingError."""
    if not name.strip() or len(name) > MOST_TEXT or not name.isprintable():
        raise StaffCardsError(f"a name has 1 to {MOST_TEXT} letters")
    if not number or len(number) > MOST_TEXT:
        raise StaffCardsError("the card has no number")
    if len(pin) < LEAST_PIN or not pin.isdecimal():
        raise StaffCardsError(f"a PIN has at least {LEAST_PIN} digits, and digits only")
    kept = _read(path)
    wanted = _hash_card(kept.key, number)
    if any(one.card == wanted and one.name != name for one in kept.cards):
        raise StaffCardsError("this card is somebody else's already: remove that one first")
    salt = secrets.token_hex(16)
    card = StaffCard(name, wanted, salt, _hash_pin(salt, pin))
    others = tuple(one for one in kept.cards if one.name != name)
    _write(path, _File(kept.key, (*others, card)))


def remove_card(path: Path, name: str) -> None:
    """Take somebody's card away. Raises StaffCardsError, KeepingError."""
    kept = _read(path)
    others = tuple(one for one in kept.cards if one.name != name)
    if len(others) == len(kept.cards):
        raise StaffCardsError(f"{path}: there is no card of {name!r}")
    _write(path, _File(kept.key, others))


def _read_count(path: Path) -> int:
    """Return how many wrong PINs are kept; a file that tells no number counts as one."""
    try:
        content = read_kept(path)
        return 0 if content is None else int(content)
    except (KeepingError, ValueError) as error:
        log.warning("wrong_pins_not_read", path=str(path), reason=str(error))
        return 1


def _read(path: Path) -> _File:
    content = read_kept(path)
    if content is None:
        return _File(secrets.token_hex(16))
    try:
        return msgspec.json.decode(content, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StaffCardsError(
            f"{path}: is no file of staff cards: put a copy back, or remove it and add them again"
        ) from error


def _write(path: Path, kept: _File) -> None:
    write_private(path, msgspec.json.format(msgspec.json.encode(kept), indent=1))


def _hash_card(key: str, number: str) -> str:
    return hmac.new(bytes.fromhex(key), number.encode(), hashlib.sha256).hexdigest()


def _hash_pin(salt: str, pin: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32).hex()
