"""What the detector takes for a visitor, and what for light."""

import cv2
import numpy as np
import pytest

from edge.counting.geometry import PersonSize
from edge.vision.blob import BlobDetector
from edge.vision.detector import Detection, Image
from edge.vision.gain import GainCompensation
from edge.vision.steady import Steadying

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
    steadying, floor = Steadying(), a_floor()
    steadying.apply(floor, 0.0)
    shifted = np.roll(floor, (3, 5), (0, 1))
    again = steadying.apply(shifted, 0.1)
    inner = np.s_[20:-20, 20:-20]
    before = np.abs(shifted[inner].astype(float) - floor[inner]).mean()
    after = np.abs(again[inner].astype(float) - floor[inner]).mean()
    assert after < 0.4 * before
