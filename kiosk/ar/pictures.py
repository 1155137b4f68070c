"""Pictures as bytes: frames for a page, and pictures of packs."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

QUALITY = 80
"""Of a frame of 640 x 480 some 50 kB, and no difference that an eye finds on a moving hand."""


def as_jpeg(image: Image, quality: int = QUALITY) -> bytes:
    """Return a (height, width, 3) BGR picture as a JPEG."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def read_picture(data: bytes) -> Image | None:
    """Decode a JPEG or PNG as (height, width, 3) BGR; None when it is neither, or damaged."""
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)
