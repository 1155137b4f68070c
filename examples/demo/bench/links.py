"""A cable that a hand can pull: a TCP link on loopback that is cut, slow, or loses one answer."""

import asyncio
import contextlib
from typing import Final

from examples.demo.broker import LOOPBACK

_CHUNK_BYTES: Final = 65_536


class Link:
    """Carries what comes to `port` on to `target_port`, both on loopback.

    `delay_seconds` holds every answer back for so long. `loses` are the first bytes of an answer
    that is lost once, and its connection with it; empty: none.
    """

    def __init__(self, port: int, target_port: int) -> None:
        self.port = port
        self.delay_seconds = 0.0
        self.loses = b""
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def is_cut(self) -> bool:
        """Tell whether nobody gets through."""
        return self._server is None

    async def mend(self) -> None:
        """Let connections through (again)."""
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)

    async def cut(self) -> None:
        """End every connection, and let none in."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._quiet.wait()

    async def _carry(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Carry one connection; it ends when one of its halves does."""
        self._writers.add(back)
        self._quiet.clear()
        on: asyncio.StreamWriter | None = None
        try:
            there, on = await asyncio.open_connection(LOOPBACK, self._target_port)
            ways = [
                asyncio.create_task(self._pass(here, on), name="link-there"),
                asyncio.create_task(self._answer(there, back), name="link-back"),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # nobody is there: whoever came is sent away
        finally:
            for writer in (back, on):
                if writer is not None:
                    writer.transport.abort()
            self._writers.discard(back)
            if not self._writers:
                self._quiet.set()

    async def _pass(self, read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await read.read(_CHUNK_BYTES):
                write.write(chunk)
                await write.drain()

    async def _answer(self, read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await read.read(_CHUNK_BYTES):
                if self.loses and chunk.startswith(self.loses):
                    self.loses = b""
                    return
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                write.write(chunk)
                await write.drain()
