"""The port of readers: what every RFID reader does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class TagChange(StrEnum):
    """What a tag did, after the driver has merged single reads."""

    ARRIVED = "arrived"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class TagSeen:
    """A tag came into the field or left it. `uid` is upper-case hexadecimal, as it is written."""

    uid: str
    change: TagChange
    antenna: int = 1


class Reader(Protocol):
    """A reader with a field.

    Building one does nothing. Entering opens it: DeviceNotFound, DeviceError. Leaving closes it,
    never hangs, may be done twice. DeviceError at any call when the reader fails.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def __aiter__(self) -> AsyncIterator[TagSeen]:
        """Yield an arrival for each tag already in the field, then changes until closed."""
        ...

    async def inventory(self) -> frozenset[str]:
        """Return the uids now in the field."""
        ...

    async def read_blocks(self, uid: str, first: int, count: int) -> bytes:
        """Return `count` blocks of 4 bytes. Raises DeviceError if the tag is gone or has fewer."""
        ...

    async def write_blocks(self, uid: str, first: int, content: bytes) -> None:
        """Write whole blocks of 4 bytes, or none. Raises DeviceError as read_blocks does."""
        ...
