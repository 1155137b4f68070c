"""Hold a V4L2 camera's exposure and white balance where its automatic has put them.

Never tried on hardware: which of these a camera obeys is its driver's affair, and is logged.
"""

from typing import Final, Protocol

import cv2

SETTLE_SECONDS: Final = 3.0
"""So long the automatic may look at the room before it is held."""
_MANUAL: Final = 1
"""V4L2_EXPOSURE_MANUAL of `v4l2-controls.h`."""


class Controls(Protocol):
    """What is needed of `cv2.VideoCapture`."""

    def get(self, prop: int, /) -> float:
        """Return a property; -1 or 0 where there is none."""

    def set(self, prop: int, value: float, /) -> bool:
        """Set a property; False where the driver refuses."""


def lock_exposure(camera: Controls) -> tuple[str, ...]:
    """Hold exposure, gain and white balance as they are; return which the camera refused."""
    exposure = camera.get(cv2.CAP_PROP_EXPOSURE)
    gain = camera.get(cv2.CAP_PROP_GAIN)
    temperature = camera.get(cv2.CAP_PROP_WB_TEMPERATURE)
    wanted: list[tuple[str, int, float]] = [
        ("automatic exposure", cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL),
        ("automatic white balance", cv2.CAP_PROP_AUTO_WB, 0),
    ]
    # A value that the driver does not tell would be set to nonsense.
    if exposure > 0:
        wanted.append(("exposure", cv2.CAP_PROP_EXPOSURE, exposure))
    if gain > 0:
        wanted.append(("gain", cv2.CAP_PROP_GAIN, gain))
    if temperature > 0:
        wanted.append(("white balance", cv2.CAP_PROP_WB_TEMPERATURE, temperature))
    return tuple(name for name, prop, value in wanted if not camera.set(prop, value))
