"""Orders and answers of every kind share two topics of a node, and are told apart by `type`."""

from typing import Final

import msgspec
from msgspec import Struct

from contracts.decoding import decoded

MOST_BYTES: Final = 128 * 1024
"""Of an order or answer of any kind."""


class _Kind(Struct):
    type: str = ""


_kind = msgspec.json.Decoder(_Kind)


def kind_of(payload: bytes) -> str:
    """Return the `type` of an order or answer, empty without one. Raises DecodeError."""
    return decoded(_kind, payload, MOST_BYTES).type
