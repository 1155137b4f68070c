"""Who may use a local page, and who may not."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from edge.calibrate.guard import MOST_BODY_BYTES, MOST_WRONG_CODES, Guard, is_ours
from edge.calibrate.serve import listen
from edge.errors import ConfigError

ROOT = Path(__file__).parents[3]
HERE = "http://127.0.0.1:8765"


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


def client(code: str | None = None, *, ended: bool = False) -> httpx.AsyncClient:
    routes = [Route(path, _echo, methods=["GET", "POST"]) for path in ("/", "/api/x")]
    guard = Guard(Starlette(routes=routes), code=code, has_ended=lambda: ended)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=guard), base_url=HERE)


@pytest.mark.parametrize(
    ("host", "on_loopback", "on_network"),
    [
        ("127.0.0.1:8765", True, True),
        ("localhost:8765", True, True),
        ("[::1]:8765", True, True),
        ("192.168.1.5:8765", False, True),
        ("edge.local:8765", False, True),
        ("edge", False, True),
        ("evil.example:8765", False, False),
        ("127.0.0.1.evil.example", False, False),
        ("", False, False),
    ],
)
def test_a_name_that_a_stranger_can_register_does_not_lead_here(
    host: str, on_loopback: bool, on_network: bool
) -> None:
    assert (is_ours(host, is_open=False), is_ours(host, is_open=True)) == (on_loopback, on_network)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"host": "evil.example"}, 421),
        ("GET", {"sec-fetch-site": "cross-site"}, 403),
        ("GET", {"sec-fetch-site": "same-origin"}, 200),
        ("POST", {"content-type": "application/json", "origin": HERE}, 200),
        ("POST", {"content-type": "application/json", "origin": "http://evil.example"}, 403),
        ("POST", {"content-type": "application/json", "origin": "null"}, 403),
        ("POST", {"content-type": "text/plain"}, 415),
    ],
)
async def test_another_page_may_neither_ask_nor_change(
    method: str, headers: dict[str, str], status: int
) -> None:
    async with client() as http:
        answer = await http.request(method, "/api/x", headers=headers, content="{}" * 2)
    assert answer.status_code == status


async def test_every_answer_forbids_what_is_not_ours() -> None:
    async with client() as http:
        for path in ("/", "/api/x", "/nowhere"):
            headers = (await http.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["cache-control"] == "no-store"


async def test_nothing_is_answered_once_its_time_is_over() -> None:
    async with client(ended=True) as http:
        assert (await http.get("/")).status_code == 410


async def test_a_body_that_is_too_large_is_refused() -> None:
    async with client() as http:
        answer = await http.post(
            "/api/x",
            content="x" * (MOST_BODY_BYTES + 1),
            headers={"content-type": "application/json"},
        )
    assert answer.status_code == 413


async def test_the_code_lets_one_in_and_only_once() -> None:
    async with client("right") as http:
        assert (await http.get("/")).status_code == 200
        assert (await http.get("/api/x")).status_code == 401
        assert (await http.post("/api/enter", json={"code": "wrong"})).status_code == 403
        entered = await http.post("/api/enter", json={"code": "right"})
        assert entered.status_code == 200
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert "SameSite=strict" in entered.headers["set-cookie"]
        assert (await http.get("/api/x")).status_code == 200
        http.cookies.clear()
        assert (await http.post("/api/enter", json={"code": "right"})).status_code == 403
        cookie = {"cookie": "kaiguan_local=guess; x"}
        assert (await http.get("/api/x", headers=cookie)).status_code == 401


async def test_codes_cannot_be_guessed_on_and_on() -> None:
    async with client("right") as http:
        for _ in range(MOST_WRONG_CODES):
            assert (await http.post("/api/enter", json={"code": 7})).status_code == 403
        assert (await http.post("/api/enter", json={"code": "right"})).status_code == 429


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_others_reach_a_page_only_when_that_is_allowed(host: str) -> None:
    with pytest.raises(ConfigError, match="--allow-network"):
        listen(host, 0, allow_network=False)


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0, allow_network=True)


@pytest.mark.parametrize("name", ["tokens.css", "icon.svg"])
def test_the_look_is_that_of_the_hub(name: str) -> None:
    """One file of tokens; the edge has a copy, since it is installed without the hub."""
    ours = (ROOT / "edge/calibrate/pages" / name).read_bytes()
    assert ours == (ROOT / "hub/pages/static" / name).read_bytes()
