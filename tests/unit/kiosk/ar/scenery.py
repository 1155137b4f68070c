"""What tests of AR look at: a camera, some enrolled covers, and frames of them."""

from concurrent.futures import Executor, Future
from functools import cache
from typing import Any

from examples.ar_scenes.covers import WIDTH_MM, cover
from examples.ar_scenes.view import ORDINARY, Conditions, Placed, place, render, turned
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import Gray, gray_of
from kiosk.ar.target import Target, enrol

CAMERA = CameraModel.from_fov(640, 480, 60)


@cache
def target(seed: int) -> Target:
    """Return the cover of this number, enrolled under it."""
    return enrol(cover(seed), str(seed), WIDTH_MM)


def held(
    seed: int,
    tilt: float = 20.0,
    centre: tuple[float, float, float] = (0.0, 0.0, 320.0),
    spin: float = 15.0,
    width_mm: float = WIDTH_MM,
) -> Placed:
    """Place a cover before the camera."""
    return place(cover(seed), width_mm, turned(tilt, 40.0, spin), centre)


def frame(*placed: Placed, seed: int = 1, how: Conditions = ORDINARY) -> Gray:
    """Draw what the camera sees, in grey."""
    return gray_of(render(CAMERA, placed, seed, how))


class Inline(Executor):
    """Does everything at once, in the thread that asks."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done
