"""Rows that cannot be read are kept within a bound of bytes; what they cut stays cut."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.messages import encode_row
from contracts.rows import Count, Coverage, Epoch, Row, Unreadable
from hub.store.sqlite import SqliteStore
from link.acceptance import StreamState
from link.errors import StoreUnavailable
from link.intake import Group, Stored

NODE, STREAM, EPOCH = NodeId("venue", "node"), "5a" * 8, "e0" * 4
AT = 1_760_000_040
AT_MS = AT * 1000
BOUND = 1000


def commit(store: SqliteStore, *rows: Row | Unreadable) -> None:
    group = Group(stored=[Stored(NODE, STREAM, rows, AT_MS + 3_600_000)])
    group.streams, group.owners = {STREAM: StreamState(9)}, {STREAM: NODE}
    store.commit(group)


def poison(minute: int, size: int = 300) -> Unreadable:
    raw = b'{"line":"front","bucket_at":%d,"more":"' % (AT + 60 * minute)
    return Unreadable(0, raw + b"x" * (size - len(raw) - 2) + b'"}', "invalid", "why")


def a_bounded(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "series.db", quarantine_bytes=BOUND)


def kept(store: SqliteStore) -> list[int]:
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        rows = connection.execute("SELECT length(raw) FROM quarantine ORDER BY id")
        sizes = [size for (size,) in rows]
        [noted] = connection.execute(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'quarantine_bytes'"
        ).fetchone()
    assert noted == sum(sizes) <= BOUND
    return sizes


def watched(store: SqliteStore) -> list[tuple[int, int]]:
    found = store.coverage("venue", "node", "front", 0, 2**52)
    return [((i.since_ms - AT_MS) // 60_000, (i.until_ms - AT_MS) // 60_000) for i in found]


def test_the_oldest_bytes_go_first_and_every_cut_stays(tmp_path: Path) -> None:
    with a_bounded(tmp_path) as store:
        commit(store, Coverage(1, EPOCH, "front", AT_MS, AT_MS + 3_600_000))
        for minute in (10, 20, 30, 40, 50):
            commit(store, poison(minute))
        assert kept(store) == [0, 0, 300, 300, 300]
        assert (store.leftovers().quarantined, store.leftovers().dropped) == (5, 2)
        cut = [(0, 10), (11, 20), (21, 30), (31, 40), (41, 50), (51, 60)]
        assert watched(store) == cut
        assert store.read_again() == 0
    with a_bounded(tmp_path) as again:
        assert (watched(again), again.leftovers().dropped) == (cut, 2)


def test_one_commit_larger_than_the_bound(tmp_path: Path) -> None:
    with a_bounded(tmp_path) as store:
        commit(store, *(poison(minute) for minute in range(7)), poison(8, BOUND + 1))
        assert kept(store) == [0] * 8
        commit(store, poison(9))
        assert kept(store) == [0] * 8 + [300]


def test_what_cuts_nothing_goes_whole(tmp_path: Path) -> None:
    unset = Epoch(1, EPOCH, "b0" * 4, AT_MS, "05" * 4, clock="unset")
    with a_bounded(tmp_path) as store:
        commit(store, unset, *(Count(2, EPOCH, "front", AT + 60 * i, 7) for i in range(100)))
        left = len(kept(store))
        assert 0 < left < 100
        assert store.leftovers().dropped == 100 - left


def test_what_is_read_again_makes_room(tmp_path: Path) -> None:
    readable = Unreadable(0, encode_row(Count(1, EPOCH, "front", AT, 1)), "invalid", "why")
    with a_bounded(tmp_path) as store:
        commit(store, readable, poison(1))
        assert store.read_again() == 1
        assert kept(store) == [300]
        commit(store, poison(2), poison(3))
        assert kept(store) == [300, 300, 300]


def test_a_commit_that_fails_drops_nothing(tmp_path: Path) -> None:
    with a_bounded(tmp_path) as store:
        commit(store, poison(1), poison(2), poison(3))
        store.limit_pages(1)
        with pytest.raises(StoreUnavailable):
            commit(store, *(poison(minute) for minute in range(4, 2000)))
        assert (kept(store), store.leftovers().dropped) == ([300, 300, 300], 0)


def test_a_store_of_an_earlier_release_is_summed_when_it_opens(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "series.db") as store:
        commit(store, poison(1), poison(2), poison(3))
    with contextlib.closing(sqlite3.connect(tmp_path / "series.db")) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key LIKE 'quarantine_%'")
        connection.execute("DROP INDEX quarantine_kept")
    with a_bounded(tmp_path) as store:
        assert kept(store) == [300, 300, 300]
        commit(store, poison(4))
        assert kept(store) == [0, 300, 300, 300]
