"""Drivers of scanners and card readers that pretend to be a keyboard."""

from collections.abc import Callable
from functools import partial

from firmware_bridge.framing.keys import KeyDecoder
from firmware_bridge.input_device import InputDevice
from firmware_bridge.readers.codes import read_code
from firmware_bridge.readers.held import AWAY_SECONDS, HeldCards
from firmware_bridge.readers.identities import CardSeen, CodeScanned, Technology
from firmware_bridge.readers.push import PushReader
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport

# Devices type a key every few milliseconds; a text whose Enter is late is given up.
_GAP_SECONDS = 0.5


class WedgeScanner(PushReader[CodeScanned]):
    """A code scanner that types: ASCII and Enter, from /dev/input/by-id/..., held for ourselves.

    `has_identifier`: the scanner is set to type AIM identifiers.
    """

    def __init__(
        self,
        url: str,
        *,
        has_identifier: bool = False,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = InputDevice,
    ) -> None:
        super().__init__(
            url,
            KeyDecoder(),
            partial(connect, url),
            gap_seconds=_GAP_SECONDS,
            statistics=statistics,
        )
        self._has_identifier = has_identifier

    def _tell(self, frame: bytes, now: float) -> CodeScanned | None:  # noqa: ARG002
        return read_code(frame, has_identifier=self._has_identifier)


class WedgeCardReader(PushReader[CardSeen]):
    """A card reader that types a number and Enter; a card is told once while it is held."""

    def __init__(
        self,
        url: str,
        *,
        away_seconds: float = AWAY_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = InputDevice,
    ) -> None:
        super().__init__(
            url,
            KeyDecoder(),
            partial(connect, url),
            gap_seconds=_GAP_SECONDS,
            statistics=statistics,
        )
        self._held = HeldCards(away_seconds)

    def _tell(self, frame: bytes, now: float) -> CardSeen | None:
        card_id = frame.decode("ascii")
        return CardSeen(card_id, Technology.KEYBOARD) if self._held.read(card_id, now) else None
