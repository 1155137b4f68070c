"""What may happen to a room: what contacts and people do, how effects ended. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from contracts.hours import PublicHours
from contracts.messages import Quality
from kiosk.room.rules import EntryRefusal, Holder
from kiosk.room.settings import Output, Verb


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went on; given twice a second."""


# What is known around the room.


@dataclass(frozen=True, slots=True)
class TimetableNow:
    """When the room is open to the public; None: nobody told."""

    hours: PublicHours | None


@dataclass(frozen=True, slots=True)
class PeopleNow:
    """How many are inside; `at_ms` is when the hub said so, another one with each new number."""

    people: int | None
    quality: Quality
    capacity: int | None = None
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class ClockNow:
    """Whether this machine's time is set."""

    is_set: bool


@dataclass(frozen=True, slots=True)
class LibraryNow:
    """Whether the library's system answers, and of when the list of cards is (Unix seconds)."""

    is_there: bool
    list_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class SessionNow:
    """Whether somebody is at the kiosk."""

    is_used: bool


class Contact(StrEnum):
    """What hangs on the room's inputs."""

    LEAF = "leaf"
    """Active: the door stands open."""
    FIRE = "fire"
    GATE = "gate"
    TAMPER = "tamper"
    CALL = "call"
    """The emergency button."""


@dataclass(frozen=True, slots=True)
class ContactNow:
    """How a contact is; None: nobody knows."""

    contact: Contact
    is_active: bool | None


@dataclass(frozen=True, slots=True)
class InputsLost:
    """The inputs cannot be read any more."""

    why: str


@dataclass(frozen=True, slots=True)
class AirNow:
    """What a climate sensor says; None for what it does not measure."""

    celsius: float | None = None
    co2_ppm: int | None = None


# Who stands at the door.


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card at the door's reader; `is_staff`: on the staff's list, which its PIN has to prove."""

    number: str = field(repr=False)
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class CardBad:
    """Two cards at once, or one that cannot be read."""

    refusal: EntryRefusal


@dataclass(frozen=True, slots=True)
class PinTyped:
    """A PIN at the door."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EntryLeft:
    """Whoever stood at the door does not want to come in after all."""


# How effects ended.


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to CheckCard. `holder`: of the library; None with no refusal: the list has it."""

    ticket: int
    holder: Holder | None = None
    refusal: EntryRefusal | None = None


@dataclass(frozen=True, slots=True)
class StaffChecked:
    """The answer to CheckStaffCard."""

    ticket: int
    is_staff: bool
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class Switched:
    """The answer to Switch: the relay reads as it was asked for."""

    output: Output
    ticket: int


class Fault(StrEnum):
    """How a switching failed."""

    STUCK = "stuck"
    """The module took the order, and the relay did not follow."""
    SILENT = "silent"
    """No answer: nobody knows how it is."""
    GONE = "gone"
    """The module cannot be reached at all."""


@dataclass(frozen=True, slots=True)
class SwitchFailed:
    """The other answer to Switch."""

    output: Output
    ticket: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class OutputSeen:
    """How an output is, as a look at the module tells; somebody else may have switched it."""

    output: Output
    is_on: bool


@dataclass(frozen=True, slots=True)
class OutputsLost:
    """The relay module cannot be reached any more."""


@dataclass(frozen=True, slots=True)
class OutputsBack:
    """The relay module answers again."""


# What the staff orders.


@dataclass(frozen=True, slots=True)
class Commanded:
    """An order; `id` is answered by a Reply where it came from the hub, empty from the room."""

    verb: Verb
    by: str
    id: str = ""
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a room remembers through a restart; instants in Unix seconds."""

    fire_since_s: int | None = None
    shut_since_s: int | None = None
    tamper_since_s: int | None = None
    said: tuple[tuple[int, int], ...] = ()
    """Announcements that were made: (when it closes, minutes before)."""


Event = (
    Ticked
    | TimetableNow
    | PeopleNow
    | ClockNow
    | LibraryNow
    | SessionNow
    | ContactNow
    | InputsLost
    | AirNow
    | CardShown
    | CardBad
    | PinTyped
    | EntryLeft
    | Checked
    | StaffChecked
    | Switched
    | SwitchFailed
    | OutputSeen
    | OutputsLost
    | OutputsBack
    | Commanded
)
