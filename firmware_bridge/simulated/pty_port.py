"""The far end of a serial cable: a pty whose near end any program opens as a serial port."""

import asyncio
import os
import pty
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError

# A UART does not wait for anybody: what no one reads within this time is lost.
_PATIENCE_SECONDS = 0.2
_CHUNK_BYTES = 4096


class PtyPort:
    """A pty, with a symlink to it when `link` is given.

    `unplug` and `plug` (a new pty under the same link) may follow each other as on a real bus.
    """

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._master: int | None = None
        self._slave: int | None = None
        self._path = ""
        self._is_stalled = False
        self._ready = asyncio.Event()
        self.dropped_bytes = 0

    @property
    def path(self) -> str:
        """What to open: the link if there is one, else the pty."""
        return str(self._link) if self._link else self._path

    async def __aenter__(self) -> Self:
        self.plug()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self.unplug()

    def plug(self) -> None:
        """Make the pty and its link. Raises DeviceError when something else is at the link."""
        self.unplug()
        if self._link and self._link.exists() and not self._link.is_symlink():
            raise DeviceError(f"{self._link} exists and is no link: choose another path")
        master, slave = pty.openpty()
        # Without raw mode the pty would echo the board's bytes back to it.
        tty.setraw(slave)
        os.set_blocking(master, False)
        # The slave stays open here, so that the master lives on while no program has the port.
        self._master, self._slave, self._path = master, slave, os.ttyname(slave)
        self._is_stalled = False
        if self._link:
            try:
                _replace_link(self._link, self._path)
            except OSError as error:
                self.unplug()
                raise DeviceError(
                    f"no link can be made at {self._link}: {error.strerror}"
                ) from error

    def unplug(self) -> None:
        """Take the port away under whoever has it open; harmless when it is not there."""
        if self._master is None or self._slave is None:
            return
        if self._link and self._link.is_symlink() and self._link.readlink() == Path(self._path):
            self._link.unlink()
        asyncio.get_running_loop().remove_reader(self._master)
        asyncio.get_running_loop().remove_writer(self._master)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = None
        self._ready.set()

    async def read(self) -> bytes:
        """Return the next bytes of the host; b"" when the port is unplugged."""
        loop = asyncio.get_running_loop()
        while self._master is not None:
            with suppress(BlockingIOError):
                return os.read(self._master, _CHUNK_BYTES)
            self._ready.clear()
            loop.add_reader(self._master, self._ready.set)
            try:
                await self._ready.wait()
            finally:
                if self._master is not None:
                    loop.remove_reader(self._master)
        return b""

    async def write(self, data: bytes) -> None:
        """Send bytes; those that nobody reads in time are dropped and counted."""
        rest = memoryview(data)
        while rest and self._master is not None:
            try:
                rest = rest[os.write(self._master, rest) :]
                self._is_stalled = False
            except BlockingIOError:
                if self._is_stalled or not await self._wait_for_room(self._master):
                    self._is_stalled = True
                    break
        self.dropped_bytes += len(rest)

    async def _wait_for_room(self, master: int) -> bool:
        loop = asyncio.get_running_loop()
        room = asyncio.Event()
        loop.add_writer(master, room.set)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await room.wait()
        except TimeoutError:
            return False
        finally:
            if self._master == master:
                loop.remove_writer(master)
        return True


def _replace_link(link: Path, target: str) -> None:
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
