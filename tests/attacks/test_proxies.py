"""Who is counted for what comes through a proxy: the address that a trusted one tells, no other."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hub import gate
from hub.config import HttpSection
from hub.gate import Gate
from hub.serve import server_config
from link import patience
from tests.attacks.lines import line, rest, status_of

PROXY, STRANGER = "127.0.0.3", "127.0.0.2"
HTTP = HttpSection(trusted_proxies=(PROXY,), requests_per_minute=60, max_streams=1)
MOST = 2 * HTTP.max_streams + 100
BURST = HTTP.requests_per_minute // 2


def _who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.client.host if request.client else "")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve as the hub does; loopback has many addresses, and here none is this machine's own."""
    for module in (gate, patience):
        monkeypatch.setattr(module, "_is_loopback", lambda _address: False)
    app = Starlette(routes=[Route("/", _who)])
    server = uvicorn.Server(server_config(Gate(app, HTTP), HTTP))
    with socket.create_server(("0.0.0.0", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join(10)


def asked(port: int, address: str, forwarded: str) -> tuple[int, str]:
    """Ask once from an address; return status and body."""
    with line(port, address) as one:
        head = f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {forwarded}\r\n"
        one.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = rest(one)
    return status_of(answer), answer.rpartition(b"\r\n")[2].decode()


def ask_until_refused(port: int, address: str, said: str) -> None:
    """Ask for other clients each time, until it is too often for who is `said` to ask."""
    for number in range(10 * BURST):
        forwarded = f"198.51.100.{number % 250}"
        told = forwarded if address == said else f"{forwarded}, {said}"
        status, who = asked(port, address, told)
        if status == 429:
            assert number >= BURST
            return
        assert (status, who) == (200, said)
    raise AssertionError("never too often")


def test_of_a_trusted_proxy_each_client_is_counted_alone(port: int) -> None:
    # What stood before what the proxy adds is the client's own invention.
    ask_until_refused(port, PROXY, "192.0.2.1")
    assert asked(port, PROXY, "192.0.2.2") == (200, "192.0.2.2")


def test_of_a_stranger_nobody_believes_whom_he_speaks_for(port: int) -> None:
    ask_until_refused(port, STRANGER, STRANGER)
    assert asked(port, PROXY, "198.51.100.1") == (200, "198.51.100.1")


@pytest.mark.parametrize(("address", "held"), [(PROXY, MOST // 2), (STRANGER, MOST // 4)])
def test_only_a_trusted_proxy_holds_more_than_a_quarter(port: int, address: str, held: int) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(line(port, address)) for _ in range(MOST // 2)]
        for one in lines:
            one.setblocking(False)
        deadline = time.monotonic() + 20
        while sum(map(_is_open, lines)) != held:
            assert time.monotonic() < deadline, sum(map(_is_open, lines))
            time.sleep(0.01)
        # Whatever is held: another address is served.
        assert asked(port, "127.0.0.4", "")[0] == 200
        assert sum(map(_is_open, lines)) == held


def _is_open(one: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        try:
            return one.recv(1, socket.MSG_PEEK) != b""
        except ConnectionError:
            return False
    return True
