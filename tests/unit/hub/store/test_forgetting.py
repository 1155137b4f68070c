"""Old rows go in short steps; hours stay, whatever comes late."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.rows import Count, Coverage, Epoch, Event, Measure, Row, State
from hub.store.port import Bucket, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore, forgetting
from link.acceptance import StreamState
from link.intake import Group, Stored

NODE, STREAM, EPOCH = NodeId("venue", "node"), "5a" * 8, "e0" * 4
HOUR = 3600 * 400_000
CO2, FRONT = SeriesKey("venue", "node", "climate.co2_ppm"), SeriesKey("venue", "node", "front")
ALL = (0, 2**40)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "series.db") as opened:
        yield opened


def commit(store: SqliteStore, *rows: Row) -> None:
    group = Group(stored=[Stored(NODE, STREAM, rows, 1)])
    group.streams, group.owners = {STREAM: StreamState(9)}, {STREAM: NODE}
    store.commit(group)


def co2(slot: int, mean: float, n: int = 5) -> Measure:
    return Measure(1, EPOCH, "climate", "co2_ppm", HOUR + 300 * slot, n, mean, mean, mean)


def hours(store: SqliteStore, key: SeriesKey = CO2) -> list[Bucket]:
    return list(store.hourly([key], *ALL)[key])


def forget(store: SqliteStore, measures: int, evidence: int | None = None) -> int:
    return sum(store.forget(measures, evidence))


def test_raw_measures_go_and_their_hours_stay(store: SqliteStore) -> None:
    commit(store, *(co2(slot, 400 + slot) for slot in range(24)), Count(1, EPOCH, "front", HOUR, 3))
    before = hours(store)
    assert forget(store, HOUR + 3600) == 12
    assert [bucket.at for bucket in store.buckets(CO2, *ALL)] == [
        HOUR + 300 * slot for slot in range(12, 24)
    ]
    assert hours(store) == before
    assert list(store.buckets(FRONT, *ALL)) == [Bucket(HOUR, (3, 0))]
    assert forget(store, HOUR + 3600) == 0


@pytest.mark.parametrize("late", [co2(0, 400), co2(0, 999, 6), co2(11, 999)])
def test_a_late_row_of_an_hour_that_lost_its_raw_changes_nothing(
    store: SqliteStore, late: Measure
) -> None:
    commit(store, *(co2(slot, 400) for slot in range(11)), co2(12, 500))
    before = hours(store)
    forget(store, HOUR + 3600)
    commit(store, late, co2(13, 500))
    store.write([SeriesRow(CO2, Kind.MEASURE, HOUR, EPOCH, (1, 5.0, 5.0, 5.0))])
    found = hours(store)
    assert found[0] == before[0]
    assert found[1] == Bucket(HOUR + 3600, (10, 5000.0, 500.0, 500.0))
    assert [bucket.at for bucket in store.buckets(CO2, HOUR, HOUR + 3600)] == []


def test_an_hour_that_is_half_deleted_is_closed_too(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "ROWS_AT_ONCE", 4)
    commit(store, *(co2(slot, 400) for slot in range(12)))
    before = hours(store)
    steps = store.forget(HOUR + 3600, None)
    assert [next(steps), next(steps)] == [0, 4]
    commit(store, co2(2, 999, 9), co2(11, 999, 9))
    assert hours(store) == before
    assert list(steps) == [4, 4, 0]


def test_an_hour_that_comes_late_as_a_whole_is_taken(store: SqliteStore) -> None:
    forget(store, HOUR + 3600)
    for slot in range(12):
        commit(store, co2(slot, 400))
        commit(store, co2(slot, 400))
    assert hours(store) == [Bucket(HOUR, (60, 24_000.0, 400.0, 400.0))]
    assert forget(store, HOUR + 3600) == 12
    assert hours(store) == [Bucket(HOUR, (60, 24_000.0, 400.0, 400.0))]


def evidence(store: SqliteStore) -> None:
    rows = [Count(1, EPOCH, "front", HOUR + 60 * i, 1) for i in range(120)]
    at_ms = HOUR * 1000
    commit(
        store,
        Epoch(1, EPOCH, "b0" * 4, 0, "05" * 4),
        *rows,
        Coverage(1, EPOCH, "front", at_ms - 9_000_000, at_ms - 8_000_000),
        Coverage(1, EPOCH, "front", at_ms, at_ms + 7_200_000),
        State(1, EPOCH, "lock", "locked", at_ms - 9_000_000, at_ms),
        Event(1, EPOCH, "ab" * 8, "door", "tamper", at_ms, {}),
        Event(1, EPOCH, "cd" * 8, "door", "tamper", at_ms + 3_600_000, {}),
    )


def test_evidence_stays_unless_told(store: SqliteStore) -> None:
    evidence(store)
    assert forget(store, HOUR * 2) == 0


def test_evidence_before_its_horizon_goes_and_is_not_watched(store: SqliteStore) -> None:
    evidence(store)
    horizon, before = HOUR + 3600, hours(store, FRONT)
    assert forget(store, horizon, horizon) == 60 + 2 + 1
    assert len(store.buckets(FRONT, *ALL)) == 60
    assert hours(store, FRONT) == before
    # Coverage that reaches across: nobody counted before it, so nobody watched.
    [watched] = store.coverage("venue", "node", "front", 0, 2**52)
    assert (watched.since_ms, watched.until_ms) == (horizon * 1000, (HOUR + 7200) * 1000)
    assert store.states("venue", "node", "lock", 0, 2**52) == []
    assert [event.id for event in store.events("venue", 0, 2**52)] == ["cd" * 8]
    # All of it comes once more, as from a spool that was put back.
    evidence(store)
    assert hours(store, FRONT) == before
    assert len(store.buckets(FRONT, *ALL)) == 60
    assert store.coverage("venue", "node", "front", 0, 2**52) == [watched]


def test_a_horizon_never_goes_back(store: SqliteStore) -> None:
    evidence(store)
    forget(store, HOUR + 3600, HOUR + 3600)
    forget(store, HOUR, HOUR)
    [watched] = store.coverage("venue", "node", "front", 0, 2**52)
    assert watched.since_ms == (HOUR + 3600) * 1000


def test_steps_are_short_over_many_series(store: SqliteStore) -> None:
    keys = [SeriesKey("venue", f"node-{i}", "climate.co2_ppm") for i in range(450)]
    store.write(
        SeriesRow(key, Kind.MEASURE, HOUR + 300 * slot, EPOCH, (1, 5.0, 5.0, 5.0))
        for key in keys
        for slot in range(12)
    )
    steps = list(store.forget(HOUR + 3600, None))
    assert sum(steps) == 450 * 12
    assert max(steps) <= forgetting.ROWS_AT_ONCE
    assert all(not store.buckets(key, *ALL) for key in keys)


def test_freed_pages_are_used_again(store: SqliteStore) -> None:
    day = 288
    for number in range(4):
        rows = (co2(day * number * 40 + slot, 400) for slot in range(day * 40))
        commit(store, *rows)
        forget(store, HOUR + 300 * day * (number + 1) * 40)
        store.backup_to(store.path.with_name(f"copy-{number}.db"))
    sizes = [store.path.with_name(f"copy-{n}.db").stat().st_size for n in range(4)]
    # Only hours and names are more than before.
    hour_bytes = 60 * day * 40 // 12
    assert sizes[3] - sizes[0] <= 3 * hour_bytes
    assert sizes[0] > 6 * hour_bytes


def test_the_newest_hour(store: SqliteStore) -> None:
    assert store.newest_hour() is None
    commit(store, co2(13, 400), Count(1, EPOCH, "front", HOUR, 3))
    assert store.newest_hour() == HOUR + 3600
