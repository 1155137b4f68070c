"""Backgrounds that a detector of blobs may learn: each says where a picture differs from it."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image


@dataclass(frozen=True, slots=True)
class BackgroundRules:
    """What differs, and what is only shadow. Distances are in grey values."""

    #: MOG2: squared distance from the mean, in variances of the pixel.
    variance_threshold: float = 25.0
    #: KNN: squared distance from a remembered pixel.
    distance_threshold: float = 400.0
    # OpenCV's 0.5 takes dark clothes on a bright floor for shadow.
    shadow_threshold: float = 0.7


class Background(Protocol):
    """Learns what is always there. Called with every processed picture, in order."""

    def apply(self, picture: Image, rate: float) -> NDArray[np.uint8]:
        """Give a mask (height, width): 255 what differs, 0 what does not.

        `rate`, between 0 and 1, is the weight of this picture in what is learnt.
        """
        ...


class Mog2Background:
    """A mixture of Gaussians for each pixel (Zivkovic 2004)."""

    def __init__(self, rules: BackgroundRules | None = None) -> None:
        rules = rules or BackgroundRules()
        # The learning rate is given with every picture; the history in frames is not used.
        self._model = cv2.createBackgroundSubtractorMOG2(
            varThreshold=rules.variance_threshold, detectShadows=True
        )
        self._model.setShadowThreshold(rules.shadow_threshold)

    def apply(self, picture: Image, rate: float) -> NDArray[np.uint8]:
        """Give what differs, without shadows."""
        return _without_shadow(self._model.apply(picture, learningRate=rate))


class KnnBackground:
    """The nearest of some remembered pixels (Zivkovic and van der Heijden 2006)."""

    def __init__(self, rules: BackgroundRules | None = None) -> None:
        rules = rules or BackgroundRules()
        # Which pixels are remembered is drawn by lot; the same film must give the same count.
        cv2.setRNGSeed(1)
        self._model = cv2.createBackgroundSubtractorKNN(
            dist2Threshold=rules.distance_threshold, detectShadows=True
        )
        self._model.setShadowThreshold(rules.shadow_threshold)

    def apply(self, picture: Image, rate: float) -> NDArray[np.uint8]:
        """Give what differs, without shadows."""
        return _without_shadow(self._model.apply(picture, learningRate=rate))


def _without_shadow(mask: cv2.typing.MatLike) -> NDArray[np.uint8]:
    # Both mark shadow with 127.
    return np.asarray(cv2.threshold(mask, 200, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)
