import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from contracts.ids import NodeId
from contracts.messages import SourceStatus, Status, encode
from hub.app import create_app
from hub.config import BrokerSection, HttpSection, HubConfig, LiveSection
from hub.district import read_district
from hub.live.board import wall_ms
from hub.pages.render import MOST_ITEMS
from hub.runtime import Hub
from link.intake import Arrival
from link.sparing import LINES
from tests.accounts import a_token, bearer
from tests.integration.hub.feeding import a_node

ROOT = Path(__file__).parents[3]
JIADING = ROOT / "examples" / "jiading"
VENUES = len(read_district(JIADING))
NODES = sum(len(venue.nodes) for venue in read_district(JIADING))
API = "/api/v1"


@asynccontextmanager
async def running(config: HubConfig) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    app = create_app(config)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub") as client,
    ):
        client.headers.update(bearer(a_token(app.state.hub.records)))
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
    assert len(venues) == VENUES
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
        ("/series/museum/sim/main?start=NaN", 422, "start"),
        ("/series/museum/sim/main?start=1e308", 422, "start"),
        ("/series/museum/sim/main?end=99999999999999999999", 422, "end"),
        ("/series/museum/sim/main?start=0001-01-01T00:00Z&step=hour", 422, "start, end"),
        ("/series/museum/sim/main?from=2026-01-01T00:00Z", 422, "from: there is no such parameter"),
        ("/venues?venue=museum", 422, "venue: there is no such parameter"),
        ("/series?venue=%27%20OR%201=1", 422, "venue"),
        ("/series/%27%3B--/%00/%ff", 404, "no series"),
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


async def test_the_ends_of_the_calendar_hold_nothing(
    served: tuple[Hub, httpx.AsyncClient],
) -> None:
    hub, client = served
    feed(hub)
    for params in (
        {"end": "9999-12-31T23:59:59-14:00"},
        {"start": "0001-01-01T00:00:00+14:00", "end": "0001-01-02T00:00:00+14:00"},
    ):
        for step in ("bucket", "hour"):
            answer = await client.get(
                f"{API}/series/museum/sim/main", params={**params, "step": step}
            )
            assert (answer.status_code, answer.json()["buckets"]) == (200, [])


async def test_an_instant_is_one_in_every_time_zone(served: tuple[Hub, httpx.AsyncClient]) -> None:
    from datetime import datetime, timedelta, timezone  # noqa: PLC0415  used by one test

    hub, client = served
    minute = feed(hub)
    for hours in (-12, 0, 8, 14):
        zone = timezone(timedelta(hours=hours))
        start, end = (datetime.fromtimestamp(at, zone).isoformat() for at in (minute, minute + 60))
        answer = await client.get(
            f"{API}/series/museum/sim/main", params={"start": start, "end": end}
        )
        assert [b["values"] for b in answer.json()["buckets"]] == [[9.0, 2.0]], start


async def test_head_is_get_without_its_body(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    for path in ("/", "/docs", f"{API}/venues", "/static/desk.js", "/nowhere", f"{API}/nowhere"):
        head, get = await client.head(path), await client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers == get.headers, path
    # A stream has no end: its HEAD has one, and takes no place.
    for path in (f"{API}/live", "/board/stream"):
        head = await asyncio.wait_for(client.head(path), 5)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")
    assert len(hub.live.feed) == 0


async def test_nothing_is_kept_but_scripts_which_are_asked_for_again(
    served: tuple[Hub, httpx.AsyncClient],
) -> None:
    _, client = served
    for path in ("/", "/nowhere", f"{API}/venues", f"{API}/nowhere", f"{API}/series?venue=No!"):
        assert (await client.get(path)).headers["cache-control"] == "no-store", path
    script = await client.get("/static/desk.js")
    assert script.headers["cache-control"] == "no-cache"
    tag = {"if-none-match": script.headers["etag"]}
    assert (await client.get("/static/desk.js", headers=tag)).status_code == 304


async def test_it_only_reads(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    refused = await client.post(f"{API}/venues")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
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
    assert health["devices"] == {"silent": 1, "expected": NODES - 1}


async def test_a_flood_of_nonsense_is_a_few_lines_and_exact_counts(tmp_path: Path) -> None:
    topic = "kaiguan/v1/museum/sim/status"
    with capture_logs() as logs, Hub(a_config(tmp_path)) as hub:
        for _ in range(200):
            hub.receive(topic, b"[]")
        hub.receive("elsewhere/entirely", b"")
        assert hub.refusals == {"invalid": 200, "bad_topic": 1}
    said = [(entry["topic"], entry["event"]) for entry in logs if "topic" in entry]
    refused = "message_refused"
    assert said == [
        *[(topic, refused)] * LINES,
        ("elsewhere/entirely", refused),
        (topic, "more_messages_refused"),
    ]
    assert [entry["count"] for entry in logs if "count" in entry] == [200 - LINES]


async def test_a_full_disk_is_told(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    hub.intake.trouble = "database or disk is full"
    health = (await client.get(f"{API}/health")).json()
    assert (health["ok"], health["store"]["trouble"]) == (False, "database or disk is full")
    assert "disk is full" in (await client.get("/")).text


async def test_devices(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    feed(hub)
    listed = (await client.get(f"{API}/devices")).json()
    found = {(d["venue"], d["node"]): d for d in listed}
    assert found["museum", "sim"]["state"] == "silent"
    assert found["book-room-zhouqiao", "door-pi"] == {
        "venue": "book-room-zhouqiao",
        "node": "door-pi",
        "state": "expected",
        "first_seen": None,
        "last_seen": None,
        "software": None,
        "faults": [],
    }
    failing = SourceStatus("front-camera", "camera", "failed", 1_000, "cannot be opened")
    status = Status("b0" * 8, True, sources=(failing,))
    hub.receive("kaiguan/v1/book-room-zhouqiao/door-pi/status", encode(status))
    hub.live.look()
    room, kiosk = (
        await client.get(f"{API}/devices", params={"venue": "book-room-zhouqiao"})
    ).json()
    assert (kiosk["node"], kiosk["faults"]) == ("kiosk-pi", [])
    assert room["faults"] == [
        {
            "code": "source",
            "name": "front-camera",
            "count": 0,
            "detail": "cannot be opened",
            "since": "1970-01-01T00:00:01Z",
        }
    ]
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
        assert '<html lang="zh-CN" class="auto">' in answer.text
        for word in ("嘉定博物馆", '<b id="o-museum">7</b>', "证据不足", "尚未收到数据"):
            assert word in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "://" not in answer.text.replace("http://www.w3.org", "")

    async def test_both_languages(self, served: tuple[Hub, httpx.AsyncClient]) -> None:
        _, client = served
        english = (await client.get("/?lang=en")).text
        assert '<html lang="en" class="auto">' in english
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

    async def test_a_long_strip_says_how_many_more(
        self, served: tuple[Hub, httpx.AsyncClient]
    ) -> None:
        hub, client = served
        # No venue is known, and seven strangers send.
        for i in range(7):
            hub.receive(f"kaiguan/v1/stranger-{i}/pi/status", encode(Status("b0" * 8, True)))
        hub.live.look()
        text = (await client.get("/?lang=en")).text
        assert text.count("<li data-item=") == MOST_ITEMS
        assert f"{VENUES + 7 - MOST_ITEMS} more" in text

    async def test_names_are_escaped(self, tmp_path: Path) -> None:
        district = tmp_path / "district"
        district.mkdir()
        text = (JIADING / "museum.toml").read_text("utf-8")
        evil = text.replace('"嘉定博物馆"', '"<script>alert(1)</script>"')
        (district / "museum.toml").write_text(evil, "utf-8")
        async with running(a_config(tmp_path, district)) as (_, client):
            assert "<script>alert" not in (await client.get("/")).text


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
        f"{API}/venues/{{venue}}/history",
        f"{API}/venues/{{venue}}/history/{{table}}.csv",
        f"{API}/venues/{{venue}}/hours",
        f"{API}/venues/{{venue}}/facts",
        f"{API}/circulation/cards/blocked",
        f"{API}/circulation/cards/door",
        f"{API}/packs",
        f"{API}/packs/{{sha256}}",
        f"{API}/packs/{{pack}}",
        f"{API}/updates",
        f"{API}/updates/{{sha256}}",
        f"{API}/devices/{{venue}}/{{node}}/settings",
        f"{API}/devices/{{venue}}/{{node}}/settings/preview",
        f"{API}/devices/{{venue}}/{{node}}/settings/apply",
        f"{API}/devices/{{venue}}/{{node}}/settings/rollback",
        f"{API}/devices/{{venue}}/{{node}}/restart",
        f"{API}/devices/{{venue}}/{{node}}/orders/{{id}}",
        f"{API}/rollouts",
        f"{API}/rollouts/{{number}}",
        f"{API}/rollouts/{{number}}/{{action}}",
        f"{API}/rollouts/{{number}}/nodes/{{venue}}/{{node}}/retry",
        f"{API}/rooms",
        f"{API}/rooms/journal",
        f"{API}/rooms/journal.csv",
        f"{API}/rooms/{{venue}}/{{node}}",
        f"{API}/rooms/{{venue}}/{{node}}/orders",
        f"{API}/rooms/{{venue}}/{{node}}/orders/{{order}}",
        f"{API}/feedback",
        f"{API}/feedback.csv",
        f"{API}/venues/{{venue}}/feedback/{{wish}}/hidden",
        f"{API}/venues/{{venue}}/schedule",
        f"{API}/venues/{{venue}}/schedule/what-if",
        f"{API}/venues/{{venue}}/schedule/{{number}}/withdrawal",
        f"{API}/verdicts.csv",
        f"{API}/occupancy",
        f"{API}/series",
        f"{API}/series/{{venue}}/{{node}}/{{name}}",
        f"{API}/devices",
        f"{API}/devices/{{venue}}/{{node}}",
        f"{API}/attention",
        f"{API}/health",
        f"{API}/live",
        f"{API}/series/{{venue}}/{{node}}/{{name}}.csv",
        f"{API}/evidence/{{venue}}/{{node}}/{{source}}.csv",
        "/healthz",
        "/readyz",
        "/metrics",
        f"{API}/session",
        f"{API}/accounts",
        f"{API}/accounts/{{account}}",
        f"{API}/accounts/{{account}}/reset",
        f"{API}/tokens",
        f"{API}/tokens/{{token}}",
        f"{API}/audit",
        f"{API}/deliveries/channels",
        f"{API}/deliveries/channels/{{channel}}/test",
        f"{API}/deliveries/dead",
        f"{API}/deliveries/dead/{{number}}/retry",
        f"{API}/deliveries/dead/{{number}}/drop",
        f"{API}/join",
        f"{API}/join/renew",
        f"{API}/alerts",
        f"{API}/alerts/{{number}}",
        f"{API}/alerts/{{number}}/acknowledgement",
        f"{API}/alerts/{{number}}/clearing",
        f"{API}/alerts/{{number}}/assignee",
        f"{API}/alerts/{{number}}/comments",
        f"{API}/verdicts",
        f"{API}/venues/{{venue}}/verdicts",
        f"{API}/venues/{{venue}}/verdicts/{{rule}}/{{period}}",
        f"{API}/venues/{{venue}}/verdicts/{{rule}}/{{period}}/explanation",
        f"{API}/venues/{{venue}}/overrides",
        f"{API}/venues/{{venue}}/overrides/{{number}}",
        f"{API}/venues/{{venue}}/demand",
        f"{API}/venues/{{venue}}/head-counts",
        f"{API}/venues/{{venue}}/head-counts/{{number}}",
    }
