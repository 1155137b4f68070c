"""What waits for somebody: the list of the staff, out of the journal. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.room import UnfinishedCase
from kiosk.lending.transaction import Stage, Transaction, Upload


class Case(StrEnum):
    """Why a transaction is on the list, the gravest first."""

    BIT_PENDING = "bit_pending"
    """The security bit does not agree with the library's system: lay the item on a pad."""
    NOT_KNOWN = "not_known"
    """Sent, and the library's system has not yet said what became of it."""
    CONTRADICTED = "contradicted"
    """The library's system names another patron than the one who stood here."""
    UPLOAD_REFUSED = "upload_refused"
    """Accepted without the library's system, which then said no."""
    NOT_UPLOADED = "not_uploaded"
    """Accepted without the library's system, which does not have it yet."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One row of the list; `since_ms` is when it came to this."""

    case: Case
    since_ms: int
    transaction: Transaction


MOST_NAMED: Final = 5
"""Items of each case that the hub is told of."""
CONTRADICTION = "lent to another"
"""How a transaction is refused that the library's system gives to another patron."""


def unfinished(
    transactions: Iterable[Transaction], cases: Iterable[Case] = tuple(Case)
) -> list[Unfinished]:
    """Return what is not finished, gravest cases first and the oldest of each first."""
    wanted = tuple(cases)
    rows = [
        Unfinished(case, _since_ms(one), one)
        for one in transactions
        if (case := case_of(one)) in wanted and case is not None
    ]
    order = tuple(Case)
    return sorted(rows, key=lambda row: (order.index(row.case), row.since_ms))


def told_to_hub(rows: Iterable[Unfinished]) -> tuple[UnfinishedCase, ...]:
    """Return what the hub is told of the list: how many of each case, and no patron.

    Items are named where somebody has to see to them by hand; what only waits for the library's
    system would tell what was lent, and needs nobody.
    """
    found: dict[Case, list[Unfinished]] = {}
    for row in rows:
        found.setdefault(row.case, []).append(row)
    return tuple(
        UnfinishedCase(
            case.value,
            len(of),
            max(0, min(row.since_ms for row in of)),
            ()
            if case is Case.NOT_UPLOADED
            else tuple(row.transaction.item_id[:200] for row in of[:MOST_NAMED]),
        )
        for case, of in found.items()
    )


def case_of(one: Transaction) -> Case | None:
    """Return why a transaction is on the list, None for one that needs nobody."""
    if one.is_closed:
        return None
    if one.stage is Stage.BIT_PENDING:
        return Case.BIT_PENDING
    if one.stage is Stage.SENT:
        return Case.NOT_KNOWN
    if one.upload is Upload.REFUSED:
        return Case.UPLOAD_REFUSED
    if one.waits_for_upload or one.upload is Upload.EXPORTED:
        return Case.NOT_UPLOADED
    if one.refusal == CONTRADICTION:
        return Case.CONTRADICTED
    return None


def _since_ms(one: Transaction) -> int:
    return one.trail[-1].at_ms if one.trail else one.began_at_ms
