"""MQTT messages that no node of ours sends, into a running hub: decoder, intake, store, board.

Which of them is refused, and why, is worked out beside, and held against what the hub has counted.
"""

import json
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.errors import DecodeError, RefusalCode
from contracts.ids import NodeId, parse_node_id
from contracts.messages import (
    MAX_PAYLOAD_BYTES,
    Batch,
    decode_ack,
    decode_batch,
    decode_hub_status,
    decode_live,
    decode_status,
)
from contracts.pack import decode_manifest, decode_packs
from contracts.topics import Channel, hub_status_topic, parse_node_topic
from hub.identity.acl import BROKER_LOG
from hub.runtime import Hub
from hub.store.port import SeriesKey
from link.acceptance import Accept, StreamState, judge
from link.owners import STREAMS_OF_A_NODE
from tests.fuzz.campaign import sentence
from tests.fuzz.mutations import JSON_RAWS, Raw, as_json, damaged, spoilt
from tests.integration.hub.feeding import Node
from tests.packs import contents, manifest_of
from tests.unit.hub.access.serving import Clock

NOW_MS = 1_795_914_000_000
MINUTE = NOW_MS // 60_000 * 60
STREAMS = [f"{number:02x}" * 8 for number in range(0x80, 0xA8)]
EPOCH = "e0" * 8
NODES = ("museum/sim", "museum/other", "dayu-room/sim", "anting-library/kiosk-1")
ROWS: list[dict[str, Any]] = [
    {"type": "epoch", "boot": "b0" * 8, "at_ms": NOW_MS, "os_boot": "05" * 8, "clock": "corrected",
     "error_ms": 30, "reason": "start"},
    {"type": "epoch", "boot": "b0" * 8, "at_ms": NOW_MS, "os_boot": "05" * 8, "clock": "unset"},
    {"type": "count", "line": "main", "bucket_at": MINUTE, "in": 7, "out": 3},
    {"type": "count", "line": "side", "bucket_at": MINUTE - 3600, "in": 1},
    {"type": "measure", "sensor": "climate", "quantity": "temperature_celsius",
     "bucket_at": MINUTE - MINUTE % 300, "n": 5, "mean": 21.5, "min": 20.0, "max": 23},
    {"type": "coverage", "source": "main", "since_ms": NOW_MS - 600_000, "until_ms": NOW_MS,
     "ended": "clock_step"},
    {"type": "state", "sensor": "lock", "value": "unlocked", "since_ms": NOW_MS - 600_000,
     "until_ms": NOW_MS},
    {"type": "event", "id": "1d" * 8, "name": "loan", "source": "kiosk", "at_ms": NOW_MS,
     "data": {"items": 2, "ok": True, "note": "书", "seconds": 1.5}},
    {"type": "later", "at_ms": NOW_MS, "source": "main"},
]  # fmt: skip
STATUS: dict[str, Any] = {
    "boot": "b0" * 8, "online": True, "at_ms": NOW_MS, "software": "kaiguan-edge 1",
    "os_boot": "05" * 8, "clock": {"state": "set", "held": 0},
    "spool": {"stream": "5a" * 8, "pending": 3, "bytes": 4096, "dropped": 0, "writable": True},
    "store_id": "5b" * 8, "other_stores": ["5c" * 8],
    "sources": [
        {"name": "ceiling", "kind": "camera", "state": "watching", "since_ms": NOW_MS,
         "picture": {"health": "well", "since_ms": NOW_MS, "view_changed_ms": 0}},
        {"name": "board", "kind": "serial", "state": "failed", "detail": "unplugged",
         "line": {"requests": 5, "replies": 4, "latency_ms": 1.5, "longest_latency_ms": 9}},
    ],
    "certificate": {"expires_ms": NOW_MS + 10**9, "trouble": ""},
}  # fmt: skip
OTHERS: dict[str, tuple[Callable[[bytes], object], Any]] = {
    "ack": (decode_ack, {"store_id": "5b" * 8, "stream": "5a" * 8, "upto": 3, "boot": "b0" * 8,
                         "ancestors": ["5c" * 8], "at_ms": NOW_MS}),
    "live": (decode_live, {"venue": "museum", "at_ms": NOW_MS, "occupancy": 3, "quality": "known",
                           "zones": [{"zone": "hall", "occupancy": None, "quality": "unknown"}]}),
    "hub": (decode_hub_status, {"online": False, "at_ms": NOW_MS, "store_id": "5b" * 8}),
    "packs": (decode_packs, {"packs": [{"pack": "town", "version": 1, "sha256": "0a" * 32,
                                        "bytes": 100}], "at_ms": NOW_MS}),
    "manifest": (decode_manifest, manifest_of(contents())),
}  # fmt: skip
BOMBS: tuple[bytes, ...] = (
    *(b"", b" ", b"\x00", b"null", b"[]", b"{}", b'""', b"\xff\xfe", b"\xef\xbb\xbf{}"),
    *(b"[" * 200_000, b'{"a":' * 50_000, b'{"rows":' + b"[" * 99_999, b'"' + b"x" * 250_000 + b'"'),
    *(b"9" * 250_000, b"1e999", b"-" * 1000, b"{" + b'"stream":"aa",' * 15_000 + b'"b":1}'),
    zlib.compress(b"x" * 100_000), b"\x1f\x8b\x08" + zlib.compress(b"[]" * 50_000),
    b'{"rows":[' + b"{}," * 60_000 + b"{}]}", b'{"rows":[' + b"0," * 1000 + b"0]}",
    b'"\\ud800\\udc00"', b'"' + b"\\u0000" * 40_000 + b'"',
)  # fmt: skip
LARGE = (MAX_PAYLOAD_BYTES + 1, 1_000_000, 10_000_000)


def a_batch(dice: random.Random, after: int, upto: int, stream: str) -> dict[str, Any]:
    """Return a batch as a node would send it, of rows of all kinds."""
    seqs = sorted(
        dice.sample(range(after + 1, upto + 1), k=min(upto - after, dice.choice((1, 3, 9))))
    )
    rows = [{"seq": seq, "epoch": EPOCH} | dice.choice(ROWS) for seq in seqs]
    return {
        "stream": stream, "boot": dice.choice(("b0" * 8, "b1" * 8)),
        "boot_first": dice.choice((1, 9)),
        "after": after, "upto": upto, "oldest": dice.choice((1, 1, after + 1)), "rows": rows,
        "boots_before": [["b0" * 8, 1]] if dice.random() < 0.3 else [],
        "lost": [{"source": "main", "since_ms": NOW_MS - 10**6, "until_ms": NOW_MS, "rows": 3}],
        "sent_at_ms": NOW_MS,
    }  # fmt: skip


@dataclass
class Fed:
    """What was sent, and what of it has to be refused."""

    data: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    by_intake: Counter[str] = field(default_factory=Counter)


class Sender:
    """Makes messages, and knows what a hub has to count of each."""

    def __init__(self) -> None:
        self.fed = Fed()
        self._marks = dict.fromkeys(STREAMS, 0)
        self._owners: dict[str, NodeId] = {}

    def message(self, dice: random.Random) -> tuple[str, bytes]:
        """Return a topic and a payload."""
        match dice.randrange(40):
            case 0:
                topic = dice.choice(
                    ("kaiguan/v1/a/b/c/data", "kaiguan/v1//x/data", "kaiguan/v1/Museum/sim/data",
                     "kaiguan/v1/museum/sim/nothing", "kaiguan/v2/museum/sim/data", "", "/", "data",
                     f"kaiguan/v1/{'a' * 49}/b/data", "kaiguan/v1/museum/\x00/data",
                     "kaiguan/v1/museum/sim/ack", "homeassistant/status", "$SYS/broker/log/N")
                )  # fmt: skip
                return topic, dice.choice(BOMBS)
            case 1:
                return hub_status_topic(), as_json(dice, spoilt(dice, OTHERS["hub"][1], JSON_RAWS))
            case 2:
                # Large ones are copied about: seldom.
                size = dice.choice(LARGE) if dice.random() < 0.02 else LARGE[0]
                return self._data(dice), b'{"stream":"' + b"x" * size
            case 3:
                return self._data(dice), dice.choice(BOMBS)
            case 4 | 5 | 6 | 7 | 8 | 9 | 10:
                node = dice.choice(NODES)
                return f"kaiguan/v1/{node}/status", _bad(dice, STATUS)
            case _:
                stream = dice.choice(STREAMS)
                # Of its owner, but for a few of somebody else.
                node = NODES[STREAMS.index(stream) % len(NODES)]
                topic = f"kaiguan/v1/{node}/data" if dice.random() < 0.95 else self._data(dice)
                return topic, self._batch(dice, stream)

    def _data(self, dice: random.Random) -> str:
        return f"kaiguan/v1/{dice.choice(NODES)}/data"

    def _batch(self, dice: random.Random, stream: str) -> bytes:
        mark = self._marks[stream]
        after = max(0, mark + dice.choice((0, 0, 0, 0, -1, -5, 1, 100)))
        upto = after + dice.choice((1, 5, 10))
        payload = _bad(dice, a_batch(dice, after, upto, stream))
        self._marks[stream] = upto if after == mark else mark
        return payload

    def expect(self, topic: str, payload: bytes) -> str:
        """Note what has to be counted of a message; say how it ends."""
        if topic == BROKER_LOG:
            return "other"
        try:
            if topic == hub_status_topic():
                if payload:
                    decode_hub_status(payload)
                return "hub status"
            node, channel = parse_node_topic(topic)
            parse_node_id(str(node))
            if channel is Channel.DATA:
                self.fed.data += 1
                return self._expect_batch(node, payload)
            if channel is Channel.STATUS and payload:
                decode_status(payload)
                return "status read"
        except DecodeError as error:
            self.fed.refused[error.code] += 1
            return f"refused {error.code}"
        return "other"

    def _expect_batch(self, node: NodeId, payload: bytes) -> str:
        try:
            batch = decode_batch(payload)
            self._expect_owner(node, batch)
        except DecodeError as error:
            sentence(error)
            self.fed.by_intake[error.code] += 1
            return f"refused {error.code}"
        return "batch read"

    def _expect_owner(self, node: NodeId, batch: Batch) -> None:
        owner = self._owners.get(batch.stream)
        if owner not in {None, node}:
            raise DecodeError(RefusalCode.FOREIGN_STREAM, "another's")
        if owner is None and list(self._owners.values()).count(node) >= STREAMS_OF_A_NODE:
            raise DecodeError(RefusalCode.TOO_MANY_STREAMS, "too many")
        if owner is None and isinstance(judge(batch, StreamState()), Accept):
            self._owners[batch.stream] = node


class AtTheHub(Sender):
    """Feeds a hub that has no broker as its session would: topic and payload."""

    def __init__(self, hub: Hub, clock: Clock, mistakes: list[str]) -> None:
        super().__init__()
        self._hub = hub
        self._mistakes = mistakes
        self._good = Node("anting-centre", "sim").begin(NOW_MS - 86_400_000)
        self._counted: dict[int, int] = {}
        clock.at_ms = NOW_MS

    def feed(self, dice: random.Random, number: int) -> str:
        """Send one message; every tenth is a good one of a node that is sound."""
        if number % 10 == 0:
            return self.send_good(number)
        topic, payload = self.message(dice)
        end = self.expect(topic, payload)
        self._hub.receive(topic, payload)
        return end

    def send_good(self, number: int) -> str:
        """Send one more minute of a sound node."""
        minute = MINUTE - 86_400 + number // 10 % 1400 * 60
        self._counted[minute] = self._counted.get(minute, 0) + 1
        self._good.count("main", minute, self._counted[minute])
        for payload in self._good.payloads():
            self.fed.data += 1
            self._hub.receive(self._good.data_topic, payload)
        return "good"

    def check(self) -> None:
        """Wait until all of it is judged, and hold the hub's counts against what was expected."""
        intake = self._hub.intake
        deadline = time.monotonic() + 60
        while intake.waiting != (0, 0) or intake.counts.messages < self.fed.data:
            assert time.monotonic() < deadline, (intake.waiting, intake.counts, self.fed.data)
            assert not self._mistakes, self._mistakes
            time.sleep(0.001)
        counts = intake.counts
        assert not self._mistakes, self._mistakes
        assert intake.trouble is None
        assert counts.messages == self.fed.data
        assert counts.refusals == self.fed.by_intake, (counts.refusals, self.fed.by_intake)
        assert self._hub.refusals == self.fed.refused, (self._hub.refusals, self.fed.refused)
        # The board works in what was stored, and goes on.
        self._hub.live.look()
        troubles = self._hub.live.troubles
        assert all(one.code == "broker" for one in troubles), troubles

    def check_good(self, hub: Hub | None = None) -> None:
        """Nothing of the sound node is missing, and nothing is there twice."""
        key = SeriesKey("anting-centre", "sim", "main")
        deadline = time.monotonic() + 20
        while True:
            found = {
                bucket.at: bucket.values[0]
                for bucket in (hub or self._hub).store.buckets(key, 0, 2**33)
            }
            if found == self._counted:
                break
            assert time.monotonic() < deadline, (len(found), len(self._counted))
            time.sleep(0.01)


def _bad(dice: random.Random, tree: Any) -> bytes:
    match dice.randrange(12):
        case 0:
            return json.dumps(tree).encode()
        case 1:
            return damaged(dice, json.dumps(tree).encode(), BOMBS[:9])
        case 2:
            return as_json(dice, spoilt(dice, tree, JSON_RAWS) if dice.random() < 0.5 else Raw(""))
        case _:
            return as_json(dice, spoilt(dice, tree, JSON_RAWS))


def decoders() -> Iterator[tuple[str, Callable[[bytes], object], Any]]:
    """Yield (name, decoder, a good message) of the messages that no hub reads."""
    for name, (decode, tree) in OTHERS.items():
        yield name, decode, tree
    yield "status", decode_status, STATUS


_DECODERS = list(decoders())


def feed_decoder(dice: random.Random, number: int) -> str:
    """Let a decoder read a bad message; it may raise DecodeError."""
    name, decode, tree = _DECODERS[number % len(_DECODERS)]
    try:
        decode(_bad(dice, tree))
    except DecodeError as error:
        sentence(error)
        assert error.code in RefusalCode
        return f"{name} refused"
    return f"{name} read"
