"""What readers share that speak by themselves: a port, a decoder, one told thing a frame."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from firmware_bridge.errors import DeviceError, FrameError
from firmware_bridge.line import GAP_SECONDS, FrameDecoder, Line
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport

Told = TypeVar("Told")


class PushReader(Generic[Told]):
    """A reader that is listened to. A driver gives its decoder and `_tell`."""

    def __init__(
        self,
        url: str,
        decoder: FrameDecoder,
        connect: Callable[[], Transport],
        *,
        gap_seconds: float = GAP_SECONDS,
        statistics: LineStatistics | None = None,
    ) -> None:
        self.statistics = LineStatistics() if statistics is None else statistics
        self._url = url
        self._decoder = decoder
        self._connect = connect
        self._gap_seconds = gap_seconds
        self._transport: Transport | None = None
        self._is_open = False
        self._refused = 0

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame since the port was opened, and frames without sense."""
        return self._decoder.corrupt_frames + self._refused

    async def __aenter__(self) -> Self:
        if self._transport is not None:
            raise DeviceError(f"{self._url} was opened before: build a new reader")
        self._transport = self._connect()
        await self._transport.__aenter__()
        self._line = Line(
            self._transport,
            self._decoder,
            gap_seconds=self._gap_seconds,
            statistics=self.statistics,
        )
        self.statistics.openings += 1
        self._is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._is_open = False
        if self._transport is not None:
            await self._transport.__aexit__(kind, error, trace)

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

    def _check_open(self) -> None:
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the reader first")
