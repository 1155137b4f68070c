"""A recorder that is cancelled, or whose clock is set, while the disk is at work."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from contracts.messages import decode_row
from contracts.rows import Count, Coverage
from link.clock import Instant
from link.errors import SpoolError
from link.node import STUCK_MS, is_turning
from link.recorder import Recorder

WALL = 1_760_000_000_000


class Clock:
    """A clock that the test moves."""

    os_boot = "05" * 8

    def __init__(self, *, is_set: bool = True) -> None:
        self.mono, self.offset, self.is_set = 1_000_000, WALL if is_set else 0, is_set

    def look(self) -> Instant:
        return Instant(self.mono, self.mono + self.offset, self.is_set)


def counts(recorder: Recorder) -> list[Count]:
    bodies = recorder.spool._db.execute("SELECT body FROM row ORDER BY seq").fetchall()
    return [row for (body,) in bodies if isinstance(row := decode_row(body), Count)]


class SlowDisk:
    """Holds an append until the test lets it go on."""

    def __init__(self, recorder: Recorder) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()
        self._append = recorder.spool.append
        recorder.spool.append = self  # type: ignore[assignment, method-assign]

    def __call__(self, *args: object) -> None:
        self.entered.set()
        self.go_on.wait(10)
        self._append(*args)  # type: ignore[arg-type]


async def test_a_cancelled_commit_is_not_torn(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "spool", Clock())
    recorder.crossed("front", 1_000_000, entered=3)
    disk = SlowDisk(recorder)
    commit = asyncio.create_task(recorder.commit())
    await asyncio.to_thread(disk.entered.wait, 10)
    commit.cancel()
    finish = asyncio.create_task(recorder.finish())
    await asyncio.sleep(0)
    disk.go_on.set()
    with suppress(asyncio.CancelledError):
        await commit
    assert await finish
    assert [row.entered for row in counts(recorder)] == [3]
    await recorder.close()


async def test_what_is_seen_while_the_clock_turns_is_of_the_new_clock(tmp_path: Path) -> None:
    clock = Clock(is_set=False)
    recorder = Recorder(tmp_path / "spool", clock)
    recorder.crossed("front", clock.mono, entered=1)
    clock.offset, clock.is_set = WALL, True
    disk = SlowDisk(recorder)
    commit = asyncio.create_task(recorder.commit())
    await asyncio.to_thread(disk.entered.wait, 10)
    recorder.crossed("front", clock.mono, entered=5)
    recorder.watched("front", clock.mono + 1)
    disk.go_on.set()
    assert await commit
    assert await recorder.commit(everything=True)
    assert sum(row.entered for row in counts(recorder)) == 6
    assert all(row.bucket_at > 1_700_000_000 for row in counts(recorder))
    bodies = recorder.spool._db.execute("SELECT body FROM row").fetchall()
    covers = [r for (body,) in bodies if isinstance(r := decode_row(body), Coverage)]
    assert all(row.since_ms > WALL for row in covers)
    await recorder.close()


async def test_a_recorder_turns_while_the_disk_refuses_and_not_while_it_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("link.recorder.COMMIT_SECONDS", 0.0)
    now = iter(range(1_000_000))
    monkeypatch.setattr("link.recorder.monotonic_ms", lambda: next(now))
    recorder = Recorder(tmp_path / "spool", Clock())
    refused = 0

    def refuse(*_args: object) -> None:
        nonlocal refused
        refused += 1
        if refused > 3:
            go_on.wait(10)
        raise SpoolError("disk full")

    go_on = threading.Event()
    recorder.spool.append = refuse  # type: ignore[method-assign, assignment]
    running = asyncio.create_task(recorder.run())
    async with asyncio.timeout(10):
        while refused <= 3:  # noqa: ASYNC110  a thread counts it
            await asyncio.sleep(0)
    # Three were refused and came back, the fourth has not.
    assert recorder.turned_ms == 3
    running.cancel()
    go_on.set()
    with suppress(asyncio.CancelledError):
        await running
    await recorder.close()
    assert is_turning(recorder, recorder.turned_ms + STUCK_MS)
    assert not is_turning(recorder, recorder.turned_ms + STUCK_MS + 1)
