"""A table as CSV (RFC 4180): for spreadsheets, that open it as it is, and for programs.

UTF-8 with a byte order mark, since Excel takes anything else for its own code page. A cell that a
spreadsheet would take for a formula is text: what a stranger may have written runs nothing.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.history.tables import Cell, Field, Table

BOM: Final = "\ufeff"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_csv(table: Table, zone: ZoneInfo) -> str:
    """Return a table as CSV; instants with their offset, what is not known as an empty cell."""
    lines = [[_heading(field) for field in table.fields]]
    lines += [
        [_cell(field, value, zone) for field, value in zip(table.fields, row, strict=True)]
        for row in table.rows
    ]
    return BOM + "".join(",".join(_quoted(cell) for cell in line) + "\r\n" for line in lines)


def _heading(field: Field) -> str:
    return f"{field.name} ({field.unit})" if field.unit else field.name


def _cell(field: Field, value: Cell, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if field.kind == "instant":
        return datetime.fromtimestamp(float(value), zone).isoformat()
    # A number is written by us, and may begin with its sign.
    if isinstance(value, int | float):
        return str(value)
    return f"'{value}" if value.startswith(FORMULA) else value


def _quoted(cell: str) -> str:
    if any(mark in cell for mark in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
