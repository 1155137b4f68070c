"""Names of the wire <-> small integers of the file, remembered in memory."""

import sqlite3
from collections.abc import Iterable

from contracts.ids import NodeId
from hub.store.port import Kind, SeriesKey


class Names:
    """Ids of nodes, epochs, series and sources; new ones are inserted where they are first met.

    What a transaction added is forgotten by `reload` when that transaction fails.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._nodes: dict[NodeId, int] = {}
        self._epochs: dict[tuple[int, str], tuple[int, str]] = {}
        self._series: dict[tuple[int, str, str], int] = {}
        self._sources: dict[tuple[int, str, str], int] = {}
        self._series_by_id: dict[int, tuple[SeriesKey, Kind]] = {}
        self._epochs_by_id: dict[int, str] = {}
        self.reload(connection)

    def reload(self, connection: sqlite3.Connection) -> None:
        """Read everything anew; whoever reads meanwhile finds the old or the new, never none."""
        rows: Iterable[tuple[int, str, str]] = connection.execute(
            "SELECT id, venue, node FROM node"
        )
        self._nodes = {NodeId(venue, node): id_ for id_, venue, node in rows}
        self._epochs = {
            (node, epoch): (id_, clock)
            for id_, node, epoch, clock in connection.execute(
                "SELECT id, node, epoch, clock FROM epoch"
            )
        }
        self._series, self._sources = (
            {
                (node, kind, name): id_
                for id_, node, kind, name in connection.execute(
                    f"SELECT id, node, kind, name FROM {table}"  # noqa: S608  one of two literals
                )
            }
            for table in ("series", "source")
        )
        self._series_by_id, self._epochs_by_id = {}, {}

    def node(self, connection: sqlite3.Connection, node: NodeId) -> int:
        """Return the id of a node."""
        found = self._nodes.get(node)
        if found is None:
            found = _insert(
                connection, "INSERT INTO node (venue, node) VALUES (?, ?)", (node.venue, node.node)
            )
            self._nodes[node] = found
        return found

    def epoch(self, connection: sqlite3.Connection, node: int, epoch: str) -> tuple[int, str]:
        """Return id and clock of an epoch; one whose first row is unknown counts as set."""
        found = self._epochs.get((node, epoch))
        if found is None:
            id_ = _insert(
                connection,
                "INSERT INTO epoch (node, epoch, clock, error_ms) VALUES (?, ?, 'set', 0)",
                (node, epoch),
            )
            found = self._epochs[node, epoch] = (id_, "set")
        return found

    def epoch_read(self, connection: sqlite3.Connection, node: int, epoch: str) -> None:
        """Take over what the first row of an epoch said, once it is written."""
        id_, clock = connection.execute(
            "SELECT id, clock FROM epoch WHERE node = ? AND epoch = ?", (node, epoch)
        ).fetchone()
        self._epochs[node, epoch] = (id_, clock)

    def series(self, connection: sqlite3.Connection, node: int, kind: Kind, name: str) -> int:
        """Return the id of a series."""
        return self._named(connection, self._series, "series", (node, kind.value.name, name))

    def source(self, connection: sqlite3.Connection, node: int, kind: str, name: str) -> int:
        """Return the id of a source of intervals (`coverage` or `state`)."""
        return self._named(connection, self._sources, "source", (node, kind, name))

    def known_series(self, venue: str | None) -> dict[SeriesKey, Kind]:
        """Return every series, or those of one venue."""
        kinds = {kind.value.name: kind for kind in Kind}
        nodes = {id_: node for node, id_ in self._nodes.copy().items()}
        return {
            SeriesKey(nodes[node].venue, nodes[node].node, name): kinds[kind]
            for node, kind, name in self._series.copy()
            if venue is None or nodes[node].venue == venue
        }

    def series_of(self, series: int) -> tuple[SeriesKey, Kind]:
        """Return the series of an id."""
        found = self._series_by_id.get(series)
        if found is None:
            kinds = {kind.value.name: kind for kind in Kind}
            nodes = {id_: node for node, id_ in self._nodes.items()}
            for (node, kind, name), id_ in self._series.items():
                key = SeriesKey(nodes[node].venue, nodes[node].node, name)
                self._series_by_id[id_] = (key, kinds[kind])
            found = self._series_by_id[series]
        return found

    def epoch_of(self, epoch: int) -> str:
        """Return the epoch of an id."""
        found = self._epochs_by_id.get(epoch)
        if found is None:
            self._epochs_by_id = {id_: name for (_, name), (id_, _) in self._epochs.items()}
            found = self._epochs_by_id[epoch]
        return found

    def venues(self) -> dict[int, str]:
        """Return the venue of each node, by id."""
        return {id_: node.venue for node, id_ in self._nodes.copy().items()}

    def find_node(self, node: NodeId) -> int | None:
        """Return the id of a node, None when it never sent."""
        return self._nodes.get(node)

    def find_series(self, key: SeriesKey) -> tuple[int, Kind] | None:
        """Return id and kind of a series, None when nothing of it was ever stored."""
        node = self._nodes.get(NodeId(key.venue, key.node))
        for kind in Kind:
            found = self._series.get((node or 0, kind.value.name, key.name))
            if found is not None:
                return found, kind
        return None

    def find_source(self, node: NodeId, kind: str, name: str) -> int | None:
        """Return the id of a source, None when nothing of it was ever stored."""
        return self._sources.get((self._nodes.get(node, 0), kind, name))

    @staticmethod
    def _named(
        connection: sqlite3.Connection,
        cache: dict[tuple[int, str, str], int],
        table: str,
        key: tuple[int, str, str],
    ) -> int:
        found = cache.get(key)
        if found is None:
            found = _insert(
                connection,
                f"INSERT INTO {table} (node, kind, name) VALUES (?, ?, ?)",  # noqa: S608
                key,
            )
            cache[key] = found
        return found


def _insert(connection: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> int:
    id_ = connection.execute(sql, values).lastrowid
    assert id_ is not None  # noqa: S101  an INSERT that raised nothing has a row id
    return id_
