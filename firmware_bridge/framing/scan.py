"""Cutting START + length formats out of a stream: by length and check, never by delimiters.

      5A 41 BB BB 02 22 00 11 … CK 7E 00
      └────┬───┘ └─────────┬────────┘ └ filler: legal between frames
           │               └ sound: told
           └ noise, given up byte by byte; a start byte in it may claim what follows

The trap of such formats: a start byte in noise, with the length behind it, holds back good frames
until as many bytes have come. A candidate whose check fails gives up its first byte only; `gap`,
called when the line has been silent for longer than a sender pauses within a frame, gives up
whatever waits.
"""

from collections.abc import Callable, Iterator
from typing import Final

NO_FRAME: Final = -1
"""No frame begins with these bytes."""
NEEDS_MORE: Final = -2
"""The bytes so far may begin a frame whose length is not known yet."""

Measure = Callable[[bytearray], int]
"""Bytes, at least one -> the length in bytes of the frame that they begin; or one of the above."""


class ScanDecoder:
    """Cuts a stream into frames; noise is counted, never raised.

    `measure` tells a frame's length, `is_sound` checks a whole frame, `fillers` are bytes that may
    stand between frames. `corrupt_frames` counts runs of other bytes. After a call the buffer holds
    less than `max_frame` bytes; a longer frame is none.
    """

    def __init__(
        self,
        measure: Measure,
        is_sound: Callable[[bytes], bool],
        *,
        max_frame: int,
        fillers: bytes = b"",
    ) -> None:
        self.corrupt_frames = 0
        self._measure = measure
        self._is_sound = is_sound
        self._max_frame = max_frame
        self._fillers = fillers
        self._buffer = bytearray()
        self._is_in_noise = False

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the frames that this chunk completes; it is taken in whole at the call."""
        self._buffer += chunk
        return iter(self._scan())

    def gap(self) -> Iterator[bytes]:
        """Give up what waits for more bytes; return the frames that it held back."""
        frames = []
        while self._buffer:
            self._give_up()
            frames += self._scan()
        return iter(frames)

    def _scan(self) -> list[bytes]:
        frames = []
        while self._buffer:
            length = self._measure(self._buffer)
            if length == NEEDS_MORE or len(self._buffer) < length <= self._max_frame:
                break
            frame = bytes(self._buffer[: max(length, 0)])
            if 0 < length <= self._max_frame and self._is_sound(frame):
                del self._buffer[:length]
                self._is_in_noise = False
                frames.append(frame)
            else:
                self._give_up()
        return frames

    def _give_up(self) -> None:
        if self._buffer[0] not in self._fillers and not self._is_in_noise:
            self._is_in_noise = True
            self.corrupt_frames += 1
        del self._buffer[0]
