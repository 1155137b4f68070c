"""The pages of a venue and of a device in a real browser: read, followed, on a phone."""

import csv
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.messages import SourceStatus, SpoolStatus, Status, encode
from hub.district import read_district
from hub.pages.render import FOLDER
from hub.store.sqlite import SqliteStore
from tests.accounts import bearer
from tests.brokers import Mosquitto
from tests.browsers import PATIENCE_MS
from tests.integration.hub.past import write_past
from tests.integration.hub.running import JIADING, HubProcess, Wire, until
from tests.integration.hub.test_browser import Visit, browser, now_ms, watched_museum

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.broker]

ROOM = "book-room-zhouqiao"
ZONE = ZoneInfo("Asia/Shanghai")
BUNDLE = FOLDER / "static/charts/charts.js"
MOST_BYTES = 100 * 1024


def yesterday() -> str:
    return str(datetime.now(ZONE).date() - timedelta(days=1))


@contextmanager
def hub_with_a_past(tmp_path: Path, broker: Mosquitto) -> Iterator[HubProcess]:
    """A hub whose book room has two weeks behind it, with two dark hours yesterday at noon."""
    hub = HubProcess(tmp_path / "hub", broker.port)
    venue = next(v for v in read_district(JIADING) if v.id == ROOM)
    today = datetime.now(ZONE).date()
    noon = int(datetime.combine(today, datetime.min.time(), ZONE).timestamp()) - 43_200
    (hub.folder / "data").mkdir()
    with SqliteStore(hub.folder / "data/series.db") as store:
        write_past(
            store,
            venue,
            today - timedelta(days=14),
            int(time.time()),
            per_minute=0.3,
            unwatched=((noon, noon + 7200),),
            climate=True,
        )
    with hub:
        yield hub


def a_page(browser: Browser, width: int = 1400, **options: object) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return page


def test_a_venue_is_read_followed_and_downloaded(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with hub_with_a_past(tmp_path, mosquitto) as hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        visit = Visit(a_page(browser))
        page = visit.page
        # From the board by its name, and back by the crumbs.
        page.goto(f"{hub.url}/?lang=en")
        page.locator("#v-museum h3 a.en").click()
        expect(page).to_have_url(re.compile(r"/venues/museum\?lang=en$"))
        expect(page.locator("#inside")).to_have_text("—")
        expect(page.locator("#now")).to_have_class(re.compile("stale"))
        expect(page.locator("#link")).to_have_attribute("data-link", "live")

        # What is of now changes without a reload.
        wire.send(watched_museum(now_ms()).count("main", now_ms() // 60_000 * 60 - 60, 9, 2))
        expect(page.locator("#inside")).to_have_text("7")
        expect(page.locator("#now")).not_to_have_class(re.compile("stale"))
        page.get_by_role("navigation", name="Where you are").get_by_role("link").click()
        expect(page.locator("#v-museum")).to_be_visible()

        # A day of the past, in both languages; what nobody watched is hatched and says why.
        page.goto(f"{hub.url}/venues/{ROOM}?range=day&to={yesterday()}&lang=en")
        expect(page.locator("#coverage .strips li")).to_have_count(1)
        page.locator(".gaps summary").click()
        expect(page.locator(".gaps")).to_contain_text("camera or port failed")
        footfall = page.locator("#footfall")
        footfall.locator(".data summary").click()
        expect(footfall.locator(".data tbody tr")).to_have_count(24)
        expect(footfall.locator(".data tbody tr").nth(12)).to_contain_text("not known")
        page.get_by_role("link", name="中文").click()
        expect(page).to_have_url(re.compile(rf"to={yesterday()}.*lang=zh"))
        expect(page.locator("#footfall h3")).to_contain_text("入馆人次")

        # Time is gone through by links that carry it.
        page.get_by_role("link", name="月", exact=True).click()
        expect(page).to_have_url(re.compile(rf"range=month&to={yesterday()}"))
        page.get_by_role("link", name="更早").click()
        expect(page).to_have_url(re.compile(r"range=month"))
        expect(page.get_by_role("link", name="更晚")).to_be_visible()

        page.goto(f"{hub.url}/venues/{ROOM}?range=day&to={yesterday()}")
        with page.expect_download() as download:
            page.locator("#footfall").get_by_role("link", name="CSV").click()
        text = Path(download.value.path()).read_text("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == 24
        assert [row["quality"] for row in rows[11:15]] == ["known", "unknown", "unknown", "known"]
        assert not visit.complaints
        assert all(url.startswith(hub.url) for url in visit.requests)


def test_a_venue_without_a_script_and_on_a_phone(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with hub_with_a_past(tmp_path, mosquitto) as hub:
        page = a_page(browser, java_script_enabled=False)
        page.goto(f"{hub.url}/venues/{ROOM}?range=day&to={yesterday()}")
        assert page.locator("#footfall .field rect.bar-known").count() > 10
        assert page.locator("#footfall .field rect[fill='url(#hatch)']").count() == 1
        assert page.locator("#occupancy .field path.line").count() == 1
        page.get_by_label("截止日期").fill("2026-01-31")
        page.get_by_role("button", name="查看").click()
        expect(page).to_have_url(re.compile("to=2026-01-31"))
        for name in ("day", "week", "month", "year"):
            for lang in ("zh", "en"):
                page = a_page(browser, 390)
                page.goto(f"{hub.url}/venues/{ROOM}?range={name}&lang={lang}")
                assert page.evaluate("document.documentElement.scrollWidth") == 390, (name, lang)
                page.close()


def test_charts_answer_where_the_bundle_is_and_stand_where_it_is_not(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    if not BUNDLE.exists():
        pytest.skip("the charts' bundle was not built: there is no npm on this machine")
    with hub_with_a_past(tmp_path, mosquitto) as hub:
        visit = Visit(a_page(browser))
        page = visit.page
        page.goto(f"{hub.url}/venues/{ROOM}?range=day&to={yesterday()}&lang=en")
        expect(page.locator(".plot-own .uplot")).to_have_count(6)
        expect(page.locator("#footfall > .plot")).to_be_hidden()
        over = page.locator("#footfall .u-over")
        # At noon nobody watched: a dash, never a zero.
        over.hover()
        expect(page.locator("#footfall .u-legend")).to_contain_text(
            re.compile(r"12:00\s*Entered\s*—")
        )
        box = over.bounding_box()
        assert box is not None
        over.hover(position={"x": box["width"] * 0.7, "y": 50})
        expect(page.locator("#footfall .u-legend")).to_contain_text(re.compile(r"Entered\s*\d"))
        # A closer look, and back.
        page.mouse.move(box["x"] + 100, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 250, box["y"] + 50)
        page.mouse.up()
        expect(page.locator("#footfall .u-select")).to_have_css("width", "0px")
        over.dblclick()
        assert not visit.complaints
        assert all(url.startswith(hub.url) for url in visit.requests)

        # Where the bundle cannot be had, the server's own charts stay.
        page = a_page(browser)
        page.route("**/charts.js", lambda route: route.abort())
        page.goto(f"{hub.url}/venues/{ROOM}?range=day&to={yesterday()}")
        expect(page.locator("#footfall > .plot")).to_be_visible()
        expect(page.locator("#link")).to_have_attribute("data-link", "live")


def test_a_device_says_what_is_wrong(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        page = a_page(browser, extra_http_headers=bearer(hub.token))
        visit = Visit(page)
        page.goto(f"{hub.url}/devices/museum/sim?lang=en")
        expect(page.locator(".findings")).to_contain_text("never heard of this node")
        node = watched_museum(now_ms())
        wire.send(node)
        status = Status(
            boot=node.boot,
            online=True,
            at_ms=now_ms(),
            software="0.1.0",
            spool=SpoolStatus(node.stream, pending=7),
            sources=(SourceStatus("front", "camera", "failed", now_ms(), "no picture for 10 s"),),
        )
        wire.publish(node.status_topic, encode(status), retain=True)
        expect(page.locator(".device-state")).to_contain_text("Online")
        expect(page.locator(".findings")).to_contain_text("front does not work: no picture")
        expect(page.locator(".facts")).to_contain_text("7 rows")
        wire.publish(node.status_topic, node.status(online=False, at_ms=1), retain=True)
        expect(page.locator(".device-state")).to_contain_text("Offline")
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("link", name="中文").click()
        expect(page.locator(".findings")).to_contain_text("已离线")
        page.get_by_role("link", name="嘉定博物馆").click()
        expect(page).to_have_url(re.compile(r"/venues/museum\?lang=zh"))
        expect(page.locator("#devices a.zh")).to_have_text("sim")
        assert not visit.complaints
        assert all(url.startswith(hub.url) for url in visit.requests)


def test_first_load_is_light(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with hub_with_a_past(tmp_path, mosquitto) as hub, httpx.Client(base_url=hub.url) as client:
        client.headers.update(bearer(hub.token))
        for path in ("/", f"/venues/{ROOM}?range=month", "/devices/museum/sim"):
            size, page = _weight(client, path)
            for found in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page)):
                size += _weight(client, found)[0]
            if "/venues/" in path:
                size += _weight(client, f"/api/v1/venues/{ROOM}/history?range=month")[0]
            assert size <= MOST_BYTES, (path, size)


def _weight(client: httpx.Client, path: str) -> tuple[int, str]:
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200, path
        raw = b"".join(answer.iter_raw())
    return len(raw), client.get(path).text
