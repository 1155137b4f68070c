"""What comes too slowly, never ends, or is a bomb: hub, kiosk and the installer's page stand it."""

import gzip
import io
import json
import os
import socket
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import psutil
import pytest
from fastapi import FastAPI

from edge.calibrate import guard as edge_guard
from edge.calibrate.serve import server_config
from kiosk.web import guard as kiosk_guard
from link.patience import Patient
from tests.attacks.doors import CLOSED, ask
from tests.attacks.lines import drip, line, rest, status_of, talk
from tests.attacks.served import API, AttackedHub, a_client, furnished, in_thread
from tests.integration.kiosk.served import ServedKiosk

PATIENCE: Final = 0.6
"""So short here; ten seconds where it is served in earnest."""
SLACK: Final = 6.0
"""Of a machine that others use."""
SLOW_LINES: Final = 40
MIB: Final = 1024 * 1024


@dataclass
class Target:
    """A server that is attacked: its port, a page that it always answers, where it takes bodies."""

    port: int
    calm: str
    takes: str
    kind: str
    headers: str = ""

    def is_well(self) -> bool:
        """Tell whether somebody else is served meanwhile, and soon."""
        begun = time.monotonic()
        answer = httpx.get(f"http://127.0.0.1:{self.port}{self.calm}", timeout=SLACK)
        return answer.status_code == 200 and time.monotonic() - begun < SLACK

    def head(self, length: str, method: str = "POST", path: str = "") -> bytes:
        """Return the head of a request."""
        return (
            f"{method} {path or self.takes} HTTP/1.1\r\nHost: localhost\r\n{self.headers}"
            f"Content-Type: {self.kind}\r\n{length}\r\n\r\n"
        ).encode()


@contextmanager
def an_edge_page() -> Iterator[Target]:
    app = FastAPI(openapi_url=None)
    app.get("/")(lambda: {"well": True})
    app.post("/api/draft")(lambda plan: {"plan": plan})
    guard = edge_guard.Guard(app, code=None, has_ended=lambda: False)
    with in_thread(server_config(guard)) as url:
        yield Target(int(url.rpartition(":")[2]), "/", "/api/draft", "application/json")


@pytest.fixture(scope="module")
def hurried() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Patient, "header_seconds", PATIENCE)
        patch.setattr(edge_guard, "BODY_SECONDS", PATIENCE)
        patch.setattr(kiosk_guard, "BODY_SECONDS", PATIENCE)
        yield


@pytest.fixture(scope="module")
def hub(hurried: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("slow"), body_seconds=PATIENCE) as opened:
        yield opened


@pytest.fixture(scope="module", params=["hub", "kiosk", "edge"])
def target(request: pytest.FixtureRequest, hub: AttackedHub) -> Iterator[Target]:
    if request.param == "hub":
        yield Target(hub.port, "/healthz", "/login", "application/x-www-form-urlencoded")
    elif request.param == "kiosk":
        with ServedKiosk() as kiosk:
            port = int(kiosk.url.rpartition(":")[2])
            yield Target(port, "/", "/act", "application/x-www-form-urlencoded")
    else:
        with an_edge_page() as page:
            yield page


class TestSlow:
    def test_many_heads_that_never_end(self, target: Target) -> None:
        with ExitStack() as stack:
            lines = [stack.enter_context(line(target.port)) for _ in range(SLOW_LINES)]
            for n, one in enumerate(lines):
                one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n"[: n + 1])
            assert target.is_well(), "nobody else is served meanwhile"
            for one in lines:
                assert drip(one, b"X-A: b\r\n", PATIENCE + SLACK) < PATIENCE + SLACK
        assert target.is_well()

    def test_a_body_that_drips(self, target: Target) -> None:
        with line(target.port) as one:
            one.sendall(target.head("Content-Length: 1000"))
            drip(one, b"x", PATIENCE + SLACK)
        assert target.is_well()

    def test_chunks_that_drip(self, target: Target) -> None:
        with line(target.port) as one:
            one.sendall(target.head("Transfer-Encoding: chunked"))
            drip(one, b"1\r\nx\r\n", PATIENCE + SLACK)
        assert target.is_well()

    def test_a_body_where_none_is_taken(self, target: Target) -> None:
        """It is answered, and nobody waits for the rest."""
        with line(target.port) as one:
            one.sendall(target.head("Content-Length: 100000", "GET", target.calm))
            drip(one, b"x", 15 + SLACK)
        assert target.is_well()

    def test_a_line_on_which_nothing_is_asked(self, target: Target) -> None:
        with line(target.port) as one:
            one.settimeout(PATIENCE + SLACK)
            assert one.recv(1) == b""


class TestLarge:
    def test_chunks_without_end(self, target: Target) -> None:
        before = resident()
        with line(target.port) as one:
            one.sendall(target.head("Transfer-Encoding: chunked"))
            one.settimeout(SLACK)
            sent = pour(one, b"10000\r\n" + b"x" * 65_536 + b"\r\n", 64 * MIB)
        assert sent < 64 * MIB, "it took all of it"
        assert resident() - before < 24 * MIB
        assert target.is_well()

    def test_a_head_without_end(self, target: Target) -> None:
        for piece in (b"X-Large: " + b"a" * 8000, b"X-A: b\r\n" * 1000, b"a" * 8192):
            with line(target.port) as one:
                one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
                one.settimeout(SLACK)
                assert pour(one, piece, 8 * MIB) < 4 * MIB
        assert target.is_well()

    def test_a_length_that_is_none(self, target: Target) -> None:
        for length in ("-1", "+5", "0x10", "1e3", "5,5", "9" * 30, "9" * 5000, "", "１２"):
            answer = talk(
                target.port, target.head("X: y").replace(
                    b"X: y", b"Content-Length: " + length.encode()
                )
            )  # fmt: skip
            assert status_of(answer) in {0, 400, 403, 408, 413, 415, 422}, (length, answer[:200])
        assert target.is_well()

    def test_many_requests_whose_answers_nobody_reads(self, target: Target) -> None:
        request = f"GET {target.calm} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        with ExitStack() as stack:
            for _ in range(8):
                one = stack.enter_context(line(target.port))
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.settimeout(0.2)
                pour(one, request * 100, 200_000)
            assert target.is_well()
        assert target.is_well()


def pour(one: socket.socket, piece: bytes, most: int) -> int:
    """Send a piece over and over; return how many bytes went before the other end closed."""
    sent = 0
    try:
        while sent < most:
            sent += one.send(piece)
    except (OSError, TimeoutError):
        pass
    return sent


class TestBombs:
    """Small on the line, and large when it is opened. The hub only: it takes JSON and zips."""

    @pytest.mark.parametrize(
        ("what", "content"),
        [
            ("lists in lists", b"[" * 30_000 + b"]" * 30_000),
            ("objects in objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
            ("open lists", b"[" * 60_000),
            ("a whole number of 60 000 digits", b'{"occupancy": ' + b"9" * 60_000 + b"}"),
            ("an exponent", b'{"occupancy": 1e999999999, "reason": "x"}'),
            ("nothing like a number", b'{"occupancy": NaN, "reason": "x"}'),
            ("the same name 8 000 times", b'{"a":1' + b',"a":1' * 8000 + b"}"),
            ("half a character", b'{"occupancy": 1, "reason": "\\ud800"}'),
            ("bytes of no text", b'{"occupancy": 1, "reason": "\xff\xfe"}'),
            ("a text alone", b'"' + b"x" * 60_000 + b'"'),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_json(self, hub: AttackedHub, what: str, content: bytes) -> None:
        with hub.caller("admin", **{"Content-Type": "application/json"}) as client:
            begun = time.monotonic()
            places = ("head-counts", "schedule", "overrides", "schedule/what-if")
            for place in places:
                answer = client.post(f"{API}/venues/museum/{place}", content=content)
                assert answer.status_code in {400, 422}, (what, place, answer.text[:200])
                assert answer.headers["content-type"] == "application/problem+json"
                assert len(answer.content) < 4000
            assert time.monotonic() - begun < SLACK

    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
    def test_packed_bodies_are_not_opened(self, hub: AttackedHub, kind: str) -> None:
        packed = gzip.compress(b"a=" + b"x" * (48 * MIB))
        assert len(packed) < 64 * 1024
        before = resident()
        with hub.caller("admin", **{"Content-Type": kind, "Content-Encoding": "gzip"}) as client:
            for place in (f"{API}/venues/museum/head-counts", "/venues/museum/head-counts"):
                answer = client.post(place, content=packed)
                assert 400 <= answer.status_code < 500
        assert resident() - before < 24 * MIB

    @pytest.mark.parametrize("parts", [1, 2000])
    def test_forms_of_many_parts_are_not_read(self, hub: AttackedHub, parts: int) -> None:
        with hub.caller("admin") as client:
            del client.headers["X-CSRF-Token"]
            files = [(f"f{n}", (None, "x" * (20_000 // parts))) for n in range(parts)]
            answer = ask(client, "POST", "/accounts", files=files)
            # Closed with the rest unread, which may overtake the answer.
            assert answer.status in {403, 413, CLOSED}

    def test_zips_that_grow(self, hub: AttackedHub) -> None:
        before = resident()
        with hub.caller("admin") as client:
            for name, content in zip_bombs().items():
                begun = time.monotonic()
                answer = client.post(f"{API}/packs", content=content)
                assert answer.status_code == 422, (name, answer.text[:300])
                assert time.monotonic() - begun < SLACK, name
        assert resident() - before < 64 * MIB
        left = [p for p in hub.hub.packs.folder.path.iterdir() if p.suffix != ".zip"]
        assert not left, "parts of what was refused are left on the disk"

    def test_a_pack_that_ends_early_leaves_nothing(self, hub: AttackedHub) -> None:
        session = hub.hub.office.entrance.open(
            hub.accounts["admin"], address="127.0.0.1", agent="test"
        )
        with a_client(hub.url) as client:
            client.cookies.set("kaiguan_session", session.id)
            token = client.get(f"{API}/session").json()["csrf_token"]
        head = (
            f"POST {API}/packs HTTP/1.1\r\nHost: localhost\r\nX-CSRF-Token: {token}\r\n"
            f"Cookie: kaiguan_session={session.id}\r\nContent-Length: 4000000\r\n\r\n"
        ).encode()
        with line(hub.port) as one:
            one.sendall(head + b"PK" * 100_000)
            assert status_of(rest(one)) in {0, 408}
        left = [p for p in hub.hub.packs.folder.path.iterdir() if p.suffix != ".zip"]
        assert not left

    def test_a_strangers_pack_is_not_even_read(self, hub: AttackedHub) -> None:
        head = f"POST {API}/packs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000000\r\n\r\n"
        with line(hub.port) as one:
            one.sendall(head.encode())
            one.settimeout(SLACK)
            assert status_of(one.recv(4096)) in {401, 403}
            assert pour(one, b"x" * 65_536, 40_000_000) < 40_000_000


def zip_bombs() -> dict[str, bytes]:
    """Return zips that are small and say that they are small, or large, or of themselves."""

    def zipped(**entries: bytes) -> bytes:
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in entries.items():
                file.writestr(name.replace("__", "."), content)
        return into.getvalue()

    inner = zipped(a=b"\0" * (32 * MIB))
    grown = zipped(manifest__json=b" " * (64 * MIB))
    lying = bytearray(grown)
    # What the directory says of the size, at the end of the file: 2 bytes.
    at = lying.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = (2).to_bytes(4, "little")
    deep = json.dumps({"format": 1})[:-1] + ', "targets": ' + "[" * 50_000 + "]" * 50_000 + "}"
    many = {f"f{n}": b"" for n in range(20_000)}
    return {
        "one large file": grown,
        "a file that says that it is small": bytes(lying),
        "zips in a zip": zipped(manifest__json=inner),
        "a manifest of lists in lists": zipped(manifest__json=deep.encode()),
        "very many files": zipped(**many),
        "half a zip": grown[: len(grown) // 2],
    }


def resident() -> int:
    """Return how much memory this process, in which the servers run, has."""
    return int(psutil.Process(os.getpid()).memory_info().rss)


class TestOfOneAddress:
    """Nobody holds all connections; loopback has many addresses, and here none speaks for many."""

    def test_one_address_holds_a_quarter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Patient, "speaks_for_many", lambda _self, _address: False)
        monkeypatch.setattr(Patient, "header_seconds", 20.0)
        with an_edge_page() as page, ExitStack() as stack:
            lines = [stack.enter_context(line(page.port, "127.0.0.2")) for _ in range(40)]
            for one in lines:
                one.sendall(b"GET / HT")
            open_: list[Any] = [one for one in lines if is_open(one)]
            assert len(open_) == 16
            assert page.is_well(), "others are served"
            open_.pop().close()
            until_served(page.port)


def is_open(one: socket.socket) -> bool:
    one.settimeout(0.3)
    try:
        return one.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def until_served(port: int) -> None:
    deadline = time.monotonic() + SLACK
    while True:
        with line(port, "127.0.0.2") as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if status_of(rest(one)) == 200:
                return
        assert time.monotonic() < deadline, "one that left makes room for another"
