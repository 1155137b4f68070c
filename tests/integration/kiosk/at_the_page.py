"""A visitor before the page of a kiosk that runs as a process of its own, in a room of devices."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from firmware_bridge.simulated.pad import SimulatedTag
from tests.integration.kiosk.rooms import CARD, PIN, Room

MOST_MS = 60_000
VERSION = re.compile(r'data-version="(\d+)"')


@dataclass
class Visitor:
    """Touches what the page shows; `think_seconds` before each touch."""

    page: Page
    room: Room
    think_seconds: float = 0.0

    async def at(self, name: str) -> None:
        """Wait until this screen is shown, and nothing on it is waited for."""
        shown = self.page.locator(f".sheet[data-name='{name}']")
        await expect(shown).to_have_count(1, timeout=MOST_MS)
        await expect(self.page.locator(".waiting")).to_have_count(0, timeout=MOST_MS)

    async def tap(self, act: str, choice: str | None = None) -> None:
        """Touch the button of an act, once it is there and does what it says."""
        which = "" if choice is None else f":has(input[name=choice][value='{choice}'])"
        button = self.page.locator(f"form.act-{act}{which} button:not([aria-disabled=true])").first
        await self._touch(button, "/act")

    async def can(self, act: str) -> bool:
        """Tell whether an act is offered now."""
        return (
            await self.page.locator(f"form.act-{act} button:not([aria-disabled=true])").count() > 0
        )

    async def type(self, text: str) -> None:
        """Type on the glass, and send it."""
        for character in text:
            await self.page.locator(f"screen-keyboard button[data-key='{character}']").tap()
        await self._touch(self.page.locator("button.send"), "/enter")

    async def _touch(self, button: Locator, path: str) -> None:
        """Touch, and wait until the answer is shown: what is touched before it does nothing."""
        await asyncio.sleep(self.think_seconds)
        await expect(self.page.locator(".waiting")).to_have_count(0, timeout=MOST_MS)
        async with self.page.expect_response(f"**{path}", timeout=MOST_MS) as answer:
            await button.tap(timeout=MOST_MS)
        version = VERSION.search(await (await answer.value).text())
        assert version is not None
        await self.page.wait_for_function(
            "(version) => document.querySelector('.sheet')?.dataset.version >= version",
            arg=int(version[1]),
            timeout=MOST_MS,
        )

    async def begin(self) -> None:
        """Touch the first screen."""
        await self.at("attract")
        await self.tap("home")
        await self.at("home")

    async def identify(self) -> None:
        """Hold the card up, and type the PIN."""
        await self.at("identify")
        self.room.cards.put(CARD)
        await self.at("pin")
        self.room.cards.take(CARD)
        await self.type(PIN)

    async def lend(self, act: str, books: Iterable[SimulatedTag]) -> None:
        """Borrow or return books, with a slip as a code, to the first screen again."""
        laid = [*books]
        await self.begin()
        self.room.lay(laid)
        await self.tap(act)
        if act == "borrow":
            await self.identify()
        await self.at("pad")
        await expect(self.page.locator(".rows li")).to_have_count(len(laid), timeout=MOST_MS)
        await self.tap("confirm")
        await expect(self.page.locator(".rows .mark.good")).to_have_count(
            len(laid), timeout=MOST_MS
        )
        await self.tap("finish")
        await self.at("receipt")
        await self.tap("slip", "qr")
        await self.tap("slip", "none")
        await self.at("farewell")
        self.room.clear(laid)
        await self.tap("finish")
        await self.at("attract")
