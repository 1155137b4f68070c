"""The only SQL about sessions and tokens."""

import json
from typing import Final

from sqlalchemy import RowMapping, delete, insert, select, update

from hub.access import Permission
from hub.access.account import Account, Session, Token
from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.account_tables import ACCOUNTS, SESSIONS, TOKENS
from hub.store.records.accounts import one
from hub.store.records.audit import append
from hub.store.records.records import Records

MOST_SESSIONS: Final = 50
"""Of one account; the one that was unused for longest makes room."""


class SessionRecords:
    """Sessions in the records, by the hash of their id."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def open(self, session: Session, told: Entry) -> None:
        """Write a new session down, and that its account has logged in."""
        with self._records.writing() as connection:
            of_account = SESSIONS.c.account == session.account
            kept = (
                select(SESSIONS.c.key)
                .where(of_account)
                .order_by(SESSIONS.c.used_ms.desc())
                .limit(MOST_SESSIONS - 1)
            )
            connection.execute(delete(SESSIONS).where(of_account, SESSIONS.c.key.not_in(kept)))
            connection.execute(insert(SESSIONS).values(_session_row(session)))
            connection.execute(
                update(ACCOUNTS)
                .where(ACCOUNTS.c.id == session.account)
                .values(last_login_ms=session.created_ms)
            )
            append(connection, told)

    def find(self, key: str) -> tuple[Session, Account] | None:
        """Return a session and its account as it is now."""
        with self._records.reading() as connection:
            statement = select(SESSIONS).where(SESSIONS.c.key == key)
            row = connection.execute(statement).mappings().first()
            if row is None:
                return None
            return Session(**row), one(connection, row["account"])

    def of_account(self, account: int) -> list[Session]:
        """Return an account's sessions, the one used last first."""
        with self._records.reading() as connection:
            statement = select(SESSIONS).where(SESSIONS.c.account == account)
            rows = connection.execute(statement.order_by(SESSIONS.c.used_ms.desc())).mappings()
            return [Session(**row) for row in rows]

    def used(self, key: str, now_ms: int) -> None:
        """Note that a session was used."""
        with self._records.writing() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.key == key).values(used_ms=now_ms))

    def end(self, account: int, told: Entry, key: str | None = None) -> None:
        """End one session of an account, or all of them."""
        chosen = [SESSIONS.c.account == account]
        if key is not None:
            chosen.append(SESSIONS.c.key == key)
        with self._records.writing() as connection:
            if connection.execute(delete(SESSIONS).where(*chosen)).rowcount:
                append(connection, told)

    def forget(self, *, unused_since_ms: int, opened_before_ms: int) -> None:
        """Take away sessions that have ended by themselves."""
        ended = (SESSIONS.c.used_ms <= unused_since_ms) | (
            SESSIONS.c.created_ms <= opened_before_ms
        )
        with self._records.writing() as connection:
            connection.execute(delete(SESSIONS).where(ended))

    def clear(self) -> None:
        """End all sessions of everybody: a store that was restored knows none."""
        with self._records.writing() as connection:
            connection.execute(delete(SESSIONS))


class TokenRecords:
    """Tokens in the records, by the hash of what their holder sends."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, token: Token, key: str, told: Entry) -> int:
        """Write a new token down and return its number."""
        with self._records.writing() as connection:
            row = {
                "account": token.account,
                "label": token.label,
                "key": key,
                "scope": json.dumps(sorted(token.scope)),
                "venues": None if token.venues is None else json.dumps(sorted(token.venues)),
                "created_ms": token.created_ms,
                "expires_ms": token.expires_ms,
                "used_ms": 0,
            }
            number: int = connection.execute(
                insert(TOKENS).values(row).returning(TOKENS.c.id)
            ).scalar_one()
            append(connection, told)
        return number

    def find(self, key: str) -> tuple[Token, Account] | None:
        """Return a token and its account as it is now."""
        with self._records.reading() as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.key == key)).mappings().first()
            return None if row is None else (_token(row), one(connection, row["account"]))

    def all(self) -> list[Token]:
        """Return every token, the newest first."""
        with self._records.reading() as connection:
            rows = connection.execute(select(TOKENS).order_by(TOKENS.c.id.desc())).mappings()
            return [_token(row) for row in rows]

    def get(self, id_: int) -> Token:
        """Return one token. Raises NotFound."""
        with self._records.reading() as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.id == id_)).mappings().first()
        if row is None:
            raise NotFound(f"there is no token {id_}")
        return _token(row)

    def used(self, id_: int, now_ms: int) -> None:
        """Note that a token was used."""
        with self._records.writing() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.id == id_).values(used_ms=now_ms))

    def revoke(self, id_: int, told: Entry) -> None:
        """Take a token away."""
        with self._records.writing() as connection:
            if connection.execute(delete(TOKENS).where(TOKENS.c.id == id_)).rowcount:
                append(connection, told)


def _session_row(session: Session) -> dict[str, object]:
    return {
        "key": session.key,
        "account": session.account,
        "created_ms": session.created_ms,
        "used_ms": session.used_ms,
        "address": session.address,
        "agent": session.agent,
    }


def _token(row: RowMapping) -> Token:
    venues = row["venues"]
    # A permission that a newer release knew is one that nobody has here.
    known = {permission.value for permission in Permission}
    return Token(
        id=row["id"],
        account=row["account"],
        label=row["label"],
        scope=frozenset(Permission(name) for name in json.loads(row["scope"]) if name in known),
        venues=None if venues is None else frozenset(json.loads(venues)),
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
        used_ms=row["used_ms"],
    )
