"""A newcomer at the demo: the kiosk's screen, the desk in front of it, and the door of the room."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from examples.demo.bench.things import all_things
from examples.demo.lending import readers
from examples.demo.plan import VENUE
from tests.house.test_demo_run import Demo

FIRST = readers()[0]
SCREEN = '[data-name="{}"]'
SLOW_MS = 60_000
"""What waits for a device or for the hub."""


@dataclass
class Desk:
    """A visitor's hands and eyes: the kiosk's screen, and what lies in front of it."""

    demo: Demo
    kiosk: Page
    bench: Page
    door: Page

    def lay(self, *things: str) -> None:
        for thing in things:
            self.bench.click(f"#t-{thing} .lay")
            expect(self.bench.locator(f"#on-pad #t-{thing}")).to_be_visible()

    def take(self, *things: str) -> None:
        for thing in things:
            self.bench.click(f"#t-{thing} .take")
            expect(self.bench.locator(f"#on-pad #t-{thing}")).to_have_count(0)

    def tap(self, card: str = FIRST.card) -> None:
        self.bench.click(f"#c-{card} [data-way=tap]")

    def fault(self, name: str, *, on: bool = True) -> None:
        button = self.bench.locator(f"#f-{name} button")
        if (button.get_attribute("aria-pressed") == "true") is not on:
            button.click()
            if name != "power_cut":  # which is over after a second
                expect(button).to_have_attribute("aria-pressed", str(on).lower())

    def press(self, act: str) -> None:
        self.kiosk.locator(f".act-{act} button").first.click()

    def enter(self, text: str) -> None:
        self.kiosk.fill("#typed", text)
        self.kiosk.press("#typed", "Enter")

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.kiosk.locator("body")).to_contain_text(text)

    def stands_at(self, screen: str) -> None:
        expect(self.kiosk.locator(SCREEN.format(screen))).to_be_visible()

    def identify(self, pin: str = FIRST.pin, card: str = FIRST.card) -> None:
        self.tap(card)
        expect(self.kiosk.locator("#typed[type=password]")).to_be_visible()
        self.enter(pin)

    def door_fault(self, name: str, *, on: bool = True) -> None:
        button = self.door.locator(f"#f-{name} button")
        if (button.get_attribute("aria-pressed") == "true") is not on:
            button.click()
            expect(button).to_have_attribute("aria-pressed", str(on).lower())

    def at_door(self, act: str, card: str = FIRST.card) -> None:
        self.door.click(f"#c-{card} [data-act={act}]")

    def door_says(self, text: str) -> None:
        screen = self.door.frame_locator(".screen iframe")
        expect(screen.locator("main")).to_contain_text(text, timeout=SLOW_MS)

    def door_asks(self) -> None:
        expect(self.door.frame_locator(".screen iframe").locator("#pin")).to_be_visible()

    def relay(self, name: str, *, on: bool = True) -> None:
        found = self.door.locator(f"#r-{name}.on")
        expect(found).to_have_count(int(on), timeout=SLOW_MS)

    def enter_by(self, card: str = FIRST.card) -> None:
        self.at_door("card", card)
        self.door_asks()
        self.at_door("pin", card)

    def bit(self, thing: str) -> str:
        return str(self.bench.locator(f"#t-{thing} .bit").get_attribute("data-on"))

    def leave(self) -> None:
        """Undo everything, take all from the pad, and let the session end."""
        with self.bench.expect_response("**/api/all-well"):
            self.bench.click("#all-well")
        # A page that is told late still shows what was: the next fault would not be asked for.
        for page in (self.bench, self.door):
            expect(page.locator(".fault.on")).to_have_count(0)
        # The card reader tells a card again only after it was away.
        expect(self.bench.locator(".held")).to_have_count(0)
        lying = self.bench.locator("#on-pad .thing")
        while lying.count():
            self.take(str(lying.first.get_attribute("data-thing")))
        self.until(self._is_at_first_screen)

    def _is_at_first_screen(self) -> bool:
        if self.kiosk.locator(SCREEN.format("attract")).count():
            return True
        for act in ("finish", "slip", "home"):
            button = self.kiosk.locator(f".act-{act} button:enabled")
            if button.count():
                # The last way to take a slip is to take none.
                button.last.click()
                self.kiosk.wait_for_timeout(300)
                return False
        return False

    def until(self, is_so: Callable[[], object], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, self.kiosk.inner_text("body")[:1000]
            self.bench.wait_for_timeout(50)


def books(at_least: int = 2) -> list[str]:
    """Return the tags of books that stand on the shelf, each free to be lent, in their order."""
    things = all_things(VENUE).values()
    barred = {"310114000004", "310114000062", "310114000012"}  # held, not for loan, with a CD
    found = [
        one.id
        for one in things
        if one.barcode and one.place.value == "shelf" and one.barcode not in barred
    ]
    assert len(found) >= at_least
    return found
