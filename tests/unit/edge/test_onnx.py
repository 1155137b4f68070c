"""A network of the user's: run only where something moves, read in three layouts, else refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.counting.geometry import Box, PersonSize, Point
from edge.errors import ModelError
from edge.vision.detector import Detection, Image
from edge.vision.detectors import DetectorChoice, choose_detector
from edge.vision.onnx import ModelRules, OnnxDetector, PersonModel
from tests.conformance.tiny_net import constant_net, dark_net

SIDE = 64
RULES = ModelRules(input_size=(SIDE, SIDE))
# The picture is twice as wide as high: the letter has 16 grey rows above and below it.
PICTURE = np.full((48, 96, 3), 200, np.uint8)


def a_model(folder: Path, output: NDArray[Any], rules: ModelRules = RULES) -> PersonModel:
    path = folder / "person.onnx"
    path.write_bytes(constant_net(output.astype(np.float32), SIDE))
    return PersonModel(path, rules)


def upright(*found: tuple[float, ...], classes: int = 80) -> NDArray[Any]:
    """Return (1, 4 + classes, 100): x, y, w, h, class, score of each."""
    output = np.zeros((1, 4 + classes, 100))
    for number, (x, y, w, h, kind, score) in enumerate(found):
        output[0, :4, number] = x, y, w, h
        output[0, 4 + int(kind), number] = score
    return output


def in_rows(*found: tuple[float, ...], classes: int = 80) -> NDArray[Any]:
    """Return (1, 100, 5 + classes): as `upright`, with half the score for any object."""
    output = upright(*found, classes=classes)[0].T
    return np.hstack([output[:, :4], np.full((100, 1), 0.9), output[:, 4:]])[None]


def finished(*found: tuple[float, ...]) -> NDArray[Any]:
    """Return (1, N, 6)."""
    rows = [[x - w / 2, y - h / 2, x + w / 2, y + h / 2, s, k] for x, y, w, h, k, s in found]
    return np.array([rows]).reshape(1, -1, 6)


LAYOUTS = {"upright": upright, "rows": in_rows, "finished": finished}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_persons_of_each_layout_are_found(tmp_path: Path, layout: str) -> None:
    model = a_model(
        tmp_path,
        LAYOUTS[layout](
            (16, 32, 8, 16, 0, 0.9),
            (48, 24, 8, 8, 0, 0.8),
            (32, 32, 8, 8, 2, 0.95),  # a car
            (56, 40, 8, 8, 0, 0.3),  # hardly anybody
        ),
    )
    factor = 0.9 if layout == "rows" else 1.0
    first, second = model.find(PICTURE)
    # 32 of 64 rows of the letter are the picture.
    assert_close(first, Box(0.25, 0.5, 0.125, 0.5), 0.9 * factor)
    assert_close(second, Box(0.75, 0.25, 0.125, 0.25), 0.8 * factor)


def assert_close(found: Detection, box: Box, score: float) -> None:
    told = (found.box.x, found.box.y, found.box.w, found.box.h, found.score)
    assert told == pytest.approx((box.x, box.y, box.w, box.h, score), abs=1e-5)


@pytest.mark.parametrize("layout", ["upright", "rows"])
def test_boxes_that_overlap_are_one_visitor(tmp_path: Path, layout: str) -> None:
    found = LAYOUTS[layout]((16, 32, 8, 16, 0, 0.8), (17, 32, 8, 16, 0, 0.9), (26, 32, 8, 16, 0, 1))
    boxes = [d.box.x for d in a_model(tmp_path, found).find(PICTURE)]
    assert boxes == pytest.approx([26 / 64, 17 / 64])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_class_can_be_another(tmp_path: Path, layout: str) -> None:
    found = LAYOUTS[layout]((16, 32, 8, 16, 0, 0.9), (48, 32, 8, 16, 3, 0.9))
    model = a_model(tmp_path, found, ModelRules((SIDE, SIDE), person_class=3))
    assert [d.box.x for d in model.find(PICTURE)] == pytest.approx([0.75])


def test_the_score_can_be_another(tmp_path: Path) -> None:
    found = upright((16, 32, 8, 16, 0, 0.3))
    assert a_model(tmp_path, found).find(PICTURE) == []
    assert len(a_model(tmp_path, found, ModelRules((SIDE, SIDE), least_score=0.2)).find(PICTURE))


def test_what_is_no_box_in_the_picture_is_left_out(tmp_path: Path) -> None:
    found = finished(
        (16, 4, 8, 8, 0, 0.9),  # in the grey above
        (100, 32, 8, 8, 0, 0.9),
        (16, 32, -8, 8, 0, 0.9),
        (float("nan"), 32, 8, 8, 0, 0.9),
        (float("inf"), 32, 8, 8, 0, 0.9),
        (16, 32, 8, 8, 0, float("nan")),
    )
    assert a_model(tmp_path, found).find(PICTURE) == []


def test_a_box_is_cut_at_the_edge_and_a_score_at_one(tmp_path: Path) -> None:
    (found,) = a_model(tmp_path, finished((0, 32, 16, 16, 0, 1.5))).find(PICTURE)
    assert_close(found, Box(0.0625, 0.5, 0.125, 0.5), 1.0)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 84), "gives 1 x 84, which is none of"),
        ((2, 84, 100), "gives 2 x 84 x 100, which is none of"),
        ((1, 32, 16, 16), "gives 1 x 32 x 16 x 16, which is none of"),
        ((1, 4, 100), "gives 1 x 4 x 100, which is none of"),
        ((1, 100, 5), "gives 1 x 100 x 5, which is none of"),
    ],
    ids=str,
)
def test_another_layout_is_refused(tmp_path: Path, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ModelError, match=f"^{tmp_path / 'person.onnx'}: {words}") as refused:
        a_model(tmp_path, np.zeros(shape))
    assert "\n" not in str(refused.value)


def test_a_class_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"knows 80 classes, counted from 0: there is no class 80$"
    ):
        a_model(tmp_path, upright(), ModelRules((SIDE, SIDE), person_class=80))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n, no model at all", "is no ONNX model that OpenCV "),
        (b"version https://git-lfs.github.com/spec/v1\n", "is no ONNX model that OpenCV "),
        (dark_net(SIDE, 8, 16)[:-200], "is no ONNX model that OpenCV "),
        (dark_net(SIDE, 8, 16).replace(b"Concat", b"Cuncat"), "is no ONNX model that OpenCV "),
    ],
    ids=["missing", "empty", "picture", "pointer", "torn", "unknown-operation"],
)
def test_a_bad_file_is_one_sentence_that_names_it(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "person.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as refused:
        PersonModel(path, RULES)
    assert str(refused.value).startswith(f"{path}: {words}")
    assert "\n" not in str(refused.value)


def test_a_size_that_the_model_was_not_made_for_is_said(tmp_path: Path) -> None:
    path = tmp_path / "person.onnx"
    path.write_bytes(dark_net(SIDE, 8, 16))
    with pytest.raises(ModelError, match=r"does not run with a picture of 96 x 64: set the size"):
        PersonModel(path, ModelRules((96, 64)))


@pytest.mark.parametrize("size", [(0, 64), (64, -1), (4096, 64)], ids=str)
def test_a_size_that_is_none_is_said(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(
        ModelError, match=r"a\.onnx: the sides of its picture are 32 to 2048 pixels"
    ):
        PersonModel(tmp_path / "a.onnx", ModelRules(size))


class Gate:
    """A detector that says what a test wants."""

    def __init__(self) -> None:
        self.sees: list[Detection] = []
        self.pieces: list[tuple[Box, float]] = []
        self.changed = 0.0
        self.is_flooded = False
        self.person: PersonSize | None = None

    def detect(
        self, _image: Image, _at_seconds: float, _expected: Sequence[Point] = ()
    ) -> list[Detection]:
        self.pieces = [(d.box, 0.05) for d in self.sees]
        return self.sees

    def resize_person(self, person: PersonSize) -> None:
        self.person = person


def test_the_network_runs_only_while_the_gate_sees_somebody(tmp_path: Path) -> None:
    gate = Gate()
    detector = OnnxDetector(a_model(tmp_path, finished((16, 32, 8, 16, 0, 0.9))), gate)
    assert detector.detect(PICTURE, 0.0) == []
    assert (detector.runs, detector.pieces) == (0, [])
    gate.sees = [Detection(Box(0.5, 0.5, 0.2, 0.3))]
    (found,) = detector.detect(PICTURE, 0.1)
    assert found.box.x == pytest.approx(0.25)  # the network's box, and not the gate's
    assert (detector.runs, detector.pieces) == (1, [(Box(0.5, 0.5, 0.2, 0.3), 0.05)])
    gate.sees = []
    assert detector.detect(PICTURE, 0.2) == []
    assert detector.runs == 1
    detector.resize_person(PersonSize(0.1, 0.1))
    assert gate.person == PersonSize(0.1, 0.1)


def test_an_empty_door_never_runs_the_network(tmp_path: Path) -> None:
    path = tmp_path / "person.onnx"
    path.write_bytes(constant_net(finished((16, 32, 8, 16, 0, 0.9)).astype(np.float32), SIDE))
    detector = choose_detector(DetectorChoice("onnx", path, RULES))(PersonSize(0.2, 0.3))
    assert isinstance(detector, OnnxDetector)
    rng = np.random.default_rng(1)
    floor = rng.integers(60, 200, (240, 320, 3))
    for number in range(60):
        seen = (floor + rng.integers(-3, 4, floor.shape)).astype(np.uint8)
        assert detector.detect(seen, number / 10) == []
    assert detector.runs == 0
    seen[84:156, 128:192] = 0
    assert len(detector.detect(seen, 6.0)) == 1
    assert detector.runs == 1


def test_a_file_is_loaded_once_however_often_the_detector_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "person.onnx"
    path.write_bytes(dark_net(SIDE, 8, 16))
    build = choose_detector(DetectorChoice("onnx", path, RULES))
    path.unlink()
    assert build(PersonSize(0.2, 0.3)) is not build(PersonSize(0.2, 0.3))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (DetectorChoice("onnx"), "the detector onnx needs a model, an ONNX file"),
        (DetectorChoice("knn", Path("a.onnx")), "a.onnx: the detector knn takes no model"),
    ],
    ids=["no-model", "model-in-vain"],
)
def test_a_model_goes_with_a_network(choice: DetectorChoice, words: str) -> None:
    with pytest.raises(ModelError, match=f"^{words}$"):
        choose_detector(choice)
