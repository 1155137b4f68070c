"""What the camera's screen needs, from the configuration."""

import contextlib
from functools import partial

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.frames import CameraSource, FileSource, FrameSource
from kiosk.config import ArSection
from kiosk.errors import CameraLost, CameraUnknown
from kiosk.packs.keys import open_shelf
from kiosk.web.ar.gallery import Gallery
from kiosk.web.ar.looking import Camera
from kiosk.web.ar.stream import Looks
from kiosk.web.ar.view import ArView
from link.errors import ConfigError


def build_view(section: ArSection) -> ArView:
    """Return the camera's screen; no camera is opened yet. Raises ConfigError."""
    lens = read_lens(section)
    shelf = open_shelf(section)
    model = partial(lens_for, lens, section.fov_degrees)
    camera = None if section.source == "browser" else Camera(partial(open_camera, section), model)
    return ArView(Gallery(shelf), Looks(camera, model, (section.width, section.height)))


def try_camera(section: ArSection) -> str:
    """Take one frame, count what can be shown, and tell of both.

    Raises CameraLost, KeepingError, ConfigError.
    """
    lens = "" if read_lens(section) is None else ", its lens is known"
    shelf = open_shelf(section)
    targets = sum(len(pack.manifest.targets) for pack in shelf.current())
    shown = f"{targets} targets in the packs of {section.packs}"
    if section.source == "browser":
        return f"the page's browser has it{lens}; {shown}"
    with contextlib.closing(open_camera(section)) as source:
        if source.read() is None:
            raise CameraLost(f"{section.file or section.device}: gives no picture")
        width, height = source.size
    return f"{section.file or section.device} gives {width} x {height}{lens}; {shown}"


def open_camera(section: ArSection) -> FrameSource:
    """Open the camera, or the film in its place. Raises CameraLost."""
    if section.file is not None:
        return FileSource(section.file)
    device = section.device
    number = int(device) if device.isdigit() else device
    return CameraSource.open(number, (section.width, section.height), section.fps)


def read_lens(section: ArSection) -> CameraModel | None:
    """Read the lens' file, None where there is none. Raises ConfigError."""
    if section.camera is None:
        return None
    try:
        return CameraModel.load(section.camera)
    except CameraUnknown as error:
        raise ConfigError(f"ar.camera: {error}") from error


def lens_for(lens: CameraModel | None, fov_degrees: float, size: tuple[int, int]) -> CameraModel:
    """Return the model for the size of a camera's pictures. Raises CameraUnknown."""
    if lens is None:
        return CameraModel.from_fov(*size, fov_degrees)
    return lens.scaled(*size)
