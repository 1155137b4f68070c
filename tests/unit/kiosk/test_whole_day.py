"""Hours of a kiosk in virtual time: openings, closings, cleaning, nights, outages, set clocks."""

import gc
import random
from pathlib import Path

import psutil
import pytest

from tests.unit.kiosk.lending.test_worlds import ITEMS
from tests.unit.kiosk.whole_day import HOUR, Day

SEED = random.SystemRandom().randrange(10**6)
SOAK_SEEDS = range(6)
MOST_SIZE = 20_000
"""Characters of a session or a room, written out: bounded by what they hold, not by their past."""
MOST_STEP_BYTES = 1500
MOST_GROWTH_MIB = 20.0


def a_day(folder: Path, seed: int, from_hour: int, hours: int) -> Day:
    print(f"seed {seed}", flush=True)  # noqa: T201
    day = Day(seed, folder, from_hour)
    day.run(hours * HOUR)
    day.world.settle()
    for item_id, uids in ITEMS.items():
        is_off = bool(day.world.off & set(uids))
        assert not is_off or item_id in day.world.loans, day.where
    assert day.world.doubled == 0
    return day


def check_disk(day: Day) -> None:
    """Hold that the journal is as large as what was lent, and is empty again in the end."""
    steps = sum(len(day.disk.steps(name)) for name in day.world.journal)
    size = sum(path.stat().st_size for path in day.folder.glob(f"journal-{day.seed}.db*"))
    assert size <= 200_000 + 4_200_000 + steps * MOST_STEP_BYTES  # the log is cut at 1 000 pages
    settled = sum(not one.is_open for one in day.world.journal.values())
    gone = day.disk.forget(day.kept_journal.now_ms + 91 * 24 * HOUR * 1000)
    assert gone == settled
    day.disk.close()


def test_two_hours_around_closing(tmp_path: Path) -> None:
    day = a_day(tmp_path, SEED, from_hour=19, hours=2)
    assert day.pages > 100
    assert day.seen["screen home"] > 5
    assert max(map(max, day.sizes)) < MOST_SIZE
    check_disk(day)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SOAK_SEEDS)
def test_a_day_and_a_night(tmp_path: Path, seed: int) -> None:
    process = psutil.Process()
    (tmp_path / "before").mkdir()
    # Caches fill at first: a few hours of another day warm them.
    a_day(tmp_path / "before", seed + 100, from_hour=9, hours=4).disk.close()
    gc.collect()
    early = process.memory_info().rss
    day = a_day(tmp_path, seed, from_hour=0, hours=24)
    gc.collect()
    grown = (process.memory_info().rss - early) / 2**20
    steps = len(day.world.journal)
    print(f"seed {seed}: {day.pages} screens, {steps} transactions, {grown:+.1f} MiB")  # noqa: T201
    print(sorted(day.seen.items()), flush=True)  # noqa: T201
    assert max(map(max, day.sizes)) < MOST_SIZE
    assert len(day.sizes) > 20
    assert grown < MOST_GROWTH_MIB
    check_disk(day)
