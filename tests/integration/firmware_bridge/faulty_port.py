"""The far end of a cable that misbehaves both ways: a BadLine each, from a device to its pty."""

import asyncio
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Self

from firmware_bridge.simulated.device import FarEnd
from tests.integration.firmware_bridge.bad_line import BadLine, Faults

# What a line holds back comes out after so long, when nothing comes after it.
_DELAY_SECONDS = 0.03


class FaultyPort:
    """What a simulated device takes for its port. `faults` may be changed while it runs."""

    def __init__(self, port: FarEnd, faults: Faults, seed: int) -> None:
        self._port = port
        self.to_host = BadLine(faults, seed)
        self.to_device = BadLine(faults, seed + 1)
        self._received: deque[bytes] = deque()
        self._reading: asyncio.Task[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._flushing = asyncio.create_task(self._flush(), name="flush of a bad line")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        for task in (self._flushing, self._reading):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def heal(self) -> None:
        """Be a good line from now on."""
        self.to_host.faults = self.to_device.faults = Faults()

    async def write(self, data: bytes) -> None:
        """Carry what the device says."""
        for chunk in self.to_host.carry(data):
            await self._port.write(chunk)

    async def read(self) -> bytes:
        """Return what arrives of the host's bytes; b"" when the cable is unplugged."""
        while not self._received:
            if self._reading is None:
                self._reading = asyncio.create_task(self._port.read(), name="read of a bad line")
            done, _ = await asyncio.wait({self._reading}, timeout=_DELAY_SECONDS)
            if not done:
                self._received.extend(self.to_device.flush())
                continue
            chunk, self._reading = self._reading.result(), None
            if not chunk:
                return b""
            self._received.extend(self.to_device.carry(chunk))
        return self._received.popleft()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(_DELAY_SECONDS)
            for chunk in self.to_host.flush():
                await self._port.write(chunk)
