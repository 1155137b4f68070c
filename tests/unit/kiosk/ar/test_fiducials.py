"""Markers: found where they are, at the angle that they have, and only those that are known."""

import cv2
import numpy as np
import pytest

from examples.ar_scenes.view import Conditions, place, project, render, turned
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import Gray, gray_of
from kiosk.ar.fiducials import FiducialFinder, Marker, draw_marker
from kiosk.ar.plane import mapped, rectangle
from kiosk.ar.pose import turned_by
from kiosk.ar.sight import Floats
from kiosk.errors import TargetRefused

CAMERA = CameraModel.from_fov(640, 480, 60)
SIZE = 50.0
EDGE = 40
SIDE = 280


def _sheet(marker: Marker) -> Gray:
    drawn = draw_marker(marker, SIDE)
    white = cv2.copyMakeBorder(drawn, EDGE, EDGE, EDGE, EDGE, cv2.BORDER_CONSTANT, value=(255,))
    return np.asarray(white, np.uint8)


def _seen(marker: Marker, seed: int, tilt: float, far: float) -> tuple[Gray, Floats, Floats]:
    rng = np.random.default_rng(seed)
    step = SIZE / SIDE
    turn = turned(tilt, rng.uniform(0, 360), rng.uniform(0, 360))
    one = place(_sheet(marker), (SIDE + 2 * EDGE) * step, turn, (*rng.uniform(-40, 40, 2), far))
    corners = project(one.homography(CAMERA), rectangle(SIZE, SIZE) + EDGE * step)
    return gray_of(render(CAMERA, [one], seed)), corners, one.rotation


@pytest.mark.parametrize("dictionary", ["DICT_5X5_100", "DICT_6X6_250", "DICT_APRILTAG_36h11"])
def test_a_marker_is_found_with_its_pose(dictionary: str) -> None:
    marker = Marker(dictionary, 7, SIZE, "door")
    errors, angles = [], []
    for seed in range(6):
        gray, corners, rotation = _seen(marker, seed, 12 + 8 * seed, 300 + 50 * seed)
        (seen,) = FiducialFinder([marker], CAMERA).find(gray, 0.0)
        assert seen.name == "door"
        assert seen.is_marker
        assert 0 < seen.quality <= 1
        errors += list(np.linalg.norm(seen.corners - corners, axis=1))
        angles.append(turned_by(seen.rotation, rotation))
        np.testing.assert_allclose(
            mapped(seen.homography, rectangle(SIZE, SIZE)), seen.corners, atol=1e-2
        )
    assert np.percentile(errors, 95) < 0.5
    assert np.median(angles) < 0.8


def test_only_known_numbers_are_told() -> None:
    gray, _, _ = _seen(Marker("DICT_5X5_100", 7, SIZE, "door"), 1, 20, 350)
    assert FiducialFinder([Marker("DICT_5X5_100", 8, SIZE, "other")], CAMERA).find(gray, 0) == ()
    assert FiducialFinder([], CAMERA).find(gray, 0) == ()


def test_where_two_poses_fit_the_last_one_is_kept() -> None:
    marker = Marker("DICT_5X5_100", 3, SIZE, "door")
    finder = FiducialFinder([marker], CAMERA)
    rng = np.random.default_rng(2)
    turn = turned(14, 200, 30)
    angles = []
    for number in range(12):
        far = 420 + 25 * number
        one = place(_sheet(marker), SIZE * (SIDE + 2 * EDGE) / SIDE, turn, (5, 5, far))
        conditions = Conditions(noise=float(rng.uniform(3, 8)))
        gray = gray_of(render(CAMERA, [one], 50 + number, conditions))
        angles += [turned_by(one.rotation, turn) for one in finder.find(gray, number / 30)]
    assert len(angles) == 12
    assert max(angles) < 15  # the other pose is 28 degrees away


@pytest.mark.parametrize(
    ("dictionary", "number", "size", "said"),
    [
        ("DICT_9X9", 1, 50.0, "no dictionary 'DICT_9X9'"),
        ("DICT_5X5_100", 100, 50.0, "markers 0 to 99"),
        ("DICT_5X5_100", 1, 0.0, "2 to 2000"),
    ],
)
def test_markers_that_cannot_be_are_refused(
    dictionary: str, number: int, size: float, said: str
) -> None:
    with pytest.raises(TargetRefused, match=said):
        Marker(dictionary, number, size, "door")


def test_two_markers_of_one_name_or_number_are_refused() -> None:
    one = Marker("DICT_5X5_100", 1, SIZE, "door")
    for other in (
        Marker("DICT_5X5_100", 1, SIZE, "gate"),
        Marker("DICT_5X5_100", 2, SIZE, "door"),
    ):
        with pytest.raises(TargetRefused, match="taken"):
            FiducialFinder([one, other], CAMERA)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (15, 400), (16, 16)], ids=str)
def test_tiny_pictures_hold_no_marker(shape: tuple[int, int]) -> None:
    finder = FiducialFinder([Marker("DICT_5X5_100", 1, SIZE, "door")], CAMERA)
    assert finder.find(np.zeros(shape, np.uint8), 0.0) == ()
