"""Climate sensors on a Modbus line: SHT20 and XY-MD02 (temperature, humidity), SenseAir S8 (CO2).

Layouts: data sheet of the XY-MD02 (input registers 1 and 2, tenths) and "Modbus on Senseair S8"
(input register 3, ppm).
"""

from typing import ClassVar, Final

from firmware_bridge.modbus.rtu import Function
from firmware_bridge.sensors.modbus import ModbusSensor
from firmware_bridge.sensors.readings import ClimateReading, Reading

_SIGN: Final = 0x8000
_CELSIUS: Final = (-40.0, 125.0)
_PERCENT: Final = (0.0, 100.0)
_CO2_PPM: Final = (1, 10_000)


class Sht20(ModbusSensor):
    """Temperature and humidity of an SHT20 or XY-MD02 module on a Modbus line, as channel 0."""

    async def _poll(self) -> list[Reading]:
        registers = await self._ask(Function.READ_INPUT_REGISTERS, 1, 2)
        return [decode_climate(*registers)]


class SenseAirS8(ModbusSensor):
    """CO2 of a SenseAir S8 on a Modbus line, as channel 0.

    Its default unit is the address that every S8 answers to: right while it is alone on its line.
    """

    UNIT: ClassVar[int] = 254

    async def _poll(self) -> list[Reading]:
        (co2_ppm,) = await self._ask(Function.READ_INPUT_REGISTERS, 3, 1)
        low, high = _CO2_PPM
        is_sound = low <= co2_ppm <= high
        return [ClimateReading(0, None, None, co2_ppm if is_sound else None)]


def decode_climate(temperature: int, humidity: int) -> ClimateReading:
    """Return the air of two registers in tenths of degC (signed) and of percent.

    What the sensor cannot have measured (a broken probe reads 0xFFFF or beyond) is None.
    """
    celsius = ((temperature ^ _SIGN) - _SIGN) / 10
    percent = humidity / 10
    return ClimateReading(
        channel=0,
        temperature_celsius=celsius if _CELSIUS[0] <= celsius <= _CELSIUS[1] else None,
        humidity_percent=percent if _PERCENT[0] <= percent <= _PERCENT[1] else None,
        co2_ppm=None,
    )
