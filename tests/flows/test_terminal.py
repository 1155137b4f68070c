"""Every visit in the Textual face: by keys alone, and by mouse or finger alone."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from kiosk.session.screen import Lang, Prefs
from kiosk.tui.app import KioskApp
from kiosk.tui.parts import Entry
from kiosk.tui.tiles import KeyTile, Tile
from kiosk.tui.writing import keyed
from tests.flows.stage import Seen, Stage, found, play, seen_of
from tests.flows.steps import Flow
from tests.flows.visits import VISITS

MOST_PAUSES = 50
ROOMY, SMALL = (120, 50), (80, 24)


class Terminal:
    """Somebody who sees a terminal, and has either keys or a mouse."""

    def __init__(self, stage: Stage, pilot: Pilot[None], *, has_keys: bool) -> None:
        self.host = stage.host
        self.pilot = pilot
        self.app: Any = pilot.app
        self.has_keys = has_keys

    async def press(self, act: str, choice: str | None, times: int = 1) -> None:
        await self._shown()
        button = found(self.app.shown, act, choice)
        keys = {(one.act, one.choice): key for key, one in keyed(self.app.shown).items()}
        if self.has_keys:
            # The one button of the countdown has the focus: any key presses it.
            key = keys.get((button.act, button.choice), "enter")
            await self.pilot.press(*[key] * times)
            return
        tile = next(
            tile
            for tile in self.app.query(Tile)
            if (tile.button.act, tile.button.choice) == (button.act, button.choice)
        )
        tile.scroll_visible(animate=False)
        await self.pilot.pause()
        await self.pilot.click(tile, times=times)

    async def type(self, name: str, text: str) -> None:
        await self._shown()
        assert self.app.shown.field.name == name
        for character in text:
            if not self.has_keys and character.isdigit() and self.app.query(KeyTile):
                keys = [key for key in self.app.query(KeyTile) if key.character == character]
                await self.pilot.click(keys[0])
            else:
                await self.pilot.press(character)
        entry = self.app.query_one(Entry)
        assert entry.typing is not None
        assert entry.typing.value == text
        if self.has_keys:
            await self.pilot.press("enter")
        else:
            await self.pilot.click(entry.query_one(Tile))

    async def seen(self) -> Seen:
        await self._shown()
        told = seen_of(self.app.shown)
        told.text = "\n".join(written(self.app.screen))
        on_tiles = {tile.button.act for tile in self.app.query(Tile) if is_seen(tile)}
        told.buttons = {act: told.buttons[act] for act in on_tiles if act in told.buttons}
        typing = self.app.query_one(Entry).typing
        assert (typing is None) == (told.field is None)
        told.is_counting = self.app.query_one("#ask").has_class("shown")
        return told

    async def left_of(self, secrets: tuple[str, ...]) -> list[str]:
        await self._shown()
        kept = [*written(self.app.screen, hidden=True), self.app.clipboard, self.app.title]
        return [one for one in kept for secret in secrets if secret in one]

    async def _shown(self) -> None:
        """Wait until what is drawn is what the session says."""
        for _ in range(MOST_PAUSES):
            await self.pilot.pause()
            if self.app.shown == self.host.screen:
                return
        raise AssertionError(f"not drawn: {self.host.screen}")


def is_seen(widget: Widget) -> bool:
    return all(one.display for one in (widget, *widget.ancestors) if isinstance(one, Widget))


def written(screen: Widget, *, hidden: bool = False) -> list[str]:
    """Return every text of a tree of widgets; with `hidden`, of those that are not shown, too."""
    found_texts = []
    for widget in screen.walk_children(Widget):
        if isinstance(widget, Static) and (hidden or is_seen(widget)):
            content = widget.content
            found_texts.append(getattr(content, "plain", str(content)))
        value = getattr(widget, "value", None)
        if isinstance(value, str):
            found_texts.append(value)
    return found_texts


async def visit(flow: Flow, stage: Stage, size: tuple[int, int], *, has_keys: bool) -> None:
    app = KioskApp(stage.host)
    async with app.run_test(size=size) as pilot:
        await play(flow, stage, Terminal(stage, pilot, has_keys=has_keys))


# The words are the session's, which is tried in both languages: here every second visit is.
@pytest.mark.parametrize(
    ("name", "lang"),
    [(name, lang) for n, name in enumerate(VISITS) for lang in ("zh", "en")[: 1 + n % 2]],
)
async def test_a_visit_by_keys(name: str, lang: Lang) -> None:
    await visit(VISITS[name], Stage(lang), SMALL, has_keys=True)


@pytest.mark.parametrize(
    ("name", "lang"),
    [
        ("borrow-five-card-first", "zh"),
        ("renew-one", "en"),
        ("call-for-help", "zh"),
        ("double-tap", "en"),
    ],
)
async def test_a_visit_by_mouse_in_the_elder_view(name: str, lang: Lang) -> None:
    await visit(VISITS[name], Stage(lang, Prefs(is_elder=True)), ROOMY, has_keys=False)
