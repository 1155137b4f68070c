"""What one node left behind that could not be taken as it was: gaps, forks, quarantined rows."""

from dataclasses import dataclass
from typing import Final

from hub.store.sqlite.database import Database

MOST_TRACES: Final = 20
"""As many of each kind as somebody reads; all of them are counted."""


@dataclass(frozen=True, slots=True)
class LostRows:
    """Rows that no longer exist anywhere."""

    source: str
    since_ms: int
    until_ms: int
    rows: int
    reason: str
    received_ms: int


@dataclass(frozen=True, slots=True)
class ForkedStream:
    """Two spools continued one stream: a cloned card, or a spool put back."""

    stream: str
    boot: str
    received_ms: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows that this release could not read, kept as they came."""

    source: str
    code: str
    reason: str
    rows: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Traces:
    """The newest of each kind, and how many there are in all."""

    gaps: tuple[LostRows, ...] = ()
    forks: tuple[ForkedStream, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    gap_count: int = 0
    fork_count: int = 0
    quarantined_count: int = 0


def read(database: Database, node: int | None) -> Traces:
    """Return the traces of a node; one that never sent has none. Raises StoreError."""
    if node is None:
        return Traces()
    gaps = database.select(
        "SELECT source, since_ms, until_ms, rows, reason, received_ms FROM gap WHERE node = ?"
        " ORDER BY received_ms DESC, id DESC LIMIT ?",
        (node, MOST_TRACES),
    )
    forks = database.select(
        "SELECT stream, boot, received_ms FROM fork WHERE node = ?"
        " ORDER BY received_ms DESC, id DESC LIMIT ?",
        (node, MOST_TRACES),
    )
    # A node that a newer release runs on may send thousands of a kind: one line tells of them.
    quarantined = database.select(
        "SELECT source, code, min(reason), count(*), max(received_ms) FROM quarantine"
        " WHERE node = ? GROUP BY source, code ORDER BY max(received_ms) DESC LIMIT ?",
        (node, MOST_TRACES),
    )
    [counts] = database.select(
        "SELECT (SELECT count(*) FROM gap WHERE node = ?1), (SELECT count(*) FROM fork"
        " WHERE node = ?1), (SELECT count(*) FROM quarantine WHERE node = ?1)",
        (node,),
    )
    return Traces(
        tuple(LostRows(*row) for row in gaps),
        tuple(ForkedStream(*row) for row in forks),
        tuple(Quarantined(*row) for row in quarantined),
        *counts,
    )
