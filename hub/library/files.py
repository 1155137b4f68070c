"""Patrons and items as CSV files: in, row by row, and out.

A row that cannot be taken is told in one sentence and the rest goes on. Rows are written by what
names them, the card or the barcode: a second import of the same file changes nothing.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, Literal, TypeVar

from hub.accounts.hashing import Hasher
from hub.errors import ConfigError
from hub.library.rows import (
    ITEM_COLUMNS,
    PATRON_COLUMNS,
    column,
    guarded,
    item_of,
    patron_of,
    written,
)
from hub.store.records import Records
from hub.store.records.stock import PatronRow, StockRecords

Kind = Literal["patrons", "items"]
T = TypeVar("T")

TOGETHER: Final = 500
"""Rows of one transaction: terminals that lend meanwhile wait for no longer."""
_COLUMNS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "patrons": PATRON_COLUMNS,
    "items": ITEM_COLUMNS,
}
_REQUIRED: Final[Mapping[Kind, tuple[str, ...]]] = {
    "patrons": ("card", "name"),
    "items": ("barcode", "title"),
}
Row = tuple[str, Mapping[str, str] | csv.Error]
"""Where it stands in the file, and its cells, or why they cannot be told apart."""


@dataclass(slots=True)
class ImportReport:
    """What an import did, in rows."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)
    """A sentence each: file, line, column, what is wrong."""


class Office:
    """Imports and exports."""

    def __init__(self, records: Records, hasher: Hasher) -> None:
        self._stock = StockRecords(records)
        self._hasher = hasher

    def take(
        self, kind: Kind, path: Path, progress: Callable[[int], None] = lambda _rows: None
    ) -> ImportReport:
        """Import a file: UTF-8, or GB18030 as older programs write it; `,` or `;` between cells.

        Raises ConfigError for a file that is none or lacks a column, StoreUnavailable.
        """
        report = ImportReport()
        rows = _rows(path, kind)
        while part := list(islice(rows, TOGETHER)):
            if kind == "patrons":
                patrons = _readable(path, part, patron_of, report)
                counts = self._stock.put_patrons(self._hashed(patrons))
            else:
                counts = self._stock.put_items(_readable(path, part, item_of, report))
            report.added += counts["added"]
            report.changed += counts["changed"]
            report.unchanged += counts["unchanged"]
            progress(len(part))
        return report

    def give(
        self, kind: Kind, path: Path, progress: Callable[[int], None] = lambda _rows: None
    ) -> int:
        """Write all patrons, without PINs, or all items into a new file; return how many.

        Texts that a spreadsheet would take for formulas get a `'`, which an import takes off.
        Raises ConfigError, StoreError.
        """
        count = 0
        try:
            with path.open("x", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(_COLUMNS[kind])
                found = self._stock.patrons() if kind == "patrons" else self._stock.items()
                for row in found:
                    writer.writerow([guarded(value) for value in written(row)])
                    count += 1
                    progress(1)
        except FileExistsError as error:
            raise ConfigError(f"{path}: exists already; an export writes over nothing") from error
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
        return count

    def _hashed(self, patrons: list[tuple[PatronRow, str]]) -> list[PatronRow]:
        """Return patrons with the hashes of their PINs; a PIN that stays keeps its own."""
        known = self._stock.pin_hashes([patron.card for patron, pin in patrons if pin])

        def hashed(given: tuple[PatronRow, str]) -> PatronRow:
            patron, pin = given
            if not pin:
                return patron
            before = known.get(patron.card)
            if before is not None and self._hasher.verify(before, pin):
                return patron
            return replace(patron, pin_hash=self._hasher.hash(pin))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(hashed, patrons))


def count_lines(path: Path) -> int:
    """Return about how many rows a file has, for a progress bar. Raises ConfigError."""
    return max(_text(path).count("\n") - 1, 1)


def _readable(
    path: Path,
    rows: list[Row],
    read: Callable[[Mapping[str, str]], T],
    report: ImportReport,
) -> list[T]:
    found = []
    for where, row in rows:
        try:
            if isinstance(row, csv.Error):
                raise row
            found.append(read(row))
        except (ValueError, csv.Error) as error:
            report.refused.append(f"{path}: {where}: {error}")
    return found


def _rows(path: Path, kind: Kind) -> Iterator[Row]:
    text = _text(path)
    first = text.partition("\n")[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    # Lines end as a spreadsheet ends them; whatever else parts lines somewhere is part of a cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    known = f"{kind} have {', '.join(_COLUMNS[kind])}"
    try:
        head = [column(name) for name in next(reader, [])]
        for name in _REQUIRED[kind]:
            if name not in head:
                raise ConfigError(f"{path}: line 1: there is no column {name!r}; {known}")
        for name in head:
            if name and name not in _COLUMNS[kind]:
                raise ConfigError(f"{path}: line 1: {name!r} is no column; {known}")
    except csv.Error as error:
        raise ConfigError(f"{path}: line {reader.line_num}: {error}") from error
    while True:
        before = reader.line_num
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _lines(before, reader.line_num), error
            continue
        if any(value.strip() for value in values):
            yield _lines(before, reader.line_num), dict(zip(head, values, strict=False))


def _lines(before: int, last: int) -> str:
    """Return where a row stands; a quote that nobody closed takes the lines after it with it."""
    first = before + 1
    return f"line {last}" if first >= last else f"lines {first} to {last}, one quoted cell"


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(f"{path}: is neither UTF-8 nor GB18030")
