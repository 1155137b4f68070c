import numpy as np
import pytest
from numpy.typing import NDArray

from edge.counting.geometry import Box, CountingLine, PersonSize, Point, box_between
from edge.counting.sizing import PersonSizer, SizingRules
from edge.counting.split import cut, visitors_in

PERSON = PersonSize(0.1, 0.2, 0.785)


def split(
    points: NDArray[np.float64], area: float, expected: list[Point], person: PersonSize
) -> list[Box]:
    box = box_between(*points.min(axis=0), *points.max(axis=0))
    return cut(points, *visitors_in(box, area, expected, person), person)


def a_body(x: float, y: float, size: PersonSize = PERSON) -> NDArray[np.float64]:
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21)), -1).reshape(-1, 2)
    disc = grid[np.hypot(grid[:, 0], grid[:, 1]) <= 1]
    body = disc * np.array([size.w / 2, size.h / 2]) + np.array([x, y])
    return np.asarray(body, dtype=np.float64)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        pytest.param([(0.5, 0.5)], [], id="one"),
        pytest.param([(0.45, 0.5), (0.55, 0.5)], [], id="pair-side-by-side"),
        pytest.param([(0.5, 0.4), (0.5, 0.6)], [], id="pair-in-a-row"),
        pytest.param([(0.4, 0.5), (0.5, 0.5), (0.6, 0.5)], [], id="three-abreast"),
        pytest.param([(0.46, 0.5), (0.52, 0.5)], [(0.46, 0.5), (0.52, 0.5)], id="two-known-tracks"),
    ],
)
def test_a_blob_gives_its_visitors(
    places: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    points = np.vstack([a_body(x, y) for x, y in places])
    # Bodies that overlap cover less than their sum.
    area = PERSON.area * len(places) * (0.85 if expected else 1.0)
    boxes = split(points, area, [Point(*p) for p in expected], PERSON)
    assert len(boxes) == len(places)
    for (x, y), box in zip(sorted(places), sorted(boxes, key=lambda b: (b.x, b.y)), strict=True):
        assert abs(box.x - x) < 0.3 * PERSON.w
        assert abs(box.y - y) < 0.3 * PERSON.h


def test_a_track_elsewhere_splits_nothing() -> None:
    assert len(split(a_body(0.5, 0.5), PERSON.area, [Point(0.9, 0.9)], PERSON)) == 1


def test_two_tracks_of_one_visitor_do_not_split_him() -> None:
    expected = [Point(0.5, 0.48), Point(0.51, 0.52)]
    assert len(split(a_body(0.5, 0.5), PERSON.area, expected, PERSON)) == 1


LINE = CountingLine("door", Point(0, 0.5), Point(1, 0.5), Point(0, 1))


def fed(sizes: list[tuple[float, float]], seconds: float = 1.5) -> PersonSizer:
    sizer = PersonSizer([LINE])
    for passage, (w, h) in enumerate(sizes):
        for step in range(8):
            box = Box(0.5, 0.44 + 0.015 * step, w, h)
            sizer.feed([(box, 0.6 * w * h)], passage * seconds + step / 15)
    return sizer


def test_the_commonest_size_is_learned_among_groups_and_fragments() -> None:
    visitors = [(0.1, 0.2)] * 12 + [(0.2, 0.2)] * 5 + [(0.03, 0.05)] * 4
    size = fed(visitors).size()
    assert size is not None
    assert size.w == pytest.approx(0.1, rel=0.1)
    assert size.h == pytest.approx(0.2, rel=0.1)
    assert size.fill == pytest.approx(0.6, rel=0.05)


def test_who_only_comes_side_by_side_is_taken_apart() -> None:
    sizer = PersonSizer([LINE])
    for passage in range(12):
        for step in range(8):
            box = Box(0.5, 0.44 + 0.015 * step, 0.6, 0.24)
            sizer.feed([(box, 0.6 * box.w * box.h)], 1.5 * passage + step / 15, 4 / 3)
    size = sizer.size()
    assert size is not None
    assert size.w == pytest.approx(0.2, rel=0.1)
    assert size.area == pytest.approx(0.6 * 0.6 * 0.24 / 3, rel=0.05)


def test_many_slivers_of_who_stands_still_are_no_visitors() -> None:
    sizer = PersonSizer([LINE])
    rng = np.random.default_rng(5)
    for passage in range(15):
        for step in range(6):
            sizer.feed([(Box(0.5, 0.44 + 0.02 * step, 0.2, 0.25), 0.03)], passage + step / 10)
        for step in range(8):
            w, h = rng.uniform(0.03, 0.06, 2)
            sizer.feed([(Box(0.5, 0.5, w, h), 0.5 * w * h)], passage + 0.6 + step / 20)
    size = sizer.size()
    assert size is not None
    assert size.w == pytest.approx(0.2, rel=0.1)


def test_few_passages_teach_nothing() -> None:
    assert fed([(0.1, 0.2)] * 3).size() is None


def test_what_stands_still_is_one_sample() -> None:
    sizer = PersonSizer([LINE])
    for step in range(1000):
        sizer.feed([(Box(0.5, 0.5, 0.1, 0.2), 0.012)], step / 15)
    assert len(sizer) <= 34


def test_what_is_far_from_the_line_is_no_sample() -> None:
    sizer = PersonSizer([LINE])
    sizer.feed([(Box(0.5, 0.1, 0.1, 0.2), 0.012)], 0.0)
    assert len(sizer) == 0


def test_samples_are_bounded() -> None:
    sizer = fed([(0.1, 0.2)] * 1200)
    assert len(sizer) == SizingRules().most_samples


def test_growth_down_the_picture_is_learned() -> None:
    sizer = PersonSizer([CountingLine("side", Point(0.5, 0), Point(0.5, 1), Point(1, 0))])
    for passage in range(60):
        bottom = 0.3 + 0.6 * (passage % 12) / 11
        scale = 1 + 1.5 * (bottom - 0.6)
        for step in range(5):
            box = Box(0.48 + 0.01 * step, bottom - 0.1 * scale, 0.08 * scale, 0.2 * scale)
            sizer.feed([(box, 0.6 * box.w * box.h)], 1.5 * passage + step / 15)
    size = sizer.size()
    assert size is not None
    assert size.near(0.9).h == pytest.approx(0.2 * 1.45, rel=0.1)
    assert size.near(0.3).h == pytest.approx(0.2 * 0.55, rel=0.1)


def test_straight_down_nothing_grows() -> None:
    size = fed([(0.1, 0.2)] * 12).size()
    assert size is not None
    assert size.growth == 0.0
    assert size.near(0.1) == size
