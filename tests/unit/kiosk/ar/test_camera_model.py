"""A camera's model is kept to the last digit, and nonsense is refused with a sentence."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.ar.camera_model import CameraModel
from kiosk.errors import CameraUnknown

CAMERA = CameraModel.from_fov(640, 480, 60)


def test_a_field_of_view_touches_the_outer_edges_of_the_picture() -> None:
    assert math.degrees(2 * math.atan(320 / CAMERA.fx)) == pytest.approx(60)
    assert (CAMERA.cx, CAMERA.cy) == (319.5, 239.5)


@given(
    width=st.integers(16, 4000),
    height=st.integers(16, 4000),
    degrees=st.floats(5, 150),
    distortion=st.tuples(*[st.floats(-2, 2)] * 5),
)
def test_what_is_written_is_read_back(
    width: int, height: int, degrees: float, distortion: tuple[float, ...]
) -> None:
    plain = CameraModel.from_fov(width, height, degrees)
    model = CameraModel(width, height, plain.fx, plain.fy, plain.cx, plain.cy, distortion)
    assert CameraModel.from_toml(model.to_toml()) == model


def test_another_resolution_sees_the_same_and_comes_back() -> None:
    model = CAMERA.scaled(1280, 960)
    assert model == CameraModel.from_fov(1280, 960, 60)
    back = model.scaled(640, 480)
    np.testing.assert_allclose(back.matrix, CAMERA.matrix)


def test_a_file_is_kept_and_named_when_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "camera.toml"
    CAMERA.save(path)
    assert CameraModel.load(path) == CAMERA
    path.write_text(path.read_text().replace("width = 640", "width = '640'"))
    with pytest.raises(CameraUnknown, match=r"camera\.toml: width: a whole number"):
        CameraModel.load(path)
    with pytest.raises(CameraUnknown, match="cannot be read"):
        CameraModel.load(tmp_path / "absent.toml")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CameraUnknown, match="is not UTF-8"):
        CameraModel.load(path)
    with pytest.raises(CameraUnknown, match="cannot be written"):
        CAMERA.save(path / "below" / "a.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no section"),
        ("camera = 3", "has no section"),
        ("[camera", "is not TOML"),
        ("[camera]\nwidth = 640\nheight = true", "height"),
        ("[camera]\nwidth = 640\nheight = 480\nfx = 'a'", "fx: a number"),
    ],
)
def test_a_wrong_file_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(CameraUnknown, match=said):
        CameraModel.from_toml(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"width": 3},
        {"fx": 0.0},
        {"fx": math.nan},
        {"fy": -500.0},
        {"cx": 640.0},
        {"cy": -1.0},
        {"distortion": (0.1,)},
        {"distortion": (math.inf, 0.0, 0.0, 0.0, 0.0)},
    ],
    ids=str,
)
def test_numbers_that_no_camera_has_are_refused(changed: dict[str, float]) -> None:
    numbers = {"width": 640, "height": 480, "fx": 500.0, "fy": 500.0, "cx": 320.0, "cy": 240.0}
    with pytest.raises(CameraUnknown):
        CameraModel(**{**numbers, **changed})  # type: ignore[arg-type]


def test_a_field_of_view_that_no_lens_has_is_refused() -> None:
    with pytest.raises(CameraUnknown, match="5 to 150"):
        CameraModel.from_fov(640, 480, 179)
