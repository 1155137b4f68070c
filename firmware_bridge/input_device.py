"""A keyboard that only we hear: /dev/input/event* as a Transport, without a library.

Grabbed (EVIOCGRAB), its keys reach no console and no browser: what a patron's card says is not
typed into whatever has the focus.
"""

import asyncio
import errno
import fcntl
import os
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from firmware_bridge.errors import BridgeError, DeviceError, DeviceNotFound

# _IOW('E', 0x90, int) of <linux/input.h>, the same number on all machines that Linux calls generic.
_EVIOCGRAB: Final = 0x40044590
_CHUNK_BYTES: Final = 4096


class InputDevice:
    """A Transport of input events; nothing can be written to it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._descriptor: int | None = None
        self._has_news = asyncio.Event()
        self._was_opened = False

    async def __aenter__(self) -> Self:
        if self._was_opened:
            raise DeviceError(f"{self._url} was opened before: build a new transport")
        try:
            self._descriptor = os.open(self._url, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise _opening_error(self._url, error) from error
        self._was_opened = True
        try:
            fcntl.ioctl(self._descriptor, _EVIOCGRAB, 1)
            asyncio.get_running_loop().add_reader(self._descriptor, self._has_news.set)
        except OSError as error:
            self._close()
            raise _opening_error(self._url, error) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._close()

    async def read(self) -> bytes:
        """Return the next events; see Transport."""
        while self._descriptor is not None:
            self._has_news.clear()
            try:
                chunk = os.read(self._descriptor, _CHUNK_BYTES)
            except BlockingIOError:
                await self._has_news.wait()
                continue
            except OSError as error:
                raise DeviceError(f"{self._url} is gone: the device was unplugged") from error
            if not chunk:
                raise DeviceError(f"{self._url} is gone: it has no more events")
            return chunk
        raise DeviceError(f"{self._url} is not open: enter the transport first")

    async def write(self, data: bytes) -> None:
        """Refuse: a keyboard is not written to."""
        raise DeviceError(f"{self._url} is a keyboard: {len(data)} bytes cannot be sent to it")

    def _close(self) -> None:
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            with suppress(OSError):
                os.close(self._descriptor)  # gives the grab back too
            self._descriptor = None
        self._has_news.set()  # whoever waits is told that it is closed


def _opening_error(url: str, error: Exception) -> BridgeError:
    code = getattr(error, "errno", None)
    if code in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return DeviceNotFound(f"no input device at {url}: plug it in, or look in /dev/input/by-id")
    if code in {errno.EACCES, errno.EPERM}:
        return DeviceError(f"{url} may not be opened: add this user to the group `input`")
    if code == errno.EBUSY:
        return DeviceError(f"{url} is grabbed by another program: close that one first")
    return DeviceError(f"{url} is no input device: give a path of /dev/input/by-id/...-event-kbd")
