"""Tables whose columns are counted in cells: a Han glyph takes two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import DataTable

from hub.console.palette import ink
from hub.console.view import BAR_CELLS, MARKS, Mark, Row
from hub.console.words import COLUMNS, Lang

WIDE_CELLS = 124
"""From here on there is room for every column."""
MOST_NAME_CELLS = 44
_NARROW = {"state": 11, "venue": 24, "inside": 7, "capacity": 5, "bar": BAR_CELLS}
_NARROW |= {"trend": 5, "heard": 5}
_WIDE = _NARROW | {"trend": 6, "opening": 9, "quality": 21, "today": 7}
_NUMBERS = {"inside", "capacity", "today"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, what it is called, how many cells it takes."""

    key: str
    label: str
    cells: int


class VenueTable(DataTable[Text]):
    """The venues; rows that stay where they are change cell by cell."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row", id="venues")

    def show(self, rows: Sequence[Row], lang: Lang, *, dark: bool, width: int) -> None:
        """Show these rows, in columns that the width has room for."""
        cells = _WIDE if width >= WIDE_CELLS else _NARROW
        taken = sum(cells.values()) + 2 * len(cells) + 1
        name_cells = min(MOST_NAME_CELLS, max(8, cells["venue"] + width - taken))
        columns = [
            Column(key, COLUMNS[key].to(lang), name_cells if key == "venue" else wide)
            for key, wide in cells.items()
        ]
        told = {
            row.id: [
                _cell(row, column, dark=dark) if column.key != "state" else _state(row, dark=dark)
                for column in columns
            ]
            for row in rows
        }
        fill(self, columns, told)


def fill(
    table: DataTable[Text], columns: Sequence[Column], rows: Mapping[str, Sequence[Text]]
) -> None:
    """Make a table show these rows; where keys and columns are as before only cells change."""
    shape = [(str(c.key.value), str(c.label), c.width) for c in table.ordered_columns]
    wanted = [(c.key, fitted(Text(c.label), c).plain, c.cells) for c in columns]
    is_same = shape == wanted and [str(r.key.value) for r in table.ordered_rows] == list(rows)
    if not is_same:
        kept = _key_at_cursor(table)
        table.clear(columns=shape != wanted)
        if shape != wanted:
            for column in columns:
                label = fitted(Text(column.label), column)
                table.add_column(label, key=column.key, width=column.cells)
    for key, cells in rows.items():
        told = [fitted(cell, column) for cell, column in zip(cells, columns, strict=True)]
        if not is_same:
            table.add_row(*told, key=key)
            continue
        for column, cell in zip(columns, told, strict=True):
            old = table.get_cell(key, column.key)
            # Texts are equal whatever their colour is.
            if (old, old.style) != (cell, cell.style):
                table.update_cell(key, column.key, cell)
    if not is_same and kept is not None and kept in rows:
        table.move_cursor(row=list(rows).index(kept), animate=False)


def fitted(text: Text, column: Column) -> Text:
    """Return a text of exactly as many cells as its column has; what is cut ends with a sign."""
    cell = text.copy()
    cell.truncate(column.cells, overflow="ellipsis")
    left = column.cells - cell_len(cell.plain)
    if left > 0:
        cell = Text(" " * left).append_text(cell) if column.key in _NUMBERS else _padded(cell, left)
    return cell


def marked(mark: Mark, text: str, *, dark: bool) -> Text:
    """Return a shape and a word in the mark's colour: never the colour alone."""
    return Text(f"{MARKS[mark]} {text}", style=ink(mark, dark=dark))


def _state(row: Row, *, dark: bool) -> Text:
    return marked(row.mark, row.state, dark=dark)


def _cell(row: Row, column: Column, *, dark: bool) -> Text:
    value: str = getattr(row, "name" if column.key == "venue" else column.key)
    if column.key == "trend" and column.cells < _WIDE["trend"]:
        value = value[:1]
    if column.key == "bar":
        return Text(value, style=ink(row.mark, dark=dark))
    return Text(value, style="bold" if column.key == "inside" and row.mark != "still" else "")


def _padded(text: Text, cells: int) -> Text:
    text.pad_right(cells)
    return text


def _key_at_cursor(table: DataTable[Text]) -> str | None:
    if not table.is_valid_coordinate(table.cursor_coordinate):
        return None
    return str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value)
