"""The cards that open an unstaffed room while the library's system is away, as the hub lists them.

No number, name, date of birth or PIN is in it: the hub has decided who may enter by the room's own
rules, and a kiosk makes the same keyed hash of the card before it, and looks.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from contracts.blocked_cards import CardHash, Salt, hash_card
from contracts.decoding import decoded
from contracts.rows import Millis

MOST_CARDS: Final = 500_000
MOST_BYTES: Final = 24 * 1024 * 1024
Day = Annotated[str, Meta(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class DoorCards(Struct, frozen=True):
    """Made at `at_ms`, Unix milliseconds; `until`: by hash, the card's last day, empty: none."""

    at_ms: Millis
    salt: Salt
    until: Annotated[dict[CardHash, Day], Meta(max_length=MOST_CARDS)]

    def lets_in(self, number: str, today: str) -> bool:
        """Tell whether a card opens the door on a day, YYYY-MM-DD."""
        last = self.until.get(hash_card(self.salt, number))
        return last is not None and (not last or today <= last)


_decoder = msgspec.json.Decoder(DoorCards)


def encode_door_cards(cards: DoorCards) -> bytes:
    """Return a list as JSON."""
    return msgspec.json.encode(cards)


def decode_door_cards(payload: bytes) -> DoorCards:
    """Read a list as the hub gives it or a kiosk kept it. Raises DecodeError."""
    return decoded(_decoder, payload, MOST_BYTES)
