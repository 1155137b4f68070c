"""JPEG pictures of MJPEG cameras, read here so that a torn one is noticed.

FFmpeg gives a picture for half a JPEG too: the rest of it is whatever was in memory.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detector import Image

_START, _END = b"\xff\xd8", b"\xff\xd9"
_PADDING: Final = 1024
"""Some cameras send so many bytes after the end."""


def read_jpeg(data: NDArray[Any]) -> Image | None:
    """Decode one JPEG as a BGR picture; None when it is cut off or cannot be decoded."""
    whole = data.tobytes()
    if not whole.startswith(_START) or whole.rfind(_END, max(0, len(whole) - _PADDING)) < 0:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)
