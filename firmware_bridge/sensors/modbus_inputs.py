"""A digital-input module on a Modbus line, with whatever a venue wires to it."""

import asyncio
from typing import ClassVar, Final

from firmware_bridge.errors import DeviceError
from firmware_bridge.modbus.book import LineBook, LineSettings
from firmware_bridge.modbus.rtu import Function
from firmware_bridge.sensors.modbus import ModbusSensor
from firmware_bridge.sensors.polling import SILENCE_SECONDS
from firmware_bridge.sensors.readings import Reading
from firmware_bridge.sensors.wired_inputs import WiredInputs, Wiring
from firmware_bridge.statistics import LineStatistics

MOST_INPUTS: Final = 64


class DigitalInputs(ModbusSensor):
    """A digital-input module on a Modbus line: two-beam counters, locks, doors, alarms.

    Without a `wiring` it tells its first eight inputs as they are. `function` is how the module
    gives its inputs: bits (1, 2), or registers (3, 4) that hold one input each; `first` is the
    address of input 0.
    """

    POLL_SECONDS: ClassVar[float] = 0.04

    def __init__(
        self,
        url: str,
        *,
        unit: int | None = None,
        settings: LineSettings | None = None,
        lines: LineBook | None = None,
        wiring: Wiring | None = None,
        function: int = Function.READ_INPUTS,
        first: int = 0,
        poll_seconds: float | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        statistics: LineStatistics | None = None,
    ) -> None:
        super().__init__(
            url,
            unit=unit,
            settings=settings,
            lines=lines,
            poll_seconds=poll_seconds,
            silence_seconds=silence_seconds,
            statistics=statistics,
        )
        wiring = wiring or Wiring()
        self._inputs = WiredInputs(wiring)
        self._count = wiring.count
        self._function = Function(function)
        self._first = first

    async def _poll(self) -> list[Reading]:
        if self._count > MOST_INPUTS:
            raise DeviceError(
                f"input {self._count - 1} of {self._url} is too high: the last is {MOST_INPUTS - 1}"
            )
        bits = await self._ask(self._function, self._first, self._count)
        return self._inputs.look(bits, asyncio.get_running_loop().time())
