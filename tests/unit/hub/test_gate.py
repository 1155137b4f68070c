"""The gate: what is too large, too often or misdirected does not reach the application."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.pack import MOST_PACK_BYTES
from hub.config import HttpSection
from hub.gate import HEADERS, MOST_BODY_BYTES, MOST_HEADER_BYTES, Gate, is_ours
from link.patience import Patient

ELSEWHERE = ("192.0.2.7", 5000)


class Echo:
    """Answers with the body; counts who came through."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        body = await Request(scope, receive).body()
        await Response(body)(scope, receive, send)


def browser(
    gate: Gate, client: tuple[str, int] = ("127.0.0.1", 1), origin: str = "http://hub"
) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(gate, client=client), base_url=origin)


@pytest.mark.parametrize(
    ("host", "hosts", "is_one"),
    [
        ("127.0.0.1:8080", (), True),
        ("[::1]:8080", (), True),
        ("localhost", (), True),
        ("192.168.1.9", (), True),
        ("hub:8080", (), True),
        ("kaiguan.local", (), True),
        ("evil.example", (), False),
        ("127.0.0.1.evil.example", (), False),
        ("", (), False),
        ("venues.example", ("venues.example",), True),
        ("VENUES.example:443", ("venues.example",), True),
        ("hub", ("venues.example",), False),
        ("evil.local", ("venues.example",), False),
    ],
)
def test_which_names_are_ours(host: str, hosts: tuple[str, ...], is_one: bool) -> None:
    assert is_ours(host, HttpSection(hosts=hosts)) is is_one


async def test_a_name_that_is_not_ours_is_misdirected() -> None:
    echo = Echo()
    async with browser(Gate(echo, HttpSection()), origin="http://evil.example") as client:
        assert (await client.get("/")).status_code == 421
    assert not echo.asked


@pytest.mark.parametrize(("size", "status"), [(MOST_BODY_BYTES, 200), (MOST_BODY_BYTES + 1, 413)])
@pytest.mark.parametrize("is_told", [True, False])
async def test_a_body_is_small(size: int, status: int, is_told: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 1000):
            yield b"x" * min(1000, size - start)

    echo = Echo()
    async with browser(Gate(echo, HttpSection())) as client:
        answer = await client.post("/", content=b"x" * size if is_told else pieces())
    assert answer.status_code == status
    assert echo.asked == (status == 200)
    assert len(answer.content) == size or status == 413


async def test_a_pack_may_be_large_and_not_endless() -> None:
    echo = Echo()
    async with browser(Gate(echo, HttpSection())) as client:
        assert (await client.post("/api/v1/packs", content=bytes(300_000))).status_code == 200
        huge = {"Content-Length": str(MOST_PACK_BYTES + 1)}
        assert (await client.post("/api/v1/packs", headers=huge)).status_code == 413
        assert (await client.put("/api/v1/packs", content=bytes(300_000))).status_code == 413
        assert (await client.post("/api/v1/packs/x", content=bytes(300_000))).status_code == 413


async def test_a_large_body_that_stops_is_a_line_that_was_cut() -> None:
    async def taking(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        except ClientDisconnect:
            cut = Response(status_code=408, headers={"Connection": "close"})
            await cut(scope, receive, send)

    async with serving(Gate(taking, HttpSection(), body_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/v1/packs HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\nx")
        assert (await asyncio.wait_for(reader.read(), 30)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_an_address_that_is_too_long() -> None:
    async with browser(Gate(Echo(), HttpSection())) as client:
        assert (await client.get("/?" + "a" * 5000)).status_code == 414


async def test_every_answer_has_its_headers_also_a_refusal() -> None:
    gate = Gate(Echo(), HttpSection())
    async with browser(gate) as client, browser(gate, origin="http://evil.example") as foreign:
        for answer in (await client.get("/"), await foreign.get("/")):
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert "strict-transport-security" not in answer.headers
    async with browser(gate, origin="https://hub") as client:
        assert "max-age" in (await client.get("/")).headers["strict-transport-security"]


async def test_an_address_that_asks_too_often_waits_alone() -> None:
    now = 0.0
    gate = Gate(Echo(), HttpSection(requests_per_minute=60), lambda: now)
    async with browser(gate, ELSEWHERE) as client, browser(gate, ("192.0.2.8", 1)) as other:
        found = [(await client.get("/")).status_code for _ in range(31)]
        assert found == [200] * 30 + [429]
        assert int((await client.get("/")).headers["retry-after"]) == 1
        assert (await other.get("/")).status_code == 200
        now = 1.01
        assert (await client.get("/")).status_code == 200
    async with browser(gate) as here:
        assert {(await here.get("/")).status_code for _ in range(80)} == {200}


async def test_what_changes_something_may_be_asked_less_often() -> None:
    gate = Gate(Echo(), HttpSection(requests_per_minute=60), lambda: 0.0)
    async with browser(gate, ELSEWHERE) as client:
        found = [(await client.post("/")).status_code for _ in range(11)]
    assert found == [200] * 10 + [429]


@pytest.mark.parametrize(
    ("given", "is_fine"),
    [
        ({"host": "127.0.0.1"}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "192.168.1.9"}, False),
        ({"host": "0.0.0.0", "behind_proxy": True}, True),
        ({"host": "0.0.0.0", "tls_certificate": "a", "tls_key": "b"}, True),
        ({"host": "127.0.0.1", "tls_certificate": "a"}, False),
    ],
)
def test_other_machines_are_not_served_in_clear(given: dict[str, object], is_fine: bool) -> None:
    if is_fine:
        HttpSection.model_validate(given)
        return
    with pytest.raises(ValueError, match="tls_key"):
        HttpSection.model_validate(given)


class Hasty(Patient):
    header_seconds = 0.3


@asynccontextmanager
async def serving(app: Gate) -> AsyncIterator[int]:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Hasty,
            ws="none",
            log_config=None,
            lifespan="off",
            server_header=False,
            h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn gives no event
            await asyncio.sleep(0.01)
        try:
            yield port
        finally:
            server.should_exit = True
            await task


@pytest.mark.parametrize(
    "head",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: hub\r\nX-A: b\r\n", b"POST / HTTP/1.1\r\n"],
)
async def test_a_head_that_never_ends_holds_no_connection(head: bytes) -> None:
    async with serving(Gate(Echo(), HttpSection())) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = time.monotonic()

        async def drip() -> None:
            while True:
                writer.write(b"X-Drip: 1\r\n" if head.endswith(b"\n") else b"")
                await asyncio.sleep(0.05)

        writer.write(head)
        dripping = asyncio.create_task(drip())
        try:
            assert await asyncio.wait_for(reader.read(), 30) == b""
        except ConnectionResetError:
            pass
        finally:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
            writer.close()
        assert time.monotonic() - began < 4


async def test_a_slow_body_is_told_and_ends() -> None:
    async with serving(Gate(Echo(), HttpSection(), body_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\nx")
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"server:" not in answer.lower()


async def test_a_head_that_is_too_large_is_refused() -> None:
    async with serving(Gate(Echo(), HttpSection())) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: hub\r\nX-A: " + b"a" * 40_000)
        try:
            assert (await asyncio.wait_for(reader.read(), 30)).startswith(b"HTTP/1.1 400 ")
        except ConnectionResetError:
            pass
        finally:
            writer.close()


class AtOnce:
    """Answers without a look at the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"heard")(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "is_late"),
    [("GET", False), ("GET", True), ("HEAD", False)],
    ids=["with the head", "after the answer", "where no body may be answered"],
)
async def test_a_body_that_is_no_http_ends_the_line_and_nobody_fails(
    caplog: pytest.LogCaptureFixture, method: str, is_late: bool
) -> None:
    async with serving(Gate(AtOnce(), HttpSection())) as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"{method} / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        answer = b""
        if is_late:
            writer.write(head)
            answer = await reader.readuntil(b"heard")
        writer.write((b"" if is_late else head) + b"zz\r\n")
        answer += await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 " if is_late else b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert caplog.records == [one for one in caplog.records if one.levelname != "ERROR"]


async def test_a_second_request_on_the_line_is_served_and_its_patience_ends_too() -> None:
    async with serving(Gate(Echo(), HttpSection())) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in (b"one", b"two"):
            writer.write(b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\n\r\n" + body)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            assert head.startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(3) == body
        writer.write(b"GET / HT")
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()
