"""The frames of FEIG OBID i-scan readers, in both of their forms.

      standard  │ LEN │ ADR │ CMD │ [STATUS] │ data │ CRC low │ CRC high │        5 to 255 bytes
      advanced  │ 02 │ LEN high │ LEN low │ ADR │ CMD │ [STATUS] │ data │ CRC low │ CRC high │

LEN counts the whole frame, STATUS is in answers only. The CRC is MCRF4XX over all before it. No
standard frame has 2 bytes, so a 02 in front always means the advanced form. A reader answers in
the form in which it was asked, but what is longer than 255 bytes always in the advanced one.
Source: FEIG manuals H01000 (ID ISC.MR/PR100), H40801 (MR200), H90202 (LRU3000).
"""

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import crc16_mcrf4xx
from firmware_bridge.framing.scan import NEEDS_MORE, NO_FRAME, ScanDecoder

STX = 0x02
MOST_STANDARD = 255
MOST_BYTES = 1024
"""A length above this is taken for noise: no answer to our commands is as long."""
_LEAST_STANDARD, _LEAST_ADVANCED = 5, 7
_CRC_BYTES = 2


def encode_frame(content: bytes, *, is_advanced: bool = False) -> bytes:
    """Return the frame of ADR, CMD and data; in the advanced form when it is long.

    Raises FrameError for a content that no frame holds.
    """
    if len(content) < 2:
        raise FrameError("a frame has an address and a command")
    if not is_advanced and len(content) + 1 + _CRC_BYTES <= MOST_STANDARD:
        head = bytes([len(content) + 1 + _CRC_BYTES])
    else:
        size = len(content) + 3 + _CRC_BYTES
        if size > MOST_BYTES:
            raise FrameError(f"a frame of {size} bytes is too long: {MOST_BYTES} are the most")
        head = bytes([STX]) + size.to_bytes(2, "big")
    return head + content + crc16_mcrf4xx(head + content).to_bytes(_CRC_BYTES, "little")


def frame_decoder() -> ScanDecoder:
    """Return a decoder of a stream into frames whose check is right.

    Nothing marks where a frame begins, so noise can look like the head of a long one: call `gap`
    when the line was silent.
    """
    return ScanDecoder(_measure, _is_sound, max_frame=MOST_BYTES)


def content_of(frame: bytes) -> bytes:
    """Return what a frame of the decoder carries: ADR, CMD, and what follows."""
    return frame[3 if frame[0] == STX else 1 : -_CRC_BYTES]


def _measure(buffer: bytearray) -> int:
    if buffer[0] != STX:
        return buffer[0] if buffer[0] >= _LEAST_STANDARD else NO_FRAME
    if len(buffer) < 3:
        return NEEDS_MORE
    size = int.from_bytes(buffer[1:3], "big")
    return size if size >= _LEAST_ADVANCED else NO_FRAME


def _is_sound(frame: bytes) -> bool:
    return crc16_mcrf4xx(frame[:-_CRC_BYTES]) == int.from_bytes(frame[-_CRC_BYTES:], "little")
