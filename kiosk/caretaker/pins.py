"""PINs that were right at this door, for the time without the library: owner-only hashes.

A PIN has four to six digits, so no hash hides it from who holds the file: only those of who came
here lately are in it, for some weeks (docs/adr: a PIN without the library).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from kiosk.errors import KeepingError
from kiosk.kept_files import read_kept, write_private

log = structlog.get_logger(__name__)

MOST: Final = 5000
DAY_S: Final = 86_400
_COST: Final = 2**14


class _Pin(Struct, frozen=True):
    salt: str
    hash: str
    at_s: int


class _File(Struct, frozen=True):
    key: str
    pins: dict[str, _Pin] = {}


class RememberedPins:
    """`now_s` is Unix time. Each method takes some 50 ms: for a thread beside."""

    def __init__(self, path: Path, days: int, now_s: Callable[[], int]) -> None:
        self._path = path
        self._keep_s = days * DAY_S
        self._now_s = now_s
        self._file: _File | None = None

    def remember(self, number: str, pin: str) -> None:
        """Keep that a PIN was right, and drop what is old. A disk that refuses is logged."""
        kept = self._read()
        card, salt = _hash_card(kept.key, number), secrets.token_hex(16)
        since_s = self._now_s() - self._keep_s
        pins = {name: one for name, one in kept.pins.items() if one.at_s >= since_s}
        pins.pop(card, None)
        while len(pins) >= MOST:
            del pins[min(pins, key=lambda name: pins[name].at_s)]
        pins[card] = _Pin(salt, _hash_pin(salt, pin), self._now_s())
        self._write(_File(kept.key, pins))

    def forget(self, number: str) -> None:
        """Drop a card's PIN: the library called it wrong, so it has another one."""
        kept = self._read()
        card = _hash_card(kept.key, number)
        if card in kept.pins:
            self._write(_File(kept.key, {k: v for k, v in kept.pins.items() if k != card}))

    def is_right(self, number: str, pin: str) -> bool:
        """Tell whether this PIN was right at this door lately."""
        kept = self._read()
        found = kept.pins.get(_hash_card(kept.key, number))
        # An unknown card takes as long as a known one.
        salt = found.salt if found else kept.key
        is_same = hmac.compare_digest(_hash_pin(salt, pin), found.hash if found else "")
        return found is not None and is_same and found.at_s >= self._now_s() - self._keep_s

    def _read(self) -> _File:
        if self._file is None:
            try:
                content = read_kept(self._path)
                if content is not None:
                    self._file = msgspec.json.decode(content, type=_File)
            except (KeepingError, msgspec.MsgspecError, UnicodeDecodeError) as error:
                log.warning("door_pins_not_read", path=str(self._path), reason=str(error))
        self._file = self._file or _File(secrets.token_hex(16))
        return self._file

    def _write(self, kept: _File) -> None:
        self._file = kept
        try:
            write_private(self._path, msgspec.json.encode(kept))
        except KeepingError as error:
            log.error("door_pins_not_kept", reason=str(error))


def _hash_card(key: str, number: str) -> str:
    return hmac.new(bytes.fromhex(key), number.encode(), hashlib.sha256).hexdigest()


def _hash_pin(salt: str, pin: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32).hex()
