"""A node as a test plays it: batches of rows, with its own numbering."""

import random
from dataclasses import dataclass, field

from contracts.ids import NodeId
from contracts.messages import Batch, SpoolStatus, Status, encode
from contracts.rows import Count, Coverage, Epoch, Row
from contracts.topics import Channel, node_topic

MINUTE_MS = 60_000


@dataclass
class Node:
    """Builds what one node would send; `payload(rows)` continues its stream."""

    venue: str
    node: str
    stream: str = "0a" * 8
    boot: str = "b0" * 8
    epoch: str = "e0" * 8
    seq: int = 0
    rows: list[Row] = field(default_factory=list)

    @property
    def id(self) -> NodeId:
        return NodeId(self.venue, self.node)

    @property
    def data_topic(self) -> str:
        return node_topic(self.id, Channel.DATA)

    @property
    def status_topic(self) -> str:
        return node_topic(self.id, Channel.STATUS)

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def begin(self, at_ms: int) -> "Node":
        """Append the first row of an epoch."""
        self.rows.append(Epoch(self.next(), self.epoch, self.boot, at_ms, "05" * 8))
        return self

    def count(self, line: str, minute_s: int, entered: int, left: int = 0) -> "Node":
        self.rows.append(
            Count(self.next(), self.epoch, line, minute_s - minute_s % 60, entered, left)
        )
        return self

    def watched(self, line: str, since_ms: int, until_ms: int) -> "Node":
        self.rows.append(Coverage(self.next(), self.epoch, line, since_ms, until_ms))
        return self

    def payloads(self) -> list[bytes]:
        """Return what was appended since the last call, as batches of at most 500 rows."""
        result = []
        while self.rows:
            rows, self.rows = self.rows[:500], self.rows[500:]
            batch = Batch(
                stream=self.stream,
                boot=self.boot,
                boot_first=1,
                after=rows[0].seq - 1,
                upto=rows[-1].seq,
                oldest=1,
                rows=tuple(rows),
            )
            result.append(encode(batch))
        return result

    def status(self, *, online: bool, at_ms: int) -> bytes:
        return encode(
            Status(
                boot=self.boot,
                online=online,
                at_ms=at_ms,
                software="0.1.0" if online else "",
                spool=SpoolStatus(self.stream) if online else None,
            )
        )


def token(*parts: str) -> str:
    """Return a token that is always the same for the same words."""
    return f"{random.Random('/'.join(parts)).getrandbits(64):016x}"


def a_node(venue: str, node: str = "sim") -> Node:
    """Return a node with ids of its own."""
    return Node(
        venue,
        node,
        stream=token(venue, node, "stream"),
        boot=token(venue, node, "boot"),
        epoch=token(venue, node, "epoch"),
    )
