"""What the records of lending return beside patrons, items and loans themselves."""

from dataclasses import dataclass

from hub.circulation.book import Hold, Item, Loan


@dataclass(frozen=True, slots=True)
class Found:
    """An item with its open loan, and whether anybody waits for its work."""

    item: Item
    loan: Loan | None
    has_holds: bool


@dataclass(frozen=True, slots=True)
class Lent:
    """An open loan with what a screen shows of it."""

    loan: Loan
    barcode: str
    title: str
    category: str


@dataclass(frozen=True, slots=True)
class Held:
    """An open hold with what a screen shows of it."""

    hold: Hold
    title: str
    barcode: str
    """Of the copy that waits, or of the one that is wanted; empty while it may be any."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it was taken."""

    patron: int
    amount_fen: int
    fee: str
    means: str
    transaction: str | None
    terminal: str
    paid_ms: int
