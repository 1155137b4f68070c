"""Any tag -> what it says: finds the format, never raises."""

from firmware_bridge.tags import danish, elements
from firmware_bridge.tags.alliance import decode_alliance
from firmware_bridge.tags.content import Decoded, Unreadable, UnreadableReason
from firmware_bridge.tags.danish import PartOrder, decode_danish, is_danish
from firmware_bridge.tags.objects import decode_objects
from firmware_bridge.tags.security import LIBRARY_AFIS, AfiPair
from firmware_bridge.tags.uhf import ProtocolControl, UhfImage, decode_iso_uhf


def decode_hf(
    memory: bytes, dsfid: int | None = None, *, order: PartOrder = PartOrder.PARTS_FIRST
) -> Decoded:
    """Return what the memory of an HF tag says.

    The DSFID decides where it names a format, else the check of the Danish model, which is wrong by
    chance once in 65 536; what passes neither has to be a sound row of elements.
    """
    if not any(memory):
        return Unreadable(UnreadableReason.BLANK, "nothing is written on this tag")
    if dsfid == danish.DSFID or (dsfid != elements.DSFID and is_danish(memory)):
        return decode_danish(memory, order)
    if dsfid != elements.DSFID and _is_nfc(memory):
        return Unreadable(UnreadableReason.FOREIGN, "the tag holds an NFC message, no item")
    decoded = decode_objects(memory)
    if dsfid == elements.DSFID or (
        not isinstance(decoded, Unreadable) and _is_plain(decoded.item_id)
    ):
        return decoded
    if memory[0] >> 4 == danish.VERSION and len(memory) >= danish.SHORT_BYTES:
        return decode_danish(memory, order)
    return Unreadable(UnreadableReason.UNKNOWN, "the tag is of no format that a library uses")


def decode_uhf(image: UhfImage, *, afis: AfiPair = LIBRARY_AFIS) -> Decoded:
    """Return what a UHF tag says: of ISO 28560-4 by its PC word, of the alliance by its UII."""
    if not any(image.uii):
        return Unreadable(UnreadableReason.BLANK, "nothing is written into the UII of this tag")
    if ProtocolControl.from_word(image.pc).is_iso:
        return decode_iso_uhf(image, afis)
    decoded = decode_alliance(image)
    if isinstance(decoded, Unreadable) and image.uii[0] in _GS1_HEADERS:
        return Unreadable(
            UnreadableReason.FOREIGN,
            f"the tag carries a GS1 number ({image.uii.hex().upper()}), no item of a library",
        )
    return decoded


# SGTIN, SSCC, GRAI and the other schemes of the GS1 Tag Data Standard.
_GS1_HEADERS = range(0x2C, 0x40)


def _is_nfc(memory: bytes) -> bool:
    # The capability container of an NFC Forum Type 5 tag: a magic number, then version 1.
    return memory[0] in {0xE1, 0xE2} and memory[1:2] != b"" and memory[1] >> 4 == 4


def _is_plain(item_id: str) -> bool:
    return item_id.isprintable() and not item_id.isspace()
