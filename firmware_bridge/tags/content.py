"""What a library's tag says, whichever format it is written in."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class TagFormat(StrEnum):
    """How a tag is coded; docs/tags.md describes each."""

    DANISH = "iso-28560-3"
    """Fixed places, 32 or 34 bytes and extension blocks: the Danish data model."""
    OBJECTS = "iso-28560-2"
    """A row of compacted elements: also GB/T 35660.2."""
    UHF = "iso-28560-4"
    """UHF, owner and item in the UII: also GB/T 35660.3."""
    ALLIANCE = "university-alliance"
    """UHF, the coding of China's university libraries."""


class Usage(IntEnum):
    """Type of usage, the first digit of its code in ISO 28560-1."""

    ACQUISITION = 0
    CIRCULATING = 1
    NOT_FOR_CIRCULATION = 2
    LOCAL_3 = 3
    LOCAL_4 = 4
    FUTURE = 5
    NO_INFORMATION = 6
    DISCARDED = 7
    PATRON_CARD = 8
    LIBRARY_EQUIPMENT = 9


class UnreadableReason(StrEnum):
    """Why a tag tells nothing about an item."""

    BLANK = "blank"
    """Nothing was written on it yet."""
    FOREIGN = "foreign"
    """It says that it belongs to another trade: another AFI, a GS1 number."""
    DAMAGED = "damaged"
    """It is of a format that is known, and its check or its lengths are wrong."""
    UNKNOWN = "unknown"
    """It is of no format that is known."""


@dataclass(frozen=True, slots=True)
class TagContent:
    """What a tag says.

    `item_id` is the barcode, or the number of a patron card. `owner` is an ISIL, with the alliance
    the five digits of a university, "" where the tag names none. `parts` tags belong to the item
    and this is number `part` of them; 0 is unknown. `usage` is None where the tag says none, or
    one that the standard does not name. `elements` holds what has no field here, by the OID of ISO
    28560-1. `faults` names what could not be read beside a sure `item_id`.
    """

    format: TagFormat
    item_id: str
    owner: str = ""
    usage: Usage | None = None
    parts: int = 0
    part: int = 0
    media: str = ""
    shelf: str = ""
    title: str = ""
    elements: tuple[tuple[int, str], ...] = ()
    faults: tuple[str, ...] = field(default=())

    @property
    def is_patron_card(self) -> bool:
        """Whether this is a patron's card, never a book."""
        return self.usage is Usage.PATRON_CARD

    def element(self, oid: int) -> str:
        """Return what stands under this OID in `elements`, "" if nothing."""
        return dict(self.elements).get(oid, "")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A tag that tells nothing about an item, and why in one sentence."""

    reason: UnreadableReason
    sentence: str


Decoded = TagContent | Unreadable


def usage_of(code: int) -> Usage | None:
    """Return the type of usage of the first digit of its code; None for one without a name."""
    try:
        return Usage(code)
    except ValueError:
        return None
