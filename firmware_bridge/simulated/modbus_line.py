"""Modbus devices without hardware: several units on one pty, as on one RS-485 line."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from firmware_bridge.simulated.pty_port import PtyPort

_REQUEST_BYTES: Final = 8  # every request of functions 1 to 5
_NO_FUNCTION, _NO_ADDRESS = 1, 2


class Unit(Protocol):
    """One device at one address."""

    def read(self, function: int, address: int, count: int) -> tuple[int, ...] | None:
        """Return `count` bits (functions 1, 2) or registers (3, 4); None where it has nothing."""
        ...

    def write_coil(self, address: int, is_on: bool) -> bool:
        """Set a coil; False when there is none at this address."""
        ...


class SimulatedModbusLine:
    """Answers for its units; a unit that is None is wired, but dead.

    A request that is damaged, or for nobody here, is answered by silence.
    """

    def __init__(self, units: dict[int, Unit | None]) -> None:
        self.units = units
        self.heard: list[bytes] = []
        self._received = b""

    def receive(self, chunk: bytes) -> bytes:
        """Take bytes of the master and return what the units answer."""
        self._received = (self._received + chunk)[-256:]
        answers = b""
        while len(self._received) >= _REQUEST_BYTES:
            frame = self._received[:_REQUEST_BYTES]
            if crc16_modbus(frame[:-2]) != frame[-2:]:
                self._received = self._received[1:]
                continue
            self._received = self._received[_REQUEST_BYTES:]
            self.heard = [*self.heard[-99:], frame]
            answers += self._answer(frame)
        return answers

    def _answer(self, frame: bytes) -> bytes:
        number, function, address, value = struct.unpack(">BBHH", frame[:-2])
        # A SenseAir answers to 254 whatever its address is, with 254.
        unit = self.units.get(number)
        if unit is None:
            return b""
        body = _body(unit, function, address, value)
        if body is None:
            body = bytes([function | 0x80, _NO_ADDRESS if 1 <= function <= 5 else _NO_FUNCTION])
        answer = bytes([number]) + body
        return answer + crc16_modbus(answer)


async def run_line(port: PtyPort, line: SimulatedModbusLine) -> None:
    """Answer until the port is unplugged; `port` is entered by the caller."""
    while request := await port.read():
        answer = line.receive(request)
        if answer:
            await port.write(answer)


async def run_beside(
    port: PtyPort, line: SimulatedModbusLine, world: Callable[[], Awaitable[None]]
) -> None:
    """Answer until the port is unplugged, while `world` moves what the units measure."""
    moving = asyncio.ensure_future(world())
    try:
        await run_line(port, line)
    finally:
        moving.cancel()
        await asyncio.wait({moving})


def crc16_modbus(content: bytes) -> bytes:
    """Return CRC-16/MODBUS as it stands on the wire, low byte first."""
    crc = 0xFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def _body(unit: Unit, function: int, address: int, value: int) -> bytes | None:
    if function == 5:
        is_done = unit.write_coil(address, value == 0xFF00)
        return struct.pack(">BHH", function, address, value) if is_done else None
    values = unit.read(function, address, value)
    if values is None:
        return None
    if function in (1, 2):
        packed = sum(bool(bit) << place for place, bit in enumerate(values))
        content = packed.to_bytes((len(values) + 7) // 8, "little")
    else:
        content = struct.pack(f">{len(values)}H", *values)
    return bytes([function, len(content)]) + content
