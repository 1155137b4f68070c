"""Whole numbers of a few bits, packed into bytes from the highest bit on."""

from collections.abc import Iterator


def pack_bits(values: str) -> bytes:
    """Return the bytes of a string of 0 and 1. Its length is a multiple of 8."""
    return int(values or "0", 2).to_bytes(len(values) // 8, "big")


def unpack_bits(content: bytes) -> str:
    """Return the bits of the content as a string of 0 and 1."""
    return f"{int.from_bytes(content, 'big'):0{8 * len(content)}b}" if content else ""


def groups_of(bits: str, width: int) -> Iterator[int]:
    """Yield the whole groups of `width` bits as numbers; what is left over is dropped."""
    for start in range(0, len(bits) - width + 1, width):
        yield int(bits[start : start + width], 2)
