"""Geometry of flat things: maps and their inverses, and how much two quadrilaterals share."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kiosk.ar.plane import (
    area,
    inside,
    is_plausible,
    mapped,
    millimetres,
    overlap,
    rectangle,
    scaling,
)
from kiosk.ar.sight import Floats

numbers = st.floats(-200, 200)
boxes = st.tuples(numbers, numbers, st.floats(1, 300), st.floats(1, 300))


def _box(left: float, top: float, width: float, height: float) -> Floats:
    return np.asarray(rectangle(width, height) + (np.array([left, top])), np.float64)


@given(st.integers(1, 2000), st.integers(1, 2000), st.floats(5, 5000))
def test_the_outer_edges_of_a_picture_are_those_of_its_target(
    width: int, height: int, width_mm: float
) -> None:
    height_mm = width_mm * height / width
    edges = np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]])
    found = mapped(millimetres(width_mm, height_mm, width, height), edges)
    corners = np.array([[0, 0], [width_mm, height_mm]])
    np.testing.assert_allclose(found, corners, atol=1e-6 * max(width_mm, height_mm))


@given(st.floats(0.1, 10), st.floats(0.1, 10), numbers, numbers)
def test_resizing_there_and_back_is_nothing(across: float, down: float, x: float, y: float) -> None:
    there = scaling(across, down)
    back = scaling(1 / across, 1 / down)
    point = np.array([[x, y]])
    np.testing.assert_allclose(mapped(back, mapped(there, point)), point, atol=1e-6)


@given(boxes, boxes)
def test_what_two_boxes_share_is_what_arithmetic_says(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    shared = [
        max(0.0, min(one[k] + one[k + 2], other[k] + other[k + 2]) - max(one[k], other[k]))
        for k in (0, 1)
    ]
    expected = shared[0] * shared[1] / min(one[2] * one[3], other[2] * other[3])
    found = overlap(_box(*one), _box(*other))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found, overlap(_box(*other), _box(*one)), atol=1e-6)


def test_what_no_camera_can_see_is_not_plausible() -> None:
    assert is_plausible(np.eye(3), 100, 150, 24)
    mirrored = np.array([[-1.0, 0, 200], [0, 1, 0], [0, 0, 1]])
    tiny = np.diag([0.1, 0.1, 1.0])
    through = np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]])
    broken = np.full((3, 3), np.nan)
    for homography in (mirrored, tiny, through, broken, np.zeros((3, 3))):
        assert not is_plausible(homography, 100, 150, 24)


def test_a_clockwise_polygon_has_a_positive_area() -> None:
    assert area(_box(3, 4, 10, 20)) == 200
    assert area(_box(3, 4, 10, 20)[::-1]) == -200


@given(boxes, numbers, numbers)
def test_a_point_is_inside_a_box_as_arithmetic_says(
    box: tuple[float, ...], x: float, y: float
) -> None:
    left, top, width, height = box
    is_inside = left <= x <= left + width and top <= y <= top + height
    assert inside(_box(*box), np.array([[x, y]])).tolist() == [is_inside]
