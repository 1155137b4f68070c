"""What hub and node say to each other of updates; the file itself: `contracts.update`.

A hub tells each node on `kaiguan/v1/{venue}/{node}/update`, retained, which release it shall run; a
node tells in its status how far it is.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from contracts.decoding import decoded
from contracts.rows import Millis, Name, Text
from contracts.update import MOST_UPDATE_BYTES

MOST_ORDER_BYTES: Final = 4096

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Version = Annotated[str, Meta(pattern=r"^\d{1,5}\.\d{1,5}\.\d{1,5}$")]


class Release(Struct, frozen=True, omit_defaults=True):
    """A release that a node shall run: `sha256` and `bytes` are of the update's zip.

    `attempt` grows when it is asked for again after it failed. `go`: the node may switch to it now,
    until `go_until_ms` by a clock that is set; 0: whenever it hears of it.
    """

    version: Version
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=1, le=MOST_UPDATE_BYTES)]
    attempt: Annotated[int, Meta(ge=0, le=1000)] = 0
    allow_downgrade: bool = False
    go: bool = False
    go_until_ms: Millis = 0


class UpdateOrder(Struct, frozen=True, omit_defaults=True):
    """What a node shall run; without a release it stays with what it has."""

    at_ms: Millis
    release: Release | None = None


class UpdateStatus(Struct, frozen=True, omit_defaults=True):
    """How the update of a node stands, as its updater says.

    `phase` is `idle`, `fetching`, `verified`, `staged`, `trying` or `rolling_back`; `outcome`, of
    the last order, `updated`, `rolled_back` or `refused`, and empty before any. `waits` says why
    a node that is `staged` does not switch: `hub`, `clock` or `in_use`.
    """

    phase: Name = "idle"
    running: Text = ""
    previous: Text = ""
    wanted: Text = ""
    outcome: Annotated[str, Meta(max_length=48)] = ""
    version: Text = ""
    sha256: Annotated[str, Meta(max_length=64)] = ""
    attempt: int = 0
    reason: Annotated[str, Meta(max_length=300)] = ""
    at_ms: Millis = 0
    trouble: Annotated[str, Meta(max_length=300)] = ""
    waits: Annotated[str, Meta(max_length=48)] = ""


def decode_order(payload: bytes) -> UpdateOrder:
    """Read an order. Raises DecodeError."""
    return decoded(_order, payload, MOST_ORDER_BYTES)


def encode_order(order: UpdateOrder) -> bytes:
    """Return an order as JSON."""
    return msgspec.json.encode(order)


_order = msgspec.json.Decoder(UpdateOrder)
