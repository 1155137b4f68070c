"""Many nodes over TLS after a power cut: the broker is killed, and all of them come back to it.

A node sends once a second, keeps what the hub has not acknowledged, waits between attempts as a
real one does (0.2 to 1 s, doubled up to 5 s), and sends again from the hub's mark.
"""

import asyncio
import random
import time
from collections import deque
from pathlib import Path

from benchmarks.report import Result
from benchmarks.secure import SecurePlace, context_of
from benchmarks.wire import RawNode, Stream, connect
from contracts.ids import NodeId
from contracts.messages import decode_ack
from contracts.topics import Channel, node_topic
from hub.store.sqlite import SqliteStore
from link.session import LONGEST_WAIT_SECONDS

NODES = 500
ROWS = 10
DOWN_SECONDS = 3.0
START_S = 1_780_000_020


class LastingNode:
    """Sends, keeps, and comes back."""

    def __init__(self, port: int, folder: Path, node: NodeId) -> None:
        self.node = node
        self.kept: deque[tuple[int, bytes]] = deque()
        self.is_connected = False
        self.connections = 0
        self._port = port
        self._context = context_of(folder, node)
        self._stream = Stream(node, ROWS, START_S)
        self._raw: RawNode | None = None

    @property
    def stream(self) -> str:
        return self._stream.stream

    @property
    def last(self) -> int:
        return self._stream.seq

    def produce(self) -> None:
        upto, payload = self._stream.batch()
        self.kept.append((upto, payload))
        if self._raw is not None and self.is_connected:
            self._raw.publish(self._stream.topic, payload)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        wait = random.uniform(0.2, 1.0)
        shortest = wait
        while True:
            try:
                topic = node_topic(self.node, Channel.ACK)
                name = f"{self.node.venue}.{self.node.node}"
                raw = await connect(self._port, name, (topic,), context=self._context)
            except OSError:
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
                continue
            wait = shortest
            self._raw, self.is_connected = raw, True
            self.connections += 1
            raw.on_message = self._acknowledged
            for _, payload in self.kept:
                raw.publish(self._stream.topic, payload)
            try:
                await raw.lost.wait()
            finally:
                self.is_connected = False
                raw.transport.close()
            await asyncio.sleep(wait)

    def _acknowledged(self, _topic: str, payload: bytes) -> None:
        ack = decode_ack(payload)
        if ack.stream != self._stream.stream or ack.verdict == "fork":
            return
        while self.kept and self.kept[0][0] <= ack.upto:
            self.kept.popleft()
        if ack.verdict == "refused" and self._raw is not None and self.is_connected:
            for _, kept in self.kept:
                self._raw.publish(self._stream.topic, kept)


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    nodes = [NodeId(f"venue-{i // 2}", f"node-{i % 2}") for i in range(NODES)]
    place = SecurePlace(folder, nodes)
    with place.broker, place.hub():
        first, settled, streams, again = asyncio.run(_cut(place, nodes))
    with SqliteStore(folder / "hub/series.db") as store:
        marks = {stream: state.mark for stream, (_, state) in store.streams().items()}
    lacking = sum(last - marks.get(stream, 0) for stream, last in streams.items())
    assert lacking == 0, f"{lacking} rows of {sum(streams.values())} are missing"
    note = (
        f"broker killed with -9, back after {DOWN_SECONDS:.0f} s; settled is: all connected, all"
        f" acknowledged; {again} connections, 0 of {sum(streams.values()):,} rows lost;"
        f" the first coming in of all took {first:.1f} s"
    )
    return [Result(f"{NODES} nodes back over TLS after a power cut", settled, "s", 60, note=note)]


async def _cut(place: SecurePlace, nodes: list[NodeId]) -> tuple[float, float, dict[str, int], int]:
    fleet = [LastingNode(place.broker.port, place.files, node) for node in nodes]
    tasks = [asyncio.create_task(node.run()) for node in fleet]
    beating = asyncio.create_task(_beat(fleet))
    try:
        first = await _until_settled(fleet)
        await asyncio.sleep(5)
        place.broker.kill9()
        await asyncio.sleep(DOWN_SECONDS)
        before = sum(node.connections for node in fleet)
        place.broker.start()
        settled = await _until_settled(fleet)
        again = sum(node.connections for node in fleet) - before
        beating.cancel()
        await _until_settled(fleet, rest=0)
        return first, settled, {node.stream: node.last for node in fleet}, again
    finally:
        for task in (beating, *tasks):
            task.cancel()
        await asyncio.gather(beating, *tasks, return_exceptions=True)


async def _beat(fleet: list[LastingNode]) -> None:
    """Let every node produce once a second, spread over it."""
    while True:
        for node in fleet:
            node.produce()
            await asyncio.sleep(1 / len(fleet))


async def _until_settled(fleet: list[LastingNode], rest: int = 1) -> float:
    """Return after how long all are connected and none keeps more than what it just sent."""
    began = time.perf_counter()
    while not all(node.is_connected and len(node.kept) <= rest for node in fleet):
        if time.perf_counter() - began > 120:
            away = sum(not node.is_connected for node in fleet)
            raise RuntimeError(f"{away} nodes are away, kept {[len(n.kept) for n in fleet][:20]}")
        await asyncio.sleep(0.05)
    return time.perf_counter() - began
