"""What is asked of a FEIG reader, and what its answers say.

      65  software version      69  RF reset
      B0  ISO/IEC 15693:  01 inventory · 23 read blocks · 24 write blocks · 27 AFI · 2B system
      B1  commands of a maker of tags:  04 NXP, A2 set EAS · A3 reset EAS · A5 ask for the alarm

A tag is named by mode 01 and its 8 bytes of UID; no command here is for whatever lies there. In
this mode the reader sends all data with the highest byte first, so the bytes of a block stand in
reverse on the line. Source: FEIG manuals as for the frames; B0 01 asks for more by bit 7 of its
mode. Two things no manual at hand tells, so they are taken from what a reader answers: the order
of the two sizes in 2B, and whether a reader reverses blocks (`is_reversed`).
"""

from dataclasses import dataclass

from firmware_bridge.errors import DeviceError, FrameError

VERSION, RF_RESET, ISO_15693, CUSTOM = 0x65, 0x69, 0xB0, 0xB1
INVENTORY, READ, WRITE, WRITE_AFI, SYSTEM_INFO = 0x01, 0x23, 0x24, 0x27, 0x2B
NXP, SET_EAS, RESET_EAS, EAS_ALARM = 0x04, 0xA2, 0xA3, 0xA5
NEW, MORE = 0x00, 0x80
ADDRESSED = 0x01
UID_BYTES = 8
MOST_BLOCKS = 16
"""Blocks in one command: with 8 bytes each a request and its answer stay under 255 bytes."""
_TAG_BYTES = 2 + UID_BYTES
_UID_TYPES = {0x00, 0x01, 0x03}
"""Transponder types whose entry is type, DSFID, UID: I-Code 1, Tag-it HF, ISO/IEC 15693."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The content of an answer: who answers to which command, how it went, and what it says."""

    address: int
    command: int
    status: int
    data: bytes

    @classmethod
    def from_content(cls, content: bytes) -> "Answer":
        """Return the answer. Raises FrameError for a content without status."""
        if len(content) < 3:
            raise FrameError("an answer has an address, a command and a status")
        return cls(content[0], content[1], content[2], content[3:])


@dataclass(frozen=True, slots=True)
class ReaderVersion:
    """What a reader is: firmware, and its type as a number of FEIG's list."""

    firmware: str
    reader_type: int


def inventory_request(*, more: bool = False) -> bytes:
    """Return the request for the tags in the field, or for those that did not fit before."""
    return bytes([ISO_15693, INVENTORY, MORE if more else NEW])


def read_request(uid: str, first: int, count: int) -> bytes:
    """Return the request for at most MOST_BLOCKS blocks."""
    return bytes([ISO_15693, READ, ADDRESSED]) + _uid_bytes(uid) + bytes([first, count])


def write_request(
    uid: str, first: int, content: bytes, block_bytes: int, *, is_reversed: bool = True
) -> bytes:
    """Return the request to write whole blocks, at most MOST_BLOCKS."""
    head = bytes([ISO_15693, WRITE, ADDRESSED]) + _uid_bytes(uid)
    sizes = bytes([first, len(content) // block_bytes, block_bytes])
    return head + sizes + turn_blocks(content, block_bytes, is_reversed=is_reversed)


def write_afi_request(uid: str, afi: int) -> bytes:
    """Return the request to write the AFI."""
    return bytes([ISO_15693, WRITE_AFI, ADDRESSED]) + _uid_bytes(uid) + bytes([afi])


def system_info_request(uid: str) -> bytes:
    """Return the request for what a tag says of itself."""
    return bytes([ISO_15693, SYSTEM_INFO, ADDRESSED]) + _uid_bytes(uid)


def eas_request(uid: str, command: int) -> bytes:
    """Return the request for SET_EAS, RESET_EAS or EAS_ALARM of an NXP tag."""
    return bytes([CUSTOM, NXP, command, ADDRESSED]) + _uid_bytes(uid)


def decode_version(data: bytes) -> ReaderVersion:
    """Return the version. Raises FrameError for an answer that is too short."""
    if len(data) < 5:
        raise FrameError(f"a version of {len(data)} bytes is too short")
    return ReaderVersion(f"{data[0]}.{data[1]}.{data[2]}", data[4])


def decode_inventory(data: bytes) -> list[str]:
    """Return the uids. Raises FrameError for a length or a type of tag that is not known."""
    if not data:
        return []
    uids = []
    for number in range(data[0]):
        entry = data[1 + number * _TAG_BYTES :][:_TAG_BYTES]
        if len(entry) < _TAG_BYTES:
            raise FrameError(f"an inventory of {data[0]} tags has {len(data)} bytes only")
        if entry[0] not in _UID_TYPES:
            raise FrameError(f"a tag of type {entry[0]:02X} lies there, which is no ISO/IEC 15693")
        uids.append(entry[2:].hex().upper())
    return uids


def decode_blocks(data: bytes, count: int, *, is_reversed: bool = True) -> tuple[int, bytes]:
    """Return (bytes of a block, content). Raises FrameError for another number of blocks."""
    if len(data) < 2:
        raise FrameError("an answer with blocks tells their number and size")
    got, block_bytes = data[0], data[1]
    entries = data[2:]
    if got != count or block_bytes == 0 or len(entries) != count * (1 + block_bytes):
        raise FrameError(f"{got} blocks of {block_bytes} bytes came, {count} were asked for")
    step = 1 + block_bytes
    blocks = b"".join(entries[at + 1 : at + step] for at in range(0, len(entries), step))
    return block_bytes, turn_blocks(blocks, block_bytes, is_reversed=is_reversed)


def decode_system_info(data: bytes, block_bytes: int) -> tuple[int, int, int, int]:
    """Return (DSFID, AFI, blocks, chip) of a tag whose blocks have `block_bytes`.

    Raises FrameError when neither of the two sizes is that of its blocks.
    """
    if len(data) < 13:
        raise FrameError(f"a system information of {len(data)} bytes is too short")
    sizes = [data[10] + 1, data[11] + 1]
    if block_bytes not in sizes:
        raise FrameError(f"a tag says {sizes} of its memory, its blocks have {block_bytes} bytes")
    sizes.remove(block_bytes)
    return data[0], data[9], sizes[0], data[12]


def turn_blocks(content: bytes, block_bytes: int, *, is_reversed: bool) -> bytes:
    """Return the content as it stands on the line, or back."""
    if not is_reversed:
        return content
    return b"".join(
        content[at : at + block_bytes][::-1] for at in range(0, len(content), block_bytes)
    )


def _uid_bytes(uid: str) -> bytes:
    try:
        content = bytes.fromhex(uid)
    except ValueError:
        content = b""
    if len(content) != UID_BYTES:
        raise DeviceError(f"{uid!r} is no uid of an HF tag: 16 hexadecimal digits are")
    return content
