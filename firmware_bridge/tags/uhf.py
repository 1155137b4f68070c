"""ISO/TS 28560-4 (GB/T 35660.3): owner and item in the UII, the rest in the user bank.

      EPC bank   CRC (2) │ PC (2) │ UII                    PC   lllll u x t aaaaaaaa
      user bank  DSFID 06 │ elements of ISO 28560-2             length in words, user bank used,
                                                                XPC, ISO instead of GS1, AFI

The UII is `owner.item` in URN Code 40, or the item alone with the owner in the user bank. The AFI
in the PC word is the security bit: 07 in the library, C2 lent.
"""

from dataclasses import dataclass
from typing import Self

from firmware_bridge.errors import FrameError
from firmware_bridge.tags import elements as oid
from firmware_bridge.tags.content import (
    Decoded,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
)
from firmware_bridge.tags.elements import DSFID, Element, decode_elements, encode_elements
from firmware_bridge.tags.objects import content_of, elements_of
from firmware_bridge.tags.security import LIBRARY_AFIS, AfiPair
from firmware_bridge.tags.urn40 import decode_urn40, encode_urn40

MOST_UII_WORDS = 31


@dataclass(frozen=True, slots=True)
class ProtocolControl:
    """The PC word of a UHF tag. `attributes` is the AFI where `is_iso`, else GS1's."""

    words: int
    has_user_bank: bool = False
    has_extension: bool = False
    is_iso: bool = False
    attributes: int = 0

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Return the fields of the word, 0 to 65535."""
        return cls(
            word >> 11,
            has_user_bank=bool(word & 0x0400),
            has_extension=bool(word & 0x0200),
            is_iso=bool(word & 0x0100),
            attributes=word & 0xFF,
        )

    def to_word(self) -> int:
        """Return the word."""
        return (
            self.words << 11
            | self.has_user_bank << 10
            | self.has_extension << 9
            | self.is_iso << 8
            | self.attributes
        )


@dataclass(frozen=True, slots=True)
class UhfImage:
    """What stands on a UHF tag: the PC word, the UII, the user bank (whole words)."""

    pc: int
    uii: bytes
    user: bytes = b""


def decode_iso_uhf(image: UhfImage, afis: AfiPair = LIBRARY_AFIS) -> Decoded:
    """Return what a tag of this format says; one of another AFI is foreign."""
    control = ProtocolControl.from_word(image.pc)
    if not control.is_iso or control.attributes not in (afis.on, afis.off):
        return Unreadable(
            UnreadableReason.FOREIGN,
            f"the tag's PC word {image.pc:04X} does not say that it is a library's",
        )
    try:
        uii = decode_urn40(image.uii)
    except FrameError as error:
        return Unreadable(UnreadableReason.DAMAGED, str(error))
    owner, dot, item_id = uii.partition(".")
    if not dot:
        owner, item_id = "", uii
    if not item_id:
        return Unreadable(UnreadableReason.BLANK, "the UII of the tag holds no item id")
    elements, faults = _user_elements(image.user)
    content = content_of(TagFormat.UHF, item_id, elements)
    return TagContent(
        TagFormat.UHF,
        item_id,
        owner=owner or content.owner,
        usage=content.usage,
        parts=content.parts,
        part=content.part,
        media=content.media,
        shelf=content.shelf,
        title=content.title,
        elements=content.elements,
        faults=faults + content.faults,
    )


def encode_iso_uhf(
    content: TagContent, *, is_secured: bool = True, afis: AfiPair = LIBRARY_AFIS
) -> UhfImage:
    """Return the image of a tag, with its security bit. Raises FrameError for what does not fit."""
    if (
        not content.item_id
        or "." in content.owner
        or ("." in content.item_id and not content.owner)
    ):
        raise FrameError(f"{content.owner!r} and {content.item_id!r} cannot stand in one UII")
    uii = encode_urn40(f"{content.owner}.{content.item_id}" if content.owner else content.item_id)
    if len(uii) > MOST_UII_WORDS * 2:
        raise FrameError(
            f"a UII of {len(uii)} bytes is too long: {MOST_UII_WORDS * 2} are the most"
        )
    user = encode_user_bank(elements_of(content, with_owner=False))
    control = ProtocolControl(
        len(uii) // 2,
        has_user_bank=bool(user),
        is_iso=True,
        attributes=afis.on if is_secured else afis.off,
    )
    return UhfImage(control.to_word(), uii, user)


def encode_user_bank(elements: list[Element]) -> bytes:
    """Return the bytes of MB11 in whole words, b"" for no elements."""
    if not elements:
        return b""
    memory, _ = encode_elements(elements, block_bytes=1)
    return (bytes([DSFID]) + memory).ljust((len(memory) + 2) // 2 * 2, b"\x00")


def _user_elements(user: bytes) -> tuple[list[Element], tuple[str, ...]]:
    if not any(user):
        return [], ()
    if user[0] != DSFID:
        return [], (f"the user bank begins with {user[0]:02X}, not with the DSFID {DSFID:02X}",)
    try:
        elements = decode_elements(user[1:])
    except FrameError as error:
        return [], (f"the user bank cannot be read: {error}",)
    return [element for element in elements if element.oid != oid.ITEM_ID], ()
