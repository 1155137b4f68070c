"""The port of receipt printers: what a kiosk prints, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firmware_bridge.lifecycle import Lifecycle


class PrinterState(StrEnum):
    """What a printer says of itself; the first that is true, in this order."""

    FAULT = "fault"  # cutter, head or voltage: a person has to come
    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    PAPER_LOW = "paper_low"  # it prints
    READY = "ready"


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A line of text; what is wider than the paper goes on in the next line."""

    text: str
    is_large: bool = False
    is_centred: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is printed: lines of text, then a QR code with this content."""

    lines: tuple[ReceiptLine, ...]
    qr: str | None = None


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What became of a receipt, and how the printer is. Not printed is no error: it is said."""

    is_printed: bool
    state: PrinterState


class ReceiptPrinter(Lifecycle, Protocol):
    """A printer of receipts."""

    async def state(self) -> PrinterState:
        """Ask the printer how it is. Raises DeviceError, DeviceTimeout without an answer."""
        ...

    async def print_receipt(self, receipt: Receipt) -> PrintResult:
        """Print and cut; return when it is on paper, or when it is known that it is not.

        What could not be printed is thrown away: the next visitor must not find it. Raises as
        `state` does.
        """
        ...
