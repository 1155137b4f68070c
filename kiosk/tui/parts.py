"""The parts of a face: each shows its share of a screen, and is laid out anew only if it has to."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.widgets import Static

from contracts.hours import Text
from kiosk.session import acts, words
from kiosk.session.screen import Button, Lang, Mark, Row, Screen
from kiosk.tui.tiles import ERASE, INKS, KeyTile, Tile, Typing
from kiosk.tui.writing import (
    FOOT_KEYS,
    MARKS,
    QUIET_MODULES,
    foot_of,
    half_blocks,
    numbered,
    row_detail,
    row_name,
    rows_of,
    say,
)

BAR_CELLS: Final = 24
DIGITS: Final = "1234567890"
NARROW_CELLS: Final = 60
MOST_ROOMY: Final = 6
"""So many buttons of the foot have room between them in 80 cells."""
WIDE_CELLS: Final = 110


def marked(mark: Mark, text: str) -> Content:
    """Return a shape and words in the mark's colour: never the colour alone."""
    return Content.assemble((f"{MARKS[mark]} {text}".lstrip(), INKS[mark]))


class Part(Widget):
    """A share of a screen. `draw` lays it out anew where its shape is another than before."""

    DEFAULT_CSS: ClassVar[str] = "Part { height: auto; }"

    def __init__(self, id: str) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._shape: object = None

    async def draw(self, screen: Screen, visit: int, width: int) -> None:
        """Show a screen of a visit; `width` is the terminal's, in cells."""
        shape = self.shape(screen, visit, width)
        if shape != self._shape:
            self._shape = shape
            await self.remove_children()
            await self.mount_all(self.laid_out(screen, width))
        self.fill(screen, width)

    def shape(self, screen: Screen, visit: int, width: int) -> object:
        """Return what decides which widgets there are."""
        raise NotImplementedError

    def laid_out(self, screen: Screen, width: int) -> Iterable[Widget]:
        """Return the widgets."""
        raise NotImplementedError

    def fill(self, screen: Screen, width: int) -> None:
        """Write into the widgets."""
        raise NotImplementedError


def _keys_by_button(screen: Screen) -> Callable[[Button], str]:
    keys = {(one.act, one.choice): key for key, one in numbered(screen).items()}
    return lambda button: keys.get((button.act, button.choice), "")


def _fill_tiles(parent: Widget, buttons: Iterable[Button], screen: Screen) -> None:
    key_of = _keys_by_button(screen)
    for tile, button in zip(parent.query(Tile), buttons, strict=True):
        tile.show(button, key_of(button), screen.prefs.lang)


class Body(Part, VerticalScroll, can_focus=False):
    """Sentences, rows, sections, the plot and the code; it scrolls."""

    def shape(self, screen: Screen, visit: int, width: int) -> object:
        """Return the rows with their buttons, and what else stands there."""
        del width
        sections = tuple((len(one.rows), one.empty is not None) for one in screen.sections)
        rows = tuple(
            (row.key, tuple((b.act, b.choice) for b in row.buttons)) for row in rows_of(screen)
        )
        kinds = (len(screen.says), len(screen.bars), bool(screen.qr))
        return visit, screen.name, sections, rows, kinds

    def laid_out(self, screen: Screen, width: int) -> Iterable[Widget]:
        """Return a line for each sentence, row and bar."""
        del width
        yield from (Static(classes="says") for _ in screen.says)
        if screen.qr:
            yield Static(classes="code")
        yield from map(_line, screen.rows)
        for section in screen.sections:
            yield Static(classes="heading")
            yield from map(_line, section.rows)
            if not section.rows and section.empty is not None:
                yield Static(classes="says empty")
        if screen.bars:
            yield Static(classes="heading")
            yield from (Static(classes="bar") for _ in screen.bars)

    def fill(self, screen: Screen, width: int) -> None:
        """Write everything."""
        lang = screen.prefs.lang
        said = [say(one, lang) for one in screen.says]
        empty = [s.empty for s in screen.sections if not s.rows and s.empty is not None]
        said += [say(one, lang) for one in empty]
        # Sentences of sections come after those of the screen in the tree as they do here.
        for line, sentence in zip(self.query(".says").results(Static), said, strict=True):
            line.update(Content(sentence))
        headings = [section.title for section in screen.sections]
        headings += [words.TYPICAL] if screen.bars else []
        for line, heading in zip(self.query(".heading").results(Static), headings, strict=True):
            line.update(Content(say(heading, lang)))
        key_of = _keys_by_button(screen)
        for holder, row in zip(self.query(".line"), rows_of(screen), strict=True):
            holder.query_one(".told", Static).update(_told(row, lang))
            for tile, button in zip(holder.query(Tile), row.buttons, strict=True):
                tile.show(button, key_of(button), lang)
        for line, bar in zip(self.query(".bar").results(Static), screen.bars, strict=True):
            cells = round(BAR_CELLS * (bar.share or 0.0))
            style = "bold" if bar.is_now else ""
            drawn = Content.assemble((" " * cells, "on $bar"), " " * (BAR_CELLS - cells + 1))
            line.update(Content.assemble(drawn, (say(bar.words, lang), style)))
        if screen.qr:
            self.query_one(".code", Static).update(self._code(screen.qr, width))

    def _code(self, text: str, width: int) -> Content:
        """Return the code, or what is in it where the terminal is too small for it."""
        lines = qr_lines(text)
        room = self.app.size.height - 9
        if len(lines) > room or len(lines[0]) > width - 4:
            return Content("\n".join(say(Text(line, line), "zh") for line in text.splitlines()))
        return Content("\n".join(lines))


def qr_lines(text: str) -> list[str]:
    """Return a code of a text as half blocks, with its quiet zone."""
    import qrcode  # noqa: PLC0415  few visitors ask for one, and nobody waits for it at the start

    code = qrcode.QRCode(border=QUIET_MODULES, error_correction=qrcode.ERROR_CORRECT_L)
    code.add_data(text.encode())
    code.make(fit=True)
    return half_blocks(code.get_matrix())


def _line(row: Row) -> Widget:
    tiles = (Tile(button, one_line=True) for button in row.buttons)
    return Horizontal(Static(classes="told"), *tiles, classes="line")


def _told(row: Row, lang: Lang) -> Content:
    parts: list[Content] = [
        Content.assemble((f"{MARKS[row.mark]} ", INKS[row.mark]), (row_name(row, lang), "bold"))
    ]
    detail = row_detail(row, lang)
    if detail:
        parts.append(Content(detail))
    if row.note is not None:
        parts.append(Content.assemble((say(row.note, lang), INKS[row.mark])))
    return Content("  ").join(parts)


class Grid(Part):
    """Main or quiet buttons, in as many columns as there is room for."""

    def __init__(self, *, quiet: bool, id: str) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._is_quiet = quiet

    def buttons(self, screen: Screen) -> list[Button]:
        """Return those that stand here."""
        return [one for one in screen.buttons if (one.weight == "quiet") is self._is_quiet]

    def shape(self, screen: Screen, visit: int, width: int) -> object:
        """Return the acts and the number of columns."""
        offered = tuple((one.act, one.choice, one.weight) for one in self.buttons(screen))
        return visit, offered, self._columns(screen, width)

    def laid_out(self, screen: Screen, width: int) -> Iterable[Widget]:
        """Return a tile for each."""
        buttons = self.buttons(screen)
        self.set_class(bool(buttons), "shown")
        self.styles.grid_size_columns = self._columns(screen, width)
        return [Tile(one, one_line=self._is_quiet) for one in buttons]

    def fill(self, screen: Screen, width: int) -> None:
        """Write what they do."""
        del width
        _fill_tiles(self, self.buttons(screen), screen)

    def _columns(self, screen: Screen, width: int) -> int:
        count = len(self.buttons(screen))
        most = 1 if width < NARROW_CELLS else 3 if width < WIDE_CELLS else 4
        if self._is_quiet:
            most += 1
        elif screen.prefs.is_elder and most > 1:
            most -= 1
        even = {4: 2, 6: 3} if most == 3 else {}
        return max(1, min(most, even.get(count, count)))


class Foot(Part, Horizontal):
    """The band of quiet buttons with their function keys; the end stands on the right."""

    def shape(self, screen: Screen, visit: int, width: int) -> object:
        """Return the acts."""
        return visit, self._is_tight(screen, width), tuple(one.act for one in foot_of(screen))

    def laid_out(self, screen: Screen, width: int) -> Iterable[Widget]:
        """Return a tile for each."""
        self.set_class(self._is_tight(screen, width), "tight")
        for button in foot_of(screen):
            if button.act == acts.FINISH:
                yield Static(id="gap")
            yield Tile(button, one_line=True)

    def fill(self, screen: Screen, width: int) -> None:
        """Write what they do."""
        del width
        for tile, button in zip(self.query(Tile), foot_of(screen), strict=True):
            tile.show(button, FOOT_KEYS.get(button.act, ""), screen.prefs.lang)

    def _is_tight(self, screen: Screen, width: int) -> bool:
        return width < WIDE_CELLS and len(foot_of(screen)) > MOST_ROOMY


class Entry(Part, Vertical):
    """The field, the button that sends it, and keys for whoever has no keyboard."""

    def shape(self, screen: Screen, visit: int, width: int) -> object:
        """Return the field; that of another visit is another one, and empty."""
        del width
        return visit, screen.name, screen.field and (screen.field.name, screen.field.kind)

    def laid_out(self, screen: Screen, width: int) -> Iterable[Widget]:
        """Return label, field and keys."""
        del width
        field = screen.field
        self.set_class(field is not None, "shown")
        if field is None:
            return
        is_pin = field.kind == "pin"
        yield Static(classes="label")
        yield Horizontal(
            Typing(password=is_pin, max_length=field.most, compact=True, select_on_focus=False),
            Tile(Button("", field.send, weight="main"), one_line=True).add_class("send"),
            classes="typed",
        )
        if field.kind in {"pin", "digits"}:
            yield Horizontal(*map(KeyTile, (*DIGITS, ERASE)), classes="keys")

    def fill(self, screen: Screen, width: int) -> None:
        """Write the words."""
        del width
        field = screen.field
        if field is None:
            return
        lang = screen.prefs.lang
        self.query_one(".label", Static).update(Content(say(field.label, lang)))
        self.query_one(Tile).show(Button("", field.send, weight="main"), "", lang)

    @property
    def typing(self) -> Typing | None:
        """Return what is typed into, None where nothing is."""
        try:
            return self.query_one(Typing)
        except NoMatches:
            return None


class Ask(Container):
    """The question whether somebody is still there, over everything else."""

    def compose(self) -> ComposeResult:
        """Place sentence and button."""
        with Vertical(id="box"):
            yield Static(id="still", classes="heading")
            yield Static(id="left")

    async def draw(self, screen: Screen) -> None:
        """Show the seconds that are left, or nothing."""
        countdown = screen.countdown
        self.set_class(countdown is not None, "shown")
        tiles = self.query(Tile)
        if countdown is None:
            await tiles.remove()
            return
        lang = screen.prefs.lang
        if not tiles:
            await self.query_one("#box").mount(Tile(countdown.more))
        self.query_one("#still", Static).update(Content(say(words.COUNTDOWN, lang)))
        left = say(words.COUNTDOWN_SAYS, lang).format(n=countdown.seconds)
        self.query_one("#left", Static).update(Content(left))
        self.query_one(Tile).show(countdown.more, "", lang)
