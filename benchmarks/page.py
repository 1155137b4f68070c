"""What the board costs its reader: weight of the first load, time until it is live on a slow
machine, and the processor while 30 venues change twice a second. A real Chromium, by its own
counters.
"""

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from benchmarks.lens_to_page import CHROMIUM, FLAGS
from benchmarks.processes import broker, hub
from benchmarks.report import Result
from benchmarks.streams import HZ, VENUES, Moving
from benchmarks.venues import write_district
from tests.integration.hub.running import Wire

COUNT = """
window.moved = 0;
new MutationObserver(() => { window.moved += 1 }).observe(
  document.getElementById('o-fleet-0'), { subtree: true, childList: true, characterData: true });
"""
THROTTLE, WATCHED_SECONDS, LOADS = 4, 10, 5


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    district = write_district(folder / "district", venues=VENUES, nodes=1, lines=1)
    with (
        broker(folder) as port,
        hub(folder, port, district) as (_, api),
        Wire(port) as wire,
        sync_playwright() as play,
    ):
        moving = Moving(wire)
        moving.run(3)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        url = f"http://127.0.0.1:{api}/"
        loads = [_load(browser, url) for _ in range(LOADS)]
        share = _share_while_live(browser, url, moving)
        browser.close()
    seconds = sorted(seconds for seconds, _ in loads)
    return [
        Result(
            f"first load of the board, {VENUES} venues",
            max(weight for _, weight in loads) / 1024,
            "KiB",
            at_most=100,
            note="everything that came over the wire until it was live, compressed",
        ),
        Result(
            f"live, processor slowed down {THROTTLE} times",
            seconds[LOADS // 2],
            "s",
            at_most=1.5,
            note=f"median of {LOADS}, longest {seconds[-1]:.2f} s; an empty cache each time",
        ),
        Result(
            f"processor of the page at {HZ} Hz",
            100 * share,
            "%",
            at_most=5,
            note=f"tasks of its main thread over {WATCHED_SECONDS} s, {VENUES} venues that change",
        ),
    ]


def _load(browser: Browser, url: str) -> tuple[float, float]:
    """Return seconds until the page is live, and bytes that it took."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    weight = 0.0

    def came(event: Any) -> None:
        nonlocal weight
        weight += event["encodedDataLength"]

    # The stream has no end: what it tells of the first load is nothing yet, or one small piece.
    session.on("Network.loadingFinished", came)
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector("#link[data-link=live]")
    seconds = time.perf_counter() - began
    page.wait_for_timeout(300)
    context.close()
    return seconds, weight


def _share_while_live(browser: Browser, url: str, moving: Moving) -> float:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(url)
    page.wait_for_selector("#link[data-link=live]")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    moving.run(2)
    before, began = _task_seconds(session), time.monotonic()
    page.evaluate(COUNT)
    moving.run(WATCHED_SECONDS)
    used, took = _task_seconds(session) - before, time.monotonic() - began
    moved = page.evaluate("window.moved")
    if moved < 0.8 * HZ * WATCHED_SECONDS:
        raise RuntimeError(f"a venue moved {moved} times only")
    return used / took


def _task_seconds(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))
