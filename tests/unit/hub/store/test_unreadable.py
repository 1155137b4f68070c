"""Whose coverage a row that cannot be taken cuts, and for which span."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.messages import encode_row
from contracts.rows import Count, Coverage, Epoch, Lost, Row, Unreadable
from hub.store.port import SeriesKey
from hub.store.sqlite import SqliteStore
from link.acceptance import StreamState
from link.intake import Gap, Group, Stored

NODE, STREAM, EPOCH = NodeId("venue", "node"), "5a" * 8, "e0" * 4
AT = 1_760_000_040
AT_MS = AT * 1000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "hub.db") as opened:
        yield opened


def commit(store: SqliteStore, *rows: Row | Unreadable, gap: Gap | None = None) -> None:
    group = Group(stored=[Stored(NODE, STREAM, rows, AT_MS + 3_600_000)])
    group.streams, group.owners = {STREAM: StreamState(9)}, {STREAM: NODE}
    group.gaps = [] if gap is None else [gap]
    store.commit(group)


def a_count(minute: int) -> Count:
    return Count(1, EPOCH, "front", AT + 60 * minute, 1)


def poison(raw: bytes) -> Unreadable:
    return Unreadable(0, raw, "invalid", "why")


def hour() -> Coverage:
    return Coverage(1, EPOCH, "front", AT_MS, AT_MS + 3_600_000)


def watched(store: SqliteStore) -> list[tuple[int, int]]:
    """Return the minutes from the start between which it was watched."""
    found = store.coverage("venue", "node", "front", 0, 2**52)
    return [((i.since_ms - AT_MS) // 60_000, (i.until_ms - AT_MS) // 60_000) for i in found]


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b'{"line":"front","bucket_at":%d}' % (AT + 600), [(0, 10), (11, 60)]),
        (b'{"source":"front","since_ms":%d,"until_ms":%d}' % (AT_MS, AT_MS + 120_000), [(2, 60)]),
        (b'{"line":"back","bucket_at":%d}' % (AT + 600), [(0, 60)]),
        (b'{"bucket_at":%d}' % (AT + 600), [(0, 10), (11, 60)]),  # whose, it does not say
        # What does not say when lies between its neighbours.
        (b"\xff not even text", [(0, 20), (23, 60)]),
        (b'{"line":"front","bucket_at":-1}', [(0, 20), (23, 60)]),
        (b'{"line":"front","bucket_at":%d}' % 10**40, [(0, 20), (23, 60)]),
        (b'{"source":"front","since_ms":0,"until_ms":-7}', [(0, 20), (23, 60)]),
    ],
)
def test_a_row_that_cannot_be_read_cuts_its_span(
    store: SqliteStore, raw: bytes, left: list[tuple[int, int]]
) -> None:
    commit(store, a_count(20), poison(raw), poison(b"another"), a_count(22), hour())
    expected = left if left == [(0, 20), (23, 60)] else None
    if expected is None:
        store.close()
        with SqliteStore(store.path.with_name("other.db")) as alone:
            commit(alone, a_count(20), poison(raw), a_count(22), hour())
            assert watched(alone) == left
    else:
        assert watched(store) == expected


def test_the_only_neighbour_and_none(store: SqliteStore) -> None:
    commit(store, hour())
    commit(store, a_count(5), poison(b"x"))
    assert watched(store) == [(0, 5), (7, 60)]
    commit(store, poison(b"x"))  # received at the end of the hour
    assert watched(store) == [(0, 5), (7, 60)]


def test_a_clock_that_was_never_set_cuts_nothing_that_is_known(store: SqliteStore) -> None:
    commit(store, hour())
    late = "e1" * 4
    commit(
        store,
        Epoch(1, late, "b0" * 4, AT_MS, "05" * 4, clock="unset"),
        Count(2, late, "front", AT + 600, 7),
        Coverage(3, late, "front", AT_MS, AT_MS + 7_200_000),
    )
    assert watched(store) == [(0, 60)]
    assert store.leftovers().quarantined == 2
    assert not store.buckets(SeriesKey("venue", "node", "front"), 0, 2**40)
    assert store.read_again() == 0


def test_rows_lost_without_a_name_leave_nothing_watched_since(store: SqliteStore) -> None:
    commit(store, Coverage(1, EPOCH, "front", AT_MS, AT_MS + 600_000))
    gap = Gap(NODE, STREAM, 2, 8, (), AT_MS + 3_600_000)
    commit(store, hour(), gap=gap)
    assert watched(store) == [(0, 10)]


def test_rows_lost_by_name_are_cut_and_no_others(store: SqliteStore) -> None:
    lost = (Lost("front", AT_MS + 600_000, AT_MS + 660_000, 1), Lost("back", 0, AT_MS * 2, 5))
    commit(store, hour(), gap=Gap(NODE, STREAM, 2, 8, lost, AT_MS))
    assert watched(store) == [(0, 10), (11, 60)]


def test_a_later_release_reads_it_again(store: SqliteStore) -> None:
    commit(store, hour(), poison(encode_row(a_count(3))))
    assert watched(store) == [(0, 3), (4, 60)]
    assert store.read_again() == 1
    assert watched(store) == [(0, 60)]
    [bucket] = store.buckets(SeriesKey("venue", "node", "front"), 0, 2**40)
    assert bucket.at == AT + 180
