"""Before it closes it is said; when it has closed nobody is locked in, and nobody forgotten. Pure.

An announcement is known by the instant of closing and its minutes: set clocks and changed
timetables make another closing, never the same announcement twice. One whose time had passed when
its closing became known is made at once, with the minutes that are left.
"""

from dataclasses import replace
from typing import Final

from contracts.events import EventName
from kiosk.room import words
from kiosk.room.effects import Announce, Effect, Keep, Note
from kiosk.room.settings import RoomSettings
from kiosk.room.state import Mode, RoomState, closes_at, mode_of, people_known
from kiosk.session.moment import Moment

Done = tuple[RoomState, tuple[Effect, ...]]

IN_TIME_SECONDS: Final = 2
"""Later than that, the minutes that are left are said instead."""
INSIDE_AGAIN_SECONDS: Final = 300.0
MOST_SAID: Final = 64
ENDED: Final = 0
"""Stands for the minutes of what is said when it closes."""


def turn(state: RoomState, moment: Moment, settings: RoomSettings) -> Done:
    """Work out what holds now, say what is due, and tell of what has changed."""
    mode = mode_of(state, moment, settings)
    was, before_s = state.mode, state.closes_s
    effects: list[Effect] = []
    if mode is not was:
        state = replace(state, mode=mode, mode_since_s=moment.wall_s)
        effects.append(Note(EventName.ROOM_MODE, {"mode": mode.value}))
    if mode is Mode.OPEN:
        closes_s = closes_at(state, moment, settings)
        if state.closes_s != closes_s or state.is_inside_told:
            state = replace(state, closes_s=closes_s, is_inside_told=False)
        if closes_s is not None:
            state, said = _announced(state, closes_s, moment, settings)
            effects += said
    else:
        has_ended = was is Mode.OPEN and mode in {Mode.CLOSED, Mode.CLEANING, Mode.SHUT}
        state = state if state.closes_s is None else replace(state, closes_s=None)
        state, said = _closed(state, before_s, moment, has_ended=has_ended)
        effects += said
    state, told = _uncounted(state)
    return state, (*effects, *told)


def _announced(
    state: RoomState, closes_s: int, moment: Moment, settings: RoomSettings
) -> tuple[RoomState, list[Effect]]:
    """Say how long it is still open, once for each of the settings' minutes."""
    passed = [m for m in settings.closing_minutes if moment.wall_s >= closes_s - m * 60]
    fresh = [m for m in passed if (closes_s, m) not in state.kept.said]
    if not fresh:
        return state, []
    state, kept = _noted(state, closes_s, fresh)
    # Of several that are due together the nearest says all; one that was made says the rest.
    nearest = min(passed)
    if nearest not in fresh:
        return state, [kept]
    left_s = closes_s - moment.wall_s
    is_in_time = moment.wall_s - (closes_s - nearest * 60) <= IN_TIME_SECONDS
    minutes = nearest if is_in_time else max(1, -(-left_s // 60))
    return state, [Announce("closing", words.closing(minutes)), kept]


def _closed(
    state: RoomState, before_s: int | None, moment: Moment, *, has_ended: bool
) -> tuple[RoomState, list[Effect]]:
    """Say that it has closed; as long as somebody is known to be inside, again and again."""
    effects: list[Effect] = []
    people, now = people_known(state), moment.monotonic
    is_away = state.mode in {Mode.CLOSED, Mode.CLEANING, Mode.SHUT}
    if has_ended:
        ended_s = moment.wall_s if before_s is None or state.mode is Mode.SHUT else before_s
        if (ended_s, ENDED) not in state.kept.said:
            state, kept = _noted(state, ended_s, [ENDED])
            effects += [Announce("closed", words.CLOSED_SAYS), kept]
        state = replace(state, inside_said_at=now, last_sign=now)
    if not is_away or not people:
        return state, effects
    if not state.is_inside_told:
        state = replace(state, is_inside_told=True)
        facts: dict[str, bool | int | float | str] = {"reason": "inside", "people": people}
        effects.append(Note(EventName.ROOM_TROUBLE, facts))
    if now - state.inside_said_at >= INSIDE_AGAIN_SECONDS:
        state = replace(state, inside_said_at=now)
        effects.append(Announce("inside", words.INSIDE_SAYS))
    return state, effects


def _uncounted(state: RoomState) -> Done:
    """Tell the staff, once, that nobody is refused because nobody knows how many are inside."""
    if people_known(state) is not None:
        is_told = state.is_uncounted_told
        return replace(state, is_uncounted_told=False) if is_told else state, ()
    if state.is_uncounted_told or state.mode is not Mode.OPEN or not state.let_in:
        return state, ()
    state = replace(state, is_uncounted_told=True)
    return state, (Note(EventName.ROOM_TROUBLE, {"reason": "uncounted"}),)


def _noted(state: RoomState, closes_s: int, minutes: list[int]) -> tuple[RoomState, Keep]:
    said = (*state.kept.said, *((closes_s, m) for m in sorted(minutes, reverse=True)))
    kept = replace(state.kept, said=said[-MOST_SAID:])
    return replace(state, kept=kept), Keep(kept)
