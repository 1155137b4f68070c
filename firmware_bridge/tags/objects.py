"""ISO 28560-2 (GB/T 35660.2) as an HF tag carries it: elements from byte 0 of its memory."""

from collections.abc import Iterable

from firmware_bridge.errors import FrameError
from firmware_bridge.tags import elements as oid
from firmware_bridge.tags.content import (
    Decoded,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
    Usage,
    usage_of,
)
from firmware_bridge.tags.elements import (
    Element,
    compact_element,
    decode_elements,
    encode_elements,
)

_MEDIA = (oid.MARC_MEDIA, oid.ONIX_MEDIA, oid.OTHER_MEDIA)
_WITH_FIELD = {oid.ITEM_ID, oid.CONTENT_PARAMETER, oid.OWNER, oid.SET_INFO, oid.USAGE}
_WITH_FIELD |= {oid.SHELF, oid.TITLE}


def decode_objects(memory: bytes) -> Decoded:
    """Return what a memory of this format says."""
    if not any(memory):
        return Unreadable(UnreadableReason.BLANK, "nothing is written on this tag")
    if memory[0] & 0x0F != oid.ITEM_ID:
        return Unreadable(
            UnreadableReason.UNKNOWN, "the tag does not begin with an item id of ISO 28560-2"
        )
    try:
        elements = decode_elements(memory)
        item_id = elements[0].text
    except FrameError as error:
        return Unreadable(UnreadableReason.DAMAGED, str(error))
    if not item_id:
        return Unreadable(UnreadableReason.BLANK, "the tag is of ISO 28560-2, without an item id")
    return content_of(TagFormat.OBJECTS, item_id, elements)


def encode_objects(
    content: TagContent,
    memory_bytes: int,
    *,
    locked: Iterable[int] = (),
    block_bytes: int = 4,
) -> tuple[bytes, str]:
    """Return `memory_bytes` of memory and the lock map of its blocks, `l` locked and `.` open.

    `locked` are the OIDs whose blocks shall be locked after the write; none is by default. Raises
    FrameError, which says what does not fit.
    """
    if not content.item_id:
        raise FrameError("the item id is empty")
    row = [compact_element(oid.ITEM_ID, content.item_id), *elements_of(content)]
    memory, lock_map = encode_elements(row, locked=locked, block_bytes=block_bytes)
    if len(memory) > memory_bytes:
        raise FrameError(f"{len(memory)} bytes do not fit into a tag of {memory_bytes}")
    blocks = memory_bytes // block_bytes
    return memory.ljust(memory_bytes, b"\x00"), lock_map.ljust(blocks, ".")


def content_of(tag_format: TagFormat, item_id: str, elements: Iterable[Element]) -> TagContent:
    """Return the content of elements; one that says nothing is named in its `faults`."""
    texts: dict[int, str] = {}
    faults: list[str] = []
    for element in elements:
        try:
            texts[element.oid] = element.text
        except FrameError as error:
            faults.append(f"the element {element.oid} cannot be read: {error}")
    parts, part = read_set_info(texts.get(oid.SET_INFO, ""))
    if not parts and texts.get(oid.SET_INFO):
        faults.append(f"the set information {texts[oid.SET_INFO]!r} is no two numbers")
    media = next((number for number in _MEDIA if texts.get(number)), 0)
    return TagContent(
        tag_format,
        item_id,
        owner=texts.get(oid.OWNER, ""),
        usage=_read_usage(texts.get(oid.USAGE, "")),
        parts=parts,
        part=part,
        media=texts.get(media, ""),
        shelf=texts.get(oid.SHELF, ""),
        title=texts.get(oid.TITLE, ""),
        elements=tuple(
            (number, text)
            for number, text in sorted(texts.items())
            if number not in _WITH_FIELD and number != media
        ),
        faults=tuple(faults),
    )


def elements_of(content: TagContent, *, with_owner: bool = True) -> list[Element]:
    """Return the elements behind the item id, by their OIDs. Raises FrameError."""
    usage = "" if content.usage is None else f"{content.usage:X}0"
    texts = dict(content.elements) | {
        oid.OWNER: content.owner if with_owner else "",
        oid.SET_INFO: write_set_info(content.parts, content.part),
        oid.USAGE: usage,
        oid.SHELF: content.shelf,
        oid.MARC_MEDIA: content.media,
        oid.TITLE: content.title,
    }
    return [compact_element(number, text) for number, text in sorted(texts.items()) if text]


def read_set_info(text: str) -> tuple[int, int]:
    """Return (parts, part) of a set information: two numbers of the same length, as 1203."""
    half, odd = divmod(len(text), 2)
    if odd or not (text.isascii() and text.isdecimal()):
        return 0, 0
    return int(text[:half]), int(text[half:])


def write_set_info(parts: int, part: int) -> str:
    """Return the set information, "" for an unknown number of parts. Raises FrameError."""
    if not parts:
        return ""
    width = len(str(parts))
    if parts < 0 or not 0 <= part < 10**width:
        raise FrameError(f"part {part} of {parts} cannot be written")
    return f"{parts}{part:0{width}}"


def _read_usage(text: str) -> Usage | None:
    try:
        return usage_of(int(text[:1], 16))
    except ValueError:
        return None
