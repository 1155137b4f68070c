"""What every sensor that has to be asked shares: opening, pace, and when silence is a failure."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Self

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.sensors.readings import Reading
from firmware_bridge.statistics import LineStatistics

SILENCE_SECONDS: Final = 10.0
"""Without an answer for so long a device counts as dead; one lost answer is a bad line."""


class PolledSensor:
    """Asks a device again and again, and yields what it answers; a driver says how in `_poll`.

    An answer that is lost or damaged is counted, and the next question decides. After
    `silence_seconds` without any, DeviceTimeout.
    """

    def __init__(
        self,
        url: str,
        *,
        poll_seconds: float,
        silence_seconds: float,
        statistics: LineStatistics | None,
    ) -> None:
        self.statistics = LineStatistics() if statistics is None else statistics
        self._url = url
        self._poll_seconds = poll_seconds
        self._silence_seconds = silence_seconds
        self._was_entered = False
        self._port: AbstractAsyncContextManager[Any] | None = None

    async def __aenter__(self) -> Self:
        if self._was_entered:
            raise DeviceError(f"{self._url} was opened before: build a new sensor")
        self._was_entered = True
        port = self._connection()
        await port.__aenter__()
        self._port = port
        self.statistics.openings += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        port, self._port = self._port, None
        if port is not None:
            await port.__aexit__(kind, error, trace)

    def __aiter__(self) -> AsyncIterator[Reading]:
        """Yield readings until closed; see Sensor."""
        return self._readings()

    def _connection(self) -> AbstractAsyncContextManager[Any]:
        """Return what has to be open while the sensor is."""
        raise NotImplementedError

    async def _poll(self) -> list[Reading]:
        """Ask once. DeviceTimeout and FrameError are an answer that is lost."""
        raise NotImplementedError

    async def _readings(self) -> AsyncIterator[Reading]:
        loop = asyncio.get_running_loop()
        due = heard_at = loop.time()
        while True:
            if self._port is None:
                raise DeviceError(f"{self._url} is not open: enter the sensor first")
            try:
                readings = await self._poll()
                heard_at = loop.time()
            except (DeviceTimeout, FrameError) as error:
                readings = []
                self._check_heard(loop.time() - heard_at, error)
            for reading in readings:
                yield reading
            # A poll that took longer than its time is not made up for: the next is due from now.
            due = max(due + self._poll_seconds, loop.time())
            await asyncio.sleep(due - loop.time())

    def _check_heard(self, silent_seconds: float, error: Exception) -> None:
        if silent_seconds >= self._silence_seconds:
            raise DeviceTimeout(
                f"{error}; it said nothing readable for {self._silence_seconds:g} s"
            ) from error
