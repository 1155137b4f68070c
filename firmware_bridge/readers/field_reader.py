"""What every reader of tags on a line shares: rounds, followed while somebody listens."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from firmware_bridge.errors import DeviceError
from firmware_bridge.line import GAP_SECONDS, FrameDecoder
from firmware_bridge.readers.inventory import Inventory
from firmware_bridge.readers.line_reader import LineReader
from firmware_bridge.readers.port import TagSeen
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport

_PAUSE_SECONDS = 0.05  # between rounds in which nothing changes: others want the line, too
_MOST_UNTOLD = 1024


class FieldReader(LineReader, ABC):
    """A Reader on a line; a driver says in `_round` how it looks for tags."""

    def __init__(
        self,
        url: str,
        decoder: FrameDecoder,
        connect: Callable[[], Transport],
        *,
        gap_seconds: float = GAP_SECONDS,
        statistics: LineStatistics | None = None,
    ) -> None:
        super().__init__(url, decoder, connect, gap_seconds=gap_seconds, statistics=statistics)
        self._is_followed = False
        self._inventory = Inventory()
        self._untold: deque[TagSeen] = deque(maxlen=_MOST_UNTOLD)
        self._turn = asyncio.Lock()

    def __aiter__(self) -> AsyncIterator[TagSeen]:
        """Yield arrivals and leaves, each after three rounds that agree."""
        return self._seen()

    async def inventory(self) -> frozenset[str]:
        """Return the uids of one round."""
        return frozenset(await self._take_round())

    @abstractmethod
    async def _round(self) -> list[str]:
        """Return the uids of the tags that answer now; `_turn` is held meanwhile."""

    async def _seen(self) -> AsyncIterator[TagSeen]:
        self._check_open()
        self._is_followed = True
        try:
            while True:
                while self._untold:
                    yield self._untold.popleft()
                if self._inventory.is_settled:
                    await asyncio.sleep(_PAUSE_SECONDS)
                self._untold.extend(self._inventory.take_round(await self._take_round()))
        except DeviceError:
            if self._is_open and not self._line.is_ended:
                raise
        finally:
            self._is_followed = False

    async def _rescan(self) -> None:
        """Look anew after a write: a tag that was exchanged meanwhile is told at once."""
        if self._is_followed:
            self._untold.extend(self._inventory.take_round(await self._take_round()))

    async def _take_round(self) -> list[str]:
        self._check_open()
        async with self._turn:
            return await self._round()


@contextmanager
def in_doubt(uid: str) -> Iterator[None]:
    """Say of a failure that comes after a write began that nothing is claimed."""
    try:
        yield
    except DeviceError as error:
        raise type(error)(
            f"{error}. Tag {uid} left or was exchanged while it was written: what it holds is not "
            "known, so write it again"
        ) from error
