"""The printed board gives a camera's model back, with the bend of its lens."""

import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest

from examples.ar_scenes.view import Conditions, place, render, turned
from kiosk.ar.calibration import COLUMNS, SQUARE_MM, board_page, board_picture, calibrate
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import Gray, gray_of
from kiosk.errors import CameraUnknown

TRUE = CameraModel(640, 480, 548, 545, 326, 233, (-0.18, 0.04, 0.0, 0.0, 0.0))


def _bent(gray: Gray) -> Gray:
    """Bend an exact pin-hole picture as the lens does."""
    y, x = np.mgrid[: TRUE.height, : TRUE.width].astype(np.float32)
    pixels = np.stack([x.ravel(), y.ravel()], 1).reshape(-1, 1, 2)
    straight = cv2.undistortPoints(pixels, TRUE.matrix, TRUE.coefficients, P=TRUE.matrix)
    maps = np.asarray(straight, np.float32).reshape(TRUE.height, TRUE.width, 2)
    bent = cv2.remap(gray, maps[..., 0], maps[..., 1], cv2.INTER_CUBIC, borderValue=(128,))
    return np.asarray(bent, np.uint8)


def shot(seed: int) -> Gray:
    rng = np.random.default_rng(seed)
    board = np.pad(board_picture(8), 60, constant_values=255)
    pinhole = CameraModel(640, 480, TRUE.fx, TRUE.fy, TRUE.cx, TRUE.cy)
    width = COLUMNS * SQUARE_MM * board.shape[1] / (board.shape[1] - 120)
    turn = turned(rng.uniform(10, 38), 36.0 * seed, rng.uniform(-15, 15))
    centre = (rng.uniform(-45, 45), rng.uniform(-30, 30), rng.uniform(300, 380))
    one = place(board, width, turn, centre)
    return _bent(gray_of(render(pinhole, [one], seed, Conditions(noise=2))))


def test_a_camera_is_known_again() -> None:
    found = calibrate([*(shot(seed) for seed in range(12)), np.zeros((480, 640), np.uint8)])
    camera = found.camera
    assert (found.used, found.refused) == (12, 1)
    assert found.error < 0.8
    assert camera.fx == pytest.approx(TRUE.fx, rel=0.01)
    assert camera.fy == pytest.approx(TRUE.fy, rel=0.01)
    assert camera.cx == pytest.approx(TRUE.cx, abs=5)
    assert camera.cy == pytest.approx(TRUE.cy, abs=5)
    edge = np.array([[[40.0, 40.0]], [[600.0, 440.0]]])
    straight = [
        np.ravel(cv2.undistortPoints(edge, one.matrix, one.coefficients)) for one in (camera, TRUE)
    ]
    np.testing.assert_allclose(straight[0], straight[1], atol=0.03)


def test_too_few_or_mixed_pictures_are_a_sentence() -> None:
    with pytest.raises(CameraUnknown, match="in 0 pictures"):
        calibrate([])
    with pytest.raises(CameraUnknown, match="in 1 pictures: at least 8"):
        calibrate([shot(1), np.zeros((480, 640), np.uint8)])
    with pytest.raises(CameraUnknown, match="one size"):
        calibrate([np.zeros((480, 640), np.uint8), np.zeros((48, 64), np.uint8)])


def test_the_page_is_true_to_scale() -> None:
    page = ET.fromstring(board_page())
    assert (page.get("width"), page.get("height")) == ("297mm", "210mm")
    bars = page.findall(".//{http://www.w3.org/2000/svg}g/{http://www.w3.org/2000/svg}rect")
    left = min(float(bar.attrib["x"]) for bar in bars)
    right = max(float(bar.attrib["x"]) + float(bar.attrib["width"]) for bar in bars)
    assert right - left == pytest.approx(COLUMNS * SQUARE_MM, abs=0.1)
