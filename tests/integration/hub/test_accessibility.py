"""Every page in both languages against WCAG 2.1 A and AA, by axe-core in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page

from contracts.ids import NodeId
from contracts.messages import encode
from contracts.remote import RemoteStatus
from contracts.room import UnfinishedCase
from contracts.rows import Event
from contracts.topics import Channel, node_topic
from hub.app import page_paths
from tests.brokers import Mosquitto
from tests.integration.hub.fake_room import a_room_status, an_open_room
from tests.integration.hub.running import ROOT, HubProcess, Wire, until
from tests.integration.hub.test_accounts_in_browser import set_up
from tests.integration.hub.test_browser import now_ms, watched_museum

pytestmark = [pytest.mark.browser, pytest.mark.broker]

AXE = ROOT / "hub/pages/web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(
    (n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join(" | ")}`);
}"""

STAFF = {
    "/account": ["/account"],
    "/accounts": ["/accounts"],
    "/accounts/{account}": ["/accounts/1"],
    "/tokens": ["/tokens"],
    "/audit": ["/audit"],
    "/deliveries": ["/deliveries"],
    "/rollouts": ["/rollouts"],
    "/alerts": ["/alerts", "/alerts?kind=low_use", "/alerts?state=all&late=yes"],
    "/alerts/{number}": ["/alerts/1"],
    "/devices/{venue}/{node}": ["/devices/museum/sim"],
    "/devices/{venue}/{node}/settings": [
        "/devices/museum/sim/settings",
        "/devices/museum/kiosk/settings",
    ],
    "/venues/{venue}/head-counts": ["/venues/museum/head-counts"],
    "/duties": ["/duties", "/duties?mark=breach&sort=coverage", "/duties?q=nowhere"],
    "/duties/list": ["/duties/list"],
    "/rooms": ["/rooms"],
    "/rooms/journal": ["/rooms/journal", "/rooms/journal?group=alarm&text=nothing"],
    "/rooms/{venue}/{node}": ["/rooms/museum/kiosk"],
    "/kiosks": ["/kiosks", "/kiosks?days=7"],
    "/venues/{venue}/week/{period}": ["/venues/museum/week/2026-W48"],
    "/venues/{venue}/schedule": ["/venues/museum/schedule"],
    "/venues/{venue}/demand": ["/venues/museum/demand", "/venues/book-room-nanxiang/demand"],
}
PUBLIC = {
    "/": [
        "/",
        "/?night=1",
        "/?wall=1",
        "/?wall=1&night=1",
        "/?q=no+such+venue",
        "/?kind=book_room&sort=use",
        "/nowhere",
        "/?wall=maybe",
    ],
    "/docs": ["/docs"],
    "/venues/{venue}": ["/venues/museum"],
    "/venues/{venue}/hours": ["/venues/museum/hours"],
    "/login": ["/login"],
    "/setup": ["/setup"],
}
NO_PAGES = {
    "/board/stream",
    "/venues/{venue}/stream",
    "/devices/{venue}/{node}/stream",
    "/rooms/stream",
    "/rooms/{venue}/{node}/stream",
    "/audit.csv",
    "/venues/{venue}/week",
}
ADDRESSES = [*(a for of in PUBLIC.values() for a in of), *(a for of in STAFF.values() for a in of)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator["Pages"]:
    """Run a hub with an admin, a venue that counts and one that is silent."""
    folder = tmp_path_factory.mktemp("accessibility")
    with Mosquitto(folder) as broker:
        hub = HubProcess(folder / "hub", broker.port)
        hub.token = "none"
        with hub, Wire(broker.port) as wire:
            admin = browser.new_context(viewport={"width": 1280, "height": 900})
            page = admin.new_page()
            set_up(page, hub.url)
            node = watched_museum(now_ms()).count("main", now_ms() // 60_000 * 60 - 60, 9, 2)
            wire.publish(node.status_topic, node.status(online=True, at_ms=now_ms()), retain=True)
            now = now_ms()
            node.rows.append(Event(node.next(), node.epoch, "e7" * 8, "fire_alarm", "panel", now))
            wire.send(node)
            room = an_open_room(now, alarms=("fire", "call"), mode="fire", advice=("too_warm",))
            cases = (UnfinishedCase("bit_pending", 1, now, ("31234",)),)
            kiosk = node_topic(NodeId("museum", "kiosk"), Channel.STATUS)
            remote = RemoteStatus(settings=True, restart=("app", "machine"), previous="")
            status = replace(a_room_status(now, room, cases), remote=remote)
            wire.publish(kiosk, encode(status), retain=True)
            visitor = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            visitor.goto(hub.url)
            until(lambda: visitor.locator("#o-museum").text_content() == "7")
            page.goto(f"{hub.url}/alerts?kind=fire_alarm")
            until(lambda: page.reload() and page.locator(".alert").count() == 1)
            yield Pages(hub, page, visitor)


class Pages:
    """A running hub, as an admin and as a visitor see it."""

    def __init__(self, hub: HubProcess, admin: Page, visitor: Page) -> None:
        self.hub, self.admin, self.visitor = hub, admin, visitor

    def open(self, address: str, lang: str) -> Page:
        is_staff = any(address in addresses for addresses in STAFF.values())
        page = self.admin if is_staff else self.visitor
        page.goto(f"{self.hub.url}{address}{'&' if '?' in address else '?'}lang={lang}")
        return page


def test_every_page_is_looked_at() -> None:
    """A page that is added needs its addresses above."""
    assert {*PUBLIC, *STAFF} | NO_PAGES == set(page_paths())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_violation_of_a_and_aa(pages: Pages, address: str, lang: str) -> None:
    assert AXE.is_file(), f"{AXE} is missing: `make test` installs it, which needs npm"
    page = pages.open(address, lang)
    has_stream = page.locator("#link").count() > 0
    if has_stream and "maybe" not in address:
        page.wait_for_selector("#link[data-link=live]")
    page.evaluate(Path(AXE).read_text("utf-8"))
    assert page.evaluate(RUN, TAGS) == []


def test_a_violation_would_be_seen(pages: Pages) -> None:
    page = pages.open("/", "zh")
    page.evaluate(Path(AXE).read_text("utf-8"))
    page.evaluate("document.querySelector('#found').style.color = '#eeeeee'")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    found = page.evaluate(RUN, TAGS)
    assert {re.split(":", each)[0] for each in found} >= {"color-contrast", "html-has-lang"}
