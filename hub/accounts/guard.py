"""Trying a password: counted before anybody is let in, and as slow for a name that nobody has."""

from dataclasses import dataclass
from typing import Final

from hub.access import Who
from hub.access.account import NAME_LENGTH, Account, name_key, tidy_name
from hub.access.lockout import Failures, LockPolicy, delay_ms, failed, wait_ms
from hub.access.passwords import is_too_long
from hub.accounts.hashing import Hasher, digest
from hub.audit import entry
from hub.store.records import AccountRecords, Records
from link.networks import network_of

PER_ADDRESS: Final = 4
PER_NAME: Final = 10
"""A count over all names of an address, or over all addresses of a name, has so many more free."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Nobody is let in now; `wait_ms` is how long that lasts."""

    wait_ms: int


class Guard:
    """Tries passwords. Used by one thread at a time: who counts must not be overtaken."""

    def __init__(self, records: Records, hasher: Hasher, policy: LockPolicy) -> None:
        self._accounts = AccountRecords(records)
        self._hasher = hasher
        self._policy = policy

    def attempt(
        self, name: str, password: str, address: str, now_ms: int
    ) -> Account | Locked | None:
        """Return the account whose name and password these are, None when they are nobody's.

        A disabled account is nobody's. What is too long to be a password is not hashed.
        """
        tidy = tidy_name(name[: 4 * NAME_LENGTH])
        keys = self._keys(name_key(tidy), address)
        before = dict(zip(keys, self._accounts.failures(keys), strict=True))
        wait = self._wait_ms(keys, before, now_ms)
        if wait:
            return Locked(wait)
        found = self._accounts.named(tidy)
        stored = found[1] if found else None
        is_right = not is_too_long(password) and self._hasher.verify(stored, password)
        if found is None or not is_right or not found[0].is_enabled:
            self._count(tidy, keys, before, now_ms)
            return None
        account = found[0]
        if self._hasher.is_outdated(found[1]):
            self._accounts.renew_hash(account.id, self._hasher.hash(password))
        self._forgive(before, now_ms)
        return account

    def attempt_code(self, is_right: bool, address: str, now_ms: int) -> Locked | None:
        """Count a try of the set-up code as a password is counted; None: it may be judged."""
        keys = self._keys("\0set-up", address)
        before = dict(zip(keys, self._accounts.failures(keys), strict=True))
        wait = self._wait_ms(keys, before, now_ms)
        if wait:
            return Locked(wait)
        if not is_right:
            self._count("set-up", keys, before, now_ms)
        return None

    def _keys(self, key: str, address: str) -> dict[str, LockPolicy]:
        """Return what is counted: this name from this address, the address, the name."""
        address = network_of(address)
        return {
            # Hashed: what people type into the wrong field is often their password.
            f"pair:{digest(f'{key} {address}')}": self._policy,
            f"address:{digest(address)}": self._policy.times(PER_ADDRESS),
            f"name:{digest(key)}": self._policy.times(PER_NAME),
        }

    def _wait_ms(
        self, keys: dict[str, LockPolicy], before: dict[str, Failures], now_ms: int
    ) -> int:
        return max(wait_ms(before[key], now_ms, policy) for key, policy in keys.items())

    def _forgive(self, before: dict[str, Failures], now_ms: int) -> None:
        """Take failures back after a right password: half of those that may be somebody else's."""
        after = {
            key: Failures(0 if key.startswith("pair:") else failures.count // 2, failures.last_ms)
            for key, failures in before.items()
            if failures.count
        }
        if after:
            self._accounts.note_failures(after, now_ms)

    def _count(
        self, name: str, keys: dict[str, LockPolicy], before: dict[str, Failures], now_ms: int
    ) -> None:
        after = {key: failed(failures, now_ms) for key, failures in before.items()}
        # Told once for each lock, by the one attempt that brings it: not each wrong password.
        begins = [
            key.partition(":")[0]
            for key, policy in keys.items()
            if delay_ms(after[key].count, policy) > delay_ms(before[key].count, policy)
        ]
        # What people type into the wrong field is often their password: only names are told.
        known = name if begins and self._accounts.named(name) else ""
        told = [entry(Who(), now_ms, "login.locked", known, None, {"by": by}) for by in begins]
        self._accounts.note_failures(after, now_ms, *told)
