"""Plays the nodes of a district that have no board here, through the same link as a real node.

`python -m examples.demo.simulator --district DIR --state DIR --broker-port PORT --began-ms MS`

Each node has a spool of its own. At its start it tells yesterday and today so far, as its sources
saw them; started again, it goes on exactly where its spool ends. Once the board is up to date, the
days before yesterday are loaded (`history.py`).
"""

import argparse
import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from contracts.ids import NodeId
from contracts.messages import decode_row
from contracts.rows import MEASURE_BUCKET_SECONDS, Coverage, Measure, State
from examples.demo.almanac import at_ms, local_day
from examples.demo.evidence import Evidence
from examples.demo.history import Past, load
from examples.demo.story import Story
from examples.demo.visitors import day_of
from hub.district import read_district
from hub.venues import Venue
from link.clock import Clock, SystemClock
from link.recorder import Recorder
from link.session import BrokerConfig
from link.spool import Spool
from link.uplink import Uplink

NODES: Final = "sim"
"""How the names of the nodes begin that are played; others have a board."""
DAYS_BEFORE: Final = 1
"""How many whole days a played node tells through its own spool; the days before are history."""
SOFTWARE: Final = "kaiguan-demo simulator 0.1.0"
HAND_OVER_SECONDS: Final = 2.0
THREADS: Final = 64
PATIENCE_SECONDS: Final = 20.0
"""How long the past waits for the present to be on the board."""


class PlayedNode:
    """One node that is played: its recorder, and up to when each of its sources was told."""

    def __init__(
        self, evidence: Evidence, story: Story, folder: Path, clock: Clock | None = None
    ) -> None:
        self.evidence = evidence
        self.story = story
        self.id = NodeId(evidence.venue.id, evidence.node)
        path = folder / f"{self.id.venue}.{self.id.node}.db"
        self.recorder = Recorder(path, clock or SystemClock("always"))
        self.is_current = asyncio.Event()
        """Set once the hub holds what had happened when the node started."""
        begin, told = present_from(story, evidence.venue), told_until(self.recorder.spool)
        self._told = {name: max(told.get(name, begin), begin) for name in evidence.sources}

    def play_until(self, now_ms: int) -> None:
        """Let everything happen that has not been told yet, up to an instant."""
        self.evidence.tell(_Stamped(self.recorder), self._told, now_ms)

    async def run(self, broker: BrokerConfig) -> None:
        """Play until cancelled; then hand over what is left."""
        try:
            await self._play(broker)
        finally:
            self.is_current.set()
            await self.recorder.close()

    async def _play(self, broker: BrokerConfig) -> None:
        venue = self.evidence.venue
        down_ms, away_ms = self.story.down_ms(venue), self.story.away_ms(venue)
        if down_ms is not None:
            await self._last_words(broker, min(down_ms, _now_ms()))
            await asyncio.Event().wait()
        if away_ms is not None and _now_ms() < away_ms[1]:
            await self._last_words(broker, min(away_ms[0], _now_ms()))
            while (now_ms := _now_ms()) < away_ms[1]:
                self.play_until(now_ms)
                await self.recorder.commit()
                await asyncio.sleep(1)
        self.play_until(_now_ms())
        await self.recorder.commit(everything=True)
        committing = asyncio.create_task(self.recorder.run(), name=f"recorder[{self.id}]")
        async with self._linked(broker) as uplink:
            try:
                await self._until_current(uplink)
                told = self.evidence.statuses(_now_ms())
                while not committing.done():
                    await asyncio.sleep(1)
                    self.play_until(_now_ms())
                    before, told = told, self.evidence.statuses(_now_ms())
                    if told != before:
                        uplink.tell_status()
            finally:
                committing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await committing
                await self.recorder.finish()
                await uplink.handed_over(HAND_OVER_SECONDS)

    async def _last_words(self, broker: BrokerConfig, until_ms: int) -> None:
        """Tell everything up to an instant, then say goodbye: the node is off the line."""
        self.play_until(until_ms)
        await self.recorder.commit(everything=True)
        async with self._linked(broker) as uplink:
            await self._until_current(uplink)

    async def _until_current(self, uplink: Uplink) -> None:
        is_over = False
        while not is_over:
            await asyncio.sleep(0.1)  # it has to connect first
            is_over = await uplink.handed_over(HAND_OVER_SECONDS)
        self.is_current.set()

    @contextlib.asynccontextmanager
    async def _linked(self, broker: BrokerConfig) -> AsyncIterator[Uplink]:
        """Send what the spool holds; at the end the uplink says goodbye."""
        uplink = Uplink(
            self.recorder,
            self.id,
            broker,
            software=SOFTWARE,
            sources=lambda: self.evidence.statuses(_now_ms()),
        )
        sending = asyncio.create_task(uplink.run(), name=f"uplink[{self.id}]")
        try:
            yield uplink
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending


class _Stamped:
    """A recorder that is told wall times: it takes monotonic stamps."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        # What a stamp is to the recorder's wall clock.
        self._offset = recorder.wall_ms(0)
        self.unwatched = recorder.unwatched
        self.state_lost = recorder.state_lost

    def crossed(self, line: str, at_ms: int, *, entered: int = 0, left: int = 0) -> None:
        self._recorder.crossed(line, at_ms - self._offset, entered=entered, left=left)

    def measured(self, sensor: str, quantity: str, at_ms: int, value: float) -> None:
        self._recorder.measured(sensor, quantity, at_ms - self._offset, value)

    def watched(self, source: str, at_ms: int) -> None:
        self._recorder.watched(source, at_ms - self._offset)

    def state(self, sensor: str, value: str, at_ms: int) -> None:
        self._recorder.state(sensor, value, at_ms - self._offset)


def present_from(story: Story, venue: Venue) -> int:
    """Return where a venue's history ends and what its nodes tell themselves begins, Unix ms."""
    began = local_day(venue, story.began_ms)
    return at_ms(venue, began - timedelta(days=DAYS_BEFORE), 0)


def past_from(story: Story, venue: Venue, days: int) -> int:
    """Return where a venue's history begins that reaches so many days back, Unix ms."""
    return at_ms(venue, local_day(venue, story.began_ms) - timedelta(days=days), 0)


def told_until(spool: Spool) -> dict[str, int]:
    """Return up to when a spool vouches for each source: everything up to there is in it."""
    told: dict[str, int] = {}
    after = 0
    while (packet := spool.pending(after, limit=1000)) is not None:
        for body in packet.bodies:
            match decode_row(body):
                case Coverage(source=name, until_ms=until) | State(sensor=name, until_ms=until):
                    told[name] = max(told.get(name, 0), until)
                case Measure(sensor=name, bucket_at=bucket):
                    # A bucket is told as a whole, once it is over.
                    until = (bucket + MEASURE_BUCKET_SECONDS) * 1000
                    told[name] = max(told.get(name, 0), until)
                case _:
                    pass
        after = packet.upto
    return told


def is_played(node: str) -> bool:
    """Tell whether a node is played; others have a board."""
    return node == NODES or node.startswith(f"{NODES}-")


def evidence_of(story: Story) -> list[Evidence]:
    """Return the evidence of every node of the district, also of those that are not played.

    The nodes of one venue share the days of its visitors.
    """
    found = []
    for venue in story.venues.values():
        days = lru_cache(maxsize=DAYS_BEFORE + 3)(partial(day_of, venue, story=story))
        found += [Evidence(story, venue, node, days) for node in venue.nodes]
    return found


def pasts_of(story: Story, days: int) -> list[Past]:
    """Return what there is to load of each node: up to where it speaks for itself."""
    pasts = []
    for evidence in evidence_of(story):
        venue = evidence.venue
        first = past_from(story, venue, days)
        # A node with a board knows nothing of the time before it was started.
        until = present_from(story, venue) if is_played(evidence.node) else story.began_ms
        if first < until:
            pasts.append(Past(evidence, first, until))
    return pasts


async def play(story: Story, state: Path, broker: BrokerConfig, days: int) -> None:
    """Play every node that has no board, and load the days before, until cancelled."""
    nodes = [PlayedNode(e, story, state) for e in evidence_of(story) if is_played(e.node)]
    async with asyncio.TaskGroup() as tasks:
        for node in nodes:
            tasks.create_task(node.run(broker), name=f"node[{node.id}]")
            await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                for node in nodes:
                    await node.is_current.wait()
        await load(story, pasts_of(story, days), broker, state.parent / "history.json")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _until_stopped(story: Story, state: Path, port: int, days: int) -> None:
    task = asyncio.current_task()
    assert task is not None
    # Nodes stop one beside the other, and each waits for its network thread.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await play(story, state, BrokerConfig(port=port), days)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--district", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--began-ms", type=int, required=True, help="when the state was begun")
    parser.add_argument("--days", type=int, default=0, help="days of history")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.state.mkdir(parents=True, exist_ok=True)
    story = Story(read_district(given.district), given.began_ms, given.seed)
    asyncio.run(_until_stopped(story, given.state, given.broker_port, given.days))


if __name__ == "__main__":
    main()
