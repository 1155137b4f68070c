"""One's own account: its password, and where it is signed in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.accounts.guard import Locked
from hub.pages.frame import Lang, LangQuery, go, minute_of, sentence, show
from hub.pages.staff_words import DONE, DUTIES, ROLES
from hub.pages.words import Words
from hub.runtime import Hub
from hub.web import RunningHub
from hub.web_access import (
    Needs,
    begin_session,
    client_address,
    end_session,
    form_of,
    session_key,
)

router = APIRouter(prefix="/account", include_in_schema=False)
Owner = Annotated[Who, Depends(Needs(Permission.OWN))]


@router.get("")
def show_own(
    request: Request, hub: RunningHub, who: Owner, done: str = "", lang: LangQuery = "zh"
) -> Response:
    """Return what one's account is, and the forms to change it."""
    return _page(request, hub, who, lang, done=DONE.get(done))


@router.post("/password")
async def change_password(
    request: Request, hub: RunningHub, who: Owner, lang: LangQuery = "zh"
) -> Response:
    """Replace one's own password; the session goes on under another id."""
    form, office = await form_of(request), hub.office
    old, new = form.get("old", [""])[0], form.get("new", [""])[0]
    complaint: Complaint | None = None
    if new != form.get("again", [""])[0]:
        complaint = Complaint.PASSWORDS_DIFFER
    else:
        key, place = session_key(request), client_address(request)
        try:
            locked = await office.turnstile.through(
                lambda: office.directory.change_own(who, old, new, session=key, address=place)
            )
            complaint = Complaint.LOCKED if isinstance(locked, Locked) else None
        except Complained as error:
            complaint = error.complaint
    if complaint is not None:
        return await run_in_threadpool(
            lambda: _page(request, hub, who, lang, complaint=complaint, status=422)
        )
    # Whoever took the id before is out, too: that is what a new password is for.
    agent = request.headers.get("user-agent", "")
    opened = await run_in_threadpool(
        lambda: office.entrance.open(
            office.directory.get(who.account), address=client_address(request), agent=agent
        )
    )
    response = go("/account", lang, done="password")
    await begin_session(request, response, hub, opened)
    return response


@router.post("/sessions/{session}/end")
def end_one(
    session: str, request: Request, hub: RunningHub, who: Owner, lang: LangQuery = "zh"
) -> Response:
    """End one of one's own sessions."""
    if session == session_key(request):
        response = go("/login", lang, done="out")
        end_session(request, response, hub, who)
        return response
    hub.office.entrance.end(who, session)
    return go("/account", lang, done="ended")


@router.post("/sessions/end")
def end_all(request: Request, hub: RunningHub, who: Owner, lang: LangQuery = "zh") -> Response:
    """End all of one's own sessions, this one too."""
    hub.office.entrance.end(who)
    response = go("/login", lang, done="everywhere")
    end_session(request, response, hub, who)
    return response


def _page(
    request: Request,
    hub: Hub,
    who: Who,
    lang: Lang,
    *,
    complaint: Complaint | None = None,
    done: Words | None = None,
    status: int = 200,
) -> Response:
    key = session_key(request)
    sessions: list[dict[str, Any]] = [
        {
            "key": session.key,
            "is_this": session.key == key,
            "since": minute_of(session.created_ms),
            "used": minute_of(session.used_ms),
            "address": session.address,
            "agent": agent_words(session.agent),
        }
        for session in hub.office.entrance.sessions(who.account)
    ]
    names = {now.venue.id: now.venue for now in hub.live.venues.values()}
    venues = [
        Words(names[id_].name_zh, names[id_].name_en) if id_ in names else Words(id_, id_)
        for id_ in sorted(who.venues or ())
    ]
    return show(
        request,
        hub,
        "account.html",
        lang,
        status=status,
        who=who,
        role=ROLES[who.role] if who.role else Words("", ""),
        duty=DUTIES[who.role] if who.role else Words("", ""),
        venues=venues,
        sessions=sessions,
        error=sentence(complaint),
        done=done,
    )


def agent_words(agent: str) -> str:
    """Return which browser on which system, as far as it says so."""
    browsers = ("Edg", "OPR", "MicroMessenger", "Firefox", "Chrome", "Safari")
    systems = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")
    names = {"Edg": "Edge", "OPR": "Opera", "MicroMessenger": "WeChat", "Mac OS X": "macOS"}
    found = [
        next((names.get(word, word) for word in words if word in agent), "")
        for words in (browsers, systems)
    ]
    return " · ".join(part for part in found if part) or agent[:40] or "—"
