"""A year of one venue with two doors, read from the store and drawn: the page, and the JSON.

Measured inside a hub, without the network; each run reads everything anew. Floor: the hours of its
two lines read from the store, and nothing made of them.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks.report import Result
from benchmarks.venues import write_district
from hub import interpreter
from hub.api.history import HistoryOut
from hub.config import BrokerSection, HubConfig
from hub.history import RangeName
from hub.pages.venue_page import VenuePage
from hub.runtime import Hub
from hub.store.port import SeriesKey
from tests.integration.hub.past import write_past

FIRST, LAST = date(2025, 10, 1), date(2026, 10, 31)
END_S = 1_793_462_400
YEAR = 365 * 86_400
RUNS = 7


def measure(folder: Path) -> list[Result]:
    folder.mkdir(exist_ok=True)
    district = write_district(folder / "district", venues=1, nodes=1, lines=2)
    config = HubConfig(
        data_dir=folder / "data", district=district, broker=BrokerSection(enabled=False)
    )
    with Hub(config, clock_ms=lambda: END_S * 1000) as hub:
        venue = hub.live.declared["fleet-0"]
        write_past(hub.store, venue, FIRST, END_S, per_minute=1.5)
        interpreter.tune()
        hub.live.rebuild()
        pages = VenuePage(hub)
        keys = [SeriesKey(venue.id, line.node, line.line) for line in venue.lines]

        def page(name: RangeName) -> str:
            history = hub.history(venue, name, LAST)
            links = {"zh": "?lang=zh", "en": "?lang=en"}
            return pages.page(hub.live.venues[venue.id], history, "zh", switch=links)

        def told(name: RangeName) -> str:
            return HistoryOut.of(hub.history(venue, name, LAST)).model_dump_json()

        floor = _median_ms(lambda: hub.store.hourly(keys, END_S - YEAR, END_S))
        return [
            Result(
                "page of a year of one venue", _ms(page, "year"), "ms", at_most=300, floor=floor
            ),
            Result("JSON of that year", _ms(told, "year"), "ms", at_most=300, floor=floor),
            Result("page of its month, by minutes", _ms(page, "month"), "ms"),
            Result("page of its day, beside eight weeks", _ms(page, "day"), "ms"),
        ]


def _ms(call: Callable[[RangeName], str], name: RangeName) -> float:
    return _median_ms(lambda: call(name))


def _median_ms(call: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)
