"""Zones: what a polygon may be, who is in it, and how long the stays are."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.counting.dwell import MOST_HELD, ZoneCounter, ZoneRules
from edge.counting.geometry import Anchor, Box, PersonSize, Point
from edge.counting.tracker import TrackUpdate
from edge.counting.zone import MOST_CORNERS, Zone

PERSON = PersonSize(0.1, 0.1)
SQUARE = (Point(0.3, 0.3), Point(0.7, 0.3), Point(0.7, 0.7), Point(0.3, 0.7))
ZONE = Zone("case", SQUARE)


def a_picture(
    *positions: tuple[int, float, float, float], gone: tuple[int, ...] = ()
) -> TrackUpdate:
    """Build what a picture did from (track, at_seconds, x, y)."""
    return TrackUpdate(tuple((i, t, Box(x, y, 0.1, 0.1)) for i, t, x, y in positions), gone)


def walk(counter: ZoneCounter, track: int, *points: tuple[float, float, float]) -> None:
    for at, x, y in points:
        counter.feed(a_picture((track, at, x, y)), at)


@pytest.mark.parametrize(
    ("corners", "sentence"),
    [
        pytest.param(SQUARE[:2], "has 2 corners", id="two-corners"),
        pytest.param(SQUARE * 9, f"3 to {MOST_CORNERS}", id="too-many"),
        pytest.param((Point(0, 0), Point(1.1, 0), Point(0, 1)), "leaves the frame", id="outside"),
        pytest.param((Point(math.nan, 0), Point(1, 0), Point(0, 1)), "leaves", id="not-a-number"),
        pytest.param((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), "crosses itself", id="bow-tie"),
        pytest.param((*SQUARE, SQUARE[0]), "crosses itself", id="corner-twice"),
        pytest.param(
            (Point(0, 0), Point(1, 0), Point(0.5, 0.5), Point(0.5, 0), Point(0.2, 0.5)),
            "crosses itself",
            id="touches-its-side",
        ),
        pytest.param(
            (Point(0, 0), Point(0.5, 0), Point(1, 0.0001)), "next to nothing", id="a-sliver"
        ),
    ],
)
def test_a_polygon_that_is_none_is_refused(corners: tuple[Point, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Zone("case", tuple(corners))


def test_a_hollow_polygon_holds_what_is_in_it() -> None:
    horseshoe = Zone(
        "case",
        tuple(
            Point(x / 10, y / 10)
            for x, y in ((1, 1), (9, 1), (9, 9), (7, 9), (7, 3), (3, 3), (3, 9), (1, 9))
        ),
    )
    assert horseshoe.depth(Point(0.2, 0.5), PERSON) == pytest.approx(1)
    assert horseshoe.depth(Point(0.5, 0.5), PERSON) == pytest.approx(-2)
    assert horseshoe.depth(Point(0.8, 0.8), PERSON) == pytest.approx(1)
    assert horseshoe.depth(Point(0.95, 0.95), PERSON) == pytest.approx(-math.hypot(0.5, 0.5))


@given(
    x=st.floats(0, 1, allow_subnormal=False),
    y=st.floats(0, 1, allow_subnormal=False),
    turn=st.integers(0, 3),
    backwards=st.booleans(),
)
def test_the_first_corner_and_the_way_round_do_not_matter(
    x: float, y: float, turn: int, backwards: bool
) -> None:
    corners = SQUARE[turn:] + SQUARE[:turn]
    other = Zone("case", corners[::-1] if backwards else corners)
    assert other.depth(Point(x, y), PERSON) == pytest.approx(ZONE.depth(Point(x, y), PERSON))


def test_a_visit_is_entered_stays_and_is_left() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, (0, 0.1, 0.5), (1, 0.35, 0.5), (2, 0.5, 0.5))
    assert (counter.present, counter.entries, counter.take_left()) == (1, 1, [])
    walk(counter, 1, (9, 0.65, 0.5), (10, 0.9, 0.5))
    assert (counter.present, counter.entries) == (0, 1)
    assert counter.take_left() == [8]
    assert counter.take_left() == []


def test_who_stands_on_the_border_neither_comes_nor_goes() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    flicker = [(n / 10, 0.295 + 0.01 * (n % 2), 0.5) for n in range(40)]
    walk(counter, 1, *flicker)
    assert (counter.present, counter.entries) == (0, 0)
    walk(counter, 1, (5, 0.4, 0.5), *((5 + t, x, y) for t, x, y in flicker))
    assert (counter.present, counter.entries, counter.take_left()) == (1, 1, [])


def test_the_foot_may_be_inside_while_the_middle_is_not() -> None:
    middle, foot = ZoneCounter(ZONE, PERSON), ZoneCounter(Zone("f", SQUARE, Anchor.FOOT), PERSON)
    for counter in (middle, foot):
        walk(counter, 1, (0, 0.5, 0.1), (1, 0.5, 0.28), (2, 0.5, 0.28))
    assert (middle.present, foot.present) == (0, 1)


def test_who_sinks_into_the_background_goes_on_with_the_same_stay() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, (0, 0.1, 0.5), (1, 0.5, 0.5), (5, 0.5, 0.5))
    counter.feed(a_picture(gone=(1,)), 6)
    assert counter.present == 1
    walk(counter, 2, (20, 0.53, 0.5), (21, 0.9, 0.5))
    assert (counter.present, counter.entries) == (0, 1)
    assert counter.take_left() == [19]


def test_who_is_not_found_again_left_when_he_was_last_seen() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, (0, 0.1, 0.5), (1, 0.5, 0.5), (5, 0.5, 0.5))
    counter.feed(a_picture(gone=(1,)), 6)
    walk(counter, 2, (20, 0.8, 0.5), (21, 0.65, 0.5))  # another one, too far away
    assert counter.present == 2
    counter.feed(a_picture(), 64.9)
    assert counter.present == 2
    counter.feed(a_picture(), 65.1)
    assert (counter.present, counter.entries) == (1, 2)
    assert counter.take_left() == [4]


def test_who_ends_at_the_edge_of_the_picture_has_left_it() -> None:
    wide = Zone("all", (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)))
    counter = ZoneCounter(wide, PERSON)
    walk(counter, 1, *((n / 10, 0.5, 0.04 + 0.03 * n) for n in range(31)))
    assert counter.present == 1
    counter.feed(a_picture(gone=(1,)), 3.7)
    assert counter.present == 0
    assert counter.take_left() == [3]


def test_tracks_of_another_size_follow_on_from_nothing() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, (0, 0.1, 0.5), (1, 0.5, 0.5))
    counter.restart(PersonSize(0.2, 0.2))
    assert (counter.present, counter.entries, counter.take_left()) == (0, 1, [])
    walk(counter, 1, (1, 0.1, 0.5), (2, 0.5, 0.5))
    assert (counter.present, counter.entries) == (1, 2)


def test_who_walks_behind_something_is_waited_for_only_a_moment() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, *((n / 10, 0.2 + 0.02 * n, 0.5) for n in range(16)))
    counter.feed(a_picture(gone=(1,)), 2.1)
    assert counter.present == 1
    counter.feed(a_picture(), 5)
    assert counter.present == 0
    assert counter.take_left() == [pytest.approx(0.9, abs=0.11)]


def test_the_hole_that_somebody_leaves_is_nobody() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, *((n / 10, 0.5 + 0.002 * (n % 3), 0.5) for n in range(30)))
    counter.feed(a_picture(gone=(1,)), 3.6)
    assert (counter.present, counter.entries) == (0, 0)


def test_who_walks_off_takes_his_stay_along_when_his_track_stays_with_the_hole() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    walk(counter, 1, (0, 0.1, 0.5), (1, 0.5, 0.5), *((n, 0.5, 0.5) for n in range(2, 12)))
    for n in range(10):
        at = 12 + n / 10
        counter.feed(a_picture((1, at, 0.5, 0.5), (2, at, 0.53 + 0.03 * n, 0.5)), at)
    assert (counter.present, counter.entries) == (0, 1)
    assert counter.take_left() == [pytest.approx(11.5, abs=0.3)]
    counter.feed(a_picture(gone=(1,)), 14)
    assert (counter.present, counter.take_left()) == (0, [])


def test_what_is_held_is_bounded() -> None:
    counter = ZoneCounter(ZONE, PERSON)
    for number in range(MOST_HELD + 10):
        walk(counter, number, (0, 0.1, 0.5), *((1 + n / 4, 0.35, 0.5) for n in range(8)))
        walk(counter, number, *((3 + n / 4, 0.35 + number / 1000, 0.5) for n in range(4)))
    for number in range(MOST_HELD + 10):
        counter.feed(a_picture(gone=(number,)), 4)
    assert counter.present == MOST_HELD
    assert len(counter.take_left()) == 10


@pytest.mark.parametrize("seed", range(5))
def test_who_entered_is_present_or_has_left(seed: int) -> None:
    rng = random.Random(seed)
    counter = ZoneCounter(ZONE, PERSON, ZoneRules(hold_seconds=1.0, least_way=0.0))
    places = {number: [rng.random(), rng.random()] for number in range(8)}
    left: list[float] = []
    for picture in range(600):
        at = picture / 10
        gone: tuple[int, ...] = ()
        if rng.random() < 0.05:
            gone = (rng.choice(list(places)),)
            places.pop(gone[0])
            places[max([*places, gone[0]]) + 1] = [rng.random(), rng.random()]
        for place in places.values():
            for axis in (0, 1):
                place[axis] = min(1.0, max(0.0, place[axis] + rng.uniform(-0.05, 0.05)))
        counter.feed(a_picture(*((i, at, x, y) for i, (x, y) in places.items()), gone=gone), at)
        left += counter.take_left()
        assert counter.entries == counter.present + len(left)
    assert counter.entries > 10
    assert all(0 <= seconds <= 60 for seconds in left)
