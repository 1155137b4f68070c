"""The ports of readers: what every reader does, and what those do that reach a tag's memory.

Reader           sees tags come and go
├── BlockReader  memory in blocks, AFI, EAS: HF tags (ISO/IEC 15693), a library's pad
└── BankReader   memory in banks of words: UHF tags (ISO/IEC 18000-63)

Readers of patrons' cards and of codes have ports of their own, in identities.py.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol, runtime_checkable

from firmware_bridge.lifecycle import Lifecycle


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


class SecurityState(StrEnum):
    """Whether a gate lets an item pass."""

    ON = "on"
    """In the library: a gate raises the alarm."""
    OFF = "off"
    """Lent: a gate stays silent."""
    UNKNOWN = "unknown"
    """The tag carries a value that is neither."""


@dataclass(frozen=True, slots=True)
class TagInfo:
    """What an HF tag says of itself: Get System Information of ISO/IEC 15693-3.

    `afi`, `dsfid` and `chip` (the maker's reference) are 0 to 255, None where the tag lacks them.
    """

    uid: str
    block_bytes: int
    block_count: int
    afi: int | None = None
    dsfid: int | None = None
    chip: int | None = None


class Bank(IntEnum):
    """The memory banks of a UHF tag: MB00, MB01, MB10, MB11 of ISO/IEC 18000-63."""

    RESERVED = 0
    EPC = 1
    TID = 2
    USER = 3


class Reader(Lifecycle, Protocol):
    """A reader with a field. DeviceError at any call when it fails."""

    def __aiter__(self) -> AsyncIterator[TagSeen]:
        """Yield an arrival for each tag already in the field, then changes until closed."""
        ...

    async def inventory(self) -> frozenset[str]:
        """Return the uids now in the field."""
        ...


@runtime_checkable
class BlockReader(Reader, Protocol):
    """A reader of HF tags. Every call names its tag, and no other tag is touched.

    A write is read back before it returns: returning means that the tag holds it. A tag that is
    taken off or exchanged in between ends in DeviceError; what it then holds is not claimed.
    DeviceError also where a tag has no such block, has locked it or lacks the function.
    """

    async def system_info(self, uid: str) -> TagInfo:
        """Return what the tag says of itself, asked anew at each call."""
        ...

    async def read_blocks(self, uid: str, first: int, count: int) -> bytes:
        """Return `count` blocks from block `first`. Raises DeviceError if it has fewer."""
        ...

    async def write_blocks(self, uid: str, first: int, content: bytes) -> None:
        """Write whole blocks. A content in parts of blocks, or beyond the end, writes nothing."""
        ...

    async def write_afi(self, uid: str, afi: int) -> None:
        """Write the application family identifier, 0 to 255."""
        ...

    async def write_eas(self, uid: str, *, is_on: bool) -> None:
        """Switch the EAS bit of an NXP ICODE tag."""
        ...

    async def check_eas(self, uid: str) -> bool:
        """Return whether this tag answers the alarm probe of a gate."""
        ...


@runtime_checkable
class BankReader(Reader, Protocol):
    """A reader of UHF tags. `uid` is the UII: a write into it gives the tag another uid.

    Words have 2 bytes. Writes, exchanged tags and refusals as with BlockReader. The bank EPC holds
    the CRC in word 0, the PC word in word 1, and the UII from word 2.
    """

    async def read_bank(self, uid: str, bank: Bank, first: int, count: int) -> bytes:
        """Return `count` words from word `first` of a bank. Raises DeviceError if it has fewer."""
        ...

    async def write_bank(self, uid: str, bank: Bank, first: int, content: bytes) -> None:
        """Write whole words, all of them or DeviceError."""
        ...
