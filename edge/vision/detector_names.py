"""The names by which a configuration chooses a detector; known without OpenCV."""

from typing import Literal

DetectorName = Literal["blob", "knn", "onnx"]
