"""What contacts tell: the leaf of the door, fire, the gate, tampering, the emergency button. Pure.

A fire alarm is latched: the door stays free and nobody is let in until the staff resets it, which
works only when the contact is quiet again.
"""

from dataclasses import replace
from typing import Final

from contracts.events import EventName
from kiosk.room import words
from kiosk.room.effects import Announce, Effect, Keep, Note, Reply
from kiosk.room.entering import let_in
from kiosk.room.events import Commanded, Contact, ContactNow
from kiosk.room.rules import OrderRefusal
from kiosk.room.settings import RoomSettings, Verb
from kiosk.room.state import Mode, RoomState, Unlocking, people_known
from kiosk.session.moment import Moment

Done = tuple[RoomState, tuple[Effect, ...]]

FIRE_AGAIN_SECONDS: Final = 20.0
GATE_SECONDS: Final = 5.0
TAMPER_SECONDS: Final = 180.0
"""So long the siren sounds; what it means stays on record."""
CALL_AGAIN_SECONDS: Final = 10.0
LEFT_OPEN_AGAIN_SECONDS: Final = 60.0
MOST_LEFT_OPEN: Final = 3


def contact(state: RoomState, event: ContactNow, moment: Moment) -> Done:
    """Take how a contact is."""
    what, is_active = event.contact, event.is_active
    was = state.contact(what)
    is_heard = state.are_inputs_lost and is_active is not None
    if was is is_active and not is_heard and what in state.contacts:
        return state, ()
    state = replace(
        state,
        contacts={**state.contacts, what: is_active},
        contacts_at={**state.contacts_at, what: moment.monotonic},
        are_inputs_lost=state.are_inputs_lost and is_active is None,
    )
    match what:
        case Contact.LEAF:
            return _leaf(state, was, is_active, moment)
        case _ if not is_active:
            return state, ()
        case Contact.FIRE:
            return _fire(state, moment)
        case Contact.GATE:
            state = replace(state, gate_until=moment.monotonic + GATE_SECONDS)
            return state, (Note(EventName.GATE_ALARM), Announce("gate", words.GATE))
        case Contact.TAMPER:
            return _tamper(state, moment)
        case Contact.CALL:
            return _call(state, moment)


def inputs_lost(state: RoomState, moment: Moment) -> Done:
    """Know nothing of the contacts any more; a fire alarm that was is not over by that."""
    if state.are_inputs_lost:
        return state, ()
    unknown = dict.fromkeys(state.contacts)
    since = dict.fromkeys(state.contacts, moment.monotonic)
    state = replace(state, contacts=unknown, contacts_at=since, are_inputs_lost=True)
    return state, (Note(EventName.ROOM_TROUBLE, {"reason": "inputs"}),)


def commanded(state: RoomState, event: Commanded, moment: Moment, settings: RoomSettings) -> Done:
    """Carry an order out, or say why not; either way it is on record."""
    refusal = _against(state, event, settings)
    effects: list[Effect] = []
    if refusal is None:
        state, effects = _ordered(state, event, moment, settings)
    effects.append(
        Note(
            EventName.ROOM_COMMAND,
            {"verb": event.verb.value, "remote": bool(event.id), "done": refusal is None},
        )
    )
    if event.id:
        effects.append(Reply(event.id, refusal))
    return state, tuple(effects)


def goes_on(state: RoomState, moment: Moment, settings: RoomSettings) -> Done:
    """Repeat what has to be heard again, and notice a door that stays open."""
    now, effects = moment.monotonic, list[Effect]()
    is_burning = state.kept.fire_since_s is not None and state.contact(Contact.FIRE) is not False
    if is_burning and now - state.fire_said_at >= FIRE_AGAIN_SECONDS:
        state = replace(state, fire_said_at=now)
        effects.append(Announce("fire", words.FIRE_SAYS))
    state, told = _left_open(state, now, settings)
    return state, (*effects, *told)


def _ordered(
    state: RoomState, event: Commanded, moment: Moment, settings: RoomSettings
) -> tuple[RoomState, list[Effect]]:
    kept = state.kept
    match event.verb:
        case Verb.UNLOCK:
            return let_in(state, "remote", moment, settings)[0], []
        case Verb.ANNOUNCE:
            text = words.own(event.zh, event.en)
            return state, [Announce("staff", text)]
        case Verb.CLOSE:
            kept = replace(kept, shut_since_s=kept.shut_since_s or max(1, moment.wall_s))
        case Verb.OPEN:
            kept = replace(kept, shut_since_s=None)
        case Verb.RESET:
            kept = replace(kept, fire_since_s=None, tamper_since_s=None)
            state = replace(state, tamper_until=0.0)
    return replace(state, kept=kept), [Keep(kept)]


def _against(state: RoomState, event: Commanded, settings: RoomSettings) -> OrderRefusal | None:
    if event.id and event.verb not in settings.commands:
        return OrderRefusal.NOT_TAKEN
    if event.verb is Verb.ANNOUNCE and not (event.zh or event.en):
        return OrderRefusal.NOTHING_TO_SAY
    if event.verb is Verb.RESET:
        return _against_reset(state, settings)
    if event.verb is Verb.UNLOCK and state.mode is Mode.FIRE:
        return OrderRefusal.FREE_BY_FIRE
    return None


def _against_reset(state: RoomState, settings: RoomSettings) -> OrderRefusal | None:
    if state.kept.fire_since_s is not None and settings.has_fire:
        if state.contact(Contact.FIRE):
            return OrderRefusal.FIRE_SOUNDS
        if state.contact(Contact.FIRE) is None:
            return OrderRefusal.FIRE_UNREAD
    if state.kept.tamper_since_s is not None and state.contact(Contact.TAMPER):
        return OrderRefusal.HOUSING_OPEN
    return None


def _leaf(state: RoomState, was: bool | None, is_open: bool | None, moment: Moment) -> Done:
    now = moment.monotonic
    state = replace(state, is_left_open_told=False, left_open_said=0)
    if is_open is None:
        return state, ()
    unlocking = state.unlocking
    if not is_open:
        if unlocking is not None and unlocking.is_used:
            state = replace(state, unlocking=None)  # behind who came in it locks again
        return state, ()
    state = replace(state, last_sign=now)
    if was is None:
        return state, ()  # found open: since when, nobody knows
    if unlocking is not None and not unlocking.is_used:
        state = replace(state, unlocking=replace(unlocking, is_used=True))
        return state, (Note(_entry_of(unlocking), {"offline": unlocking.is_offline}),)
    if unlocking is None and state.mode is Mode.CLOSED and people_known(state) == 0:
        return state, (Note(EventName.ROOM_TROUBLE, {"reason": "forced"}),)
    return state, (Note(EventName.ROOM_EXIT),)


def _entry_of(unlocking: Unlocking) -> EventName:
    return EventName.STAFF_ENTRY if unlocking.via == "staff" else EventName.ROOM_ENTRY


def _fire(state: RoomState, moment: Moment) -> Done:
    said = replace(state, fire_said_at=moment.monotonic)
    effects: tuple[Effect, ...] = (Announce("fire", words.FIRE_SAYS),)
    if state.kept.fire_since_s is not None:
        return said, effects
    kept = replace(state.kept, fire_since_s=max(1, moment.wall_s))
    return replace(said, kept=kept), (Note(EventName.FIRE_ALARM), *effects, Keep(kept))


def _tamper(state: RoomState, moment: Moment) -> Done:
    state = replace(state, tamper_until=moment.monotonic + TAMPER_SECONDS)
    if state.kept.tamper_since_s is not None:
        return state, ()
    kept = replace(state.kept, tamper_since_s=max(1, moment.wall_s))
    return replace(state, kept=kept), (Note(EventName.TAMPER), Keep(kept))


def _call(state: RoomState, moment: Moment) -> Done:
    now = moment.monotonic
    if state.called_at is not None and now - state.called_at < CALL_AGAIN_SECONDS:
        return state, ()
    state = replace(state, called_at=now, last_sign=now)
    return state, (
        Note(EventName.STAFF_CALL, {"reason": "emergency"}),
        Announce("call", words.CALLED),
    )


def _left_open(state: RoomState, now: float, settings: RoomSettings) -> Done:
    since = state.contacts_at.get(Contact.LEAF, now)
    if not state.contact(Contact.LEAF) or state.mode is Mode.FIRE:
        return state, ()
    open_for = now - since
    due = settings.open_too_long_seconds + state.left_open_said * LEFT_OPEN_AGAIN_SECONDS
    if open_for < due or state.left_open_said >= MOST_LEFT_OPEN:
        return state, ()
    effects: tuple[Effect, ...] = (Announce("door_open", words.DOOR_OPEN),)
    if not state.is_left_open_told:
        effects = (*effects, Note(EventName.ROOM_TROUBLE, {"reason": "left_open"}))
    state = replace(state, left_open_said=state.left_open_said + 1, is_left_open_told=True)
    return state, effects
