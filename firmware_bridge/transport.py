"""URL -> bytes. A path, `usb:VID:PID[:SERIAL]` or `socket://host:port`; drivers never know which.

pyserial blocks, so one thread owns the port: it alone opens, reads, writes and closes it, and
hands chunks to the event loop. A pipe wakes it, so that closing never waits for a byte.
"""

import asyncio
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

import serial

from firmware_bridge.errors import BridgeError, DeviceError
from firmware_bridge.lifecycle import Lifecycle
from firmware_bridge.serial_port import close_port, open_port, translate

# The pipe wakes the thread; the timeout only bounds the wait should a wake be lost.
_READ_TIMEOUT_SECONDS = 0.5
_CHUNK_BYTES = 4096
# Five seconds of a full line at 115 200 baud. A consumer that is slower loses the oldest bytes:
# the newest frames hold the newest totals.
_MAX_PENDING_BYTES = 64 * 1024


class Transport(Lifecycle, Protocol):
    """A stream of bytes to and from one device."""

    async def read(self) -> bytes:
        """Return the next bytes, at least one; b"" only at the end of a recording.

        Raises DeviceError once the port has failed and all bytes before that were returned.
        May be cancelled at any time without losing a byte.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device. A port that does not take them fails the next read."""
        ...


class SerialTransport:
    """A Transport over pyserial: 8 data bits, parity "N", "E" or "O"."""

    def __init__(
        self, url: str, *, baudrate: int = 115_200, parity: str = "N", stop_bits: float = 1
    ) -> None:
        self._url = url
        self._baudrate = baudrate
        self._parity = parity
        self._stop_bits = stop_bits
        self._chunks: deque[bytes] = deque()
        self._pending_bytes = 0
        self.dropped_bytes = 0
        self._failure: BridgeError | None = None
        self._to_write: deque[bytes] = deque()
        self._is_closing = threading.Event()
        self._wake_lock = threading.Lock()
        self._wake_writer: int | None = None
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        if self._thread is not None:
            raise DeviceError(f"{self._url} was opened before: build a new transport")
        self._loop = asyncio.get_running_loop()
        self._has_news = asyncio.Event()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._finished = asyncio.Event()
        wake_reader, self._wake_writer = os.pipe()
        self._thread = threading.Thread(
            target=self._run, args=(wake_reader,), name=f"serial[{self._url}]", daemon=True
        )
        self._thread.start()
        try:
            await self._opened
        except asyncio.CancelledError:
            # A connection attempt cannot be broken off; the thread ends by itself within seconds.
            self._is_closing.set()
            raise
        except BridgeError:
            await self._finish()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if self._thread is not None:
            self._is_closing.set()
            self._wake()
            await self._finish()

    async def read(self) -> bytes:
        """Return the next bytes; see Transport."""
        while not self._chunks:
            if self._failure is not None:
                raise self._failure
            if self._thread is None or self._is_closing.is_set():
                raise DeviceError(f"{self._url} is not open: enter the transport first")
            self._has_news.clear()
            await self._has_news.wait()
        chunk = self._chunks.popleft()
        self._pending_bytes -= len(chunk)
        return chunk

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device; see Transport."""
        if self._thread is None or self._is_closing.is_set():
            raise DeviceError(f"{self._url} is not open: enter the transport first")
        self._to_write.append(data)
        self._wake()

    async def _finish(self) -> None:
        await self._finished.wait()
        if self._thread is not None:
            self._thread.join()  # its last act was to say so: this takes no time

    # -- in the loop's thread, called by the other ------------------------------------------------

    def _take(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._pending_bytes += len(chunk)
        while self._pending_bytes > _MAX_PENDING_BYTES:
            dropped = len(self._chunks.popleft())
            self._pending_bytes -= dropped
            self.dropped_bytes += dropped
        self._has_news.set()

    def _fail(self, error: BridgeError) -> None:
        self._failure = error
        self._has_news.set()

    def _report_open(self, error: BridgeError | None) -> None:
        if self._opened.done():
            return  # answered, or nobody waits any more
        if error is None:
            self._opened.set_result(None)
        else:
            self._opened.set_exception(error)

    def _end(self) -> None:
        lost = DeviceError(f"{self._url} was closed")
        self._report_open(lost)
        self._failure = self._failure or lost
        self._has_news.set()
        self._finished.set()

    # -- in the port's thread ---------------------------------------------------------------------

    def _run(self, wake_reader: int) -> None:
        try:
            port = open_port(
                self._url, self._baudrate, parity=self._parity, stop_bits=self._stop_bits
            )
        except BridgeError as error:
            self._post(self._report_open, error)
        else:
            self._post(self._report_open, None)
            try:
                self._pump(port, wake_reader)
            except (OSError, serial.SerialException, TypeError, ValueError) as error:
                # pyserial answers some unplugs with TypeError or ValueError of a closed descriptor.
                failure = translate(self._url, error)
                failure.__cause__ = error
                self._post(self._fail, failure)
            finally:
                close_port(port)
        finally:
            with self._wake_lock:
                os.close(wake_reader)
                if self._wake_writer is not None:
                    os.close(self._wake_writer)
                self._wake_writer = None
            self._post(self._end)

    def _pump(self, port: serial.Serial, wake_reader: int) -> None:
        while not self._is_closing.is_set():
            ready, _, _ = select.select([port.fileno(), wake_reader], [], [], _READ_TIMEOUT_SECONDS)
            if wake_reader in ready:
                os.read(wake_reader, _CHUNK_BYTES)
            while self._to_write and not self._is_closing.is_set():
                port.write(self._to_write.popleft())
            if port.fileno() in ready:
                chunk = port.read(_CHUNK_BYTES)
                if chunk:
                    self._post(self._take, bytes(chunk))

    def _post(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it everyone who would listen
            self._loop.call_soon_threadsafe(call, *arguments)

    def _wake(self) -> None:
        with self._wake_lock:
            if self._wake_writer is not None:
                os.write(self._wake_writer, b"\x00")


def open_transport(
    url: str, *, baudrate: int = 115_200, parity: str = "N", stop_bits: float = 1
) -> Transport:
    """Return the transport of a URL; nothing is opened before it is entered."""
    return SerialTransport(url, baudrate=baudrate, parity=parity, stop_bits=stop_bits)


async def read_until(transport: Transport, deadline: float) -> bytes | None:
    """Return the next bytes, None when there are none by `deadline` of the loop's clock.

    A chunk that waits already is taken even when its consumer was slower than the deadline.
    """
    try:
        async with asyncio.timeout_at(deadline):
            return await transport.read()
    except TimeoutError:
        return None
