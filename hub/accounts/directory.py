"""Who has an account: set-up, creating, changing, resetting, one's own password.

Hashing takes its time: on an event loop, call through `hub.accounts.turnstile`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from contracts.ids import is_name
from hub.access import Role, Who
from hub.access.account import Account, is_good_name, tidy_name
from hub.access.complaints import Complained, Complaint
from hub.access.passwords import complaint_about
from hub.accounts.guard import Guard, Locked
from hub.accounts.hashing import Hasher, new_phrase
from hub.audit import entry
from hub.store.records import AccountRecords, Records


@dataclass(frozen=True, slots=True)
class Created:
    """A new account; `phrase` is its first password where one was made, told only here."""

    account: Account
    phrase: str | None


class Directory:
    """The accounts. What cannot be done raises Complained, what is not there NotFound."""

    def __init__(
        self, records: Records, hasher: Hasher, guard: Guard, clock_ms: Callable[[], int]
    ) -> None:
        self._accounts = AccountRecords(records)
        self._hasher = hasher
        self._guard = guard
        self._clock_ms = clock_ms

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody has an account yet."""
        return not self._accounts.any()

    def all(self) -> list[Account]:
        """Return every account by name."""
        return self._accounts.all()

    def get(self, id_: int) -> Account:
        """Return one account. Raises NotFound."""
        return self._accounts.get(id_)

    def named(self, name: str) -> Account | None:
        """Return the account of a name."""
        found = self._accounts.named(name)
        return found[0] if found else None

    def set_up(self, name: str, password: str) -> Account:
        """Make the first account, an admin; refused as soon as there is one."""
        tidy = tidy_name(name)
        by = Who(tidy, "setup")
        return self._add(by, tidy, Role.ADMIN, (), password, must_change=False, first=True)

    def create(
        self, by: Who, name: str, role: Role, venues: Iterable[str], password: str | None = None
    ) -> Created:
        """Make an account; without a password one is made up, to be replaced at first log-in."""
        phrase = new_phrase() if password is None else None
        account = self._add(
            by, tidy_name(name), role, venues, password or phrase or "", must_change=bool(phrase)
        )
        return Created(account, phrase)

    def change(
        self, by: Who, id_: int, *, role: Role, venues: Iterable[str], is_enabled: bool
    ) -> Account:
        """Change what an account is; it takes effect with the next request of its holder."""
        before = self._accounts.get(id_)
        after = replace(before, role=role, venues=_venues_of(role, venues), is_enabled=is_enabled)
        if after != before:
            told = entry(
                by, self._clock_ms(), "account.changed", before.name, before.facts(), after.facts()
            )
            self._accounts.change(after, told)
        return after

    def reset(self, by: Who, id_: int, password: str | None = None) -> str | None:
        """Give an account a new password and end its sessions; return the one that was made up."""
        account = self._accounts.get(id_)
        phrase = new_phrase() if password is None else None
        if password is not None:
            _require(password, account.name)
        told = entry(by, self._clock_ms(), "account.reset", account.name)
        self._accounts.set_password(
            id_, self._hasher.hash(password or phrase or ""), told, must_change=phrase is not None
        )
        return phrase

    def change_own(
        self, who: Who, old: str, new: str, *, session: str, address: str
    ) -> Locked | None:
        """Replace one's own password; every other session of the account ends."""
        now_ms = self._clock_ms()
        found = self._guard.attempt(who.name, old, address, now_ms)
        if isinstance(found, Locked):
            return found
        if found is None:
            raise Complained(Complaint.PASSWORD_WRONG)
        if new == old:
            raise Complained(Complaint.PASSWORD_SAME)
        _require(new, who.name)
        told = entry(who, now_ms, "account.password", who.name)
        self._accounts.set_password(
            found.id, self._hasher.hash(new), told, must_change=False, keep=session
        )
        return None

    def _add(
        self,
        by: Who,
        name: str,
        role: Role,
        venues: Iterable[str],
        password: str,
        *,
        must_change: bool,
        first: bool = False,
    ) -> Account:
        if not is_good_name(name):
            raise Complained(Complaint.NAME_FORM)
        _require(password, name)
        now_ms = self._clock_ms()
        account = Account(
            id=0,
            name=name,
            role=role,
            venues=_venues_of(role, venues),
            is_enabled=True,
            must_change=must_change,
            created_ms=now_ms,
            last_login_ms=0,
        )
        told = entry(by, now_ms, "account.created", name, None, account.facts())
        number = self._accounts.add(account, self._hasher.hash(password), told, first=first)
        return replace(account, id=number)


def _require(password: str, name: str) -> None:
    complaint = complaint_about(password, name)
    if complaint is not None:
        raise Complained(complaint)


def _venues_of(role: Role, venues: Iterable[str]) -> frozenset[str]:
    if role is not Role.MANAGER:
        return frozenset()
    chosen = frozenset(venues)
    if not chosen:
        raise Complained(Complaint.VENUES_MISSING)
    if not all(map(is_name, chosen)):
        raise Complained(Complaint.VENUE_UNKNOWN)
    return chosen
