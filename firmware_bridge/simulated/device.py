"""What simulated devices of the bench have in common, and how one lives on a pty."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from firmware_bridge.errors import FrameError

_TICK_SECONDS = 0.02


class FarEnd(Protocol):
    """The device's end of a cable, as PtyPort has it."""

    async def read(self) -> bytes:
        """Return the next bytes of the host; b"" when the cable is unplugged."""
        ...

    async def write(self, data: bytes) -> None:
        """Send bytes to the host."""
        ...


class Handled(Protocol):
    """What a person does with a device: holds something up, lays it down, takes it away."""

    def put(self, what: str) -> bytes:
        """Hold a card up, scan a code; return what is said at once.

        Raises FrameError when this device cannot read such a thing.
        """
        ...

    def take(self, what: str) -> bytes:
        """Take it away; harmless when it is not there."""
        ...


class SimulatedDevice(Handled, Protocol):
    """A device as it behaves on its wire. Pure: time is an argument, bytes come out."""

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Take bytes of the host and return the answers."""
        ...

    def tick(self, now: float) -> bytes:
        """Return what the device says by itself by now."""
        ...


def play(device: Handled, line: str) -> bytes:
    """Do what a line says: `put WHAT` or `take WHAT`; return what the device says at once.

    Blank lines and those that begin with `#` do nothing. Raises FrameError for any other.
    """
    verb, _, what = line.strip().partition(" ")
    if not verb or verb.startswith("#"):
        return b""
    if verb not in {"put", "take"} or not what.strip():
        raise FrameError(f"{line.strip()!r} is neither `put WHAT` nor `take WHAT`")
    return (device.put if verb == "put" else device.take)(what.strip())


async def run_device(
    port: FarEnd, device: SimulatedDevice, actions: AsyncIterator[bytes] | None = None
) -> None:
    """Run until cancelled, or until the port is unplugged; `port` is entered by the caller.

    `actions` yields what the device says because of something done to it, see `play`.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        answers = tasks.create_task(_answer(port, device), name="simulated-device-answers")
        acting = (
            tasks.create_task(_act(port, actions), name="simulated-device-actions")
            if actions is not None
            else None
        )
        while not answers.done():
            said = device.tick(loop.time())
            if said:
                await port.write(said)
            await asyncio.sleep(_TICK_SECONDS)
        if acting is not None:
            acting.cancel()


async def _answer(port: FarEnd, device: SimulatedDevice) -> None:
    loop = asyncio.get_running_loop()
    while request := await port.read():
        said = device.receive(request, loop.time())
        if said:
            await port.write(said)


async def _act(port: FarEnd, actions: AsyncIterator[bytes]) -> None:
    async for said in actions:
        if said:
            await port.write(said)
