"""Driver of the RDM6300 and its kin: 125 kHz cards (EM4100), pushed at 9600 baud."""

from collections.abc import Callable
from functools import partial

from firmware_bridge.framing.rdm6300 import decode_card, printed_number, rdm6300_decoder
from firmware_bridge.readers.held import AWAY_SECONDS, HeldCards
from firmware_bridge.readers.identities import CardSeen, Technology
from firmware_bridge.readers.push import PushReader
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport

BAUDRATE = 9600


class Rdm6300Reader(PushReader[CardSeen]):
    """An RDM6300: 125 kHz cards, told once while they are held.

    `is_decimal` tells the ten digits that are printed on cards, in place of hexadecimal. A card is
    told again after `away_seconds` without a read of it.
    """

    def __init__(
        self,
        url: str,
        *,
        is_decimal: bool = False,
        away_seconds: float = AWAY_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        open_line = partial(connect, url, baudrate=BAUDRATE)
        super().__init__(url, rdm6300_decoder(), open_line, statistics=statistics)
        self._is_decimal = is_decimal
        self._held = HeldCards(away_seconds)

    def _tell(self, frame: bytes, now: float) -> CardSeen | None:
        card_id = decode_card(frame)
        if not self._held.read(card_id, now):
            return None
        return CardSeen(printed_number(card_id) if self._is_decimal else card_id, Technology.EM4100)
