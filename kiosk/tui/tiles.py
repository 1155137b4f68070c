"""What can be pressed in the Textual face, and what can be typed into."""

from typing import ClassVar, Final

from rich.text import Text as RichText
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Input, Static

from kiosk.session.screen import Button, Lang, Mark
from kiosk.tui.writing import DOT, key_label, say

ERASE: Final = "<"
"""The key that takes the last character away."""
INKS: Final[dict[Mark, str]] = {
    "good": "$success",
    "bad": "$error",
    "warning": "$warning",
    "unknown": "$secondary",
    "waiting": "$secondary",
    "none": "$foreground",
}


class Tile(Static, can_focus=True):
    """A button: pressed by its key, by mouse or finger, by enter or space."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", show=False)]

    class Pressed(Message):
        """This tile was pressed."""

        def __init__(self, tile: "Tile") -> None:
            super().__init__()
            self.tile = tile

        @property
        def control(self) -> "Tile":
            """Return the tile."""
            return self.tile

    def __init__(self, button: Button, *, one_line: bool = False) -> None:
        super().__init__(classes=f"tile {button.weight}")
        self.button = button
        self._is_one_line = one_line

    def show(self, button: Button, key: str, lang: Lang) -> None:
        """Show this button; `key` presses it, empty where none does."""
        self.button = button
        self.set_class(not button.is_enabled, "off")
        head = [(f"{key_label(key)} ", "bold")] if key else []
        label = Content.assemble(*head, (say(button.label, lang), "bold"))
        below = button.why_not or button.hint
        if below is not None and not self._is_one_line:
            label = Content.assemble(label, "\n", say(below, lang))
        self.update(label)

    def action_press(self) -> None:
        """Press it."""
        self.post_message(self.Pressed(self))

    def on_click(self, click: Click) -> None:
        """Press it."""
        click.stop()
        self.post_message(self.Pressed(self))


class KeyTile(Static):
    """One key of the keys on the screen: types into the field above it."""

    class Typed(Message):
        """This key was pressed."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    def __init__(self, character: str) -> None:
        super().__init__(Content.from_text(character, markup=False), classes="key")
        self.character = character

    def on_click(self, click: Click) -> None:
        """Type it."""
        click.stop()
        self.post_message(self.Typed(self.character))


class Typing(Input):
    """A field. What is typed can be neither copied nor cut, and is not completed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,super+c,ctrl+x,super+x", "nothing", show=False)
    ]

    def action_nothing(self) -> None:
        """Leave the clipboard alone: it would outlive the visitor, also in the terminal."""

    def action_copy(self) -> None:
        """Leave the clipboard alone."""

    def action_cut(self) -> None:
        """Leave the clipboard alone."""

    @property
    def _value(self) -> RichText:
        """Return what is shown: a PIN as dots whose width is certain."""
        if self.password:
            return RichText(DOT * len(self.value), no_wrap=True, overflow="ignore", end="")
        return super()._value
