"""A transport and a decoder: whole frames, with deadlines. One reader at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport

_Answer = TypeVar("_Answer")

GAP_SECONDS = 0.2
"""Silence after which the rest of a frame does not come any more.

Senders pause for less than a millisecond within a frame; USB converters hand over every 16 ms, and
a busy machine is late by some more.
"""


SETTLE_SECONDS = 0.15
"""Silence after which no answer to a request that was given up comes any more."""
_LONGEST_SETTLE_SECONDS = 1.0


class FrameDecoder(Protocol):
    """A decoder without I/O; see firmware_bridge.framing.scan.ScanDecoder."""

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame."""
        ...

    @property
    def buffered(self) -> int:
        """How many bytes wait; bounded."""
        ...

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the frames that this chunk completes."""
        ...

    def gap(self) -> Iterator[bytes]:
        """Give up what waits; return the frames that it held back."""
        ...


class Line:
    """Frames of one device. `transport` is entered and left by whoever made it.

    `statistics` counts corrupt frames, and what `ask` asks and gets.
    """

    def __init__(
        self,
        transport: Transport,
        decoder: FrameDecoder,
        *,
        gap_seconds: float = GAP_SECONDS,
        statistics: LineStatistics | None = None,
    ) -> None:
        self._statistics = LineStatistics() if statistics is None else statistics
        self._corrupt_before = self._statistics.corrupt_frames
        self._transport = transport
        self._decoder = decoder
        self._gap_seconds = gap_seconds
        self._frames: deque[bytes] = deque()
        self._is_doubtful = False
        self.is_ended = False

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame since the port was opened."""
        return self._decoder.corrupt_frames

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device; see Transport."""
        await self._transport.write(data)

    async def begin(self, request: bytes) -> None:
        """Send a request that many frames answer; what came before is dropped."""
        if self._is_doubtful:
            await self._settle()
        self._is_doubtful = False
        self._forget()
        await self._transport.write(request)

    async def ask(
        self,
        request: bytes,
        accept: Callable[[bytes], _Answer | None],
        *,
        seconds: float,
        attempts: int = 1,
    ) -> _Answer | None:
        """Send a request until a frame is accepted as its answer, and return what `accept` made.

        None when no attempt had one within `seconds`. What came before and was not asked for is
        dropped.
        """
        loop = asyncio.get_running_loop()
        for _ in range(attempts):
            if self._is_doubtful:
                await self._settle()
            self._forget()
            self._is_doubtful = True  # whoever is cancelled here leaves an answer on the line
            await self._transport.write(request)
            self._statistics.requests += 1
            asked_at = loop.time()
            deadline = asked_at + seconds
            while (frame := await self.next_frame(deadline)) is not None:
                answer = accept(frame)
                if answer is not None:
                    self._is_doubtful = False
                    self._statistics.note_reply(loop.time() - asked_at)
                    return answer
            self._statistics.timeouts += 1
            if self.is_ended:
                break
        return None

    async def next_frame(self, deadline: float | None = None) -> bytes | None:
        """Return the next frame; None once `deadline`, in the loop's time, has passed.

        None without a deadline is the end of a recording: then `is_ended`. Raises DeviceError when
        the port has failed. May be cancelled without losing a frame.
        """
        loop = asyncio.get_running_loop()
        while not self._frames and not self.is_ended:
            due = deadline
            if self._decoder.buffered:
                gap_due = loop.time() + self._gap_seconds
                due = gap_due if deadline is None else min(deadline, gap_due)
            chunk = await self._read_until(due)
            if chunk:
                self._frames.extend(self._decoder.feed(chunk))
            elif chunk == b"":
                self.is_ended = True
                self._frames.extend(self._decoder.gap())
            elif due == deadline:
                break
            else:
                self._frames.extend(self._decoder.gap())
        self._statistics.corrupt_frames = self._corrupt_before + self._decoder.corrupt_frames
        return self._frames.popleft() if self._frames else None

    def _forget(self) -> None:
        self._decoder.gap()
        self._frames.clear()

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _LONGEST_SETTLE_SECONDS
        while loop.time() < give_up_at:
            if not await self._read_until(loop.time() + SETTLE_SECONDS):
                break

    async def _read_until(self, deadline: float | None) -> bytes | None:
        # A chunk that waits already is taken even when its consumer was slower than the deadline.
        try:
            async with asyncio.timeout_at(deadline):
                return await self._transport.read()
        except TimeoutError:
            return None
