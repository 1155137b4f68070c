"""One frame and what is seen in it, as one binary message to the page.

    0        4            4 + n                    end
    | n, big | n bytes of | the frame as a JPEG;   |
    | endian | JSON       | empty where the page   |
    |        |            | has the frame itself   |

Frame and pose travel together, so that an outline never swims on another frame than its own.
A page whose browser has the camera sends its frames with a number and a kind before them:

    0        4    5                               end
    | number | k  | JPEG, or a byte of grey a     |
    |  (big) |    | pixel, row by row             |

Pixels are OpenCV's: the centre of the first one is (0, 0).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from contracts.hours import Text
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.sight import Floats, Seen, Sight

JPEG: Final = b"\0"
LUMA_VIDEO: Final = b"\1"
"""Grey of 16 to 235, as cameras give it."""
LUMA_FULL: Final = b"\2"
_HEAD: Final = 4
_DIGITS: Final = 3
"""Decimals of a pixel: finer than any screen, and a third of the bytes of full numbers."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A hotspot on a target: millimetres right, down, and up out of the paper."""

    name: str
    title: Text
    at_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the page draws on a target: its size, its hotspots, the address of its model if any."""

    key: str
    title: Text
    size_mm: tuple[float, float]
    pins: tuple[Pin, ...] = ()
    model: str = ""


def packed(head: dict[str, Any], jpeg: bytes = b"") -> bytes:
    """Return a message."""
    told = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return len(told).to_bytes(_HEAD, "big") + told + jpeg


def unpacked(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Take a message apart. Raises ValueError when it is none."""
    length = int.from_bytes(message[:_HEAD], "big")
    if len(message) < _HEAD + length:
        raise ValueError(f"a message of {len(message)} bytes says that its head has {length}")
    head = json.loads(message[_HEAD : _HEAD + length])
    if not isinstance(head, dict):
        raise TypeError("a message's head is an object")
    return head, message[_HEAD + length :]


def head_of(
    number: int, sight: Sight, camera: CameraModel, anchors: Mapping[str, Anchor]
) -> dict[str, Any]:
    """Return what is told beside a frame; of targets that have an anchor only."""
    return {
        "n": number,
        "size": [camera.width, camera.height],
        "k": [camera.fx, camera.fy, camera.cx, camera.cy],
        "hint": sight.hint.value,
        "seen": [
            _seen(one, anchors[one.name], camera) for one in sight.seen if one.name in anchors
        ],
    }


def _seen(one: Seen, anchor: Anchor, camera: CameraModel) -> dict[str, Any]:
    return {
        "key": anchor.key,
        "title": _both(anchor.title),
        "mm": list(anchor.size_mm),
        "corners": _numbers(one.corners),
        "r": [round(float(value), 6) for value in one.rotation.ravel()],
        "t": [round(float(value), 3) for value in one.translation.ravel()],
        "q": round(one.quality, 3),
        "pins": [_pin(pin, one, camera) for pin in anchor.pins],
        "model": anchor.model,
    }


def _pin(pin: Pin, one: Seen, camera: CameraModel) -> dict[str, Any]:
    """Return where a hotspot and its foot on the paper are in the picture."""
    x, y, up = pin.at_mm
    # The target's z axis goes into the paper.
    points = np.array([[x, y, -up], [x, y, 0.0]], np.float64)
    top, foot = _numbers(projected(points, one, camera))
    return {"name": pin.name, "title": _both(pin.title), "at": top, "foot": foot}


def projected(points: Floats, one: Seen, camera: CameraModel) -> Floats:
    """Return pixels (n, 2) of target millimetres (n, 3), with the lens' distortion.

    Brown's model, as the camera's numbers are meant (see `kiosk.ar.camera_model`).
    """
    space = points @ one.rotation.T + one.translation.reshape(3)
    # What is beside or behind the camera is in no picture; it must not divide by nothing.
    depth = np.maximum(space[:, 2], 1e-3)
    x, y = space[:, 0] / depth, space[:, 1] / depth
    k1, k2, p1, p2, k3 = camera.distortion
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    across = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    down = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return np.stack([camera.fx * across + camera.cx, camera.fy * down + camera.cy], axis=1)


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _numbers(points: Floats) -> list[list[float]]:
    return [[round(float(x), _DIGITS), round(float(y), _DIGITS)] for x, y in points]
