"""Accounts of terminals: one each, so that one can be revoked, and its messages told apart."""

from collections.abc import Callable
from typing import Final, Literal

from contracts.ids import is_name
from contracts.sip2.line import Encoding
from hub.access import Who
from hub.access.complaints import Complained
from hub.access.lockout import Failures, LockPolicy, failed, wait_ms
from hub.access.passwords import complaint_about, is_too_long
from hub.accounts.hashing import Hasher, new_phrase
from hub.audit import entry
from hub.errors import ConfigError
from hub.store.records import Records, TerminalRecords
from hub.store.records.terminals import Terminal

POLICY: Final = LockPolicy(free=20, first_seconds=2, most_seconds=300)
"""Of wrong log-ins from one address: a terminal with an old password tries for ever."""
MOST_ADDRESSES: Final = 1024


class TerminalDesk:
    """Makes accounts and lets terminals in. `enter` is slow, for a thread beside."""

    def __init__(self, records: Records, hasher: Hasher, clock_ms: Callable[[], int]) -> None:
        self._terminals = TerminalRecords(records)
        self._hasher = hasher
        self._clock_ms = clock_ms
        self._failures: dict[str, Failures] = {}

    def add(
        self,
        by: Who,
        name: str,
        *,
        branch: str,
        encoding: Encoding = Encoding.UTF_8,
        language: Literal["zh", "en"] = "zh",
        password: str | None = None,
    ) -> str | None:
        """Make an account, or give one new settings and a new password; return what was made up.

        Raises ConfigError for a name or password that cannot be one.
        """
        if not is_name(name):
            raise ConfigError(
                f"{name!r} is not a name: lower-case letters, digits, - and _, at most 48"
            )
        phrase = None
        if password is None:
            password = phrase = new_phrase()
        elif complaint := complaint_about(password, name):
            raise ConfigError(f"the password cannot be taken: {Complained(complaint)}")
        now_ms = self._clock_ms()
        made = Terminal(name, self._hasher.hash(password), branch, encoding.value, language, now_ms)
        facts = {"branch": branch, "encoding": encoding.value, "language": language}
        self._terminals.put(made, entry(by, now_ms, "terminal.set", name, None, facts))
        return phrase

    def all(self) -> list[Terminal]:
        """Return every account, revoked ones too."""
        return self._terminals.all()

    def revoke(self, by: Who, name: str) -> None:
        """Let a terminal in no more; one that is connected is out within half a minute."""
        told = entry(by, self._clock_ms(), "terminal.revoked", name)
        self._terminals.revoke(name, told)

    def current(self, name: str) -> Terminal | None:
        """Return an account that is good, as it is now."""
        found = self._terminals.get(name)
        return found if found is not None and found.revoked_ms is None else None

    def enter(self, name: str, password: str, address: str) -> Terminal | None:
        """Return whose account it is, None for nobody's; takes as long for either."""
        now_ms = self._clock_ms()
        before = self._failures.get(address, Failures())
        if wait_ms(before, now_ms, POLICY) or is_too_long(password):
            return None
        found = self.current(name)
        is_right = self._hasher.verify(found.password_hash if found else None, password)
        if found is not None and is_right:
            self._failures.pop(address, None)
            return found
        if len(self._failures) >= MOST_ADDRESSES:
            self._failures.pop(next(iter(self._failures)))
        self._failures[address] = failed(before, now_ms)
        return None
