"""A relay module on a Modbus line: door strikes, lights. What was switched is read back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from firmware_bridge.actuators.port import OutputReading
from firmware_bridge.errors import (
    BridgeError,
    DeviceError,
    DeviceTimeout,
    FrameError,
    OutputNotConfirmed,
)
from firmware_bridge.modbus.book import LineBook, LineSettings
from firmware_bridge.modbus.bus import ModbusLine
from firmware_bridge.modbus.rtu import Function, Request
from firmware_bridge.statistics import LineStatistics

LONGEST_PULSE_SECONDS: Final = 30.0
"""A strike that is energised for longer burns out, and a door that is free for longer is open."""
POLL_SECONDS: Final = 1.0
_ATTEMPTS: Final = 3
_MOST_CHANGES: Final = 256


class ModbusRelay:
    """Outputs of a relay module on a Modbus line, as coils from address 0 on.

    Give all drivers of a process the same `lines`, and those at one port share it.
    """

    def __init__(
        self,
        url: str,
        *,
        unit: int = 1,
        channels: int = 2,
        settings: LineSettings | None = None,
        lines: LineBook | None = None,
        poll_seconds: float = POLL_SECONDS,
        statistics: LineStatistics | None = None,
    ) -> None:
        self.statistics = LineStatistics() if statistics is None else statistics
        self._url = url
        self._unit = unit
        self._channels = channels
        self._settings = settings or LineSettings()
        self._lines = lines or LineBook()
        self._poll_seconds = poll_seconds
        self._line: ModbusLine | None = None
        self._known: dict[int, bool] = {}
        self._changes: asyncio.Queue[OutputReading | None] = asyncio.Queue(_MOST_CHANGES)
        self._pulsed: dict[int, asyncio.Lock] = {}

    async def __aenter__(self) -> Self:
        if self._line is not None:
            raise DeviceError(f"{self._url} is open already: leave the actuator first")
        self._known, self._changes = {}, asyncio.Queue(_MOST_CHANGES)
        self._pulsed = {channel: asyncio.Lock() for channel in range(self._channels)}
        line = self._lines.line(self._url, self._settings)
        await line.__aenter__()
        self._line = line
        self.statistics.openings += 1
        try:
            await self._look()
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
        if self._line is None:
            return
        for channel, pulse in self._pulsed.items():
            if pulse.locked():
                # Nobody else would end it.
                with suppress(BridgeError):
                    await self.switch(channel, is_on=False)
        line, self._line = self._line, None
        self._tell(None)  # whoever waits for a change waits no longer
        await line.__aexit__(kind, error, trace)

    def __aiter__(self) -> AsyncIterator[OutputReading]:
        """Yield states and their changes, also those that another master makes."""
        return self._readings()

    async def switch(self, channel: int, *, is_on: bool) -> OutputReading:
        """Switch an output, read it back and return its state.

        Raises OutputNotConfirmed when the module took the order and its coil did not follow,
        DeviceTimeout when it does not answer: then nobody knows the state.
        """
        self._check(channel)
        await self._ask(Request(self._unit, Function.WRITE_COIL, channel, value=is_on))
        await self._look()
        if self._known[channel] != is_on:
            wanted = "on" if is_on else "off"
            raise OutputNotConfirmed(
                f"output {channel} of unit {self._unit} at {self._url} was switched {wanted} and is"
                " not: check the module's power and relay"
            )
        return OutputReading(channel, is_on)

    async def pulse(self, channel: int, seconds: float) -> OutputReading:
        """Switch an output on for so long and off again; return its state, off.

        It is switched off also when the caller is cancelled or this actuator is left. Pulses of
        one output follow each other. Raises DeviceError for more than LONGEST_PULSE_SECONDS, and
        what `switch` raises; after OutputNotConfirmed or DeviceTimeout the output may be on.
        """
        self._check(channel)
        if not 0 < seconds <= LONGEST_PULSE_SECONDS:
            raise DeviceError(
                f"a pulse of {seconds:g} s: it lasts more than 0 and at most"
                f" {LONGEST_PULSE_SECONDS:g} s"
            )
        async with self._pulsed[channel]:
            try:
                await self.switch(channel, is_on=True)
                await asyncio.sleep(seconds)
            finally:
                off = asyncio.ensure_future(self.switch(channel, is_on=False))
                try:
                    reading = await asyncio.shield(off)
                except asyncio.CancelledError:
                    await asyncio.wait({off})
                    raise
        return reading

    async def _readings(self) -> AsyncIterator[OutputReading]:
        if self._line is None:
            raise DeviceError(f"{self._url} is not open: enter the actuator first")
        while True:
            try:
                async with asyncio.timeout(self._poll_seconds):
                    reading = await self._changes.get()
            except TimeoutError:
                if self._changes.empty():
                    await self._look()
                continue
            if reading is None:
                return
            yield reading

    async def _look(self) -> None:
        coils = await self._ask(Request(self._unit, Function.READ_COILS, 0, self._channels))
        for channel, coil in enumerate(coils):
            if self._known.get(channel) != bool(coil):
                self._known[channel] = bool(coil)
                self._tell(OutputReading(channel, bool(coil)))

    async def _ask(self, request: Request) -> tuple[int, ...]:
        """Ask, and again after a lost answer: setting a coil twice is harmless."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(DeviceTimeout, FrameError):
                return await self._ask_once(request)
        try:
            return await self._ask_once(request)
        except FrameError as error:
            raise DeviceTimeout(str(error)) from error

    async def _ask_once(self, request: Request) -> tuple[int, ...]:
        if self._line is None:
            raise DeviceError(f"{self._url} is not open: enter the actuator first")
        return await self._line.ask(request, self.statistics)

    def _tell(self, reading: OutputReading | None) -> None:
        if self._changes.full():
            self._changes.get_nowait()  # nobody listens: the newest are kept
        self._changes.put_nowait(reading)

    def _check(self, channel: int) -> None:
        if self._line is None:
            raise DeviceError(f"{self._url} is not open: enter the actuator first")
        if channel not in range(self._channels):
            raise DeviceError(f"{self._url} has no output {channel}")
