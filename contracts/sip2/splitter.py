"""Bytes as they come from a line, into the lines that they are. Pure.

    any chunks  ──feed──►  lines without terminators, no empty ones

CR, LF and CR LF all end a line. What stands before a line and is no text (NUL, blanks, the rest of
a terminator) is skipped. In none of the encodings is the byte of CR or LF a part of another
character, so that lines can be parted before they are decoded.
"""

import re
from typing import Final

from contracts.sip2.line import MOST_LINE_BYTES

_END: Final = re.compile(rb"[\r\n]+")
_JUNK: Final = bytes(range(0x21)) + b"\x7f\xff"


class LineSplitter:
    """Parts a stream of bytes into lines; holds one line of `most_bytes` at the most."""

    def __init__(self, most_bytes: int = MOST_LINE_BYTES) -> None:
        self.overlong = 0
        """Lines that were too long, and are thrown away up to their end."""
        self._most = most_bytes
        self._begun = bytearray()
        self._is_skipping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes; return the lines that they end."""
        lines = []
        start = 0
        for end in _END.finditer(chunk):
            line = self._ended(chunk[start : end.start()])
            if line:
                lines.append(line)
            start = end.end()
        self._add(chunk[start:])
        return lines

    @property
    def begun(self) -> int:
        """Return how many bytes of a line wait for its end."""
        return len(self._begun)

    def _ended(self, piece: bytes) -> bytes:
        self._add(piece)
        line = bytes(self._begun).lstrip(_JUNK).rstrip(b"\x00")
        is_skipped = self._is_skipping
        self._begun.clear()
        self._is_skipping = False
        return b"" if is_skipped else line

    def _add(self, piece: bytes) -> None:
        if self._is_skipping:
            return
        if not self._begun:
            piece = piece.lstrip(_JUNK)
        if len(self._begun) + len(piece) > self._most:
            self.overlong += 1
            self._begun.clear()
            self._is_skipping = True
        else:
            self._begun += piece
