"""What a configuration may choose of a detector; known without OpenCV."""

from typing import Final, Literal

DetectorName = Literal["blob", "knn", "onnx"]

LEAST_MODEL_SIDE: Final = 32
MOST_MODEL_SIDE: Final = 2048
"""Sides of the picture that a network takes, in pixels: larger ones cost seconds and memory."""
