"""Transactions to begin a test with."""

from msgspec.structs import replace

from kiosk.lending.effects import Event
from kiosk.lending.machine import Outcome, step
from kiosk.lending.transaction import Action, Transaction

NOW_MS = 1_795_000_000_000
UID, SECOND = "E004015000000001", "E004015000000002"
CARD = "21101080000017"


def a_transaction(action: Action = Action.BORROW, **changes: object) -> Transaction:
    one = Transaction(
        id="0123456789abcdef01234567",
        session="s1",
        action=action,
        item_id="31000000007",
        uids=(UID,),
        began_at_ms=NOW_MS,
        patron=CARD,
    )
    return replace(one, **changes)


def after(one: Transaction, *events: Event) -> Outcome:
    """Return the state and the last effects after these events, a millisecond apart."""
    effects: Outcome = (one, ())
    for number, event in enumerate(events, 1):
        effects = step(effects[0], event, NOW_MS + number)
    return effects
