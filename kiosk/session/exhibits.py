"""What a session becomes by what the camera sees. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.events import EventName
from kiosk.session.effects import Effect, Report
from kiosk.session.events import ArNow, ExhibitLeft, ExhibitSeen
from kiosk.session.moment import Moment
from kiosk.session.screen import ScreenName
from kiosk.session.state import State

Outcome = tuple[State, tuple[Effect, ...]]


def take(state: State, event: ArNow | ExhibitSeen | ExhibitLeft, moment: Moment) -> Outcome:
    """Take what the camera sees, and how it is."""
    match event:
        case ArNow():
            return _now(state, event)
        case ExhibitSeen():
            return _seen(state, event, moment), ()
        case ExhibitLeft(key, seconds):
            seen: dict[str, float | str] = {"target": key, "seconds": round(seconds, 1)}
            return state, _telling(state, EventName.AR_TARGET, seen)


def touch(state: State, name: str) -> Outcome:
    """Open a hotspot of what is shown, or close it when it is open."""
    visit = state.visit
    exhibit = visit.exhibit
    if visit.name is not ScreenName.AR or exhibit is None or exhibit.spot(name) is None:
        return state, ()
    if visit.spot == name:
        return state.of_visit(spot=None), ()
    opened = {"target": exhibit.key, "hotspot": name or "story"}
    return state.of_visit(spot=name), _telling(state, EventName.AR_HOTSPOT, opened)


def _now(state: State, event: ArNow) -> Outcome:
    was = state.around.ar
    after = State(replace(state.around, ar=event), state.visit)
    if not event.trouble or event.trouble == was.trouble:
        return after, ()
    return after, _telling(state, EventName.AR_TROUBLE, {"reason": event.trouble})


def _telling(state: State, name: EventName, data: Mapping[str, float | str]) -> tuple[Report]:
    return (Report(state.visit.number, name, data),)


def _seen(state: State, event: ExhibitSeen, moment: Moment) -> State:
    visit, exhibit = state.visit, event.exhibit
    if visit.name is not ScreenName.AR or exhibit == visit.exhibit:
        return state
    after = state.of_visit(exhibit=exhibit, spot=None)
    if exhibit.key in visit.exhibits_seen:
        return after
    # Somebody holds up what they have not held up before: they are there. Once for each, so that
    # cards that lie before the camera and a film that repeats itself let a visit end.
    return after.of_visit(
        exhibits_seen=visit.exhibits_seen | {exhibit.key}, touched_at=moment.monotonic
    )
