"""Proof that a target is where its features say: geometry, then what the frame shows there."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.features import Features, Gray
from kiosk.ar.neighbours import nearest
from kiosk.ar.plane import is_plausible, mapped, scaling
from kiosk.ar.settings import RecogniserSettings
from kiosk.ar.sight import Floats
from kiosk.ar.target import Target

_SIDE: Final = 128
_CELL: Final = 8
_FEWEST_CELLS: Final = 6
_TEXTURE: Final = 6.0  # standard deviation in grey levels


@dataclass(frozen=True, eq=False)
class Fit:
    """A map (3, 3) from reference pixels to the frame, and how many places agree with it.

    `seen` (n, 2) are the features of the frame that do.
    """

    homography: Floats
    inliers: int
    seen: Floats


def fit(target: Target, seen: Features, settings: RecogniserSettings) -> Fit | None:
    """Match the features of a frame with one target's and find the map that most agree with."""
    if min(len(target.places), len(seen)) < settings.fewest_inliers:
        return None
    found, far = nearest(seen.bits, target.bits, 4)
    places = target.places[found]
    # The tilted views hold the same place again: the rival is the nearest of another place.
    apart = np.hypot(*np.moveaxis(places - places[:, :1], 2, 0)) > settings.same_place
    rival = np.where(apart, far, 256).min(axis=1)
    rival = np.minimum(rival, np.maximum(far[:, -1], settings.match_distance))
    good = (far[:, 0] <= settings.match_distance) & (far[:, 0] < settings.ratio * rival)
    if good.sum() < settings.fewest_inliers:
        return None
    homography, inliers = fitted_plane(
        places[good, 0], seen.places[good], settings.ransac_error, settings.ransac_rounds
    )
    if homography is None:
        return None
    # Several features of one place are one witness.
    cells = np.unique(np.round(places[good, 0][inliers] / settings.same_place), axis=0)
    height, width = target.gray.shape
    if len(cells) < settings.fewest_inliers or not is_plausible(
        homography, width, height, settings.smallest_side
    ):
        return None
    return Fit(homography, len(cells), seen.places[good][inliers])


def fitted_plane(
    places: Floats, seen: Floats, error: float, rounds: int = 500
) -> tuple[Floats | None, NDArray[np.bool_]]:
    """Find the (3, 3) map of places (n, 2) to `seen` (n, 2) that most agree with (MAGSAC).

    `error` is pixels of `seen`. Return it, or None, and which of them agree (n,).
    """
    found, agreed = cv2.findHomography(places, seen, cv2.USAC_MAGSAC, error, None, rounds, 0.999)
    if np.shape(found) != (3, 3):
        return None, np.zeros(len(places), bool)
    return np.asarray(found, np.float64), np.asarray(agreed).ravel() > 0


class Likeness:
    """A target's reference, made ready to be compared with frames."""

    def __init__(self, target: Target) -> None:
        height, width = target.gray.shape
        factor = _SIDE / max(height, width)
        columns = max(2, round(width * factor / _CELL))
        rows = max(2, round(height * factor / _CELL))
        self.size = columns * _CELL, rows * _CELL
        self._from_small = scaling(width / self.size[0], height / self.size[1])
        self._reference_width = width
        small = cv2.resize(target.gray, self.size, interpolation=cv2.INTER_AREA)
        cells = _cells(cv2.GaussianBlur(small, (0, 0), 0.8).astype(np.float32))
        deviation = cells.std(axis=1)
        textured = deviation >= _TEXTURE
        if textured.sum() < _FEWEST_CELLS:
            textured = deviation >= np.sort(deviation)[-min(_FEWEST_CELLS, len(deviation))]
        self._textured = textured
        centred = cells - cells.mean(axis=1, keepdims=True)
        self._normed = centred / np.maximum(deviation, 0.5)[:, None]

    def share(self, frames: "Smaller", homography: Floats, settings: RecogniserSettings) -> float:
        """Return how much of the textured reference the frame shows at its place, 0 to 1.

        `homography` (3, 3) takes reference pixels to the frame. What lies outside the frame does
        not count, unless it is most of it.
        """
        to_frame = homography @ self._from_small
        corner = np.array([[0, 0], [self.size[0], 0], [0, self.size[1]], list(self.size)], float)
        quad = mapped(to_frame, corner)
        step = max(np.ptp(quad[:, 0]) / self.size[0], np.ptp(quad[:, 1]) / self.size[1])
        gray, to_level = frames.level(float(step))
        to_level = to_level @ to_frame
        view = cv2.warpPerspective(
            gray, to_level, self.size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        view = _cells(cv2.GaussianBlur(view, (0, 0), 0.8).astype(np.float32))
        middle = _middles(self.size)
        inside = mapped(to_level, middle)
        visible = np.all((inside >= 0) & (inside < (gray.shape[1], gray.shape[0])), axis=1)
        counted = self._textured & visible
        if counted.sum() < max(1, settings.least_visible * self._textured.sum()):
            return 0.0
        view = view[counted]
        view = view - view.mean(axis=1, keepdims=True)
        deviation = np.maximum(view.std(axis=1), 0.5)
        alike = (view * self._normed[counted]).mean(axis=1) / deviation
        return float((alike > settings.cell_correlation).mean())


class Smaller:
    """A frame and its halves, each made when it is asked for."""

    def __init__(self, gray: Gray) -> None:
        self._levels = [gray]

    def level(self, step: float) -> tuple[Gray, Floats]:
        """Return the frame at which `step` pixels are about one, and the map to it."""
        wanted = max(0, min(7, round(np.log2(max(step, 1.0)))))
        while len(self._levels) <= wanted and min(self._levels[-1].shape) > 32:
            self._levels.append(np.asarray(cv2.pyrDown(self._levels[-1]), np.uint8))
        index = min(wanted, len(self._levels) - 1)
        # pyrDown keeps every second pixel, so that centres stay at 0.
        return self._levels[index], np.diag([0.5**index, 0.5**index, 1.0])


def _cells(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut a picture into cells (n, _CELL * _CELL)."""
    rows, columns = picture.shape[0] // _CELL, picture.shape[1] // _CELL
    cut = picture.reshape(rows, _CELL, columns, _CELL).swapaxes(1, 2)
    return cut.reshape(rows * columns, _CELL * _CELL)


def _middles(size: tuple[int, int]) -> Floats:
    y, x = np.mgrid[: size[1] // _CELL, : size[0] // _CELL]
    return np.stack([x.ravel(), y.ravel()], 1) * _CELL + (_CELL - 1) / 2
