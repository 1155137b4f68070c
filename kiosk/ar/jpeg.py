"""JPEG pictures from a browser: size read before they are unpacked, torn ones refused."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
# Start of frame, all kinds but the tables that share their range (ITU-T T.81, table B.1).
_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height as a JPEG's header says, None when it is cut off or is none."""
    if not data.startswith(_START):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind in _BARE or kind == 0xFF:
            at += 1 if kind == 0xFF else 2
            continue
        if kind in _SIZES:
            height, width = (int.from_bytes(data[at + k : at + k + 2], "big") for k in (5, 7))
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def read_jpeg(data: bytes) -> NDArray[np.uint8] | None:
    """Decode a JPEG as (height, width, 3) BGR; None when it is torn or cannot be decoded."""
    if not data.startswith(_START) or _END not in data[-64:]:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)
