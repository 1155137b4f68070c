"""What the first release stored goes on with today's hub: nothing of it changes, all is judged."""

import os
import shutil
import signal
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from hub.compliance.rules import KEPT
from hub.store.port import Kind, SeriesKey
from hub.store.records import Records
from hub.store.records import schema as records_schema
from hub.store.sqlite import SqliteStore, database
from tests.accounts import token_for
from tests.compatibility.recorded import FIRST, VENUE, WEEK, batches, readings
from tests.integration.hub.running import HubProcess, run_hub, until

FILES = ("series.db", "records.db")
KEPT_TABLES = {
    "series.db": ("node", "epoch", "series", "source", "count_bucket", "count_hour",
                  "measure_bucket", "measure_hour", "interval", "event", "stream"),
    "records.db": ("venues", "zones", "lines", "sensors"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as the first release left it."""
    data = tmp_path / "hub" / "data"
    data.mkdir(parents=True)
    for name in FILES:
        shutil.copy(FIRST / name, data / name)
    return data


def rows(path: Path, tables: tuple[str, ...]) -> dict[str, list[Any]]:
    """Return what lies in some tables, by the columns that the first release had."""
    with closing(sqlite3.connect(FIRST / path.name)) as first:
        columns = {
            table: [row[1] for row in first.execute(f"PRAGMA table_info({table})")]
            for table in tables
        }
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: sorted(connection.execute(f"SELECT {', '.join(names)} FROM {table}"), key=repr)
            for table, names in columns.items()
        }


def same_as_first(folder: Path) -> None:
    for name, tables in KEPT_TABLES.items():
        assert rows(folder / name, tables) == rows(FIRST / name, tables)


def with_verdicts(path: Path) -> None:
    """Put records there of the first release that judged."""
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FIRST / "records_with_verdicts.sql").read_text("utf-8"))


@pytest.mark.parametrize("has_verdicts", [False, True], ids=["before verdicts", "with verdicts"])
def test_a_hub_goes_on_with_it(folder: Path, has_verdicts: bool) -> None:
    """`hub serve`, as it is: rows as they were, hours as sent, the week judged from them."""
    if has_verdicts:
        with_verdicts(folder / "records.db")
    written = verdicts_of(folder / "records.db") if has_verdicts else {}
    # Nobody reaches a broker: what is there is enough.
    hub = HubProcess(folder.parent, 1, district=None)
    # Made later: whoever makes a token has upgraded the records already.
    hub.token = "none"
    with hub:
        hub.token = token_for(folder / "records.db")
        versions = f"/venues/{VENUE}/verdicts/{KEPT.id}/{WEEK}"

        def told() -> list[dict[str, Any]]:
            found = hub.get(versions)
            return found if isinstance(found, list) else []

        [verdict] = until(told, 30)
        assert hub.get("/health")["store"]["store_id"] == "b4af428afbcaeeb5"
        explained = hub.get(f"{versions}/explanation")
        assert (explained["digest"], explained["evidence_kept"]) == (verdict["digest"], True)
        hub.stop()
    same_as_first(folder)
    # Locked on Friday from 02:00 to 10:00, and read every five minutes: around both changes
    # nobody knows for five minutes at most.
    assert verdict["declared_seconds"] == 7 * 86_400
    assert 8 * 3600 - 600 <= verdict["closed_seconds"] <= 8 * 3600
    assert verdict["open_seconds"] >= 160 * 3600 - 600
    assert verdict["status"] == "non_compliant"
    # What was judged then is as it was judged then, and today's judge says the same.
    kept = verdicts_of(folder / "records.db")
    assert kept.items() >= written.items()
    assert (VENUE, KEPT.id, WEEK, 2) not in kept
    with SqliteStore(folder / "series.db") as store:
        assert hours_of(store) == hours_as_sent()
        assert store.read_again() == 0


def verdicts_of(path: Path) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return every version of a verdict by its key."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            row[:4]: row[4:]
            for row in connection.execute(
                "SELECT venue, rule, period, version, first_day, last_day, status, digest,"
                " computed_ms FROM verdicts"
            )
        }


def hours_of(store: SqliteStore) -> dict[str, dict[int, tuple[float, ...]]]:
    return {
        key.name: {hour.at: tuple(round(v, 6) for v in hour.values) for hour in hours}
        for key, hours in store.hourly(list(store.series()), 0, 2**40).items()
    }


def hours_as_sent() -> dict[str, dict[int, tuple[float, ...]]]:
    """Add up what the node had sent, row by row: of one bucket the last word counts."""
    last = {}
    for row in readings():
        if row["type"] in {"count", "measure"}:
            name = row.get("line") or f"{row['sensor']}.{row['quantity']}"
            last[name, row["bucket_at"]] = row
    found: dict[str, dict[int, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for (name, at), row in last.items():
        if row["type"] == "count":
            values: tuple[float, ...] = (row.get("in", 0), row.get("out", 0))
        else:
            values = (row["n"], row["n"] * row["mean"], row["min"], row["max"])
        found[name][at - at % 3600].append(values)
    how: dict[int, list[Callable[..., float]]] = {2: [sum, sum], 4: [sum, sum, min, max]}
    return {
        name: {
            hour: tuple(
                round(float(f(v[i] for v in some)), 6) for i, f in enumerate(how[len(some[0])])
            )
            for hour, some in hours.items()
        }
        for name, hours in found.items()
    }


def test_what_was_sent_is_what_was_stored(folder: Path) -> None:
    """The fixture itself: the first release's hub had taken all of its node's rows."""
    with closing(sqlite3.connect(FIRST / "series.db")) as connection:
        [(mark,)] = connection.execute("SELECT mark FROM stream")
        [(events,)] = connection.execute("SELECT count(*) FROM event")
    assert mark == max(batch["upto"] for batch in batches())
    assert events == sum(row["type"] == "event" for row in readings()) == 7
    with SqliteStore(folder / "series.db") as store:
        front = SeriesKey(VENUE, "door-pi", "front")
        assert store.series()[front] is Kind.COUNT
        watched = store.coverage(VENUE, "door-pi", "front", 0, 2**52)
        [dark] = [(a.until_ms, b.since_ms) for a, b in pairwise(watched)]
        assert 2.4 * 3600_000 <= dark[1] - dark[0] <= 2.6 * 3600_000


def killed_at(number: int, work: Callable[[Callable[[], None]], None]) -> bool:
    """Do some work in a process that kills itself at the step of a number; tell whether it did."""
    child = os.fork()
    if child == 0:
        count = 0

        def step() -> None:
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)

        try:
            work(step)
        finally:
            os._exit(0)
    _, ended = os.waitpid(child, 0)
    return os.WIFSIGNALED(ended)


def records_statements(path: Path) -> Callable[[Callable[[], None]], None]:
    def work(step: Callable[[], None]) -> None:
        event.listen(Engine, "before_cursor_execute", lambda *_: step())
        Records(path).close()

    return work


def test_records_go_on_after_a_kill_at_any_statement(folder: Path) -> None:
    """All of an upgrade stands, or none of it; the next start does it again."""
    path, number, kills = folder / "records.db", 1, 0
    while True:
        shutil.copy(FIRST / "records.db", path)
        if not killed_at(number, records_statements(path)):
            break
        kills += 1
        Records(path).close()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            [(version,)] = connection.execute("SELECT version_num FROM alembic_version")
            assert version == records_schema.NEWEST
        assert rows(path, KEPT_TABLES["records.db"]) == rows(
            FIRST / "records.db", KEPT_TABLES["records.db"]
        )
        # Every statement at first, where tables are made; then every seventh.
        number += 1 if number < 12 else 7
        for beside in folder.glob("records.db-*"):
            beside.unlink()
    assert kills >= 20


def series_statements(path: Path) -> Callable[[Callable[[], None]], None]:
    opened = database._open

    def traced(path: Path) -> sqlite3.Connection:
        connection = opened(path)
        connection.set_trace_callback(lambda _statement: STEP[0]())
        return connection

    def work(step: Callable[[], None]) -> None:
        STEP[0] = step
        database._open = traced
        SqliteStore(path).close()

    return work


STEP: list[Callable[[], None]] = [lambda: None]


def test_the_store_goes_on_after_a_kill_at_any_statement(folder: Path) -> None:
    path, number, kills = folder / "series.db", 1, 0
    while True:
        shutil.copy(FIRST / "series.db", path)
        if not killed_at(number, series_statements(path)):
            break
        kills += 1
        with SqliteStore(path) as store:
            assert store.store_id == "b4af428afbcaeeb5"
        assert rows(path, KEPT_TABLES["series.db"]) == rows(
            FIRST / "series.db", KEPT_TABLES["series.db"]
        )
        number += 3
        for beside in folder.glob("series.db-*"):
            beside.unlink()
    assert kills >= 10


@pytest.mark.parametrize("name", FILES)
def test_what_a_newer_release_wrote_is_refused(folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / name)) as connection:
        if name == "series.db":
            connection.execute("PRAGMA user_version=99")
        else:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    config = folder.parent / "newer.toml"
    config.write_text('data_dir = "data"\n[broker]\nenabled = false\n[http]\nport = 0\n')
    ended = run_hub("serve", "--config", str(config))
    assert ended.returncode == 1
    [sentence] = [line for line in ended.stderr.splitlines() if "newer release" in line]
    assert name in sentence
    assert "upgrade, or restore an older backup" in sentence
    assert "Traceback" not in ended.stderr
    same_as_first(folder)
    with closing(sqlite3.connect(folder / name)) as connection:
        if name == "series.db":
            assert connection.execute("PRAGMA user_version").fetchone() == (99,)
        else:
            assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("9999",)]
