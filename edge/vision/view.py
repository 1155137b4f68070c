"""What a detector sees of a picture: small, steady, of its usual brightness, around the lines."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from edge.counting.geometry import Box, CountingLine, PersonSize, box_between
from edge.vision.detector import Image
from edge.vision.gain import GainCompensation, scale
from edge.vision.steady import Steadying

WORKING_WIDTH = 320
#: A person of so many pixels (square root of width x height) is told from noise and from others.
PERSON_PIXELS = 48
#: A visitor is followed from so many persons before a line to so many behind it.
BAND_REACH = 2.5
# Below this width the picture has too few pixels for gain and shake.
_LEAST_WIDTH = 120
# Gain and shake are read from a thumbnail of about this width.
_THUMBNAIL_WIDTH = 160
# A band that leaves out less than this share of the picture is not worth an edge that cuts people.
_LEAST_SAVED = 0.25
_WHOLE = Box(0.5, 0.5, 1.0, 1.0)


class View:
    """Makes the pictures of one camera ready for a detector.

    `person` None stands for a size that is still being learned: then the whole picture is shown,
    `working_width` pixels wide. With a size the picture is no larger than a person needs, and with
    `is_banded` only the surroundings of the lines are shown. `box` is what is shown, normalised to
    the frame.
    """

    def __init__(
        self,
        lines: Sequence[CountingLine],
        person: PersonSize | None,
        *,
        working_width: int = WORKING_WIDTH,
        is_banded: bool = True,
    ) -> None:
        self._person = person
        self._working_width = working_width
        banded = is_banded and person is not None
        self._wanted = band_around(lines, person) if banded and person is not None else _WHOLE
        self.box = self._wanted
        self._gain = GainCompensation()
        self._steadying = Steadying()

    def shrink(self, image: Image) -> Image:
        """Give a BGR picture (height, width, 3) of any size as small as it may be."""
        width = self._working_width
        if self._person is not None:
            width = min(width, _width_for(self._person, image.shape))
        return shrink(image, width)

    @property
    def lurches(self) -> bool:
        """Tell whether the light has just changed by more than a camera's own doing."""
        return self._gain.lurches

    def show(self, small: Image, at_seconds: float) -> Image:
        """Give what is to be seen of a picture that was shrunk."""
        thumbnail = halve(small, _THUMBNAIL_WIDTH)
        gains = self._gain.gains(thumbnail, at_seconds)
        if gains is not None:
            thumbnail = scale(thumbnail, gains)
        shift = self._steadying.shift(thumbnail, at_seconds)
        rows, columns = small.shape[:2]
        left, top = int(self._wanted.left * columns), int(self._wanted.top * rows)
        right, bottom = (
            math.ceil(self._wanted.right * columns),
            math.ceil(self._wanted.bottom * rows),
        )
        self.box = box_between(left / columns, top / rows, right / columns, bottom / rows)
        if shift is None:
            seen = small[top:bottom, left:right]
        else:
            # The part is taken from where it has moved to: only at the frame's own edge is there
            # nothing to take.
            x, y = shift.x * columns + left, shift.y * rows + top
            seen = _moved(small, x, y, (right - left, bottom - top))
        return seen if gains is None else scale(seen, gains)


def band_around(lines: Sequence[CountingLine], person: PersonSize) -> Box:
    """Give the part of the frame in which visitors have to be followed to count these lines.

    It reaches BAND_REACH persons beyond each line on all sides; the whole frame where little would
    be saved.
    """
    edges: list[Box] = []
    for line in lines:
        for end in (line.start, line.end):
            size = person.near(min(1.0, end.y + person.h / 2))
            # The foot is on the line and the head above it; who is nearer to the camera is larger.
            up = BAND_REACH * size.h
            edges.append(Box(end.x, end.y, 2 * BAND_REACH * size.w, 2 * up))
    left = max(0.0, min(box.left for box in edges))
    top = max(0.0, min(box.top for box in edges))
    right = min(1.0, max(box.right for box in edges))
    bottom = min(1.0, max(box.bottom for box in edges))
    if (right - left) * (bottom - top) > 1 - _LEAST_SAVED:
        return _WHOLE
    return box_between(left, top, right, bottom)


def shrink(image: Image, width: int) -> Image:
    """Give the picture at most `width` pixels wide, with its proportions."""
    if image.shape[1] <= width:
        return image
    while image.shape[1] >= 2 * width and image.shape[0] > 1:
        image = _halve(image)
    rows, columns = image.shape[:2]
    if columns == width:
        return image
    size = (width, max(1, round(rows * width / columns)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def halve(image: Image, width: int) -> Image:
    """Give the picture at most `width` pixels wide, by averaging squares of two by two.

    OpenCV does that six times quicker than averaging squares of three; an odd row or column is left
    out.
    """
    while image.shape[1] > width and image.shape[0] > 1:
        image = _halve(image)
    return image


def _halve(image: Image) -> Image:
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    whole = image[: 2 * rows, : 2 * columns]
    half = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(half, dtype=np.uint8)


def _width_for(person: PersonSize, shape: tuple[int, ...]) -> int:
    rows, columns = shape[:2]
    side = math.sqrt(person.w * columns * person.h * rows)
    return max(_LEAST_WIDTH, round(columns * PERSON_PIXELS / side))


def _moved(image: Image, x: float, y: float, size: tuple[int, int]) -> Image:
    """Give the part of a picture that begins at (x, y), between pixels; its edge is repeated.

    Two blends of neighbours are a quarter of the work of `cv2.warpAffine`, and the same but for
    rounding.
    """
    width, height = size
    left, top = math.floor(x), math.floor(y)
    part = _cut(image, left, top, (width + 1, height + 1))
    part = _blend(part[:, :-1], part[:, 1:], x - left)
    return _blend(part[:-1], part[1:], y - top)


def _cut(image: Image, left: int, top: int, size: tuple[int, int]) -> Image:
    rows, columns = image.shape[:2]
    right, bottom = left + size[0], top + size[1]
    inside = image[max(0, top) : min(rows, bottom), max(0, left) : min(columns, right)]
    beyond = max(0, -top), max(0, bottom - rows), max(0, -left), max(0, right - columns)
    if not any(beyond):
        return inside
    return np.asarray(cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _blend(first: Image, second: Image, share: float) -> Image:
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), dtype=np.uint8)
