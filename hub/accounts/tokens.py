"""Tokens: ways in for programs, made and revoked by an admin."""

from collections.abc import Callable
from typing import Final

from contracts.ids import is_name
from hub.access import GRANTABLE, Permission, Who
from hub.access.account import Account, Token
from hub.access.complaints import Complained, Complaint
from hub.access.texts import said
from hub.accounts.hashing import digest, new_token
from hub.audit import entry
from hub.store.records import Records, TokenRecords

LABEL_LENGTH: Final = 60
MOST_DAYS: Final = 730
DAY_MS: Final = 86_400_000


class TokenDesk:
    """Gives tokens out and takes them back. What cannot be done raises Complained."""

    def __init__(self, records: Records, clock_ms: Callable[[], int]) -> None:
        self._tokens = TokenRecords(records)
        self._clock_ms = clock_ms

    def all(self) -> list[Token]:
        """Return every token, the newest first."""
        return self._tokens.all()

    def create(
        self,
        by: Who,
        account: Account,
        label: str,
        scope: frozenset[Permission],
        *,
        venues: frozenset[str] | None,
        days: int,
    ) -> tuple[Token, str]:
        """Make a token of an account; return it with its secret, which is told only here."""
        label = said(label, LABEL_LENGTH, Complaint.LABEL_FORM)
        if not scope or not scope <= GRANTABLE:
            raise Complained(Complaint.SCOPE_EMPTY)
        if not 1 <= days <= MOST_DAYS:
            raise Complained(Complaint.EXPIRY_FORM)
        if venues is not None and not all(map(is_name, venues)):
            raise Complained(Complaint.VENUE_UNKNOWN)
        now_ms, secret = self._clock_ms(), new_token()
        token = Token(
            id=0,
            account=account.id,
            label=label,
            scope=scope,
            venues=venues or None,
            created_ms=now_ms,
            expires_ms=now_ms + days * DAY_MS,
            used_ms=0,
        )
        told = entry(by, now_ms, "token.created", account.name, None, token.facts())
        number = self._tokens.add(token, digest(secret), told)
        return self._tokens.get(number), secret

    def revoke(self, by: Who, id_: int) -> None:
        """Take a token back; it takes effect with the next request. Raises NotFound."""
        token = self._tokens.get(id_)
        told = entry(by, self._clock_ms(), "token.revoked", token.label, token.facts(), None)
        self._tokens.revoke(id_, told)
