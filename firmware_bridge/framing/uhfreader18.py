"""The frames of a UHFReader18 (Chafon CF-RU5102 and many desk and gate readers): 57600 8N1.

      LEN │ ADR │ CMD │ data …          │ CRC      request; ADR FF is any reader
      LEN │ ADR │ CMD │ STATUS │ data … │ CRC      answer
       │                                  └ CRC-16/MCRF4XX of all before, low byte first
       └ bytes behind it

No byte marks a start, so any byte of noise may claim up to 255 others: a command that is not asked
for here is no frame. Source: Chafon, "UHF RFID Reader UHFReader18 User's Manual V2.0".
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.crc import crc16_mcrf4xx
from firmware_bridge.framing.scan import NEEDS_MORE, NO_FRAME, ScanDecoder

ANY_ADDRESS: Final = 0xFF
MOST_WORDS: Final = 32
"""Words of a tag's memory in one request: frames stay short, and a bad line repeats little."""
_SHORTEST = 4  # ADR, CMD, CRC
_MOST_DATA = 250
_PASSWORD = bytes(4)
_CRC_BYTES = 2


class UhfCommand(IntEnum):
    """The commands that are used here."""

    INVENTORY = 0x01
    READ = 0x02
    WRITE = 0x03
    WRITE_EPC = 0x04
    READER_INFO = 0x21
    SET_SCAN_TIME = 0x25
    SET_POWER = 0x2F


class UhfStatus(IntEnum):
    """What an answer says of its request."""

    OK = 0x00
    FINISHED = 0x01
    TIME_OVER = 0x02
    MORE_DATA = 0x03
    FLASH_FULL = 0x04
    BAD_PASSWORD = 0x05
    NOT_SUPPORTED = 0x0B
    NOT_SAVED = 0x13
    EXECUTION = 0xF9
    POOR_COMMUNICATION = 0xFA
    NO_TAG = 0xFB
    TAG_ERROR = 0xFC
    WRONG_LENGTH = 0xFD
    ILLEGAL_COMMAND = 0xFE
    BAD_PARAMETER = 0xFF


@dataclass(frozen=True, slots=True)
class UhfAnswer:
    """An answer: who, to which command, with what."""

    address: int
    command: int
    status: int
    data: bytes


@dataclass(frozen=True, slots=True)
class UhfReaderInfo:
    """What the reader says of itself; `scan_time` in tenths of a second."""

    firmware: str
    power_dbm: int
    scan_time: int


def uhfreader18_decoder() -> ScanDecoder:
    """Return a decoder of frames in both directions."""
    return ScanDecoder(_measure, _is_sound, max_frame=256)


def encode_request(command: UhfCommand, data: bytes = b"", *, address: int = ANY_ADDRESS) -> bytes:
    """Return the frame of a request. Raises FrameError for over 250 bytes of data."""
    return _encode(bytes([address, command]) + data)


def encode_answer(answer: UhfAnswer) -> bytes:
    """Return the frame of an answer. Raises FrameError as above."""
    return _encode(bytes([answer.address, answer.command, answer.status]) + answer.data)


def decode_request(frame: bytes) -> tuple[int, int, bytes]:
    """Return (address, command, data) of a frame that the decoder told."""
    return frame[1], frame[2], frame[3:-_CRC_BYTES]


def decode_answer(frame: bytes) -> UhfAnswer | None:
    """Return the answer of a frame that the decoder told, None when it has no status."""
    if len(frame) < _SHORTEST + 2:
        return None
    return UhfAnswer(frame[1], frame[2], frame[3], frame[4:-_CRC_BYTES])


def encode_read(epc: bytes, bank: int, first: int, count: int) -> bytes:
    """Return the data of a request that reads words of the tag with this EPC."""
    return bytes([len(epc) // 2]) + epc + bytes([bank, first, count]) + _PASSWORD


def decode_read(data: bytes) -> tuple[bytes, int, int, int]:
    """Return (EPC, bank, first, count) of such a request. Raises FrameError."""
    end = 1 + 2 * data[0] if data else 0
    if len(data) != end + 3 + len(_PASSWORD):
        raise FrameError(f"a request to read words has {len(data)} bytes of data")
    return data[1:end], data[end], data[end + 1], data[end + 2]


def encode_write(epc: bytes, bank: int, first: int, content: bytes) -> bytes:
    """Return the data of a request that writes words of the tag with this EPC."""
    head = bytes([len(content) // 2, len(epc) // 2]) + epc
    return head + bytes([bank, first]) + content + _PASSWORD


def decode_write(data: bytes) -> tuple[bytes, int, int, bytes]:
    """Return (EPC, bank, first, content) of such a request. Raises FrameError."""
    end = 2 + 2 * data[1] if len(data) > 1 else 0
    if not end or len(data) != end + 2 + 2 * data[0] + len(_PASSWORD):
        raise FrameError(f"a request to write words has {len(data)} bytes of data")
    return data[2:end], data[end], data[end + 1], data[end + 2 : -len(_PASSWORD)]


def encode_write_epc(epc: bytes) -> bytes:
    """Return the data of a request that gives the one tag in the field this EPC."""
    return bytes([len(epc) // 2]) + _PASSWORD + epc


def decode_epcs(data: bytes) -> list[bytes]:
    """Return the EPCs of an answer to an inventory. Raises FrameError when it is cut short."""
    epcs = []
    at = 1
    for _ in range(data[0] if data else 0):
        end = at + 1 + data[at] if at < len(data) else 0
        if not at < end <= len(data):
            raise FrameError("an inventory announces more tags than it holds")
        epcs.append(data[at + 1 : end])
        at = end
    return epcs


def encode_epcs(epcs: list[bytes]) -> bytes:
    """Return the data of an answer to an inventory."""
    return bytes([len(epcs)]) + b"".join(bytes([len(epc)]) + epc for epc in epcs)


def decode_info(data: bytes) -> UhfReaderInfo:
    """Return what the reader says of itself. Raises FrameError for another length than 8."""
    if len(data) != 8:
        raise FrameError(f"the reader's description has {len(data)} bytes, not 8")
    return UhfReaderInfo(f"{data[0]}.{data[1]}", power_dbm=data[6], scan_time=data[7])


def _encode(content: bytes) -> bytes:
    if len(content) > _MOST_DATA:
        raise FrameError(f"a frame holds up to {_MOST_DATA} bytes, not {len(content)}")
    body = bytes([len(content) + _CRC_BYTES]) + content
    return body + crc16_mcrf4xx(body).to_bytes(_CRC_BYTES, "little")


def _measure(buffer: bytearray) -> int:
    if buffer[0] < _SHORTEST:
        return NO_FRAME
    if len(buffer) < 3:
        return NEEDS_MORE
    return buffer[0] + 1 if buffer[2] in _COMMANDS else NO_FRAME


def _is_sound(frame: bytes) -> bool:
    return crc16_mcrf4xx(frame[:-_CRC_BYTES]) == int.from_bytes(frame[-_CRC_BYTES:], "little")


_COMMANDS = frozenset(UhfCommand)
