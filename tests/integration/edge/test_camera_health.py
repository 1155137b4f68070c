"""Each condition through the real counter: raised in time, ended by itself, nothing counted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.counting.health import Condition, Health
from edge.vision.capture import read_file
from edge.vision.detector import Image
from edge.vision.pipeline import Counter
from edge.vision.scene import SCENE_LINE, SCENE_PERSON, Scene
from edge.vision.scenes.catalogue import build_scene
from tests.integration.edge.test_clips import CLIPS

SEED = 7
ONSET, END, LENGTH = 14.0, 30.0, 38.0
EVERY = 3
"""Of the scene's fifteen pictures a second one in three is fed: enough for health, and quicker."""

Disturbance = Callable[[Image], Image]
_RNG = np.random.default_rng(3)
_NOISE = [_RNG.normal(0, 4, (240, 320, 3)) for _ in range(5)]
_DOWN, _ACROSS = np.mgrid[0:240, 0:320]


def noisy(picture: NDArray[np.float64]) -> Image:
    """Add what a sensor adds."""
    grain = _NOISE[int(_RNG.integers(len(_NOISE)))]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def lights_off(picture: Image) -> Image:
    return noisy(0.04 * picture.astype(np.float64))


def a_cap(picture: Image) -> Image:
    return np.zeros_like(picture)


def a_hand(picture: Image) -> Image:
    return noisy(np.dstack([20 + 0.05 * _ACROSS, 25 + 0.08 * _DOWN, 60 + 0.1 * (_ACROSS + _DOWN)]))


def a_board(picture: Image) -> Image:
    """Lie over four fifths of the picture."""
    left = picture.astype(np.float64)
    left[:195] = (40, 50, 60)
    return noisy(left)


def blurred(picture: Image) -> Image:
    return noisy(np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.float64))


def pushed(picture: Image) -> Image:
    move = np.array([[1, 0, 40], [0, 1, 12]], np.float32)
    moved = cv2.warpAffine(picture, move, (320, 240), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, dtype=np.uint8)


def turned(picture: Image) -> Image:
    turn = cv2.getRotationMatrix2D((160, 120), 15, 1)
    moved = cv2.warpAffine(picture, turn, (320, 240), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, dtype=np.uint8)


def side_light(picture: Image) -> Image:
    lit = np.clip(picture * (0.3 + 1.2 * _ACROSS / 320)[..., None], 0, 255)
    return np.asarray(lit, dtype=np.uint8)


def seen(
    disturb: Disturbance, *, end: float = END, length: float = LENGTH
) -> Iterator[tuple[float, Health, int]]:
    """Give instant, health and crossings of pictures that are disturbed for a while."""
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    scene = Scene(SEED, seconds=length)
    for number in range(0, round(length * scene.fps), EVERY):
        at = number / scene.fps
        picture = scene.picture(at)
        if ONSET <= at < end:
            picture = disturb(picture)
        found = counter.feed(picture, at)
        yield at, counter.health, len(found)


@pytest.mark.parametrize(
    ("disturb", "condition"),
    [
        (lights_off, Condition.DARK),
        (a_cap, Condition.DARK),
        (a_hand, Condition.COVERED),
        (a_board, Condition.COVERED),
        (blurred, Condition.DEFOCUSED),
    ],
)
def test_a_blind_camera_is_noticed_in_time_and_sees_again(
    disturb: Disturbance, condition: Condition
) -> None:
    told = list(seen(disturb))
    blind = [(at, health) for at, health, _ in told if not health.is_well]
    assert {health.condition for _, health in blind} == {condition}
    assert ONSET < blind[0][0] <= ONSET + 10
    assert END <= blind[-1][0] <= END + 4
    # What may be vouched for ends where it went bad, or a little before.
    assert ONSET - 2.5 <= blind[0][1].good_until_seconds <= ONSET + 2
    assert not any(found for at, _, found in told if blind[0][0] <= at <= blind[-1][0])
    # Once it is well again, nothing is held back.
    assert told[-1][1].good_until_seconds == float("inf")


@pytest.mark.parametrize("disturb", [pushed, turned])
def test_a_moved_camera_says_so_until_it_is_put_back(disturb: Disturbance) -> None:
    told = list(seen(disturb, end=38.0, length=52.0))
    moved = [(at, health) for at, health, _ in told if health.condition is Condition.MOVED]
    assert ONSET < moved[0][0] <= ONSET + 10
    settled = next(h for at, h, _ in told if h.is_well and at > moved[0][0])
    assert settled.view_changed_seconds == pytest.approx(ONSET, abs=0.5)
    assert {h.condition for _, h, _ in told} == {Condition.WELL, Condition.MOVED}
    assert told[-1][1].is_well
    assert told[-1][1].view_changed_seconds is None


def test_another_light_is_learnt_anew_in_seconds() -> None:
    told = list(seen(side_light, end=LENGTH))
    flood = [at for at, health, _ in told if health.condition is Condition.FLOOD]
    assert ONSET < flood[0] <= ONSET + 10
    assert flood[-1] - flood[0] <= 5
    assert {h.condition for _, h, _ in told} == {Condition.WELL, Condition.FLOOD}
    assert told[-1][1].view_changed_seconds is None


def test_a_frozen_feed_is_told_from_a_still_room() -> None:
    held: list[Image] = []

    def freeze(picture: Image) -> Image:
        held.append(picture)
        return held[0]

    told = list(seen(freeze))
    frozen = [at for at, health, _ in told if health.condition is Condition.FROZEN]
    assert ONSET < frozen[0] <= ONSET + 10
    assert END <= frozen[-1] <= END + 1.5
    assert {h.condition for _, h, _ in told} == {Condition.WELL, Condition.FROZEN}


@pytest.mark.parametrize("noise", [1.0, 4.0], ids=["quiet sensor", "noisy sensor"])
def test_an_empty_room_with_a_still_picture_is_not_frozen(noise: float) -> None:
    scene = Scene(SEED, visitors_per_minute=1e-6, wanderers_per_minute=0, noise=noise)
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    for number in range(0, 15 * 40, EVERY):
        counter.feed(scene.picture(number / 15), number / 15)
        assert counter.health.is_well


def test_a_source_whose_still_parts_repeat_is_not_frozen_when_all_is_still() -> None:
    """As behind an encoder that leaves out what does not move, or in a drawn scene."""
    floor = Scene(SEED, noise=0.0, visitors_per_minute=1e-6, wanderers_per_minute=0).picture(0)
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    for number in range(5 * 60):
        picture = floor.copy()
        if number < 50:  # somebody walks by, and leaves
            cv2.circle(picture, (6 * number, 120), 25, (40, 40, 40), -1)
        counter.feed(picture, number / 5)
        assert counter.health.is_well


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("lights", Condition.DARK),
        ("dark", Condition.DARK),
        ("frozen", Condition.FROZEN),
        # Over a bare floor a cover is no more than another brightness, and is not taken for it.
        ("covered", Condition.FLOOD),
    ],
)
def test_painted_faults_end_the_counting(name: str, condition: Condition) -> None:
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    told = set()
    for number, (picture, at) in enumerate(build_scene(name, SEED, seconds=45.0).frames()):
        if number % EVERY == 0:
            found = counter.feed(picture, at)
            told.add(counter.health.condition)
            assert counter.health.is_well or not found
    assert condition in told


@pytest.mark.parametrize("name", ["groups", "stream", "crowd", "exposure", "shake", "standing"])
def test_visitors_exposure_and_shake_are_no_fault(name: str) -> None:
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    for number, (picture, at) in enumerate(build_scene(name, SEED, seconds=40.0).frames()):
        if number % EVERY == 0:
            counter.feed(picture, at)
            assert counter.health.is_well, at


@pytest.mark.clips
@pytest.mark.parametrize("clip", CLIPS)
def test_a_real_door_raises_nothing(shared: Path, clip: str) -> None:
    counter = Counter([SCENE_LINE])
    health = []
    for frame in read_file(shared / "clips" / clip, max_fps=5.0):
        counter.feed(frame.image, frame.at_seconds)
        health.append(counter.health.condition)
    assert set(health) == {Condition.WELL}
