"""What may happen to a session: what a visitor does, what devices see, how effects ended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from contracts.hours import Text
from contracts.venue_facts import VenueFacts
from kiosk.lending.effects import Notice
from kiosk.lending.offline import OfflineRefusal
from kiosk.lending.services import Services
from kiosk.lending.slip import SlipRow
from kiosk.lending.stack import OnPad
from kiosk.lending.unfinished import Unfinished
from kiosk.session.exhibit import Exhibit
from kiosk.session.patron import Account, IdentifyRefusal, ItemSaid, Patron
from kiosk.session.screen import Mark, Row

# What a visitor does.


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of the screen with this serial. Its `act` is one of `kiosk.session.acts`."""

    act: str
    serial: int
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A field was sent. What was typed may be a PIN: it stands in no repr, no log, no state."""

    name: str
    text: str = field(repr=False)
    serial: int


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody touched a key or the glass: they are still there."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went on; given about once a second."""


# What devices see.


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card on the card reader, or a code that is a card's; `number` as the library has it.

    `is_staff`: it is on the list of the staff; that it is theirs, their PIN has to prove.
    """

    number: str = field(repr=False)
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class CardTrouble:
    """A card that cannot be used, or two at once."""

    refusal: IdentifyRefusal


@dataclass(frozen=True, slots=True)
class PadSeen:
    """What lies on the pad now, whole, and what the library's system says of it by item id.

    An item that is not in `said` has not been asked after yet; its tag's title is shown.
    """

    on_pad: OnPad
    said: Mapping[str, ItemSaid] = field(default_factory=dict)


# How effects ended.


@dataclass(frozen=True, slots=True)
class Identified:
    """The answer to Identify, when somebody was."""

    patron: Patron


@dataclass(frozen=True, slots=True)
class NotIdentified:
    """The answer to Identify, when nobody was. `said` is the library's own sentence."""

    refusal: IdentifyRefusal
    said: str = ""


@dataclass(frozen=True, slots=True)
class AccountRead:
    """The answer to ReadAccount; None: the library's system gave none."""

    account: Account | None


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """One item of a Handle is done with. `transaction` names it for `Shown`.

    `fee`: it was refused because of this amount, and may be done if the visitor accepts it.
    `refused`: it was not even begun, because of this limit of lending alone.
    """

    item_id: str
    row: SlipRow
    transaction: str = ""
    fee: str = ""
    refused: OfflineRefusal | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandlingEnded:
    """Every item of a Handle is done with; `trouble`: the journal's disk refused the rest."""

    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The desk has something to say of an item at once: put it back, or see the staff."""

    item_id: str
    notice: Notice
    is_over: bool = False
    """It was put back."""


@dataclass(frozen=True, slots=True)
class SlipReady:
    """The session at the desk ended: what the slip says, out of the journal."""

    rows: tuple[SlipRow, ...]


class SlipWay(StrEnum):
    """How a slip leaves the kiosk."""

    PRINT = "print"
    EMAIL = "email"
    QR = "qr"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SlipGiven:
    """The answer to GiveSlip; `ok` false: choose another way, `why` says what is the matter."""

    way: SlipWay
    ok: bool
    why: Literal["", "no_paper", "printer_away", "mail_away", "bad_address"] = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """The answer to Report: it is on the disk of this kiosk, and goes to the hub from there."""

    ok: bool


@dataclass(frozen=True, slots=True)
class StaffKnown:
    """The answer to CheckStaff, when the card is of the staff and the PIN is right."""

    name: str


@dataclass(frozen=True, slots=True)
class StaffUnknown:
    """The answer to CheckStaff otherwise."""

    is_locked: bool = False


# What is around the session, whoever is there.


@dataclass(frozen=True, slots=True)
class ServicesNow:
    """What lending can do now. `ils_away_since_s`, Unix seconds, while the system is away."""

    services: Services
    ils_away_since_s: int | None = None
    ways: frozenset[SlipWay] = frozenset({SlipWay.NONE, SlipWay.QR})
    """How a slip can be given now."""


@dataclass(frozen=True, slots=True)
class FactsNow:
    """What is told of this venue and of those nearby; `hub_away_since_s` while the hub is away."""

    facts: VenueFacts | None
    hub_away_since_s: int | None = None


DeviceKind = Literal[
    "pad",
    "card_reader",
    "code_reader",
    "printer",
    "library",
    "hub",
    "packs",
    "disk",
    "door_reader",
    "pin_pad",
    "room_inputs",
    "room_outputs",
    "room_air",
    "room_voice",
]


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """One device of this kiosk, or a service that it uses, for the staff."""

    name: str
    kind: DeviceKind
    is_well: bool
    since_s: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DevicesNow:
    """How the devices are."""

    devices: tuple[DeviceNow, ...]


@dataclass(frozen=True, slots=True)
class UnfinishedNow:
    """What waits for the staff, gravest first."""

    rows: tuple[Unfinished, ...]


@dataclass(frozen=True, slots=True)
class OutOfUse:
    """The kiosk as a whole can or cannot be used; `why` names it: `staff`, `disk`, `pad`."""

    is_out: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class RoomNow:
    """How the room is that this kiosk looks after: for every screen, and for the staff."""

    notices: tuple[tuple[Mark, Text], ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ArNow:
    """Whether this kiosk has a camera and exhibits to show; `trouble` says why the camera fails."""

    is_offered: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ExhibitSeen:
    """The camera sees the target of an exhibit."""

    exhibit: Exhibit


@dataclass(frozen=True, slots=True)
class ExhibitLeft:
    """It is seen no more, after so many seconds."""

    key: str
    seconds: float


Event = (
    Pressed
    | Entered
    | Touched
    | Ticked
    | CardSeen
    | CardTrouble
    | PadSeen
    | Identified
    | NotIdentified
    | AccountRead
    | ItemEnded
    | HandlingEnded
    | Told
    | SlipReady
    | SlipGiven
    | Reported
    | StaffKnown
    | StaffUnknown
    | ServicesNow
    | FactsNow
    | DevicesNow
    | UnfinishedNow
    | OutOfUse
    | RoomNow
    | ArNow
    | ExhibitSeen
    | ExhibitLeft
)
