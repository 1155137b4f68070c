"""InfluxDB as the store: what is refused at the start, and what faults in mid-write leave."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.ids import NodeId
from contracts.rows import Count, Epoch, Measure, Row
from hub.errors import StoreError
from hub.store.influx import InfluxStore, Server, lines
from hub.store.influx.proof import prove
from hub.store.influx.server import RowsRefused, WriteFailed
from hub.store.port import Bucket, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore
from hub.store.sqlite.database import back_up, begin_descendant
from link.acceptance import StreamState
from link.errors import StoreUnavailable
from link.intake import Group, Stored
from tests.influx import Influx, VictoriaMetrics

NODE = NodeId("library", "sim")
FRONT = SeriesKey("library", "sim", "front")
EPOCH = "e0" * 8
HOUR = 3600 * 480_000
STREAM = "0a" * 8
_numbers = count()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture
def database(influx: Influx) -> str:
    name = f"store-{next(_numbers)}"
    influx.make(name)
    return name


def opened(influx: Influx, path: Path, database: str, seconds: float = 5.0) -> InfluxStore:
    return InfluxStore(path, Server(influx.section(database, seconds)))


def commit(store: InfluxStore | SqliteStore, *rows: Row) -> None:
    group = Group(stored=[Stored(NODE, STREAM, rows, 1)])
    group.streams, group.owners = {STREAM: StreamState(len(rows))}, {STREAM: NODE}
    store.commit(group)


def a_count(minute: int, entered: int) -> Count:
    return Count(2, EPOCH, "front", HOUR + 60 * minute, entered, 1)


def entered(store: InfluxStore) -> dict[int, float]:
    return {b.at: b.values[0] for b in store.buckets(FRONT, HOUR, HOUR + 3600)}


def test_what_is_stored_is_there_after_a_restart(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    with opened(influx, tmp_path / "series.db", database) as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4), a_count(1, 5))
        id_ = store.store_id
    with opened(influx, tmp_path / "series.db", database) as store:
        assert store.store_id == id_
        # What it does not remember it asks for.
        commit(store, a_count(0, 3), a_count(1, 6))
        assert entered(store) == {HOUR: 4, HOUR + 60: 6}
        assert store.newest_hour() == HOUR
        assert store.earliest_ms("library") == HOUR * 1000
        assert store.earliest_ms("museum") is None
        assert store.streams()[STREAM][1].mark == 2


def test_the_line_protocol_is_that_of_victoria_metrics_too(tmp_path: Path) -> None:
    """Another server that takes `/api/v2/write` reads in our lines what is meant by them."""
    with VictoriaMetrics(tmp_path / "vm") as victoria:
        server = Server(victoria.section())
        point = lines.head("kaiguan_count", FRONT, EPOCH)
        server.write([lines.line(Kind.COUNT, point, HOUR, (7, 2), 3)])
        measure = lines.head("kaiguan_measure", FRONT, EPOCH)
        server.write([lines.line(Kind.MEASURE, measure, HOUR, (4, 2000.5, -1.5, 1e12))])
        server.close()
        told = victoria.export("kaiguan_count_entered")
        assert '"values":[7]' in told
        assert f'"timestamps":[{HOUR * 1000}]' in told
        for tag in ('"venue":"library"', '"name":"front"', f'"epoch":"{EPOCH}"', '"take":"3"'):
            assert tag in told
        assert '"values":[2000.5]' in victoria.export("kaiguan_measure_total")
        assert '"values":[-1.5]' in victoria.export("kaiguan_measure_least")
        assert '"values":[1000000000000]' in victoria.export("kaiguan_measure_most")


def test_victoria_metrics_is_refused_as_the_store(tmp_path: Path) -> None:
    with VictoriaMetrics(tmp_path / "vm") as victoria:
        with pytest.raises(StoreError, match=r"does not answer InfluxQL.* cannot be the store"):
            InfluxStore(tmp_path / "series.db", Server(victoria.section()))
        # Why it could not be one even if it answered: both points stand.
        assert '"values":[2,1]' in victoria.export("kaiguan_probe_value")
    # Nothing was claimed: the folder may be used with SQLite after all.
    SqliteStore(tmp_path / "series.db").close()


def test_a_store_that_keeps_both_points_is_refused() -> None:
    found = SimpleNamespace(
        columns=["time", "value"], values=[[5, 2], [5, 1]], tags={}, name="kaiguan_probe"
    )
    server: Any = SimpleNamespace(
        version=lambda: "?",
        write=lambda _lines: None,
        ask=lambda _statement: [SimpleNamespace(series=[found])],
    )
    with pytest.raises(
        StoreError, match=r"does not overwrite: 2 was written, then 1, and \[2, 1\]"
    ):
        prove(server, 5, lambda _seconds: None)


def test_a_server_without_the_rewrite_is_told_of(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    section = influx.section(database)
    bare = section.model_copy(update={"url": f"http://127.0.0.1:{influx.own_port}"})
    with pytest.raises(StoreError, match=r"answered 404.*docs/stores\.md"):
        InfluxStore(tmp_path / "series.db", Server(bare))


def test_a_database_that_is_not_there_is_told_of(influx: Influx, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database not found"):
        InfluxStore(tmp_path / "series.db", Server(influx.section("nowhere")))


def test_a_server_that_is_not_there_is_told_of(influx: Influx, tmp_path: Path) -> None:
    away = influx.section().model_copy(update={"url": "http://127.0.0.1:9"})
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9.*refused"):
        InfluxStore(tmp_path / "series.db", Server(away))


def test_a_database_that_forgets_is_refused(influx: Influx, database: str, tmp_path: Path) -> None:
    influx.ask(f'CREATE RETENTION POLICY "week" ON "{database}" DURATION 7d REPLICATION 1 DEFAULT')
    with pytest.raises(StoreError, match="has to keep everything"):
        opened(influx, tmp_path / "series.db", database)


def test_the_database_of_another_store_is_refused(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    with opened(influx, tmp_path / "one.db", database) as store:
        id_ = store.store_id
    with pytest.raises(StoreError, match=f"the series of store {id_}"):
        opened(influx, tmp_path / "other.db", database)


def test_a_database_that_was_emptied_is_refused(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    with opened(influx, tmp_path / "series.db", database) as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
    influx.ask(f'DROP DATABASE "{database}"')
    influx.make(database)
    with pytest.raises(StoreError, match="holds nothing of store"):
        opened(influx, tmp_path / "series.db", database)


def test_a_restored_ledger_goes_on_with_the_database_of_its_ancestor(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    path, copy = tmp_path / "series.db", tmp_path / "copy.db"
    with opened(influx, path, database) as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
        assert back_up(path, copy) == store.store_id
        commit(store, a_count(1, 5))
    begin_descendant(copy)
    with opened(influx, copy, database) as restored:
        assert restored.streams()[STREAM][1].mark == 2
        # What came after the copy is there already, and may come again.
        assert entered(restored) == {HOUR: 4, HOUR + 60: 5}
        commit(restored, a_count(1, 5))
        assert entered(restored) == {HOUR: 4, HOUR + 60: 5}
        id_ = restored.store_id
    with pytest.raises(StoreError, match=f"the series of store {id_}"):
        opened(influx, path, database)


def test_a_ledger_is_opened_with_its_own_kind_only(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    row = SeriesRow(FRONT, Kind.COUNT, HOUR, EPOCH, (1, 0))
    with opened(influx, tmp_path / "influx.db", database) as store:
        store.write([row])
    with pytest.raises(
        StoreError, match=r'its series lie in InfluxDB, and store\.kind says "sqlite"'
    ):
        SqliteStore(tmp_path / "influx.db")
    with SqliteStore(tmp_path / "sqlite.db") as own:
        own.write([row])
    with pytest.raises(StoreError, match=r'lie in this file, and store\.kind says "influ'):
        opened(influx, tmp_path / "sqlite.db", database)


def test_a_write_whose_fate_is_not_known_takes_nothing_back(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    """The database freezes with a total in its hands, and takes it after a newer one."""
    with opened(influx, tmp_path / "series.db", database, 0.4) as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4), a_count(1, 1))
        influx.signal(signal.SIGSTOP)
        try:
            with pytest.raises(WriteFailed) as failed:
                commit(store, a_count(0, 5), a_count(2, 1))
            assert failed.value.may_land
            # Nothing more is sent into the dark.
            with pytest.raises(StoreUnavailable):
                commit(store, a_count(0, 6), a_count(2, 2))
        finally:
            influx.signal(signal.SIGCONT)
        commit(store, a_count(0, 6), a_count(2, 2))
        # The one that was frozen may land at any time, also as the very last.
        point = lines.head("kaiguan_count", FRONT, EPOCH)
        store.server.write([lines.line(Kind.COUNT, point, HOUR, (5, 1))])
        store.server.write([lines.line(Kind.COUNT, point, HOUR + 120, (1, 1))])
        assert entered(store) == {HOUR: 6, HOUR + 60: 1, HOUR + 120: 2}
        # An hour of which an epoch has two takes is made from its buckets.
        assert store.hourly([FRONT], HOUR, HOUR + 1)[FRONT] == [Bucket(HOUR, (9, 3))]
        assert store.hourly([FRONT], HOUR, HOUR + 120, 1800)[FRONT] == [Bucket(HOUR - 1800, (7, 2))]


def test_who_was_killed_in_mid_write_leaves_a_take_behind(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    store = opened(influx, tmp_path / "series.db", database)
    commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
    # As after a kill: closed without a word.
    store._database.close()
    store.server.close()
    with opened(influx, tmp_path / "series.db", database) as again:
        commit(again, a_count(0, 5))
        point = lines.head("kaiguan_count", FRONT, EPOCH)
        again.server.write([lines.line(Kind.COUNT, point, HOUR, (4, 1))])
        assert entered(again) == {HOUR: 5}
    with opened(influx, tmp_path / "series.db", database) as last:
        commit(last, a_count(1, 1))
        told = influx.ask(f'SHOW TAG VALUES ON "{database}" WITH KEY = "take"')
        assert told.count(b'["take",') == 1


def test_a_row_that_the_database_refuses_is_no_fault_of_the_store(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    with opened(influx, tmp_path / "series.db", database) as store:
        # Somebody wrote into the database, which is ours alone, a number of another kind.
        store.server.write([f"kaiguan_measure n=1.5 {HOUR}"])
        epoch = Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8)
        measure = Measure(2, EPOCH, "climate", "co2_ppm", HOUR, 4, 500.0, 400.0, 600.0)
        with pytest.raises(RowsRefused, match="field type conflict"):
            commit(store, epoch, measure)
        assert store.streams() == {}
        commit(store, epoch, a_count(0, 4))
        assert entered(store) == {HOUR: 4}
        # Refused whatever it is: then the server is at fault, and the rows wait.
        store.server.database = 'no"such'
        with pytest.raises(StoreUnavailable):
            commit(store, a_count(1, 4))
        assert store.streams()[STREAM][1].mark == 2


def test_a_token_goes_with_every_request(tmp_path: Path) -> None:
    """Where InfluxDB asks who it is, the rewrite says which user the hub's token stands for."""
    with Influx(tmp_path / "influx", has_users=True) as influx:
        influx.ask("CREATE USER hub WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
        section = influx.section().model_copy(update={"token": SecretStr("a-long-secret")})
        influx.ask("CREATE DATABASE kaiguan", user=("hub", "secret"))
        with InfluxStore(tmp_path / "series.db", Server(section)) as store:
            commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
            assert entered(store) == {HOUR: 4}
        wrong = section.model_copy(update={"token": SecretStr("another")})
        with pytest.raises(StoreError, match="401"):
            InfluxStore(tmp_path / "other.db", Server(wrong))


def test_rows_are_replaced_by_key(influx: Influx, database: str, tmp_path: Path) -> None:
    row = SeriesRow(FRONT, Kind.COUNT, HOUR, EPOCH, (9, 0))
    with opened(influx, tmp_path / "series.db", database) as store:
        store.write([row])
        commit(store, a_count(0, 3))
        assert entered(store) == {HOUR: 9}
        store.write([replace(row, values=(2, 0))])
        assert entered(store) == {HOUR: 2}


DAY = 86_400
CO2 = SeriesKey("library", "sim", "climate.co2_ppm")


def a_mean(at: int, mean: float, n: int = 5) -> Measure:
    return Measure(3, EPOCH, "climate", "co2_ppm", at, n, mean, mean - 1, mean + 1)


def every_hour(store: InfluxStore | SqliteStore) -> dict[SeriesKey, list[Bucket]]:
    return {key: list(store.hourly([key], 0, 2**40)[key]) for key in (FRONT, CO2)}


def test_old_buckets_are_deleted_and_their_hours_stay(
    influx: Influx, database: str, tmp_path: Path
) -> None:
    """Beside a SQLite store that is told and forgets the same: they hold the same hours."""
    began = Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8)
    rows: list[Row] = [began]
    rows += [Count(2, EPOCH, "front", HOUR + DAY * day + 60, day + 1, 1) for day in range(20)]
    rows += [a_mean(HOUR + DAY * day + 300 * i, 400.5 + day) for day in range(20) for i in (0, 5)]
    late: list[Row] = [
        a_mean(HOUR, 999.0, 9),
        a_mean(HOUR + 7200, 700.0),
        a_count(3, 7),
        a_count(999, 7),
    ]
    with (
        opened(influx, tmp_path / "series.db", database) as store,
        SqliteStore(tmp_path / "twin.db") as twin,
    ):
        for each in (store, twin):
            commit(each, *rows)
        before = every_hour(store)
        assert before == every_hour(twin)
        due = (HOUR + 10 * DAY, HOUR + 5 * DAY)
        # Points of both kinds; the ledger of the one has no buckets of its own.
        assert sum(store.forget(*due)) == sum(twin.forget(*due)) == 2 * 10 + 5
        assert every_hour(store) == every_hour(twin) == before
        for key, kind in ((FRONT, Kind.COUNT), (CO2, Kind.MEASURE)):
            assert store.buckets(key, 0, 2**40) == twin.buckets(key, 0, 2**40)
            assert store.buckets_from_s(kind) == twin.buckets_from_s(kind) > 0
        assert sum(store.forget(*due)) == 0
        # What comes late: not what the kept hours have, nor counts; a whole hour is taken.
        for each in (store, twin):
            commit(each, *late)
        assert every_hour(store) == every_hour(twin)
        assert every_hour(store)[CO2][1] == Bucket(HOUR + 7200, (5, 3500.0, 699.0, 701.0))
        sum(store.forget(*due))
        assert every_hour(store) == every_hour(twin)
        assert store.buckets(CO2, 0, HOUR + DAY) == []
    # Who opens it again reads the same.
    with opened(influx, tmp_path / "series.db", database) as store:
        assert len(every_hour(store)[CO2]) == 21


def test_no_bucket_is_deleted_before_its_hour_is_made(
    influx: Influx, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8)
    with opened(influx, tmp_path / "series.db", database) as store:
        commit(store, began, a_mean(HOUR, 400), a_mean(HOUR + 300, 9))
        before = every_hour(store)
        # A write whose fate is not known: no hour is made for a while, and so nothing deleted.
        store._hours.wait()
        assert sum(store.forget(HOUR + DAY, None)) == 0
        assert len(store.buckets(CO2, 0, 2**40)) == 2
    with opened(influx, tmp_path / "series.db", database) as store:
        asked = store.server.ask

        def refuses(*statements: str) -> Any:
            if statements[0].startswith("DELETE"):
                raise StoreError("DELETE is not known here")
            return asked(*statements)

        # A server without DELETE: it is told, and all stays as it is.
        monkeypatch.setattr(store.server, "ask", refuses)
        with pytest.raises(StoreError, match="DELETE is not known"):
            sum(store.forget(HOUR + DAY, None))
        assert every_hour(store) == before
        monkeypatch.setattr(store.server, "ask", asked)
        assert sum(store.forget(HOUR + DAY, None)) == 2
        assert every_hour(store) == before
        commit(store, a_mean(HOUR, 500, 50))
        for _ in store.make_hours():
            pass
        assert every_hour(store) == before
