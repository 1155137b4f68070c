"""A checked frame: content and its CRC, stuffed, ended by 0x00.

      ┌──────────── COBS ─────────────┐
      │ content (1..250) │ CRC16 (2)  │ 00
      └───────────────────────────────┘
                           high byte first, over the content

Content is limited so that content and CRC fit in one COBS block: the overhead is always
4 bytes, and a board needs one buffer of 254 bytes.
"""

from collections.abc import Iterator

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.cobs import CobsDecoder, cobs_encode
from firmware_bridge.framing.crc import crc16

MAX_CONTENT = 250
_CRC_BYTES = 2
_MAX_ENCODED = MAX_CONTENT + _CRC_BYTES + 1


def encode_frame(content: bytes) -> bytes:
    """Return the bytes on the wire, the delimiter included.

    Raises FrameError for an empty content or one over MAX_CONTENT bytes.
    """
    if not 1 <= len(content) <= MAX_CONTENT:
        raise FrameError(f"a frame holds 1 to {MAX_CONTENT} bytes, not {len(content)}")
    return cobs_encode(content + crc16(content).to_bytes(_CRC_BYTES, "big")) + b"\x00"


class FrameDecoder:
    """Cuts a stream into the contents of frames whose check is right; never raises, bounded."""

    def __init__(self) -> None:
        self._packets = CobsDecoder(_MAX_ENCODED)
        self._failed_checks = 0

    @property
    def corrupt_frames(self) -> int:
        """Runs between delimiters that were no frame. One at opening in mid-frame is normal."""
        return self._packets.corrupt_frames + self._failed_checks

    @property
    def buffered(self) -> int:
        """How many bytes wait for their delimiter; at most 253."""
        return self._packets.buffered

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the contents that this chunk completes; the chunk is taken in at the call."""
        contents = []
        for packet in self._packets.feed(chunk):
            content, check = packet[:-_CRC_BYTES], packet[-_CRC_BYTES:]
            if content and crc16(content) == int.from_bytes(check, "big"):
                contents.append(content)
            else:
                self._failed_checks += 1
        return iter(contents)
