"""HTTP requests that no browser sends: to the application as ASGI hands it on, and as raw bytes."""

import asyncio
import json
import random
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI

from hub.config import HttpSection
from hub.gate import Gate
from tests.fuzz.mutations import _TEXTS, JSON_RAWS, as_json, damaged, spoilt
from tests.unit.hub.access.test_routes_and_roles import VALUES, routes

Message = MutableMapping[str, Any]
SLOW = ("/live", "/stream")
"""Paths whose answers end when the hub does: left to the tests of streams."""
BODIES: tuple[Any, ...] = (
    {"name": "tester", "password": "x"},
    {"zone": "outside", "count": 12, "counted_at": "2026-11-29T09:00:00+08:00", "note": ""},
    {"note": "seen", "until": "2026-11-30T09:00:00Z"},
    {"name": "li", "role": "manager", "venues": ["museum"], "password": "correct horse battery"},
    {"kind": "notice", "first": "2026-12-01", "last": "2026-12-02", "reason_zh": "检修",
     "reason_en": "Works", "hours": "", "published_at": "2026-11-29T09:00:00+08:00"},
    {"version": "2", "effective_from": "2026-12-01", "hours": {"mon-fri": "09:00-17:00"}},
    {"rule": "published_hours_kept", "period": "2026-W48", "verdict": "compliant", "reason": "x"},
    {"code": "1234-5678-9012", "csr": "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END"},
    {"stars": 5, "words": "好", "wish": "0" * 16, "kiosk": "kiosk-1", "at_ms": 1_795_914_000_000},
    {"venue": "museum", "node": "kiosk-1", "hours": 24, "scope": ["board.read"], "days": 30},
    {}, [], None, "x", 5,
)  # fmt: skip
QUERIES = (
    *("range=week&to=2026-11-29", "range=day&step=hour", "lang=en", "who=x&subject=y&action=z"),
    *("from=2026-01-01&to=2026-12-31", "period=2026-W48", "most=10&before=5", "state=open"),
    *("to=9999-12-31", "to=0001-01-01&range=year", "range=year&to=2100-01-01", "page=-1", "days=0"),
    *(
        "most=99999999999999999999",
        "before=-1",
        "from=2026-02-30",
        "&&&==",
        "a[]=1&a[]=2",
        "%ff=%fe",
    ),
)
HEADERS = (
    *(
        (b"accept", b"text/html"),
        (b"accept-language", b"zh,en;q=0.5"),
        (b"accept-encoding", b"gzip"),
    ),
    *((b"cookie", b"kaiguan_session=" + b"x" * 43), (b"cookie", b"a=b; ;=; kaiguan_form=\xff")),
    *((b"x-csrf-token", b"x"), (b"origin", b"null"), (b"origin", b"http://evil.example")),
    *((b"range", b"bytes=0-10"), (b"range", b"bytes=9-1,-5,x"), (b"if-none-match", b"*")),
    *((b"if-modified-since", b"Sun, 99 Foo 0000"), (b"last-event-id", b"-1"), (b"expect", b"x")),
    *(
        (b"x-forwarded-for", b"::1, \xff"),
        (b"x-forwarded-proto", b"gopher"),
        (b"host", b"evil.example"),
    ),
    *((b"content-length", b"-1"), (b"content-length", b"9" * 30), (b"content-encoding", b"gzip")),
    *((b"authorization", b"Bearer "), (b"authorization", b"Basic \xff"), (b"te", b"trailers")),
    *(
        (b"referer", b"\x01" * 50),
        (b"user-agent", b"\xe5\xbc\x80" * 100),
        (b"sec-fetch-site", b"x"),
    ),
)
TYPES = (
    *(
        b"application/json",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
    ),
    *(
        b"text/plain",
        b"application/json; charset=utf-16",
        b"",
        b"multipart/form-data",
        b"image/png",
    ),
)


NO_REQUESTS = (
    *(b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 100),
    *(b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", b"\r\n" * 50),
)


class Requests:
    """Makes requests for every route of an application."""

    def __init__(self, app: FastAPI, token: str) -> None:
        known = [(method, path) for method, path, _ in routes(app) if not path.endswith(SLOW)]
        # Pages are drawn whole, which takes their time: they are asked for less often.
        self._programs = [one for one in known if one[1].startswith("/api/")]
        self._people = [one for one in known if one not in self._programs]
        self._token = token.encode()

    def request(
        self, dice: random.Random
    ) -> tuple[str, bytes, bytes, list[tuple[bytes, bytes]], bytes]:
        """Return method, path and query as they stand on the line, headers, body."""
        method, path = dice.choice(self._programs if dice.random() < 0.93 else self._people)
        values = {**VALUES, "account": "1"}
        for name in values:
            if dice.random() < 0.25:
                values[name] = dice.choice(_TEXTS)[:200] or "x"
        filled = re.sub(r"\{(\w+)(:path)?\}", lambda m: str(values.get(m[1], "x")), path)
        raw = quote(filled, safe=dice.choice(("/", "/%", "/:@", ""))).encode()
        if path == "/static":
            raw += dice.choice(
                (b"/tokens.css", b"/..%2f..%2fetc/passwd", b"/%00", b"/", b"//x", b"/a" * 900)
            )
        if dice.random() < 0.1:
            raw = damaged(dice, raw)
        query = dice.choice(QUERIES).encode() if dice.random() < 0.5 else b""
        if dice.random() < 0.1:
            query = damaged(dice, query + b"&q=" + quote(dice.choice(_TEXTS)).encode())[:5000]
        headers = [(b"host", b"127.0.0.1")]
        if dice.random() < 0.7:
            headers.append((b"authorization", b"Bearer " + self._token))
        headers += dice.sample(HEADERS, k=dice.choice((0, 0, 1, 2, 4)))
        body = b""
        if method not in {"GET", "HEAD"} or dice.random() < 0.02:
            body = self._body(dice)
            headers.append(
                (
                    b"content-type",
                    dice.choice(TYPES[:2]) if dice.random() < 0.9 else dice.choice(TYPES),
                )
            )
        if dice.random() < 0.03:
            method = dice.choice(
                ("HEAD", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get", "DELETE", "PUT")
            )
        return method, raw, query, headers, body

    def _body(self, dice: random.Random) -> bytes:
        tree = dice.choice(BODIES)
        match dice.randrange(8):
            case 0:
                return json.dumps(tree).encode()
            case 1:
                return damaged(dice, json.dumps(tree).encode())
            case 2:
                pairs = tree.items() if isinstance(tree, dict) else ()
                return damaged(dice, "&".join(f"{k}={quote(str(v))}" for k, v in pairs).encode())
            case 3:
                return dice.choice(
                    (b"x" * 70_000, b"\xff\xfe", b"--x\r\n\r\n--x--", b"a=b&" * 400, b"")
                )
            case _:
                return as_json(dice, spoilt(dice, tree, JSON_RAWS))


class AtTheApp:
    """Hands requests to an application behind its gate, and looks at what comes back."""

    def __init__(self, app: FastAPI, token: str, mistakes: list[str]) -> None:
        self._gate = Gate(app, HttpSection())
        self.requests = Requests(app, token)
        self._mistakes = mistakes

    async def feed(self, dice: random.Random) -> str:
        """Send one request; return its status."""
        method, raw, query, headers, body = self.requests.request(dice)
        # What the server's parser lets pass: the rest is for the socket.
        raw, query = (bytes(byte for byte in part if 0x21 <= byte <= 0x7E) for part in (raw, query))
        headers = [(name, value) for name, value in headers if min(value, default=32) >= 32]
        chunks = [body]
        if len(body) > 2 and dice.random() < 0.2:
            cut = dice.randrange(len(body))
            chunks = [body[:cut], body[cut:]]
        if not any(name == b"content-length" for name, _ in headers) and body:
            headers.append((b"content-length", str(len(body)).encode()))
        status, answer = await self.answer(method, raw, query, headers, chunks)
        assert not self._mistakes, (self._mistakes, method, raw, query, body[:500])
        assert status < 500 or status == 503, (
            status,
            method,
            raw,
            query,
            headers,
            body[:2000],
            answer,
        )
        if status >= 400 and raw.startswith(b"/api/") and method != "HEAD":
            _check_problem(status, answer)
        return str(status)

    async def answer(
        self,
        method: str,
        raw: bytes,
        query: bytes,
        headers: list[tuple[bytes, bytes]],
        chunks: list[bytes],
    ) -> tuple[int, bytes]:
        """Return status and body of exactly one answer."""
        waiting: list[Message] = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
            for number, chunk in enumerate(chunks)
        ]
        sent: list[Message] = []

        async def receive() -> Message:
            if waiting:
                return waiting.pop(0)
            # The client stays until it has its answer.
            await asyncio.Event().wait()
            raise AssertionError("never")

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": _unquoted(raw), "raw_path": raw, "query_string": query,
            "root_path": "", "headers": headers, "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8080), "state": {}, "extensions": {},
        }  # fmt: skip
        async with asyncio.timeout(20):
            await self._gate(scope, receive, send)
        starts = [one for one in sent if one["type"] == "http.response.start"]
        assert len(starts) == 1, (method, raw, len(starts))
        body = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
        return starts[0]["status"], body


def _check_problem(status: int, answer: bytes) -> None:
    """A program is told one sentence."""
    if answer.startswith(b"{"):
        told = json.loads(answer)
        detail = told.get("detail", "")
        assert isinstance(detail, str), told
        assert detail, told
    else:
        # The gate's own words stand before anything is known of who asks.
        assert status in {400, 405, 408, 413, 414, 421, 429}, (status, answer)


def _unquoted(raw: bytes) -> str:
    plain = re.sub(rb"%([0-9a-fA-F]{2})", lambda m: bytes([int(m[1], 16)]), raw)
    return plain.decode("utf-8", "replace")


class AtTheSocket:
    """Sends raw bytes to a hub's port, each time on a connection of its own."""

    def __init__(self, port: int, requests: Requests, alive: Callable[[], bool]) -> None:
        self._port = port
        self._requests = requests
        self._alive = alive

    def feed(self, dice: random.Random, number: int) -> str:
        """Send one request, or what is none; return how it was answered."""
        if number % 200 == 0:
            self.good()
        data = self._bytes(dice)
        try:
            answer = self._talk(data, dice)
        except ConnectionError:
            # What is not read of is cut off.
            answer = b""
        if not answer:
            return "closed"
        assert answer.startswith(b"HTTP/1.1 "), (answer[:100], data[:1000])
        status = int(answer[9:12])
        assert status < 500 or status == 503, (answer[:1000], data[:1000])
        return str(status)

    def _bytes(self, dice: random.Random) -> bytes:
        method, raw, query, headers, body = self._requests.request(dice)
        if dice.random() < 0.8 and b"content-length" not in dict(headers):
            headers.append(
                (b"content-length", str(len(body) + dice.choice((0, 0, 0, 0, 1, -1))).encode())
            )
        elif dice.random() < 0.5:
            headers.append(
                (b"transfer-encoding", dice.choice((b"chunked", b"gzip", b"identity, chunked")))
            )
            body = dice.choice(
                (
                    b"5\r\nhello\r\n0\r\n\r\n",
                    b"ffffffffffffffff\r\n",
                    b"x\r\n",
                    b"0\r\n\r\n",
                    b"-1\r\n",
                )
            )
        headers.append(
            (b"connection", dice.choice((b"close", b"close", b"close", b"keep-alive", b"upgrade")))
        )
        target = raw + (b"?" + query if query else b"")
        lines = [
            method.encode()
            + b" "
            + target
            + b" "
            + dice.choice((b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b""))
        ]
        lines += [name + b": " + value for name, value in headers]
        if dice.random() < 0.02:
            lines.append(b"x-long: " + b"a" * 20_000)
        data = b"\r\n".join(lines) + b"\r\n\r\n" + body
        match dice.randrange(10):
            case 0:
                return damaged(dice, data)
            case 1:
                return dice.choice(NO_REQUESTS)
        return data

    def _talk(self, data: bytes, dice: random.Random) -> bytes:
        with socket.create_connection(("127.0.0.1", self._port), timeout=30) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if len(data) > 10 and dice.random() < 0.2:
                cut = dice.randrange(len(data))
                line.sendall(data[:cut])
                data = data[cut:]
            line.sendall(data)
            # Whoever sends no more has said all: what is half a request is closed, not waited for.
            with suppress(OSError):
                line.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := line.recv(65_536):
                answer = answer or chunk[:2000]
            return answer

    def good(self) -> None:
        """A sound request is answered."""
        assert self._alive()
        sound = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        assert self._talk(sound, random.Random(0)).startswith(b"HTTP/1.1 200")


Ask = Callable[[random.Random], Awaitable[str]]
