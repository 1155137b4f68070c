"""Storage against what a user would pick instead: a plain table of SQLite, InfluxDB by its client.

All take the same rows in the same order (every line's minute, minute by minute) in batches of
5 000, each batch durable when it returns. The plain table is what one writes by hand: line, minute,
in, out, a primary key over line and minute, WAL, `synchronous=FULL`, `INSERT OR REPLACE` by
`executemany`. It and InfluxDB know nothing of epochs, marks and evidence, which ours stores in the
same transaction. Questions are asked of what was written, hours by `GROUP BY`.
"""

import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS

from benchmarks.report import Result
from benchmarks.stores import groups_of
from contracts.rows import Count
from hub import interpreter
from hub.store.influx import Server
from hub.store.port import SeriesKey
from hub.store.sqlite import SqliteStore
from link.intake import Group
from tests.influx import Influx

START = 1_767_225_600
HOUR, WEEK = 3600, 7 * 86_400
YEAR = 365 * 86_400
TURNS, ASKED = 3, 5
SERIES, MINUTES = 200, 2500
SNAPSHOT = 'cache-snapshot-write-cold-duration = "1s"'
"""So that what InfluxDB holds in memory is on its disk, packed, before that is measured."""
KINDS = ("ours", "plain SQLite", "InfluxDB")

Batch = Sequence[tuple[str, int, int, int]]


class PlainTable:
    """The table that one writes by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS reading (line TEXT, at INTEGER, entered INTEGER,"
            " left INTEGER, PRIMARY KEY (line, at))"
        )

    def write(self, rows: Batch) -> None:
        self.connection.execute("BEGIN")
        self.connection.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?)", rows)
        self.connection.execute("COMMIT")

    def hours(self, lines: Sequence[str], start: int, end: int) -> int:
        marks = ",".join("?" * len(lines))
        return len(
            self.connection.execute(
                "SELECT line, at / 3600, sum(entered), sum(left) FROM reading"
                f" WHERE line IN ({marks}) AND at >= ? AND at < ? GROUP BY 1, 2",
                (*lines, start, end),
            ).fetchall()
        )

    def day(self, line: str) -> int:
        return len(
            self.connection.execute(
                "SELECT at, entered, left FROM reading WHERE line = ? AND at >= ? AND at < ?",
                (line, START, START + 86_400),
            ).fetchall()
        )


class PlainInflux:
    """A database by its client, with points of lines alone."""

    def __init__(self, influx: Influx, database: str) -> None:
        influx.make(database)
        self.database = database
        self.client = InfluxDBClient(url=influx.url, token="", org="-", timeout=60_000)
        self.writes = self.client.write_api(write_options=SYNCHRONOUS)
        self.server = Server(influx.section(database, 60))

    def write(self, rows: Batch) -> None:
        body = "\n".join(
            f"plain,line={line} entered={i}i,left={o}i {at}" for line, at, i, o in rows
        )
        self.writes.write(
            bucket=self.database, record=body.encode(), write_precision=WritePrecision.S
        )

    def hours(self, lines: Sequence[str], start: int, end: int) -> int:
        these = " OR ".join(f"line = '{line}'" for line in lines)
        return self._ask(
            f"SELECT sum(entered), sum(left) FROM plain WHERE ({these}) AND time >= {start}s"
            f" AND time < {end}s GROUP BY time(1h), line fill(none)"
        )

    def day(self, line: str) -> int:
        return self._ask(
            f"SELECT entered, left FROM plain WHERE line = '{line}' AND time >= {START}s"
            f" AND time < {START + 86_400}s"
        )

    def _ask(self, statement: str) -> int:
        [found] = self.server.ask(statement)
        return sum(len(series.values) for series in found.series)

    def close(self) -> None:
        self.client.close()
        self.server.close()


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    interpreter.tune()
    with Influx(folder / "influx", data=SNAPSHOT) as influx:
        return [*_writing(folder, influx), *_asking(folder, influx)]


def _writing(folder: Path, influx: Influx) -> Iterator[Result]:
    groups = list(groups_of(random.Random(1), SERIES, MINUTES))
    batches = [rows_of(group) for group in groups]
    rows = SERIES * MINUTES
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    sizes: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(TURNS):
        with SqliteStore(folder / f"own-{turn}.db") as own:
            rates["ours"].append(rows / _seconds(own.commit, groups))
        sizes["ours"].append((folder / f"own-{turn}.db").stat().st_size / rows)
        table = PlainTable(folder / f"table-{turn}.db")
        rates["plain SQLite"].append(rows / _seconds(table.write, batches))
        table.connection.close()
        sizes["plain SQLite"].append(table.path.stat().st_size / rows)
        with closing(PlainInflux(influx, f"plain-{turn}")) as plain:
            rates["InfluxDB"].append(rows / _seconds(plain.write, batches))
        sizes["InfluxDB"].append(_packed(influx, f"plain-{turn}") / rows)
    yield _compared("store, rows written and durable", "rows/s", rates, f"{SERIES} lines")
    yield _compared(
        "store, bytes a row",
        "B",
        sizes,
        "counts of 0 to 8 by chance; InfluxDB packed, without the 33 MB of its index of series",
    )


def _asking(folder: Path, influx: Influx) -> Iterator[Result]:
    """One line's year and 200 lines' week in each, asked for as a page would."""
    rng = random.Random(2)
    lines = [f"line-{i}" for i in range(SERIES)]
    table, plain = PlainTable(folder / "asked.db"), PlainInflux(influx, "asked")
    with SqliteStore(folder / "own-asked.db") as own, closing(plain):
        year = list(groups_of(rng, 1, YEAR // 60, name="year", node="desk"))
        week = list(groups_of(rng, SERIES, WEEK // 60))
        for group in (*year, *week):
            own.commit(group)
            table.write(rows_of(group))
            plain.write(rows_of(group))
        key = SeriesKey("library", "desk", "year-0")
        keys = [SeriesKey("library", "door", line) for line in lines]
        assert len(own.hourly([key], START, START + YEAR)[key]) == YEAR // HOUR
        assert table.hours(["year-0"], START, START + YEAR) == YEAR // HOUR
        assert plain.hours(lines, START, START + WEEK) == SERIES * WEEK // HOUR
        asked: dict[str, tuple[Callable[[], object], ...]] = {
            "1 line x 1 year by the hour": (
                lambda: own.hourly([key], START, START + YEAR),
                lambda: table.hours(["year-0"], START, START + YEAR),
                lambda: plain.hours(["year-0"], START, START + YEAR),
            ),
            "200 lines x 1 week by the hour": (
                lambda: own.hourly(keys, START, START + WEEK),
                lambda: table.hours(lines, START, START + WEEK),
                lambda: plain.hours(lines, START, START + WEEK),
            ),
            "1 line x 1 day by the minute": (
                lambda: own.buckets(keys[0], START, START + 86_400),
                lambda: table.day(lines[0]),
                lambda: plain.day(lines[0]),
            ),
        }
        for name, calls in asked.items():
            times = {
                kind: [_ms(call) for _ in range(ASKED)]
                for kind, call in zip(KINDS, calls, strict=True)
            }
            yield _compared(f"store, {name}", "ms", times, f"{ASKED} times each")
    table.connection.close()


def rows_of(group: Group) -> Batch:
    """Return what a group says, as plain rows."""
    return [
        (row.line, row.bucket_at, row.entered, row.left)
        for stored in group.stored
        for row in stored.rows
        if isinstance(row, Count)
    ]


def _compared(name: str, unit: str, told: dict[str, list[float]], note: str) -> Result:
    each = "; ".join(
        f"{kind} {statistics.median(found):,.4g} ({min(found):,.4g} – {max(found):,.4g})"
        for kind, found in told.items()
    )
    return Result(
        name,
        statistics.median(told["ours"]),
        unit,
        floor=statistics.median(told["plain SQLite"]),
        note=f"floor: the plain table; medians, least and most: {each}; {note}",
    )


def _seconds(write: Callable[[Any], None], batches: Sequence[object]) -> float:
    began = time.perf_counter()
    for batch in batches:
        write(batch)
    return time.perf_counter() - began


def _packed(influx: Influx, database: str) -> float:
    """Return how large a database is once all of it is packed."""
    wal, data = influx.folder / "wal" / database, influx.folder / "data" / database
    deadline = time.monotonic() + 30
    while any(path.stat().st_size > 0 for path in wal.rglob("*.wal")):
        if time.monotonic() > deadline:
            raise RuntimeError("InfluxDB did not pack what it was told")
        time.sleep(0.2)
    return sum(path.stat().st_size for path in data.rglob("*.tsm"))


def _ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)
