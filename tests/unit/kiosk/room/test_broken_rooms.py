"""Random days catch a room that breaks one rule, whichever it is: each is broken here once.

Each day is tried with the rule kept as well, by `test_worlds.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from kiosk.room import alarms, closing, entering, machine, switching
from kiosk.room.effects import Effect, Switch
from kiosk.room.events import Contact, Kept, PinTyped
from kiosk.room.rules import EntryRefusal
from kiosk.room.settings import Output, RoomSettings
from kiosk.room.state import Mode, RoomState, limit_of, mode_of, people_known
from kiosk.session.moment import Moment
from tests.unit.kiosk.room import test_worlds
from tests.unit.kiosk.room.test_worlds import World

DAYS = 40
"""Most that one may need; each ends where it is caught."""
Break = Callable[[pytest.MonkeyPatch], None]


def fire_ends_with_its_contact(patch: pytest.MonkeyPatch) -> None:
    def mode(state: RoomState, moment: Moment, settings: RoomSettings) -> Mode:
        if not state.contact(Contact.FIRE):
            state = replace(state, kept=replace(state.kept, fire_since_s=None))
        return mode_of(state, moment, settings)

    patch.setattr(closing, "mode_of", mode)


def fire_ends_with_a_restart(patch: pytest.MonkeyPatch) -> None:
    def begin(moment: Moment, kept: Kept | None = None) -> RoomState:
        return machine.begin(moment, replace(kept or Kept(), fire_since_s=None))

    patch.setattr(test_worlds, "begin", begin)


def fire_is_reset_while_it_sounds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(alarms, "_against_reset", lambda _state, _settings: None)


def fire_leaves_the_door_locked(patch: pytest.MonkeyPatch) -> None:
    real = switching.wanted

    def wanted(state: RoomState, moment: Moment, settings: RoomSettings) -> Mapping[Output, bool]:
        is_on = state.unlocking is not None
        return {**real(state, moment, settings), Output.STRIKE: is_on}

    patch.setattr(switching, "wanted", wanted)


def one_too_many(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entering, "limit_of", lambda *args: (limit_of(*args) or 0) + 1)


def who_was_let_in_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entering, "expected_people", lambda state, _now, _settings: people_known(state))


def blocked_cards_are_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entering, "against", lambda *_args: None)


def the_list_is_asked_first(patch: pytest.MonkeyPatch) -> None:
    real = entering.pin

    def pin(
        state: RoomState, event: PinTyped, moment: Moment, settings: RoomSettings
    ) -> entering.Done:
        away = replace(state, library=replace(state.library, is_there=False))
        after, effects = real(away, event, moment, settings)
        return replace(after, library=state.library), effects

    patch.setattr(entering, "pin", pin)


def it_lets_in_when_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entering, "against_anybody", lambda *_args: None)


def no_word_of_why(patch: pytest.MonkeyPatch) -> None:
    real = entering.refuse

    def refuse(state: RoomState, refusal: EntryRefusal, moment: Moment) -> entering.Done:
        after, effects = real(state, refusal, moment)
        return replace(after, told=None), effects

    patch.setattr(entering, "refuse", refuse)


def who_waits_is_dropped(patch: pytest.MonkeyPatch) -> None:
    real = entering.waited

    def waited(state: RoomState, moment: Moment, settings: RoomSettings) -> entering.Done:
        after, effects = real(state, moment, settings)
        return (after, effects) if after.told is state.told else (replace(after, told=None), ())

    patch.setattr(entering, "waited", waited)


def it_waits_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entering, "waited", lambda state, _moment, _settings: (state, ()))


def it_says_it_again(patch: pytest.MonkeyPatch) -> None:
    real = closing._noted

    def noted(state: RoomState, closes_s: int, minutes: list[int]) -> tuple[RoomState, Effect]:
        after, kept = real(state, closes_s, minutes)
        shorter = replace(after.kept, said=after.kept.said[:-1])
        return replace(after, kept=shorter), replace(kept, kept=shorter)

    patch.setattr(closing, "_noted", noted)


def it_says_it_again_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    def begin(moment: Moment, kept: Kept | None = None) -> RoomState:
        return machine.begin(moment, replace(kept or Kept(), said=()))

    patch.setattr(test_worlds, "begin", begin)


def the_door_stays_free(patch: pytest.MonkeyPatch) -> None:
    real = switching.settle

    def settle(state: RoomState, moment: Moment, settings: RoomSettings) -> switching.Done:
        after, effects = real(state, moment, settings)
        locking = (Output.STRIKE, False)
        return after, tuple(
            one
            for one in effects
            if not (isinstance(one, Switch) and (one.output, one.is_on) == locking)
        )

    patch.setattr(switching, "settle", settle)


def it_is_dark_around_who_is_inside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(switching, "_are_lights_wanted", lambda state, _now, _settings: state.is_session)


BROKEN: tuple[Break, ...] = (
    fire_ends_with_its_contact,
    fire_ends_with_a_restart,
    fire_is_reset_while_it_sounds,
    fire_leaves_the_door_locked,
    one_too_many,
    who_was_let_in_is_forgotten,
    blocked_cards_are_good,
    the_list_is_asked_first,
    it_lets_in_when_closed,
    no_word_of_why,
    who_waits_is_dropped,
    it_waits_for_ever,
    it_says_it_again,
    it_says_it_again_after_a_restart,
    the_door_stays_free,
    it_is_dark_around_who_is_inside,
)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_a_room_that_breaks_a_rule_is_caught(
    broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match="seed"):
        some_days()


def some_days() -> None:
    for seed in range(DAYS):
        World(seed).run()
