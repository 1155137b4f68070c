"""A detector with a network that the user supplies, run only where something moves.

The model file is ONNX, run by OpenCV's own runtime. It takes one picture, (1, 3, height, width) in
RGB from 0 to 1, letterboxed with grey, and gives one array in one of three layouts, in pixels of
that picture:

    (1, 4 + classes, N)   centre x, centre y, width, height, then a score for each class
    (1, N, 5 + classes)   the same, with the score of any object before those of the classes
    (1, N, 6)             left, top, right, bottom, score, class; overlaps already taken out

The first is told by its first side, which is the shorter one, the last by its six columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.counting.geometry import Box, PersonSize, Point, box_between
from edge.errors import ModelError
from edge.vision.detector import Detection, Detector, Image
from edge.vision.detector_names import LEAST_MODEL_SIDE, MOST_MODEL_SIDE

_GREY: Final = 114
_FINISHED_COLUMNS: Final = 6
"""left, top, right, bottom, score, class"""
_AXES: Final = 3
#: More candidates than this in one picture are no visitors.
_MOST_CANDIDATES: Final = 1000


@dataclass(frozen=True, slots=True)
class ModelRules:
    """How a model file is to be fed and read.

    `input_size` is (width, height) in pixels, `overlap` the share (intersection over union) from
    which two boxes are one visitor.
    """

    input_size: tuple[int, int] = (640, 640)
    person_class: int = 0
    least_score: float = 0.5
    overlap: float = 0.45


class PersonModel:
    """A network that finds persons in one picture."""

    def __init__(self, path: Path, rules: ModelRules | None = None) -> None:
        """Load a file and try it on a grey picture. Raises ModelError with the file's name."""
        self._path = path
        self._rules = rules or ModelRules()
        width, height = self._rules.input_size
        if not all(LEAST_MODEL_SIDE <= side <= MOST_MODEL_SIDE for side in (width, height)):
            raise ModelError(
                f"{path}: the sides of its picture are {LEAST_MODEL_SIDE} to {MOST_MODEL_SIDE}"
                f" pixels, and not {width} x {height}"
            )
        self._net = _load(path)
        self.find(np.full((height, width, 3), _GREY, np.uint8))

    def find(self, image: Image) -> list[Detection]:
        """Give the persons in a BGR picture (height, width, 3). Raises ModelError."""
        letter, scale, left, top = _letterboxed(image, self._rules.input_size)
        try:
            self._net.setInput(cv2.dnn.blobFromImage(letter, 1 / 255, swapRB=True))
            outputs = self._net.forward(self._net.getUnconnectedOutLayersNames())
        except cv2.error as error:
            width, height = self._rules.input_size
            raise ModelError(
                f"{self._path}: does not run with a picture of {width} x {height}: set the size"
                " that it was exported with, or export it anew for OpenCV"
            ) from error
        corners, scores = self._persons(outputs)
        # Pixels of the letter to shares of the picture.
        rows, columns = image.shape[:2]
        corners = (corners - (left, top, left, top)) / scale / (columns, rows, columns, rows)
        corners = np.clip(corners, 0, 1)
        return [
            Detection(box_between(*box), min(1.0, score))
            for box, score in zip(corners.tolist(), scores.tolist(), strict=True)
            if box[0] < box[2] and box[1] < box[3]
        ]

    def _persons(self, outputs: Sequence[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give left, top, right, bottom (n, 4) in pixels of the letter, and scores (n,)."""
        shapes = [np.shape(output) for output in outputs]
        if len(shapes) != 1 or len(shapes[0]) != _AXES or shapes[0][0] != 1:
            raise self._unknown(shapes)
        _, rows, columns = shapes[0]
        table = np.asarray(outputs[0], dtype=np.float64)[0]
        number = self._rules.person_class
        if columns == _FINISHED_COLUMNS:
            scores = np.where(np.rint(table[:, 5]) == number, table[:, 4], 0.0)
            return _select(table[:, :4], scores, self._rules)
        is_upright = rows < columns
        first = 4 if is_upright else 5
        classes = (rows if is_upright else columns) - first
        if classes < 1:
            raise self._unknown(shapes)
        if number >= classes:
            raise ModelError(
                f"{self._path}: knows {classes} classes, counted from 0: there is no class {number}"
            )
        table = table.T if is_upright else table
        scores = table[:, first + number] * (1.0 if is_upright else table[:, 4])
        middle, half = table[:, :2], table[:, 2:4] / 2
        corners, scores = _select(np.hstack([middle - half, middle + half]), scores, self._rules)
        if not len(scores):
            return corners, scores
        sides = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
        kept = cv2.dnn.NMSBoxes(
            sides.tolist(), scores.tolist(), self._rules.least_score, self._rules.overlap
        )
        chosen = np.array(kept, dtype=np.intp).reshape(-1)
        return corners[chosen], scores[chosen]

    def _unknown(self, shapes: Sequence[tuple[int, ...]]) -> ModelError:
        told = " and ".join(" x ".join(map(str, shape)) or "one number" for shape in shapes)
        return ModelError(
            f"{self._path}: gives {told or 'nothing'}, which is none of 1 x (4 + classes) x N,"
            " 1 x N x (5 + classes) and 1 x N x 6"
        )


class OnnxDetector:
    """Asks a network for persons while a cheaper detector, the gate, sees somebody."""

    def __init__(self, model: PersonModel, gate: Detector) -> None:
        self._model = model
        self._gate = gate
        #: How many pictures the network has seen.
        self.runs = 0
        #: Those of the gate: its blobs teach the size of a person as they do without a network.
        self.pieces: list[tuple[Box, float]] = []
        self.changed = 0.0
        self.is_flooded = False

    def resize_person(self, person: PersonSize) -> None:
        """Let the gate use another person size."""
        self._gate.resize_person(person)

    def detect(
        self, image: Image, at_seconds: float, expected: Sequence[Point] = ()
    ) -> list[Detection]:
        """Give one box per visitor; nothing, at the gate's cost, while the gate sees nobody."""
        is_open = bool(self._gate.detect(image, at_seconds, expected))
        self.pieces = self._gate.pieces
        self.changed, self.is_flooded = self._gate.changed, self._gate.is_flooded
        if not is_open:
            return []
        self.runs += 1
        return self._model.find(image)


def _load(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    if not content:
        raise ModelError(f"{path}: is empty")
    try:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
    except cv2.error as error:
        raise ModelError(
            f"{path}: is no ONNX model that OpenCV {cv2.__version__} can run"
        ) from error
    if net.empty():
        raise ModelError(f"{path}: holds no network")
    return net


def _letterboxed(image: Image, size: tuple[int, int]) -> tuple[Image, float, int, int]:
    """Give the picture in the middle of a grey one of (width, height), its scale and place."""
    rows, columns = image.shape[:2]
    width, height = size
    scale = min(width / columns, height / rows)
    inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    letter = np.full((height, width, 3), _GREY, np.uint8)
    letter[top : top + inner[1], left : left + inner[0]] = cv2.resize(
        image, inner, interpolation=way
    )
    return letter, scale, left, top


def _select(
    corners: NDArray[np.float64], scores: NDArray[np.float64], rules: ModelRules
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep what is sure enough and finite, the surest first, of a bounded number."""
    good = np.flatnonzero((scores >= rules.least_score) & np.isfinite(corners).all(axis=1))
    good = good[np.argsort(-scores[good], kind="stable")][:_MOST_CANDIDATES]
    return corners[good], scores[good]
