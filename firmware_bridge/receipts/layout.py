"""A receipt -> the bytes of ESC/POS. No I/O: python-escpos' Dummy printer collects them."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from escpos.printer import Dummy

from firmware_bridge.receipts.port import Receipt, ReceiptLine

MOST_QR_BYTES: Final = 300
_CHINESE_ON: Final = b"\x1c\x26"
_QR_SIZE: Final = 6


def lay_out(receipt: Receipt, columns: int) -> bytes:
    """Return everything from the reset of the printer to the cut.

    What GB 18030 lacks is printed as "?"; control characters, which would be commands, as blanks.
    Raises ValueError for a QR content of more than MOST_QR_BYTES.
    """
    if receipt.qr is not None and len(receipt.qr.encode()) > MOST_QR_BYTES:
        raise ValueError(f"a QR code on a receipt holds up to {MOST_QR_BYTES} bytes")
    paper = _Paper()
    paper.hw("INIT")
    paper.raw(_CHINESE_ON)
    for line in receipt.lines:
        paper.write_line(line, columns)
    if receipt.qr is not None:
        paper.set(align="center")
        paper.qr(receipt.qr, native=True, size=_QR_SIZE)
    paper.cut()
    return bytes(paper.output)


def wrap(text: str, columns: int) -> Iterator[str]:
    """Yield pieces that fit into so many columns; a Chinese character is two wide."""
    piece, width = "", 0
    for character in text:
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width + wide > columns:
            yield piece
            piece, width = "", 0
        piece, width = piece + character, width + wide
    yield piece


class _Paper(Dummy):  # type: ignore[misc]
    def raw(self, content: bytes) -> None:
        self._raw(content)

    def write_line(self, line: ReceiptLine, columns: int) -> None:
        self.set(
            align="center" if line.is_centred else "left",
            normal_textsize=not line.is_large,
            double_width=line.is_large,
            double_height=line.is_large,
        )
        plain = "".join(" " if unicodedata.category(c) == "Cc" else c for c in line.text)
        for piece in wrap(plain, columns // 2 if line.is_large else columns):
            self._raw(piece.encode("gb18030", errors="replace") + b"\n")
