"""Printed square markers: ArUco and AprilTag dictionaries.

Measured on pictures of rooms: 4x4 dictionaries are seen now and then where no marker is, 5X5_100,
6X6_250 and 36h11 were not. OpenCV's Aruco3 search and its AprilTag refinement find fewer markers
and stay off.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import Gray
from kiosk.ar.plane import mapped, rectangle
from kiosk.ar.pose import Pose, choose, poses_of
from kiosk.ar.settings import ArSettings
from kiosk.ar.sight import Floats, Seen
from kiosk.ar.target import Advice, Target
from kiosk.ar.tracking import Anchor
from kiosk.errors import TargetRefused

_PART: Final = 24
"""Pixels of a bit in the picture that is laid on the frame."""
DICTIONARIES: Final = tuple(sorted(name for name in dir(cv2.aruco) if name.startswith("DICT_")))


@dataclass(frozen=True)
class Marker:
    """A marker as it was printed: `size_mm` is the side of its black square."""

    dictionary: str
    number: int
    size_mm: float
    name: str

    def __post_init__(self) -> None:
        if not 2 <= self.size_mm <= 2000:
            raise TargetRefused(
                f"{self.name}: a side of {self.size_mm:g} mm: 2 to 2000 are possible"
            )
        held = len(_dictionary(self.dictionary).bytesList)
        if not 0 <= self.number < held:
            raise TargetRefused(
                f"{self.name}: {self.dictionary} has markers 0 to {held - 1}, none {self.number}"
            )


def draw_marker(marker: Marker, pixels: int) -> NDArray[np.uint8]:
    """Draw a marker (pixels, pixels) in grey, without the white margin that it needs."""
    drawn = cv2.aruco.generateImageMarker(_dictionary(marker.dictionary), marker.number, pixels)
    return np.asarray(drawn, np.uint8)


class FiducialFinder:
    """Finds markers of these numbers; remembers their poses for as long as they stay in sight."""

    def __init__(
        self,
        markers: Iterable[Marker],
        camera: CameraModel,
        settings: ArSettings | None = None,
    ) -> None:
        """Make one; raises TargetRefused where two markers have one name or one number."""
        self._settings = settings or ArSettings()
        self._camera = camera
        self._markers: dict[str, dict[int, Marker]] = {}
        self._previous: dict[str, tuple[float, Pose]] = {}
        names = set()
        for marker in markers:
            numbers = self._markers.setdefault(marker.dictionary, {})
            if marker.name in names or marker.number in numbers:
                raise TargetRefused(
                    f"{marker.name}: this name or number is taken by another marker"
                )
            names.add(marker.name)
            numbers[marker.number] = marker
        self._detectors = {name: self._detector(name) for name in self._markers}
        flow = replace(self._settings.track, levels=self._settings.marker.levels)
        self._prints = {
            marker.name: Anchor(_as_target(marker), flow)
            for numbers in self._markers.values()
            for marker in numbers.values()
        }

    def find(self, gray: Gray, at: float) -> tuple[Seen, ...]:
        """Find markers in a picture (h, w) taken at this instant, in seconds."""
        if min(gray.shape) < 16:
            return ()
        seen = []
        for name, detector in self._detectors.items():
            corners, numbers, _ = detector.detectMarkers(gray)
            known = self._markers[name]
            for quad, number in zip(
                corners, () if numbers is None else numbers.ravel(), strict=False
            ):
                if (marker := known.get(int(number))) is not None:
                    one = self._placed(gray, marker, np.asarray(quad, np.float64).reshape(4, 2), at)
                    if one is not None:
                        seen.append(one)
        return tuple(seen)

    def _placed(self, gray: Gray, marker: Marker, corners: Floats, at: float) -> Seen | None:
        size = marker.size_mm
        corners = self._refined(gray, marker, corners)
        then, previous = self._previous.get(marker.name, (at, None))
        if not 0 <= at - then <= self._settings.pose.memory_seconds:
            previous = None
        pose = choose(poses_of(corners, size, size, self._camera), previous, self._settings.pose)
        if pose is None:
            return None
        self._previous[marker.name] = at, pose
        shortest = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).min()
        quality = min(1.0, float(shortest) / self._settings.marker.best_side) / (1 + pose.error)
        return Seen(
            marker.name,
            corners,
            _plane(size, corners),
            pose.rotation,
            pose.translation,
            quality,
            is_marker=True,
        )

    def _refined(self, gray: Gray, marker: Marker, corners: Floats) -> Floats:
        """Lay the marker's own picture on the frame: all its edges tell, not four corners alone."""
        size = marker.size_mm
        margin = _margin(marker)
        to_marker = np.array([[1, 0, -margin], [0, 1, -margin], [0, 0, 1]])
        step = self._prints[marker.name].step(gray, _plane(size, corners) @ to_marker)
        if step is None:
            return corners
        found = mapped(step.homography, rectangle(size, size) + margin)
        off = float(np.linalg.norm(found - corners, axis=1).max())
        return found if off <= self._settings.marker.most_refined else corners

    def _detector(self, name: str) -> cv2.aruco.ArucoDetector:
        how = cv2.aruco.DetectorParameters()
        how.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        how.cornerRefinementWinSize = self._settings.marker.window
        return cv2.aruco.ArucoDetector(_dictionary(name), how)


def _plane(size: float, corners: Floats) -> Floats:
    found = cv2.getPerspectiveTransform(
        rectangle(size, size).astype(np.float32), corners.astype(np.float32)
    )
    return np.asarray(found, np.float64)


def _parts(marker: Marker) -> int:
    """Return of how many bits and border a side consists."""
    return int(_dictionary(marker.dictionary).markerSize) + 2


def _margin(marker: Marker) -> float:
    """Return the width in mm of the white around it that is looked at, too: one bit."""
    return marker.size_mm / _parts(marker)


def _as_target(marker: Marker) -> Target:
    sheet = np.pad(draw_marker(marker, _PART * _parts(marker)), _PART, constant_values=255)
    side = marker.size_mm + 2 * _margin(marker)
    none = np.empty((0, 2)), np.empty((0, 32), np.uint8)
    return Target(marker.name, side, side, sheet, *none, 0, 1.0, Advice.GOOD, "")


def _dictionary(name: str) -> cv2.aruco.Dictionary:
    if name not in DICTIONARIES:
        raise TargetRefused(f"there is no dictionary {name!r}; there are {', '.join(DICTIONARIES)}")
    return cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
