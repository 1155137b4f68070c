"""What a room asks for. Each is answered by the events that its text names. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from contracts.events import EventName
from contracts.hours import Text
from kiosk.room.events import Kept
from kiosk.room.rules import OrderRefusal
from kiosk.room.settings import Output


@dataclass(frozen=True, slots=True)
class Switch:
    """Switch an output and read it back: Switched or SwitchFailed, with this ticket."""

    output: Output
    is_on: bool
    ticket: int


@dataclass(frozen=True, slots=True)
class CheckCard:
    """Ask the library, or look on the list: Checked."""

    ticket: int
    number: str = field(repr=False)
    pin: str = field(repr=False)
    way: Literal["library", "list"] = "library"


@dataclass(frozen=True, slots=True)
class CheckStaffCard:
    """Prove a card of the staff: StaffChecked."""

    ticket: int
    number: str = field(repr=False)
    pin: str = field(repr=False)


class Place(StrEnum):
    """Where something is said aloud."""

    ROOM = "room"
    DOOR = "door"


@dataclass(frozen=True, slots=True)
class Announce:
    """Say a sentence in both languages. No answer: a loudspeaker cannot be heard from here."""

    kind: str
    text: Text
    place: Place = Place.ROOM


@dataclass(frozen=True, slots=True)
class Note:
    """Tell the hub of an event of this room; nothing in it is a person's. No answer."""

    name: EventName
    data: Mapping[str, bool | int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keep:
    """Write down what has to outlive a restart. No answer."""

    kept: Kept


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer an order of the hub; `refusal` is None where it was carried out."""

    id: str
    refusal: OrderRefusal | None = None


Effect = Switch | CheckCard | CheckStaffCard | Announce | Note | Keep | Reply
