"""The journal: what was written is there after a kill, names go, stores are followed."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.desk.journal import Journal, open_journal
from kiosk.errors import ExportRefused, JournalDamaged, JournalError
from kiosk.lending.transaction import Stage, Transaction, Upload
from kiosk.lending.unfinished import Case, unfinished
from tests.unit.kiosk.lending.cases import CARD, NOW_MS, a_transaction

DAY_MS = 86_400_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def lent(name: str = "a", at_ms: int = NOW_MS, **changes: object) -> Transaction:
    one = replace(a_transaction(), id=name, is_accepted=True, accepted_at_ms=at_ms, title="论语")
    return replace(one.at(Stage.SHOWN, at_ms), **changes)


def again(journal: Journal) -> Journal:
    journal.close()
    return Journal(journal.path)


def test_every_step_is_kept_and_the_newest_is_how_it_stands(journal: Journal) -> None:
    one = a_transaction()
    states = [one, one.at(Stage.SENT, NOW_MS + 1), one.at(Stage.SHOWN, NOW_MS + 2)]
    for state in states:
        journal.write(state, NOW_MS)
    reopened = again(journal)
    assert reopened.get(one.id) == states[-1]
    assert reopened.steps(one.id) == states
    assert [*reopened] == [states[-1]]
    reopened.close()


WRITER = """
import sys
from pathlib import Path
from kiosk.desk.journal import Journal
from kiosk.lending.transaction import Action, Transaction
journal = Journal(Path(sys.argv[1]))
for number in range(100_000):
    journal.write(Transaction(f"t{number}", "s", Action.BORROW, "i", ("u",), number), number)
    print(number, flush=True)
"""


@pytest.mark.chaos
def test_what_was_written_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for stop in (1, 20, 57):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            while int(writer.stdout.readline()) < stop:
                pass
            os.kill(writer.pid, signal.SIGKILL)
            told = [int(line) for line in writer.stdout if line.endswith("\n")]
        last = max([stop, *told])
        journal = Journal(path)
        assert all(journal.get(f"t{number}") for number in range(last + 1))
        journal.close()


def test_a_torn_tail_was_not_written(journal: Journal, tmp_path: Path) -> None:
    """The file as a power cut leaves it: the newest step is half on the disk."""
    journal.write(lent("a"), NOW_MS)
    whole = (tmp_path / "journal.db-wal").stat().st_size
    journal.write(lent("b"), NOW_MS)
    log = (tmp_path / "journal.db-wal").read_bytes()
    torn = tmp_path / "torn.db"
    torn.write_bytes((tmp_path / "journal.db").read_bytes())
    torn.with_name("torn.db-wal").write_bytes(log[: (whole + len(log)) // 2])
    after = Journal(torn)
    assert [one.id for one in after] == ["a"]
    after.write(lent("c"), NOW_MS)
    after.close()


def test_a_damaged_journal_is_set_aside_for_the_staff(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalDamaged, match=r"journal\.db"):
        Journal(path)
    journal = open_journal(path)
    assert journal.set_aside is not None
    assert [*tmp_path.glob("journal.db.damaged-*")]
    journal.write(lent(), NOW_MS)
    journal.close()


def test_a_full_disk_refuses_before_anything_is_begun(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", free_bytes=lambda _: 1_000_000)
    with pytest.raises(JournalError, match="976 KiB left: nothing is lent"):
        journal.begin(a_transaction(), NOW_MS)
    assert [*journal] == []
    journal.close()


def test_a_step_that_the_disk_refuses_is_not_kept(journal: Journal) -> None:
    journal.begin(a_transaction(), NOW_MS)
    journal._db.execute("PRAGMA max_page_count=1")
    large = [lent(f"x{number}", title="书" * 400) for number in range(200)]
    with pytest.raises(JournalError, match="full"):
        journal.write_all(large, NOW_MS)
    kept = [*journal]
    reopened = again(journal)
    assert [*reopened] == kept
    reopened.close()


def test_time_does_not_go_back_in_it(journal: Journal) -> None:
    journal.write(lent(), NOW_MS)
    assert journal.stamp(NOW_MS - DAY_MS) == NOW_MS
    reopened = again(journal)
    assert reopened.stamp(5) == NOW_MS
    reopened.close()


def test_names_are_forgotten_after_upload_and_some_days(journal: Journal, tmp_path: Path) -> None:
    journal.write(lent("done"), NOW_MS)
    journal.write(lent("waits", upload=Upload.WAITING), NOW_MS)
    journal.write(replace(a_transaction(), id="pending", stage=Stage.BIT_PENDING), NOW_MS)
    assert journal.forget(NOW_MS + 6 * DAY_MS, days=1) == 0
    assert journal.forget(NOW_MS + 8 * DAY_MS) == 1
    done = journal.get("done")
    assert done is not None
    assert (done.patron, done.title) == (journal.hash_of(CARD), "")
    assert [one.patron for one in journal if one.id != "done"] == [CARD, CARD]
    journal.write(lent("waits"), NOW_MS)
    journal.write(replace(lent("pending"), is_closed=True), NOW_MS)
    assert journal.forget(NOW_MS + 9 * DAY_MS) == 2
    assert CARD.encode() not in (tmp_path / "journal.db").read_bytes()
    assert CARD.encode() not in (tmp_path / "journal.db-wal").read_bytes()
    assert journal.forget(NOW_MS + 100 * DAY_MS) == 3
    assert [*journal] == []


def test_the_key_of_the_hashes_stays_with_the_journal(journal: Journal) -> None:
    before = journal.hash_of(CARD)
    reopened = again(journal)
    assert reopened.hash_of(CARD) == before
    assert CARD not in before
    for path in reopened.path.parent.glob("journal.db*"):
        assert path.stat().st_mode & 0o077 == 0, path
    reopened.close()


def test_a_restored_store_is_given_the_last_week_again(journal: Journal) -> None:
    assert journal.follow_store("aa", NOW_MS) == 0
    journal.write(lent("old"), NOW_MS)
    recent = NOW_MS + 6 * DAY_MS
    journal.write(lent("recent", recent), recent)
    journal.write(replace(lent("refused", recent), is_accepted=False), recent)
    assert journal.follow_store("aa", recent) == 0
    assert journal.follow_store("bb", NOW_MS + 8 * DAY_MS) == 1
    reopened = again(journal)
    assert reopened.store_id == "bb"
    assert [one.id for one in reopened if one.waits_for_upload] == ["recent"]
    reopened.close()


def test_a_file_for_koha_is_handed_in_once(journal: Journal) -> None:
    rows = [lent("a", upload=Upload.WAITING)]
    journal.exported("d1", "x.koc", rows, NOW_MS)
    assert not any(one.waits_for_upload for one in journal)
    assert [row.case for row in unfinished(journal)] == [Case.NOT_UPLOADED]
    journal.hand_in("d1", NOW_MS)
    assert unfinished(journal) == []
    with pytest.raises(ExportRefused, match="recorded twice"):
        journal.hand_in("d1", NOW_MS)
    with pytest.raises(ExportRefused):
        journal.hand_in("never made", NOW_MS)


def test_nothing_but_forgetting_changes_a_step(journal: Journal) -> None:
    journal.write(lent(), NOW_MS)
    journal.write(replace(lent(), due="later"), NOW_MS)
    with sqlite3.connect(journal.path) as db:
        assert db.execute("SELECT count(*) FROM step").fetchone() == (2,)
    db.close()
