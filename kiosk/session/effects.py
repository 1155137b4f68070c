"""What a session asks for. Each is answered by the events that its text names. Pure.

`visit` numbers the visit that asked: an answer that comes after it has ended is not of this visitor
and is dropped by whoever carries effects out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.events import EventName
from kiosk.lending.slip import SlipRow
from kiosk.lending.transaction import Action
from kiosk.session.events import SlipWay


@dataclass(frozen=True, slots=True)
class Identify:
    """Ask who this is: Identified or NotIdentified."""

    visit: int
    number: str = field(repr=False)
    pin: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """Ask for loans, holds and fees of who was identified: AccountRead."""

    visit: int


@dataclass(frozen=True, slots=True)
class Handle:
    """Borrow, return or renew these items: an ItemEnded each, Told in between, HandlingEnded.

    Renewals name loans by their item ids; the others are on the pad. `fee_for`: whose fee the
    visitor has accepted.
    """

    visit: int
    action: Action
    item_ids: tuple[str, ...]
    fee_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NoteShown:
    """The visitor has read how these transactions ended. No answer."""

    transactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndSession:
    """End the session at the desk and forget the patron: SlipReady."""

    visit: int


@dataclass(frozen=True, slots=True)
class GiveSlip:
    """Print the slip, or send it to an address: SlipGiven."""

    visit: int
    way: SlipWay
    rows: tuple[SlipRow, ...]
    address: str = field(repr=False, default="")
    is_english: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the hub of an event of this node. `data` holds nothing of a patron.

    Reported, where `is_answered`: somebody waits to hear that it is kept.
    """

    visit: int
    name: EventName
    data: Mapping[str, bool | int | float | str]
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class CheckStaff:
    """Ask whether this card is of the staff: StaffKnown or StaffUnknown."""

    visit: int
    number: str = field(repr=False)
    pin: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Take a transaction from the staff's list: UnfinishedNow."""

    transaction: str
    by: str


@dataclass(frozen=True, slots=True)
class TakeOutOfUse:
    """Take the kiosk out of service, or into it again: OutOfUse."""

    is_out: bool
    by: str


@dataclass(frozen=True, slots=True)
class OrderRoom:
    """Order something of the room: unlock, close, open, reset. RoomNow tells what came of it."""

    verb: str
    by: str


@dataclass(frozen=True, slots=True)
class Wipe:
    """The visit is over: forget everything of it, also what is under way. No answer."""

    visit: int


Effect = (
    Identify
    | ReadAccount
    | Handle
    | NoteShown
    | EndSession
    | GiveSlip
    | Report
    | CheckStaff
    | CloseCase
    | TakeOutOfUse
    | OrderRoom
    | Wipe
)
