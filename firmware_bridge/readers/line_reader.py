"""What every reader on a line shares: opened once, set up, closed at any time."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError
from firmware_bridge.line import GAP_SECONDS, FrameDecoder, Line
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport


class LineReader:
    """A reader with a line to its device, `_line` once it is open.

    A driver gives its decoder, and what makes the transport; `statistics` goes on with the counts
    of an earlier opening.
    """

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
        try:
            await self._set_up()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
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

    async def _set_up(self) -> None:
        """Make the device ready; one that speaks by itself needs nothing."""

    def _check_open(self) -> None:
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the reader first")
