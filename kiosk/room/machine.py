"""`step(state, event, moment, settings) -> (state, effects)`: what a room becomes. Pure.

Whatever happens, in the same step the mode is worked out anew, what is due is said, and every
output that is not as it should be is ordered.
"""

from dataclasses import replace

from contracts.events import EventName
from kiosk.room import air, alarms, closing, entering, switching
from kiosk.room.effects import Announce, Effect, Note, Place
from kiosk.room.events import (
    AirNow,
    CardBad,
    CardShown,
    Checked,
    ClockNow,
    Commanded,
    ContactNow,
    EntryLeft,
    Event,
    Fault,
    InputsLost,
    Kept,
    LibraryNow,
    OutputsBack,
    OutputSeen,
    OutputsLost,
    PeopleNow,
    PinTyped,
    SessionNow,
    StaffChecked,
    Switched,
    SwitchFailed,
    Ticked,
    TimetableNow,
)
from kiosk.room.rules import EntryRefusal
from kiosk.room.settings import Output, RoomSettings
from kiosk.room.state import Mode, RoomState, Told
from kiosk.room.words import door_says
from kiosk.session.moment import Moment

Done = tuple[RoomState, tuple[Effect, ...]]


def begin(moment: Moment, kept: Kept | None = None) -> RoomState:
    """Return a room of which nothing is known yet but what it was told to remember."""
    now = moment.monotonic
    return RoomState(
        began=now,
        kept=kept or Kept(),
        last_sign=now,
        mode_since_s=moment.wall_s,
        # What was said before a restart is said again soon, not at once.
        fire_said_at=now,
    )


def step(state: RoomState, event: Event, moment: Moment, settings: RoomSettings) -> Done:
    """Return what the room becomes by an event, and what has to be carried out then."""
    before = state.told
    state, first = closing.turn(state, moment, settings)
    state, done = _taken(state, event, moment, settings)
    state, waited = entering.waited(state, moment, settings)
    state, again = alarms.goes_on(state, moment, settings)
    # Once more: what happened may have changed whom it lets in.
    state, said = closing.turn(state, moment, settings)
    advised = air.advised(state.air, moment, settings)
    state = state if advised is state.air else replace(state, air=advised)
    state, unlocked = _unlocked(state, moment)
    state, ordered = switching.settle(state, moment, settings)
    effects = (*first, *done, *waited, *again, *said, *unlocked, *ordered)
    if state.told is not None and state.told is not before:
        effects = (*effects, Announce("door", door_says(state.told), Place.DOOR))
    return state, effects


def _taken(state: RoomState, event: Event, moment: Moment, settings: RoomSettings) -> Done:
    match event:
        case CardShown() | CardBad() | PinTyped() | EntryLeft() | Checked() | StaffChecked():
            return _at_door(state, event, moment, settings)
        case ContactNow():
            return alarms.contact(state, event, moment)
        case InputsLost():
            return alarms.inputs_lost(state, moment)
        case Commanded():
            return alarms.commanded(state, event, moment, settings)
        case Switched():
            return switching.switched(state, event)
        case SwitchFailed():
            return _failed(state, event, moment)
        case _:
            return _known(state, event, moment), ()


def _at_door(
    state: RoomState,
    event: CardShown | CardBad | PinTyped | EntryLeft | Checked | StaffChecked,
    moment: Moment,
    settings: RoomSettings,
) -> Done:
    match event:
        case CardShown():
            return entering.card(state, event, moment, settings)
        case CardBad():
            return entering.bad_card(state, event, moment)
        case PinTyped():
            return entering.pin(state, event, moment, settings)
        case EntryLeft():
            return entering.left(state), ()
        case Checked():
            return entering.checked(state, event, moment, settings)
        case StaffChecked():
            return entering.staff_checked(state, event, moment, settings)


def _known(state: RoomState, event: Event, moment: Moment) -> RoomState:
    match event:
        case TimetableNow():
            return replace(state, timetable=event)
        case PeopleNow():
            is_new = event.at_ms != state.people.at_ms
            at = moment.monotonic if is_new else state.people_at
            return replace(state, people=event, people_at=at)
        case ClockNow(is_set):
            return replace(state, is_clock_set=is_set)
        case LibraryNow():
            return replace(state, library=event)
        case SessionNow(is_used):
            return replace(state, is_session=is_used, last_sign=moment.monotonic)
        case AirNow():
            return replace(state, air=air.measured(state.air, event, moment))
        case OutputSeen():
            return switching.seen(state, event)
        case OutputsLost():
            return switching.lost(state)
        case OutputsBack():
            return switching.back(state)
        case _:
            assert isinstance(event, Ticked)  # noqa: S101  all others are taken above
            return state


def _unlocked(state: RoomState, moment: Moment) -> Done:
    """Say that the door is free once it reads so; end what is over."""
    unlocking = state.unlocking
    if unlocking is None:
        return state, ()
    now = moment.monotonic
    effects: tuple[Effect, ...] = ()
    if not unlocking.is_told and state.wire(Output.STRIKE).known and state.mode is not Mode.FIRE:
        told = replace(unlocking, is_told=True)
        state = replace(state, unlocking=told, told=Told(None, now))
        data = {"via": unlocking.via, "offline": unlocking.is_offline}
        effects = (Note(EventName.DOOR_UNLOCKED, data),)
    if now >= unlocking.until:
        is_in_vain = not unlocking.is_told and not effects and state.mode is not Mode.FIRE
        state = replace(state, unlocking=None)
        if is_in_vain:
            state, refused = entering.refuse(state, EntryRefusal.DOOR_STUCK, moment)
            effects = (*effects, *refused)
    return state, effects


def _failed(state: RoomState, event: SwitchFailed, moment: Moment) -> Done:
    """Take it that an output cannot be switched; who waits at the door is told at once."""
    state, effects = switching.failed(state, event, moment)
    unlocking = state.unlocking
    is_stuck = event.output is Output.STRIKE and state.wire(Output.STRIKE).is_failed
    if unlocking is None or unlocking.is_told or not is_stuck:
        return state, effects
    # Behind a relay that reads as locked nobody came in; of a silent one nobody knows.
    let_in = state.let_in[:-1] if event.fault is Fault.STUCK else state.let_in
    state = replace(state, unlocking=None, let_in=let_in)
    state, refused = entering.refuse(state, EntryRefusal.DOOR_STUCK, moment)
    return state, (*effects, *refused)
