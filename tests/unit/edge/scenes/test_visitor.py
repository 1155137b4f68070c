"""The truth about a visitor follows from his way alone."""

import pytest

from edge.counting.geometry import Direction
from edge.vision.scenes.visitor import Look, Visitor, WayPoint

LOOK = Look((0, 0, 0), (0, 0, 0), (0, 0, 0))


def a_visitor(*points: tuple[float, float]) -> Visitor:
    """Walk along the passage: (seconds, y)."""
    return Visitor(tuple(WayPoint(at, 0.0, y) for at, y in points), LOOK)


def crossings_of(visitor: Visitor) -> list[tuple[float, Direction]]:
    return [(round(c.at_seconds, 3), c.direction) for c in visitor.crossings()]


@pytest.mark.parametrize(
    ("points", "true"),
    [
        pytest.param([(0, -2), (4, 2)], [(2.0, Direction.IN)], id="in"),
        pytest.param([(0, 2), (4, -2)], [(2.0, Direction.OUT)], id="out"),
        pytest.param([(0, -2), (2, -0.3), (4, -2)], [], id="turns-back"),
        pytest.param([(0, -2), (2, 0.2), (4, -2)], [], id="turns-back-on-the-line"),
        pytest.param([(0, -2), (2, 0.1), (3, -0.1), (4, 0.1), (5, -0.1), (7, -2)], [], id="hovers"),
        pytest.param(
            [(0, -2), (2, 0.1), (3, -0.1), (23, -0.1), (24, 1.9)],
            [(23.05, Direction.IN)],
            id="hovers-and-goes-on",
        ),
        pytest.param(
            [(0, -1), (2, 1), (4, -1)], [(1.0, Direction.IN), (3.0, Direction.OUT)], id="both"
        ),
    ],
)
def test_a_crossing_is_when_the_line_is_passed_for_good(
    points: list[tuple[float, float]], true: list[tuple[float, Direction]]
) -> None:
    assert crossings_of(a_visitor(*points)) == true


def test_a_later_visitor_crosses_later() -> None:
    later = a_visitor((0, -2), (4, 2)).later(60.0)
    assert crossings_of(later) == [(62.0, Direction.IN)]


def test_nobody_is_there_before_his_way_and_after_it() -> None:
    visitor = a_visitor((1, -2), (5, 2))
    assert visitor.pose(0.99) is None
    assert visitor.pose(5.0) is None
    pose = visitor.pose(3.0)
    assert pose is not None
    assert pose.y == pytest.approx(0.0, abs=0.03)


def test_who_stands_keeps_his_heading_and_stops_swinging() -> None:
    visitor = a_visitor((0, -2), (2, 0), (22, 0), (24, 2))
    walking, standing, later = visitor.pose(1.0), visitor.pose(5.0), visitor.pose(20.0)
    assert walking is not None
    assert standing is not None
    assert later is not None
    assert standing.ahead == walking.ahead == (0.0, 1.0)
    assert standing.step < walking.step
    assert standing.phase == later.phase
