"""Where a flat target is in space, from its corners in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.plane import rectangle
from kiosk.ar.settings import PoseSettings
from kiosk.ar.sight import Floats

# Corners that are symmetrical to the last digit leave OpenCV's solver without an answer: then they
# are moved by a thousandth of a pixel.
_NUDGE: Final = 0.001
_ASKEW: Final = np.array([[1, 0.5], [-0.7, 0.3], [0.4, -1], [-0.2, 0.6]])


@dataclass(frozen=True, eq=False)
class Pose:
    """A rotation (3, 3) and translation (3,) mm as `kiosk.ar.sight` has them.

    `error` is the root mean square in pixels by which the corners miss.
    """

    rotation: Floats
    translation: Floats
    error: float

    @property
    def tilt(self) -> float:
        """Return the angle in degrees between the target's normal and the line of sight to it."""
        sight = self.translation / max(1e-9, float(np.linalg.norm(self.translation)))
        return float(np.degrees(np.arccos(np.clip(abs(self.rotation[:, 2] @ sight), 0, 1))))


def poses_of(
    corners: Floats, width_mm: float, height_mm: float, camera: CameraModel
) -> tuple[Pose, ...]:
    """Return the one or two poses that explain corners (4, 2), the better one first.

    Corners are pixels, clockwise from the target's top left. A plane seen from nearly straight
    ahead or far away has two poses that explain it almost equally (Collins and Bartoli, 2014).
    """
    for nudge in (0.0, _NUDGE):
        poses = _solved(corners + nudge * _ASKEW, width_mm, height_mm, camera)
        if poses:
            return poses
    return ()


def _solved(
    corners: Floats, width_mm: float, height_mm: float, camera: CameraModel
) -> tuple[Pose, ...]:
    # As a square's solver wants them: about the middle, y upwards.
    across, up = width_mm / 2, height_mm / 2
    model = np.array([[-across, up, 0], [across, up, 0], [across, -up, 0], [-across, -up, 0]])
    is_square = abs(width_mm - height_mm) < 1e-9
    try:
        _, turns, shifts, errors = cv2.solvePnPGeneric(
            model,
            np.ascontiguousarray(corners, np.float64).reshape(4, 1, 2),
            camera.matrix,
            camera.coefficients,
            flags=cv2.SOLVEPNP_IPPE_SQUARE if is_square else cv2.SOLVEPNP_IPPE,
        )
    except cv2.error:
        return ()
    flip = np.diag([1.0, -1.0, -1.0])
    middle = np.array([across, up, 0.0])
    poses = []
    for turn, shift, error in zip(turns, shifts, np.ravel(errors), strict=False):
        if not (np.all(np.isfinite(turn)) and np.all(np.isfinite(shift)) and shift[2] > 0):
            continue
        rotation = np.asarray(cv2.Rodrigues(turn)[0] @ flip, np.float64)
        translation = np.asarray(shift, np.float64).ravel() - rotation @ middle
        poses.append(Pose(rotation, translation, float(error)))
    return tuple(sorted(poses, key=lambda pose: pose.error))


def choose(poses: Sequence[Pose], previous: Pose | None, settings: PoseSettings) -> Pose | None:
    """Choose by error; where the errors do not tell, what is nearer to the previous pose."""
    if len(poses) < 2 or previous is None:
        return poses[0] if poses else None
    first, second = poses[0], poses[1]
    noise = settings.noise_pixels
    if second.error + noise > settings.ambiguous * (first.error + noise):
        return first
    return min(first, second, key=lambda pose: turned_by(pose.rotation, previous.rotation))


def turned_by(one: Floats, other: Floats) -> float:
    """Return the angle in degrees between two rotations."""
    cosine = (np.trace(one.T @ other) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def projected(points: Floats, pose: Pose, camera: CameraModel) -> Floats:
    """Return the pixels (n, 2) of points (n, 3) in target coordinates."""
    turn = cv2.Rodrigues(pose.rotation)[0]
    found, _ = cv2.projectPoints(
        np.ascontiguousarray(points, np.float64),
        turn,
        pose.translation,
        camera.matrix,
        camera.coefficients,
    )
    return np.asarray(found, np.float64).reshape(-1, 2)


def corners_of(pose: Pose, width_mm: float, height_mm: float, camera: CameraModel) -> Floats:
    """Return the pixels (4, 2) of a target's corners, clockwise from its top left."""
    corners = rectangle(width_mm, height_mm)
    return projected(np.c_[corners, np.zeros(4)], pose, camera)
