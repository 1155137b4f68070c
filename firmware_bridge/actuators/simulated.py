"""An actuator without hardware."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from firmware_bridge.actuators.port import OutputReading
from firmware_bridge.errors import DeviceError


class SimulatedActuator:
    """Outputs that only remember their state.

    The URL is only a name in errors.
    """

    def __init__(self, url: str, *, channels: int = 2) -> None:
        self._url = url
        self._outputs = dict.fromkeys(range(channels), False)
        self._changes: asyncio.Queue[OutputReading | None] = asyncio.Queue()
        self._is_open = False

    async def __aenter__(self) -> Self:
        self._is_open = True
        self._changes = asyncio.Queue()
        for channel, is_on in self._outputs.items():
            self._changes.put_nowait(OutputReading(channel, is_on))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._is_open = False
        self._changes.put_nowait(None)  # whoever waits for a change waits no longer

    def __aiter__(self) -> AsyncIterator[OutputReading]:
        """Yield states and their changes."""
        return self._readings()

    async def switch(self, channel: int, *, is_on: bool) -> OutputReading:
        """Switch an output and return its state."""
        self._check_open()
        if channel not in self._outputs:
            raise DeviceError(f"{self._url} has no output {channel}")
        reading = OutputReading(channel, is_on)
        if self._outputs[channel] != is_on:
            self._outputs[channel] = is_on
            self._changes.put_nowait(reading)
        return reading

    async def _readings(self) -> AsyncIterator[OutputReading]:
        self._check_open()
        while (reading := await self._changes.get()) is not None:
            yield reading

    def _check_open(self) -> None:
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the actuator first")
