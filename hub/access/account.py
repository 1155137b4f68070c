"""Accounts, sessions and tokens as plain values, and the form of an account's name. Pure."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from hub.access.permissions import Permission, Role

NAME_LENGTH: Final = 48
_MARKS: Final = frozenset(".-_@ ")


@dataclass(frozen=True, slots=True)
class Account:
    """One person of the staff; times in Unix ms, 0: never."""

    id: int
    name: str
    role: Role
    venues: frozenset[str]
    """A manager's own; without meaning for the other roles."""
    is_enabled: bool
    must_change: bool
    created_ms: int
    last_login_ms: int

    def facts(self) -> dict[str, object]:
        """Return what the audit log says of it."""
        venues = {"venues": sorted(self.venues)} if self.role is Role.MANAGER else {}
        return {
            "role": str(self.role),
            **venues,
            "enabled": self.is_enabled,
            "must_change": self.must_change,
        }


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in of one browser. `key` is the hash of the id that the browser holds."""

    key: str
    account: int
    created_ms: int
    used_ms: int
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Token:
    """A program's way in, for an account, within a scope."""

    id: int
    account: int
    label: str
    scope: frozenset[Permission]
    venues: frozenset[str] | None
    """None: all that its account reaches."""
    created_ms: int
    expires_ms: int
    used_ms: int

    def facts(self) -> dict[str, object]:
        """Return what the audit log says of it."""
        venues = {} if self.venues is None else {"venues": sorted(self.venues)}
        return {
            "label": self.label,
            "scope": sorted(self.scope),
            **venues,
            "expires_ms": self.expires_ms,
        }


def tidy_name(text: str) -> str:
    """Return a name in one form of Unicode, so that what looks the same is the same."""
    return unicodedata.normalize("NFKC", text).strip()


def name_key(name: str) -> str:
    """Return what two names that differ by case only share."""
    return unicodedata.normalize("NFKC", tidy_name(name).casefold())


def is_good_name(name: str) -> bool:
    """Tell whether a tidy name may be given: letters, digits, single spaces, `. - _ @`."""
    if not 1 <= len(name) <= NAME_LENGTH or "  " in name or not name[0].isalnum():
        return False
    return all(letter in _MARKS or unicodedata.category(letter)[0] in "LMN" for letter in name)
