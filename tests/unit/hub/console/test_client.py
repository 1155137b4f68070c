"""What the client makes of a hub's answers, also of those that no hub gives."""

from pathlib import Path

import httpx
import pytest

from hub.console.client import HubAway, HubClient
from hub.console.run import read_token, run
from hub.console.state import Away, Connected, Counted, Declared, Denied, Looked, News
from hub.errors import ConfigError
from tests.unit.hub.console.telling import NOW, VENUES, counted

LIVE = f"event: beat\ndata: \n\nevent: occupancy\ndata: {counted().model_dump_json()}\n\n"


def venues_json() -> bytes:
    return b"[" + b",".join(venue.model_dump_json().encode() for venue in VENUES) + b"]"


def answering(**answers: httpx.Response) -> httpx.MockTransport:
    usual = {
        "venues": httpx.Response(200, content=venues_json()),
        "devices": httpx.Response(200, json=[]),
        "attention": httpx.Response(200, json=[]),
        "alerts": httpx.Response(200, json={"total": 0, "alerts": []}),
        "live": httpx.Response(200, text=LIVE),
    }
    given = {**usual, **answers}
    return httpx.MockTransport(lambda request: given[request.url.path.rsplit("/", 1)[1]])


async def first(count: int, transport: httpx.AsyncBaseTransport) -> list[News]:
    found: list[News] = []
    client = HubClient(
        "http://hub/", "kgn_x", now=lambda: NOW, jitter=lambda: -1.0, transport=transport
    )
    async with client as hub:
        news = hub.news()
        async for piece in news:
            found.append(piece)
            if len(found) == count:
                break
        await news.aclose()  # type: ignore[attr-defined]  # an async generator
    return found


async def test_everything_is_told_at_first_and_an_ended_stream_is_a_hub_away() -> None:
    found = await first(6, answering())
    kinds = [type(piece) for piece in found]
    assert kinds[:3] == [Connected, Declared, Looked]
    assert Counted(counted()) in found
    assert found[5] == Away("ended", NOW)


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("venues", httpx.Response(503), Away("status", NOW, 503)),
        ("venues", httpx.Response(200, text="<html>"), Away("not_a_hub", NOW)),
        ("venues", httpx.Response(401), Denied(NOW)),
        ("venues", httpx.Response(403), Denied(NOW)),
    ],
)
async def test_what_is_no_answer(name: str, answer: httpx.Response, expected: News) -> None:
    assert await first(1, answering(**{name: answer})) == [expected]


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (httpx.Response(503), Away("status", NOW, 503)),
        (httpx.Response(200, text="event: occupancy\ndata: {\n\n"), Away("not_a_hub", NOW)),
        (httpx.Response(200, text="event: occupancy\ndata: {}\n\n"), Away("not_a_hub", NOW)),
    ],
)
async def test_a_stream_that_is_none(live: httpx.Response, expected: News) -> None:
    assert (await first(4, answering(live=live)))[3] == expected


async def test_devices_that_may_not_be_seen_leave_the_board() -> None:
    found = await first(3, answering(devices=httpx.Response(401)))
    assert found[2] == Looked(None, None)


@pytest.mark.parametrize("status", [403, 404])
async def test_alerts_that_may_not_be_seen_or_that_an_older_hub_has_not(status: int) -> None:
    found = await first(3, answering(alerts=httpx.Response(status)))
    assert found[2] == Looked((), (), None)


async def test_who_does_not_answer_is_asked_again() -> None:
    asked = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        raise httpx.ConnectError("no", request=request)

    assert await first(2, httpx.MockTransport(refuse)) == [Away("no_answer", NOW)] * 2
    assert asked == ["Bearer kgn_x"] * 2


async def test_a_device_of_a_silent_hub() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    async with HubClient("http://hub", transport=httpx.MockTransport(silent)) as hub:
        with pytest.raises(HubAway) as caught:
            await hub.device("museum", "sim")
    assert caught.value.why == "silent"


def test_a_token_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("kgn_file\n")
    environment = {"KAIGUAN_TOKEN": "kgn_env"}
    assert read_token(file, environment) == "kgn_file"
    assert read_token(None, environment) == "kgn_env"
    assert read_token(None, {}) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a\nb"])
def test_a_file_without_a_token_is_named_and_not_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="holds no token"):
        read_token(file, {})


def test_an_address_needs_its_scheme() -> None:
    with pytest.raises(ConfigError, match="http://"):
        run("hub:8080", None, "zh")
