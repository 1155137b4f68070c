"""A day without a line: 72 000 readings leave a real spool while others, and it itself, go on.

50 lines x 1 440 minutes lie in the spool of one node. Its uplink drains them through the real
broker and hub; ten other nodes send a batch a second and look at how late their answers are, and
the node's own new crossings wait behind its backlog.
"""

import asyncio
import secrets
import time
from pathlib import Path

from benchmarks.processes import broker, hub
from benchmarks.report import Result
from benchmarks.wire import WindowedNode, windowed_node
from contracts.ids import NodeId
from contracts.rows import Count
from link.buckets import Draft
from link.clock import SystemClock, monotonic_ms
from link.recorder import Recorder
from link.session import BrokerConfig
from link.uplink import Uplink

LINES, MINUTES, OTHERS = 50, 1440, 10
LISTEN_S = 6


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    with broker(folder) as port, hub(folder, port):
        seconds, own, others = asyncio.run(_drain(folder, port))
    return [
        Result(f"backlog of {LINES * MINUTES:,} readings drained", seconds, "s", at_most=5),
        Result("live data of other nodes meanwhile, longest", max(others), "s", at_most=1),
        Result("live data of the same node, longest", own, "s", at_most=1),
    ]


async def _drain(folder: Path, port: int) -> tuple[float, float, list[float]]:
    recorder = Recorder(folder / "spool.db", SystemClock("always"))
    _fill(recorder)
    others = [await windowed_node(port, NodeId(f"other-{i}", "n"), 10, 1, 0) for i in range(OTHERS)]
    beating = asyncio.create_task(_beat(others))
    await asyncio.sleep(1)
    uplink = Uplink(recorder, NodeId("backlog", "n"), BrokerConfig(port=port))
    live: list[float] = []
    crossing = asyncio.create_task(_cross(recorder, live))
    backlog, began = recorder.spool.last, time.perf_counter()
    sending = asyncio.create_task(uplink.run())
    while recorder.spool.mark < backlog:  # noqa: ASYNC110  looks from outside
        await asyncio.sleep(0.005)
    seconds = time.perf_counter() - began
    await beating
    crossing.cancel()
    sending.cancel()
    await asyncio.gather(crossing, sending, return_exceptions=True)
    await recorder.close()
    latencies = [late for node in others for late in node.latencies]
    return seconds, max(live), latencies


def _fill(recorder: Recorder) -> None:
    clock = SystemClock("always")
    epoch, start = recorder.buckets.epoch, 1_780_000_020
    for minute in range(MINUTES):
        drafts = [
            Draft(
                ("b", secrets.token_hex(4)), Count(1, epoch, f"line-{i}", start + 60 * minute, 5, 4)
            )
            for i in range(LINES)
        ]
        recorder.spool.append([Draft(d.key, d.row, final=True) for d in drafts], clock.look())


async def _cross(recorder: Recorder, live: list[float]) -> None:
    """Cross once a second; a crossing has arrived when the mark has passed its row."""
    while True:
        recorder.crossed("front", monotonic_ms(), entered=1)
        await recorder.commit()
        began, seq = time.perf_counter(), recorder.spool.last
        while recorder.spool.mark < seq:  # noqa: ASYNC110  looks from outside
            await asyncio.sleep(0.005)
        live.append(time.perf_counter() - began)
        await asyncio.sleep(1)


async def _beat(nodes: list[WindowedNode]) -> None:
    for _ in range(LISTEN_S):
        for node in nodes:
            node.send()
        await asyncio.sleep(1)
