"""A room on a bench: its clock is ours, its relays do what a test says, its library answers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from contracts.hours import PublicHours
from kiosk.room.effects import (
    Announce,
    CheckCard,
    CheckStaffCard,
    Effect,
    Keep,
    Note,
    Place,
    Reply,
    Switch,
)
from kiosk.room.events import (
    CardShown,
    Checked,
    ClockNow,
    Contact,
    ContactNow,
    Event,
    Fault,
    Kept,
    LibraryNow,
    PeopleNow,
    PinTyped,
    StaffChecked,
    Switched,
    SwitchFailed,
    Ticked,
    TimetableNow,
)
from kiosk.room.machine import begin, step
from kiosk.room.rules import EntryRefusal, Holder
from kiosk.room.settings import Output, RoomSettings
from kiosk.room.state import Mode, RoomState
from kiosk.session.moment import Moment

NOON_S = 1_795_924_800
"""2026-11-29 12:00 in Shanghai, a Sunday."""
OPENS_S, CLOSES_S = NOON_S - 3 * 3600, NOON_S + 8 * 3600
CARD, PIN = "0021101011", "1357"
GOOD = Holder("adult", date(1990, 1, 1), None, has_agreed=True)


def hours(opens_s: int = OPENS_S, closes_s: int = CLOSES_S) -> PublicHours:
    """Open once today, from nine to eight unless told otherwise."""
    return PublicHours(
        "Asia/Shanghai", NOON_S - 86_400, NOON_S + 7 * 86_400, ((opens_s, closes_s),)
    )


@dataclass
class Bench:
    """`do` gives events and carries effects out, as the shell around a room does."""

    settings: RoomSettings = field(default_factory=lambda: RoomSettings(min_age=14))
    wall_s: float = NOON_S
    now: float = 1000.0
    coils: dict[Output, bool] = field(default_factory=lambda: dict.fromkeys(Output, False))
    stuck: set[Output] = field(default_factory=set)
    is_module_gone: bool = False
    answer: Callable[[CheckCard], Checked | None] = lambda asked: Checked(asked.ticket, GOOD)
    staff_pin: str = "9090"
    effects: list[Effect] = field(default_factory=list)
    state: RoomState = field(default_factory=RoomState)
    seen: Callable[["Bench", list[Effect]], None] = lambda _bench, _effects: None

    def __post_init__(self) -> None:
        self.state = begin(self.moment)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, int(self.wall_s))

    def opened(self) -> "Bench":
        """Let everything be well: open, three of forty inside, the library there, all quiet."""
        self.do(
            ClockNow(is_set=True),
            TimetableNow(hours()),
            PeopleNow(3, "known", 40, at_ms=1),
            LibraryNow(is_there=True, list_at_s=int(self.wall_s) - 600),
            *(ContactNow(contact, is_active=False) for contact in Contact),
        )
        self.effects.clear()
        return self

    def do(self, *events: Event) -> list[Effect]:
        """Give events; return the effects of them and of what came of them."""
        found: list[Effect] = []
        waiting = list(events)
        while waiting:
            self.state, effects = step(self.state, waiting.pop(0), self.moment, self.settings)
            found += effects
            self.effects += effects
            self.seen(self, list(effects))
            waiting += [event for one in effects if (event := self._carried(one)) is not None]
        return found

    def wait(self, seconds: float, tick: float = 0.5) -> list[Effect]:
        """Let time go on."""
        found: list[Effect] = []
        for _ in range(round(seconds / tick)):
            self.now += tick
            self.wall_s += tick
            found += self.do(Ticked())
        return found

    def restart(self) -> None:
        """Begin anew with what was written down."""
        kept = [one.kept for one in self.effects if isinstance(one, Keep)]
        self.state = begin(self.moment, kept[-1] if kept else Kept())

    def enter(self, card: str = CARD, pin: str = PIN, *, is_staff: bool = False) -> list[Effect]:
        """Show a card and type a PIN."""
        return self.do(CardShown(card, is_staff=is_staff), PinTyped(pin))

    def is_in(self, mode: Mode) -> bool:
        """Tell whether this is whom the room lets in."""
        return self.state.mode is mode

    def is_tampered(self) -> bool:
        return self.state.kept.tamper_since_s is not None

    def refusals(self) -> list[str]:
        """Return the reasons of everybody who was not let in."""
        return [str(data["reason"]) for name, data in self.notes() if name == "entry_refused"]

    def notes(self) -> list[tuple[str, dict[str, object]]]:
        """Return what the hub was told."""
        return [(one.name.value, dict(one.data)) for one in self.effects if isinstance(one, Note)]

    def troubles(self) -> list[str]:
        """Return what the staff was told of."""
        return [str(data["reason"]) for name, data in self.notes() if name == "room_trouble"]

    def said(self, place: Place = Place.ROOM) -> list[str]:
        """Return kinds of what was said aloud."""
        said = [one for one in self.effects if isinstance(one, Announce)]
        return [one.kind for one in said if one.place is place]

    def replies(self) -> list[Reply]:
        return [one for one in self.effects if isinstance(one, Reply)]

    def refuses_with(self, refusal: EntryRefusal) -> None:
        """Let the library, or the list, say no."""
        self.answer = lambda asked: Checked(asked.ticket, refusal=refusal)

    def tells_of(self, **changes: object) -> None:
        """Let the library tell of a card's owner otherwise."""
        holder = replace(GOOD, **changes)  # type: ignore[arg-type]
        self.answer = lambda asked: Checked(asked.ticket, holder)

    def _carried(self, effect: Effect) -> Event | None:
        match effect:
            case Switch(output, is_on, ticket):
                if self.is_module_gone:
                    return SwitchFailed(output, ticket, Fault.GONE)
                if output in self.stuck and self.coils[output] is not is_on:
                    return SwitchFailed(output, ticket, Fault.STUCK)
                self.coils[output] = is_on
                return Switched(output, ticket)
            case CheckCard():
                return self.answer(effect)
            case CheckStaffCard(ticket, _, pin):
                return StaffChecked(ticket, pin == self.staff_pin)
            case _:
                return None
