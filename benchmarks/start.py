"""How long a hub takes to open over years of readings: nothing may grow with what is old.

Three years of open hours of ten lines, with a row of coverage for each day, up to the present.
"""

import random
import time
from pathlib import Path

from benchmarks.report import Result
from benchmarks.venues import write_district
from contracts.ids import NodeId
from contracts.rows import Coverage, Epoch
from hub.config import BrokerSection, HubConfig
from hub.runtime import Hub
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore
from link.acceptance import StreamState
from link.intake import Group, Stored

DAY, OPEN_MINUTES = 86_400, 12 * 60
VENUES, YEARS = 10, 3
SEED = 3


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    district = write_district(folder / "district", venues=VENUES, nodes=1, lines=1)
    config = HubConfig(data_dir=folder, district=district, broker=BrokerSection(enabled=False))
    today = int(time.time()) // DAY * DAY
    with SqliteStore(config.series_path) as store:
        for day in range(today - YEARS * 365 * DAY, today, DAY):
            _fill(store, random.Random(SEED + day), day)
    minutes = VENUES * YEARS * 365 * OPEN_MINUTES
    began = time.perf_counter()
    with Hub(config) as hub:
        seconds = time.perf_counter() - began
        assert len(hub.live.venues) == VENUES
    return [Result(f"start of a hub over {minutes:,} minutes", seconds, "s", note=f"{YEARS} years")]


def _fill(store: SqliteStore, rng: random.Random, day: int) -> None:
    opens, epoch = day + 9 * 3600, f"{day:012x}"
    store.write(
        SeriesRow(
            SeriesKey(f"fleet-{venue}", "node-0", "line-0"),
            Kind.COUNT,
            opens + 60 * minute,
            epoch,
            (rng.randrange(9), rng.randrange(9)),
        )
        for venue in range(VENUES)
        for minute in range(OPEN_MINUTES)
    )
    group = Group()
    for venue in range(VENUES):
        node, stream = NodeId(f"fleet-{venue}", "node-0"), f"{venue:016x}"
        start, end = opens * 1000, (opens + 60 * OPEN_MINUTES) * 1000
        rows = (
            Epoch(1, epoch, "b0" * 8, start, "05" * 8),
            Coverage(2, epoch, "line-0", start, end, "stopped"),
        )
        group.stored.append(Stored(node, stream, rows, end))
        group.streams[stream], group.owners[stream] = StreamState(2), node
    store.commit(group)
