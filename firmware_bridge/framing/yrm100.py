"""The frames of the R200 chip's modules (YRM100, JRD-100, M5Stack UHF unit): 115200 8N1.

      BB │ type │ command │ length (2) │ parameters … │ sum │ 7E
           └ 00 command, 01 answer, 02 notice           └ of type to parameters, modulo 256

Nothing is stuffed: BB and 7E occur in EPCs, so frames are cut by length. The sum lets one wrong
frame of 256 pass; a tag's notice also carries the check that the tag sent through the air.
Source: MagicRF, "R200 user protocol V2.3.3".
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.crc import crc16_genibus
from firmware_bridge.framing.scan import NEEDS_MORE, NO_FRAME, ScanDecoder

MAX_PARAMETERS: Final = 160
"""Bytes: the answer to a read of 32 words by the longest EPC, and room."""
MOST_WORDS: Final = 32
_START, _END = 0xBB, 0x7E
_OVERHEAD = 7
_PASSWORD = bytes(4)
_MASK_OF_EPC = 0x01  # session S0, asserts SL or matches, bank EPC
_EPC_AT_BIT = 32


class FrameType(IntEnum):
    """Who speaks, and whether it was asked."""

    COMMAND = 0x00
    ANSWER = 0x01
    NOTICE = 0x02


class R200Command(IntEnum):
    """The commands that are used here."""

    VERSION = 0x03
    SELECT = 0x0C
    SELECT_MODE = 0x12
    SINGLE_POLL = 0x22
    MULTI_POLL = 0x27
    STOP = 0x28
    READ = 0x39
    WRITE = 0x49
    SET_POWER = 0xB6
    GET_POWER = 0xB7
    ERROR = 0xFF


class R200Error(IntEnum):
    """The first parameter of an answer with the command ERROR."""

    NO_TAG_TO_READ = 0x09
    NO_TAG_TO_WRITE = 0x10
    NO_TAG = 0x15
    BAD_PASSWORD = 0x16
    BAD_COMMAND = 0x17


@dataclass(frozen=True, slots=True)
class R200Frame:
    """A frame: of which type, about which command, with what."""

    type: int
    command: int
    parameters: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the bytes on the wire. Raises FrameError for over MAX_PARAMETERS bytes."""
        if len(self.parameters) > MAX_PARAMETERS:
            raise FrameError(
                f"a frame holds up to {MAX_PARAMETERS} bytes, not {len(self.parameters)}"
            )
        body = bytes([self.type, self.command]) + len(self.parameters).to_bytes(2, "big")
        body += self.parameters
        return bytes([_START]) + body + bytes([sum(body) & 0xFF, _END])

    @classmethod
    def from_bytes(cls, frame: bytes) -> "R200Frame":
        """Return the frame that the decoder told."""
        return cls(frame[1], frame[2], frame[5:-2])


@dataclass(frozen=True, slots=True)
class R200Tag:
    """One read of a tag: how strong, and its EPC."""

    epc: bytes
    rssi_dbm: int


def yrm100_decoder() -> ScanDecoder:
    """Return a decoder of frames in both directions."""
    return ScanDecoder(_measure, _is_sound, max_frame=MAX_PARAMETERS + _OVERHEAD)


def encode_command(command: R200Command, parameters: bytes = b"") -> bytes:
    """Return the frame of a command. Raises FrameError for over MAX_PARAMETERS bytes."""
    return R200Frame(FrameType.COMMAND, command, parameters).to_bytes()


def multi_poll(rounds: int) -> bytes:
    """Return the command that looks for tags `rounds` times, 1 to 65535, or until stopped."""
    return encode_command(R200Command.MULTI_POLL, b"\x22" + rounds.to_bytes(2, "big"))


def decode_tag(parameters: bytes) -> R200Tag:
    """Return the tag of a notice. Raises FrameError when it fails the air's check."""
    rssi, pc, epc, check = parameters[:1], parameters[1:3], parameters[3:-2], parameters[-2:]
    if len(parameters) < 5 or crc16_genibus(pc + epc) != int.from_bytes(check, "big"):
        raise FrameError("a notice of a tag fails the check that the tag sent")
    return R200Tag(epc, int.from_bytes(rssi, "big", signed=True))


def encode_tag(tag: R200Tag, pc: int) -> bytes:
    """Return the parameters of a notice."""
    checked = pc.to_bytes(2, "big") + tag.epc
    rssi = tag.rssi_dbm.to_bytes(1, "big", signed=True)
    return rssi + checked + crc16_genibus(checked).to_bytes(2, "big")


def encode_select(epc: bytes) -> bytes:
    """Return the command after which reads and writes mean the tag with this EPC."""
    head = bytes([_MASK_OF_EPC]) + _EPC_AT_BIT.to_bytes(4, "big")
    return encode_command(R200Command.SELECT, head + bytes([8 * len(epc) & 0xFF, 0]) + epc)


def decode_select(parameters: bytes) -> bytes:
    """Return the EPC of such a command. Raises FrameError."""
    if len(parameters) < 7:
        raise FrameError(f"a selection has {len(parameters)} bytes")
    return parameters[7:]


def encode_read(bank: int, first: int, count: int) -> bytes:
    """Return the command that reads words of the selected tag."""
    where = bytes([bank]) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    return encode_command(R200Command.READ, _PASSWORD + where)


def encode_write(bank: int, first: int, content: bytes) -> bytes:
    """Return the command that writes words of the selected tag."""
    where = bytes([bank]) + first.to_bytes(2, "big") + (len(content) // 2).to_bytes(2, "big")
    return encode_command(R200Command.WRITE, _PASSWORD + where + content)


def decode_access(parameters: bytes) -> tuple[int, int, int, bytes]:
    """Return (bank, first, count, content) of a command to read or write. Raises FrameError."""
    if len(parameters) < 9:
        raise FrameError(f"a command to a tag's memory has {len(parameters)} bytes")
    first, count = (int.from_bytes(parameters[at : at + 2], "big") for at in (5, 7))
    return parameters[4], first, count, parameters[9:]


def decode_accessed(parameters: bytes) -> tuple[bytes, bytes]:
    """Return (EPC, content) of an answer to a read or write. Raises FrameError."""
    length = parameters[0] if parameters else 0
    if length < 2 or len(parameters) < 1 + length:
        raise FrameError("an answer of a tag does not say which tag it is")
    return parameters[3 : 1 + length], parameters[1 + length :]


def encode_accessed(epc: bytes, pc: int, content: bytes) -> bytes:
    """Return the parameters of such an answer."""
    return bytes([2 + len(epc)]) + pc.to_bytes(2, "big") + epc + content


def _measure(buffer: bytearray) -> int:
    if buffer[0] != _START or (len(buffer) > 1 and buffer[1] not in _TYPES):
        return NO_FRAME
    if len(buffer) > 2 and buffer[2] not in _COMMANDS:
        return NO_FRAME
    if len(buffer) < 5:
        return NEEDS_MORE
    return int.from_bytes(buffer[3:5], "big") + _OVERHEAD


def _is_sound(frame: bytes) -> bool:
    return frame[-1] == _END and sum(frame[1:-2]) & 0xFF == frame[-2]


_TYPES = frozenset(FrameType)
_COMMANDS = frozenset(R200Command)
