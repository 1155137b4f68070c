"""Working out a camera's model from pictures of a printed board (ChArUco).

The board is drawn as SVG in millimetres, so that paper shows its true size when it is printed
without scaling.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import Gray
from kiosk.errors import CameraUnknown

COLUMNS: Final = 9
ROWS: Final = 6
SQUARE_MM: Final = 28.0
MARKER_SHARE: Final = 0.7
"""A marker's side, of a square's: seven of ten parts, which a marker of 5 x 5 bits has."""
_PARTS: Final = 10
FEWEST_PICTURES: Final = 8
_FEWEST_CORNERS: Final = 12
_MOST_ERROR: Final = 1.5  # pixels
_PAPER_MM: Final = (297.0, 210.0)


@dataclass(frozen=True)
class Calibration:
    """A camera's model, the error in pixels with which it explains the pictures, and how many."""

    camera: CameraModel
    error: float
    used: int
    refused: int


def charuco_board() -> cv2.aruco.CharucoBoard:
    """Return the board; its corners are in millimetres."""
    return cv2.aruco.CharucoBoard(
        (COLUMNS, ROWS),
        SQUARE_MM,
        SQUARE_MM * MARKER_SHARE,
        cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_100),
    )


def board_picture(pixels_a_part: int = 1) -> Gray:
    """Draw the board in grey, a tenth of a square in so many pixels, without a margin."""
    size = COLUMNS * _PARTS, ROWS * _PARTS
    bits = np.asarray(charuco_board().generateImage(size, marginSize=0, borderBits=1), np.uint8)
    return np.kron(bits, np.ones((pixels_a_part, pixels_a_part), np.uint8))


def board_page() -> str:
    """Draw the board as a page of A4 across, in SVG, with a line to measure the print by."""
    bits = board_picture()
    part = SQUARE_MM / _PARTS
    left = (_PAPER_MM[0] - COLUMNS * SQUARE_MM) / 2
    top = 12.0
    bars = []
    for row, line in enumerate(bits < 128):
        edges = np.flatnonzero(np.diff(np.r_[0, line, 0]))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            x, y, width = left + begin * part, top + row * part, (end - begin) * part
            bars.append(f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{part:.2f}"/>')
    foot = top + ROWS * SQUARE_MM + 12
    size = f'width="{_PAPER_MM[0]:g}mm" height="{_PAPER_MM[1]:g}mm"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 297 210">',
            '<rect width="297" height="210" fill="#fff"/>',
            '<g shape-rendering="crispEdges">',
            *bars,
            "</g>",
            f'<path d="M{left:g} {foot:g}h100m0 -2v4m-100 -4v4" stroke="#000" stroke-width="0.3"/>',
            f'<text x="{left + 104:g}" y="{foot + 1:g}" font-size="4" font-family="sans-serif">',
            "100 mm: print at 100 %, glue flat on a board 按 100% 打印，平贴于硬板</text>",
            "</svg>",
            "",
        )
    )


def calibrate(pictures: Iterable[Gray]) -> Calibration:
    """Work out the model from pictures (h, w) of the board, all of one size.

    Hold the board near and far, tilted to all sides, and into every corner of the picture. Raises
    CameraUnknown: what was missing (Zhang, 2000, on the corners of a ChArUco board).
    """
    board = charuco_board()
    detector = cv2.aruco.CharucoDetector(board)
    size: tuple[int, int] | None = None
    objects: list[NDArray[np.float32]] = []
    images: list[NDArray[np.float32]] = []
    refused = 0
    for picture in pictures:
        height, width = picture.shape
        if size is None:
            size = width, height
        if size != (width, height):
            raise CameraUnknown("the pictures are not all of one size")
        corners, numbers, _, _ = detector.detectBoard(picture)
        if numbers is None or len(numbers) < _FEWEST_CORNERS:
            refused += 1
            continue
        known, seen = board.matchImagePoints(list(corners), numbers)
        objects.append(np.asarray(known, np.float32))
        images.append(np.asarray(seen, np.float32))
    if size is None or len(objects) < FEWEST_PICTURES:
        raise CameraUnknown(
            f"the board is seen well in {len(objects)} pictures: at least {FEWEST_PICTURES} are"
            " needed, tilted to all sides and in every corner"
        )
    guess = CameraModel.from_fov(*size, 60)
    # Without k3: a dozen pictures of a kiosk's camera tell it from k1 and k2 badly.
    error, matrix, distortion, _, _ = cv2.calibrateCamera(
        objects,
        images,
        size,
        guess.matrix,
        np.zeros(5),
        flags=cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_K3,
    )
    if not error <= _MOST_ERROR:
        raise CameraUnknown(
            f"the pictures disagree by {error:.2f} pixels: is the board flat, were they sharp?"
        )
    camera = CameraModel(
        *size,
        float(matrix[0, 0]),
        float(matrix[1, 1]),
        float(matrix[0, 2]),
        float(matrix[1, 2]),
        tuple(float(k) for k in np.ravel(distortion)[:5]),
    )
    return Calibration(camera, float(error), len(objects), refused)
