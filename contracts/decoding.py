"""Reading JSON of a known shape, and saying in one way why it cannot be read. Pure."""

from typing import Final, TypeVar

import msgspec

from contracts.errors import DecodeError, RefusalCode

T = TypeVar("T")

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises of bytes that are no JSON, or JSON nested too deep."""


def decoded(decoder: msgspec.json.Decoder[T], payload: bytes, most_bytes: int) -> T:
    """Return what a payload holds. Raises DecodeError: too large, of another shape, no JSON."""
    check_size(payload, most_bytes)
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise DecodeError(RefusalCode.INVALID, str(error)) from error
    except UNREADABLE as error:
        raise DecodeError(RefusalCode.NOT_JSON, str(error)) from error


def check_size(payload: bytes, most_bytes: int) -> None:
    """Refuse what is larger than any good payload. Raises DecodeError."""
    if len(payload) > most_bytes:
        raise DecodeError(RefusalCode.TOO_LARGE, f"{len(payload)} bytes; the most is {most_bytes}")
