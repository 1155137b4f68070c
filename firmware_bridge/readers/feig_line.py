"""Asking a FEIG reader over its line: one request at a time, its answer or a timeout."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.feig.commands import CUSTOM, ISO_15693, RF_RESET, VERSION, Answer
from firmware_bridge.feig.frames import FeigDecoder, encode_frame
from firmware_bridge.transport import Transport

# From the end of a request to the end of its answer. A reader does not answer a frame that it
# does not understand, so this is also how long a damaged request goes unnoticed.
TIMEOUT_SECONDS = {VERSION: 0.5, RF_RESET: 0.5, ISO_15693: 1.0, CUSTOM: 0.5}
ANY_ADDRESS = 0xFF
_TRIES = 2
# A frame has no pauses: at 9 600 baud a byte takes 1 ms, a USB converter holds some back for 16 ms.
_GAP_SECONDS = 0.05
# After a timeout the answer may still come, and must not be taken for that of the next request.
_SETTLE_SECONDS = 0.15


class FeigLine:
    """The line to one reader. Entering opens the transport: DeviceNotFound, DeviceError."""

    def __init__(
        self, url: str, transport: Transport, *, address: int, patience: float = 1.0
    ) -> None:
        self._url = url
        self._transport = transport
        self._address = address
        self._patience = patience
        self._decoder = FeigDecoder()
        self._turn = asyncio.Lock()
        self._is_doubtful = False

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame."""
        return self._decoder.corrupt_frames

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold the line for requests that belong together."""
        async with self._turn:
            yield

    async def ask(self, request: bytes) -> Answer:
        """Return the answer to a request (command and data); call it within `turn`.

        Raises DeviceTimeout after a second try, DeviceError when the port fails or an answer is
        none.
        """
        frame = encode_frame(bytes([self._address]) + request)
        for _ in range(_TRIES):
            if self._is_doubtful:
                await self._settle()
            # Whoever is cancelled here leaves an answer on the line.
            self._is_doubtful = True
            await self._transport.write(frame)
            content = await self._await_answer(frame[1:-2], request[0])
            if content is not None:
                self._is_doubtful = False
                try:
                    return Answer.from_content(content)
                except FrameError as error:
                    raise DeviceError(f"{self._url} gives no answer: {error}") from error
        raise DeviceTimeout(
            f"{self._url} does not answer to command {request[0]:02X} "
            f"({self.corrupt_frames} corrupt frames): check its power, cable, baud rate and parity"
        )

    async def _await_answer(self, asked: bytes, command: int) -> bytes | None:
        deadline = asyncio.get_running_loop().time() + TIMEOUT_SECONDS[command] * self._patience
        while True:
            contents, is_over = await self._receive(deadline)
            for content in contents:
                # A converter may send our own request back, and a bus may have other readers.
                if content != asked and content[1] == command and self._is_asked(content[0]):
                    return content
            if is_over:
                return None

    def _is_asked(self, address: int) -> bool:
        return self._address in (ANY_ADDRESS, address)

    async def _receive(self, deadline: float) -> tuple[list[bytes], bool]:
        """Return the contents that come next, and whether the deadline has passed."""
        until = deadline
        if self._decoder.buffered:
            until = min(until, asyncio.get_running_loop().time() + _GAP_SECONDS)
        try:
            async with asyncio.timeout_at(until):
                chunk = await self._transport.read()
        except TimeoutError:
            is_over = asyncio.get_running_loop().time() >= deadline
            return list(self._decoder.gap()), is_over
        if not chunk:
            raise DeviceError(f"{self._url} has ended: the recording holds no more")
        return list(self._decoder.feed(chunk)), False

    async def _settle(self) -> None:
        try:
            while True:
                async with asyncio.timeout(_SETTLE_SECONDS):
                    await self._transport.read()
        except TimeoutError:
            list(self._decoder.gap())
