"""The UHF coding of China's university libraries (高校联盟): id and security bit in the UII.

      byte 0     lent (1 bit) │ reserved (2) │ sorting (5)
      byte 1     coding (2): 0 id packed into 8 bytes, 1 into 12, 2 plain │ version - 1 (6)
      bytes 2-3  bitmap of the OIDs in the user bank
      from 4 on  item id

      user bank  ┌──────────┬──────────────┬──────┐
                 │ OID (6)  │ length (10)  │ data │  again and again, ended by a byte 00
                 └──────────┴──────────────┴──────┘

Packed ids are little-endian; their lowest four bits are the number of characters, the next eight
the last character as it is. The PC word is GS1's, so a tag is known by a UII that packs again to
itself. Source: the alliance's data model, as transcribed with examples by the project dp2.
"""

from collections.abc import Callable
from contextlib import suppress

from firmware_bridge.errors import FrameError
from firmware_bridge.tags.content import (
    Decoded,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
    Usage,
)
from firmware_bridge.tags.packed_id import pack_96, pack_128, unpack_96, unpack_128
from firmware_bridge.tags.uhf import ProtocolControl, UhfImage

VERSION = 1
CODING_96, CODING_128, CODING_PLAIN = range(3)
_BITMAP_OIDS = (3, 4, 5, 6, 11, 12, 14, 15, 16, 24, 26, 27, 28, 29, 30, 31)
_OWNER, _SET_INFO, _USAGE, _SHELF, _ILL_OWNER = 3, 4, 5, 6, 11
_HEAD_BYTES = 4
_RESERVED_BITS = 0x60
_UII_BYTES = {CODING_96: 12, CODING_128: 16}
_MOST_PLAIN = 14
_DOCUMENT, _DISC, _SHELF_LABEL, _CARD, _EQUIPMENT = range(5)
_USAGES = {
    (_DOCUMENT, 0): Usage.CIRCULATING,
    (_DOCUMENT, 1): Usage.NOT_FOR_CIRCULATION,
    (_DOCUMENT, 2): Usage.DISCARDED,
    (_DOCUMENT, 3): Usage.ACQUISITION,
    (_DISC, 0): Usage.CIRCULATING,
    (_DISC, 1): Usage.NOT_FOR_CIRCULATION,
    (_DISC, 2): Usage.ACQUISITION,
}
_USAGES_OF_ALL = {
    _SHELF_LABEL: Usage.LIBRARY_EQUIPMENT,
    _CARD: Usage.PATRON_CARD,
    _EQUIPMENT: Usage.LIBRARY_EQUIPMENT,
}


def decode_alliance(image: UhfImage) -> Decoded:
    """Return what a tag of this format says."""
    try:
        item_id = _decode_id(image.uii)
    except FrameError as error:
        return Unreadable(UnreadableReason.UNKNOWN, str(error))
    texts, faults = _user_elements(image.user)
    parts, _, part = texts.pop(_SET_INFO, "0/0").partition("/")
    usage = texts.pop(_USAGE, "")
    return TagContent(
        TagFormat.ALLIANCE,
        item_id,
        owner=texts.pop(_OWNER, ""),
        usage=_usage_of(usage),
        parts=int(parts),
        part=int(part),
        shelf=texts.pop(_SHELF, ""),
        elements=tuple(sorted(texts.items())),
        faults=faults,
    )


def encode_alliance(content: TagContent, *, is_secured: bool = True) -> UhfImage:
    """Return the image of a tag in the shortest coding that holds the id. Raises FrameError."""
    coding, coded = _encode_id(content.item_id)
    elements = _texts_of(content)
    bitmap = sum(1 << _BITMAP_OIDS.index(oid) for oid in elements)
    head = bytes([0 if is_secured else 0x80, coding << 6 | (VERSION - 1)])
    uii = head + bitmap.to_bytes(2, "big") + coded
    uii = uii.ljust(_UII_BYTES.get(coding, 0), b"\x00")
    user = b"".join(_encode_element(oid, text) for oid, text in elements.items())
    user += bytes(2 - len(user) % 2) if user else b""
    control = ProtocolControl(len(uii) // 2, has_user_bank=bool(user))
    return UhfImage(control.to_word(), uii, user)


def listed_oids(uii: bytes) -> tuple[int, ...]:
    """Return the OIDs that the bitmap of a UII promises in the user bank."""
    bitmap = int.from_bytes(uii[2:_HEAD_BYTES], "big")
    return tuple(oid for bit, oid in enumerate(_BITMAP_OIDS) if bitmap >> bit & 1)


def _decode_id(uii: bytes) -> str:
    if len(uii) <= _HEAD_BYTES or uii[0] & _RESERVED_BITS:
        raise FrameError("the UII is of no known library format")
    coding, coded = uii[1] >> 6, uii[_HEAD_BYTES:]
    if coding not in _CODINGS:
        raise FrameError("the UII is of no known library format")
    pack, unpack = _CODINGS[coding]
    item_id = unpack(coded)
    if pack(item_id).ljust(len(coded), b"\x00") != coded:
        raise FrameError("the UII is of no known library format")
    return item_id


def _encode_id(item_id: str) -> tuple[int, bytes]:
    for coding in (CODING_96, CODING_128):
        with suppress(FrameError):
            return coding, _CODINGS[coding][0](item_id)
    return CODING_PLAIN, _pack_plain(item_id).ljust(_MOST_PLAIN, b"\x00")


def _pack_plain(item_id: str) -> bytes:
    if not 1 <= len(item_id) <= _MOST_PLAIN or not item_id.isascii() or "\x00" in item_id:
        raise FrameError(f"the item id {item_id!r} is not 1 to {_MOST_PLAIN} characters of ASCII")
    return item_id.encode()


def _unpack_plain(coded: bytes) -> str:
    text = coded.rstrip(b"\x00")
    if not text or not text.isascii() or not text.decode("ascii").isprintable():
        raise FrameError("the UII holds no plain item id")
    return text.decode("ascii")


_CODINGS: dict[int, tuple[Callable[[str], bytes], Callable[[bytes], str]]] = {
    CODING_96: (pack_96, unpack_96),
    CODING_128: (pack_128, unpack_128),
    CODING_PLAIN: (_pack_plain, _unpack_plain),
}


def _user_elements(user: bytes) -> tuple[dict[int, str], tuple[str, ...]]:
    texts: dict[int, str] = {}
    faults: list[str] = []
    position = 0
    while position < len(user) and user[position]:
        head = int.from_bytes(user[position : position + 2], "big")
        oid, length = head >> 10, head & 0x03FF
        data = user[position + 2 : position + 2 + length]
        if len(data) < length or position + 1 >= len(user):
            faults.append(f"the element {oid} goes beyond the end of the user bank")
            break
        try:
            if length:
                texts[oid] = _decode_element(oid, data)
        except FrameError as error:
            faults.append(str(error))
        position += 2 + length
    return texts, tuple(faults)


def _decode_element(oid: int, data: bytes) -> str:
    try:
        match oid, len(data):
            case ((3 | 11), 2):
                code = f"{int.from_bytes(data, 'big'):05}"
                # The codes of military schools begin with 9, which two bytes do not hold.
                return f"9{code[1:]}" if code[0] == "6" else code
            case 4, 4:
                return f"{int.from_bytes(data[:2], 'big')}/{int.from_bytes(data[2:], 'big')}"
            case 5, 2:
                return f"{data[0]}.{data[1]}"
            case ((3 | 4 | 5 | 11), _):
                raise FrameError(f"the element {oid} has a wrong length {len(data)}")
            case _:
                return data.decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"the element {oid} is no UTF-8") from error


def _encode_element(oid: int, text: str) -> bytes:
    match oid:
        case 3 | 11:
            is_code = len(text) == len("10248") and text.isascii() and text.isdecimal()
            stored = f"6{text[1:]}" if text[:1] == "9" else text
            if not is_code or text[0] == "6" or int(stored) > 0xFFFF:
                raise FrameError(f"the owner {text!r} is no code of a university, as 10248 is")
            data = int(stored).to_bytes(2, "big")
        case 4:
            parts, _, part = text.partition("/")
            data = int(parts).to_bytes(2, "big") + int(part).to_bytes(2, "big")
        case 5:
            category, _, state = text.partition(".")
            data = bytes([int(category), int(state)])
        case _:
            data = text.encode()
    if len(data) > 0x03FF:
        raise FrameError(f"the element {oid} has {len(data)} bytes, 1023 are the most")
    return (oid << 10 | len(data)).to_bytes(2, "big") + data


def _texts_of(content: TagContent) -> dict[int, str]:
    if content.media or content.title:
        what = "title" if content.title else "media format"
        raise FrameError(f"the alliance's coding has no place for the {what}")
    texts = dict(content.elements) | {_OWNER: content.owner, _SHELF: content.shelf}
    if content.parts:
        if not (0 < content.parts <= 0xFFFF and 0 <= content.part <= 0xFFFF):
            raise FrameError(f"part {content.part} of {content.parts} is beyond 65535")
        texts[_SET_INFO] = f"{content.parts}/{content.part}"
    if content.usage is not None:
        texts[_USAGE] = _code_of(content.usage)
    foreign = [oid for oid, text in texts.items() if text and oid not in _BITMAP_OIDS]
    if foreign:
        raise FrameError(f"the alliance's coding has no element {foreign[0]}")
    return {oid: text for oid, text in sorted(texts.items()) if text}


def _usage_of(text: str) -> Usage | None:
    if not text:
        return None
    category, state = map(int, text.split("."))
    return _USAGES_OF_ALL.get(category, _USAGES.get((category, state)))


def _code_of(usage: Usage) -> str:
    codes = {usage: (category, state) for (category, state), usage in reversed(_USAGES.items())}
    codes |= {Usage.PATRON_CARD: (_CARD, 0), Usage.LIBRARY_EQUIPMENT: (_EQUIPMENT, 0)}
    if usage not in codes:
        raise FrameError(f"the alliance's coding has no usage {usage.name.lower()}")
    category, state = codes[usage]
    return f"{category}.{state}"
