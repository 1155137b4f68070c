"""The detectors by name. One that needs a file is loaded once, however often it begins anew."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.counting.geometry import PersonSize
from edge.errors import ModelError
from edge.vision.background import KnnBackground
from edge.vision.blob import BlobDetector
from edge.vision.detector import Detector
from edge.vision.detector_names import DetectorName
from edge.vision.onnx import ModelRules, OnnxDetector, PersonModel

BuildDetector = Callable[[PersonSize], Detector]


@dataclass(frozen=True, slots=True)
class DetectorChoice:
    """Which detector; `model` is the file of `onnx`, and of no other."""

    name: DetectorName = "blob"
    model: Path | None = None
    rules: ModelRules = field(default_factory=ModelRules)


def choose_detector(choice: DetectorChoice) -> BuildDetector:
    """Return what builds the detector for a person size; a model is loaded and tried here.

    Raises ModelError when the model is missing, cannot be used, or is given in vain.
    """
    if choice.name == "onnx" and choice.model is None:
        raise ModelError("the detector onnx needs a model, an ONNX file")
    if choice.name != "onnx" and choice.model is not None:
        raise ModelError(f"{choice.model}: the detector {choice.name} takes no model")
    return _BUILDERS[choice.name](choice)


def _blob(_choice: DetectorChoice) -> BuildDetector:
    return BlobDetector


def _knn(_choice: DetectorChoice) -> BuildDetector:
    return lambda person: BlobDetector(person, background=KnnBackground())


def _onnx(choice: DetectorChoice) -> BuildDetector:
    assert choice.model is not None  # noqa: S101  checked where it is chosen
    model = PersonModel(choice.model, choice.rules)
    return lambda person: OnnxDetector(model, BlobDetector(person))


_BUILDERS: Final[dict[DetectorName, Callable[[DetectorChoice], BuildDetector]]] = {
    "blob": _blob,
    "knn": _knn,
    "onnx": _onnx,
}
