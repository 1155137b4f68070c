"""Old rows go in short steps; hours stay, whatever comes late."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import DECIDING
from contracts.ids import NodeId
from contracts.rows import Count, Coverage, Epoch, Event, Measure, Row, State
from hub.store.port import Bucket, Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore, forgetting
from hub.store.sqlite.database import back_up
from hub.verdicts.facts import SIGNS, STAFF
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
    assert forget(store, horizon, horizon) == 60 + 1 + 1
    assert len(store.buckets(FRONT, *ALL)) == 60
    assert hours(store, FRONT) == before
    # Coverage that reaches across: nobody counted before it, so nobody watched.
    [watched] = store.coverage("venue", "node", "front", 0, 2**52)
    assert (watched.since_ms, watched.until_ms) == (horizon * 1000, (HOUR + 7200) * 1000)
    assert store.states("venue", "node", "lock", 0, 2**52) == []
    assert [event.id for event in store.events("venue", 0, 2**52)] == ["cd" * 8]
    # Hours are kept, so what was watched is kept beside them.
    ever = store.watched_ever("venue", "node", "front", 0, 2**52)
    at_ms = HOUR * 1000
    assert [(i.since_ms, i.until_ms) for i in ever] == [
        (at_ms - 9_000_000, at_ms - 8_000_000),
        (at_ms, at_ms + 7_200_000),
    ]
    assert store.evidence_from_s() == store.buckets_from_s(Kind.COUNT) == horizon
    # All of it comes once more, as from a spool that was put back.
    evidence(store)
    assert hours(store, FRONT) == before
    assert len(store.buckets(FRONT, *ALL)) == 60
    assert store.coverage("venue", "node", "front", 0, 2**52) == [watched]


def told(store: SqliteStore) -> list[str]:
    return [f"{e.name}@{e.at_ms // 86_400_000}" for e in store.events("venue", 0, 2**52)]


def test_what_decides_is_kept_longer_than_telemetry(store: SqliteStore) -> None:
    names = ("loan", "kiosk_use", "staff_open", "rating", "tamper", "ar_target", "session")
    commit(
        store,
        Epoch(1, EPOCH, "b0" * 4, 0, "05" * 4),
        *(
            Event(1, EPOCH, f"{day:04}{i:04}", name, "kiosk", day * 86_400_000, {})
            for day in (100, 500, 900)
            for i, name in enumerate(names)
        ),
    )
    assert sum(store.forget(0, None, 600 * 86_400)) == 2 * 4
    deciding = {"loan", "staff_open", "session"}
    assert set(told(store)) == {f"{n}@{d}" for n in deciding for d in (100, 500)} | {
        f"{n}@900" for n in names
    }
    # Told late: within the days that a pass looks back it goes with the next one.
    commit(store, Event(1, EPOCH, "ab" * 4, "rating", "kiosk", 580 * 86_400_000, {}))
    assert sum(store.forget(0, None, 601 * 86_400)) == 1
    assert sum(store.forget(0, 600 * 86_400, 601 * 86_400)) == 2 * 3
    assert set(told(store)) == {f"{n}@900" for n in names}


def test_what_decides_is_what_the_judge_reads() -> None:
    assert set(SIGNS) | set(STAFF) == DECIDING


def test_a_pass_over_telemetry_that_was_stopped_is_done_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "ROWS_AT_ONCE", 2)
    commit(
        store,
        Epoch(1, EPOCH, "b0" * 4, 0, "05" * 4),
        *(Event(1, EPOCH, f"{i:08}", "rating", "kiosk", i * 86_400_000, {}) for i in range(9)),
    )
    steps = store.forget(0, None, 600 * 86_400)
    while next(steps) == 0:
        pass
    assert sum(store.forget(0, None, 600 * 86_400)) == 7
    assert told(store) == []


_ROWS = st.one_of(
    st.builds(
        lambda minute, entered, epoch: Count(1, epoch, "front", HOUR + 60 * minute, entered),
        st.integers(0, 6 * 60 - 1), st.integers(1, 9), st.sampled_from([EPOCH, "e1" * 4]),
    ),
    st.builds(
        lambda slot, n, mean: co2(slot, mean, n),
        st.integers(0, 6 * 12 - 1), st.integers(1, 9), st.integers(300, 900),
    ),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    before=st.lists(_ROWS, max_size=40),
    horizons=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=3),
    late=st.lists(_ROWS, max_size=20),
)
def test_hours_are_the_same_whatever_is_forgotten(
    before: list[Row], horizons: list[tuple[int, int]], late: list[Row]
) -> None:
    """What came in time stays in the hours; what comes late of kept buckets is added as ever."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with SqliteStore(path / "series.db") as store, SqliteStore(path / "all.db") as everything:
            commit(store, *before)
            commit(everything, *before)
            for measures, counts in horizons:
                found = {key: hours(store, key) for key in (CO2, FRONT)}
                forget(store, HOUR + 3600 * measures, HOUR + 3600 * counts)
                assert {key: hours(store, key) for key in (CO2, FRONT)} == found
            kept_s = {CO2: max(m for m, _ in horizons), FRONT: max(c for _, c in horizons)}
            stood = {key: hours(store, key) for key in (CO2, FRONT)}
            commit(store, *late)
            commit(everything, *late)
            for key, hour in kept_s.items():
                start = HOUR + 3600 * hour
                # Where buckets are kept, late rows count as in a store that forgot nothing …
                assert store.hourly([key], start, 2**40) == everything.hourly([key], start, 2**40)
                # … and no hour of before loses what it had.
                known = dict(hours(store, key))
                for at, values in stood[key]:
                    if at < start:
                        assert known[at] == values


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
        back_up(store.path, store.path.with_name(f"copy-{number}.db"))
    sizes = [store.path.with_name(f"copy-{n}.db").stat().st_size for n in range(4)]
    # Only hours and names are more than before.
    hour_bytes = 60 * day * 40 // 12
    assert sizes[3] - sizes[0] <= 3 * hour_bytes
    assert sizes[0] > 6 * hour_bytes


def test_the_newest_hour(store: SqliteStore) -> None:
    assert store.newest_hour() is None
    commit(store, co2(13, 400), Count(1, EPOCH, "front", HOUR, 3))
    assert store.newest_hour() == HOUR + 3600
