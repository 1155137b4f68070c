"""Following a card in a hand: ours beside detection in every frame and tracking frame to frame."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from benchmarks.report import Result
from examples.ar_scenes.covers import WIDTH_MM, cover
from examples.ar_scenes.hand import HandHeld
from examples.ar_scenes.view import ORDINARY, Conditions
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.engine import Engine
from kiosk.ar.features import Gray, find_features, gray_of
from kiosk.ar.frames import Frame, SyntheticSource
from kiosk.ar.library import TargetLibrary
from kiosk.ar.plane import mapped, rectangle
from kiosk.ar.settings import TrackSettings
from kiosk.ar.sight import Floats
from kiosk.ar.target import Target, enrol
from kiosk.ar.tracking import Anchor, Light
from kiosk.ar.verify import fitted_plane

FILMS: Final = 8
FRAMES: Final = 75
FPS: Final = 30
#: Of covers of pictures and shapes; every second frame of a film shows a fast hand.
_COVERS: Final = (0, 1, 2, 3, 5, 6, 7, 8)
Follow = Callable[[Gray], Floats | None]


@dataclass
class Course:
    """What one way of following did over all films."""

    corners: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    lost: int = 0
    trembling: list[float] = field(default_factory=list)


def measure(camera: CameraModel) -> list[Result]:
    makers: dict[str, Callable[[Target, Floats, Gray], Follow]] = {
        "anchored": _anchored,
        "detection in every frame": _detection,
        "frame to frame": _frame_to_frame,
    }
    courses = {name: Course() for name in makers}
    hidden = {name: Course() for name in makers}
    for number, seed in enumerate(_COVERS[:FILMS]):
        moving = HandHeld(cover(seed), WIDTH_MM, camera, number)
        _run(moving, makers, courses, FRAMES)
        covered = HandHeld(
            cover(seed), WIDTH_MM, camera, 50 + number, conditions=Conditions(occluded=0.25)
        )
        _run(covered, makers, hidden, FRAMES // 3)
        still = HandHeld(cover(seed), WIDTH_MM, camera, 90 + number, pace=0, conditions=ORDINARY)
        _run(still, makers, courses, 20, is_still=True)
    return [
        *_rows("anchored", courses["anchored"], hidden["anchored"], is_ours=True),
        *_rows(
            "detection in every frame",
            courses["detection in every frame"],
            hidden["detection in every frame"],
        ),
        *_rows("frame to frame", courses["frame to frame"], hidden["frame to frame"]),
    ]


def _rows(name: str, course: Course, hidden: Course, *, is_ours: bool = False) -> Iterator[Result]:
    frames = len(course.milliseconds)
    covered = (
        f"a quarter covered: {np.median(hidden.corners):.2f}, p95"
        f" {np.percentile(hidden.corners, 95):.2f} px, {hidden.lost} of"
        f" {len(hidden.milliseconds)} lost"
    )
    promise = (3.0, 0.3, 1.0, 0.1) if is_ours else (None,) * 4
    figures = (
        ("a frame, median", float(np.median(course.milliseconds)), "ms"),
        ("corner, median", float(np.median(course.corners)), "px"),
        ("corner, p95", float(np.percentile(course.corners, 95)), "px"),
        ("jitter of a still card", float(np.mean(course.trembling)), "px"),
    )
    notes = (
        f"p95 {np.percentile(course.milliseconds, 95):.1f} ms",
        f"{course.lost} of {frames} frames lost; {covered}",
        "",
        "",
    )
    for (what, value, unit), most, note in zip(figures, promise, notes, strict=True):
        yield Result(f"tracking, {name}: {what}", value, unit, most, note=note)


def _run(
    scene: HandHeld,
    makers: dict[str, Callable[[Target, Floats, Gray], Follow]],
    courses: dict[str, Course],
    frames: int,
    *,
    is_still: bool = False,
) -> None:
    target = enrol(scene.picture_held, "card", WIDTH_MM)
    outline = rectangle(target.width_mm, target.height_mm)
    follows: dict[str, Follow] = {}
    places: dict[str, list[Floats]] = {name: [] for name in makers}
    for number in range(frames):
        image, placed = scene.picture(number / FPS), scene.placed(number / FPS)
        assert image is not None
        assert placed is not None
        gray = gray_of(image)
        if not follows:
            # All begin where a search would let them begin: a pixel or two off.
            rng = np.random.default_rng([43, scene.seed])
            rough = placed.corners(scene.camera) + rng.normal(0, 1.2, (4, 2))
            start = _plane(outline, rough)
            follows = {name: make(target, start, gray) for name, make in makers.items()}
        for name, follow in follows.items():
            begin = time.thread_time()
            found = follow(gray)
            spent = 1000 * (time.thread_time() - begin)
            if is_still:
                if found is not None:
                    places[name].append(mapped(found, outline))
                continue
            courses[name].milliseconds.append(spent)
            if found is None:
                courses[name].lost += 1
                continue
            corners = mapped(found, outline)
            courses[name].corners += list(
                np.linalg.norm(corners - placed.corners(scene.camera), axis=1)
            )
    if is_still:
        for name, seen in places.items():
            if len(seen) > 4:
                courses[name].trembling.append(float(np.std(seen[2:], axis=0).mean()))


def _anchored(target: Target, start: Floats, _first: Gray) -> Follow:
    anchor = Anchor(target, TrackSettings())
    outline = rectangle(target.width_mm, target.height_mm)
    last: list[Floats] = [start]
    light: list[Light | None] = [None]

    def follow(gray: Gray) -> Floats | None:
        expected = last[-1]
        if len(last) > 1:
            here, before = (mapped(one, outline) for one in (last[-1], last[-2]))
            expected = _plane(outline, 2 * here - before)
        step = anchor.step(gray, expected, light[0])
        if step is None:
            step = anchor.step(gray, last[-1], is_hand_over=True)
        if step is None:
            return None
        light[0] = step.light
        last.append(step.homography)
        return step.homography

    return follow


def _detection(target: Target, _start: Floats, _first: Gray) -> Follow:
    """Find the one card anew in each frame: features, ratio test, RANSAC."""
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    back = np.linalg.inv(target.to_mm)

    def follow(gray: Gray) -> Floats | None:
        seen = find_features(gray, 1000)
        if len(seen) < 8:
            return None
        pairs = matcher.knnMatch(seen.bits, target.bits[: target.flat], k=2)
        good = [m[0] for m in pairs if len(m) == 2 and m[0].distance < 0.8 * m[1].distance]
        if len(good) < 10:
            return None
        places = target.places[[m.trainIdx for m in good]]
        found, agreed = fitted_plane(places, seen.places[[m.queryIdx for m in good]], 3.0)
        return None if found is None or agreed.sum() < 10 else found @ back

    return follow


def _frame_to_frame(target: Target, start: Floats, first: Gray) -> Follow:
    """Shift points of the frame before, and move the card with them."""
    state: list[tuple[Gray, Floats]] = [(first, start)]
    outline = rectangle(target.width_mm, target.height_mm)

    def follow(gray: Gray) -> Floats | None:
        before, homography = state[-1]
        mask = np.zeros_like(before)
        quad = np.round(mapped(homography, outline)).astype(np.int32)
        cv2.fillConvexPoly(mask, quad, (255,))
        points = cv2.goodFeaturesToTrack(before, 120, 0.01, 6, mask=mask)
        if np.size(points) < 24:
            return None
        start_at = np.asarray(points, np.float32)
        ends, is_there, _ = cv2.calcOpticalFlowPyrLK(
            before, gray, start_at, start_at.copy(), winSize=(17, 17), maxLevel=3
        )
        good = is_there.ravel() > 0
        one = start_at.reshape(-1, 2)[good].astype(np.float64)
        other = np.asarray(ends, np.float64).reshape(-1, 2)[good]
        if len(one) < 10:
            return None
        moved, agreed = fitted_plane(one, other, 1.5)
        if moved is None or agreed.sum() < 10:
            return None
        state[0] = gray, moved @ homography
        return state[0][1]

    return follow


def _plane(outline: Floats, corners: Floats) -> Floats:
    found = cv2.getPerspectiveTransform(outline.astype(np.float32), corners.astype(np.float32))
    return np.asarray(found, np.float64)


def measure_relock(camera: CameraModel) -> Result:
    """Put the card away and show it again, by the clock, with a thread that searches."""
    library = TargetLibrary()
    library.add_all(enrol(cover(seed), str(seed), WIDTH_MM) for seed in range(40))
    library.settle()
    spans = [(1.5 * k + 1.0, 1.5 * k + 1.4) for k in range(10)]
    scene = HandHeld(cover(3), WIDTH_MM, camera, 5, away=spans, seconds=16.2)
    # Drawing takes longer than a frame lasts, so that the pictures are made before they are played.
    images = [scene.picture(number / FPS) for number in range(16 * FPS)]
    waits = []
    shown = Played(camera, [image for image in images if image is not None])
    with Engine(library, (), camera) as engine:
        source = SyntheticSource(shown, fps=FPS)
        begin: float | None = None
        was_away = False
        while (frame := source.read()) is not None:
            is_away = scene.placed(shown.number / FPS) is None
            if was_away and not is_away:
                begin = frame.at
            was_away = is_away
            sight = engine.step(Frame(frame.number, frame.at, frame.image))
            if sight.seen and begin is not None and not is_away:
                waits.append(1000 * (frame.at - begin))
                begin = None
    waits = waits or [math.inf]
    note = f"longest {max(waits):.0f} ms of {len(waits)}; 40 enrolled, a real thread, by the clock"
    return Result(
        "re-lock after 0.4 s out of sight, median", float(np.median(waits)), "ms", 500, note=note
    )


@dataclass
class Played:
    """Pictures that were drawn before, at their rate."""

    camera: CameraModel
    images: list[Gray]
    number: int = 0

    @property
    def size(self) -> tuple[int, int]:
        return self.camera.size

    def picture(self, seconds: float) -> Gray | None:
        self.number = round(seconds * FPS)
        return self.images[self.number] if self.number < len(self.images) else None
