"""What the API says of accounts, tokens and the audit log, and what it is told."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from hub.access import Permission, Role, Who
from hub.access.account import Account, Token
from hub.api.models import instant, maybe
from hub.store.records.audit import Numbered
from hub.web import MOST_NUMBER


class Told(BaseModel):
    """What a request says; a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class LogIn(Told):
    """A name and its password."""

    name: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=4096)]


class NewAccount(Told):
    """An account to be made; without a password one is made up and told once."""

    name: str
    role: Role
    venues: list[str] = []
    password: str | None = None


class AccountChange(Told):
    """What is to be different; what is left out stays."""

    role: Role | None = None
    venues: list[str] | None = None
    enabled: bool | None = None


class NewToken(Told):
    """A token to be made, of the account of whoever asks or of another one."""

    label: str
    scope: list[Permission]
    venues: Annotated[list[str] | None, Field(description="null: all that its account reaches")] = (
        None
    )
    days: int = 90
    account: Annotated[int | None, Field(ge=0, le=MOST_NUMBER)] = None


class SessionOut(BaseModel):
    """Who is signed in, and what an unsafe request has to bring in X-CSRF-Token."""

    csrf_token: str
    name: Annotated[str | None, Field(description="null: nobody")]
    role: Role | None
    venues: Annotated[list[str] | None, Field(description="null: all venues")]
    permissions: list[Permission]
    must_change: Annotated[bool, Field(description="the first password has to be replaced")]

    @classmethod
    def of(cls, who: Who, csrf_token: str) -> "SessionOut":
        """Return who is signed in as the API tells it."""
        return cls(
            csrf_token=csrf_token,
            name=who.name or None,
            role=who.role,
            venues=None if who.venues is None else sorted(who.venues),
            permissions=sorted(who.permissions),
            must_change=who.must_change,
        )


class AccountOut(BaseModel):
    """An account."""

    id: int
    name: str
    role: Role
    venues: list[str]
    enabled: bool
    must_change: bool
    created: datetime
    last_login: datetime | None

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        """Return an account as the API tells it."""
        return cls(
            id=account.id,
            name=account.name,
            role=account.role,
            venues=sorted(account.venues),
            enabled=account.is_enabled,
            must_change=account.must_change,
            created=instant(account.created_ms),
            last_login=maybe(account.last_login_ms),
        )


class PhraseOut(BaseModel):
    """An account, and the password that was made up for it, which is told only here."""

    account: AccountOut
    password: str | None


class TokenOut(BaseModel):
    """A token, without what its holder sends."""

    id: int
    account: int
    label: str
    scope: list[Permission]
    venues: list[str] | None
    created: datetime
    expires: datetime
    last_used: datetime | None

    @classmethod
    def of(cls, token: Token) -> "TokenOut":
        """Return a token as the API tells it."""
        return cls(
            id=token.id,
            account=token.account,
            label=token.label,
            scope=sorted(token.scope),
            venues=None if token.venues is None else sorted(token.venues),
            created=instant(token.created_ms),
            expires=instant(token.expires_ms),
            last_used=maybe(token.used_ms),
        )


class NewTokenOut(BaseModel):
    """A token with what its holder sends, which is told only here."""

    token: TokenOut
    secret: str


class AuditEntryOut(BaseModel):
    """One change: who, when, what, before, after."""

    id: int
    at: datetime
    who: str
    via: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, found: Numbered) -> "AuditEntryOut":
        """Return an entry as the API tells it."""
        told = found.entry
        return cls(
            id=found.id,
            at=instant(told.at_ms),
            who=told.who,
            via=told.via,
            action=told.action,
            subject=told.subject,
            before=None if told.before is None else dict(told.before),
            after=None if told.after is None else dict(told.after),
        )


class AuditOut(BaseModel):
    """Entries, the newest first; `next` asks for those before them."""

    entries: list[AuditEntryOut]
    next: int | None
