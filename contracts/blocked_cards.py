"""The cards that may not borrow, as the hub gives them to a kiosk that may have to lend alone.

No number of a card is in it: a kiosk makes the same keyed hash of the card before it, and looks.
"""

import hashlib
import hmac
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from contracts.decoding import decoded
from contracts.rows import Millis

MOST_CARDS: Final = 500_000
MOST_BYTES: Final = 16 * 1024 * 1024
HASH_LETTERS: Final = 16

Salt = Annotated[str, Meta(min_length=16, max_length=128)]
CardHash = Annotated[str, Meta(min_length=HASH_LETTERS, max_length=HASH_LETTERS)]


class BlockedCards(Struct, frozen=True):
    """Made at `at_ms`, Unix milliseconds; `blocked` are `hash_card(salt, number)`."""

    at_ms: Millis
    salt: Salt
    blocked: Annotated[frozenset[CardHash], Meta(max_length=MOST_CARDS)] = frozenset()

    def blocks(self, number: str) -> bool:
        """Tell whether a card may not borrow."""
        return hash_card(self.salt, number) in self.blocked


def hash_card(salt: str, number: str) -> str:
    """Return the first 16 hexadecimal digits of the HMAC-SHA256 of a card's number."""
    whole = hmac.new(salt.encode(), number.encode(), hashlib.sha256).hexdigest()
    return whole[:HASH_LETTERS]


_decoder = msgspec.json.Decoder(BlockedCards)


def encode_blocked_cards(cards: BlockedCards) -> bytes:
    """Return a list as JSON."""
    return msgspec.json.encode(cards)


def decode_blocked_cards(payload: bytes) -> BlockedCards:
    """Read a list as the hub gives it or a kiosk kept it. Raises DecodeError."""
    return decoded(_decoder, payload, MOST_BYTES)
