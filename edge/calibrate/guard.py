"""Who may use a local page: the right host, the right origin, the code where one is asked, in time.

On loopback any program of this machine may; a page from elsewhere may not, whatever name it lets
lead here (DNS rebinding: the Host header is checked) and whatever it posts (the Origin is). On the
network a one-time code from the terminal is given in the address's fragment, which no server sees,
and is changed for a cookie once.
"""

import asyncio
import hmac
import json
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENTER: Final = "/api/enter"
API: Final = "/api/"
COOKIE: Final = "kaiguan_local"
MOST_BODY_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
"""How long a body may take."""
MOST_WRONG_CODES: Final = 5
NAMES_AT_HOME: Final = (".local", ".internal", ".home.arpa")
"""Ends of names that no stranger can register, and so none can let them lead here."""
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
"""A name or an address, and a port: what else a Host header may hold is no browser's."""


class Guard:
    """Wraps an application. `has_ended` says whether its time is over; `code` None: loopback."""

    def __init__(self, app: ASGIApp, *, code: str | None, has_ended: Callable[[], bool]) -> None:
        self._app = app
        self._code = code
        self._has_ended = has_ended
        self._wrong = 0
        self._session: str | None = None
        self.refused = 0
        """How many requests were sent away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer why not."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope)
        if answer is None and scope["method"] == "POST":
            receive, answer = await self._posted(receive, scope["path"])
        if answer is not None and answer.status_code >= HTTPStatus.BAD_REQUEST:
            self.refused += 1
        await (answer or self._app)(scope, receive, headed)

    async def _posted(self, receive: Receive, path: str) -> tuple[Receive, JSONResponse | None]:
        """Wait for a whole body; return what gives it again, or the answer to it."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _whole(receive)
        except TimeoutError:
            return receive, _say(408, "the request took too long to arrive")
        if body is None:
            return receive, _say(413, f"a request has at most {MOST_BODY_BYTES} bytes")
        if path == ENTER:
            return receive, self._enter(body)
        return _replay(body, receive), None

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_ours(host, is_open=self._code is not None):
            return _say(421, "this page is not served under that name")
        if self._has_ended():
            return _say(410, "the time of this page is over: start it again in the terminal")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        is_api = scope["path"].startswith(API)
        if (origin is not None and origin != f"http://{host}") or (
            is_api and site not in {"same-origin", "none"}
        ):
            return _say(403, "another page may not ask this one")
        if scope["method"] == "POST" and not headers.get("content-type", "").startswith(
            "application/json"
        ):
            return _say(415, "only JSON is taken")
        if is_api and scope["path"] != ENTER and not self._has_entered(headers):
            return _say(401, "open the whole address that the terminal shows, with its code")
        return None

    def _has_entered(self, headers: Headers) -> bool:
        if self._code is None:
            return True
        jar = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return False
        told = jar[COOKIE].value if COOKIE in jar else ""
        return self._session is not None and _same(told, self._session)

    def _enter(self, body: bytes) -> JSONResponse:
        if self._code is None:
            return JSONResponse({})
        if self._wrong >= MOST_WRONG_CODES:
            return _say(429, "too many wrong codes: start it again in the terminal")
        if not _same(_code_in(body), self._code):
            self._wrong += 1
            return _say(403, "the code is wrong")
        if self._session is not None:
            return _say(403, "the code was used already: start it again in the terminal")
        self._session = secrets.token_urlsafe(24)
        answer = JSONResponse({})
        answer.set_cookie(COOKIE, self._session, httponly=True, samesite="strict")
        return answer


def is_ours(host: str, *, is_open: bool) -> bool:
    """Tell whether a Host header can only come from who means this machine.

    On loopback that is its names and addresses; on the network any address, and names that cannot
    be registered: a name of a public domain could be let lead here by a page from elsewhere.
    """
    name = host.strip().lower()
    if _HOST.fullmatch(name) is None:
        return False
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return is_open and bool(name) and ("." not in name or name.endswith(NAMES_AT_HOME))
    return is_open or address.is_loopback


async def _whole(receive: Receive) -> bytes | None:
    """Return the whole body; None: it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    told: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return told.pop() if told else await receive()

    return again


def _code_in(body: bytes) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = content.get("code") if isinstance(content, dict) else None
    return code if isinstance(code, str) else ""


def _same(told: str, known: str) -> bool:
    # JSON may hold what is no character at all.
    return hmac.compare_digest(told.encode("utf-8", "replace"), known.encode())


def _say(status: int, sentence: str) -> JSONResponse:
    # What was not read of a body stays in the line: another request could not be told from it.
    unread = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    headers = {"Connection": "close"} if status in unread else None
    return JSONResponse({"problem": sentence}, status, headers)
