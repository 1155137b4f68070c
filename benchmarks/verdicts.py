"""A live bucket judged anew, and sixty days of a district out of a real store.

Live: a library with a lock, two lines and an entry in nearly every minute of its week; a minute's
count grows, the commit is marked, the desk judges day and week, writes what is new and tells what
holds. Its time is from the mark until that is done; reading the store is part of it.
Sixty days: thirty-two such venues, judged from scratch: days, weeks, the year.
"""

import random
import statistics
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.report import Result
from contracts.ids import NodeId
from contracts.rows import Count, Coverage, Epoch, Row, State
from hub.compliance.localtime import LocalTime
from hub.lawbook import read_law
from hub.schedules import Schedules
from hub.store.records import Records
from hub.store.sqlite import SqliteStore
from hub.venues import Line, Sensor, Venue, Zone
from hub.verdicts import Bench, VerdictDesk
from link.intake import Group, Stored

CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
TODAY = date(2026, 11, 26)
DAYS, VENUES, LIVE = 60, 32, 200
OPENS, CLOSES = 510, 1200
EPOCH = "e0" * 8
LIBRARY = Venue(
    "library-0", "图书馆", "Library", "district_library", "district", None, "Asia/Shanghai",
    (((OPENS, CLOSES),),) * 7, 240,
    zones=(Zone("hall", "大厅", "Hall"),),
    lines=(Line("door", "main", "outside", "hall"), Line("door", "side", "outside", "hall")),
    sensors=(Sensor("door", "lock", "lock"),),
)  # fmt: skip


def measure(folder: Path) -> list[Result]:
    folder.mkdir(parents=True, exist_ok=True)
    now_s = [CLOCK.midnight(TODAY) + 15 * 3600]
    with SqliteStore(folder / "series.db") as store, Records(folder / "records.db") as records:
        venues = [replace(LIBRARY, id=f"library-{number}") for number in range(VENUES)]
        records.load(venues)
        for number, venue in enumerate(venues):
            _write_past(store, venue, now_s[0], random.Random(number))
        law = read_law()
        desk = VerdictDesk(
            Bench(store, law), records, Schedules(records, law.calendar), lambda: now_s[0] * 1000
        )
        told: list[str] = []
        desk.listen(lambda venue, _found, _day: told.append(venue))
        desk.open()
        began = time.perf_counter()
        desk.look(everything=True)
        whole = time.perf_counter() - began
        verdicts = len(desk.current())
        live, processor = _live(store, desk, now_s)
        desk.close()
    p95 = sorted(live)[int(len(live) * 0.95)]
    return [
        Result(f"{DAYS} days of {VENUES} venues judged out of the store", whole, "s",
               note=f"{whole / VENUES * 1000:.0f} ms a venue; {verdicts} verdicts on the board"),
        Result("live bucket judged anew and told", statistics.median(live), "ms", at_most=5,
               note=f"median of {LIVE}; p95 {p95:.1f} ms; processor time"
                    f" {statistics.median(processor):.1f} ms"),
    ]  # fmt: skip


def _live(
    store: SqliteStore, desk: VerdictDesk, now_s: list[int]
) -> tuple[list[float], list[float]]:
    """Return how long each took, by the wall and of the processor, ms."""
    took, processor = [], []
    for number in range(LIVE):
        now_s[0] += 1
        minute = now_s[0] - now_s[0] % 60
        rows: list[Row] = [Count(1, EPOCH, "main", minute, number + 1, 0)]
        if number % 60 == 0:
            since_ms = (CLOCK.midnight(TODAY) + OPENS * 60) * 1000
            rows.append(State(2, EPOCH, "lock", "unlocked", since_ms, now_s[0] * 1000))
        _commit(store, LIBRARY, rows, now_s[0])
        began, cpu = time.perf_counter(), time.process_time()
        for touched in store.touched():
            desk.touched(touched.venue, touched.first_ms, touched.last_ms)
        desk.look()
        took.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - cpu) * 1000)
    return took, processor


def _write_past(store: SqliteStore, venue: Venue, now_s: int, rng: random.Random) -> None:
    first = TODAY - timedelta(days=DAYS)
    start = CLOCK.midnight(first)
    rows: list[Row] = [Epoch(1, EPOCH, "b0" * 8, start * 1000, "05" * 8)]
    locked_since = start
    for number in range(DAYS + 1):
        midnight = CLOCK.midnight(first + timedelta(days=number))
        opens = midnight + OPENS * 60 - rng.randrange(900)
        closes = min(midnight + CLOSES * 60 + rng.randrange(900), now_s)
        rows.append(State(2, EPOCH, "lock", "locked", locked_since * 1000, opens * 1000))
        rows.append(State(3, EPOCH, "lock", "unlocked", opens * 1000, closes * 1000))
        locked_since = closes
        for line in ("main", "side"):
            rows += [
                Count(4, EPOCH, line, midnight + minute * 60, 1 + rng.randrange(3), 1)
                for minute in range(OPENS, CLOSES)
                if rng.random() < 0.2 and midnight + minute * 60 < now_s
            ]
    for line in ("main", "side"):
        rows.append(Coverage(5, EPOCH, line, start * 1000, now_s * 1000))
    _commit(store, venue, rows, now_s)


def _commit(store: SqliteStore, venue: Venue, rows: list[Row], now_s: int) -> None:
    node = NodeId(venue.id, "door")
    store.commit(Group(stored=[Stored(node, "5a" * 8, tuple(rows), now_s * 1000)]))
