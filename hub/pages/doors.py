"""The doors: first set-up, log-in, log-out. They work without a script."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from hub.access.complaints import Complained, Complaint
from hub.accounts.guard import Locked
from hub.accounts.setup import is_at_the_hub
from hub.pages.frame import Lang, LangQuery, go, sentence, show
from hub.pages.staff_words import DONE
from hub.pages.words import Words
from hub.runtime import Hub
from hub.web import RunningHub
from hub.web_access import (
    Myself,
    Visitor,
    begin_session,
    client_address,
    end_session,
    form_of,
)

router = APIRouter(include_in_schema=False)

Next = Annotated[str, Query(alias="next", max_length=500)]

TOO_OLD: Final = Words("页面停留过久，请再试一次。", "The page was open for too long; try again.")


@router.get("/login")
async def show_log_in(
    request: Request,
    hub: RunningHub,
    who: Visitor,
    done: str = "",
    then: Next = "/",
    lang: LangQuery = "zh",
) -> Response:
    """Return the log-in form; who is signed in already is led on."""
    if who.via == "session":
        return go(_inside(then), lang)
    if await run_in_threadpool(lambda: hub.office.directory.is_empty):
        return go("/setup", lang)
    return _log_in_page(request, hub, lang, then, done=DONE.get(done))


@router.post("/login")
async def log_in(
    request: Request, hub: RunningHub, _who: Visitor, then: Next = "/", lang: LangQuery = "zh"
) -> Response:
    """Take name and password; a session begins with an id of its own."""
    form = await form_of(request)
    name, password = form.get("name", [""])[0], form.get("password", [""])[0]
    address, agent = client_address(request), request.headers.get("user-agent", "")
    opened = await hub.office.turnstile.through(
        lambda: hub.office.entrance.log_in(name, password, address=address, agent=agent)
    )
    if isinstance(opened, Locked):
        page = _log_in_page(request, hub, lang, then, name, wait=opened, status=429)
        page.headers["Retry-After"] = str(_seconds(opened))
        return page
    if opened is None:
        error = sentence(Complaint.WRONG)
        return _log_in_page(request, hub, lang, then, name, error=error, status=401)
    response = go("/account" if opened.account.must_change else _inside(then), lang)
    await begin_session(request, response, hub, opened)
    return response


@router.post("/logout")
def log_out(
    request: Request, hub: RunningHub, who: Myself, lang: LangQuery = "zh"
) -> RedirectResponse:
    """End this browser's session."""
    response = go("/login", lang, done="out")
    end_session(request, response, hub, who)
    return response


@router.get("/setup")
async def show_set_up(
    request: Request, hub: RunningHub, _who: Visitor, lang: LangQuery = "zh"
) -> Response:
    """Return the form that makes the first account, while there is none."""
    if not await run_in_threadpool(lambda: hub.office.directory.is_empty):
        return go("/login", lang)
    return _set_up_page(request, hub, lang)


@router.post("/setup")
async def set_up(
    request: Request, hub: RunningHub, _who: Visitor, lang: LangQuery = "zh"
) -> Response:
    """Make the first account and sign it in."""
    form, office = await form_of(request), hub.office
    name, password = form.get("name", [""])[0], form.get("password", [""])[0]
    address, agent = client_address(request), request.headers.get("user-agent", "")
    if not await run_in_threadpool(lambda: office.directory.is_empty):
        return go("/login", lang)
    if password != form.get("again", [""])[0]:
        return _set_up_page(request, hub, lang, name, Complaint.PASSWORDS_DIFFER)
    if not _at_the_hub(request):
        is_right = office.set_up_code.is_right(form.get("code", [""])[0])
        wait = await office.turnstile.through(
            lambda: office.guard.attempt_code(is_right, address, office.clock_ms())
        )
        if wait is not None or not is_right:
            complaint = Complaint.SETUP_CODE if wait is None else Complaint.LOCKED
            return _set_up_page(request, hub, lang, name, complaint)
    try:
        account = await office.turnstile.through(lambda: office.directory.set_up(name, password))
    except Complained as error:
        return _set_up_page(request, hub, lang, name, error.complaint)
    response = go("/", lang)
    opened = await run_in_threadpool(
        lambda: office.entrance.open(account, address=address, agent=agent)
    )
    await begin_session(request, response, hub, opened)
    return response


def form_too_old(request: Request, hub: Hub, lang: Lang) -> Response:
    """Return the log-in form again: its cookie is gone, or it came from elsewhere."""
    if request.url.path == "/setup":
        return _set_up_page(request, hub, lang, error=TOO_OLD, status=403)
    return _log_in_page(request, hub, lang, "/", error=TOO_OLD, status=403)


def _log_in_page(
    request: Request,
    hub: Hub,
    lang: Lang,
    then: str,
    name: str = "",
    *,
    error: Words | None = None,
    done: Words | None = None,
    wait: Locked | None = None,
    status: int = 200,
) -> Response:
    if wait is not None:
        seconds = _seconds(wait)
        error = Words(
            f"{Complaint.LOCKED.zh}（{seconds} 秒后）。",
            f"Too many attempts; try again in {seconds} s.",
        )
    return show(
        request,
        hub,
        "login.html",
        lang,
        status=status,
        then=_inside(then),
        name=name,
        error=error,
        done=done,
    )


def _set_up_page(
    request: Request,
    hub: Hub,
    lang: Lang,
    name: str = "",
    complaint: Complaint | None = None,
    *,
    error: Words | None = None,
    status: int = 422,
) -> Response:
    error = sentence(complaint) or error
    return show(
        request,
        hub,
        "setup.html",
        lang,
        status=200 if error is None else status,
        name=name,
        error=error,
        needs_code=not _at_the_hub(request),
    )


def _at_the_hub(request: Request) -> bool:
    return is_at_the_hub(client_address(request), request.headers.get("host", ""))


def _inside(then: str) -> str:
    """Return where to go on: never to another site."""
    is_ours = then.startswith("/") and not then.startswith(("//", "/\\"))
    return then if is_ours and then.isprintable() else "/"


def _seconds(locked: Locked) -> int:
    return -(-locked.wait_ms // 1000)
