"""A reader without hardware: tags are put on it and taken off by calls."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError
from firmware_bridge.readers.port import TagChange, TagSeen

_BLOCK_BYTES = 4
_TAG_BLOCKS = 28  # ICODE SLIX: 28 blocks of user memory


class SimulatedReader:
    """A reader whose field is a dictionary.

    The URL is only a name in errors.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._field: dict[str, bytearray] = {}
        self._changes: asyncio.Queue[TagSeen | None] = asyncio.Queue()
        self._is_open = False

    async def __aenter__(self) -> Self:
        self._is_open = True
        self._changes = asyncio.Queue()
        for uid in self._field:
            self._changes.put_nowait(TagSeen(uid, TagChange.ARRIVED))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._is_open = False
        self._changes.put_nowait(None)  # whoever waits for a change waits no longer

    def put(self, uid: str, memory: bytes = b"") -> None:
        """Lay a tag into the field; its memory is filled up with zeros."""
        if uid not in self._field:
            self._field[uid] = bytearray(memory.ljust(_TAG_BLOCKS * _BLOCK_BYTES, b"\x00"))
            self._tell(TagSeen(uid, TagChange.ARRIVED))

    def take(self, uid: str) -> None:
        """Take a tag out of the field."""
        if self._field.pop(uid, None) is not None:
            self._tell(TagSeen(uid, TagChange.LEFT))

    def __aiter__(self) -> AsyncIterator[TagSeen]:
        """Yield what changes in the field."""
        return self._seen()

    async def inventory(self) -> frozenset[str]:
        """Return the uids now in the field."""
        self._check_open()
        return frozenset(self._field)

    async def read_blocks(self, uid: str, first: int, count: int) -> bytes:
        """Return `count` blocks of 4 bytes."""
        start, end = self._span(uid, first, count)
        return bytes(self._field[uid][start:end])

    async def write_blocks(self, uid: str, first: int, content: bytes) -> None:
        """Write whole blocks of 4 bytes."""
        if len(content) % _BLOCK_BYTES:
            raise DeviceError(f"a write of {len(content)} bytes is not in whole blocks of 4 bytes")
        start, end = self._span(uid, first, len(content) // _BLOCK_BYTES)
        self._field[uid][start:end] = content

    async def _seen(self) -> AsyncIterator[TagSeen]:
        self._check_open()
        while (seen := await self._changes.get()) is not None:
            yield seen

    def _tell(self, seen: TagSeen) -> None:
        if self._is_open:
            self._changes.put_nowait(seen)

    def _span(self, uid: str, first: int, count: int) -> tuple[int, int]:
        self._check_open()
        if uid not in self._field:
            raise DeviceError(
                f"no tag {uid} in the field of {self._url}: lay it back and try again"
            )
        if first < 0 or count < 1 or first + count > _TAG_BLOCKS:
            raise DeviceError(f"tag {uid} has no blocks {first} to {first + count - 1}")
        return first * _BLOCK_BYTES, (first + count) * _BLOCK_BYTES

    def _check_open(self) -> None:
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the reader first")
