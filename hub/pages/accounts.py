"""The accounts, for admins: who there is, making one, changing it, a new first password."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Role, Who
from hub.access.account import Account
from hub.access.complaints import Complained, Complaint
from hub.errors import NotFound
from hub.pages.frame import Lang, LangQuery, go, minute_of, sentence, show
from hub.pages.staff_words import DONE, DUTIES, ROLES
from hub.pages.words import Words
from hub.runtime import Hub
from hub.web import NumberInPath, RunningHub
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/accounts", include_in_schema=False)
Keeper = Annotated[Who, Depends(Needs(Permission.ACCOUNTS))]
Form = Mapping[str, list[str]]


@router.get("")
def show_accounts(
    request: Request, hub: RunningHub, _who: Keeper, lang: LangQuery = "zh"
) -> Response:
    """Return all accounts, and the form to make one."""
    return _list(request, hub, lang)


@router.post("")
async def create(
    request: Request, hub: RunningHub, who: Keeper, lang: LangQuery = "zh"
) -> Response:
    """Make an account; its first password is shown in the answer, and only there."""
    form, office = await form_of(request), hub.office
    name, venues = form.get("name", [""])[0], form.get("venues", [])
    try:
        role = _role(form)
        made = await office.turnstile.through(
            lambda: office.directory.create(who, name, role, venues)
        )
    except Complained as error:
        complaint = error.complaint
        return await run_in_threadpool(lambda: _list(request, hub, lang, form, complaint))
    return _handed_over(request, hub, lang, made.account, made.phrase or "")


@router.get("/{account}")
def show_account(
    account: NumberInPath,
    request: Request,
    hub: RunningHub,
    _who: Keeper,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return one account, and the forms to change it."""
    return _one(request, hub, lang, hub.office.directory.get(account), done=DONE.get(done))


@router.post("/{account}")
async def change(
    account: NumberInPath, request: Request, hub: RunningHub, who: Keeper, lang: LangQuery = "zh"
) -> Response:
    """Change role, venues, or whether it is enabled."""
    form, directory = await form_of(request), hub.office.directory

    def write() -> Response:
        try:
            directory.change(
                who,
                account,
                role=_role(form),
                venues=form.get("venues", []),
                is_enabled=form.get("enabled", [""])[0] == "yes",
            )
        except Complained as error:
            return _one(request, hub, lang, directory.get(account), error.complaint)
        return go(f"/accounts/{account}", lang, done="changed")

    return await run_in_threadpool(write)


@router.post("/{account}/reset")
async def reset(
    account: NumberInPath, request: Request, hub: RunningHub, who: Keeper, lang: LangQuery = "zh"
) -> Response:
    """End an account's sessions and show its new first password."""
    directory = hub.office.directory
    phrase = await hub.office.turnstile.through(lambda: directory.reset(who, account))
    told = await run_in_threadpool(directory.get, account)
    return _handed_over(request, hub, lang, told, phrase or "")


def _list(
    request: Request,
    hub: Hub,
    lang: Lang,
    form: Form | None = None,
    complaint: Complaint | None = None,
) -> Response:
    filled = form or {}
    chosen = frozenset(filled.get("venues", []))
    return show(
        request,
        hub,
        "accounts.html",
        lang,
        status=200 if complaint is None else 422,
        rows=[_row(hub, account) for account in hub.office.directory.all()],
        name=filled.get("name", [""])[0],
        role=filled.get("role", [str(Role.MANAGER)])[0],
        roles=_roles(),
        venues=_venues(hub, chosen),
        error=sentence(complaint),
    )


def _one(
    request: Request,
    hub: Hub,
    lang: Lang,
    account: Account,
    complaint: Complaint | None = None,
    *,
    done: Words | None = None,
) -> Response:
    return show(
        request,
        hub,
        "one_account.html",
        lang,
        status=200 if complaint is None else 422,
        account=account,
        row=_row(hub, account),
        roles=_roles(),
        venues=_venues(hub, account.venues),
        error=sentence(complaint),
        done=done,
    )


def _handed_over(request: Request, hub: Hub, lang: Lang, account: Account, phrase: str) -> Response:
    return show(
        request,
        hub,
        "secret.html",
        lang,
        heading=Words("首次密码", "First password"),
        subject=account.name,
        secret=phrase,
        note=Words(
            "只显示这一次。请当面或通过安全渠道告知本人；首次登录后必须自行更换。",
            "Shown only now. Hand it over in person; it has to be replaced at the first log-in.",
        ),
        back="/accounts",
    )


def _row(hub: Hub, account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "role": ROLES[account.role],
        "is_enabled": account.is_enabled,
        "must_change": account.must_change,
        "venues": [v["name"] for v in _venues(hub, account.venues) if v["chosen"]],
        "last_login": minute_of(account.last_login_ms) if account.last_login_ms else "",
        "created": minute_of(account.created_ms),
    }


def _roles() -> list[dict[str, Any]]:
    return [{"id": str(role), "name": ROLES[role], "duty": DUTIES[role]} for role in Role]


def _venues(hub: Hub, chosen: frozenset[str]) -> list[dict[str, Any]]:
    """Return every venue that can be chosen, and those that were and are not declared any more."""
    declared = {now.venue.id: now.venue for now in hub.live.venues.values()}
    return [
        {
            "id": id_,
            "name": Words(declared[id_].name_zh, declared[id_].name_en)
            if id_ in declared
            else Words(id_, id_),
            "chosen": id_ in chosen,
        }
        for id_ in (*declared, *sorted(chosen - declared.keys()))
    ]


def _role(form: Form) -> Role:
    try:
        return Role(form.get("role", [""])[0])
    except ValueError as error:
        raise NotFound("there is no such role") from error
