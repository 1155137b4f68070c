"""Who stands on a line sinks from sight and is seen in pieces: he is told once, or not at all."""

import pytest

from edge.counting.geometry import CountingLine, Direction, PersonSize, Point
from edge.counting.line import Crossing, LineCounter
from edge.counting.standing import StandingRules

PERSON = PersonSize(0.1, 0.1)
LINE = CountingLine("door", Point(0.0, 0.5), Point(1.0, 0.5), Point(0.0, 1.0))
IN, OUT = Direction.IN, Direction.OUT
STEP = 0.1


class Door:
    """A counter, and a clock that every step moves on."""

    def __init__(self) -> None:
        self.counter = LineCounter(LINE, PERSON)
        self.now = 0.0
        self.told: list[Crossing] = []

    def walk(self, track: int, *depths: float, x: float = 0.5) -> None:
        """Take a track through depths in persons, inside positive, four tenths of one a step."""
        for depth in depths:
            self._take(self.counter.feed(track, Point(x, 0.5 + 0.1 * depth), self.now))
            self.now += STEP

    def stay(self, track: int, depth: float, seconds: float, x: float = 0.5) -> None:
        self.walk(track, *[depth] * round(seconds / STEP), x=x)

    def end(self, track: int) -> None:
        self._take(self.counter.forget(track))

    @property
    def directions(self) -> list[Direction]:
        return [crossing.direction for crossing in self.told]

    def _take(self, crossing: Crossing | None) -> None:
        self.told += [] if crossing is None else [crossing]


@pytest.fixture
def door() -> Door:
    return Door()


def come_and_sink(door: Door, depth: float = -0.1) -> None:
    """Let one come from outside, stand on the line and be lost there."""
    door.walk(1, -2.0, -1.6, -1.2, -0.8, -0.4)
    door.stay(1, depth, 2.0)
    door.end(1)
    door.now += 8.0


def test_a_piece_beyond_the_line_that_goes_back_is_nobody_who_comes_out(door: Door) -> None:
    come_and_sink(door)
    door.walk(2, 0.3, 0.1, -0.2, -0.6, -1.0, -1.4)
    assert door.directions == []


def test_who_goes_on_has_come_in_when_he_set_out(door: Door) -> None:
    come_and_sink(door)
    set_out = door.now
    door.walk(2, 0.05, 0.3, 0.7, 1.1)
    assert door.directions == [IN]
    assert door.told[0].at_seconds == pytest.approx(set_out, abs=0.2)


def test_who_is_never_lost_has_come_in_when_he_set_out(door: Door) -> None:
    door.walk(1, -2.0, -1.6, -1.2, -0.8, -0.4)
    door.stay(1, 0.1, 20.0)
    set_out = door.now
    door.walk(1, 0.5, 0.9, 1.3)
    assert door.directions == [IN]
    assert door.told[0].at_seconds == pytest.approx(set_out, abs=0.3)


def test_two_pieces_of_one_who_goes_on_have_come_in_once(door: Door) -> None:
    come_and_sink(door)
    door.walk(2, -0.3, -0.3)
    door.walk(3, 0.3, 0.3, x=0.52)
    for depth in (0.7, 1.1, 1.5):
        door.walk(3, depth, x=0.52)
        door.walk(2, depth - 0.6)
    door.walk(2, 1.3, 1.7)
    assert door.directions == [IN]


@pytest.mark.parametrize("depth", [-0.5, -0.2, 0.2, 0.5])
def test_pieces_that_come_and_go_where_he_stands_cross_nothing(door: Door, depth: float) -> None:
    come_and_sink(door)
    for track in range(2, 8):
        door.walk(track, -0.5 * depth, depth, -depth, depth)
        door.end(track)
    assert door.directions == []


def test_what_was_always_on_the_line_has_no_side_of_its_own(door: Door) -> None:
    door.stay(1, 0.3, 2.0)
    door.walk(1, 0.0, -0.4, -0.8, -1.2)
    assert door.directions == []


def test_who_passes_beside_him_is_counted(door: Door) -> None:
    come_and_sink(door)
    door.walk(2, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, x=0.65)
    door.walk(3, 2.0, 1.5, 1.0, 0.5, 0.0, -0.5, -1.0, x=0.4)
    assert door.directions == [IN, OUT]


def test_he_is_given_up_after_long(door: Door) -> None:
    come_and_sink(door)
    door.now += StandingRules().patience_seconds
    door.walk(2, 0.4, 0.0, -0.4, -0.8)
    assert door.directions == [OUT]


def test_who_has_left_is_no_longer_there(door: Door) -> None:
    come_and_sink(door)
    door.walk(2, -0.1, -0.5, -0.9, -1.3, -1.7)
    door.end(2)
    door.walk(3, 0.4, 0.0, -0.4, -0.8)
    assert door.directions == [OUT]


def test_who_comes_into_the_picture_where_one_stands_has_his_own_side() -> None:
    """A visitor half as large as the picture is at its edge when he begins and when he ends."""
    counter = LineCounter(LINE, PersonSize(0.4, 0.5))
    told = []
    for track, depths in ((1, (0.8, *[0.75] * 15)), (2, (0.8, 0.4, 0.0, -0.2))):
        for number, depth in enumerate(depths):
            counter.feed(track, Point(0.5, 0.5 + 0.5 * depth), 10.0 * track + number * STEP)
        told.append(counter.forget(track))
    assert told[0] is None
    assert told[1] is not None
    assert told[1].direction is OUT
