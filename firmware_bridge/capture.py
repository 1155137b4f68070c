"""Recorded lines: what a port really said, with its pace, as text that a person can diff.

One chunk a line: seconds since the start, a blank, the bytes in hexadecimal; `#` starts a comment.

      # kaiguan capture 1
      0.000 0001...
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceNotFound, FrameError

HEADER = "# kaiguan capture 1"


def encode_line(elapsed_seconds: float, chunk: bytes) -> str:
    """Return one line without its end."""
    return f"{elapsed_seconds:.3f} {chunk.hex()}"


def decode_lines(text: str) -> Iterator[tuple[float, bytes]]:
    """Yield (seconds, chunk) of each line. Raises FrameError that names the line."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        elapsed, _, digits = line.partition(" ")
        try:
            yield float(elapsed), bytes.fromhex(digits)
        except ValueError as error:
            raise FrameError(f"line {number} of the capture is damaged: {error}") from error


class ReplayTransport:
    """A Transport that plays a capture as fast as it is read. The URL is the file's path."""

    def __init__(self, url: str, **line: object) -> None:
        del line  # a recording has no baud rate
        self._path = Path(url)
        self._chunks: Iterator[tuple[float, bytes]] = iter(())

    async def __aenter__(self) -> Self:
        try:
            text = self._path.read_text(encoding="ascii")
        except OSError as error:
            raise DeviceNotFound(
                f"no capture can be read at {self._path}: {error.strerror}"
            ) from error
        except ValueError as error:
            raise FrameError(f"{self._path} is no capture: it is not plain text") from error
        self._chunks = self._named(text)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._chunks = iter(())

    def _named(self, text: str) -> Iterator[tuple[float, bytes]]:
        try:
            yield from decode_lines(text)
        except FrameError as error:
            raise FrameError(f"{self._path}: {error}") from error

    async def read(self) -> bytes:
        """Return the next chunk; b"" at the end."""
        return next((chunk for _, chunk in self._chunks if chunk), b"")

    async def write(self, data: bytes) -> None:
        """Drop the bytes: a recording does not listen."""
