"""The only SQL about accounts and lock-out; each change brings its entry of the audit log."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from hub.access import Role
from hub.access.account import Account, name_key
from hub.access.complaints import Complained, Complaint
from hub.access.lockout import FORGET_MS, Failures
from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.account_tables import ACCOUNT_VENUES, ACCOUNTS, FAILURES, SESSIONS
from hub.store.records.audit import append
from hub.store.records.records import Records


class AccountRecords:
    """Accounts in the records. What cannot be done raises Complained and changes nothing."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def any(self) -> bool:
        """Tell whether there is an account at all."""
        with self._records.reading() as connection:
            return connection.execute(select(ACCOUNTS.c.id).limit(1)).first() is not None

    def all(self) -> list[Account]:
        """Return every account by name."""
        with self._records.reading() as connection:
            venues = defaultdict(set)
            for account, venue in connection.execute(select(ACCOUNT_VENUES)):
                venues[account].add(venue)
            rows = connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name_key)).mappings()
            return [_account(row, venues[row["id"]]) for row in rows]

    def get(self, id_: int) -> Account:
        """Return one account. Raises NotFound."""
        with self._records.reading() as connection:
            return one(connection, id_)

    def named(self, name: str) -> tuple[Account, str] | None:
        """Return the account of a name, and its password's hash."""
        with self._records.reading() as connection:
            statement = select(ACCOUNTS).where(ACCOUNTS.c.name_key == name_key(name))
            row = connection.execute(statement).mappings().first()
            if row is None:
                return None
            return _account(row, _venues(connection, row["id"])), row["password_hash"]

    def password_hash(self, id_: int) -> str:
        """Return the hash of an account's password. Raises NotFound."""
        with self._records.reading() as connection:
            statement = select(ACCOUNTS.c.password_hash).where(ACCOUNTS.c.id == id_)
            found: str | None = connection.execute(statement).scalar_one_or_none()
        if found is None:
            raise NotFound(f"there is no account {id_}")
        return found

    def add(self, account: Account, password_hash: str, told: Entry, *, first: bool) -> int:
        """Write a new account and return its number; `first`: only if there is none yet."""
        with self._records.writing() as connection:
            if first and connection.execute(select(ACCOUNTS.c.id).limit(1)).first() is not None:
                raise Complained(Complaint.SET_UP_DONE)
            taken = select(ACCOUNTS.c.id).where(ACCOUNTS.c.name_key == name_key(account.name))
            if connection.execute(taken).first() is not None:
                raise Complained(Complaint.NAME_TAKEN)
            row = {
                "name": account.name,
                "name_key": name_key(account.name),
                "role": str(account.role),
                "is_enabled": account.is_enabled,
                "must_change": account.must_change,
                "password_hash": password_hash,
                "created_ms": account.created_ms,
                "last_login_ms": account.last_login_ms,
            }
            number: int = connection.execute(
                insert(ACCOUNTS).values(row).returning(ACCOUNTS.c.id)
            ).scalar_one()
            _set_venues(connection, number, account.venues)
            append(connection, told)
        return number

    def change(self, account: Account, told: Entry) -> None:
        """Write role, venues and whether it is enabled; a disabled account's sessions end."""
        with self._records.writing() as connection:
            admins = select(func.count()).where(
                ACCOUNTS.c.role == str(Role.ADMIN), ACCOUNTS.c.is_enabled
            )
            before = connection.execute(admins).scalar_one()
            row = {"role": str(account.role), "is_enabled": account.is_enabled}
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account.id).values(row))
            _set_venues(connection, account.id, account.venues)
            if before > 0 and connection.execute(admins).scalar_one() == 0:
                raise Complained(Complaint.LAST_ADMIN)
            if not account.is_enabled:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.account == account.id))
            append(connection, told)

    def set_password(
        self, id_: int, password_hash: str, told: Entry, *, must_change: bool, keep: str = ""
    ) -> None:
        """Write a new password's hash; all sessions but the one of key `keep` end."""
        with self._records.writing() as connection:
            row = {"password_hash": password_hash, "must_change": must_change}
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == id_).values(row))
            connection.execute(
                delete(SESSIONS).where(SESSIONS.c.account == id_, SESSIONS.c.key != keep)
            )
            append(connection, told)

    def renew_hash(self, id_: int, password_hash: str) -> None:
        """Write the same password's hash, made with newer parameters."""
        with self._records.writing() as connection:
            row = {"password_hash": password_hash}
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == id_).values(row))

    def failures(self, keys: Iterable[str]) -> list[Failures]:
        """Return the failures that each key stands for, in order."""
        with self._records.reading() as connection:
            return [_failures(connection, key) for key in keys]

    def note_failures(self, found: dict[str, Failures], now_ms: int, *told: Entry) -> None:
        """Write failures by key; a count of 0 is taken away, and so is what is forgotten."""
        with self._records.writing() as connection:
            connection.execute(delete(FAILURES).where(FAILURES.c.last_ms < now_ms - FORGET_MS))
            for key, failures in found.items():
                connection.execute(delete(FAILURES).where(FAILURES.c.key == key))
                if failures.count > 0:
                    row = {"key": key, "count": failures.count, "last_ms": failures.last_ms}
                    connection.execute(insert(FAILURES).values(row))
            append(connection, *told)


def one(connection: Connection, id_: int) -> Account:
    """Return one account. Raises NotFound."""
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == id_)).mappings().first()
    if row is None:
        raise NotFound(f"there is no account {id_}")
    return _account(row, _venues(connection, id_))


def _account(row: RowMapping, venues: Iterable[str]) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        venues=frozenset(venues),
        is_enabled=row["is_enabled"],
        must_change=row["must_change"],
        created_ms=row["created_ms"],
        last_login_ms=row["last_login_ms"],
    )


def _venues(connection: Connection, id_: int) -> list[str]:
    statement = select(ACCOUNT_VENUES.c.venue).where(ACCOUNT_VENUES.c.account == id_)
    return [str(venue) for (venue,) in connection.execute(statement)]


def _set_venues(connection: Connection, id_: int, venues: Iterable[str]) -> None:
    connection.execute(delete(ACCOUNT_VENUES).where(ACCOUNT_VENUES.c.account == id_))
    for venue in sorted(venues):
        row: dict[str, Any] = {"account": id_, "venue": venue}
        connection.execute(insert(ACCOUNT_VENUES).values(row))


def _failures(connection: Connection, key: str) -> Failures:
    row = connection.execute(select(FAILURES).where(FAILURES.c.key == key)).mappings().first()
    return Failures(row["count"], row["last_ms"]) if row else Failures()
