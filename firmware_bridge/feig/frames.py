"""The frames of FEIG OBID i-scan readers, in both of their forms.

      standard  │ LEN │ ADR │ CMD │ [STATUS] │ data │ CRC low │ CRC high │        5 to 255 bytes
      advanced  │ 02 │ LEN high │ LEN low │ ADR │ CMD │ [STATUS] │ data │ CRC low │ CRC high │

LEN counts the whole frame, STATUS is in answers only. The CRC is MCRF4XX over all before it. No
standard frame has 2 bytes, so a 02 in front always means the advanced form. A reader answers in
the form in which it was asked, but what is longer than 255 bytes always in the advanced one.
Source: FEIG manuals H01000 (ID ISC.MR/PR100), H40801 (MR200), H90202 (LRU3000).
"""

from collections.abc import Iterator

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import crc16_mcrf4xx

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


class FeigDecoder:
    """Cuts a stream into the contents of frames whose check is right; never raises, bounded.

    Nothing marks where a frame begins: where the check is wrong, the next byte is tried. So noise
    can look like the head of a long frame and hold back what follows: call `gap` when the line was
    silent. `corrupt_frames` counts the runs of bytes that were no frame.
    """

    def __init__(self) -> None:
        self.corrupt_frames = 0
        self._buffer = bytearray()
        self._is_lost = False

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame; never more than MOST_BYTES."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the contents that this chunk completes; the chunk is taken in at the call."""
        contents: list[bytes] = []
        # By pieces, so that the buffer stays bounded whatever is fed at once.
        for start in range(0, len(chunk), MOST_STANDARD):
            self._buffer += chunk[start : start + MOST_STANDARD]
            contents += self._cut()
        return iter(contents)

    def gap(self) -> Iterator[bytes]:
        """Return the contents behind a head whose frame did not come; the buffer is then empty."""
        contents: list[bytes] = []
        while self._buffer:
            self._skip_byte()
            contents += self._cut()
        return iter(contents)

    def _cut(self) -> list[bytes]:
        contents = []
        while (size := self._size()) is not None:
            if size == 0:
                self._skip_byte()
                continue
            if len(self._buffer) < size:
                break
            frame = bytes(self._buffer[:size])
            check = int.from_bytes(frame[-_CRC_BYTES:], "little")
            if crc16_mcrf4xx(frame[:-_CRC_BYTES]) != check:
                self._skip_byte()
                continue
            contents.append(frame[3 if frame[0] == STX else 1 : -_CRC_BYTES])
            del self._buffer[:size]
            self._is_lost = False
        return contents

    def _size(self) -> int | None:
        """Return the size that the head tells: 0 for none, None while it is not there."""
        if not self._buffer:
            return None
        if self._buffer[0] != STX:
            return self._buffer[0] if self._buffer[0] >= _LEAST_STANDARD else 0
        if len(self._buffer) < 3:
            return None
        size = int.from_bytes(self._buffer[1:3], "big")
        return size if _LEAST_ADVANCED <= size <= MOST_BYTES else 0

    def _skip_byte(self) -> None:
        self.corrupt_frames += not self._is_lost
        self._is_lost = True
        del self._buffer[0]
