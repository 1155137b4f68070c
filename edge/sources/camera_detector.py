"""The detector that a camera's section chooses."""

from edge.config import CameraSection
from edge.vision.detectors import BuildDetector, DetectorChoice, choose_detector
from edge.vision.onnx import ModelRules


def detector_of(camera: CameraSection) -> BuildDetector:
    """Return what builds the detector of a camera; a model is loaded and tried, which takes time.

    Raises ModelError.
    """
    rules = ModelRules(
        input_size=camera.model_size,
        person_class=camera.model_class,
        least_score=camera.model_score,
    )
    return choose_detector(DetectorChoice(camera.detector, camera.model, rules))
