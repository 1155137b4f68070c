"""One suite over every store: what the ports promise, tried on each."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.ids import NodeId
from contracts.rows import Count, Coverage, Epoch, Event, Lost, Measure, Row, State
from hub.store.influx import InfluxStore, Server
from hub.store.port import Bucket, Interval, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore
from link.acceptance import StreamState
from link.intake import Gap, Group, Stored
from tests.conformance.fake_store import FakeStore
from tests.influx import Influx

Store = FakeStore | SqliteStore | InfluxStore
NODE = NodeId("library", "sim")
FRONT = SeriesKey("library", "sim", "front")
EPOCH, OTHER = "e0" * 8, "e1" * 8
HOUR = 3600 * 400_000
STREAM = "0a" * 8


_numbers = count()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(params=["fake", "sqlite", "influxdb"])
def store(request: pytest.FixtureRequest, influx: Influx, tmp_path: Path) -> Iterator[Store]:
    opened: Store
    match request.param:
        case "fake":
            opened = FakeStore()
        case "sqlite":
            opened = SqliteStore(tmp_path / "series.db")
        case _:
            name = f"store-{next(_numbers)}"
            influx.make(name)
            opened = InfluxStore(tmp_path / "series.db", Server(influx.section(name)))
    yield opened
    opened.close()


def a_count(minute: int, entered: int, left: int = 0, epoch: str = EPOCH) -> SeriesRow:
    return SeriesRow(FRONT, Kind.COUNT, HOUR + minute * 60, epoch, (entered, left))


def commit(store: Store, *rows: Row, gaps: tuple[Lost, ...] = ()) -> None:
    group = Group(stored=[Stored(NODE, STREAM, rows, 1)])
    group.streams = {STREAM: StreamState(len(rows))}
    group.owners = {STREAM: NODE}
    if gaps:
        group.gaps = [Gap(NODE, STREAM, 1, 2, gaps, 1)]
    store.commit(group)


def an_epoch(epoch: str = EPOCH) -> Epoch:
    return Epoch(1, epoch, "b0" * 8, 0, "05" * 8)


def spans(intervals: object) -> list[tuple[int, int]]:
    assert isinstance(intervals, list | tuple)
    return [(i.since_ms, i.until_ms) for i in intervals]


def test_an_unknown_series_is_empty(store: Store) -> None:
    assert list(store.buckets(FRONT, 0, 2**40)) == []
    assert list(store.hourly([FRONT], 0, 2**40)[FRONT]) == []
    assert store.series() == {}


def test_written_again_changes_nothing(store: Store) -> None:
    store.write([a_count(0, 3, 1)])
    store.write([a_count(0, 3, 1)])
    assert list(store.buckets(FRONT, HOUR, HOUR + 60)) == [Bucket(HOUR, (3, 1))]


def test_a_bucket_grows_by_overwriting(store: Store) -> None:
    store.write([a_count(0, 3, 1)])
    store.write([a_count(0, 5, 1)])
    assert list(store.buckets(FRONT, HOUR, HOUR + 60)) == [Bucket(HOUR, (5, 1))]
    assert list(store.hourly([FRONT], HOUR, HOUR + 1)[FRONT]) == [Bucket(HOUR, (5, 1))]


def test_several_series_are_read_at_once(store: Store) -> None:
    other = SeriesKey("library", "door", "side")
    store.write([a_count(0, 3), a_count(1, 4), SeriesRow(other, Kind.COUNT, HOUR, EPOCH, (9, 1))])
    unknown = SeriesKey("library", "door", "nowhere")
    read = store.buckets_of([FRONT, other, unknown], HOUR, HOUR + 60)
    assert read == {FRONT: [Bucket(HOUR, (3, 0))], other: [Bucket(HOUR, (9, 1))], unknown: []}


def test_epochs_of_a_bucket_add(store: Store) -> None:
    store.write([a_count(0, 3, 1), a_count(0, 4, 2, OTHER)])
    assert list(store.buckets(FRONT, HOUR, HOUR + 60)) == [Bucket(HOUR, (7, 3))]


def test_spans_are_half_open_and_in_order(store: Store) -> None:
    store.write([a_count(2, 1), a_count(0, 1), a_count(1, 1)])
    found = store.buckets(FRONT, HOUR, HOUR + 120)
    assert [bucket.at for bucket in found] == [HOUR, HOUR + 60]


def test_series_are_told_by_venue(store: Store) -> None:
    other = SeriesKey("museum", "sim", "main")
    store.write([a_count(0, 1), SeriesRow(other, Kind.COUNT, HOUR, EPOCH, (1, 0))])
    assert dict(store.series("museum")) == {other: Kind.COUNT}
    assert set(store.series()) == {FRONT, other}


def test_measures_combine_by_sum_and_extremes(store: Store) -> None:
    key = SeriesKey("library", "sim", "climate.co2_ppm")
    rows = [
        SeriesRow(key, Kind.MEASURE, HOUR, EPOCH, (10, 5000.0, 400.0, 600.0)),
        SeriesRow(key, Kind.MEASURE, HOUR + 300, EPOCH, (5, 4000.0, 700.0, 900.0)),
        SeriesRow(key, Kind.MEASURE, HOUR, OTHER, (1, 300.0, 300.0, 300.0)),
    ]
    store.write(rows)
    assert list(store.buckets(key, HOUR, HOUR + 300)) == [Bucket(HOUR, (11, 5300.0, 300.0, 600.0))]
    assert list(store.hourly([key], HOUR, HOUR + 1)[key]) == [
        Bucket(HOUR, (16, 9300.0, 300.0, 900.0))
    ]


def test_hours_of_a_zone_that_is_not_on_the_hour(store: Store) -> None:
    # 05:30 east: a local hour begins half an hour after one of UTC.
    store.write([a_count(29, 1), a_count(30, 2), a_count(89, 4), a_count(90, 8)])
    found = store.hourly([FRONT], HOUR, HOUR + 2 * 3600, 1800)[FRONT]
    assert list(found) == [
        Bucket(HOUR - 1800, (1, 0)),
        Bucket(HOUR + 1800, (6, 0)),
        Bucket(HOUR + 5400, (8, 0)),
    ]
    # Only buckets of the span count: a local day ends inside an hour of UTC.
    found = store.hourly([FRONT], HOUR + 1800, HOUR + 89 * 60, 1800)[FRONT]
    assert list(found) == [Bucket(HOUR + 1800, (2, 0))]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 180),
            st.integers(0, 9),
            st.integers(0, 9),
            st.sampled_from([EPOCH, OTHER]),
        ),
        max_size=30,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hours_are_the_sum_of_their_buckets(
    store: Store, writes: list[tuple[int, int, int, str]]
) -> None:
    for minute, entered, left, epoch in writes:
        store.write([a_count(minute, entered, left, epoch)])
    end = HOUR + 4 * 3600
    for hour in range(HOUR, end, 3600):
        minutes = store.buckets(FRONT, hour, hour + 3600)
        hours = store.hourly([FRONT], hour, hour + 3600)[FRONT]
        for i in range(2):
            assert sum(b.values[i] for b in minutes) == sum(b.values[i] for b in hours)


def test_a_commit_holds_rows_and_marks(store: Store) -> None:
    commit(store, an_epoch(), Count(2, EPOCH, "front", HOUR, 4, 1))
    assert list(store.buckets(FRONT, HOUR, HOUR + 60)) == [Bucket(HOUR, (4, 1))]
    owner, state = store.streams()[STREAM]
    assert (owner, state.mark) == (NODE, 2)


def test_coverage_grows_and_joins(store: Store) -> None:
    commit(store, an_epoch(), Coverage(2, EPOCH, "front", 1000, 2000))
    commit(store, Coverage(3, EPOCH, "front", 1000, 5000))
    commit(store, an_epoch(OTHER), Coverage(5, OTHER, "front", 5000, 6000))
    commit(store, Coverage(6, OTHER, "front", 9000, 9500))
    assert spans(store.coverage("library", "sim", "front", 0, 10_000)) == [
        (1000, 6000),
        (9000, 9500),
    ]
    assert spans(store.coverage("library", "sim", "front", 7000, 8000)) == []
    assert spans(store.coverage("library", "sim", "side", 0, 10_000)) == []


def test_a_gap_is_cut_out_of_coverage(store: Store) -> None:
    rows = (an_epoch(), Coverage(2, EPOCH, "front", 1000, 9000))
    commit(store, *rows, gaps=(Lost("front", 3000, 4000, 2),))
    assert spans(store.coverage("library", "sim", "front", 0, 10_000)) == [
        (1000, 3000),
        (4000, 9000),
    ]


def test_states_keep_their_values(store: Store) -> None:
    commit(
        store,
        an_epoch(),
        State(2, EPOCH, "lock", "locked", 1000, 2000),
        State(3, EPOCH, "lock", "open", 2000, 3000),
    )
    found = store.states("library", "sim", "lock", 0, 10_000)
    assert [(i.value, i.since_ms, i.until_ms) for i in found] == [
        ("locked", 1000, 2000),
        ("open", 2000, 3000),
    ]
    assert all(isinstance(interval, Interval) for interval in found)


def test_an_event_happens_once(store: Store) -> None:
    event = Event(2, EPOCH, "ab" * 8, "tamper", "door", 5000, {"times": 2})
    commit(store, an_epoch(), event)
    commit(store, event)
    found = store.events("library", 0, 10_000)
    assert [(e.id, e.name, e.at_ms, dict(e.data)) for e in found] == [
        ("ab" * 8, "tamper", 5000, {"times": 2})
    ]
    assert list(store.events("library", 5001, 10_000)) == []
    assert list(store.events("library", 0, 10_000, {"tamper", "loan"})) == found
    assert list(store.events("library", 0, 10_000, {"loan"})) == []


def test_a_measure_arrives_as_its_sum(store: Store) -> None:
    commit(store, an_epoch(), Measure(2, EPOCH, "climate", "co2_ppm", HOUR, 4, 500.0, 400.0, 600.0))
    key = SeriesKey("library", "sim", "climate.co2_ppm")
    assert list(store.buckets(key, HOUR, HOUR + 300)) == [Bucket(HOUR, (4, 2000.0, 400.0, 600.0))]


def test_a_smaller_total_of_an_epoch_takes_nothing_back(store: Store) -> None:
    commit(
        store,
        an_epoch(),
        Count(2, EPOCH, "front", HOUR, 4, 1),
        Measure(3, EPOCH, "climate", "co2_ppm", HOUR, 4, 500.0, 400.0, 600.0),
        Coverage(4, EPOCH, "front", 1000, 5000),
    )
    # A copied spool tells in a stream of its own what both knew.
    commit(
        store,
        Count(2, EPOCH, "front", HOUR, 3, 1),
        Measure(3, EPOCH, "climate", "co2_ppm", HOUR, 3, 450.0, 400.0, 500.0),
        Coverage(4, EPOCH, "front", 1000, 4000),
    )
    assert list(store.buckets(FRONT, HOUR, HOUR + 60)) == [Bucket(HOUR, (4, 1))]
    assert list(store.hourly([FRONT], HOUR, HOUR + 1)[FRONT]) == [Bucket(HOUR, (4, 1))]
    key = SeriesKey("library", "sim", "climate.co2_ppm")
    measured = Bucket(HOUR, (4, 2000.0, 400.0, 600.0))
    assert list(store.buckets(key, HOUR, HOUR + 300)) == [measured]
    assert list(store.hourly([key], HOUR, HOUR + 1)[key]) == [measured]
    assert spans(store.coverage("library", "sim", "front", 0, 10_000)) == [(1000, 5000)]


def test_a_restart_in_mid_minute_adds(store: Store) -> None:
    commit(store, an_epoch(), Count(2, EPOCH, "front", HOUR, 4, 1))
    commit(store, an_epoch(OTHER), Count(4, OTHER, "front", HOUR, 2, 0))
    commit(store, Count(5, OTHER, "front", HOUR, 3, 0))
    assert list(store.buckets(FRONT, HOUR, HOUR + 60)) == [Bucket(HOUR, (7, 1))]
    assert list(store.hourly([FRONT], HOUR, HOUR + 1)[FRONT]) == [Bucket(HOUR, (7, 1))]


@given(st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_order_of_delivery_ends_equal(store: Store, data: st.DataObject) -> None:
    """Rows of growing totals, doubled, shuffled and torn into commits: the largest stay."""
    told = data.draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.sampled_from([EPOCH, OTHER]), st.integers(0, 50)),
            min_size=1,
            max_size=15,
        )
    )
    rows = [Count(1, epoch, "any", HOUR + 60 * minute, n, n) for minute, epoch, n in told]
    due: dict[int, dict[str, int]] = {}
    for row in rows:
        epochs = due.setdefault(row.bucket_at, {})
        epochs[row.epoch] = max(epochs.get(row.epoch, 0), row.entered)
    # Examples share the store: each has a venue of its own.
    venue = f"venue-{len(store.streams())}"
    node = NodeId(venue, "sim")
    for row in data.draw(st.permutations(rows + rows)):
        group = Group(stored=[Stored(node, STREAM, (row,), 1)])
        group.streams, group.owners = {venue: StreamState(1)}, {venue: node}
        store.commit(group)
    found = store.buckets(SeriesKey(venue, "sim", "any"), HOUR, HOUR + 3600)
    assert {b.at: b.values[0] for b in found} == {
        at: sum(epochs.values()) for at, epochs in due.items()
    }
