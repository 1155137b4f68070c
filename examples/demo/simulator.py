"""Plays the venues of a district that have no board here, through the same link as a real node.

`python -m examples.demo.simulator --district DIR --state DIR --broker-port PORT`

Each venue has a spool of its own. At its start a venue tells the two days before and today so far,
as if its doors had been watched all the time; started again, it goes on exactly where its spool
ends.
"""

import argparse
import asyncio
import contextlib
import signal
import time
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from contracts.ids import NodeId
from contracts.messages import SourceStatus, decode_row
from contracts.rows import Coverage, State
from examples.demo.visitors import Passing, at_ms, day_of, hours_of
from hub.district import read_district
from hub.venues import Venue
from link.clock import Clock, SystemClock
from link.recorder import Recorder
from link.session import BrokerConfig
from link.spool import Spool
from link.uplink import Uplink

NODE = "sim"
"""The node whose venues are played; others have a board."""
DAYS_BEFORE = 2
UNLOCKED_BEFORE_MINUTES, UNLOCKED_AFTER_MINUTES = 10, 12
HAND_OVER_SECONDS = 2.0


class PlayedVenue:
    """One venue that is played: its recorder, and up to when each of its sources was told."""

    def __init__(self, venue: Venue, folder: Path, seed: int, clock: Clock | None = None) -> None:
        self.venue = venue
        self.recorder = Recorder(folder / f"{venue.id}.db", clock or SystemClock("always"))
        self._zone = ZoneInfo(venue.timezone)
        self._locks = [s.sensor for s in venue.sensors if s.kind == "lock"]
        self._told = told_until(self.recorder.spool)
        self._day = lru_cache(maxsize=DAYS_BEFORE + 2)(lambda day: day_of(venue, day, seed))

    def play_until(self, now_ms: int) -> None:
        """Let everything happen that has not been told yet, up to an instant."""
        today = self._local_day(now_ms)
        begin = at_ms(self.venue, today - timedelta(days=DAYS_BEFORE), 0)
        sources = [line.line for line in self.venue.lines] + self._locks
        told = {name: max(self._told.get(name, begin), begin) for name in sources}
        # The recorder takes monotonic stamps; this is what they are to its wall clock.
        offset = self.recorder.wall_ms(0)
        for passing in self._passings(min(told.values()), now_ms):
            if told[passing.line] < passing.at_ms <= now_ms:
                stamp = passing.at_ms - offset
                is_in = passing.is_in
                self.recorder.crossed(passing.line, stamp, entered=is_in, left=not is_in)
        for line in self.venue.lines:
            # Its first word is since when it watches, its last one up to when.
            for instant in (told[line.line], now_ms):
                self.recorder.watched(line.line, instant - offset)
        for lock in self._locks:
            for instant, value in self._lock_states(told[lock], now_ms):
                self.recorder.state(lock, value, instant - offset)
        self._told = dict.fromkeys(sources, max(now_ms, *told.values()))

    def _passings(self, after_ms: int, until_ms: int) -> Iterator[Passing]:
        # Those who came late last evening may leave after midnight.
        day = self._local_day(after_ms) - timedelta(days=1)
        while day <= self._local_day(until_ms):
            passings = self._day(day)
            first = bisect_right(passings, after_ms, key=lambda passing: passing.at_ms)
            yield from passings[first:]
            day += timedelta(days=1)

    def _lock_states(self, after_ms: int, until_ms: int) -> Iterator[tuple[int, str]]:
        """Return the lock's states in order: at the start, at each change, at the end."""
        changes: list[tuple[int, str]] = [(0, "locked")]
        day = self._local_day(after_ms) - timedelta(days=1)
        while day <= self._local_day(until_ms):
            for opens, closes in hours_of(self.venue, day):
                changes.append((self._at(day, opens - UNLOCKED_BEFORE_MINUTES), "unlocked"))
                changes.append((self._at(day, closes + UNLOCKED_AFTER_MINUTES), "locked"))
            day += timedelta(days=1)
        changes.sort()
        yield after_ms, next(v for at, v in reversed(changes) if at <= after_ms)
        yield from ((at, v) for at, v in changes if after_ms < at <= until_ms)
        yield until_ms, next(v for at, v in reversed(changes) if at <= until_ms)

    def _at(self, day: date, minute: int) -> int:
        return at_ms(self.venue, day, minute)

    def _local_day(self, instant_ms: int) -> date:
        return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(self._zone).date()


def told_until(spool: Spool) -> dict[str, int]:
    """Return up to when a spool vouches for each source: everything up to there is in it."""
    told: dict[str, int] = {}
    after = 0
    while (packet := spool.pending(after, limit=1000)) is not None:
        for body in packet.bodies:
            match decode_row(body):
                case Coverage(source=name, until_ms=until) | State(sensor=name, until_ms=until):
                    told[name] = max(told.get(name, 0), until)
                case _:
                    pass
        after = packet.upto
    return told


async def run(venue: PlayedVenue, broker: BrokerConfig) -> None:
    """Play one venue until cancelled; then hand over what is left."""
    recorder = venue.recorder
    uplink = Uplink(
        recorder,
        NodeId(venue.venue.id, NODE),
        broker,
        software="kaiguan-demo simulator",
        sources=lambda: (SourceStatus(name="simulator", kind="simulator", state="watching"),),
    )
    venue.play_until(time.time_ns() // 1_000_000)
    await recorder.commit(everything=True)
    sending = asyncio.create_task(uplink.run(), name=f"uplink[{venue.venue.id}]")
    committing = asyncio.create_task(recorder.run(), name=f"recorder[{venue.venue.id}]")
    try:
        while not (sending.done() or committing.done()):
            await asyncio.sleep(1)
            venue.play_until(time.time_ns() // 1_000_000)
    finally:
        committing.cancel()
        await recorder.finish()
        await uplink.handed_over(HAND_OVER_SECONDS)
        sending.cancel()
        for task in (committing, sending):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await recorder.close()


async def play(district: Path, state: Path, broker: BrokerConfig, seed: int) -> None:
    """Play every venue that has no board, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for venue in read_district(district):
            if venue.nodes == (NODE,):
                played = PlayedVenue(venue, state, seed)
                tasks.create_task(run(played, broker), name=f"venue[{venue.id}]")


async def _until_stopped(district: Path, state: Path, port: int, seed: int) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await play(district, state, BrokerConfig(port=port), seed)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--district", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.state.mkdir(parents=True, exist_ok=True)
    asyncio.run(_until_stopped(given.district, given.state, given.broker_port, given.seed))


if __name__ == "__main__":
    main()
