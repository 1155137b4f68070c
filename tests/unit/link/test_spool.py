"""What a spool promises: seqs, places, held rows, forks, bounds, damage."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from contracts.messages import RawBatch, decode_batch, decode_row, encode
from contracts.rows import Count, Epoch
from link.buckets import Draft
from link.clock import Instant
from link.errors import SpoolDamaged, SpoolError
from link.spool import NewEpoch, Spool, open_spool

SET = Instant(1_000, 1_760_000_000_000, is_set=True)
UNSET = Instant(1_000, 1_000_000, is_set=False)
OS = "05" * 8


def a_spool(path: Path, instant: Instant = SET, *, max_bytes: int = 1 << 28, os: str = OS) -> Spool:
    return open_spool(path, os, NewEpoch("e0" * 6, instant, "start"), max_bytes=max_bytes)


def a_count(entered: int, *, bucket: int = 1_760_000_040, final: bool = False) -> Draft:
    row = Count(1, "e0" * 6, "front", bucket, entered)
    return Draft(("count", "front", bucket), row, final=final)


def rows_of(spool: Spool, after: int = 0) -> list[object]:
    packet = spool.pending(after, 10_000, 1 << 30)
    return [] if packet is None else [decode_row(body) for body in packet.bodies]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.spool"


def test_a_growing_row_takes_the_place_of_the_one_before(path: Path) -> None:
    with closing(a_spool(path)) as spool:
        for entered in (1, 2, 3):
            spool.append([a_count(entered)], SET)
        counts = [row for row in rows_of(spool) if isinstance(row, Count)]
        assert [(row.seq, row.entered) for row in counts] == [(4, 3)]


def test_no_seq_comes_twice_whatever_is_killed_or_trimmed(path: Path) -> None:
    last = 0
    for _ in range(5):
        spool = a_spool(path, max_bytes=1)
        assert spool.boot_first == last + 1
        spool.append([a_count(n, bucket=60 * n) for n in range(1, 20)], SET)
        last = spool.last
        spool._db.close()  # as a kill does


def test_what_was_long_not_changed_is_forgotten(path: Path) -> None:
    with closing(a_spool(path)) as spool:
        for minute in range(300):
            now = Instant(minute * 60_000, SET.wall_ms + minute * 60_000, is_set=True)
            spool.append([a_count(1, bucket=1_760_000_040 + 60 * minute)], now)
        assert len(spool._places) < 70


def test_held_until_the_clock_is_set_then_moved(path: Path) -> None:
    with closing(a_spool(path, UNSET)) as spool:
        spool.append([a_count(2, bucket=960)], UNSET)
        assert spool.pending(0, 10) is None
        assert spool.held == 2
        spool.append([], UNSET, NewEpoch("e1" * 6, SET, "clock_set"))
        epoch, count, _ = rows_of(spool)
        assert isinstance(epoch, Epoch)
        assert isinstance(count, Count)
        assert epoch.clock == "corrected"
        moved = round((SET.offset_ms - UNSET.offset_ms) / 60_000) * 60
        assert count.bucket_at == 960 + moved


def test_set_between_two_runs(path: Path) -> None:
    spool = a_spool(path, UNSET)
    spool.append([a_count(2, bucket=960)], UNSET)
    spool._db.close()
    with closing(a_spool(path, SET)) as spool:
        assert spool.held == 0
        assert [row.clock for row in rows_of(spool) if isinstance(row, Epoch)] == [
            "corrected",
            "set",
        ]


def test_never_set_before_the_system_started_again(path: Path) -> None:
    spool = a_spool(path, UNSET)
    spool._db.close()
    with closing(a_spool(path, SET, os="06" * 8)) as spool:
        first = rows_of(spool)[0]
        assert isinstance(first, Epoch)
        assert first.clock == "unset"


def test_overflow_names_what_went_and_keeps_the_epoch(path: Path) -> None:
    with closing(a_spool(path, max_bytes=120_000)) as spool:
        for n in range(3000):
            spool.append([a_count(1, bucket=1_760_000_040 + 60 * n, final=True)], SET)
        assert spool.oldest > 1
        assert spool.used_bytes <= 120_000 + 8192
        (lost,) = spool.lost()
        first, second = rows_of(spool)[:2]
        assert isinstance(first, Epoch)
        assert isinstance(second, Count)
        assert first.seq == spool.oldest
        assert (lost.source, lost.since_ms) == ("front", 1_760_000_040_000)
        assert lost.until_ms == second.bucket_at * 1000
        assert lost.rows == spool.dropped


def test_what_overflowed_before_the_clock_was_set_is_moved_too(path: Path) -> None:
    with closing(a_spool(path, UNSET, max_bytes=120_000)) as spool:
        for n in range(3000):
            spool.append([a_count(1, bucket=960 + 60 * n, final=True)], UNSET)
        spool.append([], UNSET, NewEpoch("e1" * 6, SET, "clock_set"))
        (lost,) = spool.lost()
        assert lost.since_ms == 960_000 + SET.offset_ms - UNSET.offset_ms


def test_summaries_are_folded_never_forgotten(path: Path) -> None:
    with closing(a_spool(path)) as spool:
        values = [(n, "front", n * 1000, n * 1000 + 1000, 1, "spool_full") for n in range(1, 2500)]
        spool._db.executemany("INSERT INTO lost VALUES (?, ?, ?, ?, ?, ?)", values)
        spool._trimmer._fold_summaries()
        (lost,) = spool.lost()
        assert (lost.since_ms, lost.until_ms, lost.rows) == (1000, 2_500_000, 2499)
        assert spool._db.execute("SELECT count(*) FROM lost").fetchone()[0] < 2000


def test_a_fork_keeps_rows_and_openings(path: Path) -> None:
    spool = a_spool(path)
    spool.append([a_count(1)], SET)
    spool._db.close()
    with closing(a_spool(path)) as spool:
        old, first_boot = spool.stream, spool.boots_before[0].boot
        spool.append([a_count(7)], SET)
        spool.fork(2)
        assert spool.stream != old
        assert [row.seq for row in rows_of(spool)] == [1, 2, 3, 4]  # type: ignore[attr-defined]
        assert (spool.boots_before[0].boot, spool.boot_first) == (first_boot, 3)
        spool.append([a_count(9)], SET)
        assert [r.entered for r in rows_of(spool) if isinstance(r, Count)] == [1, 9]


def test_a_full_disk_refuses_and_nothing_is_half_done(path: Path) -> None:
    with closing(a_spool(path)) as spool:
        spool._db.execute("PRAGMA max_page_count=1")
        with pytest.raises(SpoolError):
            spool.append([a_count(1, bucket=60 * n) for n in range(2000)], SET)
        assert len(rows_of(spool)) == 1
        stream = spool.stream
        spool._db.execute("PRAGMA max_page_count=100000")
        spool.append([a_count(5)], SET)
        assert [row.seq for row in rows_of(spool)] == [1, 2]  # type: ignore[attr-defined]
        assert spool.stream == stream


def test_a_damaged_file_is_set_aside(path: Path) -> None:
    path.write_bytes(b"not a database" * 500)
    with closing(a_spool(path)) as spool:
        assert spool.set_aside is not None
        assert list(path.parent.glob("node.spool.damaged-*"))


def test_a_replaced_file_is_noticed(path: Path) -> None:
    with closing(a_spool(path)) as spool:
        path.rename(path.with_suffix(".away"))
        sqlite3.connect(path).close()
        path.touch()
        with pytest.raises(SpoolDamaged):
            spool.append([a_count(1)], SET)


def test_acknowledged_rows_are_kept_for_seven_days_others_for_ever(path: Path) -> None:
    day = 24 * 3_600_000

    def later(days: float) -> Instant:
        passed = int(days * day)
        return Instant(SET.monotonic_ms + passed, SET.wall_ms + passed, is_set=True)

    with closing(a_spool(path)) as spool:
        spool.append([a_count(1, bucket=60 * n, final=True) for n in range(10)], SET)
        spool.join("57" * 8, 6)
        spool.append([a_count(1, bucket=6000)], later(6.9))
        assert spool.oldest == 1
        assert len(rows_of(spool)) == 12
        spool.append([a_count(2, bucket=6000)], later(7.1))
        kept = [row.seq for row in rows_of(spool)]  # type: ignore[attr-defined]
        assert (spool.oldest, kept) == (6, [6, 7, 8, 9, 10, 11, 12, 13])
        spool.append([a_count(3, bucket=6000)], later(60))
        assert [row.seq for row in rows_of(spool)][1:6] == [7, 8, 9, 10, 11]  # type: ignore[attr-defined]
        assert spool.dropped == 0


def test_a_mark_is_kept_for_each_store(path: Path) -> None:
    with closing(a_spool(path)) as spool:
        spool.append([a_count(1)], SET)
        spool.join("57" * 8, 2)
        spool.join("58" * 8, 1, ["57" * 8])
    with closing(a_spool(path)) as spool:
        assert (spool.store_id, spool.mark) == ("58" * 8, 1)
        spool.join("57" * 8, 2)
        assert spool.mark == 2


@pytest.mark.parametrize("spoilt", [b"", b"\x00" * 40, b'{"type":"count","seq":2,"epoch"', b"[1,"])
def test_a_row_that_the_disk_spoilt_takes_no_other_with_it(path: Path, spoilt: bytes) -> None:
    with closing(a_spool(path)) as spool:
        spool.append([a_count(n, bucket=60 * n) for n in range(1, 4)], SET)
        spool._db.execute("UPDATE row SET body = ? WHERE seq = 3", (spoilt,))
        packet = spool.pending(0, 10)
        assert packet is not None
        rows = tuple(map(msgspec.Raw, packet.bodies))
        sent = RawBatch(spool.stream, spool.boot, 1, packet.after, packet.upto, 1, rows)
        kinds = [type(row).__name__ for row in decode_batch(encode(sent)).rows]
        assert kinds == ["Epoch", "Count", "Unreadable", "Count"]
