"""Deleting a million old rows of raw climate: how long a step holds the writer.

The process is set up as the hub sets up its own. A step's time is that of its transaction, from
asking for the writer until it is durable, with the reading between two steps.
"""

import time
from pathlib import Path

from benchmarks.report import Result
from hub import interpreter
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore

SERIES, BUCKETS, AT_ONCE = 1000, 1000, 10
START = 1_767_225_600


def measure(folder: Path) -> list[Result]:
    folder.mkdir(parents=True, exist_ok=True)
    keys = [SeriesKey(f"venue-{i // 4}", "door", f"climate.q{i % 4}") for i in range(SERIES)]
    with SqliteStore(folder / "series.db") as store:
        for first in range(0, BUCKETS, AT_ONCE):
            store.write(
                SeriesRow(key, Kind.MEASURE, START + 300 * slot, "ab" * 6, (5, 105.0, 20.0, 22.0))
                for key in keys
                for slot in range(first, first + AT_ONCE)
            )
        interpreter.tune()
        steps = store.forget(START + 300 * BUCKETS, None)
        took, deleted = [], 0
        while True:
            began = time.perf_counter()
            some = next(steps, None)
            if some is None:
                break
            took.append(time.perf_counter() - began)
            deleted += some
    assert deleted == SERIES * BUCKETS
    note = f"{len(took)} steps, {sum(took):.2f} s in all without the pauses between them"
    longest = max(took) * 1000
    return [Result("1 000 000 rows deleted, longest step", longest, "ms", at_most=50, note=note)]
