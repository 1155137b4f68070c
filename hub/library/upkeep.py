"""What time alone changes: holds that are over, and a history that has no names any more."""

from dataclasses import replace

from hub.circulation.book import HoldState
from hub.circulation.loan_rules import HoldRule
from hub.library.shelf import DAY_MS, pass_on
from hub.store.records import LendingRecords


def upkeep(book: LendingRecords, rule: HoldRule, now_ms: int, *, history_days: int) -> int:
    """Do what is due; return how many loans became anonymous."""
    over = book.expired_holds(now_ms)
    for hold in over:
        book.save_hold(replace(hold, state=HoldState.EXPIRED))
    # Not before all of them have ended: one that is over too is not the next in the queue.
    for hold in over:
        if hold.copy is not None:
            pass_on(book, hold.copy, rule, now_ms)
    before_ms = now_ms - history_days * DAY_MS
    book.forget_holds(before_ms)
    return book.forget_patrons(before_ms)
