"""What a session knows: what is around it, whoever is there, and the visit that is on. Pure.

A visit is everything that is a visitor's. It ends by being replaced by a new one: what it held is
then reachable nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from contracts.hours import Text
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import SlipRow
from kiosk.lending.stack import OnPad
from kiosk.lending.transaction import Action
from kiosk.session.events import (
    ArNow,
    DevicesNow,
    FactsNow,
    OutOfUse,
    PadSeen,
    RoomNow,
    ServicesNow,
    UnfinishedNow,
)
from kiosk.session.exhibit import Exhibit
from kiosk.session.patron import Account, Patron
from kiosk.session.screen import Prefs, ScreenName


class Waiting(StrEnum):
    """What is being done, and answered by an event; meanwhile nothing else can be begun."""

    IDENTIFY = "identify"
    ACCOUNT = "account"
    HANDLE = "handle"
    END = "end"
    SLIP = "slip"
    REPORT = "report"
    STAFF = "staff"


class Ending(StrEnum):
    """How a visit ended."""

    FINISHED = "finished"
    SILENT = "silent"
    """Nobody touched anything."""
    STAFF = "staff"
    """The staff took over."""


@dataclass(frozen=True, slots=True)
class Handled:
    """One item that was done with in this visit. `fee`: it may be done if this is accepted."""

    row: SlipRow
    transaction: str = ""
    fee: str = ""
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """What is told of how a visit went; nothing of it says whose it was."""

    borrowed: int = 0
    returned: int = 0
    renewed: int = 0
    refused: int = 0
    screens: int = 0
    is_offline: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """What is this visitor's. `number` goes with everything that is asked for.

    Times are of the clock that never jumps. `began_at` is None while nobody did anything. The staff
    have a visit of their own, from the right PIN to their way home.
    """

    number: int = 0
    serial: int = 0
    name: ScreenName = ScreenName.ATTRACT
    prefs: Prefs = field(default_factory=Prefs)
    touched_at: float = 0.0
    began_at: float | None = None
    is_told: bool = False
    """The hub was told that somebody began."""
    wanted: Action | None = None
    """Borrow or return: what the pad is for. None: the account."""
    card: str = field(repr=False, default="")
    """The card whose PIN is asked for; empty again once it is known, or was refused."""
    patron: Patron | None = None
    alert: Text | None = None
    """What went wrong, and what to do next."""
    news: Text | None = None
    """What went well."""
    waiting: Waiting | None = None
    is_desk_used: bool = False
    """Something was asked of the desk that an EndSession has to end."""
    asked: tuple[str, ...] = ()
    """The items of the Handle that is on."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What those were called when they were confirmed: one taken away is asked for by it."""
    handled: Mapping[str, Handled] = field(default_factory=dict)
    """By item id, in the order in which they were done with."""
    told: Mapping[str, Notice] = field(default_factory=dict)
    account: Account | None = None
    slip: tuple[SlipRow, ...] = ()
    is_qr: bool = False
    """The slip is shown as a code."""
    is_leaving: bool = False
    """It was said goodbye: nothing of a patron is left in here."""
    stars: int = 0
    about: str = ""
    called: Text | None = None
    """What became of the last call for help, as it was then."""
    is_calling: bool = False
    """Help was called while a book is under way, and the answer is waited for."""
    help_from: ScreenName | None = None
    """From here help was called: the way back leads there."""
    exhibit: Exhibit | None = None
    """What the camera saw last."""
    spot: str | None = None
    """The hotspot of it that is open."""
    exhibits_seen: frozenset[str] = frozenset()
    staff: str = ""
    is_hidden: bool = False
    """Silence has ended it, and an item is still under way: nothing of it is shown any more."""
    use: Use = field(default_factory=Use)


_NOTHING = ServicesNow(Services(Mode.CLOSED, may_borrow=False, may_return=False, may_renew=False))


@dataclass(frozen=True, slots=True)
class Around:
    """What stays when a visitor goes: nothing of it is anybody's."""

    services: ServicesNow = _NOTHING
    facts: FactsNow = field(default_factory=lambda: FactsNow(None))
    devices: DevicesNow = field(default_factory=lambda: DevicesNow(()))
    unfinished: UnfinishedNow = field(default_factory=lambda: UnfinishedNow(()))
    pad: PadSeen = field(default_factory=lambda: PadSeen(OnPad()))
    out: OutOfUse = field(default_factory=lambda: OutOfUse(False))
    ar: ArNow = field(default_factory=ArNow)
    room: RoomNow | None = None
    """None where this kiosk looks after no room."""
    cards_from: float = 0.0
    """No card is asked for before this instant: too many wrong PINs."""
    wrong_pins_at: tuple[float, ...] = ()
    """When the last wrong PINs in a row were typed, by whomever: finishing forgives none."""
    reports: tuple[float, ...] = ()
    """When ratings and needs of the last hour were given."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything. `step` makes the next one, `view` shows it."""

    around: Around = field(default_factory=Around)
    visit: Visit = field(default_factory=Visit)

    def of_visit(self, **changes: object) -> "State":
        """Return it with some fields of the visit changed."""
        return State(self.around, replace(self.visit, **changes))  # type: ignore[arg-type]

    def at(self, name: ScreenName, **changes: object) -> "State":
        """Return it at another screen, with nothing left of what was said on the one before."""
        fresh = {"waiting": None, "alert": None, "news": None, "help_from": None}
        return self.of_visit(name=name, **{**fresh, **changes})

    def saying(self, alert: Text) -> "State":
        """Return it with something to be said."""
        return self.of_visit(alert=alert)
