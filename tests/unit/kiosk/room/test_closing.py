"""What is said before it closes, how the lights go, what the air asks for."""

import pytest

from kiosk.room import words
from kiosk.room.effects import Announce, Keep
from kiosk.room.events import (
    AirNow,
    ClockNow,
    Commanded,
    LibraryNow,
    OutputSeen,
    OutputsLost,
    PeopleNow,
    SessionNow,
    TimetableNow,
)
from kiosk.room.settings import Cleaning, Output, RoomSettings, Verb
from kiosk.room.state import Mode, admits
from kiosk.room.view import notices, room_status, staff_rows
from tests.unit.kiosk.room.at_the_room import CLOSES_S, NOON_S, OPENS_S, Bench, hours


@pytest.fixture
def room() -> Bench:
    return Bench().opened()


def closings(room: Bench) -> list[str]:
    return [one.text.en for one in room.effects if isinstance(one, Announce)]


FIFTEEN, FIVE = words.closing(15).en, words.closing(5).en
CLOSED = words.CLOSED_SAYS.en


def test_fifteen_and_five_minutes_before_and_when_it_closes(room: Bench) -> None:
    room.do(PeopleNow(0, "known", 40, at_ms=2))
    said: list[tuple[str, float]] = []
    room.seen = lambda bench, effects: said.extend(
        (one.text.en, bench.wall_s) for one in effects if isinstance(one, Announce)
    )
    room.wall_s = CLOSES_S - 1000
    room.wait(1100)
    assert said == [
        (FIFTEEN, CLOSES_S - 900),
        (FIVE, CLOSES_S - 300),
        (CLOSED, CLOSES_S),
    ]


def test_a_clock_that_goes_back_says_nothing_twice(room: Bench) -> None:
    room.wall_s = CLOSES_S - 1000
    room.wait(200)
    for _ in range(5):
        room.wall_s -= 600
        room.wait(600)
    assert closings(room).count(FIFTEEN) == 1


def test_a_clock_that_jumps_ahead_says_what_is_left_once(room: Bench) -> None:
    room.wall_s = CLOSES_S - 660
    room.wait(30)
    assert closings(room) == [words.closing(11).en]
    room.wall_s = CLOSES_S - 200
    room.wait(10)
    assert closings(room)[1:] == [words.closing(4).en]


def test_a_jump_over_both_says_one(room: Bench) -> None:
    room.wall_s = CLOSES_S - 100
    room.wait(90)
    assert closings(room) == [words.closing(2).en]


def test_a_timetable_that_changes_is_followed_and_says_nothing_twice(room: Bench) -> None:
    room.wall_s = CLOSES_S - 901
    room.wait(2)
    assert closings(room) == [FIFTEEN]
    later = TimetableNow(hours(OPENS_S, CLOSES_S + 1800))
    room.do(later)
    room.wait(30)
    room.do(TimetableNow(hours()))
    room.wait(30)
    room.do(later)
    room.wall_s = CLOSES_S + 1800 - 902
    room.wait(4)
    assert closings(room) == [FIFTEEN, FIFTEEN]
    room.do(TimetableNow(hours(OPENS_S, int(room.wall_s) + 400)))
    assert closings(room)[2:] == [words.closing(7).en]


def test_a_restart_says_nothing_twice(room: Bench) -> None:
    room.wall_s = CLOSES_S - 901
    room.wait(2)
    room.restart()
    room.do(ClockNow(is_set=True), TimetableNow(hours()))
    room.wait(60)
    assert closings(room) == [FIFTEEN]


def test_cleaning_is_announced_as_a_closing_is() -> None:
    room = Bench(RoomSettings(cleaning=(Cleaning(6, 13 * 3600, 14 * 3600),))).opened()
    room.wait(3600)
    assert closings(room)[:2] == [FIFTEEN, FIVE]
    assert room.is_in(Mode.CLEANING)


def test_a_room_that_never_closes_says_nothing() -> None:
    room = Bench()
    always = hours(NOON_S - 86_400, NOON_S + 7 * 86_400)
    room.do(ClockNow(is_set=True), TimetableNow(always))
    room.wait(1000)
    assert room.said() == []
    assert room.state.closes_s is None


def test_who_is_inside_when_it_closes_has_light_and_is_told_and_the_staff_too(
    room: Bench,
) -> None:
    room.wall_s = CLOSES_S - 1
    room.wait(3)
    assert room.troubles() == ["inside"]
    assert ("room_trouble", {"reason": "inside", "people": 3}) in room.notes()
    assert room.said()[-1] == "closed"
    room.wait(3600)
    assert room.coils[Output.LIGHTS]
    assert room.said().count("inside") == 12
    assert room.troubles() == ["inside"]
    assert words.INSIDE_SAYS in [t for _, t in notices(room.state, room.moment, room.settings)]
    room.do(PeopleNow(0, "known", 40, at_ms=9))
    room.wait(901)
    assert not room.coils[Output.LIGHTS]


def test_lights_follow_people_sessions_and_doubt(room: Bench) -> None:
    room.wait(1000)
    assert room.coils[Output.LIGHTS]  # three inside
    room.do(PeopleNow(0, "known", 40, at_ms=2))
    room.wait(1)
    assert not room.coils[Output.LIGHTS]
    room.do(SessionNow(is_used=True))
    assert room.coils[Output.LIGHTS]
    room.do(SessionNow(is_used=False))
    room.wait(899)
    assert room.coils[Output.LIGHTS]
    room.wait(2)
    assert not room.coils[Output.LIGHTS]
    room.do(PeopleNow(None, "unknown", 40, at_ms=3))
    assert room.coils[Output.LIGHTS]


def test_ventilation_has_two_limits_and_forgets_old_air(room: Bench) -> None:
    for ppm, is_on in ((999, False), (1000, True), (801, True), (799, False), (1200, True)):
        room.do(AirNow(co2_ppm=ppm))
        assert room.coils[Output.VENTILATION] is is_on, ppm
    room.wait(901)
    assert not room.coils[Output.VENTILATION]


def test_warmth_and_cold_have_two_limits(room: Bench) -> None:
    told = []
    for celsius in (27.9, 28.0, 27.1, 26.9, 14.0, 14.9, 15.1):
        room.do(AirNow(celsius=celsius))
        told.append(room_status(room.state, room.moment, room.settings).advice)
    assert told == [(), ("too_warm",), ("too_warm",), (), ("too_cold",), ("too_cold",), ()]
    assert any(row.key == "air" for row in staff_rows(room.state, room.settings))


def test_the_lamp_says_whether_one_may_come_in(room: Bench) -> None:
    assert room.coils[Output.LAMP]
    room.do(PeopleNow(40, "known", 40, at_ms=2))
    assert not room.coils[Output.LAMP]
    room.do(PeopleNow(39, "known", 40, at_ms=3), LibraryNow(is_there=False))
    assert not room.coils[Output.LAMP]


def test_whether_it_lets_in_is_evidence_and_a_broken_lock_is_none(room: Bench) -> None:
    def told() -> bool | None:
        return admits(room.state, room.moment, room.settings)

    assert told() is True
    room.is_module_gone = True
    room.do(OutputsLost())
    assert told() is None
    room.is_module_gone = False
    room.wait(1)
    assert told() is True
    room.do(Commanded(Verb.CLOSE, "staff"))
    assert told() is False


def test_what_somebody_else_switched_is_put_right(room: Bench) -> None:
    room.coils[Output.STRIKE] = True
    room.do(OutputSeen(Output.STRIKE, is_on=True))
    assert not room.coils[Output.STRIKE]


def test_the_status_on_the_wire_says_it_all(room: Bench) -> None:
    status = room_status(room.state, room.moment, room.settings)
    assert (status.mode, status.admits, status.door, status.lock) == (
        "open",
        True,
        "closed",
        "held",
    )
    assert (status.people, status.people_limit, status.cards) == (3, 40, "library")
    assert status.closes_ms == CLOSES_S * 1000
    assert {one.output for one in status.outputs} == {one.value for one in Output}
    assert status.commands == ("announce", "close", "open")


def test_what_was_said_long_ago_is_not_kept_for_ever(room: Bench) -> None:
    for day in range(100):
        room.do(TimetableNow(hours(OPENS_S, CLOSES_S + day)))
        room.wall_s = CLOSES_S + day - 100
        room.wait(1)
    kept = [one.kept for one in room.effects if isinstance(one, Keep)]
    assert len(kept[-1].said) <= 64
