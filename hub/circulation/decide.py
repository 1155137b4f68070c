"""May this be lent, renewed, held; where does a returned item go; what stands against a patron."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.sip2.codes import Alert, CirculationStatus, Flag
from hub.circulation.book import (
    CardState,
    Hold,
    HoldState,
    Item,
    ItemState,
    Loan,
    Patron,
    Standing,
)
from hub.circulation.loan_rules import LoanRule, PatronRule


class Refusal(StrEnum):
    """Why something is not done; `hub.circulation.words` has the sentences."""

    NOT_LOGGED_IN = "not_logged_in"
    FIELD_MISSING = "field_missing"
    NOT_STORED = "not_stored"
    CARD_UNKNOWN = "card_unknown"
    CARD_LOST = "card_lost"
    CARD_EXPIRED = "card_expired"
    BLOCKED = "blocked"
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    ITEM_UNKNOWN = "item_unknown"
    NOT_FOR_LOAN = "not_for_loan"
    LENT_TO_ANOTHER = "lent_to_another"
    ALREADY_YOURS = "already_yours"
    HELD_FOR_ANOTHER = "held_for_another"
    TOO_MANY_LOANS = "too_many_loans"
    OVERDUE = "overdue"
    OWES = "owes"
    CHARGE = "charge"
    NOT_YOURS = "not_yours"
    NO_RENEWAL_LEFT = "no_renewal_left"
    NOT_ON_LOAN = "not_on_loan"
    NOT_CANCELLED = "not_cancelled"
    HELD_ALREADY = "held_already"
    TOO_MANY_HOLDS = "too_many_holds"
    NO_SUCH_HOLD = "no_such_hold"
    NO_SUCH_BRANCH = "no_such_branch"
    AMOUNT = "amount"
    CURRENCY = "currency"
    NO_SUCH_FEE = "no_such_fee"
    PAID_OTHERWISE = "paid_otherwise"


_STATUS: Final = {
    ItemState.AVAILABLE: CirculationStatus.AVAILABLE,
    ItemState.LENT: CirculationStatus.CHARGED,
    ItemState.ON_HOLD_SHELF: CirculationStatus.ON_HOLD_SHELF,
    ItemState.IN_TRANSIT: CirculationStatus.IN_TRANSIT,
    ItemState.IN_PROCESS: CirculationStatus.IN_PROCESS,
    ItemState.LOST: CirculationStatus.LOST,
    ItemState.MISSING: CirculationStatus.MISSING,
}
_MAGNETIC: Final = frozenset({"004", "005", "007", "008", "010"})
_NOT_LENT: Final = frozenset({ItemState.IN_PROCESS, ItemState.LOST, ItemState.MISSING})


def circulation_status(item: Item) -> CirculationStatus:
    """Return what an item is doing, as SIP2 says it."""
    return _STATUS[item.state]


def is_magnetic(item: Item) -> bool:
    """Tell whether an item has a tape or a diskette, which a strong magnet would spoil."""
    return item.media in _MAGNETIC


def against_card(patron: Patron, today: date) -> Refusal | None:
    """Return what stands against a card itself."""
    if patron.card_state is not CardState.GOOD:
        return Refusal.CARD_LOST
    if patron.expires_on and patron.expires_on < today.isoformat():
        return Refusal.CARD_EXPIRED
    if patron.blocks or patron.terminal_block:
        return Refusal.BLOCKED
    return None


def against_borrowing(
    patron: Patron, standing: Standing, rule: PatronRule, today: date
) -> Refusal | None:
    """Return what stands against lending anything at all to a patron."""
    found = against_card(patron, today)
    if found is not None:
        return found
    if standing.loans >= rule.most_loans:
        return Refusal.TOO_MANY_LOANS
    return _against_debts(standing, rule)


def _against_debts(standing: Standing, rule: PatronRule) -> Refusal | None:
    if standing.overdue and standing.overdue >= rule.most_overdue:
        return Refusal.OVERDUE
    if standing.owed_fen > rule.most_owed_fen:
        return Refusal.OWES
    return None


def against_lending(
    item: Item, patron: Patron, current: Loan | None, holds: Sequence[Hold]
) -> Refusal | None:
    """Return what stands against lending an item to a patron; `holds` are the open ones of it."""
    if current is not None:
        return Refusal.ALREADY_YOURS if current.patron == patron.id else Refusal.LENT_TO_ANOTHER
    if not item.is_loanable or item.state in _NOT_LENT:
        return Refusal.NOT_FOR_LOAN
    kept = next((hold for hold in holds if hold.copy == item.id), None)
    if kept is not None and kept.patron != patron.id:
        return Refusal.HELD_FOR_ANOTHER
    return None


def against_renewing(
    loan: Loan | None,
    patron: Patron,
    standing: Standing,
    rule: LoanRule,
    limits: PatronRule,
    holds: Iterable[Hold],
    today: date,
) -> Refusal | None:
    """Return what stands against renewing a loan: a hold that this copy could fulfil does too."""
    if loan is None:
        return Refusal.NOT_ON_LOAN
    if loan.patron != patron.id:
        return Refusal.NOT_YOURS
    found = against_card(patron, today)
    if found is not None:
        return found
    if loan.renewals >= rule.renewals:
        return Refusal.NO_RENEWAL_LEFT
    if next_hold(loan.item, holds) is not None:
        return Refusal.HELD_FOR_ANOTHER
    return Refusal.OWES if standing.owed_fen > limits.most_owed_fen else None


def next_hold(item: int, holds: Iterable[Hold]) -> Hold | None:
    """Return the oldest waiting hold that a copy fulfils."""
    waiting = [
        hold for hold in holds if hold.state is HoldState.WAITING and hold.item in {None, item}
    ]
    return min(waiting, key=lambda hold: (hold.placed_ms, hold.id), default=None)


def queue_position(hold: Hold, holds: Iterable[Hold]) -> int:
    """Return the place of a hold among the open ones of its work, the first is 1."""
    mine = (hold.placed_ms, hold.id)
    return 1 + sum((other.placed_ms, other.id) < mine for other in holds if other.id != hold.id)


@dataclass(frozen=True, slots=True)
class Route:
    """Where an item goes that has come back."""

    state: ItemState
    destination: str = ""
    """Empty: it stays."""
    alert: Alert = Alert.NONE
    hold: Hold | None = None
    """Whose it is now."""


def route_returned(item: Item, branch: str, holds: Iterable[Hold]) -> Route:
    """Return where an item goes that came back, or arrived, at a branch."""
    open_holds = tuple(holds)
    kept = next((hold for hold in open_holds if hold.copy == item.id), None)
    hold = kept or next_hold(item.id, open_holds)
    if hold is not None and hold.pickup == branch:
        return Route(ItemState.ON_HOLD_SHELF, "", Alert.HOLD_HERE, hold)
    if hold is not None:
        return Route(ItemState.IN_TRANSIT, hold.pickup, Alert.HOLD_ELSEWHERE, hold)
    if item.home_branch and item.home_branch != branch:
        return Route(ItemState.IN_TRANSIT, item.home_branch, Alert.TRANSFER)
    return Route(ItemState.AVAILABLE)


def flags_of(patron: Patron, standing: Standing, rule: PatronRule, today: date) -> frozenset[Flag]:
    """Return a patron's status as SIP2 says it: what is denied, and why."""
    found: set[Flag] = set()
    card = against_card(patron, today)
    if card is not None:
        found |= {Flag.CHARGE_DENIED, Flag.RENEW_DENIED, Flag.RECALL_DENIED, Flag.HOLD_DENIED}
    if patron.card_state is not CardState.GOOD:
        found.add(Flag.CARD_LOST)
    if standing.loans >= rule.most_loans:
        found |= {Flag.CHARGE_DENIED, Flag.TOO_MANY_CHARGED}
    if standing.overdue and standing.overdue >= rule.most_overdue:
        found |= {Flag.CHARGE_DENIED, Flag.TOO_MANY_OVERDUE}
    if standing.owed_fen > rule.most_owed_fen:
        found |= {Flag.CHARGE_DENIED, Flag.RENEW_DENIED, Flag.EXCESSIVE_FINES}
    if standing.holds >= rule.most_holds:
        found.add(Flag.HOLD_DENIED)
    return frozenset(found)
