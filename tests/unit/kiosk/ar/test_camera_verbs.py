"""`python -m kiosk camera`: the page to print, and a model from a film of it."""

from pathlib import Path

import cv2
import numpy as np
from typer.testing import CliRunner

from kiosk.__main__ import app
from kiosk.ar.camera_model import CameraModel
from tests.unit.kiosk.ar.test_calibration import TRUE, shot


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["camera", *words])
    return done.exit_code, done.output


def test_the_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "board.svg"
    code, said = _run("page", str(page))
    assert code == 0
    assert "100 %" in said
    assert page.read_text("utf-8").startswith("<svg")
    code, said = _run("page", str(page / "below.svg"))
    assert code == 1
    assert "cannot be written" in said


def test_a_film_of_the_board_gives_the_camera(tmp_path: Path) -> None:
    film, out = tmp_path / "board.avi", tmp_path / "camera.toml"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for seed in (0, 0, *range(1, 14)):  # the second shows nothing new
        writer.write(np.dstack([shot(seed)] * 3))
    writer.release()
    code, said = _run("calibrate", "--film", str(film), "--out", str(out))
    assert code == 0, said
    found = CameraModel.load(out)
    assert abs(found.fx / TRUE.fx - 1) < 0.02
    assert said.count(" of 20") <= 14


def test_what_cannot_be_calibrated_is_a_sentence(tmp_path: Path) -> None:
    code, said = _run("calibrate", "--device", str(tmp_path / "video9"))
    assert (code, "cannot be opened" in said) == (1, True)
    code, said = _run("calibrate", "--size", "large")
    assert (code, "WIDTHxHEIGHT" in said) == (2, True)
    film = tmp_path / "grey.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    writer.write(np.full((480, 640, 3), 90, np.uint8))
    writer.release()
    code, said = _run("calibrate", "--film", str(film))
    assert (code, "never seen" in said) == (1, True)
