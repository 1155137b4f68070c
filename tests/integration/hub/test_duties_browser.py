"""Duties, a venue's week and its demand in a real browser: by keyboard, on a phone, on paper."""

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from hub.compliance.localtime import week_of
from tests.accounts import bearer
from tests.brokers import Mosquitto
from tests.integration.hub.running import HubProcess, until
from tests.integration.hub.test_browser import Visit, browser
from tests.integration.hub.test_venue_browser import ROOM, a_page, hub_with_a_past, yesterday

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.broker]

MOST_BYTES = 100 * 1024


def test_from_the_board_to_the_evidence(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with hub_with_a_past(tmp_path, mosquitto) as hub:
        week = week_of(date.fromisoformat(yesterday()))
        until(lambda: _is_judged(hub, week.name), 30)
        visit = Visit(a_page(browser, extra_http_headers=bearer(hub.token)))
        page = visit.page
        page.goto(f"{hub.url}/duties?lang=en&week={week.name}&q=zhouqiao")
        expect(page.locator("#board tbody tr")).to_have_count(1)
        row = page.locator("#board tbody tr").first
        # Two dark hours yesterday: neither kept nor a breach.
        expect(row.locator("a.state")).to_have_class(re.compile("unknown|going"))
        row.locator("th a").click()
        expect(page).to_have_url(re.compile(rf"/venues/{ROOM}/week/{week.name}\?lang=en"))
        _by_keyboard(page, date.fromisoformat(yesterday()).weekday())
        page.get_by_role("link", name="中文").click()
        expect(page.locator(".crumbs [aria-current]")).to_have_text(week.name)
        page.get_by_role("link", name="上一周").click()
        expect(page).to_have_url(re.compile(week_of(week.first - timedelta(days=1)).name))
        page.get_by_role("link", name="下一周").click()
        expect(page).to_have_url(re.compile(week.name))
        page.goto(f"{hub.url}/duties/list?week={week.name}&lang=en")
        # A download does not carry the header that signs this browser in.
        address = page.get_by_role("link", name="CSV").get_attribute("href")
        told = httpx.get(f"{hub.url}{address}", headers=bearer(hub.token))
        found = {
            row["venue"] for row in csv.DictReader(io.StringIO(told.text.removeprefix("\ufeff")))
        }
        assert ROOM in found
        assert not visit.complaints
        assert all(url.startswith(hub.url) for url in visit.requests)
        _on_paper(page, f"{hub.url}/duties?lang=en&week={week.name}")
        _without_a_script(browser, hub, week.name)
        _on_a_phone(browser, hub, week.name)
        _is_light(hub, week.name)


def _is_judged(hub: HubProcess, week: str) -> bool:
    answer = httpx.get(
        f"{hub.url}/api/v1/verdicts.csv",
        params={"period": week, "venue": ROOM},
        headers=bearer(hub.token),
    )
    return ROOM in answer.text


def _by_keyboard(page: Page, weekday: int) -> None:
    """Open yesterday with the keyboard: its dark hours say why."""
    day = page.locator("details.day-row").nth(weekday)
    day.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(day.locator(".pieces")).to_be_visible()
    dark = day.locator(".pieces tr", has_text="12:00–14:00")
    expect(dark).to_contain_text("unknown")
    expect(dark).to_contain_text("no device was heard")
    expect(day.locator(".sources")).to_contain_text("no data 12:00–14:00")
    # Whatever else of a room without closing time is not known, the dark hours are drawn.
    assert day.locator("svg rect[fill='url(#unknown)']").count() >= 1
    page.keyboard.press("Enter")
    expect(day.locator(".pieces")).to_be_hidden()


def _on_paper(page: Page, address: str) -> None:
    page.goto(address)
    page.emulate_media(media="print")
    expect(page.locator("form.choose")).to_be_hidden()
    expect(page.locator("nav.staff")).to_be_hidden()
    # All of the table, not what a window of it shows.
    box = page.locator("#board").bounding_box()
    table = page.locator("#board table").bounding_box()
    assert box is not None
    assert table is not None
    assert box["height"] >= table["height"]
    page.emulate_media(media="screen")


def _without_a_script(browser: Browser, hub: HubProcess, week: str) -> None:
    page = a_page(browser, java_script_enabled=False, extra_http_headers=bearer(hub.token))
    page.goto(f"{hub.url}/duties?lang=en&week={week}")
    page.get_by_role("searchbox", name="Name").fill("no such venue")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No venue fits these filters")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("#board tbody tr")).not_to_have_count(0)
    page.close()


def _on_a_phone(browser: Browser, hub: HubProcess, week: str) -> None:
    for path in (
        "/duties",
        "/duties/list",
        f"/venues/{ROOM}/week/{week}",
        f"/venues/{ROOM}/demand",
    ):
        for lang in ("zh", "en"):
            page = a_page(browser, 390, extra_http_headers=bearer(hub.token))
            page.goto(f"{hub.url}{path}?lang={lang}")
            for day in page.locator("details.day-row summary").all():
                day.click()
            assert page.evaluate("document.documentElement.scrollWidth") == 390, (path, lang)
            page.close()


def _is_light(hub: HubProcess, week: str) -> None:
    with httpx.Client(base_url=hub.url, headers=bearer(hub.token)) as client:
        for path in ("/duties", f"/venues/{ROOM}/week/{week}", f"/venues/{ROOM}/demand"):
            text = client.get(path).text
            size = 0
            for found in (path, *set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))):
                with client.stream("GET", found, headers={"Accept-Encoding": "gzip"}) as answer:
                    size += len(b"".join(answer.iter_raw()))
            assert size <= MOST_BYTES, (path, size)
