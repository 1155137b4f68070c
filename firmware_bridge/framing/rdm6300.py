"""The frames of an RDM6300: a 125 kHz card reader that speaks by itself, 9600 8N1.

      02 │ 10 digits: version (2), number (8) │ 2 digits: XOR of the five bytes │ 03
         └───────── upper-case hexadecimal, as ASCII characters ─────────────┘

The frame repeats while a card is held to the antenna. Source: the module's data sheet.
"""

from functools import reduce
from operator import xor
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.scan import NO_FRAME, ScanDecoder

FRAME_BYTES: Final = 14
CARD_DIGITS: Final = 10
_START, _END = 0x02, 0x03
_DIGITS = frozenset(b"0123456789ABCDEF")
# Some makers end a line as a terminal would.
_FILLERS = b"\r\n"


def rdm6300_decoder() -> ScanDecoder:
    """Return a decoder of this reader's frames."""
    return ScanDecoder(_measure, _is_sound, max_frame=FRAME_BYTES, fillers=_FILLERS)


def encode_card(card_id: str) -> bytes:
    """Return the frame of a card id of 10 upper-case hexadecimal digits. Raises FrameError."""
    if len(card_id) != CARD_DIGITS or not _DIGITS.issuperset(card_id.encode()):
        raise FrameError(f"{card_id!r} is not a card id of {CARD_DIGITS} hexadecimal digits")
    check = reduce(xor, bytes.fromhex(card_id))
    return b"\x02" + f"{card_id}{check:02X}".encode("ascii") + b"\x03"


def decode_card(frame: bytes) -> str:
    """Return the card id of a frame that rdm6300_decoder told."""
    return frame[1 : 1 + CARD_DIGITS].decode("ascii")


def printed_number(card_id: str) -> str:
    """Return what is printed on the card: its lower four bytes as 10 decimal digits."""
    return f"{int.from_bytes(bytes.fromhex(card_id)[1:], 'big'):010d}"


def _measure(buffer: bytearray) -> int:
    # Anything but digits behind a start byte tells at once that it was none.
    if buffer[0] != _START or not _DIGITS.issuperset(buffer[1 : FRAME_BYTES - 1]):
        return NO_FRAME
    return FRAME_BYTES


def _is_sound(frame: bytes) -> bool:
    return frame[-1] == _END and reduce(xor, bytes.fromhex(frame[1:-1].decode("ascii"))) == 0
