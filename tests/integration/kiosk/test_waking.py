"""A touch on a dark panel lights it and presses nothing; the next one does what it says."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.web.heart import WAKE_SECONDS, WATCHED_SECONDS
from tests.integration.kiosk.screens import FACTS, SERVICES
from tests.integration.kiosk.served import ServedKiosk

pytestmark = pytest.mark.browser

TO_THE_NIGHT = 18 * 3600.0


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    yield page
    page.close()


def test_a_touch_in_the_dark_only_wakes(page: Page) -> None:
    with ServedKiosk() as kiosk:
        kiosk.post(FACTS, SERVICES)
        page.goto(kiosk.url)
        start = page.locator("form.act-home button").first

        def touched() -> str:
            with page.expect_response("**/act"):
                start.click()
            return kiosk.host.screen.name.value

        def is_lit() -> bool:
            return bool(httpx.get(f"{kiosk.url}/heart").json()["lit"])

        assert is_lit()
        kiosk.pass_seconds(TO_THE_NIGHT)
        assert not is_lit()
        assert touched() == "attract"
        assert is_lit()
        # A finger that taps twice has not seen anything either.
        assert touched() == "attract"
        kiosk.pass_seconds(WAKE_SECONDS + 1)
        assert touched() == "home"
        expect(page.locator(".sheet")).to_have_attribute("data-name", "home")


def test_where_nobody_darkens_the_panel_every_touch_counts(page: Page) -> None:
    with ServedKiosk() as kiosk:
        kiosk.post(FACTS, SERVICES)
        httpx.get(f"{kiosk.url}/heart")
        kiosk.pass_seconds(TO_THE_NIGHT + WATCHED_SECONDS)
        page.goto(kiosk.url)
        with page.expect_response("**/act"):
            page.locator("form.act-home button").first.click()
        assert kiosk.host.screen.name.value == "home"
