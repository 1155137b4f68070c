"""Links that misbehave, seeded: frames lost, damaged, doubled, late, in pieces."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from contracts.sip2.splitter import LineSplitter


@dataclass(frozen=True)
class Troubles:
    """Chances of each frame."""

    drop: float = 0.0
    corrupt: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    split: float = 0.0
    cut: float = 0.0
    """The connection breaks instead."""


BAD = Troubles(drop=0.05, corrupt=0.02, duplicate=0.02, delay=0.02, split=0.1)


class Cut(Exception):
    """The connection breaks here."""


class BadFrames:
    def __init__(self, troubles: Troubles, rng: random.Random) -> None:
        self.troubles = troubles
        self.counts: Counter[str] = Counter()
        self._rng = rng

    def carry(self, frame: bytes) -> list[bytes]:
        """Return what comes out for a frame: nothing, it, another, it twice."""
        troubles = self.troubles
        self.counts["frames"] += 1
        if self._happens("cut", troubles.cut):
            raise Cut
        if self._happens("drop", troubles.drop):
            return []
        if self._happens("corrupt", troubles.corrupt):
            damaged = bytearray(frame)
            damaged[self._rng.randrange(len(frame))] ^= self._rng.randrange(1, 256)
            frame = bytes(damaged)
        return [frame, frame] if self._happens("duplicate", troubles.duplicate) else [frame]

    def pieces(self, frame: bytes) -> list[bytes]:
        if len(frame) > 1 and self._happens("split", self.troubles.split):
            at = self._rng.randrange(1, len(frame))
            return [frame[:at], frame[at:]]
        return [frame]

    def delay_seconds(self) -> float:
        return self._rng.uniform(0, 0.08) if self._happens("delay", self.troubles.delay) else 0.0

    def _happens(self, what: str, chance: float) -> bool:
        happens = self._rng.random() < chance
        self.counts[what] += happens
        return happens


class FaultyLink:
    """A port of loopback that passes lines on to another, badly, both ways."""

    def __init__(self, to_port: int, troubles: Troubles, seed: int) -> None:
        self.to_port = to_port
        rng = random.Random(seed)
        self.frames = BadFrames(troubles, rng)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        try:
            await self._join(reader, writer)
        finally:
            self._serving.discard(serving)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.close()
            return
        there = asyncio.create_task(self._pass(reader, far_writer), name="faulty link, there")
        back = asyncio.create_task(self._pass(far_reader, writer), name="faulty link, back")
        self._tasks |= {there, back}
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            self._tasks -= {there, back}
            for one in (writer, far_writer):
                one.close()
                with suppress(OSError):
                    await one.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = LineSplitter()
        with suppress(Cut, OSError):
            while chunk := await reader.read(4096):
                for line in lines.feed(chunk):
                    for frame in self.frames.carry(line + b"\r"):
                        await asyncio.sleep(self.frames.delay_seconds())
                        for piece in self.frames.pieces(frame):
                            writer.write(piece)
                            await writer.drain()
                            await asyncio.sleep(0)
