"""The rows of the board of duties as HTML. No I/O.

A template escapes each value on its own, 29 000 times for a thousand venues. Here a row's address
is escaped once for all its cells, and the rest of a cell, which many venues share, once for all.
"""

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from hub.pages.duties_view import CellView, RowView

_MANY = 16_384
"""Cells kept written: more than the marks, percentages and rules of a district come to."""


def write_rows(rows: Iterable[RowView]) -> Markup:
    """Return a table's rows, one a line; every value is escaped as a template does it."""
    # All that goes into it is written here or went through escape.
    return Markup("".join(map(_row, rows)))  # noqa: S704


def _row(row: RowView) -> str:
    href = str(escape(row.href))
    thin = ' class="thin"' if row.is_thin else ""
    cells = "".join(
        [
            '<td class="no"></td>' if cell is None else href.join(_around_href(cell))
            for cell in row.cells
        ]
    )
    return (
        f'<tr><th scope="row"><a href="{href}">{escape(row.name)}</a>'
        f"<small>{escape(row.kind)}</small></th><td{thin}>{escape(row.coverage)}</td>{cells}</tr>\n"
    )


@lru_cache(_MANY)
def _around_href(cell: CellView) -> tuple[str, str]:
    """Return what stands before and after the row's address in a cell."""
    coverage = f" <small>{escape(cell.coverage)}</small>" if cell.coverage else ""
    link = f'&amp;rule={escape(cell.rule)}" title="{escape(cell.title)}">{escape(cell.word)}</a>'
    return f'<td><a class="state {escape(cell.mark)}" href="', f"{link}{coverage}</td>"
