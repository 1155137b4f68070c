"""Rooms over a real broker, in a real browser: a fake room tells, is ordered, and answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.ids import NodeId
from contracts.room import UnfinishedCase
from tests.brokers import Mosquitto
from tests.browsers import PATIENCE_MS
from tests.integration.hub.fake_room import FakeRoom, a_room_status, an_open_room
from tests.integration.hub.running import HubProcess, until
from tests.integration.hub.test_accounts_in_browser import set_up
from tests.integration.hub.test_browser import now_ms

pytestmark = [pytest.mark.browser, pytest.mark.broker]

ROOM = NodeId("book-room-nanxiang", "kiosk")


@dataclass
class Staffed:
    """A running hub, a room that talks to it, and somebody who looks at both."""

    hub: HubProcess
    room: FakeRoom
    page: Page

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.hub.url}{path}")
        return self.page

    def is_live(self) -> None:
        expect(self.page.locator("#link")).to_have_attribute("data-link", "live")


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Staffed]:
    folder = tmp_path_factory.mktemp("rooms")
    with Mosquitto(folder) as broker:
        hub = HubProcess(folder / "hub", broker.port)
        hub.token = "none"
        with hub, FakeRoom(ROOM, broker.port) as room:
            page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
            page.set_default_timeout(PATIENCE_MS)
            expect.set_options(timeout=PATIENCE_MS)
            set_up(page, hub.url)
            room.tell(a_room_status(now_ms()))
            until(lambda: page.goto(f"{hub.url}/rooms") and page.locator("article.room").count())
            yield Staffed(hub, room, page)


@pytest.fixture(autouse=True)
def well(staffed: Staffed) -> None:
    staffed.room.refuses, staffed.room.is_deaf = "", False
    staffed.room.tell(a_room_status(now_ms()))


def test_a_page_hears_at_once_who_is_needed(staffed: Staffed) -> None:
    page = staffed.go("/rooms")
    staffed.is_live()
    expect(page.locator("article.room")).to_contain_text("不需要人")
    now = now_ms()
    cases = (UnfinishedCase("bit_pending", 1, now, ("31234000123",)),)
    staffed.room.tell(a_room_status(now, an_open_room(now, alarms=("tamper",)), cases))
    expect(page.locator("article.room .needs li.breach")).to_contain_text("设备外壳被打开")
    expect(page.locator("article.room .needs li.near")).to_contain_text("有书要人处理：1 件")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "a telephone shows it without moving sideways"


def test_an_order_is_answered_on_the_page_that_gave_it(staffed: Staffed) -> None:
    page = staffed.go(f"/rooms/{ROOM}")
    page.locator("#template").select_option("door")
    page.locator("button[value=announce]").click()
    expect(page.locator(".notice")).to_contain_text("广播：已执行")
    assert staffed.room.orders[-1].zh == "请关好门，谢谢"
    staffed.room.refuses = "the fire contact is still active"
    page.locator("summary").click()
    page.locator("#reason").fill("演习结束")
    page.locator("button[value=reset]").click()
    expect(page.locator(".notice.error")).to_contain_text(staffed.room.refuses)
    expect(page.locator("#given li").first).to_contain_text("被拒绝")
    page = staffed.go("/audit?action=room")
    expect(page.locator("table")).to_contain_text("演习结束")
    expect(page.locator("table")).to_contain_text(staffed.room.refuses)


def test_an_answer_that_comes_late_is_shown_without_asking_again(staffed: Staffed) -> None:
    page = staffed.go(f"/rooms/{ROOM}")
    staffed.room.is_deaf = True
    page.locator("button[value=close]").click()
    expect(page.locator(".notice")).to_contain_text("暂停开放：等待回复")
    staffed.is_live()
    staffed.room.answer(staffed.room.orders[-1])
    expect(page.locator("#given li").first).to_contain_text("已执行")


def test_it_is_read_and_ordered_without_a_script(staffed: Staffed, browser: Browser) -> None:
    state = staffed.page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{staffed.hub.url}/rooms?lang=en")
    page.get_by_role("link", name=re.compile("Nanxiang")).click()
    page.locator("#en").fill("Somebody is on the way")
    page.get_by_role("button", name="Announce").click()
    expect(page.locator(".notice")).to_contain_text("Announce: Done")
    assert staffed.room.orders[-1].en == "Somebody is on the way"
    context.close()
