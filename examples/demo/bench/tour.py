"""The guided tour: a first loan in six steps, each ticked off when it has happened. Pure."""

from dataclasses import dataclass, field
from enum import IntEnum


class Step(IntEnum):
    """What a newcomer does, in this order; any order counts."""

    LAY = 0
    CARD = 1
    BORROW = 2
    BIT = 3
    PAPER = 4
    LEAVE = 5


WORDS: tuple[tuple[str, str], ...] = (
    ("把两本书放到台面上", "Lay two books on the kiosk's shelf"),
    (
        "把读者甲的证放到读卡器上，在屏幕上输入密码 1357",
        "Hold the card of 读者甲 to the reader; its PIN is 1357",
    ),
    ("在屏幕上按“借”", "Press “borrow” on the screen"),
    ("看：书的安全位关闭了", "See: the security bits of the books are off"),
    ("在屏幕上结束，要一张纸条", "Finish on the screen and take a printed slip"),
    ("把书带过门禁：不响", "Carry the books through the gate: it stays silent"),
)
BOOKS: int = 2


@dataclass(slots=True)
class Tour:
    """How far a newcomer is. `laid` are the barcodes that lay on the pad since it began."""

    done: set[Step] = field(default_factory=set)
    laid: set[str] = field(default_factory=set)
    borrowed: set[str] = field(default_factory=set)

    def lay(self, barcode: str, on_pad: int) -> None:
        """Note that a book was laid down, and how many lie there now."""
        self.laid.add(barcode)
        if on_pad >= BOOKS:
            self.done.add(Step.LAY)

    def show_card(self) -> None:
        """Note that a card was held up."""
        self.done.add(Step.CARD)

    def lend(self, barcode: str) -> None:
        """Note that the library lent a book that was not lent before."""
        if barcode in self.laid:
            self.borrowed.add(barcode)
            self.done.add(Step.BORROW)

    def switch_off(self, barcode: str) -> None:
        """Note that the security bit of a book is off."""
        if barcode in self.borrowed:
            self.done.add(Step.BIT)

    def print_slip(self) -> None:
        """Note that a slip came out of the printer."""
        if Step.BORROW in self.done:
            self.done.add(Step.PAPER)

    def leave(self, barcode: str, *, sounds: bool) -> None:
        """Note that a book went through the gate."""
        if barcode in self.borrowed and not sounds:
            self.done.add(Step.LEAVE)
