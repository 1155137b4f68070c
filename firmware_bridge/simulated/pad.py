"""The field of a reader: tags that a program lays into it and takes out. Pure.

Every simulated reader stands on this, so that one tag looks the same whichever protocol reads it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from firmware_bridge.framing import crc16_genibus
from firmware_bridge.readers.port import Bank, TagChange, TagInfo

ICODE_SLIX_BLOCKS = 28
"""Blocks of 4 bytes of user memory."""
_MAX_PC_WORDS = 31
_WORD_BYTES = 2


class TagRefusal(IntEnum):
    """Why a tag did not do it: the error codes of ISO/IEC 15693-3."""

    UNSUPPORTED = 0x01
    NO_BLOCK = 0x10
    LOCKED = 0x12


@dataclass(slots=True, eq=False)
class SimulatedTag:
    """An HF tag of ISO/IEC 15693, as an NXP ICODE SLIX by default.

    `memory` is filled up with zeros to `block_count` blocks. A silent tag lies in the field and
    answers nothing: covered by metal, or by another tag.
    """

    uid: str
    memory: bytearray = field(default_factory=bytearray)
    block_bytes: int = 4
    block_count: int = ICODE_SLIX_BLOCKS
    afi: int = 0
    dsfid: int = 0
    chip: int = 0x01
    is_eas_on: bool = False
    has_eas: bool = True
    locked_blocks: set[int] = field(default_factory=set)
    is_silent: bool = False

    def __post_init__(self) -> None:
        size = self.block_bytes * self.block_count
        self.memory = bytearray(self.memory.ljust(size, b"\x00")[:size])

    def info(self) -> TagInfo:
        """Return the answer to Get System Information."""
        return TagInfo(
            self.uid, self.block_bytes, self.block_count, self.afi, self.dsfid, self.chip
        )

    def read(self, first: int, count: int) -> bytes | TagRefusal:
        """Return blocks."""
        if first < 0 or count < 1 or first + count > self.block_count:
            return TagRefusal.NO_BLOCK
        return bytes(self.memory[first * self.block_bytes : (first + count) * self.block_bytes])

    def write(self, first: int, content: bytes) -> TagRefusal | None:
        """Write whole blocks, or none of them."""
        count, rest = divmod(len(content), self.block_bytes)
        if first < 0 or count < 1 or rest or first + count > self.block_count:
            return TagRefusal.NO_BLOCK
        if self.locked_blocks & set(range(first, first + count)):
            return TagRefusal.LOCKED
        start = first * self.block_bytes
        self.memory[start : start + len(content)] = content
        return None

    def switch_eas(self, *, is_on: bool) -> TagRefusal | None:
        """Set or reset the EAS bit."""
        if not self.has_eas:
            return TagRefusal.UNSUPPORTED
        self.is_eas_on = is_on
        return None


@dataclass(slots=True, eq=False)
class SimulatedUhfTag:
    """A UHF tag of ISO/IEC 18000-63. Its uid is its UII, as long as its PC word says."""

    uii: bytes
    pc: int | None = None
    tid: bytes = bytes.fromhex("E280110C20007F05C0DE0001")
    user: bytes = bytes(64)
    rssi_dbm: int = -50
    is_silent: bool = False
    banks: dict[Bank, bytearray] = field(init=False)

    def __post_init__(self) -> None:
        words = len(self.uii) // _WORD_BYTES
        pc = words << 11 if self.pc is None else self.pc
        epc = bytes(2) + pc.to_bytes(2, "big") + self.uii.ljust(62, b"\x00")
        self.banks = {
            Bank.RESERVED: bytearray(8),
            Bank.EPC: bytearray(epc),
            Bank.TID: bytearray(self.tid),
            Bank.USER: bytearray(self.user),
        }
        self._store_crc()

    @property
    def pc_word(self) -> int:
        """The protocol control word as it now stands in memory."""
        return int.from_bytes(self.banks[Bank.EPC][2:4], "big")

    @property
    def uid(self) -> str:
        """The UII as it now stands in memory, upper-case hexadecimal."""
        return self.banks[Bank.EPC][4 : self._uii_end()].hex().upper()

    def read(self, bank: Bank, first: int, count: int) -> bytes | TagRefusal:
        """Return words of a bank."""
        start, end = first * _WORD_BYTES, (first + count) * _WORD_BYTES
        if first < 0 or count < 1 or end > len(self.banks[bank]):
            return TagRefusal.NO_BLOCK
        return bytes(self.banks[bank][start:end])

    def write(self, bank: Bank, first: int, content: bytes) -> TagRefusal | None:
        """Write whole words, or none of them."""
        start = first * _WORD_BYTES
        end = start + len(content)
        if first < 0 or not content or len(content) % 2 or end > len(self.banks[bank]):
            return TagRefusal.NO_BLOCK
        if bank is Bank.TID:
            return TagRefusal.LOCKED
        self.banks[bank][start:end] = content
        self._store_crc()
        return None

    def _uii_end(self) -> int:
        return 4 + min(self.pc_word >> 11, _MAX_PC_WORDS) * _WORD_BYTES

    def _store_crc(self) -> None:
        epc = self.banks[Bank.EPC]
        epc[:2] = crc16_genibus(bytes(epc[2 : self._uii_end()])).to_bytes(2, "big")


AnyTag = SimulatedTag | SimulatedUhfTag


class SimulatedPad:
    """Tags in the order in which they were laid down.

    `watch` is told of each that comes or goes, for readers that need no rounds.
    """

    def __init__(self) -> None:
        self._tags: list[AnyTag] = []
        self._watchers: list[Callable[[AnyTag, TagChange], None]] = []

    @property
    def hf_tags(self) -> list[SimulatedTag]:
        """The HF tags that answer."""
        return [tag for tag in self._tags if isinstance(tag, SimulatedTag) and not tag.is_silent]

    @property
    def uhf_tags(self) -> list[SimulatedUhfTag]:
        """The UHF tags that answer."""
        return [tag for tag in self._tags if isinstance(tag, SimulatedUhfTag) and not tag.is_silent]

    def put(self, tag: AnyTag) -> None:
        """Lay a tag into the field; one that lies there already stays as it is."""
        if tag not in self._tags:
            self._tags.append(tag)
            self._tell(tag, TagChange.ARRIVED)

    def take(self, uid: str) -> AnyTag | None:
        """Take the tag of this uid out and return it; None when there is none."""
        for tag in self._tags:
            if tag.uid == uid:
                self._tags.remove(tag)
                self._tell(tag, TagChange.LEFT)
                return tag
        return None

    def hf_tag(self, uid: str) -> SimulatedTag | None:
        """Return the HF tag of this uid, if it answers."""
        return next((tag for tag in self.hf_tags if tag.uid == uid), None)

    def uhf_tag(self, uid: str) -> SimulatedUhfTag | None:
        """Return the UHF tag of this uid, if it answers."""
        return next((tag for tag in self.uhf_tags if tag.uid == uid), None)

    def watch(self, watcher: Callable[[AnyTag, TagChange], None]) -> None:
        """Call `watcher` with every tag that comes or goes, and which of both it does."""
        self._watchers.append(watcher)

    def _tell(self, tag: AnyTag, change: TagChange) -> None:
        for watcher in self._watchers:
            watcher(tag, change)
