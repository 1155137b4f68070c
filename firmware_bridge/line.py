"""A transport and a decoder: whole frames, with deadlines. One reader at a time."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from firmware_bridge.transport import Transport

GAP_SECONDS = 0.2
"""Silence after which the rest of a frame does not come any more.

Senders pause for less than a millisecond within a frame; USB converters hand over every 16 ms, and
a busy machine is late by some more.
"""


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
    """Frames of one device. `transport` is entered and left by whoever made it."""

    def __init__(
        self, transport: Transport, decoder: FrameDecoder, *, gap_seconds: float = GAP_SECONDS
    ) -> None:
        self._transport = transport
        self._decoder = decoder
        self._gap_seconds = gap_seconds
        self._frames: deque[bytes] = deque()
        self.is_ended = False

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device; see Transport."""
        await self._transport.write(data)

    def forget(self) -> None:
        """Drop what came and was not asked for, before a request."""
        self._decoder.gap()
        self._frames.clear()

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
                return None
            else:
                self._frames.extend(self._decoder.gap())
        return self._frames.popleft() if self._frames else None

    async def _read_until(self, deadline: float | None) -> bytes | None:
        # A chunk that waits already is taken even when its consumer was slower than the deadline.
        try:
            async with asyncio.timeout_at(deadline):
                return await self._transport.read()
        except TimeoutError:
            return None
