"""What the detector takes for a visitor, and what for light."""

import cv2
import numpy as np
import pytest

from edge.counting.geometry import Anchor, Box, CountingLine, PersonSize, Point
from edge.vision.blob import BlobDetector
from edge.vision.detector import Detection, Image
from edge.vision.gain import GainCompensation
from edge.vision.view import View, shrink

PERSON = PersonSize(0.2, 0.3)


def a_floor(seed: int = 1) -> Image:
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(150, 220, (12, 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (320, 240)), dtype=np.uint8)


def scaled(picture: Image, gain: float) -> Image:
    return np.asarray(np.clip(picture * gain, 0, 255), dtype=np.uint8)


def detections(*last: Image) -> list[Detection]:
    """Learn the floor for three seconds, then show these pictures."""
    detector = BlobDetector(PERSON)
    for number in range(30):
        detector.detect(a_floor(), number / 10)
    found: list[Detection] = []
    for number, picture in enumerate(last):
        found = detector.detect(picture, 3 + number / 10)
    return found


def with_patch(gain: float) -> Image:
    picture = a_floor()
    picture[84:156, 128:192] = scaled(picture[84:156, 128:192], gain)
    return picture


@pytest.mark.parametrize(
    ("gain", "visitors"),
    [
        pytest.param(0.2, 1, id="black-clothes"),
        # OpenCV's own shadow threshold of 0.5 loses these.
        pytest.param(0.62, 1, id="dark-clothes-on-a-bright-floor"),
        pytest.param(0.85, 0, id="shadow"),
    ],
)
def test_dark_clothes_are_a_visitor_and_a_shadow_is_not(gain: float, visitors: int) -> None:
    found = detections(with_patch(gain))
    assert len(found) == visitors
    if visitors:
        assert (found[0].box.x, found[0].box.y) == pytest.approx((0.5, 0.5), abs=0.02)


def test_another_picture_altogether_is_nobody() -> None:
    assert detections(a_floor(2)) == []


def test_a_fragment_is_nobody() -> None:
    picture = a_floor()
    picture[100:110, 100:110] = 0
    assert detections(picture) == []


@pytest.mark.parametrize("gain", [0.6, 0.8, 1.15])
def test_what_the_exposure_does_is_undone(gain: float) -> None:
    compensation = GainCompensation()
    floor = a_floor()
    compensation.apply(floor, 0.0)
    again = compensation.apply(scaled(floor, gain), 0.1)
    assert float(np.abs(again.astype(float) - floor).mean()) < 3


def test_a_step_of_the_exposure_is_undone_at_once() -> None:
    """Though a steady exposure is not looked at in every picture."""
    compensation, floor = GainCompensation(), a_floor()
    for number in range(10):
        assert np.array_equal(compensation.apply(floor, number / 15), floor)
    again = compensation.apply(scaled(floor, 0.9), 10 / 15)
    assert float(np.abs(again.astype(float) - floor).mean()) < 3


def test_a_visitor_does_not_move_the_exposure() -> None:
    compensation = GainCompensation()
    compensation.apply(a_floor(), 0.0)
    seen = with_patch(0.2)
    assert np.array_equal(compensation.apply(seen, 0.1), seen)


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_tell_no_exposure(level: int) -> None:
    compensation = GainCompensation()
    compensation.apply(a_floor(), 0.0)
    blind = np.full((240, 320, 3), level, np.uint8)
    assert np.array_equal(compensation.apply(blind, 0.1), blind)


def test_a_shift_is_undone() -> None:
    view, floor = View([], None), a_floor()
    view.show(floor, 0.0)
    shifted = np.roll(floor, (3, 5), (0, 1))
    again = view.show(shifted, 0.1)
    inner = np.s_[20:-20, 20:-20]
    before = np.abs(shifted[inner].astype(float) - floor[inner]).mean()
    after = np.abs(again[inner].astype(float) - floor[inner]).mean()
    assert after < 0.4 * before


def test_a_crowd_does_not_move_the_exposure() -> None:
    compensation, rng = GainCompensation(), np.random.default_rng(3)
    compensation.apply(a_floor(), 0.0)
    crowded = a_floor()
    for column in range(0, 200, 20):  # more than half of the picture, everyone in his own clothes
        crowded[:, column : column + 20] = rng.integers(20, 240, 3)
    again = compensation.apply(scaled(crowded, 0.8), 0.1)
    assert float(np.abs(again[:, 200:].astype(float) - crowded[:, 200:]).mean()) < 3


SIDE = CountingLine("side", Point(0.7, 0.4), Point(0.7, 1.0), Point(-1, 0), Anchor.FOOT)


@pytest.mark.parametrize("shift", [(0, 0), (4, -3)])
def test_only_the_surroundings_of_a_line_are_shown(shift: tuple[int, int]) -> None:
    view, floor = View([SIDE], PersonSize(0.05, 0.1)), a_floor()
    first = view.show(floor, 0.0)
    again = view.show(np.roll(floor, shift, (0, 1)), 0.1)
    assert view.box.w == pytest.approx(0.25, abs=0.02)
    assert first.shape == again.shape
    assert first.shape[1] < 0.3 * floor.shape[1]
    assert float(np.abs(again[5:-8].astype(float) - first[5:-8]).mean()) < 4


def test_a_large_visitor_needs_few_pixels() -> None:
    view = View([SIDE], PersonSize(0.4, 0.6))
    assert view.show(view.shrink(a_floor()), 0.0).shape[1] < 150
    assert view.box == Box(0.5, 0.5, 1, 1)


@pytest.mark.parametrize(
    ("size", "width", "given"),
    [
        pytest.param((500, 670), 216, (161, 216), id="halved-and-blended"),
        pytest.param((432, 768), 384, (216, 384), id="halved"),
        pytest.param((240, 320), 320, (240, 320), id="as-it-is"),
        pytest.param((1, 2000), 320, (1, 320), id="one-row"),
    ],
)
def test_a_picture_is_shrunk_to_a_width(
    size: tuple[int, int], width: int, given: tuple[int, int]
) -> None:
    rows, columns = size
    slope = np.linspace(0, 250, columns).astype(np.uint8)
    picture = np.repeat(np.repeat(slope[None, :, None], rows, axis=0), 3, axis=2)
    small = shrink(picture, width)
    assert small.shape[:2] == given
    assert abs(float(small.mean()) - float(picture.mean())) < 1
    # It is still a slope: no half of it was lost.
    assert small[0, 0, 0] < 3
    assert small[0, -1, 0] > 247


def test_a_box_seen_from_a_part_is_placed_in_the_frame_again() -> None:
    part, box = Box(0.6, 0.5, 0.2, 0.5), Box(0.62, 0.4, 0.05, 0.1)
    seen = box.seen_from(part)
    assert (seen.x, seen.w) == pytest.approx((0.6, 0.25))
    again = seen.placed_in(part)
    assert (again.x, again.y, again.w, again.h) == pytest.approx((box.x, box.y, box.w, box.h))
    person = PersonSize(0.05, 0.1, 0.6, 1.5, 0.7)
    inside = person.seen_from(part).near(box.seen_from(part).bottom)
    assert inside.w * part.w == pytest.approx(person.near(box.bottom).w)
    assert inside.h * part.h == pytest.approx(person.near(box.bottom).h)
