"""A reader without hardware: tags are put on its pad and taken off by calls."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError
from firmware_bridge.readers.port import TagChange, TagInfo, TagSeen
from firmware_bridge.simulated.pad import AnyTag, SimulatedPad, SimulatedTag, TagRefusal


class SimulatedReader:
    """A reader of HF tags that stands on a simulated pad, and needs no rounds to see it.

    The URL is only a name in errors. Several readers may stand on one `pad`.
    """

    def __init__(self, url: str, *, pad: SimulatedPad | None = None) -> None:
        self._url = url
        self.pad = SimulatedPad() if pad is None else pad
        self.pad.watch(self._tell)
        self._changes: asyncio.Queue[TagSeen | None] = asyncio.Queue()
        self._is_open = False

    async def __aenter__(self) -> Self:
        self._is_open = True
        self._changes = asyncio.Queue()
        for tag in self.pad.hf_tags:
            self._changes.put_nowait(TagSeen(tag.uid, TagChange.ARRIVED))
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
        """Lay a tag on the pad; its memory is filled up with zeros."""
        if self.pad.hf_tag(uid) is None:
            self.pad.put(SimulatedTag(uid, bytearray(memory)))

    def take(self, uid: str) -> None:
        """Take a tag off the pad."""
        self.pad.take(uid)

    def __aiter__(self) -> AsyncIterator[TagSeen]:
        """Yield what changes on the pad."""
        return self._seen()

    async def inventory(self) -> frozenset[str]:
        """Return the uids now on the pad."""
        self._check_open()
        return frozenset(tag.uid for tag in self.pad.hf_tags)

    async def system_info(self, uid: str) -> TagInfo:
        """Return what the tag says of itself."""
        return self._tag(uid).info()

    async def read_blocks(self, uid: str, first: int, count: int) -> bytes:
        """Return blocks of a tag."""
        blocks = self._tag(uid).read(first, count)
        if isinstance(blocks, TagRefusal):
            raise DeviceError(f"tag {uid} has no blocks {first} to {first + count - 1}")
        return blocks

    async def write_blocks(self, uid: str, first: int, content: bytes) -> None:
        """Write whole blocks of a tag."""
        self._check(self._tag(uid).write(first, content), f"blocks from {first} on tag {uid}")

    async def write_afi(self, uid: str, afi: int) -> None:
        """Write the application family identifier."""
        if not 0 <= afi <= 0xFF:
            raise DeviceError(f"an AFI is 0 to 255, not {afi}")
        self._tag(uid).afi = afi

    async def write_eas(self, uid: str, *, is_on: bool) -> None:
        """Switch the EAS bit."""
        self._check(self._tag(uid).switch_eas(is_on=is_on), f"the EAS bit of tag {uid}")

    async def check_eas(self, uid: str) -> bool:
        """Return whether the EAS bit is set."""
        return self._tag(uid).is_eas_on

    async def _seen(self) -> AsyncIterator[TagSeen]:
        self._check_open()
        while (seen := await self._changes.get()) is not None:
            yield seen

    def _tell(self, tag: AnyTag, change: TagChange) -> None:
        if self._is_open and isinstance(tag, SimulatedTag):
            self._changes.put_nowait(TagSeen(tag.uid, change))

    def _tag(self, uid: str) -> SimulatedTag:
        self._check_open()
        tag = self.pad.hf_tag(uid)
        if tag is None:
            raise DeviceError(
                f"no tag {uid} in the field of {self._url}: lay it back and try again"
            )
        return tag

    def _check(self, refusal: TagRefusal | None, what: str) -> None:
        if refusal is not None:
            raise DeviceError(f"{self._url} cannot write {what}: {refusal.name.lower()}")

    def _check_open(self) -> None:
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the reader first")
