"""Passwords into hashes and back to yes or no: argon2id, and random secrets.

Parameters are the second choice of RFC 9106 (64 MiB, three passes) with one lane, so that a log-in
leaves the other cores to the intake: 184 ms on the machine of docs/performance.md.
"""

import base64
import hashlib
import secrets
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from hub.access.passwords import tidy_password

TIME_COST: Final = 3
MEMORY_KIB: Final = 64 * 1024
LANES: Final = 1
TOKEN_PREFIX: Final = "kgn_"  # noqa: S105  a form, not a password
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What can be read aloud: no letter that looks like another."""


class Hasher:
    """Hashes and verifies passwords; each call takes its time on purpose."""

    def __init__(
        self, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB, lanes: int = LANES
    ) -> None:
        self._argon2 = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=lanes, type=Type.ID
        )
        # Of no password at all, and as slow to compare with as any other.
        salt, made = (_plain(secrets.token_bytes(size)) for size in (16, 32))
        self._nobody = f"$argon2id$v=19$m={memory_kib},t={time_cost},p={lanes}${salt}${made}"

    def hash(self, password: str) -> str:
        """Return a password's hash with its parameters and salt."""
        return self._argon2.hash(_bytes(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether a password is the one; for nobody's, `stored` None, it takes as long."""
        try:
            self._argon2.verify(stored or self._nobody, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)


def new_secret() -> str:
    """Return 256 random bits, as they stand in a cookie."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """Return a token for a program; its prefix lets scanners find one that was published."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_phrase(groups: int = 4, letters: int = 5) -> str:
    """Return a random password that can be read aloud: 99 bits in four groups of five."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(letters)) for _ in range(groups)
    )


def digest(secret: str) -> str:
    """Return what is stored of a random secret; it needs no salt and no slowness."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _plain(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(password: str) -> bytes:
    return tidy_password(password).encode("utf-8", "surrogatepass")
