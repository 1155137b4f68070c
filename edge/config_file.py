"""Reading an edge's configuration file, with its relative paths."""

from pathlib import Path
from typing import Any

from edge.config import CameraSection, EdgeConfig
from edge.remote_settings import SETTABLE
from link import config_file
from link.remote.starting import Reading, in_force


def load(path: Path) -> EdgeConfig:
    """Read a configuration file, with the settings from afar that are in force over it.

    Relative paths in it start from its folder. Raises ConfigError: file, key and reason in one
    sentence.
    """
    return in_force(reading(path))


def reading(path: Path) -> Reading[EdgeConfig]:
    """Return how a configuration file is read, with settings from afar or without."""
    return Reading(path, SETTABLE, checked)


def checked(path: Path, content: dict[str, Any]) -> EdgeConfig:
    """Turn what a file holds into a configuration; `path` is where it stands or will stand.

    Raises ConfigError.
    """
    config = config_file.checked(path, content, EdgeConfig)
    cameras = tuple(_camera_beside(path.parent, camera) for camera in config.cameras)
    return config.model_copy(update={"cameras": cameras})


def _camera_beside(folder: Path, camera: CameraSection) -> CameraSection:
    paths: dict[str, str | Path] = {}
    if camera.is_file:
        paths["source"] = str(folder / camera.source)
    if camera.model is not None:
        paths["model"] = folder / camera.model
    return camera.model_copy(update=paths)
