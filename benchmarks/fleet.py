"""A fleet: many nodes, each a batch a second, spread over the second as real ones are.

Arguments: port, nodes, readings a batch, seconds. Prints one JSON object with latencies of the
hub's acknowledgements, in seconds.
"""

import asyncio
import json
import resource
import sys
import time

from benchmarks.wire import WindowedNode, windowed_node
from contracts.ids import NodeId

CONNECTING_AT_ONCE = 50


async def run(port: int, count: int, rows: int, seconds: float) -> dict[str, float]:
    start_s = int(time.time())
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connected(index: int) -> WindowedNode:
        async with gate:
            node = NodeId(f"fleet-{index // 2}", f"node-{index % 2}")
            return await windowed_node(port, node, rows, 1, start_s)

    nodes = await asyncio.gather(*(connected(index) for index in range(count)))
    loop = asyncio.get_running_loop()
    origin = loop.time() + 0.5

    async def beat(node: WindowedNode, phase: float) -> None:
        for tick in range(round(seconds)):
            await asyncio.sleep(origin + tick + phase - loop.time())
            # A live minute grows: the same buckets again, absolute, with a new seq.
            node.send(same_minute=True)

    await asyncio.gather(*(beat(node, index / count) for index, node in enumerate(nodes)))
    deadline = loop.time() + 10
    while any(node.sent for node in nodes) and loop.time() < deadline:  # noqa: ASYNC110  bounded
        await asyncio.sleep(0.05)
    # The first seconds, in which every series is new, are reported apart.
    steady = sorted(late for node in nodes for late in node.latencies[3:])
    early = sorted(late for node in nodes for late in node.latencies[:3])
    for node in nodes:
        node.raw.transport.close()
    return {
        "nodes": count,
        "messages": sum(len(node.latencies) for node in nodes),
        "unacknowledged": sum(len(node.sent) for node in nodes),
        "refused": sum(node.refused for node in nodes),
        "p50": steady[len(steady) // 2],
        "p99": steady[len(steady) * 99 // 100],
        "most": steady[-1],
        "first_seconds_p99": early[len(early) * 99 // 100],
    }


if __name__ == "__main__":
    port, count, rows, seconds = (int(argument) for argument in sys.argv[1:5])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 3 * count)), hard))
    print(json.dumps(asyncio.run(run(port, count, rows, seconds))))
