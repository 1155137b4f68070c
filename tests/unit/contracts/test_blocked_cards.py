"""The list of blocked cards: hashes only, and bad input is refused with a reason."""

import pytest

from contracts.blocked_cards import (
    BlockedCards,
    decode_blocked_cards,
    encode_blocked_cards,
    hash_card,
)
from contracts.errors import DecodeError

SALT = "5f0e1d2c3b4a5968"
CARD = "21101080000017"
CARDS = BlockedCards(1_795_000_000_000, SALT, frozenset({hash_card(SALT, CARD)}))


def test_a_card_is_found_by_its_hash_and_stands_nowhere_in_the_list() -> None:
    payload = encode_blocked_cards(CARDS)
    assert CARD.encode() not in payload
    again = decode_blocked_cards(payload)
    assert again == CARDS
    assert again.blocks(CARD)
    assert not again.blocks(CARD + "0")


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b'{"at_ms":1795000000000,"salt":"short","blocked":[]}', b"\xff", b"{" * 2000],
    ids=["empty", "list", "salt", "no-text", "deep"],
)
def test_what_is_no_list_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_blocked_cards(payload)
