"""Who may use the kiosk's page: its own browser, on loopback, under its own name.

A page from elsewhere may not, whatever name it lets lead here (DNS rebinding: the Host header is
checked) and whatever it posts (the Origin is, and each form carries a token).
"""

import asyncio
import re
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES: Final = 16 * 1024
BODY_SECONDS: Final = 10.0
"""How long a body may take."""
STATIC: Final = "/static/"

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
"""A name or an address, and a port: what else a Host header may hold is no browser's."""


class Guard:
    """Wraps an application; `framed_by` is an origin that may show it in a frame.

    `has_camera`: the page may use the browser's camera.
    """

    def __init__(self, app: ASGIApp, *, framed_by: str = "", has_camera: bool = False) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                "connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; "
                f"frame-ancestors {framed_by or chr(39) + 'none' + chr(39)}"
            ),
            # With no-referrer the origin of a form is "null", which any page could have.
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": (
                f"camera=({'self' if has_camera else ''}), microphone=(), geolocation=()"
            ),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        self.refused = 0
        """How many requests were sent away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer why not."""
        if scope["type"] == "websocket" and not _is_own_socket(scope):
            self.refused += 1
            # Before it is accepted: the browser gets 403 (ASGI, WebSocket close).
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        keep = "no-cache" if scope["path"].startswith(STATIC) else "no-store"

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", keep)
            await send(message)

        answer = _refusal(scope)
        if answer is not None:
            self.refused += 1
            await answer(scope, receive, headed)
            return
        await self._app(scope, _limited(receive), headed)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not is_own_name(host):
        return PlainTextResponse("this page is not served under that name", 421)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if scope["method"] == "POST":
        if origin not in {None, f"http://{host}"} or site not in {"same-origin", "none"}:
            return PlainTextResponse("another page may not ask this one", 403)
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            return PlainTextResponse(f"a request has at most {MOST_BODY_BYTES} bytes", 413)
    return None


def _is_own_socket(scope: Scope) -> bool:
    """Tell whether a WebSocket is this kiosk's own page's: any page could open one to it."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    return is_own_name(host) and headers.get("origin") == f"http://{host}"


def _limited(receive: Receive) -> Receive:
    """Cut what is longer than its header said, and what takes too long: the rest is not read."""
    seen, is_whole = 0, False
    ends = asyncio.get_running_loop().time() + BODY_SECONDS

    async def limited() -> Message:
        nonlocal seen, is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        seen += len(message.get("body", b""))
        is_whole = not message.get("more_body")
        return {"type": "http.disconnect"} if seen > MOST_BODY_BYTES else message

    return limited


def is_own_name(host: str) -> bool:
    """Tell whether a Host header names this machine by loopback, or by an address."""
    name = host.strip().lower()
    if _HOST.fullmatch(name) is None:
        return False
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
