"""What can be laid on the desk: tagged books and cards, as one would hold them in the hand."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from examples.demo.lending import OWNER, copies, lent_at_first, readers
from firmware_bridge.simulated.pad import SimulatedTag
from firmware_bridge.tags import (
    LIBRARY_AFIS,
    TagContent,
    TagFormat,
    Usage,
    encode_danish,
)

_MEMORY_BYTES: Final = 112
_DANISH_DSFID: Final = 0x3E
_WITH_CD: Final = frozenset({"310114000012"})
"""Books with a CD, which has a tag of its own."""
_DAMAGED_BYTE: Final = 5


class Kind(StrEnum):
    """What a thing is to the eye."""

    BOOK = "book"
    CD = "cd"
    CARD = "card"
    """A reader's card with a tag as books have them: it belongs on the other reader."""
    STRAY = "stray"
    """A tag that is no item of this library."""


class Place(StrEnum):
    """Where a thing is."""

    SHELF = "shelf"
    PAD = "pad"
    OUT = "out"
    """Past the gate, in somebody's bag."""


@dataclass(slots=True)
class Thing:
    """A thing with its tag. `barcode` is empty for what the library does not know."""

    name_zh: str
    name_en: str
    kind: Kind
    tag: SimulatedTag
    place: Place
    barcode: str = ""
    author: str = ""

    @property
    def id(self) -> str:
        """Return what names it: the uid of its tag."""
        return self.tag.uid

    @property
    def is_chinese(self) -> bool:
        """Tell whether its name is Chinese on an English page, too."""
        return any(letter > "\u2e80" for letter in self.name_en)

    @property
    def has_bit(self) -> bool:
        """Tell whether a gate looks for it."""
        return self.kind in {Kind.BOOK, Kind.CD}

    @property
    def is_secured(self) -> bool:
        """Tell whether a gate would sound: only a tag that says `lent` passes in silence."""
        return self.tag.afi == LIBRARY_AFIS.on


def all_things(branch: str) -> dict[str, Thing]:
    """Return what is at hand at a branch: its own stock, and what somebody brings back."""
    lent = lent_at_first()
    things: list[Thing] = []
    for number, copy in enumerate(copies(), 1):
        if copy.branch != branch and copy.barcode not in lent:
            continue
        parts = 2 if copy.barcode in _WITH_CD else 1
        for part in range(1, parts + 1):
            kind = Kind.CD if part > 1 else Kind.BOOK
            tag = _item_tag(number, part, copy.barcode, parts)
            if copy.barcode in lent:
                tag.afi = LIBRARY_AFIS.off
            place = Place.OUT if copy.barcode in lent else Place.SHELF
            zh, en = ("（光盘）", " (its CD)") if kind is Kind.CD else ("", "")
            name = copy.title
            things.append(Thing(name + zh, name + en, kind, tag, place, copy.barcode, copy.author))
    things += _strays()
    return {thing.id: thing for thing in things}


def card_uid(number: str) -> str:
    """Return the UID of a card: its number is that UID in ten digits."""
    return f"{int(number):08X}"


def _item_tag(number: int, part: int, barcode: str, parts: int) -> SimulatedTag:
    content = TagContent(TagFormat.DANISH, barcode, OWNER, Usage.CIRCULATING, parts, part)
    memory = bytearray(encode_danish(content, _MEMORY_BYTES))
    uid = f"E0040150{number:06X}{part:02X}"
    return SimulatedTag(uid, memory, dsfid=_DANISH_DSFID, afi=LIBRARY_AFIS.on)


def _strays() -> list[Thing]:
    blank = SimulatedTag("E00401507F000001")
    nfc = SimulatedTag("E00401507F000002", bytearray.fromhex("E1401C0103 0BD1010755016B672E65"))
    damaged = _item_tag(0x7F0003, 1, copies()[1].barcode, 1)
    damaged.uid = "E00401507F000003"
    damaged.memory[_DAMAGED_BYTE] ^= 0x55
    other = TagContent(TagFormat.DANISH, "440103000777", "CN-440103-1", Usage.CIRCULATING, 1, 1)
    foreign = SimulatedTag(
        "E00401507F000004",
        bytearray(encode_danish(other, _MEMORY_BYTES)),
        dsfid=_DANISH_DSFID,
        afi=LIBRARY_AFIS.on,
    )
    whose = readers()[0]
    card = TagContent(TagFormat.DANISH, whose.card, OWNER, Usage.PATRON_CARD, 1, 1)
    patron = SimulatedTag(
        "E00401507F000005",
        bytearray(encode_danish(card, _MEMORY_BYTES)),
        dsfid=_DANISH_DSFID,
    )
    shelf = Place.SHELF
    return [
        Thing("空白标签", "A blank tag", Kind.STRAY, blank, shelf),
        Thing("别行业的标签", "A tag of another trade", Kind.STRAY, nfc, shelf),
        Thing("标签损坏的书", "A book with a damaged tag", Kind.STRAY, damaged, shelf),
        Thing("别家图书馆的书", "A book of another library", Kind.STRAY, foreign, shelf),
        Thing(f"{whose.name}的证", f"The card of {whose.name}", Kind.CARD, patron, shelf),
    ]
