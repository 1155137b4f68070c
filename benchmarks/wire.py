"""A load generator that speaks the wire without spools: many nodes on few sockets' worth of work.

MQTT 3.1.1 by hand (OASIS standard, sections 3.1-3.8), because a full client a node would measure
the generator. A node keeps a window of batches and waits for the hub's acknowledgements, as a real
one does; a floor without a hub is paced by the broker's PUBACKs.
"""

import asyncio
import secrets
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable

from contracts.ids import NodeId
from contracts.messages import Batch, decode_ack, encode
from contracts.rows import Count, Epoch
from contracts.topics import Channel, node_topic

MINUTE = 60


class RawNode(asyncio.Protocol):
    """One MQTT connection: publishes payloads at QoS 1, tells of PUBACKs and of messages."""

    def __init__(self, client_id: str, topics: tuple[str, ...] = ()) -> None:
        self.client_id = client_id
        self.topics = topics
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_message: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self.on_puback: Callable[[], None] = lambda: None
        self.lost = asyncio.Event()
        self._buffer = bytearray()
        self._packet_id = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        head = b"\x00\x04MQTT\x04\x02" + struct.pack("!H", 60) + _text(self.client_id)
        transport.write(b"\x10" + _length(len(head)) + head)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionResetError("closed before it was ready"))

    def publish(self, topic: str, payload: bytes) -> None:
        self._packet_id = self._packet_id % 65_535 + 1
        body = _text(topic) + struct.pack("!H", self._packet_id) + payload
        self.transport.write(b"\x32" + _length(len(body)) + body)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (packet := self._next()) is not None:
            kind, body = packet
            if kind >> 4 == 2:
                self._connected()
            elif kind >> 4 == 9 and not self.ready.done():
                self.ready.set_result(None)
            elif kind >> 4 == 4:
                self.on_puback()
            elif kind >> 4 == 3:
                self._message(kind, body)

    def _connected(self) -> None:
        if not self.topics:
            self.ready.set_result(None)
            return
        body = b"\x00\x01" + b"".join(_text(topic) + b"\x01" for topic in self.topics)
        self.transport.write(b"\x82" + _length(len(body)) + body)

    def _message(self, kind: int, body: bytes) -> None:
        size = struct.unpack_from("!H", body)[0]
        topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
        if kind & 0x06:
            self.transport.write(b"\x40\x02" + rest[:2])
            rest = rest[2:]
        self.on_message(topic, bytes(rest))

    def _next(self) -> tuple[int, bytes] | None:
        size, shift = 0, 0
        for index in range(1, 5):
            if index >= len(self._buffer):
                return None
            byte = self._buffer[index]
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if len(self._buffer) < index + 1 + size:
            return None
        packet = self._buffer[0], bytes(self._buffer[index + 1 : index + 1 + size])
        del self._buffer[: index + 1 + size]
        return packet


async def connect(
    port: int,
    client_id: str,
    topics: tuple[str, ...] = (),
    *,
    context: ssl.SSLContext | None = None,
) -> RawNode:
    loop = asyncio.get_running_loop()
    name = None if context is None else "localhost"
    transport, node = await loop.create_connection(
        lambda: RawNode(client_id, topics), "127.0.0.1", port, ssl=context, server_hostname=name
    )
    try:
        async with asyncio.timeout(20):
            await node.ready
    except BaseException:
        transport.abort()
        raise
    return node


class Stream:
    """Builds the batches of one node: `rows` readings each, one a line, minute after minute."""

    def __init__(self, node: NodeId, rows: int, start_s: int) -> None:
        self.node = node
        self.topic = node_topic(node, Channel.DATA)
        self.stream, self.boot, self.epoch = (secrets.token_hex(8) for _ in range(3))
        self.rows = rows
        self.seq = 0
        self.minute = start_s - start_s % MINUTE

    def batch(self, *, same_minute: bool = False) -> tuple[int, bytes]:
        """Return the next batch's last seq and payload."""
        after, now_ms = self.seq, time.time_ns() // 1_000_000
        rows: list[Epoch | Count] = []
        if after == 0:
            self.seq += 1
            rows.append(Epoch(1, self.epoch, self.boot, now_ms, self.boot))
        for line in range(self.rows):
            self.seq += 1
            count = Count(self.seq, self.epoch, f"line-{line}", self.minute, self.seq % 50, 3)
            rows.append(count)
        if not same_minute:
            self.minute += MINUTE
        batch = Batch(self.stream, self.boot, 1, after, self.seq, 1, tuple(rows), sent_at_ms=now_ms)
        return self.seq, encode(batch)


class WindowedNode:
    """Keeps `window` batches on their way; `latencies` from publish to the hub's ack, seconds."""

    def __init__(self, raw: RawNode, stream: Stream, window: int) -> None:
        self.raw, self.stream, self.window = raw, stream, window
        self.sent: deque[tuple[int, float]] = deque()
        self.latencies: list[float] = []
        self.acknowledged = 0
        self.refused = 0
        raw.on_message = self.acknowledge

    def send(self, *, same_minute: bool = False) -> None:
        upto, payload = self.stream.batch(same_minute=same_minute)
        self.sent.append((upto, time.perf_counter()))
        self.raw.publish(self.stream.topic, payload)

    def acknowledge(self, _topic: str, payload: bytes) -> None:
        ack = decode_ack(payload)
        if ack.stream != self.stream.stream:
            return
        if ack.verdict != "stored":
            self.refused += 1
            return
        now = time.perf_counter()
        while self.sent and self.sent[0][0] <= ack.upto:
            self.latencies.append(now - self.sent.popleft()[1])
        self.acknowledged = max(self.acknowledged, ack.upto)


async def windowed_node(
    port: int,
    node: NodeId,
    rows: int,
    window: int,
    start_s: int,
    context: ssl.SSLContext | None = None,
) -> WindowedNode:
    topic = node_topic(node, Channel.ACK)
    raw = await connect(port, f"{node.venue}.{node.node}.load", (topic,), context=context)
    return WindowedNode(raw, Stream(node, rows, start_s), window)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def _length(size: int) -> bytes:
    result = bytearray()
    while True:
        size, byte = divmod(size, 128)
        result.append(byte | (0x80 if size else 0))
        if not size:
            return bytes(result)
