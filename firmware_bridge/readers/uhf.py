"""What drivers of UHF readers share: opening, rounds, and writes that are read back."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError, DeviceTimeout
from firmware_bridge.line import FrameDecoder, Line
from firmware_bridge.readers.inventory import Inventory
from firmware_bridge.readers.port import Bank, TagSeen
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport

_PAUSE_SECONDS = 0.05  # between rounds in which nothing changes: others want the line, too
_MOST_UNTOLD = 1024
_WORD_BYTES = 2
_LAST_WORD = 0xFF


class UhfReader(ABC):
    """A BankReader on a line. A driver gives its decoder, and what it says to the reader.

    One request at a time: `_turn` is held around requests that belong together.
    """

    MOST_WORDS: int
    """Words of one request to a tag's memory."""

    def __init__(
        self,
        url: str,
        decoder: FrameDecoder,
        connect: Callable[[], Transport],
        *,
        statistics: LineStatistics | None,
    ) -> None:
        self.statistics = LineStatistics() if statistics is None else statistics
        self._url = url
        self._decoder = decoder
        self._connect = connect
        self._transport: Transport | None = None
        self._is_open = False
        self._is_followed = False
        self._inventory = Inventory()
        self._untold: deque[TagSeen] = deque(maxlen=_MOST_UNTOLD)
        self._turn = asyncio.Lock()

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame since the port was opened."""
        return self._decoder.corrupt_frames

    async def __aenter__(self) -> Self:
        if self._transport is not None:
            raise DeviceError(f"{self._url} was opened before: build a new reader")
        self._transport = self._connect()
        await self._transport.__aenter__()
        self._line = Line(self._transport, self._decoder, statistics=self.statistics)
        self.statistics.openings += 1
        self._is_open = True
        try:
            await self._set_up()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._is_open = False
        if self._transport is not None:
            await self._transport.__aexit__(kind, error, trace)

    def __aiter__(self) -> AsyncIterator[TagSeen]:
        """Yield arrivals and leaves, each after three rounds that agree."""
        return self._seen()

    async def inventory(self) -> frozenset[str]:
        """Return the uids of one round."""
        return frozenset(await self._take_round())

    async def read_bank(self, uid: str, bank: Bank, first: int, count: int) -> bytes:
        """Return words of a bank; see BankReader."""
        self._check_open()
        if first < 0 or count < 1 or first + count - 1 > _LAST_WORD:
            raise DeviceError(f"tag {uid} has no words {first} to {first + count - 1}")
        content = b""
        async with self._turn:
            for start in range(first, first + count, self.MOST_WORDS):
                size = min(self.MOST_WORDS, first + count - start)
                part = await self._read(bytes.fromhex(uid), bank, start, size)
                if len(part) != size * _WORD_BYTES:
                    raise DeviceError(
                        f"{self._url} answers with {len(part)} bytes for {size} words"
                    )
                content += part
        return content

    async def write_bank(self, uid: str, bank: Bank, first: int, content: bytes) -> None:
        """Write whole words, and read them back; see BankReader."""
        self._check_open()
        count, rest = divmod(len(content), _WORD_BYTES)
        if rest or count < 1:
            raise DeviceError(f"a write of {len(content)} bytes is not in whole words of 2 bytes")
        if first < 0 or first + count - 1 > _LAST_WORD:
            raise DeviceError(f"tag {uid} has no words {first} to {first + count - 1}")
        after = uid
        if bank is Bank.EPC:
            after = await self._renamed(uid, first, content)
        else:
            await self.read_bank(
                uid, bank, first, count
            )  # all of them are there, or none is written
        async with self._turn:
            await self._write_all(bytes.fromhex(uid), bank, first, content)
        try:
            is_held = await self.read_bank(after, bank, first, count) == content
        except DeviceError as error:
            raise type(error)(
                f"{error}. Tag {uid} left or was exchanged while it was written: what it holds is "
                "not known, so write it again"
            ) from error
        if not is_held:
            raise DeviceError(f"tag {uid} does not hold what was written: write it again")
        if self._is_followed:
            self._untold.extend(self._inventory.take_round(await self._take_round()))

    @abstractmethod
    async def _set_up(self) -> None:
        """Make the reader ready. Raises DeviceTimeout when it does not answer."""

    @abstractmethod
    async def _round(self) -> list[str]:
        """Return the uids of the tags that answer now."""

    @abstractmethod
    async def _read(self, epc: bytes, bank: Bank, first: int, count: int) -> bytes:
        """Return up to MOST_WORDS words. Raises DeviceError, which names the tag."""

    @abstractmethod
    async def _write(self, epc: bytes, bank: Bank, first: int, content: bytes) -> None:
        """Write up to MOST_WORDS words. DeviceTimeout when nobody said whether it was done."""

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

    async def _take_round(self) -> list[str]:
        self._check_open()
        async with self._turn:
            return await self._round()

    async def _write_all(self, epc: bytes, bank: Bank, first: int, content: bytes) -> None:
        step = self.MOST_WORDS * _WORD_BYTES
        for at in range(0, len(content), step):
            try:
                await self._write(epc, bank, first + at // _WORD_BYTES, content[at : at + step])
            except DeviceTimeout:
                continue  # it may have been done all the same: reading back decides

    async def _renamed(self, uid: str, first: int, content: bytes) -> str:
        """Return the uid that a write into the bank EPC gives the tag."""
        if first < 1 or len(content) > self.MOST_WORDS * _WORD_BYTES:
            raise DeviceError(
                f"the bank EPC is written from word 1, up to {self.MOST_WORDS} words at once: word "
                "0 is the tag's own check"
            )
        old_words = max(first - 1 + len(content) // _WORD_BYTES, 1 + len(uid) // 4)
        image = bytearray(await self.read_bank(uid, Bank.EPC, 1, old_words))
        at = (first - 1) * _WORD_BYTES
        image[at : at + len(content)] = content
        end = _WORD_BYTES + (image[0] >> 3) * _WORD_BYTES
        if end > len(image):
            rest = (end - len(image)) // _WORD_BYTES
            image += await self.read_bank(uid, Bank.EPC, 1 + old_words, rest)
        return image[_WORD_BYTES:end].hex().upper()

    def _check_open(self) -> None:
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the reader first")
