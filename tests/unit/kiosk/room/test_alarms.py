"""Fire, gate, tampering, the emergency button, the leaf of the door, orders of the staff."""

import pytest

from kiosk.room import words
from kiosk.room.effects import Announce, Keep, Reply, Switch
from kiosk.room.events import (
    Commanded,
    Contact,
    ContactNow,
    InputsLost,
    OutputsLost,
    PeopleNow,
)
from kiosk.room.rules import OrderRefusal
from kiosk.room.settings import Output, Verb
from kiosk.room.state import Mode
from kiosk.room.view import door_screen, notices
from tests.unit.kiosk.room.at_the_room import CLOSES_S, Bench

FIRE = ContactNow(Contact.FIRE, is_active=True)
QUIET = ContactNow(Contact.FIRE, is_active=False)


@pytest.fixture
def room() -> Bench:
    return Bench().opened()


def test_fire_frees_the_door_until_the_staff_resets_it(room: Bench) -> None:
    room.do(FIRE)
    assert room.is_in(Mode.FIRE)
    assert room.coils[Output.STRIKE]
    assert room.coils[Output.LIGHTS]
    assert ("fire_alarm", {}) in room.notes()
    room.wait(120)
    assert room.coils[Output.STRIKE]
    room.do(QUIET)
    room.wait(600)
    assert room.coils[Output.STRIKE]
    room.do(Commanded(Verb.RESET, "staff"))
    assert not room.coils[Output.STRIKE]
    assert room.is_in(Mode.OPEN)


def test_fire_is_said_again_while_it_sounds_and_not_after(room: Bench) -> None:
    room.do(FIRE)
    room.wait(60)
    assert room.said() == ["fire"] * 4
    room.do(QUIET)
    room.wait(60)
    assert room.said() == ["fire"] * 4


def test_nobody_is_let_in_while_it_burns_and_who_asked_is_told(room: Bench) -> None:
    room.answer = lambda _asked: None
    room.enter()
    room.do(FIRE)
    room.enter()
    room.enter(is_staff=True, pin=room.staff_pin)
    assert set(room.refusals()) == {"fire"}
    assert len(room.refusals()) == 3
    shown = door_screen(room.state, room.moment, room.settings)
    assert shown.says == (words.FIRE_SAYS,)
    assert notices(room.state, room.moment, room.settings) == (("bad", words.FIRE_SAYS),)


def test_a_reset_while_it_sounds_or_cannot_be_seen_is_refused(room: Bench) -> None:
    room.do(FIRE, Commanded(Verb.RESET, "staff"))
    assert room.is_in(Mode.FIRE)
    room.do(InputsLost("unplugged"), Commanded(Verb.RESET, "staff"))
    assert room.is_in(Mode.FIRE)
    assert ("room_command", {"verb": "reset", "remote": False, "done": False}) in room.notes()


def test_a_fire_alarm_outlives_restarts_and_unplugged_inputs(room: Bench) -> None:
    room.do(FIRE)
    room.do(InputsLost("unplugged"))
    room.restart()
    room.wait(1)
    assert room.is_in(Mode.FIRE)
    assert room.coils[Output.STRIKE]
    # Told once: the alarm is the one of before.
    room.do(FIRE)
    assert [name for name, _ in room.notes()].count("fire_alarm") == 1


def test_fire_stops_ventilation_and_siren(room: Bench) -> None:
    room.do(ContactNow(Contact.TAMPER, is_active=True))
    assert room.coils[Output.SIREN]
    room.do(FIRE)
    assert not room.coils[Output.SIREN]
    assert not room.coils[Output.VENTILATION]


def test_the_gate_sounds_briefly_and_says_what_to_do(room: Bench) -> None:
    room.do(ContactNow(Contact.GATE, is_active=True))
    assert room.coils[Output.SIREN]
    assert room.said() == ["gate"]
    room.wait(5)
    assert not room.coils[Output.SIREN]
    room.do(ContactNow(Contact.GATE, is_active=False), ContactNow(Contact.GATE, is_active=True))
    assert room.said() == ["gate", "gate"]


def test_a_siren_that_failed_before_is_tried_at_once_for_the_next_alarm(room: Bench) -> None:
    room.stuck.add(Output.SIREN)
    room.do(ContactNow(Contact.GATE, is_active=True))
    room.wait(6)
    room.stuck.clear()
    room.do(ContactNow(Contact.GATE, is_active=False), ContactNow(Contact.GATE, is_active=True))
    assert room.coils[Output.SIREN]


def test_tampering_is_latched_and_its_siren_ends_by_itself(room: Bench) -> None:
    room.do(ContactNow(Contact.TAMPER, is_active=True))
    room.do(ContactNow(Contact.TAMPER, is_active=False))
    room.wait(170)
    assert room.coils[Output.SIREN]
    room.wait(20)
    assert not room.coils[Output.SIREN]
    assert room.is_tampered()
    room.do(ContactNow(Contact.TAMPER, is_active=True), Commanded(Verb.RESET, "staff"))
    assert room.is_tampered()
    room.do(ContactNow(Contact.TAMPER, is_active=False), Commanded(Verb.RESET, "staff"))
    assert not room.is_tampered()
    assert [name for name, _ in room.notes()].count("tamper") == 1


def test_the_emergency_button_calls_once_for_a_shaking_hand(room: Bench) -> None:
    for is_active in (True, False) * 4:
        room.do(ContactNow(Contact.CALL, is_active=is_active))
    assert room.notes() == [("staff_call", {"reason": "emergency"})]
    assert room.said() == ["call"]
    room.wait(11)
    room.do(ContactNow(Contact.CALL, is_active=True))
    assert len(room.notes()) == 2


def test_a_door_that_stands_open_is_asked_for_then_told_once(room: Bench) -> None:
    room.do(ContactNow(Contact.LEAF, is_active=True))
    room.wait(59)
    assert room.said() == []
    room.wait(600)
    assert room.said() == ["door_open"] * 3
    assert room.troubles() == ["left_open"]
    room.do(ContactNow(Contact.LEAF, is_active=False), ContactNow(Contact.LEAF, is_active=True))
    room.wait(61)
    assert room.troubles() == ["left_open", "left_open"]


def test_a_door_opened_into_an_empty_closed_room_is_forced(room: Bench) -> None:
    room.do(PeopleNow(0, "known", 40, at_ms=2))
    room.wall_s = CLOSES_S + 3600
    room.wait(1)
    room.do(ContactNow(Contact.LEAF, is_active=True))
    assert room.troubles() == ["forced"]
    # With somebody inside it is somebody who leaves.
    room.do(ContactNow(Contact.LEAF, is_active=False), PeopleNow(1, "known", 40, at_ms=3))
    room.do(ContactNow(Contact.LEAF, is_active=True))
    assert room.troubles() == ["forced", "inside"]


def test_inputs_that_are_lost_are_told_once_and_heard_again(room: Bench) -> None:
    room.do(InputsLost("unplugged"), InputsLost("unplugged"))
    assert room.troubles() == ["inputs"]
    assert room.state.contact(Contact.FIRE) is None
    room.do(QUIET)
    assert not room.state.are_inputs_lost
    room.do(InputsLost("unplugged"))
    assert room.troubles() == ["inputs", "inputs"]


def test_orders_from_afar_are_those_of_the_configuration(room: Bench) -> None:
    room.do(Commanded(Verb.UNLOCK, "hub", id="order-0001"))
    assert room.replies() == [
        Reply("order-0001", OrderRefusal.NOT_TAKEN),
    ]
    assert not room.coils[Output.STRIKE]
    room.do(Commanded(Verb.CLOSE, "hub", id="order-0002"))
    assert room.replies()[-1] == Reply("order-0002")
    assert room.is_in(Mode.SHUT)
    room.do(Commanded(Verb.OPEN, "hub", id="order-0003"))
    assert room.is_in(Mode.OPEN)


def test_the_staff_in_the_room_may_order_all(room: Bench) -> None:
    room.do(Commanded(Verb.UNLOCK, "staff"))
    assert room.coils[Output.STRIKE]
    assert ("door_unlocked", {"via": "remote", "offline": False}) in room.notes()
    assert room.replies() == []


def test_a_closing_by_the_staff_outlives_a_restart(room: Bench) -> None:
    room.do(Commanded(Verb.CLOSE, "staff"))
    room.restart()
    room.wait(1)
    assert room.is_in(Mode.SHUT)


def test_an_announcement_says_what_was_written_in_the_language_there_is(room: Bench) -> None:
    room.do(Commanded(Verb.ANNOUNCE, "hub", id="order-0001", zh="请勿吸烟"))
    said = next(one for one in room.effects if isinstance(one, Announce))
    assert (said.text.zh, said.text.en) == ("请勿吸烟", "请勿吸烟")
    room.do(Commanded(Verb.ANNOUNCE, "hub", id="order-0002"))
    assert room.replies()[-1].refusal is OrderRefusal.NOTHING_TO_SAY


def test_fire_with_the_relays_gone_is_ordered_again_when_they_are_back(room: Bench) -> None:
    room.is_module_gone = True
    room.do(OutputsLost())
    room.effects.clear()
    room.do(FIRE)
    room.wait(10)
    assert not room.coils[Output.STRIKE]
    assert "output" in room.troubles()
    room.is_module_gone = False
    room.wait(16)
    assert room.coils[Output.STRIKE]
    assert not any(
        isinstance(one, Switch) and one.output is Output.STRIKE and not one.is_on
        for one in room.effects
    )


def test_what_has_to_be_remembered_is_written_in_the_step_in_which_it_becomes_so(
    room: Bench,
) -> None:
    effects = room.do(FIRE)
    assert any(isinstance(one, Keep) and one.kept.fire_since_s for one in effects)
