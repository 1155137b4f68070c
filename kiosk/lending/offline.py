"""Lending without the library's system: how much is risked, and in which order it is told. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from contracts.blocked_cards import BlockedCards
from kiosk.lending.transaction import Action, Stage, Transaction, Upload

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000


class OfflineRefusal(StrEnum):
    """Why nothing is lent without the library's system."""

    NOT_ALLOWED = "not_allowed"
    NO_CARD_LIST = "no_card_list"
    """The list of blocked cards is too old, or there is none."""
    BLOCKED = "blocked"
    TOO_MANY_FOR_PATRON = "too_many_for_patron"
    TOO_MANY_PATRONS = "too_many_patrons"
    TOO_MANY_ITEMS = "too_many_items"
    ALREADY_LENT = "already_lent"
    """This kiosk lent the item itself, and it did not come back."""


@dataclass(frozen=True, slots=True)
class OfflinePolicy:
    """What may be lent without the library's system. Where it is allowed, returns have no limit."""

    is_allowed: bool = False
    most_items: int = 200
    most_patrons: int = 100
    most_items_of_patron: int = 5
    card_list_hours: int = 72
    loan_days: int = 28


def knows_cards(policy: OfflinePolicy, cards: BlockedCards | None, now_ms: int) -> bool:
    """Tell whether the list of blocked cards is there and young enough to lend by."""
    return cards is not None and 0 <= now_ms - cards.at_ms <= policy.card_list_hours * _HOUR_MS


def may_borrow(
    policy: OfflinePolicy,
    cards: BlockedCards | None,
    transactions: Iterable[Transaction],
    *,
    patron: str,
    item_id: str,
    now_ms: int,
) -> OfflineRefusal | None:
    """Return why this item is not lent to this patron now, None if it may be."""
    if not policy.is_allowed:
        return OfflineRefusal.NOT_ALLOWED
    if cards is None or not knows_cards(policy, cards, now_ms):
        return OfflineRefusal.NO_CARD_LIST
    if cards.blocks(patron):
        return OfflineRefusal.BLOCKED
    rows = [one for one in transactions if _is_at_risk(one)]
    last = max(
        (one for one in rows if one.item_id == item_id),
        key=lambda one: one.accepted_at_ms,
        default=None,
    )
    if last is not None and last.action is Action.BORROW:
        return OfflineRefusal.ALREADY_LENT
    loans = [one for one in rows if one.action is Action.BORROW]
    if sum(one.patron == patron for one in loans) >= policy.most_items_of_patron:
        return OfflineRefusal.TOO_MANY_FOR_PATRON
    if len(loans) >= policy.most_items:
        return OfflineRefusal.TOO_MANY_ITEMS
    if len({one.patron for one in loans} | {patron}) > policy.most_patrons:
        return OfflineRefusal.TOO_MANY_PATRONS
    return None


def due_at_ms(policy: OfflinePolicy, now_ms: int) -> int:
    """Return the due date that is promised without the library's system."""
    return now_ms + policy.loan_days * _DAY_MS


def next_uploads(transactions: Iterable[Transaction]) -> list[Transaction]:
    """Return the rows that may be uploaded now: of each item the oldest that waits.

    An item's rows follow each other in the order in which they happened, a return before the loan
    after it; one item never waits for another.
    """
    first: dict[str, Transaction] = {}
    for one in transactions:
        if not one.waits_for_upload:
            continue
        before = first.get(one.item_id)
        if before is None or _when(one) < _when(before):
            first[one.item_id] = one
    return sorted(first.values(), key=_when)


def _is_at_risk(one: Transaction) -> bool:
    is_kept = one.waits_for_upload or one.upload in {Upload.EXPORTED, Upload.REFUSED}
    return one.is_accepted and one.is_offline and is_kept and one.stage is not Stage.DROPPED


def _when(one: Transaction) -> tuple[int, int, str]:
    return one.accepted_at_ms, one.began_at_ms, one.id
