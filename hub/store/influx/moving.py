"""Moving the buckets of a ledger into InfluxDB and out of it, while no hub runs.

Every step is written down and may be done again, so that a move that was stopped goes on where it
was. In the end counts and sums of every series are compared; only then, in one transaction, the
ledger says where its buckets lie and has a new id with the old one as its ancestor: nodes follow,
and send again what the new store lacks.
"""

import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from contracts.ids import NodeId
from hub.errors import StoreError
from hub.store.influx import answers, lines, proof
from hub.store.influx.hours import HOURS, WHOLE, first_bucket, made_from_buckets
from hub.store.influx.server import RowsRefused, Server, WriteFailed
from hub.store.influx.store import TAKE, InfluxStore
from hub.store.port import HOUR_SECONDS, Bucket, Kind, SeriesKey
from hub.store.sqlite import SqliteStore, buckets
from hub.store.sqlite.database import Database, descend
from hub.store.sqlite.ledger import SERIES_IN, SeriesPlace
from hub.store.sqlite.names import Names

ROWS_AT_ONCE: Final = 20_000
KEYS_AT_ONCE: Final = 5
PATIENCE_SECONDS: Final = 120.0
"""How long an answer may take while nobody else waits."""
WINDOW_HOURS: Final = 14 * 24
STATE: Final = "move"
"""Key of `meta`: how far a move has come."""
_SET: Final = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_BUCKETS: Final = ("count_bucket", "measure_bucket")
_LEFT: Final = (*_BUCKETS, "open_hour")
_SAME: Final = 1e-9
"""Sums of floating-point numbers in another order differ by less, of the sum."""

Progress = Callable[[int, int], None]
"""Told (rows done, rows in all)."""


class Moved(NamedTuple):
    """What a move has done."""

    store_id: str
    rows: int


def move_into_influx(path: Path, server: Server, now_s: int, progress: Progress) -> Moved:
    """Move the buckets of the ledger `path` into an empty database.

    Raises StoreError with one sentence; nothing is switched then, and it may be tried again.
    """
    with SqliteStore(path) as store:
        store_id = store.store_id
    try:
        with closing(Database(path)) as database:
            proof.prove(server, now_s)
            _claim_for_move(server, store_id)
            state = _state(database, "influxdb", server)
            rows = _write_all(database, server, state, progress)
            with _compared(database):
                _check_influx(database, server)
            with database.transaction() as connection:
                # Hours stay: all of them were made with their buckets.
                for table in _LEFT:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608  names of this module
                told = [(SERIES_IN, "influxdb"), (TAKE, "0"), (HOURS, WHOLE)]
                connection.executemany(_SET, told)
                new = _switched(connection)
            proof.claim(server, new)
            database.shrink()
            return Moved(new, rows)
    except (WriteFailed, RowsRefused) as error:
        raise StoreError(f"the move has stopped, and goes on when called again: {error}") from error


def move_into_sqlite(path: Path, server: Server, progress: Progress) -> Moved:
    """Move the buckets of a database into its ledger, `path`; closes the server.

    Raises StoreError with one sentence; nothing is switched then, and it may be tried again.
    """
    with InfluxStore(path, server) as store, closing(Database(path)) as database:
        old = store.store_id
        state = _state(database, "sqlite", server)
        with database.transaction() as connection:
            buckets.prepare(connection)
            names = Names(connection)
            if "rows" not in state:
                for table in _BUCKETS:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608  names of this module
        series = sorted(store.series().items(), key=lambda item: (item[1].value.name, item[0]))
        rows = _read_all(database, server, names, series, state, progress)
        with _compared(database):
            _check_sqlite(server, database, names, series, rows)
        _make_hours(database, names, series)
        with database.transaction() as connection:
            connection.execute(_SET, (SERIES_IN, "sqlite"))
            connection.execute("DELETE FROM meta WHERE key IN (?, ?)", (TAKE, HOURS))
            connection.execute("DELETE FROM open_hour")
            new = _switched(connection)
        # Stopped before this: the ledger has all, and the database is nobody else's.
        proof.claim(server, old, proof.GONE)
        return Moved(new, rows)


def _state(database: Database, to: SeriesPlace, server: Server) -> dict[str, Any]:
    """Return how far this move has come; one that a hub ran after is begun anew."""
    [marks] = database.select("SELECT count(*), coalesce(sum(mark), 0) FROM stream")
    way = [to, str(server), *marks]
    found = database.select("SELECT value FROM meta WHERE key = ?", (STATE,))
    state: dict[str, Any] = json.loads(found[0][0]) if found else {}
    return state if state.get("way") == way else {"way": way}


class _Differs(StoreError):
    """What was moved is not what is due."""


@contextmanager
def _compared(database: Database) -> Iterator[None]:
    """Let a move that went wrong begin anew with the next call; one that was stopped goes on."""
    try:
        yield
    except _Differs:
        with database.transaction() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (STATE,))
        raise


def _keep(connection: sqlite3.Connection, state: dict[str, Any]) -> None:
    connection.execute(_SET, (STATE, json.dumps(state)))


def _switched(connection: sqlite3.Connection) -> str:
    connection.execute("DELETE FROM meta WHERE key = ?", (STATE,))
    return descend(connection)


def _claim_for_move(server: Server, store_id: str) -> None:
    found = proof.owner(server)
    if found is None:
        proof.claim(server, store_id, proof.MOVING)
    elif found != (store_id, proof.MOVING):
        raise StoreError(f"{server} holds the series of store {found[0]}: give an empty database")


def _count(database: Database, table: str) -> int:
    [(count,)] = database.select(f"SELECT count(*) FROM {table}")  # noqa: S608  names of the port
    return int(count)


class _Heads(dict[tuple[int, int], str]):
    """Heads of points by the ledger's numbers of series and epoch."""

    def __init__(self, names: Names, kind: Kind) -> None:
        super().__init__()
        self._names, self._measurement = names, lines.MEASUREMENTS[kind]

    def __missing__(self, numbers: tuple[int, int]) -> str:
        key, epoch = self._names.series_of(numbers[0])[0], self._names.epoch_of(numbers[1])
        self[numbers] = lines.head(self._measurement, key, epoch)
        return self[numbers]


def _write_all(
    database: Database, server: Server, state: dict[str, Any], progress: Progress
) -> int:
    names = _names(database)
    total = sum(_count(database, f"{kind.value.name}_bucket") for kind in Kind)
    done = int(state.get("rows", 0))
    for kind in Kind:
        name, heads = kind.value.name, _Heads(names, kind)
        fields = ", ".join(field for field, _ in kind.value.fields)
        question = (
            f"SELECT series, bucket, epoch, {fields} FROM {name}_bucket"  # noqa: S608  as above
            " WHERE (series, bucket, epoch) > (?, ?, ?) ORDER BY series, bucket, epoch LIMIT ?"
        )
        last = state.get(name, [-1, -1, -1])
        while found := database.select(question, (*last, ROWS_AT_ONCE)):
            server.write(
                lines.line(kind, heads[series, epoch], at, values)
                for series, at, epoch, *values in found
            )
            last = state[name] = list(found[-1][:3])
            done = state["rows"] = done + len(found)
            with database.transaction() as connection:
                _keep(connection, state)
            progress(done, total)
    return done


def _check_influx(database: Database, server: Server) -> None:
    """Compare counts and sums of every series. Raises StoreError."""
    names = _names(database)
    for kind in Kind:
        name = kind.value.name
        sums = ", ".join(f"{how}({field})" for field, how in kind.value.fields)
        due = {
            names.series_of(series)[0]: told
            for series, *told in database.select(
                f"SELECT series, count(*), {sums} FROM {name}_bucket GROUP BY series"  # noqa: S608
            )
        }
        keys = sorted(due)
        for some in _some(keys):
            [found] = server.ask(answers.ask_sums(kind, some))
            there = answers.takes(found.series)
            for key in some:
                told = [row[1:] for _, rows in there.get(key, ()) for row in rows]
                _compare(key, due[key], told[0] if told else [0] * len(due[key]))


def _read_all(
    database: Database,
    server: Server,
    names: Names,
    series: Sequence[tuple[SeriesKey, Kind]],
    state: dict[str, Any],
    progress: Progress,
) -> int:
    total = _stored(server, series)
    begun, at = state.get("series", 0), state.get("at", 0)
    state = {"rows": 0, "points": 0} | state
    for index, (key, kind) in enumerate(series[begun:], start=begun):
        while (first := first_bucket(server, kind, key, at)) is not None:
            begin = first - first % HOUR_SECONDS
            at = begin + WINDOW_HOURS * HOUR_SECONDS
            [found] = server.ask(answers.ask_buckets(kind, [key], begin, at))
            epochs = answers.by_epoch(kind, answers.takes(found.series)[key])
            with database.transaction() as connection:
                rows = _insert(connection, names, kind, key, epochs)
                state["points"] += sum(len(one.values) for one in found.series)
                state.update(series=index, at=at, rows=state["rows"] + rows)
                _keep(connection, state)
            progress(state["points"], total)
        at = 0
    return int(state["rows"])


def _insert(
    connection: sqlite3.Connection,
    names: Names,
    kind: Kind,
    key: SeriesKey,
    epochs: dict[str, dict[int, answers.Values]],
) -> int:
    node = names.node(connection, NodeId(key.venue, key.node))
    series = names.series(connection, node, kind, key.name)
    rows: dict[tuple[int, int, int], Any] = {}
    for name, told in epochs.items():
        epoch, _ = names.epoch(connection, node, name)
        rows.update(((series, at, epoch), values) for at, values in told.items())
    if kind is Kind.COUNT:
        buckets.write_counts(connection, rows, takes_all=True)
    else:
        buckets.write_measures(connection, rows, takes_all=True)
    return len(rows)


def _make_hours(database: Database, names: Names, series: Sequence[tuple[SeriesKey, Kind]]) -> None:
    """Make all hours from the buckets that were moved; those without buckets are there."""
    for key, kind in series:
        known = names.find_series(key)
        if known is not None:
            with database.transaction() as connection:
                buckets.make_hours(connection, kind, known[0])


def _check_sqlite(
    server: Server,
    database: Database,
    names: Names,
    series: Sequence[tuple[SeriesKey, Kind]],
    rows: int,
) -> None:
    """Compare the number of rows, and hours as either side makes them. Raises StoreError."""
    stored = sum(_count(database, f"{kind.value.name}_bucket") for kind in Kind)
    if stored != rows:
        raise _Differs(f"{database.path}: {rows} rows were moved, {stored} are there")
    for kind in Kind:
        for some in _some([key for key, of in series if of is kind]):
            due = made_from_buckets(server, kind, some, 0, answers.LATEST_S)
            for key in some:
                known = names.find_series(key)
                with database.reading() as connection:
                    found = (
                        buckets.read_shifted_hours(
                            connection, kind, known[0], 0, answers.LATEST_S, 0
                        )
                        if known
                        else []
                    )
                made = [Bucket(at, values) for at, values in due[key].items()]
                _compare(key, _summed(kind, made), _summed(kind, found))


def _summed(kind: Kind, hours: Sequence[Bucket]) -> list[float]:
    if not hours:
        return [0]
    return [len(hours), *answers.combined(kind, [hour.values for hour in hours])]


def _compare(key: SeriesKey, due: Sequence[float], found: Sequence[float]) -> None:
    is_same = len(due) == len(found) and all(
        math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)
        for one, other in zip(due, found, strict=True)
    )
    if not is_same:
        raise _Differs(
            f"{key}: count and sums are {list(due)} here and {list(found)} there; nothing was"
            " switched, call the move again"
        )


def _stored(server: Server, series: Sequence[tuple[SeriesKey, Kind]]) -> int:
    """Return how many points there are, takes and all."""
    result = 0
    for kind in Kind:
        for some in _some([key for key, of in series if of is kind]):
            [found] = server.ask(answers.ask_sums(kind, some))
            result += sum(int(row[1]) for one in found.series for row in one.values)
    return result


def _names(database: Database) -> Names:
    with database.reading() as connection:
        return Names(connection)


def _some(keys: Sequence[SeriesKey]) -> Iterator[Sequence[SeriesKey]]:
    """Yield a few: all points of some are summed, which may be a year of minutes of each."""
    for first in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[first : first + KEYS_AT_ONCE]
