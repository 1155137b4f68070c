"""`step(state, event, moment) -> (state, effects)`: what a session becomes by what happens. Pure.

An act posted with another serial than the screen's is of an older screen: a double tap acts once.
What does not fit where the session is, as a late answer, changes nothing.
"""

from dataclasses import replace

from contracts.events import EventName
from kiosk.session import acting, acts, answers
from kiosk.session.effects import Effect, EndSession, Report, Wipe
from kiosk.session.events import (
    CardSeen,
    CardTrouble,
    DevicesNow,
    Entered,
    Event,
    FactsNow,
    OutOfUse,
    PadSeen,
    Pressed,
    RoomNow,
    ServicesNow,
    Ticked,
    Touched,
    UnfinishedNow,
)
from kiosk.session.moment import Moment
from kiosk.session.screen import ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Around, Ending, State, Visit, Waiting

Outcome = tuple[State, tuple[Effect, ...]]


def begin(settings: SessionSettings, moment: Moment) -> State:
    """Return a session that waits for its first visitor."""
    visit = Visit(prefs=settings.prefs, touched_at=moment.monotonic)
    return State(Around(), visit)


def step(state: State, event: Event, moment: Moment, settings: SessionSettings) -> Outcome:
    """Return what the session becomes by an event, and what has to be carried out then."""
    visit = state.visit
    if visit.name is ScreenName.FAREWELL and isinstance(event, CardSeen):
        # The next visitor is here already.
        state, told = _ended(state, Ending.FINISHED, (), moment, settings)
        after, effects = step(state, event, moment, settings)
        return after, (*told, *effects)
    after, effects = _step(state, event, moment, settings)
    if not _is_to_be_told(after.visit):
        return after, effects
    return after.of_visit(is_told=True), (_session(after.visit), *effects)


def _is_to_be_told(visit: Visit) -> bool:
    """Tell whether a visitor has begun: a sign of people, also at night.

    Who has done nothing but ask for the screen of the staff may be of them.
    """
    is_begun = visit.began_at is not None and not visit.is_told
    return is_begun and not visit.staff and visit.name is not ScreenName.STAFF


def _session(visit: Visit) -> Report:
    return Report(visit.number, EventName.SESSION, {})


def _step(state: State, event: Event, moment: Moment, settings: SessionSettings) -> Outcome:
    match event:
        case Ticked():
            return _tick(state, moment, settings)
        case Touched():
            return _touched(state, moment), ()
        case Pressed() | Entered() if event.serial != state.visit.serial:
            return _touched(state, moment), ()
        case Pressed() | Entered() | CardSeen() | CardTrouble() if state.visit.is_hidden:
            return state, ()
        case Pressed() | Entered() | CardSeen() | CardTrouble():
            return _acted(state, event, moment, settings)
        case ServicesNow() | FactsNow() | DevicesNow() | UnfinishedNow() | PadSeen() | RoomNow():
            return _around(state, event, moment), ()
        case OutOfUse():
            around = replace(state.around, out=event)
            return State(around, answers.alone(state.visit, Waiting.STAFF)), ()
        case _:
            after, effects = answers.take(state, event, moment, settings)
            if after.visit.staff and not state.visit.staff:
                return _taken_over(state, after.visit.staff, moment, settings)
            if after.visit.is_hidden and after.visit.waiting is None:
                return _ended(after, Ending.SILENT, effects, moment, settings)
            return _counted(state, after), effects


def _acted(
    state: State,
    event: Pressed | Entered | CardSeen | CardTrouble,
    moment: Moment,
    settings: SessionSettings,
) -> Outcome:
    began = _begun(_touched(state, moment), event, moment)
    after, effects = acting.act(began, event, moment, settings)
    is_staff_gone = bool(began.visit.staff and not after.visit.staff)
    if not is_staff_gone and not _is_over(began, after):
        return _counted(began, after), effects
    left = replace(after.visit, name=began.visit.name, staff=began.visit.staff)
    ended, told = _ended(State(after.around, left), Ending.FINISHED, effects, moment, settings)
    return (ended.of_visit(name=ScreenName.HOME) if is_staff_gone else ended), told


def _tick(state: State, moment: Moment, settings: SessionSettings) -> Outcome:
    visit = state.visit
    if visit.is_hidden or (visit.name is ScreenName.ATTRACT and not _is_used(visit, settings)):
        return state, ()
    silent = moment.monotonic - visit.touched_at
    if visit.name is ScreenName.FAREWELL:
        if silent >= settings.farewell_seconds:
            return _ended(state, Ending.FINISHED, (), moment, settings)
        return state, ()
    if silent < idle_seconds(visit, settings) + settings.countdown_seconds:
        return state, ()
    if visit.waiting is Waiting.HANDLE:
        # What has begun with a book goes on to its end; nobody has to see whose it is.
        return state.of_visit(is_hidden=True, serial=visit.serial + 1), ()
    return _ended(state, Ending.SILENT, (), moment, settings)


def _is_used(visit: Visit, settings: SessionSettings) -> bool:
    """Tell whether somebody left something at the first screen: a language, a card that failed."""
    return visit.began_at is not None or visit.prefs != settings.prefs


def idle_seconds(visit: Visit, settings: SessionSettings) -> float:
    """Return after how much silence a visitor is asked whether they are still there."""
    usual = settings.elder_idle_seconds if visit.prefs.is_elder else settings.idle_seconds
    return max(usual, settings.ar_idle_seconds) if visit.name is ScreenName.AR else usual


def _touched(state: State, moment: Moment) -> State:
    if state.visit.is_hidden:
        return state
    return state.of_visit(touched_at=moment.monotonic)


def _begun(state: State, event: Event, moment: Moment) -> State:
    visit = state.visit
    is_first_touch = visit.name is ScreenName.ATTRACT and isinstance(event, Pressed)
    # Who has only sent a screen away has begun nothing.
    is_end = isinstance(event, Pressed) and event.act == acts.FINISH
    if visit.began_at is not None or is_first_touch or is_end:
        return state
    return state.of_visit(began_at=moment.monotonic)


def _counted(before: State, after: State) -> State:
    """Give what is shown anew its serial, and count it."""
    old, new = before.visit, after.visit
    if new.name is not old.name:
        use = replace(new.use, screens=new.use.screens + 1)
        new = replace(new, use=use)
    if new is not old and _buttons_of(new) != _buttons_of(old):
        new = replace(new, serial=old.serial + 1)
    return after if new is after.visit else State(after.around, new)


def _buttons_of(visit: Visit) -> object:
    """Return everything that decides what a press means."""
    return replace(visit, touched_at=0.0, serial=0, told={}, use=Visit().use)


def _is_over(before: State, after: State) -> bool:
    is_first = after.visit.name is ScreenName.ATTRACT
    return is_first and before.visit.name is not ScreenName.ATTRACT


def _around(state: State, event: Event, moment: Moment) -> State:
    around, visit = state.around, state.visit
    match event:
        case ServicesNow():
            around = replace(around, services=event)
        case FactsNow():
            around = replace(around, facts=event)
        case DevicesNow():
            around = replace(around, devices=event)
        case UnfinishedNow():
            around = replace(around, unfinished=event)
        case RoomNow():
            around = replace(around, room=event)
        case PadSeen():
            return _pad(state, event, moment)
        case _:
            return state
    return State(around, visit)


def _pad(state: State, event: PadSeen, moment: Moment) -> State:
    """Take what lies on the pad: books laid down before the card are as good as those after it."""
    visit = state.visit
    was, now = state.around.pad.on_pad, event.on_pad
    if was != now and not visit.is_hidden:
        # Somebody lays books down or takes them away: they are there.
        visit = replace(visit, touched_at=moment.monotonic)
        if visit.name is ScreenName.ATTRACT and (now.items or now.obstructed):
            visit = replace(
                visit,
                name=ScreenName.HOME,
                serial=visit.serial + 1,
                began_at=moment.monotonic,
            )
    return State(replace(state.around, pad=event), visit)


def _ended(
    state: State,
    ending: Ending,
    effects: tuple[Effect, ...],
    moment: Moment,
    settings: SessionSettings,
) -> Outcome:
    """Begin the next visit; what was the last visitor's is reachable nowhere from here."""
    visit = state.visit
    told: tuple[Effect, ...] = ()
    if _is_to_be_told(visit):
        told, visit = (_session(visit),), replace(visit, is_told=True)
    if visit.is_told:
        told = (*told, Report(visit.number, EventName.KIOSK_USE, used(visit, ending, moment)))
    if visit.is_desk_used:
        told = (*told, EndSession(visit.number))
    fresh = Visit(
        number=visit.number + 1,
        serial=visit.serial + 1,
        prefs=settings.prefs,
        touched_at=moment.monotonic,
    )
    return State(state.around, fresh), (*effects, *told, Wipe(visit.number))


def _taken_over(state: State, staff: str, moment: Moment, settings: SessionSettings) -> Outcome:
    """Let the staff in: whoever was there before is gone, with all that was theirs."""
    ended, effects = _ended(state, Ending.STAFF, (), moment, settings)
    prefs = state.visit.prefs
    # In the language in which they came here.
    known = ended.of_visit(
        name=ScreenName.STAFF, staff=staff, prefs=prefs, began_at=moment.monotonic
    )
    return known, effects


def used(visit: Visit, ending: Ending, moment: Moment) -> dict[str, bool | int | float | str]:
    """Return what is told of a visit: nothing of it says whose it was."""
    use = visit.use
    return {
        "seconds": round(moment.monotonic - (visit.began_at or moment.monotonic), 1),
        "screens": use.screens,
        "borrowed": use.borrowed,
        "returned": use.returned,
        "renewed": use.renewed,
        "refused": use.refused,
        "ended": ending.value,
        "left_at": visit.name.value,
        "lang": visit.prefs.lang,
        "elder": visit.prefs.is_elder,
        "offline": use.is_offline,
    }
