"""InfluxDB as the store: intake beside SQLite and beside its client alone, hours, moving.

The server is Debian's InfluxDB behind nginx, as the tests start it, on the same machine. All three
ways of intake take the same rows in batches of the same size, in turns. `MOVE_ROWS=10000000` moves
all the rows that are promised, else a tenth of them is moved and the time taken ten times.
"""

import os
import random
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil
from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS

from benchmarks.report import Result
from contracts.ids import NodeId
from contracts.rows import Count, Epoch, Row
from hub import interpreter
from hub.store.influx import InfluxStore, Server
from hub.store.influx.moving import PATIENCE_SECONDS, move_into_influx, move_into_sqlite
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.store.sqlite import Ledger, SqliteStore
from link.acceptance import StreamState
from link.intake import Group, Stored
from tests.influx import Influx

START = 1_767_225_600
HOUR, WEEK, YEAR = 3600, 7 * 86_400, 365 * 86_400
SEED, TURNS, RUNS = 1, 7, 5
BATCH = 5000
SERIES, MINUTES = 200, 500
PROMISED_ROWS = 10_000_000
EPOCH = "e0" * 8


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    interpreter.tune()
    with Influx(folder / "influx") as influx:
        return [*_intake(folder, influx), *_hours(folder, influx), *_moving(folder, influx)]


def _intake(folder: Path, influx: Influx) -> list[Result]:
    groups = list(groups_of(random.Random(SEED), SERIES, MINUTES))
    rows = SERIES * MINUTES
    shares, rates = [], []
    for turn in range(TURNS):
        influx.make(f"intake-{turn}")
        influx.make(f"client-{turn}")
        with SqliteStore(folder / f"sqlite-{turn}.db") as own:
            sqlite = rows / _seconds(own, groups)
        server = Server(influx.section(f"intake-{turn}"))
        with InfluxStore(folder / f"influx-{turn}.db", server) as there:
            influxdb = rows / _seconds(there, groups)
        client = rows / _client_alone(influx, f"client-{turn}", groups)
        shares.append(influxdb / min(sqlite, client))
        rates.append((influxdb, sqlite, client))
    here, sqlite, client = (statistics.median(rate) for rate in zip(*rates, strict=True))
    told = ", ".join(f"{share:.2f}" for share in shares)
    return [
        Result(
            "intake into InfluxDB, share of the slower of SQLite and the client alone",
            statistics.median(shares),
            "",
            at_least=0.6,
            note=f"commits of {BATCH} rows, {TURNS} turns: {told}; InfluxDB {here:,.0f} rows/s,"
            f" SQLite {sqlite:,.0f}, influxdb-client with ready lines {client:,.0f}",
        )
    ]


def groups_of(
    rng: random.Random, series: int, minutes: int, *, name: str = "line", node: str = "door"
) -> Iterator[Group]:
    """Yield what the intake would commit: every line's minute, minute by minute."""
    owner, stream = NodeId("library", node), secrets.token_hex(8)
    rows: list[Row] = [Epoch(1, EPOCH, "b0" * 8, START * 1000, "05" * 8)]
    seq = 1
    for minute in range(minutes):
        for line in range(series):
            seq += 1
            at, entered, left = START + 60 * minute, rng.randrange(9), rng.randrange(9)
            rows.append(Count(seq, EPOCH, f"{name}-{line}", at, entered, left))
        if len(rows) >= BATCH or minute == minutes - 1:
            group = Group(stored=[Stored(owner, stream, tuple(rows), START * 1000)])
            group.streams, group.owners = {stream: StreamState(seq)}, {stream: owner}
            yield group
            rows = []


def _seconds(store: Ledger, groups: Sequence[Group]) -> float:
    began = time.perf_counter()
    for group in groups:
        store.commit(group)
    return time.perf_counter() - began


def _client_alone(influx: Influx, database: str, groups: Sequence[Group]) -> float:
    batches = [
        "\n".join(
            f"kaiguan_count,epoch={EPOCH},name={row.line},node=door,venue=library"
            f" entered={row.entered}i,left={row.left}i {row.bucket_at}"
            for row in group.stored[0].rows
            if isinstance(row, Count)
        ).encode()
        for group in groups
    ]
    with closing(InfluxDBClient(url=influx.url, token="", org="-")) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        began = time.perf_counter()
        for batch in batches:
            api.write(bucket=database, record=batch, write_precision=WritePrecision.S)
        return time.perf_counter() - began


def _hours(folder: Path, influx: Influx) -> list[Result]:
    influx.make("hours")
    year = SeriesKey("library", "door", "front")
    many = [SeriesKey(f"venue-{i}", "door", "front") for i in range(SERIES)]
    server = Server(influx.section("hours", 60))
    # The last hour of the year is not over: it is made from its minutes each time.
    with InfluxStore(folder / "hours.db", server, clock_s=lambda: START + YEAR) as store:
        _fill(store, [year], YEAR // 60)
        _fill(store, many, WEEK // 60)
        from_minutes = _median_ms(lambda: store.hourly([year], START, START + YEAR))
        before, began = _processor_ms(influx), time.perf_counter()
        made = sum(store.make_hours())
        seconds, spent = time.perf_counter() - began, (_processor_ms(influx) - before) / 1000
        before = _processor_ms(influx)
        one = _median_ms(lambda: store.hourly([year], START, START + YEAR))
        own = (_processor_ms(influx) - before) / RUNS
        found = store.hourly([year], START, START + YEAR)[year]
        assert len(found) == YEAR // HOUR
        week = _median_ms(lambda: store.hourly(many, START, START + WEEK))
        day = _median_ms(lambda: store.buckets(year, START, START + 86_400))
    return [
        Result(
            "InfluxDB, 1 series x 1 year hourly",
            one,
            "ms",
            at_most=400,
            floor=from_minutes,
            note=f"median of {RUNS}, the last hour from its minutes; floor: all hours from 525 600"
            f" minutes; the database's processor {own:.1f} ms each",
        ),
        Result("InfluxDB, 200 series x 1 week hourly", week, "ms", note=f"median of {RUNS}"),
        Result(
            "InfluxDB, an hour made and kept",
            1000 * seconds / made,
            "ms",
            note=f"{made:,} in {seconds:.1f} s; the database's processor {spent:.1f} s",
        ),
        Result("InfluxDB, 1 series x 1 day by the minute", day, "ms", note=f"median of {RUNS}"),
    ]


def _processor_ms(influx: Influx) -> float:
    times = psutil.Process(influx.pid).cpu_times()
    return 1000 * (times.user + times.system)


def _moving(folder: Path, influx: Influx) -> list[Result]:
    rows = int(os.environ.get("MOVE_ROWS", PROMISED_ROWS // 10))
    influx.make("moved")
    path = folder / "moving.db"
    keys = [SeriesKey(f"venue-{i}", "door", "front") for i in range(SERIES)]
    with SqliteStore(path) as store:
        _fill(store, keys, rows // SERIES)
    server = Server(influx.section("moved"), patience_seconds=PATIENCE_SECONDS)
    size = path.stat().st_size
    with closing(server):
        began = time.perf_counter()
        moved = move_into_influx(path, server, int(time.time()), lambda _done, _of: None)
        there = time.perf_counter() - began
    assert moved.rows == rows // SERIES * SERIES
    began = time.perf_counter()
    server = Server(influx.section("moved"), patience_seconds=PATIENCE_SECONDS)
    back = move_into_sqlite(path, server, lambda _done, _of: None)
    again = time.perf_counter() - began
    assert back.rows == moved.rows
    taken = (
        "all of them"
        if rows >= PROMISED_ROWS
        else f"{rows:,} rows, times {PROMISED_ROWS / rows:.0f}"
    )
    share = PROMISED_ROWS / rows / 60
    return [
        Result("10 M rows moved into InfluxDB", there * share, "min", at_most=10, note=taken),
        Result("10 M rows moved into SQLite", again * share, "min", at_most=10, note=taken),
        Result("SQLite, bytes a row before the move", size / rows, "B"),
    ]


def _fill(store: Ledger, keys: Sequence[SeriesKey], minutes: int) -> None:
    rng = random.Random(SEED)
    rows: list[SeriesRow] = []
    for minute in range(minutes):
        at = START + 60 * minute
        rows += [
            SeriesRow(key, Kind.COUNT, at, EPOCH, (rng.randrange(9), rng.randrange(9)))
            for key in keys
        ]
        if len(rows) >= 20_000 or minute == minutes - 1:
            store.write(rows)
            rows = []


def _median_ms(call: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)
