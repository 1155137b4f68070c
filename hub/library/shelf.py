"""The hold shelf: a copy is put aside for somebody, and passed on once they want it no more."""

from dataclasses import replace
from typing import Final

from contracts.sip2.codes import Alert
from hub.circulation.book import HoldState, Item, ItemState
from hub.circulation.decide import Route, route_returned
from hub.circulation.loan_rules import HoldRule
from hub.store.records import LendingRecords

DAY_MS: Final = 86_400_000


def put_aside(book: LendingRecords, item: Item, route: Route, rule: HoldRule, now_ms: int) -> None:
    """Let the hold that an item now waits for know of it; its time begins on the shelf."""
    if route.hold is None:
        return
    is_here = route.alert is Alert.HOLD_HERE
    shelf_ms = now_ms + rule.shelf_days * DAY_MS
    book.save_hold(
        replace(
            route.hold,
            state=HoldState.READY,
            copy=item.id,
            expires_ms=shelf_ms if is_here else None,
        )
    )


def pass_on(book: LendingRecords, copy: int, rule: HoldRule, now_ms: int) -> None:
    """Give a copy on the hold shelf to the next who waits for it, else let it be lent again.

    The hold that it stood there for has ended in the records. It stays on the shelf of the branch
    where it is, or is on its way to where the next one fetches it.
    """
    item = book.item_of_id(copy)
    if item is None or item.state is not ItemState.ON_HOLD_SHELF:
        return
    route = route_returned(item, item.branch, book.holds_of_work(item.work))
    if route.hold is None:
        # Whoever takes it from the shelf checks it in, and is told where it has to go.
        book.place_item(item.id, ItemState.AVAILABLE, item.branch)
        return
    put_aside(book, item, route, rule, now_ms)
    book.place_item(item.id, route.state, item.branch, route.destination)
