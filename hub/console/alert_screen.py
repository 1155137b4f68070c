"""The screen of alerts: a list, the whole sentence of one, acknowledge, clear with a reason."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Input, Static

from hub.console import alert_view, words
from hub.console.answers import Alert
from hub.console.client import HubAway, NotAllowed, Refused
from hub.console.screens import ConsoleScreen
from hub.console.state import Told
from hub.console.table import Column, fill, marked
from hub.console.words import KEYS


class AlertsScreen(ConsoleScreen):
    """The alerts that are left to do."""

    keys = ("back", "acknowledge", "clear", "language", "help", "quit")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("x", "acknowledge", show=False),
        Binding("c", "clear", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._clearing: int | None = None

    def middle(self) -> ComposeResult:
        """Place note, table, the field for a reason and the sentence of the chosen alert."""
        yield Static(id="note")
        yield DataTable[Text](cursor_type="row", id="alerts")
        yield Static(id="empty")
        yield Input(id="reason", select_on_focus=False)
        yield Static(id="chosen")

    def on_mount(self) -> None:
        """Show what is known, with the cursor in the table."""
        super().on_mount()
        self.query_one("#alerts", DataTable).focus()

    def on_resize(self) -> None:
        """Give the columns what there is room for."""
        self.draw()

    def draw_middle(self) -> None:
        """Show the alerts."""
        app, dark = self.console_app, self._is_dark
        rows = alert_view.alert_rows(app.state, self.lang, app.now())
        note = f"{self.say(KEYS['alerts'])}  {len(rows)}"
        self.query_one("#note", Static).update(f"{note}   {self._said}".rstrip())
        # Severity, axis, since, and two cells beside each of five columns.
        wide = max(8, (self.size.width - 53) // 2)
        columns = [
            Column("severity", self.say(words.COLUMNS["severity"]), 10),
            Column("axis", self.say(words.COLUMNS["axis"]), 21),
            Column("alert", self.say(words.COLUMNS["alert"]), wide),
            Column("venue", self.say(words.COLUMNS["venue"]), wide),
            Column("since", self.say(words.COLUMNS["since"]), 11),
        ]
        cells = {
            str(row.number): [
                marked(row.mark, row.severity, dark=dark),
                Text(row.axis),
                Text(row.title),
                Text(row.where),
                Text(row.since),
            ]
            for row in rows
        }
        table = self.query_one("#alerts", DataTable)
        fill(table, columns, cells)
        empty = self.query_one("#empty", Static)
        table.display, empty.display = bool(rows), not rows
        hidden = app.state.alerts is None
        empty.update(self.say(words.NOT_SHOWN if hidden else words.NO_ALERT))
        self.query_one("#reason", Input).placeholder = self.say(words.REASON_HINT)
        self._draw_chosen()

    @on(DataTable.RowHighlighted)
    def _draw_chosen(self) -> None:
        alert = self._chosen()
        told = Text(alert_view.told_of(alert, self.lang)) if alert else Text("")
        self.query_one("#chosen", Static).update(told)

    def action_acknowledge(self) -> None:
        """Say that somebody has seen the chosen alert."""
        alert = self._chosen()
        if alert is not None:
            number = alert.number
            self._act(lambda: self.console_app.feed.acknowledge(number), words.ACKNOWLEDGED)

    def action_clear(self) -> None:
        """Ask for the reason with which the chosen alert is cleared."""
        alert = self._chosen()
        if alert is None:
            return
        self._clearing = alert.number
        field = self.query_one("#reason", Input)
        field.add_class("shown")
        field.focus()

    @on(Input.Submitted)
    def clear(self, event: Input.Submitted) -> None:
        """Clear the alert that was chosen when the reason was asked for."""
        number, reason = self._clearing, event.value.strip()
        if number is None or not reason:
            return
        self._hide()
        self._act(lambda: self.console_app.feed.clear(number, reason), words.CLEARED)

    def action_leave(self) -> None:
        """Leave the field, or the screen."""
        if self._clearing is not None:
            self._hide()
        else:
            self.app.pop_screen()

    @work(name="ask")
    async def _act(self, ask: Callable[[], Awaitable[Alert]], done: words.Words) -> None:
        try:
            alert = await ask()
        except NotAllowed:
            self._said = self.say(words.NOT_YOURS)
        except Refused as error:
            self._said = str(error)
        except HubAway as error:
            self._said = self.say(words.WHYS[error.why])
        else:
            self._said = self.say(done)
            self.console_app.take(Told(alert))
        self.draw()

    def _hide(self) -> None:
        self._clearing = None
        field = self.query_one("#reason", Input)
        field.value = ""
        field.remove_class("shown")
        self.query_one("#alerts", DataTable).focus()

    def _chosen(self) -> Alert | None:
        table = self.query_one("#alerts", DataTable)
        if not table.is_valid_coordinate(table.cursor_coordinate):
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        alerts = self.console_app.state.alerts or ()
        return next((alert for alert in alerts if str(alert.number) == key), None)
