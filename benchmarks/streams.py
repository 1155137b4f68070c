"""What open pages cost the hub: 100 of them, each told twice a second what moved in 30 venues.

The same load with and without pages, in one run; the difference is the pages'. Clients are plain
sockets in a process of their own, which read and throw away.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import ROOT, broker, cpu_seconds, hub, memory_mib
from benchmarks.report import Result
from benchmarks.venues import write_district
from tests.integration.hub.feeding import Node, a_node
from tests.integration.hub.running import Wire

PAGES, VENUES, HZ = 100, 30, 2
SECONDS, WARM_SECONDS = 20, 4
CLIENTS = """
import asyncio, sys
port, pages = map(int, sys.argv[1:])
async def page():
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    writer.write(b"GET /board/stream HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n")
    assert b" 200 " in await reader.readline()
    while line := await reader.readline():
        told[0] += line.startswith(b"event: board")
async def main():
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    tasks = [asyncio.create_task(page()) for _ in range(pages)]
    await stop.wait()
    assert not any(task.done() for task in tasks), "a page was refused"
    print(told[0], flush=True)
    for task in tasks:
        task.cancel()
told, stop = [0], asyncio.Event()
asyncio.run(main())
"""


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    district = write_district(folder / "district", venues=VENUES, nodes=1, lines=1)
    with broker(folder) as port, hub(folder, port, district) as (pid, api), Wire(port) as wire:
        moving = Moving(wire)
        moving.run(WARM_SECONDS)
        shares: list[float] = []
        rates: list[float] = []
        # Twice in turn, so that what else the machine does meets both alike.
        for pages in (0, PAGES, 0, PAGES):
            with open_pages(api, pages) as told:
                moving.run(WARM_SECONDS)
                before, began = cpu_seconds(pid), time.monotonic()
                moving.run(SECONDS)
                shares.append((cpu_seconds(pid) - before) / (time.monotonic() - began))
            if pages:
                rates.append(told[0] / pages / (SECONDS + WARM_SECONDS))
        without, with_pages = (shares[0] + shares[2]) / 2, (shares[1] + shares[3]) / 2
        return [
            Result(
                f"{PAGES} pages at {HZ} Hz, share of a core for streaming",
                100 * (with_pages - without),
                "%",
                at_most=2,
                note=f"hub with them {100 * with_pages:.1f} %, without {100 * without:.1f} %; "
                f"{VENUES} venues that all change; each page told {min(rates):.2f} times a "
                f"second; {memory_mib(pid):.0f} MiB",
            )
        ]


class Moving:
    """In every venue somebody comes or goes, twice a second."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        now_ms = time.time_ns() // 1_000_000
        self._nodes: list[Node] = []
        self._count = 0
        for i in range(VENUES):
            node = a_node(f"fleet-{i}", "node-0").begin(now_ms - 10 * 86_400_000)
            node.watched("line-0", now_ms - 9 * 86_400_000, now_ms)
            self._nodes.append(node)

    def run(self, seconds: float) -> None:
        due = time.monotonic()
        end = due + seconds
        while due < end:
            now_ms = time.time_ns() // 1_000_000
            self._count += 1
            for node in self._nodes:
                node.watched("line-0", now_ms - 60_000, now_ms)
                node.count("line-0", now_ms // 1000, self._count, self._count - 1 - self._count % 2)
                self._wire.send(node)
            due += 1 / HZ
            time.sleep(max(0.0, due - time.monotonic()))


@contextlib.contextmanager
def open_pages(api: int, pages: int) -> Iterator[list[int]]:
    """Open pages; at the end the list holds how many messages all of them were told."""
    told: list[int] = []
    command = [sys.executable, "-c", CLIENTS, str(api), str(pages)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield told
        finally:
            process.terminate()
            told.append(int(process.communicate(timeout=10)[0] or 0))
    if process.returncode:
        raise RuntimeError("a page was refused, or ended")
