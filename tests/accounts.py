"""Accounts as tests need them: made in the records, with a hash that costs next to nothing."""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from hub.access import GRANTABLE, Permission, Role, at_console
from hub.access.account import Account
from hub.accounts.hashing import Hasher
from hub.accounts.office import Office
from hub.config import AccessSection
from hub.live.board import wall_ms
from hub.store.records import Records

PASSWORD = "correct horse battery staple"
CHEAP = Hasher(time_cost=1, memory_kib=8, lanes=1)
TESTER = at_console("tester")


def an_office(
    records: Records,
    config: AccessSection | None = None,
    clock_ms: Callable[[], int] = wall_ms,
) -> Office:
    """Return an office whose log-ins are quick."""
    return Office(records, config or AccessSection(), clock_ms, hasher=CHEAP)


def an_account(
    records: Records,
    role: Role = Role.ADMIN,
    venues: Iterable[str] = (),
    name: str | None = None,
    password: str = PASSWORD,
) -> Account:
    """Make an account that need not change its password."""
    office = an_office(records)
    name = name or f"tester-{secrets.token_hex(4)}"
    try:
        return office.directory.create(TESTER, name, role, venues, password).account
    finally:
        office.close()


def a_token(
    records: Records,
    account: Account | None = None,
    scope: Iterable[Permission] = GRANTABLE,
    venues: frozenset[str] | None = None,
) -> str:
    """Make a token, of a new admin unless an account is given."""
    office = an_office(records)
    try:
        owner = account or an_account(records)
        made = office.tokens.create(TESTER, owner, "test", frozenset(scope), venues=venues, days=1)
        return made[1]
    finally:
        office.close()


def token_for(path: Path) -> str:
    """Make an admin's token in a file of records, which is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Records(path) as records:
        return a_token(records)


def bearer(token: str) -> dict[str, str]:
    """Return the header by which a program is known."""
    return {"Authorization": f"Bearer {token}"}
