"""What a room is: what is known around it, who stands at its door, what is switched. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from contracts.hours import hours_now
from kiosk.room.events import (
    Contact,
    Kept,
    LibraryNow,
    PeopleNow,
    TimetableNow,
)
from kiosk.room.rules import EntryRefusal
from kiosk.room.settings import Cleaning, Output, RoomSettings, Via
from kiosk.session.moment import Moment

_DAY_S = 86_400


class Mode(StrEnum):
    """Whom a room lets in."""

    OPEN = "open"
    CLOSED = "closed"
    CLEANING = "cleaning"
    SHUT = "shut"
    """The staff closed it."""
    UNKNOWN = "unknown"
    """Nobody knows the hours, or the time."""
    FIRE = "fire"
    """The door stands free until the staff resets it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at the door: their card, and how far it is with it."""

    ticket: int
    number: str = field(repr=False)
    is_staff: bool
    since: float
    phase: Literal["pin", "library", "list", "staff"] = "pin"
    pin: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Unlocking:
    """The door was unlocked; `is_told`: that it is free was read back and said."""

    via: Via
    since: float
    until: float
    is_offline: bool = False
    is_told: bool = False
    is_used: bool = False
    """The leaf was opened."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the door says of the last attempt; `refusal` None: come in."""

    refusal: EntryRefusal | None
    since: float
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """One output: what it should be, what it is, what is under way."""

    wanted: bool = False
    known: bool | None = None
    asked: bool | None = None
    """What the Switch that is under way asks for."""
    ticket: int = 0
    asked_at: float = 0.0
    tries: int = 0
    again_at: float = 0.0
    is_failed: bool = False
    """It was tried often enough that the staff was told."""


@dataclass(frozen=True, slots=True)
class Air:
    """The latest of each, with the time at which it came; advice holds until it is well again."""

    celsius: float | None = None
    celsius_at: float = 0.0
    co2_ppm: int | None = None
    co2_at: float = 0.0
    is_stale_air: bool = False
    is_too_warm: bool = False
    is_too_cold: bool = False


@dataclass(frozen=True, slots=True)
class RoomState:
    """Everything. `step` makes the next one."""

    began: float = 0.0
    is_clock_set: bool = False
    timetable: TimetableNow = field(default_factory=lambda: TimetableNow(None))
    people: PeopleNow = field(default_factory=lambda: PeopleNow(None, "unknown"))
    people_at: float = 0.0
    """When a number with another time of its own came."""
    library: LibraryNow = field(default_factory=lambda: LibraryNow(is_there=False))
    is_session: bool = False
    contacts: Mapping[Contact, bool | None] = field(default_factory=dict)
    contacts_at: Mapping[Contact, float] = field(default_factory=dict)
    """Since when each is as it is."""
    are_inputs_lost: bool = False
    are_outputs_lost: bool = False
    air: Air = field(default_factory=Air)
    wires: Mapping[Output, Wire] = field(default_factory=dict)
    attempt: Attempt | None = None
    unlocking: Unlocking | None = None
    told: Told | None = None
    let_in: tuple[float, ...] = ()
    """When visitors were let in lately."""
    wrong_pins: int = 0
    locked_until: float = 0.0
    tickets: int = 0
    kept: Kept = field(default_factory=Kept)
    mode: Mode = Mode.UNKNOWN
    mode_since_s: int = 0
    closes_s: int | None = None
    """When visitors have to leave next, while it is open."""
    is_inside_told: bool = False
    inside_said_at: float = 0.0
    is_uncounted_told: bool = False
    is_left_open_told: bool = False
    left_open_said: int = 0
    fire_said_at: float = 0.0
    gate_until: float = 0.0
    tamper_until: float = 0.0
    called_at: float | None = None
    last_sign: float = 0.0
    """When people showed themselves last."""

    def contact(self, contact: Contact) -> bool | None:
        """Return how a contact is; None: nobody knows."""
        return self.contacts.get(contact)

    def wire(self, output: Output) -> Wire:
        """Return an output."""
        return self.wires.get(output, Wire())

    def ticketed(self) -> "RoomState":
        """Return it with the next ticket taken."""
        return replace(self, tickets=self.tickets + 1)


def mode_of(state: RoomState, moment: Moment, settings: RoomSettings) -> Mode:
    """Return whom the room lets in now."""
    if state.kept.fire_since_s is not None:
        return Mode.FIRE
    if state.kept.shut_since_s is not None:
        return Mode.SHUT
    hours = state.timetable.hours
    if not state.is_clock_set or hours is None or not hours.is_declared:
        return Mode.UNKNOWN
    if not hours.from_s <= moment.wall_s < hours.until_s:
        return Mode.UNKNOWN
    if not hours_now(hours, moment.wall_s).is_open:
        return Mode.CLOSED
    return Mode.CLEANING if cleaning_now(settings, moment.wall_s) else Mode.OPEN


def closes_at(state: RoomState, moment: Moment, settings: RoomSettings) -> int | None:
    """Return when visitors have to leave next, Unix seconds; None: not within what is known."""
    hours = state.timetable.hours
    closes = None if hours is None else hours_now(hours, moment.wall_s).changes_s
    begins = next_cleaning(settings, moment.wall_s)
    known = [at for at in (closes, begins) if at is not None]
    return min(known, default=None)


def cleaning_now(settings: RoomSettings, wall_s: int) -> bool:
    """Tell whether the room is being cleaned at an instant."""
    return any(start <= wall_s < end for start, end in _around(settings, wall_s))


def next_cleaning(settings: RoomSettings, wall_s: int) -> int | None:
    """Return when the next cleaning begins, within some days."""
    return min((s for s, _ in _around(settings, wall_s) if s > wall_s), default=None)


def people_known(state: RoomState) -> int | None:
    """Return how many are inside, None where that is not known for sure."""
    return state.people.people if state.people.quality == "known" else None


def limit_of(state: RoomState, settings: RoomSettings) -> int | None:
    """Return how many may be inside; None: there is no limit."""
    return settings.people_limit if settings.people_limit is not None else state.people.capacity


def expected_people(state: RoomState, now: float, settings: RoomSettings) -> int | None:
    """Return how many are inside, with those let in whom the counter may not have seen yet."""
    people = people_known(state)
    if people is None:
        return None
    since = max(state.people_at - settings.count_lag_seconds, now - settings.pending_seconds)
    return people + sum(at > since for at in state.let_in)


def is_list_fresh(state: RoomState, moment: Moment, settings: RoomSettings) -> bool:
    """Tell whether cards can be looked up without the library."""
    at_s = state.library.list_at_s
    if not settings.offline or at_s is None or not state.is_clock_set:
        return False
    # A list of the future is one of a clock that was wrong.
    return -300 <= moment.wall_s - at_s <= settings.list_hours * 3600


def admits(state: RoomState, moment: Moment, settings: RoomSettings) -> bool | None:
    """Tell whether a visitor with a good card is let in now; None: the door itself is not known."""
    if state.mode is Mode.FIRE:
        return False
    if state.are_outputs_lost or state.wire(Output.STRIKE).is_failed:
        return None
    can_check = state.library.is_there or is_list_fresh(state, moment, settings)
    return state.mode is Mode.OPEN and can_check


def _around(settings: RoomSettings, wall_s: int) -> tuple[tuple[int, int], ...]:
    if not settings.cleaning:
        return ()
    today = datetime.fromtimestamp(wall_s, ZoneInfo(settings.zone)).date()
    return _cleanings(settings.cleaning, settings.zone, today)


@lru_cache(maxsize=8)
def _cleanings(
    cleaning: tuple[Cleaning, ...], zone: str, today: date
) -> tuple[tuple[int, int], ...]:
    """Return the cleanings around a day, from yesterday's to those of a week on."""
    found = []
    for offset in range(-1, 8):
        day = today + timedelta(days=offset)
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())
        for one in cleaning:
            if one.weekday not in (None, day.weekday()):
                continue
            length = (one.end_s - one.start_s) % _DAY_S or _DAY_S
            found.append((midnight + one.start_s, midnight + one.start_s + length))
    return tuple(sorted(found))
