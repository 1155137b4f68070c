"""What a picture tells of the health of its camera: measures on a thumbnail of 40 x 30."""

import math
from collections import deque
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.counting.health import Health, HealthWatch, Look
from edge.vision.detector import Image
from edge.vision.ranks import median, quantile
from edge.vision.relief import alike, relief_of

THUMBNAIL: Final = (40, 30)
FINE: Final = (160, 120)
BLOCKS: Final = (8, 6)
LOOK_SECONDS: Final = 0.4
"""Pictures are looked at so often: a sixth of the work, and soon enough for every rule."""
VIEW_SECONDS: Final = 30.0
"""The view follows the light, and takes in who stands still, in this time."""
RECENT_SECONDS: Final = 1.5
FADE_SECONDS: Final = 2.0
DERIVE_SECONDS: Final = 1.0
SHAKE: Final = 0.055
"""A slide by less, as a share of the picture's size, is a camera that shakes; it is held steady."""
FARTHEST: Final = 0.4
"""A slide by more cannot be told from chance."""
GRAINY: Final = 0.3
"""Pictures of which more cells differ than this, whoever moves or not, have a sensor's noise."""
_SAMPLES: Final = 300
_TEXTURED: Final = 2.0
"""Grey levels of local detail that make a place of the view textured."""
_FEWEST: Final = 480
_RIPE: Final = 20
_CALM: Final = 0.15
"""Nothing can be told beside a view with fewer textured cells, or that was seen less often while
less of it moved: what is textured in it may be the visitors."""
_FEWEST_BLOCKS: Final = 6
_LEAST_ENERGY: Final = 0.3
_LEAST_SHARE: Final = 0.25
"""Fine detail below this, or below this share of the noise, tells nothing of the focus."""
_DIFFERS: Final = 14.0
"""Grey levels between a place and itself that are more than noise."""
_GONE: Final = 0.35
"""A place with less of its texture than this has lost it."""
_ANY: Final = np.ones((1, 3), np.float32)
_SAME: Final = 0.6
"""Views that are so alike are one view."""

Grey = NDArray[np.float32]


class _Focus:
    """Fine detail by blocks, as energy: of everything, and of the noise in it.

    Of single pictures, and not of a mean of them: in that a camera that shakes would look blurred.
    """

    def __init__(self, energy: Grey, noise: Grey) -> None:
        self.energy = energy
        self.noise = noise

    def follow(self, now: "_Focus", share: float) -> None:
        """Go a share of the way to what is shown now."""
        self.energy = self.energy + share * (now.energy - self.energy)
        self.noise = self.noise + share * (now.noise - self.noise)

    def beside(self, usual: "_Focus") -> float | None:
        """Return the fine detail as a share of the usual; None where too little is usual."""
        signal = usual.energy - usual.noise
        sharp = signal > np.maximum(_LEAST_ENERGY, _LEAST_SHARE * usual.noise)
        if np.count_nonzero(sharp) < _FEWEST_BLOCKS:
            return None
        # What shakes or walks is no noise; a darker picture has more of it.
        noise = np.minimum(self.noise, usual.noise)
        left = np.maximum(0, self.energy - noise)
        return math.sqrt(median(left[sharp] / signal[sharp]))


class _View:
    """What a camera usually shows: a thumbnail, and what is derived from it now and then."""

    def __init__(self, thumbnail: Grey, focus: _Focus) -> None:
        self.thumbnail = thumbnail.copy()
        self.texture = _local(thumbnail, 5)
        self.focus = _Focus(focus.energy, focus.noise)
        self._derived_at = -math.inf
        self._followed = self._calm = 1

    def follow(
        self, now: Grey, focus: _Focus, step: float, seconds: float, unsteady: float
    ) -> None:
        """Go towards what is shown now, faster at first."""
        self._followed += 1
        self._calm += unsteady < _CALM
        share = max(_share(step, seconds), 1 / self._followed)
        self.thumbnail += share * (now - self.thumbnail)
        # Only what stays is the view's texture: that of visitors goes with them.
        texture = _local(now, 5)
        falls = texture < self.texture
        self.texture += np.where(falls, _share(step, FADE_SECONDS), _share(step, seconds)) * (
            texture - self.texture
        )
        self.focus.follow(focus, share)

    def derive(self, at_seconds: float) -> None:
        """Work out texture and relief of the view, unless it was done a moment ago."""
        if at_seconds - self._derived_at < DERIVE_SECONDS:
            return
        self._derived_at = at_seconds
        self.textured = self.texture > _TEXTURED
        self.relief = relief_of(self.thumbnail)
        self.is_told = self._calm >= _RIPE and bool(np.count_nonzero(self.textured) >= _FEWEST)


class CameraHealth:
    """Looks at the pictures of one camera, in memory only, and judges them.

    The view is a thumbnail of what the camera usually shows; it follows slowly while nothing is
    suspected, and is taken anew when another one has come to stay.
    """

    def __init__(self) -> None:
        self._watch = HealthWatch()
        self._health = Health()
        self._at: float | None = None
        self._before: Image | None = None
        self._touched: deque[float] = deque(maxlen=_SAMPLES)
        self._view: _View | None = None
        self._first: Grey | None = None
        self._recent = self._grain = np.zeros((0, 0), np.float32)
        self._focus: _Focus | None = None
        self._window = cv2.createHanningWindow(THUMBNAIL, cv2.CV_32F)

    def feed(self, picture: Image, at_seconds: float) -> Health:
        """Take a BGR picture (height, width, 3) and say how its camera is.

        Pictures that come sooner than `LOOK_SECONDS` after another are not looked at.
        """
        if self._at is not None and at_seconds - self._at < 0.9 * LOOK_SECONDS:
            return self._health
        step = 0.0 if self._at is None else at_seconds - self._at
        self._at = at_seconds
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        fine = _small(grey, FINE)
        now = _small(fine, THUMBNAIL)
        is_repeat = self._repeats(picture)
        focus = self._focus_of(fine, step)
        if self._view is None:
            self._recent, self._view = now.copy(), _View(now, focus)
        self._recent += _share(step, RECENT_SECONDS) * (now - self._recent)
        self._view.derive(at_seconds)
        look = self._look(now, focus, self._view, is_repeat)
        self._health = self._watch.feed(look, at_seconds)
        if self._health.takes_view:
            self._take_view(self._health, self._view, focus)
        elif self._health.learns or self._watch.is_calm:
            seconds = RECENT_SECONDS if self._health.learns else VIEW_SECONDS
            self._view.follow(now, focus, step, seconds, look.unsteady)
        return self._health

    def _focus_of(self, fine: Grey, step: float) -> _Focus:
        before, self._grain = self._grain, fine - _blur(fine, 3)
        energy = _small(np.square(self._grain), BLOCKS)
        if self._focus is None or before.shape != self._grain.shape:
            self._focus = _Focus(energy, energy)
            return self._focus
        noise = _small(np.square(self._grain - before) / np.float32(2), BLOCKS)
        self._focus.follow(_Focus(energy, noise), _share(step, RECENT_SECONDS))
        return self._focus

    def _take_view(self, health: Health, before: _View, focus: _Focus) -> None:
        if health.view_changed_seconds is not None:
            if self._first is None:
                self._first = relief_of(before.thumbnail)
            elif alike(relief_of(self._recent), self._first) > _SAME:  # put back where it was
                self._first = None
                self._watch.know_again()
        self._view = _View(self._recent, focus)

    def _repeats(self, picture: Image) -> bool:
        """Tell whether a picture is the one before, from a source whose pictures always differ.

        A sensor's noise touches every part of every picture. Where the still parts of pictures are
        equal as a rule, as in a drawn scene or behind an encoder that leaves out what does not
        move, equal pictures say nothing. A source that never gave a second picture is not excused.
        """
        before, self._before = self._before, picture
        if before is None or before.shape != picture.shape:
            return False
        differs = cv2.absdiff(picture, before)
        if not differs.any():
            return not self._touched or quantile(np.array(self._touched), 0.25) > GRAINY
        rows, columns = picture.shape[:2]
        cell = max(1, rows // THUMBNAIL[1]), max(1, columns // THUMBNAIL[0])
        touched = cv2.dilate(cv2.transform(differs, _ANY), np.ones(cell, np.uint8))
        cells = touched[:: cell[0], :: cell[1]]
        self._touched.append(float(np.count_nonzero(cells)) / cells.size)
        return False

    def _look(self, now: Grey, focus: _Focus, view: _View, is_repeat: bool) -> Look:
        gain = _gain(now, view.thumbnail)
        lost, likeness, shift, kept = 0.0, 1.0, 0.0, 1.0
        if view.is_told:
            texture = _local(now, 5)[view.textured]
            kept = gain * median(texture / view.texture[view.textured])
            lost = float(np.mean(texture < _GONE * view.texture[view.textured]))
            likeness, shift = self._compare(now, view)
        sharpness = focus.beside(view.focus)
        if sharpness is not None:
            sharpness *= gain
            # Where coarse detail went with the fine, it is the contrast that fell.
            sharpness = max(sharpness, 0.55 * sharpness / max(kept, 0.05))
        recent = np.abs(now * _gain(now, self._recent) - self._recent)
        return Look(
            level=quantile(now, 0.9),
            detail=float(np.std(now - _blur(now, 9))),
            lost=lost,
            likeness=likeness,
            shift=shift,
            focus=1.0 if sharpness is None else sharpness,
            changed=_share_over(np.abs(now * gain - view.thumbnail)),
            unsteady=_share_over(recent),
            is_repeat=is_repeat,
        )

    def _compare(self, now: Grey, view: _View) -> tuple[float, float]:
        """Return how alike they are in place, and how far the view has slid if it fits there."""
        relief = relief_of(now)
        likeness = alike(relief, view.relief)
        if likeness > _SAME:
            return likeness, 0.0
        (dx, dy), _ = cv2.phaseCorrelate(view.relief.copy(), relief.copy(), self._window)
        distance = math.hypot(dx / THUMBNAIL[0], dy / THUMBNAIL[1])
        if distance > FARTHEST:
            return likeness, 0.0
        move = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
        back = cv2.warpAffine(now, move, THUMBNAIL, borderMode=cv2.BORDER_REPLICATE)
        fits = alike(relief_of(np.asarray(back, np.float32)), view.relief)
        if distance < SHAKE:
            return max(likeness, fits), 0.0
        return likeness, distance if fits > max(_SAME, likeness + 0.1) else 0.0


def _small(picture: Image | Grey, size: tuple[int, int]) -> Grey:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _blur(picture: Grey, size: int) -> Grey:
    return np.asarray(cv2.blur(picture, (size, size)), dtype=np.float32)


def _local(picture: Grey, size: int) -> Grey:
    """Return the local detail of every place: the mean distance from its surroundings."""
    return _blur(np.abs(picture - _blur(picture, size)), size)


def _share_over(differences: Grey) -> float:
    return float(np.count_nonzero(differences > _DIFFERS)) / differences.size


def _gain(now: Grey, usual: Grey) -> float:
    """Return what brings the still part of a picture to its usual brightness."""
    # Near black the ratio is noise; near white it is clipped.
    fit = (now > 16) & (now < 245) & (usual > 16) & (usual < 245)
    if np.count_nonzero(fit) < 100:
        return 1.0
    return min(2.5, max(0.4, median(usual[fit] / now[fit])))


def _share(step: float, seconds: float) -> float:
    return 1 - math.exp(-max(0.0, step) / seconds)
