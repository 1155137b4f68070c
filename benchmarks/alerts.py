"""How soon a condition is an alert that is decided, durable and told; a burst; a desk that is full.

Floor: an empty transaction of the records, which each decision has to wait for.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from benchmarks.report import Result
from hub.alerts import AlertDesk, AlertEvent, AlertKind, Condition
from hub.alerts.rules import Rules
from hub.store.records import Records
from hub.store.records.alerts import WantedAlerts

ONE_BY_ONE = 400
BURST = 10_000
VENUES = 1000
NOW_MS = 1_796_090_400_000


def measure(folder: Path) -> list[Result]:
    """Return the figures of the alert desk."""
    folder.mkdir(parents=True, exist_ok=True)
    with Records(folder / "records.db") as records, records.kept_open():
        desk = AlertDesk(records, Rules(), lambda: NOW_MS)
        told: list[AlertEvent] = []
        desk.listen(told.append)
        alone_ms, busy_ms = [], []
        for number in range(ONE_BY_ONE):
            began, busy = time.perf_counter(), time.process_time()
            desk.hold(f"V{number}", "verdicts/2026-12-01", [a_condition(f"V{number}", "1")])
            alone_ms.append((time.perf_counter() - began) * 1000)
            busy_ms.append((time.process_time() - busy) * 1000)
            assert len(told) == number + 1
        floor_ms = []
        for number in range(ONE_BY_ONE):
            began = time.perf_counter()
            with records.writing() as connection:
                connection.execute(
                    text("INSERT OR REPLACE INTO store_metadata VALUES ('bench', :n)"),
                    {"n": str(number)},
                )
            floor_ms.append((time.perf_counter() - began) * 1000)
        many = [a_condition(f"V{n % VENUES}", f"burst {n}") for n in range(BURST)]
        began = time.perf_counter()
        desk.hold(None, "burst", many)
        burst_s = time.perf_counter() - began
        again_ms = _milliseconds(lambda: desk.hold(None, "burst", many))
        began = time.perf_counter()
        desk.hold("V0", "more", [a_condition("V0", "beside the burst")])
        beside_ms = (time.perf_counter() - began) * 1000
        page_ms = _milliseconds(lambda: desk.page(WantedAlerts(), most=50))
        began = time.perf_counter()
        taken_up = AlertDesk(records, Rules(), lambda: NOW_MS)
        start_s = time.perf_counter() - began
        assert len(taken_up.open) == len(desk.open)
    ordered = sorted(alone_ms)
    return [
        Result("condition to alert, decided and told, processor time, median",
               statistics.median(busy_ms), "ms", at_most=5),
        Result("the same by the clock, with the disk, median",
               statistics.median(alone_ms), "ms", at_most=5, floor=statistics.median(floor_ms),
               note=f"p95 {ordered[int(0.95 * len(ordered))]:.1f} ms of {ONE_BY_ONE}"),
        Result(f"{BURST:,} conditions at once", burst_s, "s", at_most=10,
               note="each an alert of its own, with its history, in one transaction"),
        Result("the same set told again", again_ms, "ms", note="nothing changed"),
        Result("one more beside them", beside_ms, "ms", at_most=25),
        Result(f"a page of the desk over {BURST:,} open alerts", page_ms, "ms", at_most=150),
        Result("the desk taken up again with them", start_s, "s"),
    ]  # fmt: skip


def a_condition(venue: str, subject: str) -> Condition:
    return Condition(
        AlertKind.LATE_OPENING,
        venue,
        subject,
        NOW_MS - 660_000,
        None,
        "晚开 11 分钟",
        "opened 11 min late",
        link=f"/venues/{venue}",
    )


def _milliseconds(work: Callable[[], object]) -> float:
    spans = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        spans.append((time.perf_counter() - began) * 1000)
    return statistics.median(spans)
