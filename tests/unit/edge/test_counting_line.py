import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.counting.geometry import Anchor, Box, CountingLine, Direction, PersonSize, Point
from edge.counting.line import Crossing, LineCounter, LineRules

IN, OUT = Direction.IN, Direction.OUT
PERSON = PersonSize(0.1, 0.1)
DOWN = Point(0.0, 1.0)


def a_line(
    start: tuple[float, float] = (0.2, 0.5),
    end: tuple[float, float] = (0.8, 0.5),
    into: Point = DOWN,
) -> CountingLine:
    return CountingLine("door", Point(*start), Point(*end), into)


def walk(
    *points: tuple[float, float], line: CountingLine | None = None, step_seconds: float = 0.1
) -> list[Crossing]:
    counter = LineCounter(line or a_line(), PERSON)
    found = [counter.feed(1, Point(*p), i * step_seconds) for i, p in enumerate(points)]
    return [crossing for crossing in found if crossing is not None]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([(0.5, 0.3), (0.5, 0.7)], [IN], id="straight-in"),
        pytest.param([(0.5, 0.7), (0.5, 0.3)], [OUT], id="straight-out"),
        pytest.param([(0.5, 0.3), (0.5, 0.7), (0.5, 0.3)], [IN, OUT], id="there-and-back"),
        pytest.param([(0.5, 0.3), (0.5, 0.49), (0.5, 0.3)], [], id="turns-back-before"),
        pytest.param([(0.5, 0.48), (0.5, 0.509), (0.5, 0.48)], [], id="flickers-on-the-line"),
        pytest.param(
            [(0.5, 0.3), *[(0.5, 0.5 + 0.011 * (-1) ** i) for i in range(20)], (0.5, 0.3)],
            [],
            id="waits-on-the-line-and-returns",
        ),
        pytest.param(
            [(0.5, 0.3), *[(0.5, 0.5 + 0.011 * (-1) ** i) for i in range(20)], (0.5, 0.7)],
            [IN],
            id="waits-on-the-line-and-goes-on",
        ),
        pytest.param([(0.5, 0.505), (0.5, 0.7)], [], id="born-on-the-line"),
        pytest.param([(0.5, 0.3), (0.5, 0.5), (0.5, 0.7)], [IN], id="a-point-exactly-on-it"),
        pytest.param([(0.1, 0.3), (0.1, 0.7)], [], id="beside-the-start"),
        pytest.param([(0.9, 0.3), (0.9, 0.7)], [], id="beside-the-end"),
        pytest.param([(0.195, 0.3), (0.195, 0.7)], [IN], id="within-the-slack-of-the-end"),
        pytest.param([(0.1, 0.4), (0.4, 0.6)], [IN], id="slanting-in-over-the-segment"),
        pytest.param([(0.1, 0.3), (0.1, 0.7), (0.5, 0.7)], [], id="around-the-end"),
        pytest.param([(0.5, 0.7)], [], id="seen-once"),
    ],
)
def test_a_walk_gives_its_crossings(
    points: list[tuple[float, float]], expected: list[Direction]
) -> None:
    assert [c.direction for c in walk(*points)] == expected


@pytest.mark.parametrize(
    ("line", "points", "expected"),
    [
        pytest.param(
            a_line((0.72, 0.2), (0.72, 1.0), Point(-1, 0)),
            [(0.9, 0.5), (0.5, 0.5)],
            IN,
            id="leftwards-is-in",
        ),
        pytest.param(
            a_line((0.72, 1.0), (0.72, 0.2), Point(-1, 0)),
            [(0.9, 0.5), (0.5, 0.5)],
            IN,
            id="order-of-the-ends-does-not-matter",
        ),
        pytest.param(
            a_line((0, 0), (1, 1), Point(1, -1)), [(0.3, 0.7), (0.7, 0.3)], IN, id="diagonal"
        ),
        pytest.param(a_line(into=Point(0, -1)), [(0.5, 0.3), (0.5, 0.7)], OUT, id="upwards-is-in"),
    ],
)
def test_in_is_where_the_vector_points(
    line: CountingLine, points: list[tuple[float, float]], expected: Direction
) -> None:
    assert [c.direction for c in walk(*points, line=line)] == [expected]


def test_the_instant_is_interpolated_on_the_line_itself() -> None:
    (crossing,) = walk((0.5, 0.3), (0.5, 0.4), (0.5, 0.8))
    assert crossing == Crossing(crossing.at_seconds, IN, "door")
    assert crossing.at_seconds == pytest.approx(0.125)


def test_a_slow_passage_is_timed_at_its_last_pass_of_the_line() -> None:
    (crossing,) = walk((0.5, 0.4), (0.5, 0.505), (0.5, 0.495), (0.5, 0.505), (0.5, 0.6))
    assert crossing.at_seconds == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("later", "second_x", "second_from", "expected"),
    [
        pytest.param(0.1, 0.52, 0.46, 1, id="same-visitor-in-two-pieces"),
        pytest.param(0.1, 0.58, 0.46, 2, id="pair-side-by-side"),
        pytest.param(0.3, 0.52, 0.46, 2, id="follows-closely"),
        pytest.param(0.9, 0.5, 0.46, 2, id="follows-later"),
        pytest.param(0.1, 0.52, 0.54, 2, id="comes-towards-him"),
    ],
)
def test_duplicates_are_near_and_the_same_way(
    later: float, second_x: float, second_from: float, expected: int
) -> None:
    counter = LineCounter(a_line(), PERSON)
    # Four persons a second: a tenth of a second behind is two fifths of a person behind.
    found = [
        counter.feed(1, Point(0.5, 0.46), 0.0),
        counter.feed(1, Point(0.5, 0.54), 0.2),
        counter.feed(2, Point(second_x, second_from), later),
        counter.feed(2, Point(second_x, 1 - second_from), later + 0.2),
    ]
    assert sum(crossing is not None for crossing in found) == expected


def test_who_follows_slowly_is_another_visitor() -> None:
    """A tenth of a person a second: the one behind is near in space, but not in time."""
    counter = LineCounter(a_line(), PERSON)
    found = []
    for track_id, began in ((1, 0.0), (2, 1.0)):
        for depth, after in ((-0.12, -2.0), (-0.005, 0.0), (0.005, 1.0), (0.12, 2.0)):
            found.append(counter.feed(track_id, Point(0.5, 0.5 + depth), began + after))
    assert sum(crossing is not None for crossing in found) == 2


def test_one_who_comes_in_twice_is_no_duplicate_of_himself() -> None:
    places = [(0.5, 0.46), (0.5, 0.54)] * 3
    crossings = walk(*places, step_seconds=0.2)
    assert [crossing.direction for crossing in crossings] == [IN, OUT, IN, OUT, IN]


def test_who_sways_about_on_the_line_does_not_cross_it() -> None:
    places = [(0.5, 0.3), *[(0.5, 0.475), (0.5, 0.525)] * 10, (0.5, 0.3)]
    assert walk(*places, step_seconds=0.5) == []


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(0.52, [IN], id="beyond"),
        pytest.param(0.51, [], id="on-the-line"),
        pytest.param(0.48, [], id="before"),
    ],
)
def test_a_track_that_ends_just_beyond_the_line_has_crossed_it(
    last: float, expected: list[Direction]
) -> None:
    counter = LineCounter(a_line(), PERSON)
    assert counter.feed(1, Point(0.5, 0.3), 0.0) is None
    assert counter.feed(1, Point(0.5, last), 0.1) is None
    crossing = counter.forget(1)
    assert [crossing.direction for crossing in (crossing,) if crossing] == expected
    assert counter.forget(1) is None


def test_a_forgotten_track_starts_anew() -> None:
    counter = LineCounter(a_line(), PERSON)
    assert counter.feed(7, Point(0.5, 0.3), 0.0) is None
    counter.forget(7)
    counter.forget(7)
    assert len(counter) == 0
    assert counter.feed(7, Point(0.5, 0.7), 0.1) is None


def test_the_anchor_decides_who_crosses() -> None:
    box = Box(0.5, 0.45, 0.1, 0.3)
    assert box.at(Anchor.CENTRE) == (0.5, 0.45)
    assert box.at(Anchor.FOOT).y == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("start", "end", "into", "sentence"),
    [
        ((0.0, 0.5), (1.2, 0.5), DOWN, "leaves the frame"),
        ((0.0, math.nan), (1.0, 0.5), DOWN, "leaves the frame"),
        ((0.5, 0.5), (0.5, 0.5), DOWN, "no length"),
        ((0.0, 0.5), (1.0, 0.5), Point(1, 0), "does not point across"),
        ((0.0, 0.5), (1.0, 0.5), Point(0, 0), "does not point across"),
        ((0.0, 0.5), (1.0, 0.5), Point(0, math.nan), "does not point across"),
    ],
)
def test_a_line_that_cannot_count_is_refused(
    start: tuple[float, float], end: tuple[float, float], into: Point, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        a_line(start, end, into)


@pytest.mark.parametrize("size", [(0.0, 0.1), (0.1, 1.5), (-0.1, 0.1), (math.nan, 0.1)])
def test_an_impossible_person_is_refused(size: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        PersonSize(*size)


places = st.tuples(st.floats(0, 1), st.floats(0, 1))
walks = st.lists(places, min_size=2, max_size=30)
EVERYTHING = LineRules(duplicate_seconds=0.0)


def directions(points: list[tuple[float, float]], line: CountingLine) -> list[Direction]:
    counter = LineCounter(line, PERSON, EVERYTHING)
    found = [counter.feed(1, Point(*p), i / 10) for i, p in enumerate(points)]
    found.append(counter.forget(1))
    return [crossing.direction for crossing in found if crossing is not None]


FULL = a_line((0, 0.5), (1, 0.5))


@given(walks)
def test_walking_backwards_swaps_in_and_out(points: list[tuple[float, float]]) -> None:
    swapped = [IN if d is OUT else OUT for d in reversed(directions(points, FULL))]
    assert directions(points[::-1], FULL) == swapped


@given(walks)
def test_mirroring_across_the_line_swaps_in_and_out(points: list[tuple[float, float]]) -> None:
    mirrored = directions([(x, 1 - y) for x, y in points], FULL)
    assert mirrored == [IN if d is OUT else OUT for d in directions(points, FULL)]


@given(walks)
def test_mirroring_along_the_line_changes_nothing(points: list[tuple[float, float]]) -> None:
    assert directions([(1 - x, y) for x, y in points], FULL) == directions(points, FULL)


@given(walks)
def test_ins_and_outs_alternate_and_agree_with_the_ends(points: list[tuple[float, float]]) -> None:
    found = directions(points, FULL)
    assert all(a is not b for a, b in itertools.pairwise(found))
    assert abs(found.count(IN) - found.count(OUT)) <= 1


@given(walks, st.floats(0, 1000))
def test_time_shifts_carry_through(points: list[tuple[float, float]], shift: float) -> None:
    base, late = LineCounter(FULL, PERSON), LineCounter(FULL, PERSON)
    for i, p in enumerate(points):
        first, second = base.feed(1, Point(*p), i / 10), late.feed(1, Point(*p), shift + i / 10)
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert second.at_seconds - shift == pytest.approx(first.at_seconds, abs=1e-6)
            assert (i - 1) / 10 - 30 <= first.at_seconds <= i / 10
