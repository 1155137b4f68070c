"""The frames of an NXP PN532 on its high-speed UART: 115200 8N1.

      00 │ 00 FF │ LEN LCS │ TFI  data … │ DCS │ 00      LEN = TFI and data, LEN + LCS = 0 mod 256
         │ start │         └─ D4 to it, D5 from it; TFI + data + DCS = 0 mod 256
      00 00 FF 00 FF 00        acknowledgement
      00 00 FF 01 FF 7F 81 00  it did not understand

Bytes of zero may stand before and after a frame. Frames of more than 255 bytes exist, and no
command that is used here has one. Source: NXP, PN532 User Manual UM0701-02, sections 6.2.1 and 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.scan import NEEDS_MORE, NO_FRAME, ScanDecoder

ACK: Final = bytes.fromhex("0000ff00ff00")
NOT_UNDERSTOOD: Final = bytes.fromhex("0000ff01ff7f8100")
# Sixteen bytes at 115200 are 1.4 ms: time enough for its oscillator.
WAKE: Final = b"\x55\x55" + bytes(14)
MAX_DATA: Final = 254
_START = b"\x00\x00\xff"
_OVERHEAD = 7  # start (3), LEN, LCS, DCS, 00
_TO_READER, _FROM_READER = 0xD4, 0xD5
_ISO14443A_106 = 0x00
_RANDOM_ID = 0x08
_HAS_ATS = 0x20
MOST_TARGETS: Final = 2
"""As many cards it can hold at once."""


class Pn532Command(IntEnum):
    """Commands; an answer's code is one more."""

    GET_FIRMWARE_VERSION = 0x02
    SAM_CONFIGURATION = 0x14
    RF_CONFIGURATION = 0x32
    IN_LIST_PASSIVE_TARGET = 0x4A


@dataclass(frozen=True, slots=True)
class Target:
    """A card of ISO/IEC 14443 type A: its UID (4, 7 or 10 bytes), ATQA and SAK."""

    uid: bytes
    atqa: int
    sak: int

    @property
    def has_random_uid(self) -> bool:
        """Whether the UID is made up at each meeting, as phones and passports do: no card's."""
        return len(self.uid) == 4 and self.uid[0] == _RANDOM_ID


def pn532_decoder() -> ScanDecoder:
    """Return a decoder of frames in both directions, acknowledgements among them."""
    return ScanDecoder(_measure, _is_sound, max_frame=MAX_DATA + 1 + _OVERHEAD, fillers=b"\x00\x55")


def encode_command(command: Pn532Command, parameters: bytes = b"") -> bytes:
    """Return the frame that asks the reader. Raises FrameError for over 253 bytes."""
    return _encode(_TO_READER, bytes([command]) + parameters)


def encode_answer(command: Pn532Command, data: bytes = b"") -> bytes:
    """Return the frame with which the reader answers a command. Raises FrameError as above."""
    return _encode(_FROM_READER, bytes([command + 1]) + data)


def decode_command(frame: bytes) -> tuple[int, bytes] | None:
    """Return (command, parameters) of a frame to the reader, None for any other frame."""
    return _content(frame, _TO_READER)


def decode_answer(frame: bytes, command: Pn532Command) -> bytes | None:
    """Return the data with which the reader answers this command, None for any other frame."""
    content = _content(frame, _FROM_READER)
    return content[1] if content is not None and content[0] == command + 1 else None


def list_passive_targets() -> bytes:
    """Return the command that looks for ISO/IEC 14443 type A cards at 106 kbit/s: two, the most."""
    data = bytes([MOST_TARGETS, _ISO14443A_106])
    return encode_command(Pn532Command.IN_LIST_PASSIVE_TARGET, data)


def encode_targets(targets: Sequence[Target]) -> bytes:
    """Return the data of an answer that tells cards; those of ISO/IEC 14443-4 with an empty ATS."""
    told = bytes([len(targets)])
    for number, target in enumerate(targets, 1):
        told += bytes([number]) + target.atqa.to_bytes(2, "big")
        told += bytes([target.sak, len(target.uid)]) + target.uid
        told += b"\x01" if target.sak & _HAS_ATS else b""
    return told


def decode_targets(data: bytes) -> tuple[Target, ...]:
    """Return the cards of an answer to list_passive_targets.

    Raises FrameError for data that are too short for what they announce.
    """
    if not data or data[0] > MOST_TARGETS:
        raise FrameError(f"no number of cards in the answer {data.hex(' ')}")
    found, rest = [], data[1:]
    for _ in range(data[0]):
        uid = rest[5 : 5 + rest[4]] if len(rest) > 5 else b""
        if len(uid) not in {4, 7, 10} or len(uid) != rest[4]:
            raise FrameError(f"no card id of 4, 7 or 10 bytes in the answer {data.hex(' ')}")
        found.append(Target(uid, int.from_bytes(rest[1:3], "big"), rest[3]))
        rest = rest[5 + len(uid) :]
        if found[-1].sak & _HAS_ATS:
            # What a card of ISO/IEC 14443-4 can do; its first byte counts itself.
            rest = rest[max(1, rest[0]) if rest else 0 :]
    return tuple(found)


def _encode(direction: int, data: bytes) -> bytes:
    if len(data) > MAX_DATA:
        raise FrameError(f"a frame holds up to {MAX_DATA} bytes, not {len(data)}")
    content = bytes([direction]) + data
    length = len(content)
    return _START + bytes([length, -length & 0xFF]) + content + bytes([-sum(content) & 0xFF, 0x00])


def _content(frame: bytes, direction: int) -> tuple[int, bytes] | None:
    content = frame[5:-2]
    if len(content) < 2 or content[0] != direction:
        return None
    return content[1], content[2:]


def _measure(buffer: bytearray) -> int:
    if not _START.startswith(buffer[:3]):
        return NO_FRAME
    if len(buffer) < 5:
        return NEEDS_MORE
    length, check = buffer[3], buffer[4]
    if (length, check) == (0x00, 0xFF):
        return len(ACK)
    return length + _OVERHEAD if length and (length + check) & 0xFF == 0 else NO_FRAME


def _is_sound(frame: bytes) -> bool:
    if frame in {ACK, NOT_UNDERSTOOD}:
        return True
    is_known = frame[5] in {_TO_READER, _FROM_READER} and frame[-1] == 0
    return is_known and sum(frame[5:-1]) & 0xFF == 0
