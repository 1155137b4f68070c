"""The ports of readers that tell who or what is there: cards of patrons, codes on cards and books.

Other than a pad of tags they have no field to ask about: a card is held up, a code is read, and
it is told once.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firmware_bridge.lifecycle import Lifecycle


class Technology(StrEnum):
    """How a card is read."""

    EM4100 = "em4100"
    ISO14443A = "iso14443a"
    KEYBOARD = "keyboard"
    """The reader types a number and does not say of what."""


class Symbology(StrEnum):
    """What kind of code was read; most scanners do not say."""

    UNKNOWN = "unknown"
    CODE39 = "code39"
    CODE128 = "code128"
    CODABAR = "codabar"
    EAN = "ean"
    INTERLEAVED_2_OF_5 = "interleaved-2-of-5"
    DATA_MATRIX = "data-matrix"
    PDF417 = "pdf417"
    QR = "qr"


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card was held to the reader; told once until it has been away.

    `card_id` is upper-case hexadecimal, or the printed decimal number where the driver is told so;
    what a keyboard typed stands as it was typed.
    """

    card_id: str
    technology: Technology


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """A code was read."""

    text: str
    symbology: Symbology = Symbology.UNKNOWN


class CardReader(Lifecycle, Protocol):
    """A reader of patrons' cards. Silence is normal: nobody holds a card up."""

    def __aiter__(self) -> AsyncIterator[CardSeen]:
        """Yield cards until closed.

        Noise is counted, not raised. DeviceError when the port fails, DeviceTimeout when a device
        that is asked does not answer; after either, build and enter a new reader.
        """
        ...


class CodeReader(Lifecycle, Protocol):
    """A reader of barcodes and two-dimensional codes; as CardReader."""

    def __aiter__(self) -> AsyncIterator[CodeScanned]:
        """Yield codes until closed, in the order in which they were read."""
        ...
