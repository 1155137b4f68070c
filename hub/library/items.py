"""What an item is doing, and what a terminal says of it: 17, 19."""

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.dates import write_instant
from contracts.sip2.message import Message
from hub.circulation.book import HoldState
from hub.circulation.decide import Refusal, circulation_status
from hub.library.visit import Visit


def item_information(visit: Visit) -> Message:
    """Say what an item is, where, and until when it is lent; never to whom."""
    found = visit.book.found(visit.message.text(f.ITEM))
    if found is None:
        return visit.refuse(Refusal.ITEM_UNKNOWN)
    item, loan, holds = found.item, found.loan, visit.holds(found)
    ready = next((one for one in holds if one.copy == item.id), None)
    shelf = ready.expires_ms if ready is not None and ready.state is HoldState.READY else None
    local = visit.settings.local
    return visit.answer(
        p.CIRCULATION.of(circulation_status(item)),
        p.SECURITY.of(item.security),
        f.HOLD_QUEUE.of(str(len(holds))),
        f.DUE.of(write_instant(local(loan.due_ms))) if loan else None,
        f.HOLD_PICKUP_DATE.of(write_instant(local(shelf))) if shelf else None,
        f.ITEM.of(item.barcode),
        f.TITLE.of(item.title),
        f.OWNER.of(item.owner) if item.owner else None,
        f.MEDIA.of(item.media),
        f.PERMANENT_LOCATION.of(item.home_branch),
        f.CURRENT_LOCATION.of(item.branch),
        f.PROPERTIES.of(item.properties) if item.properties else None,
        f.CALL_NUMBER.of(item.call_number) if item.call_number else None,
        f.DESTINATION.of(item.destination) if item.destination else None,
    )


def item_status_update(visit: Visit) -> Message:
    """Write down what a terminal says of an item."""
    item = visit.book.item(visit.message.text(f.ITEM))
    if item is None:
        return visit.refuse(Refusal.ITEM_UNKNOWN)
    properties = visit.message.get(f.PROPERTIES)
    if properties is None:
        return visit.refuse(Refusal.FIELD_MISSING)
    visit.book.set_properties(item.id, properties)
    return visit.answer(
        p.PROPERTIES_OK.of(True),
        f.ITEM.of(item.barcode),
        f.TITLE.of(item.title),
        f.PROPERTIES.of(properties) if properties else None,
    )
