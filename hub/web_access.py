"""Who a request is from, and whether they may: a route names its permission by a dependency.

Browsers add cookies on their own, so what a cookie allows is done only for a request that also
brings the CSRF token of its session, and that no other site has sent. A token in `Authorization`
is added by nobody else, and needs neither.
"""

import base64
import hashlib
import hmac
import re
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.accounts.entrance import Opened
from hub.accounts.hashing import digest, new_secret
from hub.accounts.setup import is_loopback
from hub.config import AccessSection
from hub.errors import Foreign, NotAllowed, SignInNeeded
from hub.runtime import Hub
from hub.web import RunningHub

SESSION_COOKIE: Final = "kaiguan_session"
FORM_COOKIE: Final = "kaiguan_form"
"""Of a browser that has no session yet: it holds the log-in form together with its answer."""
CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_FORM_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 300
_ID: Final = re.compile(r"[\w-]{43}")


class Needs:
    """What a route needs: `Annotated[Who, Depends(Needs(Permission.DEVICES))]`.

    A `venue` in the route's path is part of what is asked.
    Raises SignInNeeded, NotAllowed, Foreign.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request, hub: RunningHub) -> Who:
        """Return who asks, if they may."""
        who = await who_asks(request, hub)
        venue = request.path_params.get("venue")
        if not who.may(self.permission, venue):
            if who.via == "nobody":
                raise SignInNeeded("sign in, or send a token that is valid")
            if who.must_change and self.permission is not Permission.OWN:
                raise NotAllowed("the first password has to be replaced before anything else")
            where = f" at {venue}" if self.permission in who.permissions else ""
            raise NotAllowed(f"{who.name} may not: it takes {self.permission}{where}")
        if request.method not in SAFE and who.via != "token":
            await _refuse_foreign(request)
        return who


class NeedsFromAfar(Needs):
    """What a route needs when it is asked from another machine; a program of this one may.

    Behind a proxy on this machine, the proxy says where from.
    """

    async def __call__(self, request: Request, hub: RunningHub) -> Who:
        """Return who asks, if they may."""
        if is_loopback(client_address(request)):
            return await who_asks(request, hub)
        return await super().__call__(request, hub)


Visitor = Annotated[Who, Depends(Needs(Permission.OPEN))]
"""Whoever asks."""
OnBoard = Annotated[Who, Depends(Needs(Permission.BOARD))]
"""Who may see what visitors see."""
Myself = Annotated[Who, Depends(Needs(Permission.OWN))]
"""Somebody who is signed in, at their own account."""


async def who_asks(request: Request, hub: Hub) -> Who:
    """Return who a request is from; looked up once a request."""
    known: Who | None = getattr(request.state, "who", None)
    if known is None:
        token, session = credentials(request)
        if token is None and session is None:
            known = hub.office.entrance.nobody
        else:
            known = await run_in_threadpool(hub.office.entrance.identify, session, token)
        request.state.who = known
    return known


def credentials(request: Request) -> tuple[str | None, str | None]:
    """Return the token and the session's id that a request brings."""
    return _bearer(request), request.cookies.get(SESSION_COOKIE)


def require_venue(who: Who, permission: Permission, venue: str | None) -> None:
    """Refuse a venue that is another's, where it is not part of the path. Raises NotAllowed."""
    if not who.may(permission, venue):
        raise NotAllowed(f"{who.name} may not: {venue} is another's")


def csrf_token(request: Request) -> str:
    """Return what a form of this browser has to bring back: of its session, or of its form cookie.

    Made from an id that only the browser holds and that cannot be told from it.
    """
    return _token_of(_browser_id(request))


def keep_form_cookie(request: Request, response: Response, config: AccessSection) -> None:
    """Give a browser without a session the cookie that its forms are held together with."""
    if request.state.who.via == "nobody":
        set_cookie(request, response, config, FORM_COOKIE, _browser_id(request))


def set_cookie(
    request: Request, response: Response, config: AccessSection, name: str, value: str
) -> None:
    """Set a cookie that no script reads and no other site sends along with a form."""
    secure = config.secure_cookies == "always" or request.url.scheme == "https"
    response.set_cookie(name, value, secure=secure, httponly=True, samesite="lax", path="/")


async def begin_session(request: Request, response: Response, hub: Hub, opened: Opened) -> None:
    """Let a browser hold a session; what it held before counts no more."""
    if request.state.who.via == "session":
        await run_in_threadpool(hub.office.entrance.end, request.state.who, session_key(request))
    set_cookie(request, response, hub.config.access, SESSION_COOKIE, opened.id)
    response.delete_cookie(FORM_COOKIE, path="/")
    # What follows in this answer is already for the new session.
    request.cookies[SESSION_COOKIE] = opened.id
    request.state.who = await run_in_threadpool(hub.office.entrance.identify, opened.id, None)


def end_session(request: Request, response: Response, hub: Hub, who: Who) -> None:
    """End the session of this browser."""
    hub.office.entrance.end(who, session_key(request))
    response.delete_cookie(SESSION_COOKIE, path="/")


def session_key(request: Request) -> str:
    """Return the key of this browser's session."""
    return digest(request.cookies[SESSION_COOKIE])


def client_address(request: Request) -> str:
    """Return where a request comes from; behind a proxy on this machine, what the proxy says."""
    return request.client.host if request.client else ""


async def form_of(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form, as a browser sends them. Raises Foreign when it is none."""
    known: dict[str, list[str]] | None = getattr(request.state, "form", None)
    if known is not None:
        return known
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields: dict[str, list[str]] = {}
    if kind == "application/x-www-form-urlencoded":
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_FORM_BYTES:
                raise Foreign(f"a form has at most {MOST_FORM_BYTES} bytes")
        try:
            pairs = parse_qsl(
                body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
        except ValueError as error:
            raise Foreign("this is no form of ours") from error
        for key, value in pairs:
            fields.setdefault(key, []).append(value)
    request.state.form = fields
    return fields


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _refuse_foreign(request: Request) -> None:
    if not _is_same_site(request):
        raise Foreign("this request comes from another site")
    given: Any = request.headers.get(CSRF_HEADER)
    if given is None:
        given = (await form_of(request)).get(CSRF_FIELD, [""])[0]
    if not hmac.compare_digest(given.encode("utf-8", "replace"), csrf_token(request).encode()):
        raise Foreign(f"{CSRF_HEADER} or the form's {CSRF_FIELD} is missing or of another session")


def _is_same_site(request: Request) -> bool:
    """Tell whether a browser sent this from one of our own pages; programs say nothing of it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _browser_id(request: Request) -> str:
    """Return the id that this browser holds; one without any is given one, once a request."""
    if request.state.who.via == "session":
        return request.cookies[SESSION_COOKIE]
    given = request.cookies.get(FORM_COOKIE, "")
    if _ID.fullmatch(given):
        return given
    made: str | None = getattr(request.state, "form_id", None)
    if made is None:
        made = request.state.form_id = new_secret()
    return made


def _token_of(browser_id: str) -> str:
    made = hmac.digest(browser_id.encode("utf-8", "replace"), b"kaiguan csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
