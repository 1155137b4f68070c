"""What a kiosk tells visitors of its venue and of those nearby; the hub makes it, anybody may read.

A kiosk keeps the last facts on its disk: alone, it goes on telling the hours by them, and says of
everything else how old it is.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from contracts.decoding import decoded
from contracts.hours import PublicHours
from contracts.messages import Quality
from contracts.rows import Millis

MOST_NEARBY: Final = 20
MOST_TYPICAL: Final = 7 * 24
MOST_BYTES: Final = 512 * 1024

Label = Annotated[str, Meta(max_length=200)]
People = Annotated[int, Meta(ge=0, le=1_000_000)]


class TypicalHour(Struct, frozen=True):
    """How many come in an hour of a week, as far as weeks past tell.

    `weekday` 0 is Monday, `hour` local, `people` None where nobody knows.
    """

    weekday: Annotated[int, Meta(ge=0, le=6)]
    hour: Annotated[int, Meta(ge=0, le=23)]
    people: float | None


class NearbyVenue(Struct, frozen=True, omit_defaults=True):
    """Another venue, nearest first; `metres` is the straight line, None where a place is unknown.

    `occupancy` is shown only while `quality` is `known`.
    """

    venue: Label
    name_zh: Label
    name_en: Label
    hours: PublicHours
    metres: Annotated[int, Meta(ge=0, le=20_000_000)] | None = None
    occupancy: People | None = None
    capacity: People | None = None
    quality: Quality = "unknown"


class VenueFacts(Struct, frozen=True, omit_defaults=True):
    """A venue as its kiosk tells of it; made by the hub at `at_ms`, Unix milliseconds."""

    venue: Label
    name_zh: Label
    name_en: Label
    at_ms: Millis
    hours: PublicHours
    occupancy: People | None = None
    capacity: People | None = None
    quality: Quality = "unknown"
    typical: Annotated[tuple[TypicalHour, ...], Meta(max_length=MOST_TYPICAL)] = ()
    nearby: Annotated[tuple[NearbyVenue, ...], Meta(max_length=MOST_NEARBY)] = ()


_decoder = msgspec.json.Decoder(VenueFacts)


def encode_facts(facts: VenueFacts) -> bytes:
    """Return facts as JSON."""
    return msgspec.json.encode(facts)


def decode_facts(payload: bytes) -> VenueFacts:
    """Read facts as the hub's API tells them or a kiosk kept them. Raises DecodeError."""
    return decoded(_decoder, payload, MOST_BYTES)
