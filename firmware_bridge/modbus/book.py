"""Which Modbus lines a process has, and how they are set. Imports no Modbus until there is one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from firmware_bridge.errors import DeviceError

if TYPE_CHECKING:
    from firmware_bridge.modbus.bus import ModbusLine

_BITS_A_CHARACTER: Final = 11


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How bytes travel on a line; all of its devices have to be set to the same."""

    baudrate: int = 9600
    parity: str = "N"
    stop_bits: float = 1

    @property
    def character_seconds(self) -> float:
        """How long one character takes, at most."""
        return _BITS_A_CHARACTER / self.baudrate


class LineBook:
    """The Modbus lines of a process, by port: two drivers at one port get the same line."""

    def __init__(self) -> None:
        self._lines: dict[str, ModbusLine] = {}

    def line(self, url: str, settings: LineSettings) -> "ModbusLine":
        """Return the line at a port.

        Raises DeviceError when a device on it wants other settings: one of them is wrong.
        """
        # Imported when there is one: a node without Modbus has no room for its library.
        from firmware_bridge.modbus.bus import ModbusLine  # noqa: PLC0415

        line = self._lines.setdefault(url, ModbusLine(url, settings))
        if line.settings != settings:
            raise DeviceError(
                f"{url} is a line at {line.settings.baudrate} baud {line.settings.parity}; set all"
                " devices on it to the same"
            )
        return line
