"""A simulated device behind a pty that answers as slowly as its line."""

import asyncio
from collections.abc import Callable

from firmware_bridge.simulated.pty_port import PtyPort

# A UART's buffer: chunks as small as a driver would see them.
_CHUNK_BYTES = 16
# Longer than any pause inside of a frame.
_GAP_SECONDS = 0.05


async def serve(
    port: PtyPort,
    receive: Callable[[bytes], bytes],
    *,
    baudrate: int | None = None,
    bits_a_byte: int = 10,
    air_seconds: Callable[[], float] = lambda: 0.0,
    gap: Callable[[], None] = lambda: None,
) -> None:
    """Answer what the host sends until the port is unplugged; `port` is entered by the caller.

    With a `baudrate` every byte takes its time, both ways: `bits_a_byte` is 10 for 8N1, 11 for 8E1.
    `air_seconds` tells, after each request, how long the device itself took. `gap` is called when
    the line falls silent.
    """
    byte_seconds = 0.0 if baudrate is None else bits_a_byte / baudrate
    while request := await _read(port, gap):
        await asyncio.sleep(len(request) * byte_seconds)
        answer = receive(request)
        if not byte_seconds:
            await port.write(answer)
            continue
        due = asyncio.get_running_loop().time() + air_seconds()
        for at in range(0, len(answer), _CHUNK_BYTES):
            chunk = answer[at : at + _CHUNK_BYTES]
            due += len(chunk) * byte_seconds
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await port.write(chunk)


async def _read(port: PtyPort, gap: Callable[[], None]) -> bytes:
    try:
        async with asyncio.timeout(_GAP_SECONDS):
            return await port.read()
    except TimeoutError:
        gap()
        return await port.read()
