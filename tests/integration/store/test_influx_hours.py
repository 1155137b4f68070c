"""Hours of series in InfluxDB: kept in the ledger, and never anything but what buckets say."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.ids import NodeId
from contracts.rows import Count, Epoch, Measure, Row
from hub.errors import StoreError
from hub.hourmaking import HourMaker
from hub.store.influx import InfluxStore, Server, lines
from hub.store.influx.hours import HOURS, OVER_SECONDS, QUIET_SECONDS, WHOLE
from hub.store.influx.server import WriteFailed
from hub.store.influx.store import KEPT_HOURS
from hub.store.port import Bucket, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import Ledger
from hub.store.sqlite.database import back_up, begin_descendant
from link.acceptance import StreamState
from link.intake import Group, Stored
from tests.influx import Influx

NODE, STREAM = NodeId("library", "sim"), "0a" * 8
FRONT = SeriesKey("library", "sim", "front")
CLIMATE = SeriesKey("library", "sim", "climate.co2_ppm")
EPOCH, OTHER = "e0" * 8, "e1" * 8
HOUR = 3600 * 480_000
END = HOUR + 8 * 3600
OVER = HOUR + 3600 + OVER_SECONDS
_numbers = count()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        yield server


class Clock:
    def __init__(self, now_s: int) -> None:
        self.now_s = now_s

    def __call__(self) -> int:
        return self.now_s


Opens = Callable[..., InfluxStore]


@pytest.fixture
def opens(influx: Influx, tmp_path: Path) -> Opens:
    name = f"hours-{next(_numbers)}"
    influx.make(name)

    def opened(
        path: str = "series.db", clock: Clock | None = None, seconds: float = 5.0, **more: bool
    ) -> InfluxStore:
        server = Server(influx.section(name, seconds))
        return InfluxStore(tmp_path / path, server, clock_s=clock or Clock(OVER), **more)

    return opened


def commit(store: Ledger, *rows: Row) -> None:
    group = Group(stored=[Stored(NODE, STREAM, rows, 1)])
    group.streams, group.owners = {STREAM: StreamState(len(rows))}, {STREAM: NODE}
    store.commit(group)


def a_count(minute: int, entered: int, epoch: str = EPOCH) -> Count:
    return Count(2, epoch, "front", HOUR + 60 * minute, entered, 1)


def hours(store: Ledger, key: SeriesKey = FRONT) -> dict[int, float]:
    return {bucket.at: bucket.values[0] for bucket in store.hourly([key], HOUR, END)[key]}


def marks(store: InfluxStore) -> list[int]:
    return [hour for (hour,) in store._database.select("SELECT hour FROM open_hour ORDER BY hour")]


class Deaf(Exception):
    """The database is not to be asked."""


def deaf(store: InfluxStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_statements: str) -> None:
        raise Deaf

    monkeypatch.setattr(store.server, "ask", refuse)


def test_an_hour_that_is_over_is_read_from_the_ledger_alone(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(OVER - 1)
    with opens(clock=clock) as store:
        measure = Measure(3, EPOCH, "climate", "co2_ppm", HOUR, 4, 500.0, 400.0, 600.0)
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4), a_count(61, 5))
        commit(store, measure)
        assert list(store.make_hours()) == []
        assert marks(store) == [HOUR, HOUR, HOUR + 3600]
        clock.now_s = OVER
        assert list(store.make_hours()) == [2]
        assert marks(store) == [HOUR + 3600]
        assert hours(store) == {HOUR: 4, HOUR + 3600: 5}
        deaf(store, monkeypatch)
        assert store.hourly([FRONT], HOUR, HOUR + 3600)[FRONT] == [Bucket(HOUR, (4, 1))]
        climate = store.hourly([CLIMATE], HOUR, END)[CLIMATE]
        assert climate == [Bucket(HOUR, (4, 2000.0, 400.0, 600.0))]
        with pytest.raises(Deaf):  # the open one is made from its buckets
            hours(store)


def test_what_comes_late_is_seen_at_once_and_kept_later(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opens() as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
        assert list(store.make_hours()) == [1]
        commit(store, a_count(5, 2))
        store.write([SeriesRow(FRONT, Kind.COUNT, HOUR + 600, OTHER, (9, 0))])
        assert hours(store) == {HOUR: 15}
        with opens(looks_only=True) as beside:
            assert hours(beside) == {HOUR: 15}
        assert list(store.make_hours()) == [1]
        assert list(store.make_hours()) == []
        deaf(store, monkeypatch)
        assert hours(store) == {HOUR: 15}


def test_rows_that_come_while_an_hour_is_made_are_not_left_out(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opens() as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
        ask, late = store.server.ask, [a_count(1, 7)]

        def asks(*statements: str) -> object:
            found = ask(*statements)
            if late and "time(1h)" in statements[0]:
                commit(store, late.pop())
            return found

        monkeypatch.setattr(store.server, "ask", asks)
        assert list(store.make_hours()) == [1, 1]
        assert late == []
        assert (marks(store), hours(store)) == ([], {HOUR: 11})


def test_marks_outlive_a_kill_between_database_and_ledger(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Buckets without their marks of the stream, whose node then never comes back."""
    clock = Clock(OVER)
    store = opens(clock=clock)
    commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
    list(store.make_hours())
    put = store._put

    def dies(told: Iterator[str]) -> None:
        put(told)
        raise Deaf

    monkeypatch.setattr(store, "_put", dies)
    with pytest.raises(Deaf):
        commit(store, a_count(1, 3), a_count(70, 2))
    store._database.close()
    store.server.close()
    with opens(clock=clock) as again:
        assert hours(again) == {HOUR: 7, HOUR + 3600: 2}
        # What was under way when it was killed has its time to land.
        assert list(again.make_hours()) == []
        clock.now_s += QUIET_SECONDS + 3600
        assert list(again.make_hours()) == [2]
        assert hours(again) == {HOUR: 7, HOUR + 3600: 2}


def test_no_hour_is_made_while_a_write_may_still_land(influx: Influx, opens: Opens) -> None:
    clock = Clock(OVER)
    with opens(clock=clock, seconds=0.4) as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
        influx.signal(signal.SIGSTOP)
        try:
            with pytest.raises(WriteFailed):
                commit(store, a_count(1, 3))
        finally:
            influx.signal(signal.SIGCONT)
        assert list(store.make_hours()) == []
        clock.now_s += QUIET_SECONDS
        point = lines.head("kaiguan_count", FRONT, EPOCH)
        store.server.write([lines.line(Kind.COUNT, point, HOUR + 60, (3, 1))])
        assert list(store.make_hours()) == [1]
        assert hours(store) == {HOUR: 7}


def test_a_restored_ledger_makes_all_hours_once_more(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opens() as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4))
        list(store.make_hours())
        back_up(tmp_path / "series.db", tmp_path / "copy.db")
        # After the copy: an hour that grew and was made again.
        commit(store, a_count(5, 2))
        list(store.make_hours())
    begin_descendant(tmp_path / "copy.db")
    clock = Clock(OVER)
    with opens("copy.db", clock) as restored:
        assert not restored._hours.is_whole()
        assert hours(restored) == {HOUR: 6}
        commit(restored, a_count(5, 2), a_count(6, 1))
        assert hours(restored) == {HOUR: 7}
        # The copy is of a store that was open, as one that was killed.
        assert list(restored.make_hours()) == []
        clock.now_s += QUIET_SECONDS
        assert list(restored.make_hours()) == [1, 1]
        assert restored._hours.is_whole()
        deaf(restored, monkeypatch)
        assert hours(restored) == {HOUR: 7}


def test_the_ledger_of_an_earlier_release_is_made_whole(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opens() as store:
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), a_count(0, 4), a_count(65, 1))
        gone = lines.head(lines.HOURS[Kind.COUNT], FRONT)
        store.server.write([lines.line(Kind.COUNT, gone, HOUR + 7200, (30, 8))])
        with store._database.transaction() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (HOURS,))
            connection.execute("DELETE FROM open_hour")
            connection.execute("INSERT INTO meta VALUES (?, '1')", (KEPT_HOURS,))
    with opens() as store:
        assert hours(store) == {HOUR: 4, HOUR + 3600: 1, HOUR + 7200: 30}
        assert list(store.make_hours()) == [2]
        deaf(store, monkeypatch)
        assert hours(store) == {HOUR: 4, HOUR + 3600: 1, HOUR + 7200: 30}


def test_an_hour_whose_buckets_were_deleted_is_not_made_from_what_comes_late(
    opens: Opens, influx: Influx
) -> None:
    with opens() as store:
        early = Measure(2, EPOCH, "climate", "co2_ppm", HOUR, 90, 500.0, 400.0, 600.0)
        commit(store, Epoch(1, EPOCH, "b0" * 8, 0, "05" * 8), early)
        list(store.make_hours())
        for _ in store.forget(HOUR + 3600, None):
            pass
        store.server.ask('DROP SERIES FROM "kaiguan_measure"')
        late = Measure(3, EPOCH, "climate", "co2_ppm", HOUR + 300, 5, 500.0, 1.0, 9000.0)
        commit(store, late)
        due = [Bucket(HOUR, (90, 45_000.0, 400.0, 600.0))]
        assert store.hourly([CLIMATE], HOUR, END)[CLIMATE] == due
        list(store.make_hours())
        assert store.hourly([CLIMATE], HOUR, END)[CLIMATE] == due


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("commit"), st.integers(0, 200), st.integers(0, 9), st.sampled_from([0, 1])
        ),
        st.tuples(
            st.just("write"), st.integers(0, 200), st.integers(0, 9), st.sampled_from([0, 1])
        ),
        st.sampled_from([("make",), ("start",), ("kill",), ("doubt",)]),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hours_are_what_buckets_add_up_to_whatever_happens(
    influx: Influx, tmp_path: Path, steps: list[tuple[str, int, int, int]]
) -> None:
    name, clock = f"hours-{next(_numbers)}", Clock(END)
    influx.make(name)
    path = tmp_path / f"{name}.db"

    def opened() -> InfluxStore:
        return InfluxStore(path, Server(influx.section(name)), clock_s=clock)

    store = opened()
    for what, *told in steps:
        match what:
            case "commit":
                commit(store, a_count(told[0], told[1], (EPOCH, OTHER)[told[2]]))
            case "write":
                at, epoch = HOUR + 60 * told[0], (EPOCH, OTHER)[told[2]]
                store.write([SeriesRow(FRONT, Kind.COUNT, at, epoch, (told[1], 0))])
            case "make":
                list(store.make_hours())
            case "start":
                store.close()
                store = opened()
            case "kill":
                store._database.close()
                store.server.close()
                store = opened()
                clock.now_s += QUIET_SECONDS
            case "doubt":
                with store._database.transaction() as connection:
                    connection.execute("UPDATE meta SET value = '0' WHERE key = ?", (HOURS,))
        due: dict[int, float] = {}
        for bucket in store.buckets(FRONT, HOUR, END):
            hour = bucket.at - bucket.at % 3600
            due[hour] = due.get(hour, 0) + bucket.values[0]
        assert hours(store) == due
    store.close()


def test_hours_are_looked_after_while_the_hub_runs() -> None:
    class Store:
        def __init__(self) -> None:
            self.calls, self.was_asked = 0, threading.Event()

        def make_hours(self) -> Iterator[int]:
            self.calls += 1
            if self.calls == 3:
                self.was_asked.set()
            if self.calls == 1:
                raise StoreError("away")
            yield from (3, 4)

    store = Store()
    maker = HourMaker(store, every_seconds=0.01)  # type: ignore[arg-type]

    async def watch() -> int:
        task = asyncio.create_task(maker.run())
        assert await asyncio.to_thread(store.was_asked.wait, 10)
        task.cancel()
        return await maker.make()

    assert asyncio.run(watch()) == 7


def test_a_new_ledger_needs_no_making(opens: Opens) -> None:
    with opens() as store:
        assert store._database.select("SELECT value FROM meta WHERE key = ?", (HOURS,)) == [
            (WHOLE,)
        ]
        assert list(store.make_hours()) == []
