"""From frames to what is seen in them: markers in each, pictures searched now and then, followed.

A search takes tens of milliseconds and runs in a thread of its own, some times a second; following
takes one or two and happens in every frame. What a search found in an older frame is shown only
after one step from there to the newest frame has proved it.
"""

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import Gray, gray_of
from kiosk.ar.fiducials import FiducialFinder, Marker
from kiosk.ar.frames import Frame
from kiosk.ar.hints import Light, Place, hint_of
from kiosk.ar.library import Found, TargetLibrary
from kiosk.ar.plane import area, mapped, overlap, rectangle
from kiosk.ar.pose import Pose, choose, poses_of
from kiosk.ar.settings import ArSettings, LookSettings
from kiosk.ar.sight import Floats, Hint, Seen, Sight
from kiosk.ar.target import Target
from kiosk.ar.tracking import Anchor, Step
from kiosk.errors import TargetRefused


@dataclass(eq=False)
class _Track:
    """A target that is followed; `corners` are of the last two frames."""

    anchor: Anchor
    corners: Floats
    before: Floats | None
    step: Step
    pose: Pose | None = None


@dataclass(frozen=True, eq=False)
class _Search:
    """What a search found, with the picture in which it did."""

    gray: Gray
    found: tuple[tuple[Found, Anchor, Step], ...]


class Engine:
    """Looks at frames one after the other. Frames have to be of the camera's size.

    `executor` runs the searches, one at a time; without one the engine has a thread of its own.
    `step` belongs to one thread; targets may be added and removed by any.
    """

    def __init__(
        self,
        library: TargetLibrary,
        markers: Iterable[Marker],
        camera: CameraModel,
        settings: ArSettings | None = None,
        executor: Executor | None = None,
    ) -> None:
        """Make one; raises TargetRefused where two markers have one name or number."""
        # A search on all cores would take them from the page, which has to show the next frame.
        cv2.setNumThreads(1)
        self.library = library
        self.camera = camera
        self._settings = settings or library.settings
        self._finder = FiducialFinder(markers, camera, self._settings)
        self._own = None if executor else ThreadPoolExecutor(1, thread_name_prefix="ar-search")
        self._executor: Executor = executor or self._own  # type: ignore[assignment]
        self._tracks: dict[str, _Track] = {}
        self._search: Future[_Search] | None = None
        self._searched_at = -1e9
        self._looks = 0
        self._lost: tuple[float, Place] | None = None
        self._light = Light(128.0, 1e3)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, target: Target) -> None:
        """Look for one more target from now on. Raises TargetRefused when its name is taken."""
        self.library.add(target)

    def remove(self, name: str) -> None:
        """Look for it no more. Raises KeyError."""
        self.library.remove(name)

    def close(self) -> None:
        """Wait for a search that is under way."""
        if self._own is not None:
            self._own.shutdown(wait=True, cancel_futures=True)

    def step(self, frame: Frame) -> Sight:
        """Return what is seen in this frame.

        Raises TargetRefused for a frame of another size than the camera's.
        """
        gray = gray_of(frame.image)
        if gray.shape[::-1] != self.camera.size:
            width, height = self.camera.size
            raise TargetRefused(
                f"a frame of {gray.shape[1]} x {gray.shape[0]}: the camera's model is of"
                f" {width} x {height}"
            )
        markers = self._finder.find(gray, frame.at)
        self._follow(gray, frame.at)
        self._take_over(gray)
        self._begin_search(gray, frame.at)
        seen = [self._seen(name, track) for name, track in self._tracks.items()]
        pictures = tuple(one for one in seen if one is not None)
        return Sight(frame.number, markers + pictures, self._hint(markers, frame.at))

    def _follow(self, gray: Gray, at: float) -> None:
        for name, track in list(self._tracks.items()):
            if self.library.find(name) is not track.anchor.target:
                del self._tracks[name]
                continue
            step = track.anchor.step(gray, _expected(track), track.step.light)
            if step is None:
                step = track.anchor.step(gray, track.step.homography, is_hand_over=True)
            if step is None:
                del self._tracks[name]
                self._lost = at, self._place(track)
                # Look for it at once.
                self._searched_at = -1e9
                continue
            track.before, track.step = track.corners, step
            track.corners = _corners(track.anchor, step.homography)

    def _take_over(self, gray: Gray) -> None:
        """Begin to follow what a finished search found, where it is by now."""
        if self._search is None or not self._search.done():
            return
        search, self._search = self._search.result(), None
        for found, anchor, then in search.found:
            if found.name in self._tracks or self.library.find(found.name) is not anchor.target:
                continue
            if len(self._tracks) >= self._settings.track.most_tracked:
                return
            now = (
                then
                if search.gray is gray
                else anchor.step(gray, then.homography, is_hand_over=True)
            )
            if now is None:
                self._searched_at = -1e9
                continue
            corners = _corners(anchor, now.homography)
            if all(overlap(corners, other.corners) < 0.5 for other in self._tracks.values()):
                self._tracks[found.name] = _Track(anchor, corners, None, now)

    def _begin_search(self, gray: Gray, at: float) -> None:
        settings = self._settings.engine
        rate = settings.search_hz_tracked if self._tracks else settings.search_hz
        is_full = len(self._tracks) >= self._settings.track.most_tracked
        if self._search is not None or is_full or not len(self.library):
            return
        if 0 <= at - self._searched_at < 1 / rate:
            return
        self._searched_at = at
        mask = None
        if self._tracks:
            mask = np.full_like(gray, 255)
            for track in self._tracks.values():
                cv2.fillConvexPoly(mask, np.round(track.corners).astype(np.int32), 0)
        names = frozenset(self._tracks)
        # One look at a time, each in its turn: with nothing to find all of them would keep the
        # thread busy for most of the time.
        looks = self._settings.recogniser.looks
        how = looks[self._looks % len(looks)]
        self._looks += 1
        self._search = self._executor.submit(self._look, gray, mask, names, how)
        self._take_over(gray)

    def _look(
        self, gray: Gray, mask: Gray | None, without: frozenset[str], how: LookSettings
    ) -> _Search:
        """Search a frame; runs in the executor."""
        small = gray[::2, ::2]
        sharpness = float(cv2.Laplacian(small, cv2.CV_32F).var())
        self._light = Light(float(small.mean()), sharpness)
        proved = []
        for found in self.library.recognise(gray, mask, (how,), without):
            anchor = self.library.anchor(found.name)
            if anchor is None:  # removed meanwhile
                continue
            step = anchor.step(gray, found.homography, is_hand_over=True)
            if step is not None:
                proved.append((found, anchor, step))
        return _Search(gray, tuple(proved))

    def _seen(self, name: str, track: _Track) -> Seen | None:
        target = track.anchor.target
        poses = poses_of(track.corners, target.width_mm, target.height_mm, self.camera)
        track.pose = choose(poses, track.pose, self._settings.pose)
        if track.pose is None:
            return None
        return Seen(
            name,
            track.corners,
            track.step.homography,
            track.pose.rotation,
            track.pose.translation,
            track.step.quality,
        )

    def _place(self, track: _Track) -> Place:
        width, height = self.camera.size
        tilt = 0.0 if track.pose is None else track.pose.tilt
        return Place(area(track.corners) / (width * height), tilt)

    def _hint(self, markers: tuple[Seen, ...], at: float) -> Hint:
        settings = self._settings.engine
        seen = tuple(self._place(track) for track in self._tracks.values()) + tuple(
            Place(settings.large_share, 0.0) for _ in markers
        )
        lost = None
        if self._lost is not None and 0 <= at - self._lost[0] <= settings.memory_seconds:
            lost = self._lost[1]
        return hint_of(seen, lost, self._light, settings)


def _corners(anchor: Anchor, homography: Floats) -> Floats:
    target = anchor.target
    return mapped(homography, rectangle(target.width_mm, target.height_mm))


def _expected(track: _Track) -> Floats:
    """Expect the movement of the last frame once more."""
    if track.before is None:
        return track.step.homography
    target = track.anchor.target
    ahead = 2 * track.corners - track.before
    return np.asarray(
        cv2.getPerspectiveTransform(
            rectangle(target.width_mm, target.height_mm).astype(np.float32),
            ahead.astype(np.float32),
        ),
        np.float64,
    )
