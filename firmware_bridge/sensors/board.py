"""Drivers of our own board: all of it, or one kind of its channels."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import ClassVar, Self

import structlog

from firmware_bridge.board.counters import CounterBook
from firmware_bridge.board.reader import BoardReader
from firmware_bridge.errors import DeviceError, DeviceTimeout
from firmware_bridge.sensors.readings import (
    BoardReading,
    BoardStatus,
    ClimateReading,
    ContactReading,
    CounterReading,
)
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport, read_until

# A board beats every 2 s. Five beats lost in a row are a dead board, not a bad line.
SILENCE_SECONDS = 10.0
# A board that boots as its port opens misses the first request: ask until it has answered.
_ASK_AGAIN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class BoardSensor:
    """Everything that a board on this port tells.

    `counters` remembers what is counted: pass the same book each time the port is opened again.
    `silence_seconds` without a readable frame end in DeviceTimeout. `connect` makes the transport.
    """

    YIELDS: ClassVar[tuple[type[BoardReading], ...]] = (
        BoardStatus,
        CounterReading,
        ContactReading,
        ClimateReading,
    )

    def __init__(
        self,
        url: str,
        *,
        counters: CounterBook | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[[str], Transport] = open_transport,
    ) -> None:
        self.statistics = LineStatistics() if statistics is None else statistics
        self._corrupt_before = self.statistics.corrupt_frames
        self._url = url
        self._reader = BoardReader(CounterBook() if counters is None else counters)
        self._silence_seconds = silence_seconds
        self._connect = connect
        self._transport: Transport | None = None
        self._boot: tuple[str, int] | None = None

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame since the port was opened."""
        return self._reader.corrupt_frames

    async def __aenter__(self) -> Self:
        if self._transport is not None:
            raise DeviceError(f"{self._url} was opened before: build a new sensor")
        self._transport = self._connect(self._url)
        await self._transport.__aenter__()
        self.statistics.openings += 1
        await self._ask(self._transport)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if self._transport is not None:
            await self._transport.__aexit__(kind, error, trace)

    def __aiter__(self) -> AsyncIterator[BoardReading]:
        """Yield readings until the port is closed; see the port of sensors."""
        return self._readings()

    async def _readings(self) -> AsyncIterator[BoardReading]:
        if self._transport is None:
            raise DeviceError(f"{self._url} is not open: enter the sensor first")
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        # Only time spent waiting counts: a consumer that was away is not a board that is silent.
        silent_seconds = 0.0
        while True:
            waiting_since = loop.time()
            due = waiting_since + self._silence_seconds - silent_seconds
            if self._reader.needs_hello:
                due = min(due, asked_at + _ASK_AGAIN_SECONDS)
            chunk = await read_until(self._transport, due)
            if chunk == b"":
                return
            silent_seconds += loop.time() - waiting_since
            read_before = self._reader.messages_read
            readings = list(self._take(chunk or b""))
            heard = self._reader.messages_read - read_before
            self.statistics.replies += heard
            self.statistics.corrupt_frames = self._corrupt_before + self._reader.corrupt_frames
            for reading in readings:
                yield reading
            if heard:
                silent_seconds = 0.0
            self._check_heard(silent_seconds)
            if self._reader.needs_hello and loop.time() - asked_at >= _ASK_AGAIN_SECONDS:
                asked_at = loop.time()
                await self._ask(self._transport)

    def _take(self, chunk: bytes) -> Iterator[BoardReading]:
        for reading in self._reader.feed(chunk):
            if isinstance(reading, BoardStatus) and self._boot != (reading.board_id, reading.boot):
                self._boot = (reading.board_id, reading.boot)
                _log.info(
                    "board_known",
                    port=self._url,
                    board=reading.board_id,
                    boot=reading.boot,
                    reset=reading.reset,
                )
            if isinstance(reading, self.YIELDS):
                yield reading

    def _check_heard(self, silent_seconds: float) -> None:
        if silent_seconds >= self._silence_seconds:
            raise DeviceTimeout(
                f"{self._url} said nothing readable for {self._silence_seconds:g} s "
                f"({self._reader.corrupt_frames} corrupt frames): check that this is the right "
                "port and driver, and the board's power"
            )

    async def _ask(self, transport: Transport) -> None:
        self.statistics.requests += 1
        await transport.write(self._reader.request_all())


class BeamSensor(BoardSensor):
    """The people counters of a board, and the board's status."""

    YIELDS = (BoardStatus, CounterReading)


class ContactSensor(BoardSensor):
    """The lock and door contacts of a board, and the board's status."""

    YIELDS = (BoardStatus, ContactReading)


class ClimateSensor(BoardSensor):
    """The temperature, humidity and CO2 channels of a board, and the board's status."""

    YIELDS = (BoardStatus, ClimateReading)
