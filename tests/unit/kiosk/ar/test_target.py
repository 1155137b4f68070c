"""Enrolment: what is a target, what is none, and what advice is given before it is printed."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from examples.ar_scenes.covers import cover
from kiosk.ar.features import Gray
from kiosk.ar.target import Advice, enrol
from kiosk.errors import TargetRefused


def _tiles() -> Gray:
    tile = np.full((40, 40), 230, np.uint8)
    cv2.rectangle(tile, (8, 8), (26, 26), (20,), -1)
    cv2.circle(tile, (28, 28), 7, (120,), -1)
    return np.tile(tile, (12, 9))


def test_a_rich_picture_is_good() -> None:
    target = enrol(cover(6), "gate", 148)
    assert target.advice is Advice.GOOD
    assert target.score > 0.6
    assert (target.name, target.width_mm) == ("gate", 148)
    assert target.height_mm == pytest.approx(148 * 600 / 424)
    assert 0 < target.flat < len(target.places) == len(target.bits)
    height, width = target.gray.shape
    assert target.places.min() > -1
    assert np.all(target.places < (width + 1, height + 1))


def test_grey_is_as_good_as_colour_and_the_same_twice() -> None:
    picture = cover(6)
    gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    one, other = enrol(gray, "gate", 148), enrol(picture, "gate", 148)
    np.testing.assert_array_equal(one.bits, other.bits)
    assert enrol(picture, "gate", 148).digest == other.digest
    assert len({other.digest, one.digest, enrol(picture, "gate", 149).digest}) == 3


def test_a_plain_picture_is_told_to_need_a_marker() -> None:
    blank = enrol(np.full((600, 424), 200, np.uint8), "blank", 148)
    assert (blank.score, blank.advice) == (0, Advice.LITTLE_TEXTURE)
    spot = np.full((600, 424, 3), 200, np.uint8)
    spot[40:200, 40:200] = cover(6)[100:260, 100:260]
    assert enrol(spot, "spot", 148).advice is Advice.ONE_SPOT


def test_a_pattern_that_repeats_is_told() -> None:
    target = enrol(_tiles(), "tiles", 148)
    assert target.advice is Advice.REPEATS
    assert target.score < 0.5


def test_text_scores_less_than_pictures() -> None:
    text = [enrol(cover(seed), "t", 148).score for seed in (4, 9, 14, 19)]
    photo = [enrol(cover(seed), "p", 148).score for seed in (0, 5, 10, 15)]
    assert np.mean(text) < np.mean(photo)


def test_a_small_picture_is_told_to_be_small() -> None:
    small = np.asarray(cv2.resize(cover(6), (160, 226), interpolation=cv2.INTER_AREA), np.uint8)
    assert enrol(small, "small", 148).advice in {Advice.SMALL, Advice.LITTLE_TEXTURE}


@pytest.mark.parametrize(
    ("picture", "width_mm", "said"),
    [
        (np.zeros((0, 0), np.uint8), 148, "too few"),
        (np.zeros((20, 300), np.uint8), 148, "too few"),
        (np.zeros((70, 500), np.uint8), 148, "too long"),
        (np.zeros((8000, 8000), np.uint8), 148, "too many"),
        (np.zeros((300, 300), np.float64), 148, "is no picture"),
        (np.zeros((300, 300, 2), np.uint8), 148, "is no picture"),
        (np.zeros(300, np.uint8), 148, "is no picture"),
        (np.zeros((300, 300), np.uint8), 0, "0 mm"),
        (np.zeros((300, 300), np.uint8), float("nan"), "nan mm"),
    ],
    ids=["empty", "tiny", "strip", "huge", "float", "two", "flat", "width", "nan"],
)
def test_what_cannot_be_a_target_is_a_sentence(picture: Gray, width_mm: float, said: str) -> None:
    with pytest.raises(TargetRefused, match=f"^gate: .*{said}"):
        enrol(picture, "gate", width_mm)


def test_a_target_needs_a_name() -> None:
    with pytest.raises(TargetRefused, match="needs a name"):
        enrol(cover(0), "", 148)


@settings(max_examples=25, deadline=None)
@given(array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=150), st.integers(0, 2**31))
def test_any_array_is_enrolled_or_refused(shape: tuple[int, ...], seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    try:
        target = enrol(picture, "any", 100)
    except TargetRefused:
        return
    assert 0 <= target.score <= 1
    assert np.all(np.isfinite(target.places))
