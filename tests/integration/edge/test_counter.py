"""The whole counter on the synthetic door, whose truth is exact."""

import functools
import os
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.counting.geometry import Direction
from edge.counting.line import Crossing
from edge.counting.scoring import CountedCrossing, Score, score
from edge.vision.frames import Frame
from edge.vision.pipeline import Counter, calibrate
from edge.vision.scene import SCENE_LINE, SCENE_PERSON, Scene

Picture = NDArray[np.uint8]
# Another seed each time it is wanted; the printed one repeats a failure.
SEEDS = [int(s) for s in os.environ.get("KAIGUAN_SEEDS", "1,2").split(",")]
SECONDS = 30


def note(line: str) -> None:
    """Say what a failure needs to be repeated; pytest shows it only then."""
    print(line)  # noqa: T201


def count(
    scene: Scene, change: Callable[[Picture], Picture] = lambda p: p, every: int = 1
) -> list[Crossing]:
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    crossings: list[Crossing] = []
    for number, (image, at_seconds) in enumerate(scene.frames()):
        if number % every == 0:
            crossings += counter.feed(change(image), at_seconds)
    return crossings


def score_of(crossings: list[Crossing], scene: Scene) -> Score:
    counted = [CountedCrossing(c.at_seconds, c.direction) for c in crossings]
    return score(counted, scene.crossings())


@functools.cache
def usual_totals() -> tuple[int, int]:
    return totals(count(Scene(SEEDS[0], seconds=SECONDS, visitors_per_minute=30)))


def totals(crossings: list[Crossing]) -> tuple[int, int]:
    ways = [c.direction for c in crossings]
    return ways.count(Direction.IN), ways.count(Direction.OUT)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pumping", [0.0, 0.25])
def test_the_scene_is_counted(seed: int, pumping: float) -> None:
    scene = Scene(seed, seconds=SECONDS, visitors_per_minute=30, pumping=pumping)
    result = score_of(count(scene), scene)
    note(f"seed {seed}: {result}")
    assert len(result.false) + len(result.missed) <= 1
    assert result.true_positives >= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_size_of_visitors_is_learned(seed: int) -> None:
    scene = Scene(seed, seconds=SECONDS, visitors_per_minute=30)
    size = calibrate((Frame(*f) for f in scene.frames()), [SCENE_LINE])
    note(f"seed {seed}: {size}")
    assert size is not None
    assert size.w == pytest.approx(SCENE_PERSON.w, rel=0.25)
    assert size.h == pytest.approx(SCENE_PERSON.h, rel=0.25)


def test_a_counter_without_a_size_learns_one_while_it_counts() -> None:
    scene = Scene(SEEDS[0], seconds=90)
    counter = Counter([SCENE_LINE])
    crossings = [c for image, t in scene.frames() for c in counter.feed(image, t)]
    result = score_of(crossings, scene)
    note(f"seed {SEEDS[0]}: {counter.person_size} {result}")
    assert counter.person_size.w == pytest.approx(SCENE_PERSON.w, rel=0.25)
    assert result.f1 >= 0.85


def brighter(image: Picture) -> Picture:
    return np.asarray(cv2.convertScaleAbs(image, alpha=1.2), dtype=np.uint8)


def darker(image: Picture) -> Picture:
    return np.asarray(cv2.convertScaleAbs(image, alpha=0.8), dtype=np.uint8)


def halved(image: Picture) -> Picture:
    return np.asarray(cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def doubled(image: Picture) -> Picture:
    return np.asarray(cv2.resize(image, (640, 480)), dtype=np.uint8)


@pytest.mark.parametrize("change", [brighter, darker, halved, doubled])
def test_light_and_size_of_the_picture_change_little(change: Callable[[Picture], Picture]) -> None:
    scene = Scene(SEEDS[0], seconds=SECONDS, visitors_per_minute=30)
    into, out = usual_totals()
    changed = totals(count(scene, change))
    assert abs(changed[0] - into) <= 1
    assert abs(changed[1] - out) <= 1


def test_half_the_frames_change_little() -> None:
    scene = Scene(SEEDS[0], seconds=SECONDS, visitors_per_minute=30)
    into, out = usual_totals()
    result = totals(count(scene, every=2))
    assert abs(result[0] - into) <= 1
    assert abs(result[1] - out) <= 1


def test_turning_the_picture_over_swaps_in_and_out() -> None:
    scene = Scene(SEEDS[0], seconds=SECONDS, visitors_per_minute=30)
    into, out = usual_totals()
    turned = totals(count(scene, lambda p: np.ascontiguousarray(p[::-1])))
    assert abs(turned[0] - out) <= 1
    assert abs(turned[1] - into) <= 1


def test_mirroring_along_the_line_changes_little() -> None:
    scene = Scene(SEEDS[0], seconds=SECONDS, visitors_per_minute=30)
    into, out = usual_totals()
    mirrored = totals(count(scene, lambda p: np.ascontiguousarray(p[:, ::-1])))
    assert abs(mirrored[0] - into) <= 1
    assert abs(mirrored[1] - out) <= 1


def test_a_shaking_camera_changes_little() -> None:
    scene = Scene(SEEDS[0], seconds=SECONDS, visitors_per_minute=30)
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    crossings: list[Crossing] = []
    for number, (image, t) in enumerate(scene.frames()):
        across, down = round(4 * np.sin(1.7 * number)), round(4 * np.cos(2.3 * number))
        crossings += counter.feed(np.roll(image, (down, across), (0, 1)), t)
    into, out = usual_totals()
    shaken = totals(crossings)
    assert abs(shaken[0] - into) <= 1
    assert abs(shaken[1] - out) <= 1


def test_a_lamp_that_is_switched_counts_nobody() -> None:
    scene = Scene(SEEDS[0], seconds=20, visitors_per_minute=0.001, wanderers_per_minute=0)
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    crossings: list[Crossing] = []
    for image, t in scene.frames():
        lit = image if int(t) % 7 < 4 else np.asarray(image * 0.35, dtype=np.uint8)
        crossings += counter.feed(lit, t)
    assert crossings == []


def test_pictures_that_come_too_fast_or_late_are_skipped() -> None:
    scene = Scene(SEEDS[0], seconds=2, fps=60)
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    for image, at_seconds in scene.frames():
        counter.feed(image, at_seconds)
    assert counter.processed == 30
    image, _ = next(scene.frames())
    assert counter.feed(image, 0.5) == []
    assert counter.processed == 30
