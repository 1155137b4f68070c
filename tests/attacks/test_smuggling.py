"""Oddities of HTTP itself, names of other hosts, ways to other sites, and what is kept of pages."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.accounts import PASSWORD
from tests.attacks.doors import ask, doors, numbers_for
from tests.attacks.lines import status_of, talk
from tests.attacks.served import API, A, AttackedHub, furnished
from tests.unit.hub.access.test_routes_and_roles import TABLE

HIDDEN: Final = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""A request that somebody else is to be blamed for."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("smuggling")) as opened:
        yield opened


def posted(headers: str, body: bytes) -> bytes:
    head = f"POST /login HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"
    return head.encode("latin-1") + body


SMUGGLED: Final = {
    "both lengths": posted(
        f"Content-Length: {5 + len(HIDDEN)}\r\nTransfer-Encoding: chunked", b"0\r\n\r\n" + HIDDEN
    ),
    "both lengths, the other way": posted(
        "Transfer-Encoding: chunked\r\nContent-Length: 4", b"5c\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    ),
    "two lengths": posted("Content-Length: 0\r\nContent-Length: 40", HIDDEN),
    "two lengths in one": posted("Content-Length: 0, 40", HIDDEN),
    "chunked twice": posted("Transfer-Encoding: chunked, chunked", b"0\r\n\r\n" + HIDDEN),
    "not quite chunked": posted("Transfer-Encoding: xchunked", b"0\r\n\r\n" + HIDDEN),
    "chunked and not": posted(
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n" + HIDDEN
    ),
    "a blank before the colon": posted("Transfer-Encoding : chunked", b"0\r\n\r\n" + HIDDEN),
    "a tab in the value": posted("Transfer-Encoding:\x0bchunked", b"0\r\n\r\n" + HIDDEN),
    "a line end in a value": posted("X: a\rTransfer-Encoding: chunked", b"0\r\n\r\n" + HIDDEN),
    "a zero in a value": posted("X: a\x00b", HIDDEN),
    "a sign before the length": posted("Content-Length: +0", HIDDEN),
    "a chunk of a negative length": posted("Transfer-Encoding: chunked", b"-1\r\nx\r\n" + HIDDEN),
    "a chunk of a huge length": posted("Transfer-Encoding: chunked", b"f" * 30 + b"\r\nx" + HIDDEN),
    "a chunk that is longer than told": posted(
        "Transfer-Encoding: chunked", b"1\r\nxyz\r\n0\r\n\r\n" + HIDDEN
    ),
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n" + HIDDEN,
    "no host": b"GET / HTTP/1.1\r\n\r\n" + HIDDEN,
    "the old way": b"GET /\r\n" + HIDDEN,
    "the newer way": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("kind", SMUGGLED)
def test_no_request_hides_in_another(served: AttackedHub, kind: str) -> None:
    """One answer at most, and then the line is closed: what follows is not taken for a request."""
    answer = talk(served.port, SMUGGLED[kind])
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert status_of(answer) in {0, 400, 411, 413, 421, 501, 505}, answer[:200]


def test_what_follows_a_whole_request_is_one(served: AttackedHub) -> None:
    """The attacks above would be seen: a second request on a line is answered."""
    last = HIDDEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer = talk(served.port, posted("Content-Length: 0", b"") + last)
    assert answer.count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("/", "evil.example", 421),
        ("/", "localhost.evil.example", 421),
        ("/", "127.0.0.1.evil.example", 421),
        ("/", "evil.example:80@localhost", 421),
        ("/", "localhost@evil.example", 421),
        ("/", "", 421),
        ("/", "evil.example#.local", 421),
        ("/", "evil.example/.local", 421),
        ("/", "[::1", 421),
        ("http://evil.example/", "localhost", 404),
        ("//evil.example/", "localhost", 404),
        ("//accounts", "localhost", 404),
        ("/\\evil.example", "localhost", 404),
    ],
)
def test_hosts_that_are_not_ours(served: AttackedHub, target: str, host: str, status: int) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = talk(served.port, head.encode())
    assert status_of(answer) in {status, 400}
    where = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"location")]
    assert not where


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"])
def test_no_page_takes_its_address_from_a_header(served: AttackedHub, header: str) -> None:
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    with served.caller("admin", **{header: value}) as client:
        for door in doors():
            if door.is_safe and not door.names:
                answer = ask(client, "GET", door.place())
                assert "evil.example" not in answer.text
                assert "evil.example" not in answer.headers.get("location", "")


AWAY: Final = (
    "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil",
    "/\t/evil.example", "/%09/evil.example", "/\n/evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "https:evil.example", "/..//evil.example",
    "/.//evil.example", "/%2f%2fevil.example", "/%5cevil.example", "//evil.example/%2e%2e",
    "http://localhost@evil.example", "/login?next=//evil.example", "/@evil.example",
    "／evil.example", "/\u2028/evil.example", "/\r\nSet-Cookie: planted=1", "x" * 400,
)  # fmt: skip


@pytest.mark.parametrize("then", AWAY)
def test_log_in_leads_to_no_other_site(served: AttackedHub, then: str) -> None:
    with served.caller() as client:
        form = {"name": "admin", "password": PASSWORD}
        answers = [client.post("/login", params={"next": then}, data=form)]
        answers.append(client.get("/login", params={"next": then}))
    for answer in answers:
        assert answer.status_code == 303
        to = answer.headers["location"]
        assert "planted" not in answer.headers.get("set-cookie", "")
        # As a browser reads it: backslashes are slashes, tabs and line ends are nothing.
        read = to.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
        assert read.startswith("/")
        assert not read.startswith("//")
        assert not urlsplit(read).netloc


def test_other_forms_lead_nowhere_else(served: AttackedHub) -> None:
    with served.caller("admin") as client:
        for back in ("https://evil.example", "//evil.example", "/alerts?\r\nX: y", "/alertsx"):
            answer = client.post("/alerts/acknowledged", data={"back": back})
            assert urlsplit(answer.headers["location"]).netloc == ""
            assert answer.headers["location"].startswith("/alerts?")
            assert "x" not in answer.headers


PRIVATE: Final = [d for d in doors() if d.is_safe and "nobody" not in TABLE[d.method, d.path]]


def test_what_is_private_is_kept_nowhere(served: AttackedHub) -> None:
    objects = served.objects(A)
    with served.caller("admin") as client:
        for door in PRIVATE:
            answer = ask(client, "GET", door.place(**numbers_for(door, objects, served)))
            kept = answer.headers["cache-control"].replace(" ", "").split(",")
            assert "no-store" in kept, (str(door), answer.status, kept)
            assert "public" not in kept
            assert not answer.headers.get("etag")


def test_of_what_everybody_sees_no_proxy_keeps_anything_of_one(served: AttackedHub) -> None:
    """Pages for all show whose session it is; style, scripts and packs are the same for all."""
    with served.caller("admin") as client:
        for door in doors():
            if door.is_safe and door.path not in {"/static", f"{API}/packs/{{sha256}}"}:
                answer = ask(client, "GET", door.place())
                kept = answer.headers["cache-control"].replace(" ", "").split(",")
                assert {"no-store", "private"} & {*kept}, (str(door), kept)


def test_every_answer_has_its_policy(served: AttackedHub) -> None:
    with served.caller("admin") as client:
        for door in doors():
            for role_headers in ({}, {"Host": "evil.example"}):
                answer = ask(client, door.method, door.place(), headers=role_headers)
                policy = answer.headers["content-security-policy"]
                assert policy.startswith("default-src 'none'"), str(door)
                assert "unsafe" not in policy
                assert "*" not in policy
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert "access-control-allow-origin" not in answer.headers
