"""Choosing pictures for a calibration while somebody moves the board before the camera."""

from collections.abc import Callable

import cv2
import numpy as np

from kiosk.ar.calibration import Calibration, calibrate, charuco_board
from kiosk.ar.features import Gray, gray_of
from kiosk.ar.frames import FrameSource
from kiosk.ar.sight import Floats
from kiosk.errors import CameraUnknown

WANTED = 20
_FEWEST_CORNERS = 20
_APART = 0.06  # of the picture's width, by which the board has to have moved
_MOST_FRAMES = 5400  # three minutes at 30 a second


def calibrate_from(
    source: FrameSource, told: Callable[[str], None], wanted: int = WANTED
) -> Calibration:
    """Read frames until the board was seen in so many places, and work out the model.

    `told` hears of each picture that is taken. Raises CameraUnknown and CameraLost.
    """
    detector = cv2.aruco.CharucoDetector(charuco_board())
    taken: list[Gray] = []
    places: list[tuple[Floats, Floats]] = []
    for _ in range(_MOST_FRAMES):
        frame = source.read()
        if frame is None:
            break
        gray = gray_of(frame.image)
        corners, numbers, _, _ = detector.detectBoard(gray)
        if numbers is None or len(numbers) < _FEWEST_CORNERS:
            continue
        points = np.asarray(corners, np.float64).reshape(-1, 2)
        place = points.mean(axis=0), points.std(axis=0)
        step = _APART * gray.shape[1]
        if all(_differs(place, other, step) for other in places):
            places.append(place)
            taken.append(gray.copy())
            told(f"{len(taken)} of {wanted}")
        if len(taken) == wanted:
            break
    if not taken:
        raise CameraUnknown("the board was never seen: is the whole page in the picture, in light?")
    return calibrate(taken)


def _differs(one: tuple[Floats, Floats], other: tuple[Floats, Floats], step: float) -> bool:
    """Tell whether the board moved, or changed its size or shape, by a step."""
    moved = np.linalg.norm(one[0] - other[0])
    reshaped = 2 * np.abs(one[1] - other[1]).max()
    return bool(moved > step or reshaped > step / 2)
