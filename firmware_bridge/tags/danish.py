"""ISO 28560-3, the Danish data model: fixed places, a check, and blocks behind them.

      0     1      2     3          19     21       23           34
      ┌─────┬──────┬─────┬──────────┬──────┬────────┬────────────┬─────────────┐
      │ v u │parts │part │ item id  │ CRC  │country │ library    │ extensions  │
      │     │      │     │ 16 bytes │ 2    │ 2      │ 11 bytes   │             │
      └─────┴──────┴─────┴──────────┴──────┴────────┴────────────┴─────────────┘
       v: version, 1 · u: type of usage, 4 bits each     a tag of 32 bytes ends after 9 of them

      extension   length (whole block) │ id (2, low byte first) │ check │ payload

Texts are UTF-8, filled up with 0x00. The check is CRC-16/IBM-3740, low byte first, over all bytes
before it and all 13 behind it; what a tag of 32 bytes lacks counts as 0x00. The check of an
extension makes the XOR of all its bytes 0; a length 0 ends them. Country and library are an ISIL
without its first hyphen. Source: RFID Data Model for Libraries (DS/INF 163), and programs in use.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from operator import xor

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import crc16
from firmware_bridge.tags.content import (
    Decoded,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
    Usage,
    usage_of,
)

DSFID = 0x3E
BASIC_BYTES = 34
SHORT_BYTES = 32
VERSION = 1
LIBRARY_EXTENSION = 1
"""Media format, alternative item id, alternative owner."""
TITLE_EXTENSION = 4
_ID, _CRC, _OWNER = slice(3, 19), slice(19, 21), slice(21, BASIC_BYTES)
_ALTERNATIVE_ID, _ALTERNATIVE_OWNER = 22, 23
_EXTENSION_HEAD = 4
_MOST_EXTENSION_BYTES = 255


class PartOrder(StrEnum):
    """Which of bytes 1 and 2 is the number of parts; some libraries wrote them the other way."""

    PARTS_FIRST = "parts-first"
    PART_FIRST = "part-first"


@dataclass(frozen=True, slots=True)
class Extension:
    """One block: id 1 library, 2 acquisition, 3 supplement, 4 title, 5 ILL, 100 on local."""

    id: int
    payload: bytes


def is_danish(memory: bytes) -> bool:
    """Return whether the check of the basic block is right. A blank memory has no right check."""
    return len(memory) >= SHORT_BYTES and _stored_check(memory) == _check(memory)


def decode_danish(memory: bytes, order: PartOrder = PartOrder.PARTS_FIRST) -> Decoded:
    """Return what a memory of this format says.

    A part beyond the number of parts can only be in the other order, and is read so.
    """
    if not any(memory[:BASIC_BYTES]):
        return Unreadable(UnreadableReason.BLANK, "nothing is written on this tag")
    if len(memory) < SHORT_BYTES:
        return _damaged(f"{len(memory)} bytes of memory are fewer than {SHORT_BYTES}")
    if memory[0] >> 4 != VERSION:
        return Unreadable(
            UnreadableReason.UNKNOWN,
            f"version {memory[0] >> 4} of the Danish data model is not known, only {VERSION}",
        )
    if not is_danish(memory):
        return _damaged(
            f"the check of the tag is {_stored_check(memory):04X}, its content gives "
            f"{_check(memory):04X}"
        )
    basic = _padded(memory)
    try:
        item_id = _text(basic[_ID])
        country, library = _text(basic[21:23]), _text(basic[23:])
    except UnicodeDecodeError:
        return _damaged("item id or owner are no UTF-8")
    if not item_id:
        return Unreadable(UnreadableReason.BLANK, "the tag is of the Danish model, without an id")
    parts, part = _parts(basic[1], basic[2], order)
    extensions, faults = read_extensions(memory)
    fields, more_faults = _extension_fields(extensions)
    return TagContent(
        TagFormat.DANISH,
        item_id,
        owner=f"{country}-{library}" if country and library else country or library,
        usage=usage_of(basic[0] & 0x0F),
        parts=parts,
        part=part,
        media=fields.media,
        title=fields.title,
        elements=fields.elements,
        faults=faults + more_faults,
    )


def encode_danish(
    content: TagContent,
    memory_bytes: int = BASIC_BYTES,
    *,
    order: PartOrder = PartOrder.PARTS_FIRST,
    extensions: tuple[Extension, ...] | None = None,
) -> bytes:
    """Return `memory_bytes` of memory, extensions included: by default those of the content.

    Raises FrameError, which says what does not fit.
    """
    if memory_bytes < SHORT_BYTES:
        raise FrameError(f"a tag of {memory_bytes} bytes is too small: {SHORT_BYTES} are needed")
    if not (0 <= content.parts <= 0xFF and 0 <= content.part <= 0xFF):
        raise FrameError(f"part {content.part} of {content.parts} is beyond 255")
    usage = Usage.NO_INFORMATION if content.usage is None else content.usage
    numbers = (content.parts, content.part)
    if order is PartOrder.PART_FIRST:
        numbers = (content.part, content.parts)
    basic = bytearray(BASIC_BYTES)
    basic[0], basic[1], basic[2] = VERSION << 4 | usage, *numbers
    basic[_ID] = _filled(content.item_id, 16, "item id")
    if not content.item_id:
        raise FrameError("the item id is empty")
    basic[_OWNER] = _owner(content.owner, 11 if memory_bytes >= BASIC_BYTES else 9)
    basic[_CRC] = _check(bytes(basic)).to_bytes(2, "little")
    blocks = extensions_of(content) if extensions is None else extensions
    memory = bytes(basic[:memory_bytes]) + b"".join(map(_encode_extension, blocks))
    if len(memory) > memory_bytes:
        raise FrameError(f"{len(memory)} bytes with extensions do not fit into {memory_bytes}")
    return memory.ljust(memory_bytes, b"\x00")


def read_extensions(memory: bytes) -> tuple[tuple[Extension, ...], tuple[str, ...]]:
    """Return the sound blocks behind the basic one, and a sentence for what stopped the reading."""
    found: list[Extension] = []
    position = BASIC_BYTES
    while position < len(memory) and memory[position]:
        size = memory[position]
        block = memory[position : position + size]
        if size < _EXTENSION_HEAD or len(block) < size:
            return tuple(found), (f"the extension at byte {position} has a wrong length {size}",)
        if reduce(xor, block):
            return tuple(found), (f"the extension at byte {position} has a wrong check",)
        found.append(Extension(int.from_bytes(block[1:3], "little"), block[_EXTENSION_HEAD:]))
        position += size
    return tuple(found), ()


def extensions_of(content: TagContent) -> tuple[Extension, ...]:
    """Return the blocks for media, title, alternative id and owner of a content.

    Raises FrameError for what this format has no place for.
    """
    others = dict(content.elements)
    names = [others.pop(oid, "") for oid in (_ALTERNATIVE_ID, _ALTERNATIVE_OWNER)]
    if content.shelf or others:
        what = "shelf" if content.shelf else f"element {min(others)}"
        raise FrameError(f"the Danish data model has no place for the {what}")
    blocks = []
    if content.media or any(names):
        media = content.media or "0"
        if not (media.isascii() and media.isdecimal() and int(media) <= 0xFF):
            raise FrameError(f"the media format {media!r} is no number from 0 to 255")
        blocks.append(library_extension(int(media), *names))
    if content.title:
        blocks.append(title_extension(content.title))
    return tuple(blocks)


def library_extension(
    media: int, alternative_id: str = "", alternative_owner: str = ""
) -> Extension:
    """Return the block with media format (0 to 255), alternative item id and owner."""
    texts = f"{alternative_id}\x00{alternative_owner}\x00".encode()
    return Extension(LIBRARY_EXTENSION, bytes([media]) + texts)


def title_extension(title: str) -> Extension:
    """Return the block with the title."""
    return Extension(TITLE_EXTENSION, title.encode() + b"\x00")


@dataclass(frozen=True, slots=True)
class _ExtensionFields:
    media: str = ""
    title: str = ""
    elements: tuple[tuple[int, str], ...] = ()


def _extension_fields(
    extensions: tuple[Extension, ...],
) -> tuple[_ExtensionFields, tuple[str, ...]]:
    # Acquisition, supplement, ILL and local blocks are left: no reader of items needs them.
    fields, faults = _ExtensionFields(), []
    for extension in extensions:
        try:
            if extension.id == LIBRARY_EXTENSION and extension.payload:
                texts = map(_text, extension.payload[1:].split(b"\x00"))
                named = zip((_ALTERNATIVE_ID, _ALTERNATIVE_OWNER), texts, strict=False)
                elements = tuple((oid, text) for oid, text in named if text)
                fields = replace(fields, media=str(extension.payload[0]), elements=elements)
            elif extension.id == TITLE_EXTENSION:
                fields = replace(fields, title=_text(extension.payload))
        except UnicodeDecodeError:
            faults.append(f"the extension {extension.id} is no UTF-8")
    return fields, tuple(faults)


def _encode_extension(extension: Extension) -> bytes:
    size = _EXTENSION_HEAD + len(extension.payload)
    if size > _MOST_EXTENSION_BYTES:
        raise FrameError(f"extension {extension.id} has {size} bytes, 255 are the most")
    head = bytes([size]) + extension.id.to_bytes(2, "little")
    return head + bytes([reduce(xor, head + extension.payload)]) + extension.payload


def _parts(first: int, second: int, order: PartOrder) -> tuple[int, int]:
    parts, part = (first, second) if order is PartOrder.PARTS_FIRST else (second, first)
    return (part, parts) if part > parts > 0 else (parts, part)


def _owner(isil: str, most_library_bytes: int) -> bytes:
    country, hyphen, library = isil.partition("-")
    if isil and (not hyphen or len(country) != 2 or not country.isascii()):
        raise FrameError(f"the owner {isil!r} is no ISIL of a country, as DE-705 is")
    return country.encode().ljust(2, b"\x00") + _filled(library, most_library_bytes, "owner").ljust(
        11, b"\x00"
    )


def _filled(text: str, size: int, what: str) -> bytes:
    content = text.encode()
    if len(content) > size or "\x00" in text:
        raise FrameError(f"the {what} {text!r} does not fit into {size} bytes")
    return content.ljust(size, b"\x00")


def _text(content: bytes) -> str:
    return content.split(b"\x00")[0].decode()


def _padded(memory: bytes) -> bytes:
    return memory[:BASIC_BYTES].ljust(BASIC_BYTES, b"\x00")


def _check(memory: bytes) -> int:
    basic = _padded(memory)
    return crc16(basic[:19] + basic[_OWNER])


def _stored_check(memory: bytes) -> int:
    return int.from_bytes(memory[_CRC], "little")


def _damaged(sentence: str) -> Unreadable:
    return Unreadable(UnreadableReason.DAMAGED, sentence)
