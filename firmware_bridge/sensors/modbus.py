"""What sensors on a Modbus line share: their unit address, and a line that others use too."""

from typing import ClassVar, Final

from firmware_bridge.errors import DeviceError
from firmware_bridge.modbus.book import LineBook, LineSettings
from firmware_bridge.modbus.bus import ModbusLine
from firmware_bridge.modbus.rtu import Function, Request
from firmware_bridge.sensors.polling import SILENCE_SECONDS, PolledSensor
from firmware_bridge.statistics import LineStatistics

_UNITS: Final = range(1, 256)


class ModbusSensor(PolledSensor):
    """A polled sensor at one unit address; UNIT is the one that its maker sets.

    Give all sensors of a process the same `lines`, and those at one port share it.
    """

    UNIT: ClassVar[int] = 1
    POLL_SECONDS: ClassVar[float] = 2.0

    def __init__(
        self,
        url: str,
        *,
        unit: int | None = None,
        settings: LineSettings | None = None,
        lines: LineBook | None = None,
        poll_seconds: float | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        statistics: LineStatistics | None = None,
    ) -> None:
        super().__init__(
            url,
            poll_seconds=self.POLL_SECONDS if poll_seconds is None else poll_seconds,
            silence_seconds=silence_seconds,
            statistics=statistics,
        )
        self._unit = self.UNIT if unit is None else unit
        self._settings = settings or LineSettings()
        self._lines = lines or LineBook()
        self._line: ModbusLine | None = None

    def _connection(self) -> ModbusLine:
        if self._unit not in _UNITS:
            raise DeviceError(f"unit {self._unit} at {self._url} is no Modbus address: 1 to 255")
        self._line = self._lines.line(self._url, self._settings)
        return self._line

    async def _ask(self, function: Function, address: int, count: int) -> tuple[int, ...]:
        if self._line is None:
            raise DeviceError(f"{self._url} is not open: enter the sensor first")
        return await self._line.ask(Request(self._unit, function, address, count), self.statistics)
