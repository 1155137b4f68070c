"""Who stands at the door: a card, its PIN, the answer; it opens or says why not. Pure.

card ─► PIN ─► library ─► rules ─► let in ─► the strike reads free ─► the leaf opens
                 │ away, or silent for too long
                 └► list
"""

from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from contracts.events import EventName
from kiosk.room.effects import CheckCard, CheckStaffCard, Effect, Note
from kiosk.room.events import CardBad, CardShown, Checked, PinTyped, StaffChecked
from kiosk.room.rules import EntryRefusal, against
from kiosk.room.settings import RoomSettings, Via
from kiosk.room.state import (
    Attempt,
    Mode,
    RoomState,
    Told,
    Unlocking,
    expected_people,
    is_list_fresh,
    limit_of,
    people_known,
)
from kiosk.session.moment import Moment

Done = tuple[RoomState, tuple[Effect, ...]]

OF_MODE: Final = {
    Mode.CLOSED: EntryRefusal.CLOSED,
    Mode.CLEANING: EntryRefusal.CLEANING,
    Mode.SHUT: EntryRefusal.SHUT,
    Mode.UNKNOWN: EntryRefusal.HOURS_UNKNOWN,
    Mode.FIRE: EntryRefusal.FIRE,
}
_MOST_LET_IN: Final = 64


def card(state: RoomState, event: CardShown, moment: Moment, settings: RoomSettings) -> Done:
    """Take a card: ask for its PIN, or say at once why it does not help."""
    now = moment.monotonic
    if state.attempt is not None and state.attempt.phase != "pin":
        return state, ()  # one at a time: somebody is being checked
    state = replace(state, last_sign=now)
    if state.mode is Mode.FIRE:
        return refuse(state, EntryRefusal.FIRE, moment)
    if not event.is_staff:
        refusal = against_anybody(state, moment, settings)
        if refusal is not None:
            return refuse(state, refusal, moment)
    state = state.ticketed()
    attempt = Attempt(state.tickets, event.number, event.is_staff, now)
    return replace(state, attempt=attempt, told=None), ()


def bad_card(state: RoomState, event: CardBad, moment: Moment) -> Done:
    """Say what is wrong with what was held to the reader."""
    if state.attempt is not None and state.attempt.phase != "pin":
        return state, ()
    return refuse(state, event.refusal, moment)


def pin(state: RoomState, event: PinTyped, moment: Moment, settings: RoomSettings) -> Done:
    """Take a PIN: let it be proved."""
    attempt, typed = state.attempt, event.pin.strip()
    if attempt is None or attempt.phase != "pin" or not typed:
        return state, ()
    now = moment.monotonic
    if attempt.is_staff:
        asked = replace(attempt, phase="staff", since=now)
        return replace(state, attempt=asked), (
            CheckStaffCard(attempt.ticket, attempt.number, typed),
        )
    if state.library.is_there:
        asked = replace(attempt, phase="library", since=now, pin=typed)
        checking = CheckCard(attempt.ticket, attempt.number, typed)
        return replace(state, attempt=asked), (checking,)
    return by_list(state, replace(attempt, pin=typed), moment, settings)


def by_list(state: RoomState, attempt: Attempt, moment: Moment, settings: RoomSettings) -> Done:
    """Look the card up on the list, under a ticket of its own: an answer still to come is late."""
    if not is_list_fresh(state, moment, settings):
        return refuse(state, EntryRefusal.AWAY, moment)
    state = state.ticketed()
    asked = replace(attempt, phase="list", ticket=state.tickets, since=moment.monotonic)
    checking = CheckCard(asked.ticket, asked.number, asked.pin, "list")
    return replace(state, attempt=asked), (checking,)


def checked(state: RoomState, event: Checked, moment: Moment, settings: RoomSettings) -> Done:
    """Take what the library or the list says; what has changed meanwhile counts."""
    attempt = state.attempt
    if attempt is None or attempt.ticket != event.ticket or attempt.is_staff:
        return state, ()
    if event.refusal is EntryRefusal.AWAY and attempt.phase == "library":
        return by_list(state, attempt, moment, settings)
    refusal = event.refusal
    if refusal is None and event.holder is not None:
        today = datetime.fromtimestamp(moment.wall_s, ZoneInfo(settings.zone)).date()
        refusal = against(event.holder, settings, today)
    if refusal is None and event.holder is None and attempt.phase != "list":
        return state, ()  # only the list lets in without saying whom
    if refusal is None:
        refusal = against_anybody(state, moment, settings)
    if refusal is not None:
        return refuse(_counted(state, refusal, moment, settings), refusal, moment)
    state = replace(state, wrong_pins=0)
    return let_in(state, "card", moment, settings, is_offline=attempt.phase == "list")


def staff_checked(
    state: RoomState, event: StaffChecked, moment: Moment, settings: RoomSettings
) -> Done:
    """Let the staff in at any hour."""
    attempt = state.attempt
    if attempt is None or attempt.ticket != event.ticket or not attempt.is_staff:
        return state, ()
    if state.mode is Mode.FIRE:
        return refuse(state, EntryRefusal.FIRE, moment)
    if not event.is_staff:
        why = EntryRefusal.LOCKED if event.is_locked else EntryRefusal.STAFF_UNKNOWN
        return refuse(state, why, moment)
    return let_in(state, "staff", moment, settings)


def left(state: RoomState) -> RoomState:
    """Forget who stood at the door and changed their mind."""
    waits = state.attempt is not None and state.attempt.phase == "pin"
    return replace(state, attempt=None, told=None) if waits else state


def against_anybody(
    state: RoomState, moment: Moment, settings: RoomSettings
) -> EntryRefusal | None:
    """Return what stands against letting any visitor in now."""
    if state.mode is not Mode.OPEN:
        return OF_MODE[state.mode]
    if moment.monotonic < state.locked_until:
        return EntryRefusal.LOCKED
    people, limit = expected_people(state, moment.monotonic, settings), limit_of(state, settings)
    # A number that is not known for sure refuses nobody.
    if people is not None and limit is not None and people >= limit:
        return EntryRefusal.FULL
    return None


def let_in(
    state: RoomState,
    via: Via,
    moment: Moment,
    settings: RoomSettings,
    *,
    is_offline: bool = False,
) -> Done:
    """Free the door for some seconds; whether it is, the relay has to say."""
    now = moment.monotonic
    unlocking = Unlocking(via, now, now + settings.unlock_seconds, is_offline)
    # The staff is counted at the door as everybody.
    recently = (*state.let_in, now)[-_MOST_LET_IN:]
    return replace(
        state,
        attempt=None,
        told=None,
        unlocking=unlocking,
        let_in=recently,
        last_sign=now,
    ), ()


def refuse(state: RoomState, refusal: EntryRefusal, moment: Moment) -> Done:
    """Let nobody in, say why, and count it."""
    told = Told(refusal, moment.monotonic, people_known(state))
    noted = Note(EventName.ENTRY_REFUSED, {"reason": refusal.value})
    return replace(state, attempt=None, told=told), (noted,)


def waited(state: RoomState, moment: Moment, settings: RoomSettings) -> Done:
    """End what has taken too long, and what has stood at the door for long enough."""
    now, attempt = moment.monotonic, state.attempt
    if state.told is not None and now - state.told.since >= settings.told_seconds:
        state = replace(state, told=None)
    if attempt is None:
        return state, ()
    silent = now - attempt.since
    if state.mode is Mode.FIRE:
        return refuse(state, EntryRefusal.FIRE, moment)
    if attempt.phase == "pin" and silent >= settings.pin_seconds:
        return refuse(state, EntryRefusal.TOO_SLOW, moment)
    if attempt.phase == "library" and silent >= settings.answer_seconds:
        return by_list(state, attempt, moment, settings)
    if attempt.phase in {"list", "staff"} and silent >= 2 * settings.answer_seconds:
        return refuse(state, EntryRefusal.AWAY, moment)
    return state, ()


def _counted(
    state: RoomState, refusal: EntryRefusal, moment: Moment, settings: RoomSettings
) -> RoomState:
    """Count a wrong PIN, of whatever card: after so many nobody is asked for a while."""
    if refusal not in {EntryRefusal.WRONG_PIN, EntryRefusal.PIN_NOT_KNOWN}:
        return state
    wrong = state.wrong_pins + 1
    if wrong < settings.wrong_pins:
        return replace(state, wrong_pins=wrong)
    until = moment.monotonic + settings.lock_seconds
    return replace(state, wrong_pins=0, locked_until=until)
