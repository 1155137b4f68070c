"""What readers share that speak by themselves: one told thing a frame."""

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from firmware_bridge.errors import DeviceError, FrameError
from firmware_bridge.readers.line_reader import LineReader

Told = TypeVar("Told")


class PushReader(LineReader, Generic[Told]):
    """A reader that is listened to. A driver gives its decoder and `_tell`."""

    def __aiter__(self) -> AsyncIterator[Told]:
        """Yield what is told until the reader is closed; see the port."""
        return self._told()

    async def _told(self) -> AsyncIterator[Told]:
        self._check_open()
        loop = asyncio.get_running_loop()
        while True:
            try:
                frame = await self._line.next_frame()
            except DeviceError:
                if self._is_open:
                    raise
                return  # closed while somebody waited: that is no failure
            if frame is None:
                return
            self.statistics.replies += 1
            try:
                told = self._tell(frame, loop.time())
            except FrameError:
                self._refused += 1
                continue
            if told is not None:
                yield told

    def _tell(self, frame: bytes, now: float) -> Told | None:
        """Return what a frame tells, None for nothing. Raises FrameError when it has no sense."""
        raise NotImplementedError
