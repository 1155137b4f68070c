"""What the library's system believes, read from the hub's own file: who has what.

The bench must not ask by SIP2: another terminal's questions would be part of what is watched. So
it opens the records read-only, beside the hub that writes them.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

_ITEMS = """
SELECT items.barcode, items.state, items.branch, patrons.name, loans.due_ms
FROM items
LEFT JOIN loans ON loans.item = items.id AND loans.back_ms IS NULL
LEFT JOIN patrons ON patrons.id = loans.patron
"""
_READERS = """
SELECT cards.number,
  (SELECT count(*) FROM loans WHERE patron = patrons.id AND back_ms IS NULL),
  (SELECT count(*) FROM loans WHERE patron = patrons.id AND back_ms IS NULL AND due_ms < :now),
  (SELECT count(*) FROM holds WHERE patron = patrons.id AND state IN ('waiting', 'ready')),
  (SELECT coalesce(sum(amount_fen - paid_fen), 0) FROM fees WHERE patron = patrons.id),
  patrons.blocks, patrons.expires_on, patrons.category, patrons.agreed_on
FROM cards JOIN patrons ON patrons.id = cards.patron
"""


@dataclass(frozen=True, slots=True)
class ItemTruth:
    """Where an item is, and with whom; `due_ms` Unix ms, 0 while nobody has it."""

    state: str
    branch: str
    holder: str = ""
    due_ms: int = 0


@dataclass(frozen=True, slots=True)
class ReaderTruth:
    """What a reader has now; `owed_fen` in hundredths of a yuan."""

    loans: int
    overdue: int
    holds: int
    owed_fen: int
    blocks: str
    expires_on: str
    category: str
    agreed_on: str = ""
    """When they agreed to the rules of unstaffed rooms; empty: they did not."""


@dataclass(frozen=True, slots=True)
class Truth:
    """All of it, by barcode and by card."""

    items: dict[str, ItemTruth] = field(default_factory=dict)
    readers: dict[str, ReaderTruth] = field(default_factory=dict)


def read_truth(path: Path, now_ms: int) -> Truth:
    """Return what the records say; nothing while they cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as records:
            items = {
                barcode: ItemTruth(state, branch, holder or "", due_ms or 0)
                for barcode, state, branch, holder, due_ms in records.execute(_ITEMS)
            }
            rows = records.execute(_READERS, {"now": now_ms})
            return Truth(items, {card: ReaderTruth(*rest) for card, *rest in rows})
    except sqlite3.Error:
        return Truth()
