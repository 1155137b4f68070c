"""The gate before the web application: what is too large, too slow, too often or misdirected.

It stands outside of everything else, so that no route can be forgotten; inside, routes have
tighter limits of their own (log-in, joining).
"""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from math import ceil
from typing import Any, ClassVar, Final

from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from hub.config import HttpSection
from hub.rates import RateLimit

MOST_URL_BYTES: Final = 4096
MOST_HEADER_BYTES: Final = 16_384
MOST_BODY_BYTES: Final = 64 * 1024
"""A form with a thousand fields, a certificate request: nothing that is sent here is larger."""
BODY_SECONDS: Final = 10.0
HEADER_SECONDS: Final = 10.0
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


class Gate:
    """Wraps an application; what passes has a body that is whole and small."""

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
        if refused is None and scope["method"] not in SAFE:
            try:
                async with asyncio.timeout(self._body_seconds):
                    whole = await _whole(receive)
            except TimeoutError:
                refused = _refuse(408, "the request took too long to arrive")
            else:
                if whole is None:
                    refused = _refuse(413, f"a request has at most {MOST_BODY_BYTES} bytes")
                else:
                    receive = _replay(whole, receive)
        await (refused or self._app)(scope, receive, headed)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = RequestHeaders(scope=scope)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_URL_BYTES:
            return _refuse(414, f"an address has at most {MOST_URL_BYTES} bytes")
        if not is_ours(headers.get("host", ""), self._http):
            return _refuse(421, "no such host here; name it in [http] hosts")
        told = headers.get("content-length", "0")
        if told.isdecimal() and int(told[:20]) > MOST_BODY_BYTES:
            return _refuse(413, f"a request has at most {MOST_BODY_BYTES} bytes")
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
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name in {"localhost", http.host.lower(), *(known.lower() for known in http.hosts)}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return not http.hosts and bool(name) and ("." not in name or name.endswith(NAMES_AT_HOME))
    return True


class Patient(H11Protocol):
    """uvicorn's protocol, with an end to its patience: a head that never ends holds no connection.

    uvicorn itself waits for ever for the first byte, and for the rest of a head.
    """

    header_seconds: ClassVar[float] = HEADER_SECONDS
    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; once a head is whole, the application's own limits hold."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._hurry is None:
            self._wait()

    def _wait(self) -> None:
        self._hurry = self.loop.call_later(self.header_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _give_up(self) -> None:
        self._hurry = None
        if (self.cycle is None or self.cycle.response_complete) and self.transport is not None:
            self.transport.close()


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
