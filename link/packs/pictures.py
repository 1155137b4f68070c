"""How large a picture is, read from its head: before anything decodes it. Pure.

A PNG of 40 kB can unfold into gigabytes; what decodes it would be gone before it complained.
Sources: PNG (W3C, third edition) §5, 11.2.2, 11.3.6; JPEG (ITU-T T.81) B.2.
"""

import struct
from typing import Final

from link.packs.refusal import PackRefused

MOST_SIDE: Final = 8192
MOST_PIXELS: Final = 24_000_000

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_FIRST_CHUNK: Final = b"\x00\x00\x00\x0dIHDR"
_AROUND_CHUNK: Final = 12
"""Bytes of a chunk besides its data: length, kind, checksum."""
_MOVING: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
"""Chunks of an animation: each of its pictures would have a size of its own."""
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def check_picture(name: str, content: bytes, media: str) -> tuple[int, int]:
    """Return width and height in pixels. Raises PackRefused: no such picture, or too large."""
    try:
        width, height = _png(content) if media == "image/png" else _jpeg(content)
    except (struct.error, IndexError, ValueError) as error:
        raise PackRefused(f"{name}: is no sound {media.removeprefix('image/').upper()}") from error
    if width < 1 or height < 1:
        raise PackRefused(f"{name}: a picture of {width} x {height} pixels")
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise PackRefused(
            f"{name}: {width} x {height} pixels; a picture has at most {MOST_SIDE} on a side and"
            f" {MOST_PIXELS // 1_000_000} million: make it smaller"
        )
    return width, height


def _png(content: bytes) -> tuple[int, int]:
    if content[:8] != PNG_HEAD or content[8:16] != _FIRST_CHUNK:
        raise ValueError("no PNG")
    width, height = struct.unpack_from(">II", content, 16)
    at, kind = 8, b""
    # What decodes it makes room for as much as a chunk says that it has: some 4 GB of 70 bytes.
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        at += _AROUND_CHUNK + length
        if at > len(content) or kind in _MOVING:
            raise ValueError("a chunk reaches past the end, or the picture moves")
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    if content[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", content, at + 2)
            if length < 2 or marker in {0xD9, 0xDA}:
                raise ValueError("no frame")
            at += 2 + length
