"""The page at the door, in each of its states: by axe-core, by its sizes, by day and by night."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from contracts.hours import Text
from kiosk.room import words
from kiosk.room.events import Event
from kiosk.room.rules import EntryRefusal
from kiosk.room.state import Mode, Told
from kiosk.room.view import DoorScreen
from kiosk.session.screen import Mark
from kiosk.web.settings import WebSettings
from tests.integration.hub.test_accessibility import AXE, RUN, TAGS
from tests.integration.kiosk.served import ServedKiosk
from tests.integration.kiosk.test_accessibility import CUT

pytestmark = pytest.mark.browser

HOURS: tuple[tuple[Mark, Text], ...] = (
    ("good", Text("开放至 20:00", "Open until 20:00")),
    ("none", Text("里面 12 人，最多 40 人", "12 inside, room for 40")),
)
SCREENS = {
    "open": DoorScreen(words.CARD_PLEASE, (words.FREE_OUT,), "none", status=HOURS),
    "pin": DoorScreen(words.PIN_PLEASE, (), "waiting", asks_pin=True, status=HOURS),
    "checking": DoorScreen(words.CHECKING, (), "waiting", is_busy=True, status=HOURS),
    "in": DoorScreen(words.COME_IN, (words.FREE_OUT,), "good", status=HOURS),
    "full": DoorScreen(
        words.door_says(Told(EntryRefusal.FULL, 0.0, people=40)),
        (words.FREE_OUT,),
        "bad",
        status=HOURS,
    ),
    "longest": DoorScreen(
        max(words.REFUSED.values(), key=lambda text: len(text.en)),
        (words.FREE_OUT,),
        "bad",
        status=HOURS,
    ),
    **{
        mode.value: DoorScreen(words.MODES[mode], (words.FREE_OUT,), "warning", status=HOURS)
        for mode in (Mode.CLOSED, Mode.CLEANING, Mode.SHUT, Mode.UNKNOWN)
    },
    "fire": DoorScreen(words.MODES[Mode.FIRE], (words.FIRE_SAYS,), "bad", status=HOURS),
}
SMALL = """() => {
  const mm = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--mm"));
  return [...document.querySelectorAll("button, input:not([type=hidden])")]
    .map((one) => one.getBoundingClientRect())
    .filter((box) => Math.min(box.width, box.height) < 14.9 * mm).length;
}"""

OVER = """() => Math.max(0, document.scrollingElement.scrollHeight - innerHeight,
  document.scrollingElement.scrollWidth - innerWidth)"""


class ShownDoor:
    """A door that shows what it is told to."""

    def __init__(self) -> None:
        self.screen = SCREENS["open"]

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        del changed
        return lambda: None

    def post(self, event: Event) -> None:
        del event


@pytest.mark.parametrize("is_night", [False, True], ids=["day", "night"])
def test_no_state_of_the_door_breaks_a_rule(browser: Browser, is_night: bool) -> None:
    hours = WebSettings(night_from=0, night_until=24 if is_night else 0)
    door, broken = ShownDoor(), {}
    with ServedKiosk(web=hours, door=door) as kiosk:
        page = browser.new_page(viewport={"width": 800, "height": 1280}, reduced_motion="reduce")
        for name, screen in SCREENS.items():
            door.screen = screen
            page.goto(f"{kiosk.url}/door")
            expect(page.locator("h1")).to_contain_text(screen.title.en)
            page.evaluate(AXE.read_text("utf-8"))
            found = [*page.evaluate(RUN, TAGS), *page.evaluate(CUT)]
            if found or page.evaluate(SMALL):
                broken[name] = found
        page.close()
    assert broken == {}


@pytest.mark.parametrize(("width", "height", "ppi"), [(800, 480, 133), (1024, 600, 170)])
def test_a_panel_of_seven_inches_shows_each_state_whole(
    browser: Browser, width: int, height: int, ppi: float
) -> None:
    door, broken = ShownDoor(), {}
    with ServedKiosk(web=WebSettings(panel_ppi=ppi), door=door) as kiosk:
        page = browser.new_page(viewport={"width": width, "height": height})
        for name, screen in SCREENS.items():
            door.screen = screen
            page.goto(f"{kiosk.url}/door")
            expect(page.locator("h1")).to_contain_text(screen.title.en)
            found = [page.evaluate(OVER), page.evaluate(SMALL), *page.evaluate(CUT)]
            if any(found):
                broken[name] = found
        page.close()
    assert broken == {}
