"""Exposure is held where the automatic put it, and what a camera refuses is said."""

import cv2
import pytest
from pydantic import ValidationError

from edge.config import CameraSection
from edge.vision.exposure import lock_exposure

LINE = {"name": "top", "start": (0, 0.5), "end": (1, 0.5), "in_vector": (0, 1)}


class Camera:
    """Controls of a camera; what it does not have it refuses."""

    def __init__(self, **values: float) -> None:
        self.values = {getattr(cv2, f"CAP_PROP_{name}"): value for name, value in values.items()}

    def get(self, prop: int, /) -> float:
        return self.values.get(prop, -1.0)

    def set(self, prop: int, value: float, /) -> bool:
        if prop not in self.values:
            return False
        self.values[prop] = value
        return True


def test_everything_is_held_where_it_is() -> None:
    camera = Camera(AUTO_EXPOSURE=3, EXPOSURE=157, GAIN=12, AUTO_WB=1, WB_TEMPERATURE=4600)
    assert lock_exposure(camera) == ()
    assert camera.values == {
        cv2.CAP_PROP_AUTO_EXPOSURE: 1,
        cv2.CAP_PROP_EXPOSURE: 157,
        cv2.CAP_PROP_GAIN: 12,
        cv2.CAP_PROP_AUTO_WB: 0,
        cv2.CAP_PROP_WB_TEMPERATURE: 4600,
    }


def test_what_a_camera_refuses_is_said_and_what_it_does_not_tell_is_left() -> None:
    camera = Camera(AUTO_EXPOSURE=3)
    assert lock_exposure(camera) == ("automatic white balance",)
    assert camera.values == {cv2.CAP_PROP_AUTO_EXPOSURE: 1}


@pytest.mark.parametrize("source", ["rtsp://camera/1", "scene:7", "film.mp4"])
def test_only_a_device_can_be_held(source: str) -> None:
    with pytest.raises(ValidationError, match="lock_exposure is for a device"):
        CameraSection.model_validate(
            {"name": "c", "source": source, "lock_exposure": True, "lines": [LINE]}
        )
    section = {"name": "c", "source": "/dev/video0", "lock_exposure": True, "lines": [LINE]}
    assert CameraSection.model_validate(section).lock_exposure
