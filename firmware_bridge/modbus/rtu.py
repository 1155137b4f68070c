"""Modbus RTU requests and replies as bytes, through pymodbus' PDUs. Pure: no I/O, no clock.

      ┌──────┬──────────┬──────┬─────────────────┐
      │ unit │ function │ data │ CRC16, low byte │    a frame ends with 3.5 characters of silence,
      │  1   │    1     │  n   │ first           │    which a USB adapter does not show: the length
      └──────┴──────────┴──────┴─────────────────┘    of a reply is known from its request

Source: MODBUS over Serial Line, Specification and Implementation Guide V1.02, 2006.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU, ReadCoilsRequest
from pymodbus.pdu import ReadHoldingRegistersRequest as ReadHoldingRequest
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import ReadInputRegistersRequest

from firmware_bridge.errors import DeviceRefused, FrameError

_REPLIES: Final = DecodePDU(is_server=False)
_FRAMER: Final = FramerRTU(_REPLIES)
_ERROR_FLAG: Final = 0x80
_ERROR_BYTES: Final = 5
_WRITE_BYTES: Final = 8
_HEAD_BYTES: Final = 3  # unit, function, number of data bytes
_CRC_BYTES: Final = 2

EXCEPTIONS: Final = {
    1: "it does not know this function",
    2: "it has nothing at this address",
    3: "it does not take this value or number",
    4: "it failed while doing it",
    6: "it is busy",
}
"""Exception code -> what a device says with it."""


class Function(IntEnum):
    """The functions that our devices need."""

    READ_COILS = 1
    READ_INPUTS = 2
    READ_HOLDING_REGISTERS = 3
    READ_INPUT_REGISTERS = 4
    WRITE_COIL = 5


_BITS: Final = (Function.READ_COILS, Function.READ_INPUTS)
_READS: Final = {
    Function.READ_COILS: ReadCoilsRequest,
    Function.READ_INPUTS: ReadDiscreteInputsRequest,
    Function.READ_HOLDING_REGISTERS: ReadHoldingRequest,
    Function.READ_INPUT_REGISTERS: ReadInputRegistersRequest,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one device: `count` bits or registers from `address` on.

    WRITE_COIL sets the coil at `address` to `value`.
    """

    unit: int
    function: Function
    address: int
    count: int = 1
    value: bool = False

    def to_bytes(self) -> bytes:
        """Return the frame on the wire."""
        pdu = self._pdu()
        return _FRAMER.encode(bytes([self.function]) + pdu.encode(), self.unit, 0)

    @property
    def reply_bytes(self) -> int:
        """Return the length of a reply that is no refusal."""
        if self.function is Function.WRITE_COIL:
            return _WRITE_BYTES
        return _HEAD_BYTES + self._data_bytes() + _CRC_BYTES

    def find_reply(self, received: bytes) -> tuple[int, ...] | None:
        """Return what the first sound reply in `received` holds; None while there is none.

        Bits are 0 or 1, registers 0 to 65535. Bytes before and between are noise: the search goes
        on by one byte. Raises DeviceRefused for an exception reply, FrameError for a sound frame
        that does not answer this request.
        """
        for start in range(len(received) - _ERROR_BYTES + 1):
            frame = received[start : start + self._size_at(received[start : start + _HEAD_BYTES])]
            if len(frame) > _CRC_BYTES and _is_sound(frame):
                return self._content(frame)
        return None

    def _pdu(self) -> ModbusPDU:
        if self.function is Function.WRITE_COIL:
            return WriteSingleCoilRequest(address=self.address, bits=[self.value])
        return _READS[self.function](address=self.address, count=self.count)

    def _size_at(self, head: bytes) -> int:
        """Return the size of the reply that may begin so, 0 when none of ours does."""
        if head[0] != self.unit:
            return 0
        if head[1] == self.function | _ERROR_FLAG:
            return _ERROR_BYTES
        if head[1] != self.function:
            return 0
        is_write = self.function is Function.WRITE_COIL
        return self.reply_bytes if is_write or head[2] == self._data_bytes() else 0

    def _data_bytes(self) -> int:
        return (self.count + 7) // 8 if self.function in _BITS else 2 * self.count

    def _content(self, frame: bytes) -> tuple[int, ...]:
        reply = _REPLIES.decode(frame[1:-_CRC_BYTES])
        if isinstance(reply, ExceptionResponse):
            said = EXCEPTIONS.get(reply.exception_code, f"exception {reply.exception_code}")
            raise DeviceRefused(
                f"unit {self.unit} refuses {self.function.name.lower()} at {self.address}: {said}"
            )
        if reply is None or (self.function is Function.WRITE_COIL and frame != self.to_bytes()):
            raise FrameError(f"unit {self.unit} answers another request")
        if self.function in _BITS:
            return tuple(int(bit) for bit in reply.bits[: self.count])
        return tuple(reply.registers)


def _is_sound(frame: bytes) -> bool:
    body, check = frame[:-_CRC_BYTES], frame[-_CRC_BYTES:]
    return FramerRTU.check_CRC(body, int.from_bytes(check, "big"))
