"""A panel of 1280 x 800: what is done stands in the lower band, what is long has pages."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.session.screen import Lang, Prefs
from kiosk.session.settings import SessionSettings
from tests.integration.kiosk.screens import SCREENS
from tests.integration.kiosk.served import ServedKiosk
from tests.integration.kiosk.test_accessibility import looked_at

pytestmark = pytest.mark.browser

PLACES = """() => {
  const box = (one) => { const b = one.getBoundingClientRect();
    return { top: b.top, bottom: b.bottom, left: b.left, right: b.right,
             text: one.textContent.trim().slice(0, 20) } };
  const shown = (one) => one.offsetParent !== null;
  const pick = (what) => [...document.querySelectorAll(what)].filter(shown).map(box);
  const mains = pick(".acts button.main, .attract .acts button, .send");
  return { mains: mains.slice(0, 2), foot: pick("footer button"),
           more: document.scrollingElement.scrollHeight - innerHeight };
}"""
# Lines that a visitor sees whole, those cut by the lower edge, and what the pager says.
LINES = """() => {
  const room = document.querySelector(".room"), pager = document.querySelector("screen-pager");
  const cut = parseFloat(getComputedStyle(room).getPropertyValue("--cut")) || 0;
  const box = room.getBoundingClientRect(), edge = box.bottom - cut;
  const lines = [...room.querySelectorAll(".rows li")].filter((one) => one.offsetParent);
  const at = lines.map((one) => one.getBoundingClientRect());
  const dp = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--dp"));
  return { whole: at.flatMap((b, n) => b.top >= box.top - 1 && b.bottom <= edge + 1 ? [n] : []),
    half: at.filter((b) => b.top > box.top + 1 && b.top < edge && b.bottom > edge + 1).length,
    below: at.filter((b) => b.bottom > edge + 1).length, count: lines.length, sign: pager.innerText,
    isPaged: !pager.hidden, isEnd: pager.lastChild.getAttribute("aria-disabled") === "true",
    dp: Math.min(...[...pager.querySelectorAll("button")].map((b) => b.offsetHeight)) / dp };
}"""


@pytest.fixture
def page(browser: Browser) -> Any:
    page = browser.new_page(
        viewport={"width": 1280, "height": 800}, has_touch=True, reduced_motion="reduce"
    )
    yield page
    page.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_main_buttons_and_the_foot_are_in_sight_on_every_screen(page: Page, lang: Lang) -> None:
    hidden: list[str] = []
    with ServedKiosk() as kiosk:
        page.goto(kiosk.url)
        for name in SCREENS:
            for prefs in (Prefs(lang=lang, is_elder=True), Prefs(lang=lang)):
                looked_at(page, kiosk, name, prefs)
                seen = page.evaluate(PLACES)
                if seen["more"] > 0:
                    hidden.append(f"{name}: the page is {seen['more']} px too long")
                top = min(one["top"] for one in seen["foot"])
                hidden += [
                    f"{name}: {one['text']}"
                    for one in seen["mains"]
                    if one["top"] < 0 or one["bottom"] > top
                ]
                hidden += [
                    f"{name}: {one['text']}"
                    for one in seen["foot"]
                    if one["bottom"] > 800 or one["right"] > 1280 or one["left"] < 0
                ]
    assert hidden == []


@pytest.mark.parametrize("name", ["account", "pad", "hours"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_is_read_to_its_end_by_its_buttons(page: Page, name: str, lang: Lang) -> None:
    with ServedKiosk() as kiosk:
        page.goto(kiosk.url)
        looked_at(page, kiosk, name, Prefs(lang=lang, is_elder=True))
        read: set[int] = set()
        for _ in range(20):
            seen = page.evaluate(LINES)
            assert seen["isPaged"]
            assert seen["half"] == 0
            assert seen["dp"] >= 59.9
            read |= set(seen["whole"])
            if seen["isEnd"]:
                break
            if seen["below"]:
                assert str(seen["below"]) in seen["sign"]
            page.locator("screen-pager button").last.tap()
        assert seen["isEnd"]
        assert read == set(range(seen["count"]))
        page.locator("screen-pager button").first.tap()
        assert not page.evaluate(LINES)["isEnd"]


def test_what_has_the_focus_stands_whole(page: Page) -> None:
    with ServedKiosk() as kiosk:
        page.goto(kiosk.url)
        looked_at(page, kiosk, "account", Prefs(lang="en", is_elder=True, text_dp=30))
        for one in page.locator(".rows button").all():
            one.focus()
            seen = page.evaluate(LINES)
            at = page.evaluate(
                """() => [...document.querySelectorAll(".rows li")].indexOf(
                  document.activeElement.closest("li"))"""
            )
            assert at in seen["whole"], seen


def test_a_countdown_changes_its_number_alone(page: Page) -> None:
    """A dialog that is made anew each second is told anew each second, and loses its focus."""
    with ServedKiosk(SessionSettings(prefs=Prefs(lang="en"))) as kiosk:
        page.goto(kiosk.url)
        looked_at(page, kiosk, "account", Prefs(lang="en"))
        kiosk.pass_seconds(32)
        page.locator("[role=alertdialog]").wait_for()
        page.evaluate(
            """() => { window.dialog = document.querySelector("[role=alertdialog]");
            window.button = document.activeElement; window.changed = [];
            new MutationObserver((all) => changed.push(...all.map((one) =>
              (one.target.parentElement ?? one.target).closest("[id]")?.id ?? one.target.nodeName)))
              .observe(dialog.parentElement, { subtree: true, childList: true }); }"""
        )
        first = page.locator("#left b").inner_text()
        for _ in range(3):
            before = page.locator("#left b").inner_text()
            kiosk.pass_seconds(1)
            expect(page.locator("#left b")).not_to_have_text(before)
        assert int(first) - int(page.locator("#left b").inner_text()) == 3
        assert page.evaluate("() => [...new Set(changed)]") == ["left"]
        assert page.evaluate(
            """() => dialog.isConnected && document.activeElement === button
              && dialog.contains(button)"""
        )
        page.keyboard.press("Enter")
        page.locator("[role=alertdialog]").wait_for(state="detached")
        assert kiosk.host.screen.countdown is None
