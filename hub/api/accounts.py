"""Log-in for programs; accounts, tokens and the audit log as JSON."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from hub.access import Permission, Who
from hub.access.account import Account
from hub.access.complaints import Complaint
from hub.accounts.guard import Locked
from hub.api.account_models import (
    AccountChange,
    AccountOut,
    AuditEntryOut,
    AuditOut,
    LogIn,
    NewAccount,
    NewToken,
    NewTokenOut,
    PhraseOut,
    SessionOut,
    TokenOut,
)
from hub.api.deps import known_parameters
from hub.api.problems import CONFLICT, PROBLEMS, Problem, TooSoon
from hub.errors import SignInNeeded
from hub.store.records import Wanted
from hub.web import MOST_NUMBER, NumberInPath, RunningHub
from hub.web_access import (
    Myself,
    Needs,
    Visitor,
    begin_session,
    client_address,
    csrf_token,
    end_session,
    keep_form_cookie,
)

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])

Keeper = Annotated[Who, Depends(Needs(Permission.ACCOUNTS))]
TokenKeeper = Annotated[Who, Depends(Needs(Permission.TOKENS))]
Auditor = Annotated[Who, Depends(Needs(Permission.AUDIT))]

MOST_ENTRIES = 500


@router.get("/session", summary="Who is signed in, and the CSRF token of this session")
async def show_session(
    request: Request, response: Response, hub: RunningHub, who: Visitor
) -> SessionOut:
    """Return who asks; without a session the token is what logging in has to bring."""
    keep_form_cookie(request, response, hub.config.access)
    response.headers["Cache-Control"] = "no-store"
    return SessionOut.of(who, csrf_token(request))


@router.post(
    "/session",
    summary="Log in",
    responses={429: {"model": Problem, "description": "Too many wrong passwords; Retry-After"}},
)
async def log_in(
    told: LogIn, request: Request, response: Response, hub: RunningHub, _who: Visitor
) -> SessionOut:
    """Begin a session of its own; the browser's cookie and the CSRF token are new ones."""
    entrance, address = hub.office.entrance, client_address(request)
    agent = request.headers.get("user-agent", "")
    opened = await hub.office.turnstile.through(
        lambda: entrance.log_in(told.name, told.password, address=address, agent=agent)
    )
    if isinstance(opened, Locked):
        raise TooSoon(opened.wait_ms)
    if opened is None:
        raise SignInNeeded(Complaint.WRONG.en)
    await begin_session(request, response, hub, opened)
    return SessionOut.of(request.state.who, csrf_token(request))


@router.delete("/session", summary="Log out", status_code=204)
def log_out(request: Request, response: Response, hub: RunningHub, who: Myself) -> None:
    """End this session."""
    end_session(request, response, hub, who)


@router.get("/accounts", summary="All accounts")
def list_accounts(hub: RunningHub, _who: Keeper) -> list[AccountOut]:
    """Return every account by name."""
    return [AccountOut.of(account) for account in hub.office.directory.all()]


@router.post("/accounts", summary="Make an account", status_code=201, responses=CONFLICT)
async def create_account(told: NewAccount, hub: RunningHub, who: Keeper) -> PhraseOut:
    """Make an account; without a password one is made up, to be replaced at first log-in."""
    directory = hub.office.directory
    made = await hub.office.turnstile.through(
        lambda: directory.create(who, told.name, told.role, told.venues, told.password)
    )
    return PhraseOut(account=AccountOut.of(made.account), password=made.phrase)


@router.patch(
    "/accounts/{account}",
    summary="Change role, venues, or whether it is enabled",
    responses=CONFLICT,
)
def change_account(
    account: NumberInPath, told: AccountChange, hub: RunningHub, who: Keeper
) -> AccountOut:
    """Change an account; it takes effect with its holder's next request."""
    before = hub.office.directory.get(account)
    after = hub.office.directory.change(
        who,
        account,
        role=before.role if told.role is None else told.role,
        venues=before.venues if told.venues is None else told.venues,
        is_enabled=before.is_enabled if told.enabled is None else told.enabled,
    )
    return AccountOut.of(after)


@router.post("/accounts/{account}/reset", summary="Give an account a new first password")
async def reset_account(account: NumberInPath, hub: RunningHub, who: Keeper) -> PhraseOut:
    """End an account's sessions and make up a password, to be replaced at the next log-in."""
    directory = hub.office.directory
    phrase = await hub.office.turnstile.through(lambda: directory.reset(who, account))
    return PhraseOut(account=AccountOut.of(directory.get(account)), password=phrase)


@router.get("/tokens", summary="All tokens, without what their holders send")
def list_tokens(hub: RunningHub, _who: TokenKeeper) -> list[TokenOut]:
    """Return every token, the newest first."""
    return [TokenOut.of(token) for token in hub.office.tokens.all()]


@router.post("/tokens", summary="Make a token", status_code=201)
def create_token(told: NewToken, hub: RunningHub, who: TokenKeeper) -> NewTokenOut:
    """Make a token; it never reaches further than its account does."""
    account: Account = hub.office.directory.get(told.account or who.account)
    token, secret = hub.office.tokens.create(
        who,
        account,
        told.label,
        frozenset(told.scope),
        venues=None if told.venues is None else frozenset(told.venues),
        days=told.days,
    )
    return NewTokenOut(token=TokenOut.of(token), secret=secret)


@router.delete("/tokens/{token}", summary="Revoke a token", status_code=204)
def revoke_token(token: NumberInPath, hub: RunningHub, who: TokenKeeper) -> None:
    """Take a token back; its holder's next request is refused."""
    hub.office.tokens.revoke(who, token)


@router.get("/audit", summary="Who changed what, the newest first")
def read_audit(
    hub: RunningHub,
    _who: Auditor,
    *,
    who: str = "",
    action: Annotated[str, Query(description="`account.created`, or `account` for all")] = "",
    subject: Annotated[str, Query(description="a part of it")] = "",
    start: AwareDatetime | None = None,
    end: Annotated[AwareDatetime | None, Query(description="not included")] = None,
    before: Annotated[
        int | None, Query(ge=0, le=MOST_NUMBER, description="`next` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100,
) -> AuditOut:
    """Return entries of the audit log."""
    wanted = Wanted(
        who=who,
        action=action,
        subject=subject,
        since_ms=None if start is None else int(start.timestamp() * 1000),
        until_ms=None if end is None else int(end.timestamp() * 1000),
    )
    found = hub.office.audit.page(wanted, before_id=before, most=limit)
    return AuditOut(
        entries=[AuditEntryOut.of(numbered) for numbered in found],
        next=found[-1].id if len(found) == limit else None,
    )
