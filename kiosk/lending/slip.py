"""What a patron takes along: how each item ended, out of the journal and nothing else. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from contracts.sip2.codes import Alert
from kiosk.lending.due_text import due_of
from kiosk.lending.transaction import Action, Stage, Transaction


class Ending(StrEnum):
    """How a transaction ended for the patron."""

    DONE = "done"
    REFUSED = "refused"
    SEE_STAFF = "see_staff"
    """Recorded, but the item may raise the alarm; or nobody knows yet whether it is recorded."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Where an item that came back is to be laid, as the library's system said it.

    `bin` is one of a sorter or a numbered box, `destination` a branch as that system names it.
    """

    alert: Alert = Alert.NONE
    bin: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A line of the slip; it has no card number and no name.

    `aside`: the item came back and does not go onto its usual place.
    """

    action: Action
    item_id: str
    title: str
    due: str
    ending: Ending
    reason: str = ""
    aside: Aside | None = None


def slip(transactions: Iterable[Transaction]) -> tuple[SlipRow, ...]:
    """Return the slip of a session. What did not happen at all is not on it."""
    return tuple(
        row_of(one, ending) for one in transactions if (ending := ending_of(one)) is not None
    )


def row_of(one: Transaction, ending: Ending) -> SlipRow:
    """Return how a transaction stands, as the patron is told of it."""
    aside = aside_of(one) if ending is Ending.DONE else None
    return SlipRow(
        one.action, one.item_id, one.title, due_of(one), ending, one.refusal, aside=aside
    )


def aside_of(one: Transaction) -> Aside | None:
    """Return where a returned item is to be laid, None for its usual place.

    A kind of alert that SIP2's extensions do not name is one that somebody has to look at.
    """
    if one.action is not Action.RETURN:
        return None
    known = one.alert in set(Alert)
    alert = Alert(one.alert) if known else Alert.OTHER if one.alert else Alert.NONE
    if alert is Alert.NONE and not one.bin:
        return None
    return Aside(alert, one.bin, one.destination)


def ending_of(one: Transaction) -> Ending | None:
    """Return how a transaction ended, None for one that did not begin or left nothing behind."""
    if one.stage in {Stage.SENT, Stage.BIT_PENDING}:
        return Ending.SEE_STAFF
    if one.stage in {Stage.INTENT, Stage.DROPPED}:
        return Ending.REFUSED if one.refusal else None
    return Ending.DONE if one.is_accepted else Ending.REFUSED
