"""The Textual face: shows the screen of a session, and posts what is pressed and typed."""

from contextlib import suppress
from typing import ClassVar, Final

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.widgets import Input, Static

from kiosk.host import SessionHost
from kiosk.session.events import Entered, Pressed, Touched
from kiosk.session.screen import Button, Screen
from kiosk.tui.palette import CONTRAST, NIGHT, PAPER
from kiosk.tui.parts import Ask, Body, Entry, Foot, Grid, marked
from kiosk.tui.tiles import ERASE, KeyTile, Tile, Typing
from kiosk.tui.writing import keyed, say

_SIGNS: Final = (events.Key, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)
"""What shows that somebody is there."""
FEW: Final = 3
"""So many buttons make one line, which needs no great height."""


def _named(chosen: Button | str | None) -> object:
    return (chosen.act, chosen.choice) if isinstance(chosen, Button) else chosen


class KioskApp(App[None]):
    """One session in one terminal. It keeps nothing: all it knows is the screen that is shown.

    It draws on standard error: nothing else of the process may write there meanwhile. ctrl+q
    leaves it while staff mode is open; with `may_quit` always, which is not for visitors.
    """

    CSS_PATH = "kiosk.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "nothing", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]

    def __init__(
        self, host: SessionHost, *, may_quit: bool = False, is_night: bool = False
    ) -> None:
        super().__init__()
        for theme in (PAPER, NIGHT, CONTRAST):
            self.register_theme(theme)
        self._usual = NIGHT.name if is_night else PAPER.name
        self.theme = self._usual
        self.host = host
        self.shown: Screen | None = None
        """What is painted: a press is of this screen."""
        self._may_quit = may_quit
        self._is_due = False
        self._visit = -1

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own names of colours, for the moment before a theme is chosen."""
        return PAPER.variables

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Vertical(id="page"):
            with Vertical(id="top"):
                yield Static(id="title")
                yield Static(id="status")
            yield Static(id="alert")
            yield Static(id="news")
            yield Body(id="body")
            yield Entry(id="entry")
            yield Grid(quiet=False, id="acts")
            yield Grid(quiet=True, id="quiet")
            yield Foot(id="foot")
        yield Ask(id="ask")

    async def on_mount(self) -> None:
        """Show the session as it is, and whenever it changes."""
        self._stop_watching = self.host.watch(self._changed)
        await self._draw()

    def on_unmount(self) -> None:
        """Watch no longer."""
        self._stop_watching()

    def on_resize(self) -> None:
        """Lay out anew for another width."""
        self._changed()

    def _changed(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.call_later(self._draw)

    async def _draw(self) -> None:
        self._is_due = False
        screen, visit = self.host.screen, self.host.state.visit.number
        before, self.shown = self.shown, screen
        if not self.is_running:
            return
        chosen = self._chosen()
        # Widgets that are going are gone once the terminal is: nothing is left to draw on.
        with suppress(NoMatches), self.batch_update():
            self._dress(screen)
            self._write_top(screen)
            for part in (Body, Entry, Foot):
                await self.query_one(part).draw(screen, visit, self.size.width)
            for grid in self.query(Grid):
                await grid.draw(screen, visit, self.size.width)
            self.query_one("#page").disabled = screen.countdown is not None
            await self.query_one(Ask).draw(screen)
        is_other = before is None or before.name is not screen.name or visit != self._visit
        self._visit = visit
        if is_other:
            self.query_one(Body).scroll_home(animate=False)
        self._focus(screen, None if is_other else chosen)
        if screen.sound == "attention" and (before is None or before.sound != screen.sound):
            self.bell()

    def _dress(self, screen: Screen) -> None:
        self.theme = CONTRAST.name if screen.prefs.is_contrast else self._usual
        self.screen.set_class(screen.prefs.is_elder, "elder")
        self.screen.set_class(screen.prefs.is_contrast, "contrast")
        has_lines = screen.rows or screen.sections or screen.bars or screen.qr
        self.screen.set_class(not has_lines and screen.field is None, "bare")
        self.screen.set_class(not has_lines and screen.field is not None, "asking")
        self.screen.set_class(len(screen.buttons) <= FEW, "few")
        self.title = say(screen.title, screen.prefs.lang)

    def _write_top(self, screen: Screen) -> None:
        lang = screen.prefs.lang
        self.query_one("#title", Static).update(Content(say(screen.title, lang)))
        status = [marked(mark, say(text, lang)) for mark, text in screen.status]
        is_long = sum(one.cell_length + 2 for one in status) > self.size.width
        self.query_one("#status", Static).update(Content("\n" if is_long else "  ").join(status))
        for name, sign, told in (("alert", "!", screen.alert), ("news", "✓", screen.news)):
            line = self.query_one(f"#{name}", Static)
            line.set_class(told is not None, "shown")
            line.update(Content("" if told is None else f"{sign} {say(told, lang)}"))

    def _chosen(self) -> Button | str | None:
        """Return what has the focus: a button, or the field."""
        match self.focused:
            case Tile() as tile:
                return tile.button
            case Typing():
                return "field"
            case _:
                return None

    def _focus(self, screen: Screen, chosen: Button | str | None) -> None:
        """Leave the focus where it was, else put it where most go on."""
        if screen.countdown is not None:
            self.query_one("#ask Tile").focus()
            return
        if chosen is not None and _named(self._chosen()) == _named(chosen):
            return
        again = [t for t in self.query(Tile) if _named(t.button) == _named(chosen)]
        typing = self.query_one(Entry).typing
        if again:
            again[0].focus()
        elif typing is not None:
            typing.focus()
        else:
            tiles = self.query("#acts Tile")
            self.set_focus(tiles.first() if tiles else None)

    # What somebody does.

    async def on_event(self, event: events.Event) -> None:
        """Tell the session that somebody is there, before what they did is worked out."""
        if isinstance(event, _SIGNS) and not event.is_forwarded:
            is_asked = self.shown is not None and self.shown.countdown is not None
            self.host.post(Touched())
            if is_asked and isinstance(event, events.Key) and event.key != "ctrl+q":
                # The key said that somebody is there; it was not meant for what lies below.
                return
        await super().on_event(event)

    @on(Tile.Pressed)
    def press(self, message: Tile.Pressed) -> None:
        """Do what a tile says; the one beside a field sends it."""
        if message.tile.has_class("send"):
            self._send()
        else:
            self._press(message.tile.button)

    def _press(self, button: Button) -> None:
        if self.shown is not None:
            self.host.post(Pressed(button.act, self.shown.serial, button.choice))

    @on(Input.Submitted)
    def _send(self) -> None:
        typing, screen = self.query_one(Entry).typing, self.shown
        if typing is None or screen is None or screen.field is None:
            return
        text = typing.value
        typing.clear()
        if text or screen.field.is_optional:
            self.host.post(Entered(screen.field.name, text, screen.serial))

    @on(KeyTile.Typed)
    def type(self, message: KeyTile.Typed) -> None:
        """Type a key of the screen."""
        typing = self.query_one(Entry).typing
        if typing is None:
            return
        if message.character == ERASE:
            typing.action_delete_left()
        else:
            typing.insert_text_at_cursor(message.character)

    def on_key(self, key: events.Key) -> None:
        """Press the button of a key; what could be typed goes into the field."""
        if self.shown is None:
            return
        button = keyed(self.shown).get(key.key)
        if button is not None:
            key.stop()
            self._press(button)
            return
        typing = self.query_one(Entry).typing
        if typing is not None and key.is_printable and key.character:
            key.stop()
            typing.focus()
            typing.insert_text_at_cursor(key.character)

    def action_page(self, pages: int) -> None:
        """Scroll what is too long."""
        body = self.query_one(Body)
        if pages > 0:
            body.scroll_page_down(animate=False)
        else:
            body.scroll_page_up(animate=False)

    def action_leave(self) -> None:
        """Leave the face: what belongs to the staff, or to whoever tries it out."""
        if self._may_quit or self.host.state.visit.staff:
            self.exit()

    def action_nothing(self) -> None:
        """Do nothing."""
