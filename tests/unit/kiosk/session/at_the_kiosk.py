"""A session that a test stands before: its clock, its finger, and all that it asked for."""

from typing import Any

from contracts.events import EventName
from kiosk.lending.services import Mode, Services
from kiosk.session import acts
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.moment import Moment
from kiosk.session.patron import Patron
from kiosk.session.reducer import begin, step
from kiosk.session.screen import Screen
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State
from kiosk.session.view import view

CARD, PIN, NAME = "21101080009999", "7391", "王*"
STAFF_CARD, STAFF_PIN, STAFF = "90000001", "246810", "staff 1"
ONLINE = Services(Mode.ONLINE, may_borrow=True, may_return=True, may_renew=True)


class AtKiosk:
    """One session; `asked` is all that it asked for, `now` its clock."""

    def __init__(self, settings: SessionSettings | None = None) -> None:
        self.settings = settings or SessionSettings()
        self.now = 1000.0
        self.state: State = begin(self.settings, self.moment)
        self.asked: list[x.Effect] = []
        self.take(e.ServicesNow(ONLINE))

    @property
    def moment(self) -> Moment:
        return Moment(self.now, 1_795_000_000)

    @property
    def screen(self) -> Screen:
        return view(self.state, self.moment, self.settings)

    def take(self, *events: e.Event) -> None:
        for event in events:
            self.state, effects = step(self.state, event, self.moment, self.settings)
            self.asked += effects

    def press(self, *names: str, choice: str = "") -> None:
        for name in names:
            self.take(e.Pressed(name, self.state.visit.serial, choice))

    def type(self, field: str, text: str) -> None:
        self.take(e.Entered(field, text, self.state.visit.serial))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(e.Ticked())

    def identify(self) -> None:
        """Let a patron in, by card and PIN, to the account."""
        self.take(e.CardSeen(CARD))
        self.type(acts.PIN, PIN)
        self.take(e.Identified(Patron(CARD, NAME)), e.AccountRead(None))

    def let_staff_in(self) -> None:
        """Let the staff in, from the screen that asks for their card."""
        self.take(e.CardSeen(STAFF_CARD))
        self.type(acts.STAFF_PIN, STAFF_PIN)
        self.take(e.StaffKnown(STAFF))

    def told(self, name: EventName) -> list[Any]:
        """Return what the hub was told under this name."""
        return [one.data for one in self.asked if isinstance(one, x.Report) and one.name is name]
