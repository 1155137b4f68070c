"""The screens: they place what the views say, and tell the application what was chosen."""

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static

from hub.console import device_view, view, words
from hub.console.client import HubAway, NotAllowed
from hub.console.table import Column, VenueTable, fill, marked
from hub.console.view import Choice
from hub.console.words import KEYS, Lang, Words

if TYPE_CHECKING:
    from hub.console.app import Console

STRIP_LINES = 2
"""Of what needs a person; the rest is counted, and `a` shows it."""
_COMMON = ("items", "alerts", "devices", "language", "theme", "help", "quit")
_LETTERS = {
    "filter": "f",
    "order": "s",
    "search": "/",
    "items": "a",
    "alerts": "g",
    "acknowledge": "x",
    "clear": "c",
    "devices": "d",
    "language": "l",
    "theme": "t",
    "help": "?",
    "back": "Esc",
    "quit": "q",
}


class ConsoleScreen(Screen[None]):
    """What every screen has: how the hub is reached on top, the keys below."""

    keys: ClassVar[tuple[str, ...]] = ("back", *_COMMON[3:])

    @property
    def console_app(self) -> "Console":
        """Return the application with its own type."""
        return self.app  # type: ignore[return-value]  # no other application uses these screens

    @property
    def lang(self) -> Lang:
        """Return the language that is spoken."""
        return self.console_app.lang

    def compose(self) -> ComposeResult:
        """Place top, middle and keys."""
        with Vertical(id="top"):
            yield Static(id="link")
            yield Static(id="total")
        yield from self.middle()
        yield Static(id="keys")

    def middle(self) -> ComposeResult:
        """Place what this screen is for."""
        yield from ()

    def on_mount(self) -> None:
        """Show what is known already."""
        self.draw()

    def draw(self) -> None:
        """Show the state as it is now."""
        if not self.is_mounted:
            return
        state = self.console_app.state
        mark, sentence = view.link_line(state, self.lang)
        title = Text(words.TITLE.to(self.lang) + "  ", style="bold")
        link = self.query_one("#link", Static)
        link.update(title + marked(mark, sentence, dark=self._is_dark))
        link.set_class(state.link in {"away", "denied"}, "lost")
        self.query_one("#total", Static).update(view.total_line(state, self.lang))
        told = Text(no_wrap=True, overflow="ellipsis")
        for key in self.keys:
            told.append(_LETTERS[key], style="bold").append(f" {self.say(KEYS[key])}  ")
        told.rstrip()
        self.query_one("#keys", Static).update(told)
        self.draw_middle()

    def draw_middle(self) -> None:
        """Show what this screen is for."""

    def say(self, told: Words) -> str:
        """Return words in the language that is spoken."""
        return told.to(self.lang)

    @property
    def _is_dark(self) -> bool:
        return self.app.current_theme.dark


class VenuesScreen(ConsoleScreen):
    """The live table of all venues, under what needs a person."""

    # The theme is told of by the help alone: there is no room for more.
    keys = ("filter", "order", "search", *(key for key in _COMMON if key != "theme"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", show=False),
        Binding("s", "order", show=False),
        Binding("slash", "search", show=False),
        Binding("a", "items", show=False),
        Binding("d", "devices", show=False),
        Binding("escape", "clear", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice()

    def middle(self) -> ComposeResult:
        """Place strip, note, search field and table."""
        yield Static(id="strip")
        yield Static(id="note")
        yield Input(id="search", select_on_focus=False)
        yield VenueTable()
        yield Static(id="empty")

    def on_mount(self) -> None:
        """Show what is known, with the cursor in the table."""
        super().on_mount()
        self.query_one(VenueTable).focus()

    def on_resize(self) -> None:
        """Give the columns what there is room for."""
        self.draw()

    def draw_middle(self) -> None:
        """Show strip, note and table."""
        app = self.console_app
        rows = view.rows(app.state, self.choice, self.lang, app.now())
        self.query_one("#strip", Static).update(self._strip())
        choice = self.choice
        note = f"{self.say(KEYS['filter'])}: {self.say(words.FILTERS[choice.show])}"
        note += f"   {self.say(KEYS['order'])}: {self.say(words.ORDERS[choice.order])}"
        if choice.text:
            note += f"   {self.say(KEYS['search'])}: {choice.text}"
        shown = f"{len(rows)}/{len(app.state.venues)}"
        self.query_one("#note", Static).update(f"{note}   {shown}")
        self.query_one("#search", Input).placeholder = self.say(words.SEARCH_HINT)
        table, empty = self.query_one(VenueTable), self.query_one("#empty", Static)
        table.show(rows, self.lang, dark=self._is_dark, width=self.size.width)
        table.display, empty.display = bool(rows), not rows
        is_known = app.state.link != "connecting" or bool(app.state.venues)
        told = words.NO_MATCH if app.state.venues else words.NO_VENUE
        empty.update(self.say(told if is_known else words.CONNECTING))

    @on(DataTable.RowSelected)
    def show_devices_of(self, event: DataTable.RowSelected) -> None:
        """Show the devices of the venue that was chosen."""
        self.app.push_screen(DevicesScreen(str(event.row_key.value)))

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show what matches so far."""
        self.choice = Choice(self.choice.show, self.choice.order, event.value)
        self.draw()

    @on(Input.Submitted)
    def keep_search(self) -> None:
        """Go back to the table; what was typed goes on to choose."""
        self._leave_search()

    def action_filter(self) -> None:
        """Show the next part of the venues."""
        choice = self.choice
        self.choice = Choice(_after(view.FILTERS, choice.show), choice.order, choice.text)
        self.draw()

    def action_order(self) -> None:
        """Sort in the next way."""
        choice = self.choice
        self.choice = Choice(choice.show, _after(view.ORDERS, choice.order), choice.text)
        self.draw()

    def action_search(self) -> None:
        """Open the search field."""
        field = self.query_one("#search", Input)
        field.add_class("shown")
        field.focus()

    def action_clear(self) -> None:
        """Show everything again."""
        self.query_one("#search", Input).value = ""
        self.choice = Choice(order=self.choice.order)
        self._leave_search()
        self.draw()

    def action_items(self) -> None:
        """Show all that needs a person."""
        self.app.push_screen(ItemsScreen())

    def action_devices(self) -> None:
        """Show all devices."""
        self.app.push_screen(DevicesScreen(None))

    def _leave_search(self) -> None:
        self.query_one("#search", Input).remove_class("shown")
        self.query_one(VenueTable).focus()

    def _strip(self) -> Text:
        app = self.console_app
        if app.state.items is None:
            return marked("unknown", self.say(words.NOT_SHOWN), dark=self._is_dark)
        items = device_view.item_rows(app.state, self.lang, app.now())
        if not items:
            if app.state.link != "live":
                return Text("")
            return marked("known", self.say(words.NOTHING_TO_DO), dark=self._is_dark)
        lines = [_item_line(item, dark=self._is_dark) for item in items[:STRIP_LINES]]
        if len(items) > STRIP_LINES:
            more = self.say(words.MORE).format(n=len(items) - STRIP_LINES)
            lines.append(Text(more, style="bold"))
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)


class DevicesScreen(ConsoleScreen):
    """The nodes of the hub, or of one venue."""

    keys = ("back", *_COMMON[3:])
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", show=False)]

    def __init__(self, venue: str | None) -> None:
        super().__init__()
        self._venue = venue

    def middle(self) -> ComposeResult:
        """Place note and table."""
        yield Static(id="note")
        yield DataTable[Text](cursor_type="row", id="devices")
        yield Static(id="empty")

    def draw_middle(self) -> None:
        """Show the nodes."""
        app, dark = self.console_app, self._is_dark
        rows = device_view.device_rows(app.state, self.lang, app.now(), self._venue)
        name = view.name_of(app.state, self._venue, self.lang) if self._venue else ""
        self.query_one("#note", Static).update(f"{self.say(KEYS['devices'])}  {name}".rstrip())
        wide = max(8, (self.size.width - 51) // 2)
        columns = [
            Column("state", self.say(words.COLUMNS["state"]), 11),
            Column("venue", self.say(words.COLUMNS["venue"]), wide),
            Column("device", self.say(words.COLUMNS["device"]), 10),
            Column("heard", self.say(words.COLUMNS["heard"]), 5),
            Column("fault", self.say(words.COLUMNS["fault"]), 12),
            Column("software", self.say(words.COLUMNS["software"]), wide),
        ]
        table = self.query_one("#devices", DataTable)
        cells = {
            f"{row.venue}/{row.node}": [
                marked(row.mark, row.state, dark=dark),
                Text(row.name),
                Text(row.node),
                Text(row.heard),
                marked("breach", row.fault, dark=dark) if row.fault else Text(""),
                Text(row.software),
            ]
            for row in rows
        }
        fill(table, columns, cells)
        empty = self.query_one("#empty", Static)
        table.display, empty.display = bool(rows), not rows
        hidden = app.state.devices is None
        empty.update(self.say(words.NOT_SHOWN if hidden else words.NO_DEVICE))

    @on(DataTable.RowSelected)
    def show_detail(self, event: DataTable.RowSelected) -> None:
        """Show the node that was chosen."""
        venue, _, node = str(event.row_key.value).partition("/")
        self.app.push_screen(DeviceScreen(venue, node))


class DeviceScreen(ConsoleScreen):
    """One node: software, spool, clock, sources; asked for anew with each look."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", show=False)]

    def __init__(self, venue: str, node: str) -> None:
        super().__init__()
        self._venue, self._node = venue, node
        self._seen: object = None
        self._told = ""

    def middle(self) -> ComposeResult:
        """Place note and lines."""
        yield Static(id="note")
        with VerticalScroll(id="body"):
            yield Static(id="lines")

    def draw_middle(self) -> None:
        """Show the node's name, and ask for it when devices were looked at again."""
        app = self.console_app
        name = view.name_of(app.state, self._venue, self.lang)
        self.query_one("#note", Static).update(f"{name}  {self._venue}/{self._node}")
        if self._seen is None:
            self.query_one("#lines", Static).update(self.say(words.DETAIL["asking"]))
        look = (app.state.devices, self.lang, app.theme)
        if look != self._seen:
            self._seen = look
            self.ask()

    @work(exclusive=True)
    async def ask(self) -> None:
        """Ask the hub for the node and show it."""
        app = self.console_app
        try:
            detail = await app.feed.device(self._venue, self._node)
        except NotAllowed:
            told: str | Text = self.say(words.NOT_SHOWN)
        except HubAway as error:
            # What was shown stays; the line on top says that it is old.
            if self._told:
                return
            told = self.say(words.WHYS[error.why])
        else:
            zone = view.zone_of(app.state, self._venue)
            lines = device_view.detail_lines(detail, zone, self.lang, app.now())
            told = self._lines(lines)
        self._told = str(told)
        self.query_one("#lines", Static).update(told)

    def _lines(self, lines: list[tuple[view.Mark | None, str, str]]) -> Text:
        wide = max(Text(name).cell_len for _, name, _ in lines)
        told = Text()
        for mark, name, value in lines:
            label = Text(name)
            label.pad_right(wide - label.cell_len + 2)
            told.append_text(marked(mark, "", dark=self._is_dark) if mark else Text("  "))
            told.append_text(label).append(f"{value}\n")
        return told


class ItemsScreen(ConsoleScreen):
    """All that needs a person."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", show=False)]

    def middle(self) -> ComposeResult:
        """Place title and lines."""
        yield Static(id="note")
        with VerticalScroll(id="body"):
            yield Static(id="lines")

    def draw_middle(self) -> None:
        """Show every item in two lines: what and where, then the sentence."""
        app = self.console_app
        self.query_one("#note", Static).update(self.say(words.TO_DO))
        items = device_view.item_rows(app.state, self.lang, app.now())
        told = Text("\n").join(_item_line(item, dark=self._is_dark) for item in items)
        if app.state.items is None:
            told = Text(self.say(words.NOT_SHOWN))
        elif not items:
            told = Text(self.say(words.NOTHING_TO_DO))
        self.query_one("#lines", Static).update(told)


class HelpScreen(ConsoleScreen):
    """Marks and keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", show=False)]

    def middle(self) -> ComposeResult:
        """Place the text."""
        with VerticalScroll(id="body"):
            yield Static(id="lines")

    def draw_middle(self) -> None:
        """Show the text."""
        self.query_one("#lines", Static).update(Text(self.say(words.HELP)))


def _item_line(item: device_view.ItemRow, *, dark: bool) -> Text:
    line = marked(item.mark, item.title, dark=dark)
    told = [item.where, item.since, item.text]
    return line.append("  " + "  ".join(part for part in told if part))


def _after(names: tuple[str, ...], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]
