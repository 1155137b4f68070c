"""What every detector does, whatever it finds visitors by. One line for each implementation."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from edge.counting.geometry import CountingLine, Direction, PersonSize, Point
from edge.vision.detector import Detection, Detector, Image
from edge.vision.detector_names import DetectorName
from edge.vision.detectors import BuildDetector, DetectorChoice, choose_detector
from edge.vision.onnx import ModelRules
from edge.vision.pipeline import Counter
from tests.conformance.tiny_net import dark_net

PERSON = PersonSize(0.2, 0.3)
WIDTH, HEIGHT = 320, 240
PICTURES_PER_SECOND = 10
SIDE = 96
"""Of the picture that the network takes: a person of 64 x 72 pixels is 19 x 22 in it."""
COARSE = np.random.default_rng(1).uniform(150, 220, (12, 16, 3)).astype(np.uint8)
FLOOR = np.asarray(cv2.resize(COARSE, (WIDTH, HEIGHT)), dtype=np.int16)


def _named(name: DetectorName) -> Callable[[Path], BuildDetector]:
    return lambda _folder: choose_detector(DetectorChoice(name))


def _with_a_net(folder: Path) -> BuildDetector:
    model = folder / "person.onnx"
    model.write_bytes(dark_net(SIDE, 19, 22))
    # Grey beside the picture and the floor are darker than white, black clothes far more so.
    rules = ModelRules(input_size=(SIDE, SIDE), least_score=0.75)
    return choose_detector(DetectorChoice("onnx", model, rules))


DETECTORS: dict[DetectorName, Callable[[Path], BuildDetector]] = {
    "blob": _named("blob"),
    "knn": _named("knn"),
    "onnx": _with_a_net,
}


@pytest.fixture(params=DETECTORS)
def build(request: pytest.FixtureRequest, tmp_path: Path) -> BuildDetector:
    """Return what builds the detector for a person size."""
    return DETECTORS[request.param](tmp_path)


def a_picture(*visitors: tuple[float, float], seed: int = 0) -> Image:
    """Return a floor, seen by a sensor that trembles, with visitors in black at these places."""
    floor = FLOOR.copy()
    for x, y in visitors:
        w, h = PERSON.w * WIDTH, PERSON.h * HEIGHT
        left, top = round(x * WIDTH - w / 2), round(y * HEIGHT - h / 2)
        floor[max(0, top) : round(top + h), max(0, left) : round(left + w)] = 20
    noise = np.random.default_rng(seed).integers(-3, 4, floor.shape, dtype=np.int16)
    return (floor + noise).astype(np.uint8)


def after_the_floor(detector: Detector, seconds: float = 2) -> float:
    """Show the empty floor, in which nobody is found, and return the next instant."""
    pictures = round(seconds * PICTURES_PER_SECOND)
    for number in range(pictures):
        assert detector.detect(a_picture(seed=number), number / PICTURES_PER_SECOND) == []
    return pictures / PICTURES_PER_SECOND


def test_every_name_is_tried() -> None:
    assert set(DETECTORS) == set(get_args(DetectorName))


def test_an_empty_floor_is_nobody(build: BuildDetector) -> None:
    detector = build(PERSON)
    after_the_floor(detector)
    assert detector.pieces == []


@pytest.mark.parametrize(
    "visitors",
    [
        pytest.param([(0.5, 0.5)], id="one"),
        pytest.param([(0.25, 0.5), (0.75, 0.5)], id="two"),
        pytest.param([(0.2, 0.25), (0.5, 0.75), (0.8, 0.25)], id="three"),
    ],
)
def test_each_visitor_is_one_box_where_he_is(
    build: BuildDetector, visitors: list[tuple[float, float]]
) -> None:
    detector = build(PERSON)
    found = detector.detect(a_picture(*visitors), after_the_floor(detector))
    places = sorted((d.box.x, d.box.y) for d in found)
    assert len(places) == len(visitors)
    for place, visitor in zip(places, sorted(visitors), strict=True):
        assert place == pytest.approx(visitor, abs=0.03)
    for detection in found:
        assert (detection.box.w, detection.box.h) == pytest.approx((0.2, 0.3), abs=0.04)
        assert 0 < detection.score <= 1


def test_a_box_stays_in_the_picture(build: BuildDetector) -> None:
    detector = build(PERSON)
    (found,) = detector.detect(a_picture((0.08, 0.5)), after_the_floor(detector))
    assert found.box.left >= 0
    assert found.box.x < 0.2


def test_the_first_pictures_are_nobody(build: BuildDetector) -> None:
    detector = build(PERSON)
    assert detector.detect(a_picture((0.5, 0.5)), 0.0) == []
    assert detector.detect(a_picture((0.5, 0.5)), 0.1) == []


def test_pieces_are_shares_of_the_picture(build: BuildDetector) -> None:
    detector = build(PERSON)
    detector.detect(a_picture((0.5, 0.5)), after_the_floor(detector))
    for box, area in detector.pieces:
        assert 0 < area <= box.w * box.h * 1.001 <= 1


def test_the_size_may_change_at_any_time(build: BuildDetector) -> None:
    detector = build(PersonSize(0.6, 0.9))
    detector.resize_person(PersonSize(0.5, 0.5))
    at = after_the_floor(detector)
    detector.resize_person(PERSON)
    assert len(detector.detect(a_picture((0.5, 0.5)), at)) == 1


def test_the_same_pictures_give_the_same(build: BuildDetector) -> None:
    def found() -> list[Detection]:
        detector = build(PERSON)
        at = after_the_floor(detector)
        return detector.detect(a_picture((0.3, 0.4), (0.7, 0.6)), at, [Point(0.3, 0.4)])

    assert found() == found()


def test_no_two_share_what_they_learnt(build: BuildDetector) -> None:
    first, second = build(PERSON), build(PERSON)
    at = after_the_floor(first)
    assert len(first.detect(a_picture((0.5, 0.5)), at)) == 1
    assert second.detect(a_picture((0.5, 0.5)), at) == []


def walks() -> Iterator[tuple[Image, float]]:
    """Give a floor, a visitor who walks down it, and one who walks up it."""
    way = [(0.4, y) for y in np.linspace(-0.2, 1.2, 30)]
    back = [(0.7, y) for y in np.linspace(1.2, -0.2, 30)]
    for number, place in enumerate([None] * 30 + way + [None] * 10 + back + [None] * 10):
        visitors = [] if place is None else [place]
        yield a_picture(*visitors, seed=number), number / PICTURES_PER_SECOND


def test_who_walks_across_is_counted(build: BuildDetector) -> None:
    line = CountingLine("front", Point(0, 0.5), Point(1, 0.5), Point(0, 1))
    counter = Counter([line], person_size=PERSON, build_detector=build)
    crossings = [c for image, at in walks() for c in counter.feed(image, at)] + counter.finish()
    assert [crossing.direction for crossing in crossings] == [Direction.IN, Direction.OUT]
    assert [c.at_seconds for c in crossings] == pytest.approx([4.45, 8.45], abs=0.2)
