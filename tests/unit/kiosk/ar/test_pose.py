"""Poses from corners: exact corners give the exact pose back, and two poses are told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.ar_scenes.view import place, turned
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.pose import Pose, choose, corners_of, poses_of, projected, turned_by
from kiosk.ar.settings import PoseSettings

PLAIN = CameraModel.from_fov(640, 480, 60)
BENT = CameraModel(640, 480, 560, 555, 322, 236, (-0.2, 0.05, 0.001, -0.001, 0.0))
PAPER = np.full((300, 200, 3), 255, np.uint8)


@given(
    tilt=st.floats(8, 70),
    direction=st.floats(0, 360),
    spin=st.floats(0, 360),
    x=st.floats(-60, 60),
    y=st.floats(-40, 40),
    z=st.floats(250, 700),
    is_square=st.booleans(),
    is_bent=st.booleans(),
)
def test_exact_corners_give_the_pose_back(
    tilt: float,
    direction: float,
    spin: float,
    x: float,
    y: float,
    z: float,
    is_square: bool,
    is_bent: bool,
) -> None:
    camera = BENT if is_bent else PLAIN
    picture = PAPER[:200] if is_square else PAPER
    true = place(picture, 100, turned(tilt, direction, spin), (x, y, z))
    height = true.height_mm
    pose = Pose(true.rotation, true.translation, 0.0)
    corners = corners_of(pose, 100, height, camera)
    found = poses_of(corners, 100, height, camera)
    assert found
    nearest = min(found, key=lambda one: turned_by(one.rotation, true.rotation))
    assert turned_by(nearest.rotation, true.rotation) < 0.5
    np.testing.assert_allclose(nearest.translation, true.translation, atol=z * 0.01)
    np.testing.assert_allclose(np.linalg.det(nearest.rotation), 1, atol=1e-6)
    np.testing.assert_allclose(corners_of(nearest, 100, height, camera), corners, atol=0.3)


@given(st.floats(0, 60), st.floats(0, 360), st.floats(0, 360))
def test_the_homography_of_a_scene_is_the_projection_of_its_pose(
    tilt: float, direction: float, spin: float
) -> None:
    true = place(PAPER, 100, turned(tilt, direction, spin), (5, 5, 400))
    pose = Pose(true.rotation, true.translation, 0.0)
    np.testing.assert_allclose(
        true.corners(PLAIN), corners_of(pose, 100, true.height_mm, PLAIN), atol=1e-3
    )


def test_what_stands_on_the_picture_is_nearer_to_the_camera() -> None:
    flat = Pose(np.eye(3), np.array([-50.0, -50.0, 500.0]), 0.0)
    foot, top = projected(np.array([[100.0, 100, 0], [100, 100, -80]]), flat, PLAIN)
    middle = np.array([PLAIN.cx, PLAIN.cy])
    assert np.linalg.norm(top - middle) > np.linalg.norm(foot - middle) * 1.1


def test_the_previous_pose_decides_between_two_that_fit_alike() -> None:
    true = place(PAPER[:200], 40, turned(6, 30, 0), (0, 0, 900))
    noisy = true.corners(PLAIN) + np.random.default_rng(3).normal(0, 0.25, (4, 2))
    poses = poses_of(noisy, 40, 40, PLAIN)
    assert len(poses) == 2
    for wanted in poses:
        assert choose(poses, wanted, PoseSettings()) is wanted
    assert choose(poses, None, PoseSettings()) is poses[0]
    assert choose((), poses[0], PoseSettings()) is None


def test_a_pose_that_fits_far_better_needs_no_previous_one() -> None:
    true = place(PAPER[:200], 100, turned(45, 30, 0), (0, 0, 350))
    poses = poses_of(true.corners(PLAIN), 100, 100, PLAIN)
    assert len(poses) == 2
    assert choose(poses, poses[1], PoseSettings()) is poses[0]
    assert poses[0].tilt == pytest.approx(45, abs=3)


@given(st.lists(st.floats(-1e4, 1e4), min_size=8, max_size=8))
def test_no_corners_break_it(numbers: list[float]) -> None:
    for pose in poses_of(np.array(numbers).reshape(4, 2), 100, 150, PLAIN):
        assert np.all(np.isfinite(pose.rotation))
        assert pose.translation.shape == (3,)
