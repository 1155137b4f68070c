"""Every visit in a real browser: by touch, by keys alone, in the elder view, at 200 % text.

The page is served by the session's own loop; the clock is the stage's, so nobody waits for it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright

from kiosk.session import acts
from kiosk.session.screen import Lang, Prefs
from kiosk.web.serve import serve
from kiosk.web.settings import WebSettings
from tests.browsers import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.flows.stage import Seen, Stage, found, play, seen_of
from tests.flows.steps import Flow
from tests.flows.visits import VISITS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PANEL = {"width": 1280, "height": 800}
ZOOMED = {"width": 640, "height": 400}
"""The same panel at 200 %: half as many CSS pixels, each twice as large."""
MOST_TABS = 90
MOST_SECONDS = 10
POSTS = {"/act", "/enter"}
_FOCUSED = """() => { const form = document.activeElement?.closest("form"); return form
  && ["act", "choice"].map((name) => form.querySelector(`[name=${name}]`)?.value ?? "") }"""
_TEXT = """() => { const sheet = document.querySelector(".sheet");
  const typed = document.querySelector("#typed");
  return sheet.innerText + "\\n" + [...sheet.querySelectorAll("figure li")].map(
    (one) => one.textContent).join("\\n")
    + (typed && typed.type !== "password" ? typed.value : "") }"""
_LEFT = """() => document.documentElement.outerHTML + JSON.stringify({...localStorage})
  + JSON.stringify({...sessionStorage}) + document.cookie + JSON.stringify(history.state)
  + location.href + [...document.querySelectorAll("input, textarea")].map((one) => one.value)"""


class OnGlass:
    """Somebody before the page, with fingers or with keys."""

    def __init__(self, stage: Stage, page: Page, *, has_keys: bool) -> None:
        self.host = stage.host
        self.page = page
        self.has_keys = has_keys
        self.version = 0
        self.urls: list[str] = []
        self.host.watch(self._changed)
        self._sent = self._done = 0
        page.on("request", self._asked)
        page.on("requestfinished", self._finished)

    def _asked(self, request: Request) -> None:
        self.urls.append(request.url)
        self._sent += urlsplit(request.url).path in POSTS

    def _finished(self, request: Request) -> None:
        self._done += urlsplit(request.url).path in POSTS

    def _changed(self) -> None:
        self.version += 1

    async def press(self, act: str, choice: str | None, times: int = 1) -> None:
        await self._shown()
        button, sent = found(self.host.screen, act, choice), self._sent
        if self.has_keys:
            await self._tab_to(act, button.choice)
            # Two at once: a second key press comes before the answer to the first.
            await asyncio.gather(*[self.page.keyboard.press("Enter") for _ in range(times)])
        else:
            wanted = f"form.act-{act}:has(input[name=choice][value='{button.choice}']) button"
            one = self.page.locator(wanted).first
            if times > 1:
                await one.evaluate("(one) => { one.click(); one.click(); }")
            else:
                # One that says why it does nothing now can be pressed, and says so.
                await one.tap(force=not button.is_enabled)
        await self._answered(sent)

    async def _tab_to(self, act: str, choice: str) -> None:
        for _ in range(MOST_TABS):
            if await self.page.evaluate(_FOCUSED) == [act, choice]:
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"no key leads to {act} {choice}")

    async def type(self, name: str, text: str) -> None:
        await self._shown()
        sent = self._sent
        held = await self.page.locator("form.entry [name=name]").get_attribute("value")
        assert held == name
        if self.has_keys:
            await self.page.locator("#typed:focus").wait_for()
            await self.page.keyboard.type(text)
            is_long = await self.page.locator("textarea#typed").count()
            if is_long:
                await self.page.locator("button.send").press("Enter")
            else:
                await self.page.keyboard.press("Enter")
        else:
            await self._type_on_glass(text)
            await self.page.locator("button.send").tap()
        await self._answered(sent)

    async def _type_on_glass(self, text: str) -> None:
        keys = self.page.locator("screen-keyboard")
        for character in text:
            if character.isascii():
                await keys.locator(f"button[data-key='{character}']").tap()
            else:
                # Han characters come from an input method: the glass has no keys for them.
                await self.page.locator("#typed").press_sequentially(character)

    async def seen(self) -> Seen:
        await self._shown()
        screen = self.host.screen
        told = seen_of(screen)
        told.text = await self.page.evaluate(_TEXT)
        on_page = await self.page.locator("form [name=act]").evaluate_all(
            """(all) => all.filter((one) => one.form.querySelector("button").checkVisibility())
            .map((one) => one.value)"""
        )
        told.buttons = {act: told.buttons[act] for act in on_page if act in told.buttons}
        told.field = None
        if await self.page.locator("form.entry").count():
            told.field = await self.page.locator("form.entry [name=name]").get_attribute("value")
        told.is_counting = await self.page.locator("[role=alertdialog]").count() == 1
        return told

    async def left_of(self, secrets: tuple[str, ...]) -> list[str]:
        kept = await self.page.evaluate(_LEFT)
        left = [secret for secret in secrets if secret in kept]
        left += [url for url in self.urls for secret in secrets if secret in url]
        assert all(url.startswith(("http://127.0.0.1:", "data:")) for url in self.urls), self.urls
        return left

    async def _answered(self, sent: int) -> None:
        """Wait until something was posted, and everything that was is answered."""
        async with asyncio.timeout(MOST_SECONDS):
            while self._sent == sent or self._done < self._sent:  # noqa: ASYNC110  has a deadline
                await asyncio.sleep(0.005)
        await self._shown()

    async def _shown(self) -> None:
        await self.page.wait_for_function(
            "(version) => document.querySelector('.sheet')?.dataset.version == version",
            arg=str(self.version),
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS])
        yield opened
        await opened.close()


@asynccontextmanager
async def before_the_glass(
    stage: Stage, browser: Browser, *, has_keys: bool, panel: dict[str, int]
) -> AsyncIterator[OnGlass]:
    """Serve a session, and let somebody stand before it."""
    ready = asyncio.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    web = WebSettings(night_from=0, night_until=0, has_sounds=False)
    serving = asyncio.create_task(serve(stage.host, listener, web, ready=ready.set))
    options: Any = {"viewport": panel, "has_touch": True, "reduced_motion": "reduce"}
    context = await browser.new_context(
        device_scale_factor=PANEL["width"] / panel["width"], **options
    )
    try:
        await asyncio.wait_for(ready.wait(), 10)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        glass = OnGlass(stage, page, has_keys=has_keys)
        await page.goto(address)
        yield glass
    finally:
        await context.close()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        listener.close()


async def visit(
    flow: Flow, stage: Stage, browser: Browser, *, has_keys: bool, panel: dict[str, int] = PANEL
) -> None:
    async with before_the_glass(stage, browser, has_keys=has_keys, panel=panel) as glass:
        await play(flow, stage, glass)


@pytest.mark.parametrize("name", VISITS)
async def test_a_visit_by_touch(browser: Browser, name: str) -> None:
    await visit(VISITS[name], Stage("zh"), browser, has_keys=False)


@pytest.mark.parametrize("name", VISITS)
async def test_a_visit_by_keys(browser: Browser, name: str) -> None:
    await visit(VISITS[name], Stage("en"), browser, has_keys=True)


@pytest.mark.parametrize(
    ("name", "lang"),
    [("borrow-five-card-first", "en"), ("renew-all", "zh"), ("call-for-help", "en")],
)
async def test_a_visit_in_the_elder_view_with_text_twice_as_large(
    browser: Browser, name: str, lang: Lang
) -> None:
    stage = Stage(lang, Prefs(is_elder=True, is_contrast=True, text_dp=24))
    await visit(VISITS[name], stage, browser, has_keys=False, panel=ZOOMED)


async def test_a_visitor_sets_the_manner_and_the_next_one_finds_the_usual(browser: Browser) -> None:
    stage = Stage("zh")
    async with before_the_glass(stage, browser, has_keys=False, panel=PANEL) as glass:
        for act in (acts.HOME, acts.ELDER, acts.LARGER, acts.CONTRAST, acts.LANGUAGE):
            await glass.press(act, None)
        chosen = await glass.page.evaluate("() => document.documentElement.className")
        assert {"elder", "contrast", "dp-20"} <= set(chosen.split())
        stage.wait(100)
        await glass.seen()
        usual = await glass.page.evaluate("() => document.documentElement.className")
        assert not {"elder", "contrast"} & set(usual.split())
