"""The gate before the web application: what is too large, too slow, too often or misdirected.

It stands outside of everything else, so that no route can be forgotten; inside, routes have
tighter limits of their own (log-in, joining).
"""

import asyncio
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from math import ceil
from typing import Any, Final

from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.pack import MOST_PACK_BYTES
from contracts.update import MOST_UPDATE_BYTES
from hub.config import HttpSection
from hub.rates import RateLimit

MOST_URL_BYTES: Final = 4096
MOST_HEADER_BYTES: Final = 16_384
MOST_BODY_BYTES: Final = 64 * 1024
"""A form with a thousand fields, a certificate request: nothing that is sent here is larger."""
LARGE_BODIES: Final = {
    ("POST", "/api/v1/packs"): MOST_PACK_BYTES,
    ("POST", "/api/v1/updates"): MOST_UPDATE_BYTES,
}
"""Where more may be sent, as it is read: a route that looks at who asks before it reads."""
BODY_SECONDS: Final = 10.0
"""How long a body may take; of a large one, each piece of it."""
IDLE_SECONDS: Final = 15
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CHANGES_SHARE: Final = 0.1
"""Of what an address may ask in a minute, so much may change something."""
NAMES_AT_HOME: Final = (".local", ".internal", ".home.arpa")
"""Ends of names that no stranger can register, and so none can let them lead here."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What an answer gets that does not say otherwise itself."""
TRANSPORT_SECURITY: Final = "max-age=31536000"

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
"""A name or an address, and a port: what else a Host header may hold is no browser's."""


class Gate:
    """Wraps an application; a body is whole and small when it passes, but for `LARGE_BODIES`."""

    def __init__(
        self,
        app: ASGIApp,
        http: HttpSection,
        clock: Callable[[], float] = time.monotonic,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._http = http
        self._clock = clock
        self._body_seconds = body_seconds
        minute = http.requests_per_minute
        self._asking = RateLimit(minute // 2, minute)
        self._changing = RateLimit(
            max(10, round(minute * CHANGES_SHARE)), max(10, minute * CHANGES_SHARE)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", TRANSPORT_SECURITY)
            await send(message)

        refused = self._refusal(scope)
        if refused is None and _most_bytes(scope) > MOST_BODY_BYTES:
            receive = _hurried(receive, self._body_seconds)
        elif refused is None and scope["method"] not in SAFE:
            receive, refused = await self._small(receive)
        await (refused or self._app)(scope, receive, headed)

    async def _small(self, receive: Receive) -> tuple[Receive, PlainTextResponse | None]:
        """Wait for a whole body; return what gives it again, or why it is refused."""
        try:
            async with asyncio.timeout(self._body_seconds):
                whole = await _whole(receive)
        except TimeoutError:
            return receive, _refuse(408, "the request took too long to arrive")
        if whole is None:
            return receive, _refuse(413, f"a request has at most {MOST_BODY_BYTES} bytes")
        return _replay(whole, receive), None

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = RequestHeaders(scope=scope)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_URL_BYTES:
            return _refuse(414, f"an address has at most {MOST_URL_BYTES} bytes")
        if not is_ours(headers.get("host", ""), self._http):
            return _refuse(421, "no such host here; name it in [http] hosts")
        if "content-length" in headers and "transfer-encoding" in headers:
            # A proxy that goes by the other one would see another request begin elsewhere.
            return _refuse(400, "a body has one length: give one of the two headers")
        told, most = headers.get("content-length", "0"), _most_bytes(scope)
        if told.isdecimal() and int(told[:20]) > most:
            return _refuse(413, f"a request has at most {most} bytes")
        return self._too_often(scope)

    def _too_often(self, scope: Scope) -> PlainTextResponse | None:
        address = scope["client"][0] if scope.get("client") else ""
        if _is_loopback(address):
            # This machine's own programs: who is on it needs no flood of requests to hurt it.
            return None
        now = self._clock()
        wait = self._asking.wait_seconds(address, now)
        if not wait and scope["method"] not in SAFE:
            wait = self._changing.wait_seconds(address, now)
        if not wait:
            return None
        return _refuse(429, "too many requests from this address", {"Retry-After": str(ceil(wait))})


def is_ours(host: str, http: HttpSection) -> bool:
    """Tell whether a request names a host that this hub may be called by.

    A page from elsewhere could let a name of its own lead to our address, and read the answers as
    its own (DNS rebinding): so a name has to be known. An address cannot be let lead anywhere, and
    what ends in no public domain is nobody's to register.
    """
    name = host.strip().lower()
    if _HOST.fullmatch(name) is None:
        return False
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name in {"localhost", http.host.lower(), *(known.lower() for known in http.hosts)}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return not http.hosts and bool(name) and ("." not in name or name.endswith(NAMES_AT_HOME))
    return True


def _most_bytes(scope: Scope) -> int:
    return LARGE_BODIES.get((scope["method"], scope["path"]), MOST_BODY_BYTES)


def _hurried(receive: Receive, seconds: float) -> Receive:
    """Give on what arrives; who is silent for too long has gone."""

    async def hurried() -> Message:
        try:
            async with asyncio.timeout(seconds):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return hurried


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


def _refuse(status: int, sentence: str, headers: dict[str, str] | None = None) -> PlainTextResponse:
    # What was not read stays in the line: another request could not be told from it.
    told = {**(headers or {}), "Connection": "close"}
    return PlainTextResponse(f"{HTTPStatus(status).phrase}: {sentence}\n", status, told)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
