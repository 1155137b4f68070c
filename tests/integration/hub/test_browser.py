"""The live board in a real browser: numbers that change or grow stale, in both languages."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brokers import Mosquitto
from tests.browsers import PATIENCE_MS, launched
from tests.integration.hub.feeding import Node, a_node
from tests.integration.hub.running import JIADING, HubProcess, Wire, until

pytestmark = [pytest.mark.browser, pytest.mark.broker]

DAY_MS = 86_400_000


@pytest.fixture
def browser() -> Iterator[Browser]:
    with launched() as opened:
        yield opened


class Visit:
    """A page, and what it asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))


CUT_OFF = """[...document.querySelectorAll("#venues article:not([hidden])")].filter((card) => {
  const end = card.getBoundingClientRect();
  return [...card.querySelectorAll(".state, .n, h3")].some((part) => {
    const box = part.getBoundingClientRect();
    return box.height && (box.bottom > end.bottom || box.right > end.right);
  });
}).map((card) => card.id)"""
"""Cards of which a name, a number or a state is not whole."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def watched_museum(until_ms: int) -> Node:
    node = a_node("museum").begin(until_ms - 10 * DAY_MS)
    return node.watched("main", until_ms - 9 * DAY_MS, until_ms)


def test_the_board_lives(tmp_path: Path, mosquitto: Mosquitto, browser: Browser) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        visit = Visit(browser.new_page(viewport={"width": 1400, "height": 1000}))
        page = visit.page
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.goto(hub.url)
        museum = page.locator("#v-museum")

        # Never heard: a dash on hatched ground, never a zero.
        expect(museum.locator(".n b")).to_have_text("—")
        expect(museum).to_have_class(re.compile("stale"))
        expect(museum).to_contain_text("尚未收到数据")
        expect(page.locator("#link")).to_have_attribute("data-link", "live")

        # A number that changes reaches the page without a reload, and who reads stays in place.
        page.keyboard.press("/")
        expect(page.locator("#choose [name=q]")).to_be_focused()
        page.keyboard.type("嘉定博物馆")
        expect(page.locator("#venues article:visible")).to_have_count(1)
        expect(page).to_have_url(re.compile("q="))
        page.keyboard.press("Escape")
        expect(page.locator("#venues article:visible")).to_have_count(32)
        museum.focus()
        minute = now_ms() // 60_000 * 60 - 60
        node = watched_museum(now_ms()).count("main", minute, 9, 2)
        wire.send(node)
        expect(museum.locator(".n b")).to_have_text("7")
        expect(museum).not_to_have_class(re.compile("stale"))
        expect(museum).to_have_attribute("data-quality", "known")
        wire.send(node.count("main", minute, 12, 2))
        expect(museum.locator(".n b")).to_have_text("10")
        expect(museum).to_be_focused()
        expect(page.locator("#inside")).to_have_text("10")

        # A node that is gone: the number is taken back, with when it was last heard.
        wire.publish(node.status_topic, node.status(online=False, at_ms=1), retain=True)
        expect(museum).to_have_class(re.compile("stale"))
        expect(museum.locator(".n b")).to_have_text("—")
        expect(museum).to_contain_text(re.compile(r"末次 .*\d\d:\d\d，10 人"))
        expect(page.locator("#attention")).to_contain_text("设备离线")

        # English by the switch.
        page.get_by_role("link", name="English").click()
        expect(page).to_have_url(re.compile(r"lang=en$"))
        expect(museum.locator("h3")).to_have_text("Jiading Museum", use_inner_text=True)
        expect(museum).to_contain_text(re.compile(r"last heard .*\d\d:\d\d, 10 inside"))
        expect(page.locator("#link")).to_have_attribute("data-link", "live")

        assert not visit.complaints
        assert all(url.startswith(hub.url) for url in visit.requests)

        # The hub ends: everything is marked as standing still.
        assert hub.stop() == 0
        expect(page.locator("#link")).to_have_attribute("data-link", "lost")
        expect(page.locator(".lost-note")).to_be_visible()
        expect(museum.locator(".untold")).to_be_visible()
        expect(museum.locator(".fresh").first).to_be_hidden()


def test_a_refused_stream_is_asked_for_again(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    hub = HubProcess(tmp_path / "hub", mosquitto.port)
    text = hub.config.read_text()
    hub.config.write_text(text.replace("[http]", "[http]\nmax_streams = 1"))
    with hub:
        page = browser.new_page()
        # The only place is taken: the browser itself would give up for good.
        with httpx.stream("GET", f"{hub.url}/api/v1/live") as taken:
            until(lambda: hub.get("/health")["streams"] == 1)
            page.goto(hub.url)
            expect(page.locator("#link")).to_have_attribute("data-link", "lost")
            assert taken.status_code == 200
        expect(page.locator("#link")).to_have_attribute("data-link", "live", timeout=20_000)
        expect(page.locator(".lost-note")).to_be_hidden()
        assert hub.stop() == 0


def test_a_wall_has_no_controls_and_large_numbers(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{hub.url}/")
        # The second turn is for the others.
        number = page.locator("#v-district-library .n b")
        desk = number.bounding_box()
        page.goto(f"{hub.url}/?wall=1")
        expect(page.locator("#turn")).to_have_text("1 / 2")
        wall = number.bounding_box()
        assert desk is not None
        assert wall is not None
        assert wall["height"] > 1.2 * desk["height"]
        assert page.locator("nav").is_hidden()
        assert page.locator("summary:visible").count() == 0
        size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert size[0] <= size[1]


def test_a_wall_takes_turns_unless_less_motion_is_wished(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.clock.install()
        page.goto(f"{hub.url}/?wall=1")
        shown = page.locator("#venues article:visible")
        expect(page.locator("#turn")).to_have_text("1 / 2")
        expect(shown).to_have_count(16)
        # All of it fits, and no card is cut off.
        for box in (card.bounding_box() for card in shown.all()):
            assert box is not None
            assert box["y"] + box["height"] <= 1080
        assert page.evaluate(CUT_OFF) == []
        page.clock.fast_forward(20_000)
        expect(page.locator("#turn")).to_have_text("2 / 2")
        expect(shown).to_have_count(16)
        page.emulate_media(reduced_motion="reduce")
        expect(shown).to_have_count(32)
        page.clock.fast_forward(60_000)
        expect(shown).to_have_count(32)


@pytest.mark.parametrize("venues", [6, 12, 16, 20, 30])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_wall_no_state_is_cut_off(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser, venues: int, lang: str
) -> None:
    district = tmp_path / "district"
    district.mkdir()
    for path in sorted(JIADING.glob("*.toml"))[:venues]:
        (district / path.name).write_bytes(path.read_bytes())
    with HubProcess(tmp_path / "hub", mosquitto.port, district=district) as hub:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{hub.url}/?wall=1&lang={lang}")
        expect(page.locator("#link")).to_have_attribute("data-link", "live")
        assert page.locator("#venues article:visible").count() == venues
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080


def test_filters_work_without_a_script_and_at_once_with_one(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        plain = browser.new_context(java_script_enabled=False).new_page()
        live = browser.new_page()
        for page in (plain, live):
            page.goto(f"{hub.url}/?lang=en")
            page.get_by_label("Kind").select_option("book_room")
            if page is plain:
                page.get_by_role("button", name="Apply").click()
            expect(page).to_have_url(re.compile("kind=book_room"))
            expect(page.locator("#v-museum")).to_be_hidden()
            expect(page.locator("#v-book-room-zhouqiao")).to_be_visible()
            told = page.locator("#found").text_content()
            page.get_by_label("Search").fill("no such place")
            page.keyboard.press("Enter")
            expect(page.locator("#none")).to_be_visible()
        options = [page.get_by_label("Kind").locator("option") for page in (plain, live)]
        assert options[0].all_text_contents() == options[1].all_text_contents()
        assert told == f"{live.locator('[data-kind=book_room]').count()} of 32 venues"
        live.get_by_role("link", name="Clear").click()
        expect(live.locator("#venues article:visible")).to_have_count(32)
        expect(live).to_have_url(re.compile(r"\?lang=en$"))


def test_night_by_switch_or_as_the_system_has_it(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        ground = "getComputedStyle(document.body).backgroundColor"
        page = browser.new_page()
        page.goto(hub.url)
        day = page.evaluate(ground)
        page.get_by_role("link", name="夜间").click()
        expect(page).to_have_url(re.compile("night=1"))
        # The address changes when the page begins; its style sheets come after it.
        page.wait_for_load_state()
        night = page.evaluate(ground)
        assert night != day
        page.emulate_media(color_scheme="dark")
        page.goto(hub.url)
        assert page.evaluate(ground) == night
        page.goto(f"{hub.url}/?night=0")
        assert page.evaluate(ground) == day


def test_single_keys_can_be_switched_off(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        page = browser.new_page()
        page.goto(hub.url)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_have_attribute("open", "")
        page.keyboard.press("j")
        first = page.locator("#venues article").first
        expect(first).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.locator("#venues article").nth(1)).to_be_focused()
        page.locator("#keys-on").uncheck()
        page.reload()
        page.keyboard.press("j")
        page.keyboard.press("/")
        expect(page.locator("body")).to_be_focused()


def test_a_phone_shows_what_needs_a_person_first(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(hub.url)
        boxes = [page.locator(name).bounding_box() for name in ("#attention", "#summary")]
        attention, summary = boxes
        assert attention is not None
        assert summary is not None
        assert attention["y"] < summary["y"]
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_a_script_and_without_venues(
    tmp_path: Path, mosquitto: Mosquitto, browser: Browser
) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port, district=None) as hub:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(hub.url)
        assert page.get_by_role("heading", name="还没有场馆").is_visible()
        assert page.locator("#link .still").is_visible()
