import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from contracts.ids import NodeId
from hub.app import create_app
from hub.config import BrokerSection, HttpSection, HubConfig, LiveSection
from hub.live.board import wall_ms
from hub.runtime import Hub
from link.intake import Arrival
from tests.integration.hub.feeding import a_node

ROOT = Path(__file__).parents[3]
JIADING = ROOT / "examples" / "jiading"
API = "/api/v1"


@asynccontextmanager
async def running(config: HubConfig) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    app = create_app(config)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub") as client,
    ):
        yield app, client


def a_config(folder: Path, district: Path | None = JIADING, streams: int = 9) -> HubConfig:
    return HubConfig(
        data_dir=folder / "data",
        district=district,
        broker=BrokerSection(enabled=False),
        http=HttpSection(max_streams=streams),
        # The tests look themselves; the loop would only come between.
        live=LiveSection(swap_milliseconds=10_000),
    )


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Hub, httpx.AsyncClient]]:
    async with running(a_config(tmp_path)) as (app, client):
        yield app.state.hub, client


def feed(hub: Hub) -> int:
    """Let the museum count seven people two minutes ago; return that minute, Unix s."""
    now_ms = wall_ms()
    minute = (now_ms // 60_000 - 2) * 60
    node = a_node("museum").begin(now_ms - 10 * 86_400_000)
    node.watched("main", now_ms - 9 * 86_400_000, now_ms).count("main", minute, 9, 2)
    arrivals = [Arrival(node.id, node.data_topic, p, now_ms) for p in node.payloads()]
    hub.intake.take(arrivals)
    hub.live.look()
    return minute


async def test_venues(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    venues = (await client.get(f"{API}/venues")).json()
    assert len(venues) == 6
    library = (await client.get(f"{API}/venues/district-library")).json()
    assert library in venues
    assert library["hours"]["monday"] == ["13:00-20:00"]
    assert {zone["id"] for zone in library["zones"]} == {"hall", "children"}


async def test_occupancy_null_is_not_zero(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    before = (await client.get(f"{API}/venues/museum/occupancy")).json()
    assert (before["occupancy"], before["quality"], before["missing"]) == (
        None,
        "unknown",
        ["sim/main"],
    )
    feed(hub)
    after = (await client.get(f"{API}/venues/museum/occupancy")).json()
    assert (after["occupancy"], after["quality"], after["missing"]) == (7, "known", [])
    everything = {v["venue"]: v for v in (await client.get(f"{API}/occupancy")).json()}
    assert everything["museum"]["occupancy"] == 7
    assert everything["art-museum"]["occupancy"] is None


async def test_series_by_bucket_and_hour(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    minute = feed(hub)
    assert (await client.get(f"{API}/series", params={"venue": "museum"})).json() == [
        {
            "venue": "museum",
            "node": "sim",
            "name": "main",
            "kind": "count",
            "fields": ["entered", "left"],
        }
    ]
    found = (await client.get(f"{API}/series/museum/sim/main")).json()
    assert [bucket["values"] for bucket in found["buckets"]] == [[9.0, 2.0]]
    span = {"start": minute - minute % 3600, "end": minute + 60}
    times = {k: f"{httpx_time(v)}" for k, v in span.items()}
    hours = (
        await client.get(f"{API}/series/museum/sim/main", params={**times, "step": "hour"})
    ).json()
    assert [bucket["values"] for bucket in hours["buckets"]] == [[9.0, 2.0]]


def httpx_time(second: int) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  used by one helper

    return datetime.fromtimestamp(second, UTC).isoformat()


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/venues/nowhere", 404, "no venue 'nowhere'"),
        ("/venues/nowhere/occupancy", 404, "nowhere"),
        ("/series/museum/sim/attic", 404, "museum/sim/attic"),
        ("/series?venue=No!", 422, "venue"),
        ("/series/museum/sim/main?step=day", 422, "step"),
        ("/series/museum/sim/main?start=yesterday", 422, "start"),
        ("/series/museum/sim/main?start=2026-01-01T00:00:00", 422, "start"),
        ("/series/museum/sim/main?start=2026-01-02T00:00Z&end=2026-01-01T00:00Z", 422, "after"),
        ("/series/museum/sim/main?start=2026-01-01T00:00Z&end=2026-02-01T00:00Z", 422, "8 days"),
        ("/series/museum/sim/main?end=0001-01-01T00:00Z", 422, "calendar"),
        ("/nothing", 404, "Not Found"),
    ],
)
async def test_problems_say_what_is_wrong(
    served: tuple[Hub, httpx.AsyncClient], path: str, status: int, part: str
) -> None:
    hub, client = served
    feed(hub)
    answer = await client.get(API + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert part in answer.json()["detail"]


async def test_it_only_reads(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    assert (await client.post(f"{API}/venues")).status_code == 405
    assert (await client.delete(f"{API}/venues/museum")).status_code == 405


async def test_health_counts_refusals_by_code(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    feed(hub)
    now_ms = wall_ms()
    topic = "kaiguan/v1/museum/sim/data"
    hub.intake.take([Arrival(NodeId("museum", "sim"), topic, b"{", now_ms)])
    hub.receive("elsewhere/entirely", b"")
    hub.receive("kaiguan/v1/museum/sim/status", b"[]")
    hub.receive("kaiguan/v1/museum/sim/status", b"")
    health = (await client.get(f"{API}/health")).json()
    assert health["ok"] is True
    assert health["intake"]["refusals"] == {"not_json": 1, "bad_topic": 1, "invalid": 1}
    assert health["intake"]["rows"] == 3
    assert health["store"]["refused"] == 1
    assert health["broker"] == {"enabled": False, "connected": False, "refused": None}
    assert health["devices"] == {"silent": 1, "expected": 5}


async def test_a_full_disk_is_told(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    hub.intake.trouble = "database or disk is full"
    health = (await client.get(f"{API}/health")).json()
    assert (health["ok"], health["store"]["trouble"]) == (False, "database or disk is full")
    assert "disk is full" in (await client.get("/")).text


async def test_devices(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    feed(hub)
    found = {d["venue"]: d for d in (await client.get(f"{API}/devices")).json()}
    assert found["museum"]["state"] == "silent"
    assert found["book-room-zhouqiao"] == {
        "venue": "book-room-zhouqiao",
        "node": "door-pi",
        "state": "expected",
        "first_seen": None,
        "last_seen": None,
        "software": None,
    }
    only = (await client.get(f"{API}/devices", params={"venue": "museum"})).json()
    assert [d["venue"] for d in only] == ["museum"]


async def test_streams_are_bounded(tmp_path: Path) -> None:
    async with running(a_config(tmp_path, streams=1)) as (app, client):
        with app.state.hub.live.feed.subscribe():
            answer = await client.get(f"{API}/live")
            assert answer.status_code == 503
            assert "streams are taken" in answer.json()["detail"]
            assert (await client.get("/board/stream")).status_code == 503


async def test_a_broken_live_board_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def break_down(_hub: Hub) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Hub, "run", break_down)
    app = create_app(a_config(tmp_path), failed=failed.set)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        async with app.router.lifespan_context(app):
            await asyncio.wait_for(failed.wait(), 5)


class TestPages:
    async def test_the_board_is_readable_without_a_script(
        self, served: tuple[Hub, httpx.AsyncClient]
    ) -> None:
        hub, client = served
        feed(hub)
        answer = await client.get("/")
        assert answer.status_code == 200
        assert '<html lang="zh-CN">' in answer.text
        for word in ("嘉定博物馆", "<b>7</b>", "计数完整", "证据不足", "尚未收到数据"):
            assert word in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "://" not in answer.text.replace("http://www.w3.org", "")

    async def test_both_languages(self, served: tuple[Hub, httpx.AsyncClient]) -> None:
        _, client = served
        english = (await client.get("/?lang=en")).text
        assert '<html lang="en">' in english
        assert "Jiading Museum" in english
        assert (await client.get("/?lang=fr")).status_code == 422

    async def test_without_venues_it_says_what_to_do(self, tmp_path: Path) -> None:
        async with running(a_config(tmp_path, district=None)) as (_, client):
            text = (await client.get("/")).text
            assert "还没有场馆" in text
            assert "admin load" in text

    async def test_a_missing_page_is_a_page(self, served: tuple[Hub, httpx.AsyncClient]) -> None:
        _, client = served
        answer = await client.get("/nowhere?lang=en")
        assert answer.status_code == 404
        assert "There is no such page" in answer.text

    async def test_the_api_is_listed(self, served: tuple[Hub, httpx.AsyncClient]) -> None:
        _, client = served
        text = (await client.get("/docs")).text
        assert "/api/v1/series/{venue}/{node}/{name}" in text
        assert "://" not in text.replace("http://www.w3.org", "")

    async def test_names_are_escaped(self, tmp_path: Path) -> None:
        district = tmp_path / "district"
        district.mkdir()
        text = (JIADING / "museum.toml").read_text("utf-8")
        evil = text.replace('"嘉定博物馆"', '"<script>alert(1)</script>"')
        (district / "museum.toml").write_text(evil, "utf-8")
        async with running(a_config(tmp_path, district)) as (_, client):
            assert "<script>alert" not in (await client.get("/")).text

    async def test_fragments_are_those_of_the_page(
        self, served: tuple[Hub, httpx.AsyncClient]
    ) -> None:
        _, client = served
        board = client._transport.app.state.board  # type: ignore[attr-defined]
        page = (await client.get("/")).text
        news = json.loads(board.news(None))
        assert len(news["fragments"]) == 8
        assert news["key"] in page
        for fragment in news["fragments"]:
            assert fragment in page


async def test_the_api_is_the_one_that_is_written_down(tmp_path: Path) -> None:
    document = create_app(a_config(tmp_path)).openapi()
    written = (ROOT / "docs" / "openapi.json").read_text("utf-8")
    assert json.dumps(document, indent=2, ensure_ascii=False) + "\n" == written, (
        "the API changed: write create_app(HubConfig()).openapi() to docs/openapi.json, and read"
        " the difference"
    )
    assert set(document["paths"]) == {
        f"{API}/venues",
        f"{API}/venues/{{venue}}",
        f"{API}/venues/{{venue}}/occupancy",
        f"{API}/occupancy",
        f"{API}/series",
        f"{API}/series/{{venue}}/{{node}}/{{name}}",
        f"{API}/devices",
        f"{API}/health",
        f"{API}/live",
    }
