"""Series moved into InfluxDB and back: the same buckets and hours, also after a stop in between."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.rows import Count, Epoch, Measure
from hub.errors import StoreError
from hub.store.influx import InfluxStore, Server, moving
from hub.store.influx.moving import move_into_influx, move_into_sqlite
from hub.store.port import Bucket, Kind, SeriesKey, SeriesRow
from hub.store.records import Records
from hub.store.sqlite import Ledger, SqliteStore
from link.acceptance import StreamState
from link.intake import Group, Stored
from tests.brokers import Mosquitto
from tests.chaos.venue import HubProcess, NodeProcess, Venue, until
from tests.influx import Influx
from tests.integration.hub.running import command

NOW_S = 1_800_000_000
HOUR = 3600 * 480_000
DAY = 86_400
_numbers = count()
All = dict[SeriesKey, tuple[list[Bucket], list[Bucket]]]


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture
def server(influx: Influx) -> Callable[[], Server]:
    name = f"moved-{next(_numbers)}"
    influx.make(name)
    return lambda: Server(influx.section(name))


def filled(path: Path, seed: int = 1) -> None:
    """Make a store with counts and measures of two epochs, and raw measures deleted."""
    rng = random.Random(seed)
    with SqliteStore(path) as store:
        for line in ("front", "back", "side"):
            key = SeriesKey("library", rng.choice(("pi", "door")), line)
            rows = [
                SeriesRow(
                    key, Kind.COUNT, HOUR + 60 * minute, epoch * 8, (rng.randrange(9), minute)
                )
                for minute in rng.sample(range(40 * 1440), 700)
                for epoch in rng.sample(["e0", "e1"], rng.choice((1, 1, 2)))
            ]
            store.write(rows)
        key = SeriesKey("museum", "pi", "climate.co2_ppm")
        store.write(
            SeriesRow(key, Kind.MEASURE, HOUR + 300 * n, "e0" * 8, (4, rng.random(), -n, n / 7))
            for n in range(900)
        )
        group = Group(stored=[Stored(NodeId("library", "pi"), "0a" * 8, (an_epoch(),), 1)])
        group.streams, group.owners = (
            {"0a" * 8: StreamState(7)},
            {"0a" * 8: NodeId("library", "pi")},
        )
        store.commit(group)
        for _ in store.forget(HOUR + DAY, None):
            pass


def an_epoch() -> Epoch:
    return Epoch(1, "e0" * 8, "b0" * 8, 0, "05" * 8)


def everything(store: Ledger) -> All:
    end = HOUR + 60 * DAY
    hours = store.hourly(list(store.series()), 0, end)
    result = {}
    for key in store.series():
        result[key] = (list(store.buckets(key, 0, end)), list(hours[key]))
    return result


def is_same(one: All, other: All) -> bool:
    """Compare; sums of fractions in another order are the same to 12 digits."""
    return one.keys() == other.keys() and all(
        [[(b.at, *(pytest.approx(v, 1e-12) for v in b.values)) for b in side] for side in one[key]]
        == [[(b.at, *b.values) for b in side] for side in other[key]]
        for key in one
    )


def test_there_and_back(server: Callable[[], Server], tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    filled(path)
    with SqliteStore(path) as store:
        before, first, size = everything(store), store.store_id, store.size_bytes()
    told: list[tuple[int, int]] = []
    with closing(server()) as there:
        moved = move_into_influx(path, there, NOW_S, lambda done, of: told.append((done, of)))
    assert told[-1] == (moved.rows, moved.rows)
    assert moved.rows > 2500
    with InfluxStore(path, server()) as store:
        assert is_same(everything(store), before)
        assert (store.store_id, store.ancestors) == (moved.store_id, (first,))
        assert store.streams()["0a" * 8][1].mark == 7
        assert store.size_bytes() < size
        # It goes on there.
        late = Count(2, "e1" * 8, "front", HOUR + 50 * DAY, 5, 0)
        group = Group(stored=[Stored(NodeId("library", "pi"), "0a" * 8, (late,), 1)])
        group.streams, group.owners = (
            {"0a" * 8: StreamState(8)},
            {"0a" * 8: NodeId("library", "pi")},
        )
        store.commit(group)
        before = everything(store)
    back = move_into_sqlite(path, server(), lambda _done, _of: None)
    assert back.rows == moved.rows + 1
    with SqliteStore(path) as store:
        assert is_same(everything(store), before)
        assert store.ancestors == (moved.store_id, first)
        # A late row of an hour that lost its buckets is not taken, as before.
        climate = SeriesKey("museum", "pi", "climate.co2_ppm")
        hour = store.hourly([climate], HOUR, HOUR + 1)
        measure = Measure(3, "e0" * 8, "climate", "co2_ppm", HOUR, 9, 1.0, 1.0, 1.0)
        node = NodeId("museum", "pi")
        group = Group(stored=[Stored(node, "0b" * 8, (measure,), 1)])
        group.streams, group.owners = {"0b" * 8: StreamState(1)}, {"0b" * 8: node}
        store.commit(group)
        assert store.hourly([climate], HOUR, HOUR + 1) == hour
    with pytest.raises(StoreError, match=r"moved away: give an empty database|lie in this file"):
        InfluxStore(path, server())
    # The database that was left is nobody's target again.
    with closing(server()) as there, pytest.raises(StoreError, match="give an empty database"):
        move_into_influx(path, there, NOW_S, lambda _done, _of: None)


class Stopped(Exception):
    """As Ctrl-C."""


@pytest.mark.parametrize("after", [1, 3])
def test_a_move_that_was_stopped_goes_on(
    server: Callable[[], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    path = tmp_path / "series.db"
    filled(path, seed=after)
    monkeypatch.setattr(moving, "ROWS_AT_ONCE", 500)
    monkeypatch.setattr(moving, "WINDOW_HOURS", 100)
    with SqliteStore(path) as store:
        before = everything(store)
    told: list[int] = []

    def stops(done: int, _of: int) -> None:
        told.append(done)
        if len(told) == after:
            raise Stopped

    with closing(server()) as there, pytest.raises(Stopped):
        move_into_influx(path, there, NOW_S, stops)
    # Half a move is no store; the old one is as it was.
    with SqliteStore(path) as store:
        assert everything(store) == before
    with closing(server()) as there:
        moved = move_into_influx(path, there, NOW_S, lambda done, _of: told.append(done))
    assert told == sorted(told)
    assert told[after] == 500 * (after + 1)
    assert told[-1] == moved.rows

    told.clear()
    with pytest.raises(Stopped):
        move_into_sqlite(path, server(), stops)
    with InfluxStore(path, server()) as influx:
        assert is_same(everything(influx), before)
    back = move_into_sqlite(path, server(), lambda done, _of: told.append(done))
    assert back.rows == moved.rows
    assert told == sorted(told)
    with SqliteStore(path) as store:
        assert is_same(everything(store), before)


def test_what_does_not_agree_is_not_switched(
    server: Callable[[], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "series.db"
    filled(path)
    real = Server.write

    def loses(self: Server, told: Iterator[str]) -> None:
        real(self, [line for line in told if not line.endswith(f" {victim.bucket_at}")])

    victim = SeriesRow(SeriesKey("library", "pi", "extra"), Kind.COUNT, HOUR - 60, "e0" * 8, (3, 1))
    with SqliteStore(path) as store:
        store.write([victim])
        before, id_ = everything(store), store.store_id
    monkeypatch.setattr(Server, "write", loses)
    with (
        closing(server()) as there,
        pytest.raises(StoreError, match=r"library/pi/extra: count and"),
    ):
        move_into_influx(path, there, NOW_S, lambda _done, _of: None)
    with SqliteStore(path) as store:
        assert (everything(store), store.store_id) == (before, id_)
    monkeypatch.undo()
    with closing(server()) as there:
        move_into_influx(path, there, NOW_S, lambda _done, _of: None)
    with InfluxStore(path, server()) as opened:
        assert is_same(everything(opened), before)


def test_nodes_follow_and_nothing_is_lost(
    influx: Influx, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """By the command, with a real node that goes on counting, there and back."""
    name = f"moved-{next(_numbers)}"
    influx.make(name)
    data = tmp_path / "data"
    data.mkdir()
    config = tmp_path / "hub.toml"
    config.write_text(f'data_dir = "data"\n[store]\nurl = "{influx.url}"\ndatabase = "{name}"\n')
    Records(data / "records.db").close()
    hub = HubProcess(data, mosquitto, "series")
    venue = Venue(tmp_path, mosquitto, hub, [NodeProcess(tmp_path, mosquitto, "north")])
    try:
        venue.start()
        until(lambda: len(hub.totals()) >= 2, 30.0)
        hub.kill9()
        there = command("store", "move", "influxdb", "--config", str(config))
        assert there.exit_code == 0, there.stderr
        assert 'set store.kind = "influxdb"' in there.stdout
        venue.hub = HubProcess(data, mosquitto, "series", influx=influx, database=name)
        venue.hub.start()
        # What it counted meanwhile, and more, arrives in the store that it now follows.
        venue.settle()
        venue.hub.kill9()
        venue.nodes[0].tell("")
        back = command("store", "move", "sqlite", "--config", str(config))
        assert back.exit_code == 0, back.stderr
        venue.hub = hub
        hub.start()
        venue.settle()
        with SqliteStore(hub.store) as store:
            assert len(store.ancestors) == 2
    finally:
        venue.close()
