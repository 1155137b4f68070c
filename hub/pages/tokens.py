"""Tokens, for admins: who has which, making one, revoking it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import GRANTABLE, Permission, Who
from hub.access.account import Token
from hub.access.complaints import Complained, Complaint
from hub.pages.frame import Lang, LangQuery, go, minute_of, sentence, show
from hub.pages.staff_words import DONE, PERMISSIONS
from hub.pages.words import Words
from hub.runtime import Hub
from hub.web import NumberInPath, RunningHub
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/tokens", include_in_schema=False)
Keeper = Annotated[Who, Depends(Needs(Permission.TOKENS))]
Form = Mapping[str, list[str]]

DAYS: Final = (30, 90, 365, 730)
_DEFAULT: Final = frozenset({Permission.BOARD, Permission.DEVICES, Permission.SERIES})


@router.get("")
def show_tokens(
    request: Request, hub: RunningHub, who: Keeper, done: str = "", lang: LangQuery = "zh"
) -> Response:
    """Return all tokens, and the form to make one."""
    return _page(request, hub, who, lang, done=DONE.get(done))


@router.post("")
async def create(
    request: Request, hub: RunningHub, who: Keeper, lang: LangQuery = "zh"
) -> Response:
    """Make a token; what its holder sends is shown in the answer, and only there."""
    form = await form_of(request)

    def write() -> Response:
        venues = frozenset(form.get("venues", []))
        try:
            account = hub.office.directory.get(_number(form, "account"))
            token, secret = hub.office.tokens.create(
                who,
                account,
                form.get("label", [""])[0],
                _scope(form),
                venues=venues or None,
                days=_number(form, "days"),
            )
        except Complained as error:
            return _page(request, hub, who, lang, form, error.complaint)
        return show(
            request,
            hub,
            "secret.html",
            lang,
            heading=Words("新令牌", "New token"),
            subject=token.label,
            secret=secret,
            note=Words(
                "只显示这一次。请放进程序的密钥配置，不要写进代码或邮件。",
                "Shown only now. Keep it with the program's secrets, not in code or mail.",
            ),
            back="/tokens",
        )

    return await run_in_threadpool(write)


@router.post("/{token}/revoke")
def revoke(token: NumberInPath, hub: RunningHub, who: Keeper, lang: LangQuery = "zh") -> Response:
    """Take a token back."""
    hub.office.tokens.revoke(who, token)
    return go("/tokens", lang, done="revoked")


def _page(
    request: Request,
    hub: Hub,
    who: Who,
    lang: Lang,
    form: Form | None = None,
    complaint: Complaint | None = None,
    *,
    done: Words | None = None,
) -> Response:
    accounts = hub.office.directory.all()
    names = {account.id: account.name for account in accounts}
    chosen = _DEFAULT if form is None else _scope(form)
    filled = form or {}
    declared = [now.venue for now in hub.live.venues.values()]
    now_ms = hub.office.clock_ms()
    return show(
        request,
        hub,
        "tokens.html",
        lang,
        status=200 if complaint is None else 422,
        rows=[_row(token, names, now_ms) for token in hub.office.tokens.all()],
        label=filled.get("label", [""])[0],
        accounts=[(account.id, account.name) for account in accounts if account.is_enabled],
        account=_number(filled, "account") or who.account,
        scope=[
            {"id": str(p), "name": PERMISSIONS[p], "chosen": p in chosen}
            for p in Permission
            if p in GRANTABLE
        ],
        venues=[
            {
                "id": venue.id,
                "name": Words(venue.name_zh, venue.name_en),
                "chosen": venue.id in filled.get("venues", []),
            }
            for venue in declared
        ],
        days=DAYS,
        lasts=_number(filled, "days") or DAYS[1],
        error=sentence(complaint),
        done=done,
    )


def _row(token: Token, names: Mapping[int, str], now_ms: int) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "account": names.get(token.account, ""),
        "scope": [PERMISSIONS[p] for p in Permission if p in token.scope],
        "venues": None if token.venues is None else sorted(token.venues),
        "expires": minute_of(token.expires_ms),
        "is_over": now_ms >= token.expires_ms,
        "used": minute_of(token.used_ms) if token.used_ms else "",
    }


def _scope(form: Form) -> frozenset[Permission]:
    return frozenset(p for p in GRANTABLE if str(p) in form.get("scope", []))


def _number(form: Form, key: str) -> int:
    text = form.get(key, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
