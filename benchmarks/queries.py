"""Long ranges: a year of one series by the hour, a week of 200 series by the hour.

The process is set up as the hub sets up its own. Floor: the same number of rows read from a bare
SQLite table by primary key.
"""

import random
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Result
from hub import interpreter
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore

HOUR, DAY, WEEK, YEAR = 3600, 86_400, 7 * 86_400, 365 * 86_400
START = 1_767_225_600
SEED = 1


def measure(folder: Path) -> list[Result]:
    rng = random.Random(SEED)
    year = SeriesKey("library", "door", "front")
    many = [SeriesKey(f"venue-{i}", "door", "front") for i in range(200)]
    with SqliteStore(folder / "series.db") as store:
        _fill(store, rng, [year], YEAR // 60)
        _fill(store, rng, many, WEEK // 60)
        interpreter.tune()
        assert len(store.hourly([year], START, START + YEAR)[year]) == YEAR // HOUR
        one = _median_ms(lambda: store.hourly([year], START, START + YEAR))
        week = _median_ms(lambda: store.hourly(many, START, START + WEEK))
    one_floor = _floor_ms(folder / "one.db", 1, YEAR // HOUR)
    week_floor = _floor_ms(folder / "week.db", 200, WEEK // HOUR)
    size = (folder / "series.db").stat().st_size / (YEAR // 60 + 200 * (WEEK // 60))
    return [
        Result("1 series x 1 year hourly", one, "ms", at_most=20, floor=one_floor),
        Result("200 series x 1 week hourly", week, "ms", at_most=60, floor=week_floor),
        Result("store, bytes a row (in and out, rollups included)", size, "B", at_most=30),
    ]


def _fill(store: SqliteStore, rng: random.Random, keys: list[SeriesKey], minutes: int) -> None:
    rows: list[SeriesRow] = []
    for minute in range(minutes):
        at = START + 60 * minute
        rows += [
            SeriesRow(key, Kind.COUNT, at, "ab" * 6, (rng.randrange(9), rng.randrange(9)))
            for key in keys
        ]
        if len(rows) >= 20_000:
            store.write(rows)
            rows = []
    store.write(rows)


def _floor_ms(path: Path, series: int, hours: int) -> float:
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE hour (series INT, hour INT, a INT, b INT, PRIMARY KEY (series, hour))"
        " WITHOUT ROWID"
    )
    connection.executemany(
        "INSERT INTO hour VALUES (?, ?, 5, 5)",
        [(s, h) for s in range(series) for h in range(hours)],
    )
    connection.commit()
    result = _median_ms(lambda: connection.execute("SELECT * FROM hour").fetchall())
    connection.close()
    return result


def _median_ms(call: Callable[[], object], runs: int = 9) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)
