"""Where a node's sources leave what they see: minute totals in memory, one group commit a second.

Sources call the plain methods on the event loop's thread, with monotonic stamps. `run` commits: it
looks at the clock, drafts what changed, appends it on a worker thread, and only then takes it for
durable. A disk that refuses costs nothing but memory; a damaged spool is set aside and counting
goes on in a new one with what was not yet durable.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog

from contracts.rows import Event
from link.buckets import Buckets
from link.clock import STEP_MS, Clock, Instant, monotonic_ms
from link.errors import SpoolDamaged, SpoolError
from link.spool import DEFAULT_MAX_BYTES, NewEpoch, Spool, open_spool

log = structlog.get_logger(__name__)

COMMIT_SECONDS: Final = 1.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Ended:
    """An epoch that has ended and is not durable to its last row; `following` comes after it."""

    buckets: Buckets
    seen: Instant
    following: NewEpoch


class Recorder:
    """Buckets, a clock and a spool; `on_commit` is called after each commit that appended.

    Raises SpoolError when the spool cannot be opened at all.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._max_bytes = max_bytes
        self.on_commit = on_commit
        self._seen = clock.look()
        self._lock = asyncio.Lock()
        self.trouble: str | None = None
        """Why the spool cannot be written, while it cannot."""
        self.turned_ms = monotonic_ms()
        """When `run` last came back from a commit, taken or refused."""
        self._damage: SpoolError | None = None
        self._ended: deque[_Ended] = deque()
        start = NewEpoch(secrets.token_hex(6), self._seen, "start")
        self.spool = self._open(start)
        self.buckets = Buckets(start.epoch)

    @property
    def clock_is_set(self) -> bool:
        """Tell whether wall time counted as set at the last look."""
        return self._seen.is_set

    @property
    def lock(self) -> asyncio.Lock:
        """Return the lock that orders everybody who touches the spool."""
        return self._lock

    @property
    def os_boot(self) -> str:
        """Return the id of this start of the operating system."""
        return self._clock.os_boot

    def wall_ms(self, monotonic_ms: int) -> int:
        """Return the wall time of a monotonic stamp in the epoch that runs."""
        return monotonic_ms + self._seen.offset_ms

    def crossed(self, line: str, monotonic_ms: int, *, entered: int = 0, left: int = 0) -> None:
        """Count people who crossed a line."""
        self.buckets.crossed(line, self.wall_ms(monotonic_ms), entered=entered, left=left)

    def measured(
        self, sensor: str, quantity: str, monotonic_ms: int, value: float, *, urgent: bool = False
    ) -> None:
        """Take a sample; `urgent` sends it with the next commit."""
        at_ms = self.wall_ms(monotonic_ms)
        self.buckets.measured(sensor, quantity, at_ms, value, urgent=urgent)

    def watched(self, source: str, monotonic_ms: int) -> None:
        """Vouch that every crossing of a source up to this stamp has been given."""
        self.buckets.watched(source, self.wall_ms(monotonic_ms))

    def unwatched(self, source: str, reason: str) -> None:
        """End a source's coverage where it was last vouched for."""
        self.buckets.unwatched(source, reason)

    def state(self, sensor: str, value: str, monotonic_ms: int) -> None:
        """Take a reading of a state sensor."""
        self.buckets.state(sensor, value, self.wall_ms(monotonic_ms))

    def state_lost(self, sensor: str, reason: str) -> None:
        """End the stretch of a state sensor where it was last read."""
        self.buckets.state_lost(sensor, reason)

    def happened(
        self,
        source: str,
        name: str,
        monotonic_ms: int,
        data: dict[str, bool | int | float | str] | None = None,
        *,
        event_id: str | None = None,
    ) -> None:
        """Take an event; without an id of its own it gets one that is unique for ever.

        What is told again under the same id is one event at the hub.
        """
        self.buckets.happened(
            Event(
                seq=1,
                epoch=self.buckets.epoch,
                id=event_id or secrets.token_hex(12),
                name=name,
                source=source,
                at_ms=self.wall_ms(monotonic_ms),
                data=data or {},
            )
        )

    async def run(self) -> None:
        """Commit once a second until cancelled; the caller then calls `close`."""
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self.commit()
            self.turned_ms = monotonic_ms()

    async def commit(self, *, everything: bool = False) -> bool:
        """Append what changed; False when the spool refuses and it has to be tried again."""
        return await _to_the_end(self._commit(everything=everything))

    async def finish(self, reason: str = "stopped") -> bool:
        """End every stretch and append all that is left; False when the spool refuses."""
        self.buckets.end_all(reason)
        return await self.commit(everything=True)

    async def close(self) -> None:
        """Close the spool; after `finish`, nothing that was seen is left out of it."""
        await _to_the_end(self._close())

    async def fork(self, boundary: int) -> bool:
        """Go on as a stream of its own: up to `boundary` another spool holds the same.

        False when the spool refuses: the hub will ask again.
        """
        return await _to_the_end(self._fork(boundary))

    def report_damage(self, error: SpoolError) -> None:
        """Take word that the spool cannot be read; the next commit goes on in another."""
        self._damage = error

    async def _commit(self, *, everything: bool) -> bool:
        async with self._lock:
            now = self._clock.look()
            reason = _turning(self._seen, now)
            if reason is not None:
                self._turn(now, reason)
            self._seen = now
            return await self._append_all(everything=everything)

    async def _fork(self, boundary: int) -> bool:
        async with self._lock:
            try:
                await asyncio.to_thread(self.spool.fork, boundary)
            except SpoolError as error:
                self._refused(error)
                return False
            log.warning("stream_forked", stream=self.spool.stream, boundary=boundary)
            self._turn(self._clock.look(), "fork")
            return await self._append_all(everything=False)

    async def _close(self) -> None:
        async with self._lock:
            await asyncio.to_thread(self.spool.close)

    def _turn(self, now: Instant, reason: str) -> None:
        """End the epoch that runs and begin another with the clock as it is now.

        At once, not when the disk has taken it: what is seen in between is of the new clock.
        """
        self.buckets.end_all(reason)
        following = NewEpoch(secrets.token_hex(6), now, reason)
        self._ended.append(_Ended(self.buckets, self._seen, following))
        self.buckets, self._seen = Buckets(following.epoch), now
        log.info("epoch_begun", reason=reason, clock="set" if now.is_set else "unset")

    async def _append_all(self, *, everything: bool) -> bool:
        """Append what ended and what runs; a spool that shows damage is replaced on the way."""
        if self._damage is None and await self._append_each(everything=everything):
            return True
        return (
            self._damage is not None
            and await self._replace(self._damage)
            and await self._append_each(everything=True)
        )

    async def _append_each(self, *, everything: bool) -> bool:
        while self._ended:
            ended = self._ended[0]
            if not await self._append(ended.buckets, ended.seen, ended.following, everything=True):
                return False
            self._ended.popleft()
        return await self._append(self.buckets, self._seen, None, everything=everything)

    async def _append(
        self, buckets: Buckets, now: Instant, begin: NewEpoch | None, *, everything: bool
    ) -> bool:
        drafts = buckets.drafts(now.wall_ms, everything=everything)
        try:
            await asyncio.to_thread(self.spool.append, drafts, now, begin)
        except SpoolError as error:
            self._refused(error)
            return False
        self.trouble = None
        buckets.confirm(drafts, now.wall_ms)
        if drafts or begin is not None:
            self.on_commit()
        return True

    def _refused(self, error: SpoolError) -> None:
        if isinstance(error, SpoolDamaged):
            self._damage = error
        elif self.trouble is None:
            log.error("spool_refuses", reason=str(error))
        self.trouble = str(error)

    async def _replace(self, error: SpoolError) -> bool:
        """Go on in another spool with what was not yet durable."""
        log.error("spool_damaged", reason=str(error))
        await asyncio.to_thread(self.spool.close)
        buckets, seen = self.buckets, self._seen
        if self._ended:
            buckets, seen = self._ended[0].buckets, self._ended[0].seen
        start = NewEpoch(secrets.token_hex(6), seen, "spool_replaced")
        try:
            self.spool = await asyncio.to_thread(self._open, start)
        except SpoolError as refusal:
            # Still damaged: the next commit tries to replace it again.
            self.trouble = str(refusal)
            return False
        self._damage = None
        self.spool.set_aside = self.spool.set_aside or str(error)
        buckets.rebase(start.epoch)
        return True

    def _open(self, start: NewEpoch) -> Spool:
        return open_spool(self._path, self._clock.os_boot, start, max_bytes=self._max_bytes)


async def _to_the_end(work: Coroutine[None, None, T]) -> T:
    """Await work that may not be torn: a cancellation takes effect when it is done.

    A thread cannot be cancelled. Were the lock let go while one still writes, two would write.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        raise


def _turning(before: Instant, now: Instant) -> str | None:
    """Return why another epoch has to begin, None when the clock just went on."""
    if now.is_set and not before.is_set:
        return "clock_set"
    if abs(now.offset_ms - before.offset_ms) > STEP_MS:
        return "clock_stepped"
    return None
