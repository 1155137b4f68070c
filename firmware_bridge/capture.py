"""Recorded lines: what a port really said, with its pace, as text that a person can diff.

One chunk a line: seconds since the start, a blank, the bytes in hexadecimal. `>` before the bytes
marks what the host said; `#` starts a comment.

      # kaiguan capture 1
      0.000 > 04ff211995
      0.013 0d002100...
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from firmware_bridge.errors import DeviceNotFound, FrameError
from firmware_bridge.transport import Transport

HEADER = "# kaiguan capture 1"


_HOST_MARK = "> "


def encode_line(elapsed_seconds: float, chunk: bytes, *, is_host: bool = False) -> str:
    """Return one line without its end."""
    return f"{elapsed_seconds:.3f} {_HOST_MARK if is_host else ''}{chunk.hex()}"


def decode_lines(text: str) -> Iterator[tuple[float, bytes]]:
    """Yield (seconds, chunk) of what the device said. Raises FrameError that names the line."""
    for elapsed, chunk, is_host in decode_talk(text):
        if not is_host:
            yield elapsed, chunk


def decode_talk(text: str) -> Iterator[tuple[float, bytes, bool]]:
    """Yield (seconds, chunk, whether the host said it) of each line. Raises FrameError as above."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        elapsed, _, digits = line.partition(" ")
        is_host = digits.startswith(_HOST_MARK)
        try:
            yield float(elapsed), bytes.fromhex(digits.removeprefix(_HOST_MARK)), is_host
        except ValueError as error:
            # What cannot be read as a number is quoted whole by Python.
            reason = str(error)[:200]
            raise FrameError(f"line {number} of the capture is damaged: {reason}") from error


class ReplayTransport:
    """A Transport that plays a capture as fast as it is read. The URL is the file's path.

    What a device answered comes once it has been asked as often as it was when it was recorded.
    """

    def __init__(self, url: str, **line: object) -> None:
        del line  # a recording has no baud rate
        self._path = Path(url)
        self._talk: Iterator[tuple[float, bytes, bool]] = iter(())
        self._asked = asyncio.Semaphore(0)
        self._waits_for_host = False

    async def __aenter__(self) -> Self:
        try:
            text = self._path.read_text(encoding="ascii")
        except OSError as error:
            raise DeviceNotFound(
                f"no capture can be read at {self._path}: {error.strerror}"
            ) from error
        except ValueError as error:
            raise FrameError(f"{self._path} is no capture: it is not plain text") from error
        self._talk = self._named(text)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._talk = iter(())

    def _named(self, text: str) -> Iterator[tuple[float, bytes, bool]]:
        try:
            yield from decode_talk(text)
        except FrameError as error:
            raise FrameError(f"{self._path}: {error}") from error

    async def read(self) -> bytes:
        """Return the next chunk; b"" at the end."""
        while True:
            if self._waits_for_host:
                await self._asked.acquire()
                self._waits_for_host = False
            _, chunk, self._waits_for_host = next(self._talk, (0.0, b"", False))
            if not self._waits_for_host:
                return chunk

    async def write(self, data: bytes) -> None:
        """Note that the device was asked; what was asked is not compared."""
        del data
        self._asked.release()


class RecordingTransport:
    """A Transport that writes down what another one carries, both ways, with its pace.

    Made in a running loop; its time begins then.
    """

    def __init__(self, inner: Transport, lines: TextIO) -> None:
        self._inner = inner
        self._lines = lines
        self._started_at = asyncio.get_running_loop().time()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)

    async def read(self) -> bytes:
        """Return the next bytes; see Transport."""
        chunk = await self._inner.read()
        self._write_down(chunk)
        return chunk

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device; see Transport."""
        self._write_down(data, is_host=True)
        await self._inner.write(data)

    def _write_down(self, chunk: bytes, *, is_host: bool = False) -> None:
        elapsed = asyncio.get_running_loop().time() - self._started_at
        self._lines.write(encode_line(elapsed, chunk, is_host=is_host) + "\n")
        self._lines.flush()
