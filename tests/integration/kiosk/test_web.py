"""The page of a session in a real browser: by touch, by keys, without a script; the wipe."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.transaction import Action
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.effects import Effect
from kiosk.session.patron import IdentifyRefusal, Patron
from kiosk.speech import Speaker
from kiosk.web.guard import MOST_BODY_BYTES
from tests.integration.kiosk.screens import BOOKS, FACTS, PAD, SERVICES
from tests.integration.kiosk.served import ServedKiosk

pytestmark = pytest.mark.browser

CARD, PIN, NAME, TITLE = "21101080001234", "1949", "陈*", "只有读者知道的书"
SECRETS = (CARD, PIN, NAME, TITLE)


def desk(kiosk: ServedKiosk, effect: Effect) -> None:
    """Answer as a library would that knows one card."""
    say = kiosk.host.post
    match effect:
        case x.Identify(_, number, pin):
            if (number, pin) == (CARD, PIN):
                say(e.Identified(Patron(CARD, NAME)))
            else:
                say(e.NotIdentified(IdentifyRefusal.WRONG_PIN))
        case x.Handle(_, action, item_ids):
            for item_id in item_ids:
                row = SlipRow(action, item_id, TITLE, "2026-12-27", Ending.DONE)
                say(e.ItemEnded(item_id, row, f"t{item_id}"))
            say(e.HandlingEnded())
        case x.EndSession():
            row = SlipRow(Action.BORROW, "31000", TITLE, "2026-12-27", Ending.DONE)
            say(e.SlipReady((row,)))
        case x.GiveSlip(_, way):
            say(e.SlipGiven(way, ok=True))


@pytest.fixture
def kiosk() -> Iterator[ServedKiosk]:
    with ServedKiosk(answer=desk) as served:
        served.post(FACTS, SERVICES)
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, has_touch=True, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def tap(page: Page, act: str, choice: str = "") -> None:
    wanted = f"form.act-{act}:has(input[name=choice][value='{choice}']) button"
    page.locator(wanted).first.tap()


def type_on_glass(page: Page, text: str) -> None:
    for key in text:
        page.locator(f"screen-keyboard button[data-key='{key}']").tap()
    page.locator("button.send").tap()


def shows(page: Page, name: str) -> None:
    expect(page.locator(".sheet")).to_have_attribute("data-name", name)


def test_five_books_are_borrowed_by_touch_alone(kiosk: ServedKiosk, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(kiosk.url)
    tap(page, "home")
    shows(page, "home")
    tap(page, "borrow")
    type_on_glass(page, CARD)
    shows(page, "pin")
    assert page.locator("#typed").get_attribute("type") == "password"
    type_on_glass(page, "0000")
    expect(page.locator(".alert")).to_contain_text("密码不对")
    expect(page.locator("#typed")).to_have_value("")
    type_on_glass(page, PIN)
    shows(page, "pad")
    kiosk.post(PAD)
    expect(page.locator(".says")).to_contain_text("看到 5 本书")
    page.locator("form.act-confirm button").tap()
    expect(page.locator(".rows .mark.good")).to_have_count(5)
    tap(page, "finish")
    shows(page, "receipt")
    tap(page, "slip", "qr")
    expect(page.locator("svg.qr")).to_be_visible()
    tap(page, "slip", "none")
    shows(page, "farewell")
    tap(page, "finish")
    shows(page, "attract")
    handled = [one for one in kiosk.effects if isinstance(one, x.Handle)]
    assert [one.item_ids for one in handled] == [tuple(book.item_id for book in BOOKS)]
    assert {httpx.URL(url).host for url in asked} == {"127.0.0.1"}
    assert [url for url in asked for secret in (CARD, PIN) if secret in url] == []


def test_the_same_by_keys_alone(kiosk: ServedKiosk, page: Page) -> None:
    page.goto(kiosk.url)
    keys = page.keyboard

    def press(act: str) -> None:
        """Tab on until the button has the focus, then press it."""
        for _ in range(60):
            keys.press("Tab")
            focused = "document.activeElement.closest('form')?.className ?? ''"
            if f"act-{act}" in page.evaluate(focused).split():
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(outline) == "solid", "who presses keys sees where they are"
                keys.press("Enter")
                return
        raise AssertionError(f"no key leads to {act}")

    press("home")
    shows(page, "home")
    press("account")
    shows(page, "identify")
    keys.type(CARD)
    keys.press("Enter")
    shows(page, "pin")
    keys.press("Escape")
    shows(page, "identify")
    keys.type(CARD)
    keys.press("Enter")
    shows(page, "pin")
    keys.type(PIN)
    keys.press("Enter")
    shows(page, "account")
    press("finish")
    shows(page, "attract")


def test_what_is_typed_stays_while_books_come_and_go(kiosk: ServedKiosk, page: Page) -> None:
    page.goto(kiosk.url)
    tap(page, "home")
    tap(page, "borrow")
    page.locator("#typed").fill("2110")
    kiosk.post(PAD)
    expect(page.locator(".says")).to_contain_text("5 本书")
    expect(page.locator("#typed")).to_have_value("2110")
    expect(page.locator("#typed")).to_be_focused()


def test_a_double_tap_acts_once(kiosk: ServedKiosk, page: Page) -> None:
    kiosk.post(PAD)
    page.goto(kiosk.url)
    tap(page, "return")
    shows(page, "pad")
    button = page.locator("form.act-confirm button")
    button.evaluate("(one) => { one.click(); one.click(); }")
    expect(page.locator(".rows .mark.good")).to_have_count(5)
    assert sum(isinstance(one, x.Handle) for one in kiosk.effects) == 1


def test_a_tap_is_answered_once(kiosk: ServedKiosk, page: Page) -> None:
    """What a tap changes comes with its answer, and is not asked for a second time."""
    asked: list[str] = []
    page.goto(kiosk.url)
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    tap(page, "home")
    shows(page, "home")
    for _ in range(5):
        tap(page, "hours")
        shows(page, "hours")
        tap(page, "home")
        shows(page, "home")
    assert asked.count("/act") == 11
    assert asked.count("/screen") == 0
    # What changes without a tap is asked for.
    kiosk.post(PAD)
    expect(page.locator(".says")).to_contain_text("看到 5 本书")
    assert asked.count("/screen") == 1


def test_nothing_of_a_visitor_is_left_after_the_time_out(kiosk: ServedKiosk, page: Page) -> None:
    page.goto(kiosk.url)
    tap(page, "home")
    tap(page, "account")
    type_on_glass(page, CARD)
    type_on_glass(page, PIN)
    expect(page.locator("#screen")).to_contain_text("陈*")
    kiosk.pass_seconds(35)
    expect(page.locator("[role=alertdialog]")).to_be_visible()
    tap(page, "more_time")
    expect(page.locator("[role=alertdialog]")).to_have_count(0)
    page.evaluate(
        """() => { window.cleared = new Promise((done) => new MutationObserver(() => {
        if (!document.body.innerText.includes("陈*")) done(performance.now());
        }).observe(document.body, { childList: true, subtree: true })); }"""
    )
    page.wait_for_timeout(50)
    began = time.monotonic()
    kiosk.pass_seconds(60)
    page.evaluate("() => window.cleared")
    took = time.monotonic() - began
    shows(page, "attract")
    left = page.evaluate(
        """async () => JSON.stringify([document.documentElement.outerHTML, location.href,
        history.length, history.state, {...localStorage}, {...sessionStorage}, document.cookie,
        [...document.querySelectorAll("input, textarea")].map((one) => one.value),
        await caches.keys(), (await indexedDB.databases()).length])"""
    )
    assert [secret for secret in SECRETS if secret in left] == []
    assert json.loads(left)[2] <= 2, "no screen is an entry of the history"
    page.go_back()
    page.go_forward()
    assert [secret for secret in SECRETS if secret in page.content()] == []
    assert took < 1.0, f"cleared after {took:.3f} s"


def test_a_visit_without_a_script(kiosk: ServedKiosk, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(kiosk.url)
    for act in ("home", "borrow"):
        page.locator(f"form.act-{act} button").first.click()
    page.locator("#typed").fill(CARD)
    page.locator("button.send").click()
    page.locator("#typed").fill(PIN)
    page.locator("button.send").click()
    expect(page.locator("h1")).to_contain_text("借书")
    assert CARD not in page.url
    for path, said in (("hours", "09:00–20:00"), ("nearby", "嘉定博物馆"), ("privacy", "七天")):
        page.goto(f"{kiosk.url}/{path}")
        expect(page.locator("main")).to_contain_text(said)
    page.goto(f"{kiosk.url}/hours?lang=en")
    expect(page.locator("h1 b")).to_have_text("Opening hours, Zhouqiao Book Room")
    context.close()


def test_the_whole_page_is_small_and_from_here(kiosk: ServedKiosk, page: Page) -> None:
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())})
            if "stream" not in answer.url else None)  # fmt: skip
    page.goto(kiosk.url)
    tap(page, "home")
    shows(page, "home")
    assert sum(sizes.values()) <= 150 * 1024, sizes
    assert all(url.startswith((kiosk.url, "data:")) for url in sizes), sizes


@pytest.fixture
def alone() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that shows a patron's account, and its address."""
    pipe = subprocess.PIPE
    program = [sys.executable, "-m", "tests.integration.kiosk.served_alone"]
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_nothing_of_a_visitor_is_left_when_the_process(
    page: Page, alone: tuple[subprocess.Popen[str], str], how: signal.Signals
) -> None:
    process, url = alone
    page.goto(url)
    expect(page.locator("#screen")).to_contain_text(NAME)
    page.wait_for_timeout(1500)  # beats come: it stays
    expect(page.locator("#screen")).to_contain_text(NAME)
    process.send_signal(how)
    expect(page.locator("#stale")).to_be_visible(timeout=4500)
    expect(page.locator("#stale")).to_contain_text("Out of service")
    left = page.content() + page.title()
    assert [secret for secret in SECRETS if secret in left] == []
    assert page.locator("#screen *").count() == 0
    if how is signal.SIGSTOP:
        process.send_signal(signal.SIGCONT)
        expect(page.locator("#screen")).to_contain_text(NAME)
        expect(page.locator("#stale")).to_be_hidden()


def test_strangers_are_sent_away(kiosk: ServedKiosk) -> None:
    page = httpx.get(kiosk.url).text
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]
    form = {"token": token, "serial": "0", "act": "home", "choice": ""}

    def post(path: str = "/act", **headers: str) -> int:
        return httpx.post(f"{kiosk.url}{path}", data=form, headers=headers).status_code

    assert post(origin="http://evil.example") == 403
    assert post(**{"sec-fetch-site": "cross-site"}) == 403
    assert post(host="evil.example") == 421
    assert httpx.get(kiosk.url, headers={"host": "evil.example:80"}).status_code == 421
    assert httpx.post(f"{kiosk.url}/act", data={**form, "token": "x"}).status_code == 403
    assert httpx.post(f"{kiosk.url}/act", data={**form, "serial": "ⅷ"}).status_code == 422
    assert httpx.post(f"{kiosk.url}/act", data={"token": token}).status_code == 422
    large = {**form, "choice": "9" * MOST_BODY_BYTES}
    assert httpx.post(f"{kiosk.url}/act", data=large).status_code == 413
    assert httpx.post(f"{kiosk.url}/act", content=b"\xff\xfe" * 9).status_code == 422
    assert kiosk.host.screen.name.value == "attract"
    assert post() == 303
    assert kiosk.host.screen.name.value == "home"
    answer = httpx.get(kiosk.url)
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_screen_is_spoken_by_the_kiosks_own_voice(kiosk: ServedKiosk) -> None:
    if not Speaker().can_speak:
        pytest.skip("espeak-ng is not installed")
    spoken = httpx.get(f"{kiosk.url}/speech")
    assert spoken.content[:4] == b"RIFF"
    assert len(spoken.content) > 20_000
    assert spoken.headers["cache-control"] == "no-store"


def test_without_a_voice_the_button_says_so(page: Page) -> None:
    silent = Speaker()
    silent._program = ""
    with ServedKiosk(speaker=silent) as served:
        assert httpx.get(f"{served.url}/speech").status_code == 404
        page.goto(served.url)
        expect(page.locator("form.act-speak button")).to_contain_text("没有语音")
        expect(page.locator("form.act-speak button")).to_be_disabled()
