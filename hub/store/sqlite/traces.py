"""Reading what of one node could not be taken as it was."""

from hub.store.sqlite.database import Database
from hub.store.traces import MOST_TRACES, ForkedStream, LostRows, Quarantined, Traces


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
