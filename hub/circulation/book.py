"""Patrons, items, loans and holds, as the records hold them. Instants in Unix milliseconds.

Money is in fen, hundredths of a yuan, in whole numbers.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class ItemState(StrEnum):
    """Where an item is."""

    AVAILABLE = "available"
    LENT = "lent"
    ON_HOLD_SHELF = "on_hold_shelf"
    """Waits for the patron of a hold."""
    IN_TRANSIT = "in_transit"
    """On its way to another branch."""
    IN_PROCESS = "in_process"
    LOST = "lost"
    MISSING = "missing"


class HoldState(StrEnum):
    """How far a hold is."""

    WAITING = "waiting"
    READY = "ready"
    """A copy waits for the patron, or is on its way to where they fetch it."""
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CardState(StrEnum):
    """What a card is good for."""

    GOOD = "good"
    LOST = "lost"
    RETAINED = "retained"
    """A terminal kept it."""


@dataclass(frozen=True, slots=True)
class Patron:
    """Whoever borrows; `card` is the one that was shown."""

    id: int
    card: str
    name: str
    category: str
    """Their class, as the loan rules name it: adult, child, …"""
    card_state: CardState = CardState.GOOD
    pin_hash: str | None = None
    address: str = ""
    email: str = ""
    phone: str = ""
    born_on: str = ""
    """YYYY-MM-DD."""
    has_internet: bool = False
    home_branch: str = ""
    blocks: str = ""
    """Why the staff blocked them; empty: they did not."""
    terminal_block: str = ""
    """Why a terminal blocked the card (01); lifted by 25."""
    expires_on: str = ""
    """Their last day, YYYY-MM-DD; empty: without end."""
    agreed_on: str = ""
    """When they agreed to the rules of unstaffed rooms, YYYY-MM-DD; empty: they did not."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a patron has at the moment."""

    loans: int = 0
    overdue: int = 0
    owed_fen: int = 0
    holds: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One copy of a work; it belongs to a branch, and may be in another."""

    id: int
    barcode: str
    work: int
    title: str
    author: str = ""
    owner: str = ""
    home_branch: str = ""
    branch: str = ""
    """Where it is, or was seen last."""
    media: str = "001"
    """As in SIP2 (CK)."""
    category: str = "book"
    """Its kind, as the loan rules name it."""
    call_number: str = ""
    security: str = "00"
    """As in SIP2."""
    is_loanable: bool = True
    state: ItemState = ItemState.AVAILABLE
    destination: str = ""
    """The branch that it is on its way to."""
    properties: str = ""
    """What terminals wrote down of it (CH)."""


@dataclass(frozen=True, slots=True)
class Loan:
    """An item with a patron; `patron` is None once its history is anonymous."""

    id: int
    item: int
    patron: int | None
    out_ms: int
    due_ms: int
    renewals: int = 0
    out_branch: str = ""
    out_terminal: str = ""
    transaction: str = ""
    """The terminal's own id of it (BK), which makes an upload harmless the second time."""
    back_ms: int | None = None
    back_terminal: str = ""

    def renewed(self, due_ms: int) -> "Loan":
        """Return it with another due date, renewed once more."""
        return replace(self, due_ms=due_ms, renewals=self.renewals + 1)


@dataclass(frozen=True, slots=True)
class Hold:
    """A patron waits for a copy of a work, or for one copy."""

    id: int
    work: int
    item: int | None
    """The one copy that is wanted; None: any."""
    patron: int
    pickup: str
    """The branch where it is fetched."""
    placed_ms: int
    state: HoldState = HoldState.WAITING
    copy: int | None = None
    """The item that waits for them."""
    expires_ms: int | None = None

    def put_back(self) -> "Hold":
        """Return it as it waits again, without a copy."""
        return replace(self, state=HoldState.WAITING, copy=None)


@dataclass(frozen=True, slots=True)
class Fee:
    """What a patron owes for one thing."""

    id: int
    kind: str
    """As in SIP2 (BT)."""
    amount_fen: int
    paid_fen: int = 0
    title: str = ""

    @property
    def open_fen(self) -> int:
        """Return what is left to pay."""
        return self.amount_fen - self.paid_fen
