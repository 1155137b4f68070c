"""Cards that repeat while they are held, told once. Pure: time is an argument."""

from typing import Final

AWAY_SECONDS: Final = 1.0
"""A card not read for so long has been taken away: readers repeat it several times a second."""
_MAX_CARDS: Final = 16


class HeldCards:
    """Which cards are at the reader; at most 16, the one that was read longest ago is forgotten."""

    def __init__(self, away_seconds: float = AWAY_SECONDS) -> None:
        self._away_seconds = away_seconds
        self._read_at: dict[str, float] = {}

    def read(self, card_id: str, now: float) -> bool:
        """Note a read at `now` (seconds, monotonic); tell whether the card has just come."""
        read_at = self._read_at.pop(card_id, None)
        self._read_at[card_id] = now
        if len(self._read_at) > _MAX_CARDS:
            del self._read_at[next(iter(self._read_at))]
        return read_at is None or now - read_at > self._away_seconds
