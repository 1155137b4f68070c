"""Following a found target: its own picture is laid where it should be and shifted until it fits.

Every frame is compared with the enrolled picture, never with the frame before, so that errors do
not add up.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.features import Gray
from kiosk.ar.plane import is_plausible, mapped, rectangle, scaling
from kiosk.ar.settings import TrackSettings
from kiosk.ar.sight import Floats
from kiosk.ar.target import Target
from kiosk.ar.verify import fitted_plane

Light = tuple[float, float]

_FRAME = 200  # pixels: what a turned card leaves of its bounding box is drawn too
_UNFRAMED = np.array([[1, 0, -_FRAME], [0, 1, -_FRAME], [0, 0, 1]], np.float64)
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 14, 0.015)


@dataclass(frozen=True, eq=False)
class Step:
    """Where a target is in a frame: (3, 3) from target mm to pixels, with a quality 0 to 1."""

    homography: Floats
    quality: float
    moved: float  # pixels, on average, from where it was expected
    light: Light  # of the frame, against the enrolled picture: gain and lift in grey levels


@dataclass(frozen=True, eq=False)
class _Shift:
    """How points of a reference (n, 2) lie in a frame (n, 2), and which of them are alike."""

    homography: Floats
    quality: float
    moved: float
    light: Light


class Anchor:
    """A target made ready to be followed."""

    def __init__(self, target: Target, settings: TrackSettings) -> None:
        self.target = target
        self._settings = settings
        self._levels: list[tuple[Gray, Floats]] = []
        height, width = target.gray.shape
        small = target.gray
        while True:
            back = scaling(width / small.shape[1], height / small.shape[0])
            self._levels.append((_framed(small), back @ _UNFRAMED))
            if min(small.shape) < 48:
                break
            size = -(-small.shape[1] // 2), -(-small.shape[0] // 2)
            small = np.asarray(
                cv2.resize(target.gray, size, interpolation=cv2.INTER_AREA), np.uint8
            )
        self._points = _points(target.gray, settings)
        self._from_mm = np.linalg.inv(target.to_mm)

    def step(
        self,
        gray: Gray,
        expected: Floats,
        light: Light | None = None,
        *,
        is_hand_over: bool = False,
    ) -> Step | None:
        """Find the target in a frame (h, w) near where it is expected; None when it is not there.

        `expected` (3, 3) takes target mm to pixels, `light` is that of the step before;
        `is_hand_over` looks further around.
        """
        settings = self._settings
        if not is_hand_over:
            return self._settled(gray, expected, light, settings.levels, 2)
        for levels in settings.hand_over_levels:
            step = self._settled(gray, expected, light, levels, 3)
            if step is not None:
                return step
        return None

    def _settled(
        self, gray: Gray, expected: Floats, light: Light | None, levels: int, rounds: int
    ) -> Step | None:
        """Shift it until it hardly moves any more, at most so many rounds; the first the widest."""
        settings = self._settings
        height, width = self.target.gray.shape
        homography = expected @ self.target.to_mm
        step, moved = None, 0.0
        for _ in range(rounds):
            if not is_plausible(homography, width, height, settings.smallest_side):
                return None
            shift = self._shift(gray, homography, levels, light)
            if shift is None:
                return None
            homography, light, levels = shift.homography, shift.light, settings.levels
            moved += shift.moved
            to_frame = homography @ self._from_mm
            step = Step(to_frame / to_frame[2, 2], shift.quality, moved, light)
            if shift.moved <= settings.again_pixels:
                break
        if not is_plausible(homography, width, height, settings.smallest_side):
            return None
        return step

    def _shift(
        self, gray: Gray, homography: Floats, levels: int, light: Light | None
    ) -> _Shift | None:
        """Lay the reference by `homography` (reference pixels to frame) and see where points go."""
        settings = self._settings
        reach = settings.window + 8
        quad = mapped(homography, rectangle(*self.target.gray.shape[::-1]))
        low = np.maximum(0, np.floor(quad.min(axis=0)).astype(int) - reach)
        high = np.minimum(gray.shape[::-1], np.ceil(quad.max(axis=0)).astype(int) + reach)
        if np.any(high - low < 3 * settings.window):
            return None
        region = gray[low[1] : high[1], low[0] : high[0]]
        to_region = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], np.float64) @ homography
        expected = mapped(to_region, self._points)
        edge = settings.patch + 2
        inside = np.all((expected >= edge) & (expected < (high - low) - edge), axis=1)
        if inside.sum() < settings.fewest_inliers:
            return None
        places, expected = self._points[inside], expected[inside]
        laid = self._laid(to_region, quad, (int(high[0] - low[0]), int(high[1] - low[1])))
        gain, lift = light or _light(laid, region, expected, expected)
        lit = np.asarray(cv2.addWeighted(laid, gain, laid, 0, lift), np.uint8)
        start = expected.astype(np.float32).reshape(-1, 1, 2)
        ends, is_there, _ = cv2.calcOpticalFlowPyrLK(
            lit,
            region,
            start,
            start.copy(),
            winSize=(settings.window, settings.window),
            maxLevel=levels,
            criteria=_STOP,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
            minEigThreshold=1e-3,
        )
        ends = np.asarray(ends, np.float64).reshape(-1, 2)
        good = is_there.ravel() > 0
        if good.sum() < settings.fewest_inliers:
            return None
        fitted, agreed = fitted_plane(places[good], ends[good] + low, settings.ransac_error)
        if fitted is None:
            return None
        inliers = np.flatnonzero(good)[agreed]
        fitted = _fitted_again(fitted, places[inliers], ends[inliers] + low)
        share = len(inliers) / len(places)
        if len(inliers) < settings.fewest_inliers or share < settings.least_share:
            return None
        some = inliers[::2]  # half of them have the same middle
        alike = _alike(laid, region, expected[some], ends[some], settings.patch)
        correlation = float(np.median(alike))
        if correlation < settings.least_correlation:
            return None
        moved = float(np.linalg.norm(ends[inliers] - expected[inliers], axis=1).mean())
        visible = len(inliers) / len(self._points)
        quality = min(1.0, correlation * (0.4 + 0.6 * min(1.0, visible / 0.8)))
        # Only what agrees tells the light: a hand over a quarter of the target does not.
        seen = np.clip(ends[inliers], 0, np.array(region.shape[::-1]) - 1)
        return _Shift(fitted, quality, moved, _light(laid, region, expected[inliers], seen))

    def _laid(self, to_region: Floats, quad: Floats, size: tuple[int, int]) -> Gray:
        """Draw the reference as it should look, from the copy whose pixels are about as large."""
        width = self.target.gray.shape[1]
        drawn = float(np.linalg.norm(quad[[1, 2]] - quad[[0, 3]], axis=1).max())
        wanted = round(np.log2(max(1.0, width / max(drawn, 1.0))))
        level, back = self._levels[min(wanted, len(self._levels) - 1)]
        laid = cv2.warpPerspective(
            level,
            to_region @ back,
            size,
            flags=cv2.INTER_LINEAR,
        )
        return np.asarray(laid, np.uint8)


def _framed(picture: Gray) -> Gray:
    """Go on with a picture beyond its edges, as far as a window around a point may reach."""
    # Done once: a border that OpenCV makes while it draws takes longer than the drawing.
    frame = (_FRAME,) * 4
    return np.asarray(cv2.copyMakeBorder(picture, *frame, cv2.BORDER_REPLICATE), np.uint8)


def _fitted_again(fitted: Floats, places: Floats, seen: Floats) -> Floats:
    """Fit all that agree by least squares: a sample's map trembles several times as much."""
    if len(places) < 8:
        return fitted
    found, _ = cv2.findHomography(places, seen, 0)
    return np.asarray(found, np.float64) if np.shape(found) == (3, 3) else fitted


def _points(gray: Gray, settings: TrackSettings) -> Floats:
    """Choose corners (n, 2) that are spread over the reference: the best of each cell first."""
    height, width = gray.shape
    mask = np.zeros_like(gray)
    margin = round(settings.margin)
    mask[margin : height - margin, margin : width - margin] = 255
    found = cv2.goodFeaturesToTrack(gray, 600, 0.003, settings.apart, mask=mask, blockSize=5)
    if np.size(found) < 2:
        return np.empty((0, 2), np.float64)
    points = np.asarray(found, np.float64).reshape(-1, 2)
    cells = (points / (width, height) * 6).astype(int) @ (6, 1)
    rank = np.zeros(len(points), int)
    counts: dict[int, int] = {}
    for index, cell in enumerate(cells):
        rank[index] = counts[int(cell)] = counts.get(int(cell), -1) + 1
    return points[np.argsort(rank, kind="stable")[: settings.points]]


def _light(laid: Gray, region: Gray, ours: Floats, theirs: Floats) -> Light:
    """Return the gain and lift with which points of one picture look like those of the other."""
    one, other = (
        picture[tuple(np.round(points).astype(int).T[::-1])].astype(np.float64)
        for picture, points in ((laid, ours), (region, theirs))
    )
    gain = float(np.clip((other.std() + 2) / (one.std() + 2), 0.1, 4.0))
    return gain, float(other.mean() - gain * one.mean())


def _alike(laid: Gray, region: Gray, ours: Floats, theirs: Floats, patch: int) -> Floats:
    """Correlate patches around points of both pictures: (n,) of -1 to 1."""
    one, other = _patches(laid, ours, patch), _patches(region, theirs, patch)
    one -= one.mean(axis=1, keepdims=True)
    other -= other.mean(axis=1, keepdims=True)
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.asarray((one * other).sum(axis=1) / np.maximum(size, 1e-6), np.float64)


def _patches(picture: Gray, points: Floats, patch: int) -> NDArray[np.float32]:
    height, width = picture.shape
    around = np.arange(-patch, patch + 1)
    x = np.clip(np.round(points[:, 0]).astype(int)[:, None] + around, 0, width - 1)
    y = np.clip(np.round(points[:, 1]).astype(int)[:, None] + around, 0, height - 1)
    cut = picture[y[:, :, None], x[:, None, :]]
    return cut.reshape(len(points), -1).astype(np.float32)
