"""A shaking camera is held steady, and one that stands still costs little."""

import cv2
import numpy as np
import pytest

from edge.vision.detector import Image
from edge.vision.steady import LOOK_SECONDS, STILL_SECONDS, Steadying
from edge.vision.view import View


def a_floor(seed: int = 1) -> Image:
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 220, (24, 32, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (160, 120)), dtype=np.uint8)


def slid(picture: Image) -> Image:
    return np.roll(picture, (2, 3), (0, 1))


def stood_still() -> tuple[Steadying, float]:
    """Give a camera that has stood for a while, and the instant of its latest look."""
    steadying, at_seconds = Steadying(), 0.0
    while at_seconds <= STILL_SECONDS:
        assert steadying.shift(a_floor(), at_seconds) is None
        at_seconds += LOOK_SECONDS
    return steadying, at_seconds - LOOK_SECONDS


def test_a_camera_that_begins_to_shake_is_noticed_at_the_next_look() -> None:
    steadying, at_seconds = stood_still()
    assert steadying.shift(a_floor(), at_seconds + LOOK_SECONDS) is None
    assert steadying.shift(slid(a_floor()), at_seconds + 1.2 * LOOK_SECONDS) is None
    shift = steadying.shift(slid(a_floor()), at_seconds + 2.2 * LOOK_SECONDS)
    assert shift is not None
    assert (shift.x * 160, shift.y * 120) == pytest.approx((3, 2), abs=0.3)


def test_a_camera_that_shakes_is_held_in_every_picture() -> None:
    steadying, at_seconds = stood_still()
    at_seconds += LOOK_SECONDS
    assert steadying.shift(slid(a_floor()), at_seconds) is not None
    assert steadying.shift(slid(a_floor()), at_seconds + 0.01) is not None


@pytest.mark.parametrize("shift", [(2, 3), (-4, 5), (7, -6)])
def test_a_shaken_picture_is_put_back_whole(shift: tuple[int, int]) -> None:
    view, floor = View([], None), np.repeat(np.repeat(a_floor(), 2, 0), 2, 1)
    view.show(floor, 0.0)
    again = view.show(np.roll(floor, shift, (0, 1)), 0.1)
    assert again.shape == floor.shape
    inner = np.s_[10:-10, 10:-10]
    assert float(np.abs(again[inner].astype(float) - floor[inner]).mean()) < 3
