"""Every screen in both languages and every manner against WCAG A and AA, by axe-core."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from kiosk.lending.stack import OnPad
from kiosk.session.events import OutOfUse, PadSeen
from kiosk.session.screen import Prefs, ScreenName
from kiosk.web.settings import WebSettings
from tests.integration.hub.test_accessibility import AXE, RUN, TAGS
from tests.integration.kiosk.screens import AROUND, SCREENS
from tests.integration.kiosk.served import ServedKiosk

pytestmark = pytest.mark.browser

MANNERS = {
    "zh": Prefs(),
    "en": Prefs(lang="en"),
    "elder": Prefs(is_elder=True, text_dp=30),
    "contrast": Prefs(is_contrast=True, lang="en"),
}
SIZES = """() => {
  const mm = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--mm"));
  const dp = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--dp"));
  return [...document.querySelectorAll("button, a")].filter((b) => b.offsetParent).map((b) => {
    const box = b.getBoundingClientRect();
    return { mm: Math.min(box.width, box.height) / mm, high: box.height / mm,
             dp: Math.min(box.width, box.height) / dp, key: !!b.dataset.key,
             main: b.classList.contains("main") && !b.classList.contains("send"),
             text: b.textContent.trim().slice(0, 20) };
  });
}"""

CUT = """() => [...document.querySelectorAll("button, p, li, h1")]
  .filter((e) => e.offsetParent && !e.closest(".unseen"))
  .filter((e) => getComputedStyle(e).display !== "inline")
  .filter((e) => e.scrollWidth > e.clientWidth + 2)
  .map((e) => e.textContent.trim().slice(0, 30))"""
# What is long has its pager before it is painted, and not much sooner.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def looked_at(page: Page, kiosk: ServedKiosk, name: str, prefs: Prefs) -> None:
    """Let the page show a screen, and wait until it does."""
    visit, around = SCREENS[name]
    clean = {**AROUND, "pad": PadSeen(OnPad()), "out": OutOfUse(is_out=False), **around}
    kiosk.show(replace(visit, prefs=prefs), **clean)
    serial = kiosk.host.screen.serial
    page.wait_for_selector(f".sheet[data-serial='{serial}']")
    page.evaluate(PAINTED)


@pytest.mark.parametrize("manner", MANNERS)
def test_no_screen_breaks_a_rule(browser: Browser, manner: str) -> None:
    assert {visit.name for visit, _ in SCREENS.values()} == set(ScreenName) - {
        ScreenName.OUT_OF_SERVICE
    }
    prefs = MANNERS[manner]
    broken: dict[str, list[str]] = {}
    night = WebSettings(night_from=0, night_until=24) if manner == "en" else None
    with ServedKiosk() if night is None else ServedKiosk(web=night) as kiosk:
        # A low panel in the elder view: what is long has its buttons to turn pages.
        panel: ViewportSize = {"width": 1920, "height": 1080}
        if manner == "elder":
            panel = {"width": 1280, "height": 800}
        page = browser.new_page(viewport=panel, reduced_motion="reduce")
        page.goto(kiosk.url)
        page.evaluate(AXE.read_text("utf-8"))
        for name in SCREENS:
            looked_at(page, kiosk, name, prefs)
            found = page.evaluate(RUN, TAGS)
            if found:
                broken[name] = found
        page.close()
    assert broken == {}


@pytest.mark.parametrize("manner", ["zh", "elder"])
def test_targets_have_their_size(browser: Browser, manner: str) -> None:
    small: list[str] = []
    with ServedKiosk() as kiosk:
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
        page.goto(kiosk.url)
        for name in SCREENS:
            looked_at(page, kiosk, name, MANNERS[manner])
            for one in page.evaluate(SIZES):
                # A key of a keyboard is as wide as ten of them leave it; it is as high as others.
                size = one["high"] if one["key"] else one["mm"]
                if size < (24.9 if one["main"] else 14.9):
                    small.append(f"{name}: {one['text']} {size:.1f} mm")
                if manner == "elder" and not one["key"] and one["dp"] < 59.9:
                    small.append(f"{name}: {one['text']} {one['dp']:.1f} dp")
        page.close()
    assert small == []


@pytest.mark.parametrize("size", ["1280x800", "1080x1920"])
def test_nothing_is_lost_with_text_twice_as_large(browser: Browser, size: str) -> None:
    """WCAG 1.4.4: all text is there, and nothing has to be scrolled sideways."""
    width, height = map(int, size.split("x"))
    lost: list[str] = []
    with ServedKiosk() as kiosk:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(kiosk.url)
        for name in SCREENS:
            looked_at(page, kiosk, name, Prefs(is_elder=True, text_dp=30))
            over = page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            cut = page.evaluate(CUT)
            if over > 0 or cut:
                lost.append(f"{name}: {over} px over, cut: {cut}")
        page.close()
    assert lost == []


def test_a_visit_has_a_shape_that_a_screen_reader_can_tell(browser: Browser) -> None:
    with ServedKiosk() as kiosk:
        page = browser.new_page()
        page.goto(kiosk.url)
        looked_at(page, kiosk, "home", Prefs(lang="en"))
        told = page.locator("body").aria_snapshot()
        page.close()
    for part in ('- heading "Welcome to Zhouqiao Book Room', "- main", "- contentinfo", "- banner"):
        assert part in told, told
    assert 'button "Borrow 借书' in told
