"""What every output should be now, and how it is brought there. Pure.

An order counts when the relay was read back. One that fails is tried again a few times at once,
then slowly for ever: the staff is told once, and again when it works.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from contracts.events import EventName
from kiosk.room.effects import Effect, Note, Switch
from kiosk.room.events import Fault, OutputSeen, Switched, SwitchFailed
from kiosk.room.settings import Output, RoomSettings
from kiosk.room.state import (
    Mode,
    RoomState,
    Wire,
    admits,
    expected_people,
    limit_of,
    people_known,
)
from kiosk.session.moment import Moment

Done = tuple[RoomState, tuple[Effect, ...]]

TRIES: Final = 3
"""Then the staff is told."""
SOON_SECONDS: Final = 0.2
SLOW_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 10.0
"""An order without any answer counts as failed then: whoever carries it out has lost it."""


def wanted(state: RoomState, moment: Moment, settings: RoomSettings) -> Mapping[Output, bool]:
    """Return what each output should be."""
    now, is_fire = moment.monotonic, state.mode is Mode.FIRE
    unlocking = state.unlocking
    people, limit = expected_people(state, now, settings), limit_of(state, settings)
    is_full = people is not None and limit is not None and people >= limit
    sounds = now < max(state.gate_until, state.tamper_until)
    found = {
        Output.STRIKE: is_fire or (unlocking is not None and now < unlocking.until),
        Output.LIGHTS: _are_lights_wanted(state, now, settings),
        # Smoke is not to be moved, and what is said has to be heard.
        Output.VENTILATION: not is_fire and state.air.is_stale_air,
        Output.SIREN: not is_fire and sounds,
        Output.LAMP: admits(state, moment, settings) is True and not is_full,
    }
    return {output: is_on for output, is_on in found.items() if output in settings.outputs}


def settle(state: RoomState, moment: Moment, settings: RoomSettings) -> Done:
    """Order what is not as it should be, unless an order is under way."""
    now = moment.monotonic
    wires = dict(state.wires)
    effects: list[Effect] = []
    for output, is_on in wanted(state, moment, settings).items():
        wire = wires.get(output, Wire())
        if wire.wanted is not is_on:
            # A new wish is tried at once: a siren of five seconds outlasts no slow retry.
            wire = replace(wire, wanted=is_on, again_at=0.0)
        if wire.asked is not None and now - wire.asked_at >= ANSWER_SECONDS:
            wire = replace(wire, asked=None, known=None)
        if wire.asked is None and wire.known is not is_on and now >= wire.again_at:
            state = state.ticketed()
            wire = replace(wire, asked=is_on, ticket=state.tickets, asked_at=now)
            effects.append(Switch(output, is_on, wire.ticket))
        wires[output] = wire
    state = state if wires == state.wires else replace(state, wires=wires)
    return state, tuple(effects)


def switched(state: RoomState, event: Switched) -> Done:
    """Take it that an output is as it was asked for."""
    wire = state.wire(event.output)
    if wire.ticket != event.ticket or wire.asked is None:
        return state, ()
    done = replace(wire, known=wire.asked, asked=None, tries=0, again_at=0.0, is_failed=False)
    wires = {**state.wires, event.output: done}
    return replace(state, wires=wires, are_outputs_lost=False), ()


def failed(state: RoomState, event: SwitchFailed, moment: Moment) -> Done:
    """Try again later, and tell the staff after a few times."""
    wire = state.wire(event.output)
    if wire.ticket != event.ticket or wire.asked is None:
        return state, ()
    tries = wire.tries + 1
    # A relay that did not follow was read; of a silent module nobody knows how it is.
    known = not wire.asked if event.fault is Fault.STUCK else None
    is_failed = wire.is_failed or tries >= TRIES
    wait = SLOW_SECONDS if is_failed else SOON_SECONDS * 2 ** (tries - 1)
    tried = replace(
        wire,
        known=known,
        asked=None,
        tries=tries,
        again_at=moment.monotonic + wait,
        is_failed=is_failed,
    )
    is_news = is_failed and not wire.is_failed
    told = (Note(EventName.ROOM_TROUBLE, _told(event.output, event.fault.value)),)
    lost = state.are_outputs_lost or event.fault is Fault.GONE
    state = replace(state, wires={**state.wires, event.output: tried}, are_outputs_lost=lost)
    return state, told if is_news else ()


def seen(state: RoomState, event: OutputSeen) -> RoomState:
    """Take how an output is; while an order is under way, its own answer says that."""
    wire = state.wire(event.output)
    if wire.asked is not None:
        return state
    return replace(state, wires={**state.wires, event.output: replace(wire, known=event.is_on)})


def lost(state: RoomState) -> RoomState:
    """Know nothing of the outputs any more."""
    wires = {output: replace(wire, known=None) for output, wire in state.wires.items()}
    return replace(state, wires=wires, are_outputs_lost=True)


def back(state: RoomState) -> RoomState:
    """Try at once what could not be ordered meanwhile."""
    wires = {output: replace(wire, again_at=0.0) for output, wire in state.wires.items()}
    return replace(state, wires=wires, are_outputs_lost=False)


def _are_lights_wanted(state: RoomState, now: float, settings: RoomSettings) -> bool:
    people = people_known(state)
    is_recent = now - state.last_sign < settings.lights_seconds
    # Nobody sits in the dark because a counter is not sure.
    is_unsure = people is None and state.mode in {Mode.OPEN, Mode.UNKNOWN}
    return state.mode is Mode.FIRE or bool(people) or state.is_session or is_recent or is_unsure


def _told(output: Output, how: str) -> dict[str, bool | int | float | str]:
    return {"reason": "output", "output": output.value, "how": how}
