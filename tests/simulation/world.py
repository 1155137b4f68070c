"""A district without sockets: real recorders, uplinks, intake and store, and a channel that lies.

Everything runs in one thread on a clock of its own, so that a seed tells the whole story. The
oracle is made of crossings, not of rows: each one knows when it happened, in which epoch it was
counted, and whether the commit that carried it returned.
"""

import asyncio
import contextlib
import random
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import NodeId
from contracts.messages import Ack, encode
from contracts.topics import Channel, node_topic
from hub.store.sqlite import SqliteStore
from hub.store.sqlite.database import back_up, begin_descendant
from link.clock import Instant
from link.intake import Arrival, Intake
from link.recorder import Recorder
from link.session import BrokerConfig
from link.uplink import Uplink

START_MS = 1_760_000_000_000
STEP_MS = 700
LINES = ("front", "back")


class Time:
    """What the link's modules see of `time`: a clock that only the world moves."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def monotonic(self) -> float:
        return self.ms / 1000

    def time_ns(self) -> int:
        return (START_MS + self.ms) * 1_000_000

    def sleep(self, _seconds: float) -> None:
        pass


@dataclass(slots=True)
class SteppingClock:
    """A node's clock: the world's time plus an offset that may jump."""

    time: Time
    offset_ms: int = START_MS
    is_set: bool = True
    os_boot: str = "0b" * 8

    def look(self) -> Instant:
        return Instant(self.time.ms, self.time.ms + self.offset_ms, self.is_set)


@dataclass(slots=True)
class Crossing:
    """One person over one line."""

    node: NodeId
    line: str
    at_ms: int
    epoch: str
    committed: bool = False


class Wire:
    """Loses, doubles, delays and reorders; `perfect` lets everything through at once."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.perfect = False
        self._flying: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def send(self, now: int, deliver: Callable[[], None]) -> None:
        for _ in range(1 if self.perfect else self.rng.choice((0, 1, 1, 1, 1, 2))):
            delay = 0 if self.perfect else int(self.rng.expovariate(1 / 900))
            self._count += 1
            self._flying.append((now + delay, self._count, deliver))

    def arrive(self, now: int) -> None:
        due = sorted((f for f in self._flying if f[0] <= now), key=lambda f: f[:2])
        self._flying = [f for f in self._flying if f[0] > now]
        for _, _, deliver in due:
            deliver()

    def cut(self) -> None:
        """Forget what is on its way: the broker was killed."""
        self._flying.clear()


class WireSession:
    """Stands where an uplink's MQTT session stands."""

    def __init__(self, send: Callable[[str, bytes], None]) -> None:
        self.connected = True
        self._send = send

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        del retain
        if self.connected:
            self._send(topic, payload)
        return self.connected


class Killed(Exception):
    """The process is gone."""


@dataclass(slots=True)
class Node:
    """One node process: what a kill takes away with it is what this object holds."""

    world: "World"
    id: NodeId
    path: Path
    clock: SteppingClock
    max_bytes: int
    recorder: Recorder = field(init=False)
    uplink: Uplink = field(init=False)
    pending: list[Crossing] = field(default_factory=list)
    broken: bool = False

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.recorder = Recorder(self.path, self.clock, max_bytes=self.max_bytes)
        # A kill spares what the system holds: only a power cut needs the disk to have it.
        self.recorder.spool._db.execute("PRAGMA synchronous=OFF")
        rng = random.Random(self.world.rng.random())
        self.uplink = Uplink(self.recorder, self.id, BrokerConfig(), rng=rng)
        self.uplink._session = WireSession(self._publish)  # type: ignore[assignment]

    def kill(self) -> None:
        """End as a kill does: nothing is said or written any more."""
        self.recorder.spool._db.close()
        self.pending.clear()

    def cross(self, line: str) -> None:
        """Let a person cross now, then vouch for the line up to now."""
        mono = self.world.time.ms
        self.recorder.crossed(line, mono, entered=1)
        crossing = Crossing(self.id, line, self.recorder.wall_ms(mono), self.recorder.buckets.epoch)
        self.pending.append(crossing)
        self.world.crossings.append(crossing)

    def watch(self) -> None:
        for line in LINES:
            self.recorder.watched(line, self.world.time.ms + 1)

    async def commit(self, *, dies: bool = False) -> None:
        """Commit; `dies` after the disk has it and before anything in memory knows."""
        carried, spool = tuple(self.pending), self.recorder.spool
        append = spool.append
        if dies:

            def and_die(*args: Any) -> None:
                append(*args)
                raise Killed

            spool.append = and_die  # type: ignore[assignment, method-assign]
        durable = {self.recorder.buckets.epoch}
        try:
            if not await self.recorder.commit():
                return
            durable.add(self.recorder.buckets.epoch)
        except Killed:
            # A turn of the clock appends twice, and only the first was let through: the epoch that
            # was running before. Without a turn that is all there is.
            pass
        for crossing in carried:
            crossing.committed |= crossing.epoch in durable
        self.pending = [c for c in self.pending if not c.committed]

    def _publish(self, topic: str, payload: bytes) -> None:
        if topic == node_topic(self.id, Channel.DATA):
            self.world.to_hubs(self.id, topic, payload)

    def hear(self, payload: bytes) -> None:
        self.uplink._mail.acks.append(payload)


class Hub:
    """One hub process over one store."""

    def __init__(self, world: "World", path: Path) -> None:
        self.world, self.path = world, path
        self.open()

    def open(self) -> None:
        self.store = SqliteStore(self.path)
        self.store._database._writer.execute("PRAGMA synchronous=OFF")
        self.intake = Intake(self.store, self._acknowledge, wall_ms=lambda: START_MS)
        self.inbox: list[Arrival] = []
        self.intake.announce()

    def kill(self) -> None:
        self.store.close()

    def hear(self, arrival: Arrival) -> None:
        self.inbox.append(arrival)

    def take(self) -> None:
        inbox, self.inbox = self.inbox, []
        if inbox:
            self.intake._take_guarded(inbox)

    def _acknowledge(self, node: NodeId, ack: Ack) -> None:
        self.world.to_nodes(node, encode(ack))


class World:
    """Nodes, a channel, a hub, and what can happen to them."""

    def __init__(self, seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seed, self.folder = seed, folder
        self.rng = random.Random(seed)
        self.time = Time()
        monkeypatch.setattr("link.uplink.time", self.time)
        monkeypatch.setattr("link.intake.time", self.time)
        monkeypatch.setattr(asyncio, "to_thread", _at_once)
        tokens = random.Random(seed)
        monkeypatch.setattr(secrets, "token_hex", lambda size: tokens.randbytes(size).hex())
        self.wire = Wire(self.rng)
        self.crossings: list[Crossing] = []
        self.happened: Counter[str] = Counter()
        self.nodes: list[Node] = []
        self.hubs = [Hub(self, folder / "hub.db")]
        self.copies: list[tuple[Path, str]] = []

    @property
    def hub(self) -> Hub:
        return self.hubs[0]

    def add_node(self, name: str, *, path: Path | None = None, max_bytes: int = 1 << 26) -> Node:
        path = path or self.folder / f"{name}-{len(self.nodes)}.spool"
        node = Node(self, NodeId("venue", name), path, SteppingClock(self.time), max_bytes)
        self.nodes.append(node)
        return node

    def to_hubs(self, node: NodeId, topic: str, payload: bytes) -> None:
        for hub in self.hubs:
            arrival = Arrival(node, topic, payload, START_MS)
            self.wire.send(self.time.ms, partial(hub.hear, arrival))

    def to_nodes(self, to: NodeId, payload: bytes) -> None:
        for node in self.nodes:
            if node.id == to:
                self.wire.send(self.time.ms, partial(node.hear, payload))

    async def step(self, *, people: bool = True) -> None:
        self.time.ms += STEP_MS
        self.wire.arrive(self.time.ms)
        for hub in self.hubs:
            hub.take()
        for node in self.nodes:
            if people:
                for _ in range(self.rng.choice((0, 0, 1, 1, 2, 5))):
                    node.cross(self.rng.choice(LINES))
            node.watch()
            await node.commit()
            await node.uplink._step()
        self.check_coverage()

    async def settle(self, *, within: int = 400) -> None:
        """Let a perfect wire carry what is left; the nodes go on committing, nobody crosses."""
        self.wire.perfect = True
        for _ in range(within):
            await self.step(people=False)
            stands = [(n.recorder.spool.mark, n.recorder.spool.last) for n in self.nodes]
            # A late answer of a store that was put back since is put right by the next row.
            if all(mark == last for mark, last in stands) and not self.difference():
                return
        marks = [(str(n.id), n.recorder.spool.mark, n.recorder.spool.last) for n in self.nodes]
        raise AssertionError(f"seed {self.seed}: not settled: {marks} {self.difference()}")

    def check_coverage(self) -> None:
        """No minute is covered with fewer crossings than the coverage vouches for."""
        stored, covers = self._stored_by_epoch(), self._covers()
        vouched: Counter[tuple[NodeId, str, str, int]] = Counter()
        for c in self.crossings:
            for since, until in covers.get((c.node, c.epoch, c.line), ()):
                if since <= c.at_ms < until:
                    vouched[c.node, c.epoch, c.line, c.at_ms // 60_000 * 60] += 1
                    break
        for key, least in vouched.items():
            assert stored[key] >= least, f"seed {self.seed}: {key}: {stored[key]} < {least}"

    def difference(self) -> dict[object, tuple[int, int]]:
        """Return (due, stored) where they differ: every committed crossing once, nothing else."""
        due = Counter(
            (c.node, c.epoch, c.line, c.at_ms // 60_000 * 60) for c in self.crossings if c.committed
        )
        stored = self._stored_by_epoch()
        return {k: (due[k], stored[k]) for k in due.keys() | stored.keys() if due[k] != stored[k]}

    def _stored_by_epoch(self) -> Counter[tuple[NodeId, str, str, int]]:
        rows = self.query(
            "SELECT n.venue, n.node, e.epoch, s.name, b.bucket, b.entered FROM count_bucket AS b"
            " JOIN series AS s ON s.id = b.series JOIN epoch AS e ON e.id = b.epoch"
            " JOIN node AS n ON n.id = s.node"
        )
        return Counter({(NodeId(v, n), e, line, at): count for v, n, e, line, at, count in rows})

    def _covers(self) -> dict[tuple[NodeId, str, str], list[tuple[int, int]]]:
        covers: dict[tuple[NodeId, str, str], list[tuple[int, int]]] = {}
        for venue, name, epoch, source, since, until in self.query(
            "SELECT n.venue, n.node, e.epoch, s.name, i.since_ms, i.until_ms FROM interval AS i"
            " JOIN source AS s ON s.id = i.source JOIN epoch AS e ON e.id = i.epoch"
            " JOIN node AS n ON n.id = s.node WHERE s.kind = 'coverage'"
        ):
            covers.setdefault((NodeId(venue, name), epoch, source), []).append((since, until))
        return covers

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.hub.path)) as connection:
            return connection.execute(sql).fetchall()

    def copy_store(self) -> None:
        target = self.folder / f"copy-{len(self.copies)}.db"
        back_up(self.hub.path, target)
        self.copies.append((target, self.hub.store.store_id))

    def put_store_back(self, *, descendant: bool) -> None:
        """Bring the hub back on an earlier copy; `descendant` as the restore command does.

        Without that, a copy of the same store: going back to one that was left is reported, and
        nobody follows it.
        """
        copies = [path for path, id_ in self.copies if descendant or id_ == self.hub.store.store_id]
        if not copies:
            return
        self.hub.kill()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.hub.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.rng.choice(copies), self.hub.path)
        if descendant:
            begin_descendant(self.hub.path)
        self.hub.open()

    def clone(self, node: Node) -> Node:
        """Start a second node from a copy of the first one's spool as it is now."""
        target = self.folder / f"clone-{len(self.nodes)}.spool"
        with contextlib.closing(sqlite3.connect(target)) as copy:
            node.recorder.spool._db.backup(copy)
        twin = Node(self, node.id, target, SteppingClock(self.time), node.max_bytes)
        self.nodes.append(twin)
        return twin

    def close(self) -> None:
        for node in self.nodes:
            node.recorder.spool._db.close()
        for hub in self.hubs:
            hub.store.close()


async def _at_once(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)
