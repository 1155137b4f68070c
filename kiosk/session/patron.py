"""A patron as the library's system tells of them, and what is said of an item. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum


class IdentifyRefusal(StrEnum):
    """Why somebody is not let in."""

    UNKNOWN_CARD = "unknown_card"
    WRONG_PIN = "wrong_pin"
    LOCKED = "locked"
    """Too many wrong PINs: for a while, or until the staff helps."""
    BLOCKED = "blocked"
    """The card may do nothing: lost, expired, barred."""
    AWAY = "away"
    """The library's system gave no answer."""
    UNREADABLE = "unreadable"
    """The card or code could not be read."""
    TWO_CARDS = "two_cards"


@dataclass(frozen=True, slots=True)
class Patron:
    """Who is identified. `shown` is the masked name: 张*, never more. `number` is the card's.

    `may_borrow` is what the library's system says of this patron; `why_not` its own words.
    """

    number: str = field(repr=False)
    shown: str
    may_borrow: bool = True
    may_renew: bool = True
    why_not: str = ""
    is_offline: bool = False
    """Not asked of the library's system: it is away."""


@dataclass(frozen=True, slots=True)
class Loan:
    """An item that a patron has. `due` as the library's system wrote it, `due_ms` Unix ms or 0."""

    item_id: str
    title: str
    due: str = ""
    due_ms: int = 0
    is_overdue: bool = False
    may_renew: bool = True


@dataclass(frozen=True, slots=True)
class HoldShown:
    """Something that a patron waits for; `position` in the queue, None where it is not told."""

    title: str
    is_ready: bool
    position: int | None = None
    pick_up: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """Something to be paid, as the library's system wrote it."""

    what: str
    amount: str


@dataclass(frozen=True, slots=True)
class Account:
    """A patron's loans, holds and fees. Without `is_whole`, the library's system told less."""

    loans: tuple[Loan, ...] = ()
    holds: tuple[HoldShown, ...] = ()
    fees: tuple[Fee, ...] = ()
    owed: str = ""
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class ItemSaid:
    """What the library's system says of an item on the pad; its title goes before the tag's."""

    title: str
    is_lent: bool | None = None
