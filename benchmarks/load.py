"""A load of a given number of messages from a few nodes, as fast as their windows allow.

Arguments: port, messages, readings a message, `acks` (paced by the hub) or `pubacks` (the floor),
and with TLS the folder of the nodes' files.
Prints one JSON object: seconds, messages, refused, latencies of the acknowledgements.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from benchmarks.secure import context_of
from benchmarks.wire import WindowedNode, windowed_node
from contracts.ids import NodeId

NODES = 4
WINDOW = 250
START_S = 1_780_000_020


def nodes_of_load() -> list[NodeId]:
    return [NodeId(f"load-{i}", "n") for i in range(NODES)]


async def run(
    port: int, messages: int, rows: int, *, by_hub: bool, files: Path | None = None
) -> dict[str, float]:
    nodes = [
        await windowed_node(
            port, node, rows, WINDOW, START_S, None if files is None else context_of(files, node)
        )
        for node in nodes_of_load()
    ]
    share = messages // NODES
    began = time.perf_counter()
    await asyncio.gather(*(pump(node, share, by_hub=by_hub) for node in nodes))
    seconds = time.perf_counter() - began
    late = sorted(latency for node in nodes for latency in node.latencies)
    for node in nodes:
        node.raw.transport.close()
    return {
        "seconds": seconds,
        "messages": share * NODES,
        "refused": sum(node.refused for node in nodes),
        "p50": late[len(late) // 2] if late else 0.0,
        "p99": late[len(late) * 99 // 100] if late else 0.0,
    }


async def pump(node: WindowedNode, share: int, *, by_hub: bool) -> None:
    """Send `share` messages; each answer lets the next one out."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    sent = answered = 0

    def fill() -> None:
        nonlocal sent
        while sent < share and sent - answered < node.window:
            sent += 1
            node.send()

    def on_puback() -> None:
        nonlocal answered
        answered += 1
        go_on()

    def on_ack(topic: str, payload: bytes) -> None:
        nonlocal answered
        before = len(node.sent)
        node.acknowledge(topic, payload)
        answered += before - len(node.sent)
        go_on()

    def go_on() -> None:
        fill()
        if answered >= share and not done.done():
            done.set_result(None)

    if by_hub:
        node.raw.on_message = on_ack
    else:
        node.raw.on_puback = on_puback
    fill()
    async with asyncio.timeout(120):
        await done


if __name__ == "__main__":
    result = asyncio.run(
        run(
            int(sys.argv[1]),
            int(sys.argv[2]),
            int(sys.argv[3]),
            by_hub=sys.argv[4] == "acks",
            files=Path(sys.argv[5]) if len(sys.argv) > 5 else None,
        )
    )
    print(json.dumps(result))
