"""Due dates as visitors read them. Pure."""

from datetime import UTC, datetime, time, tzinfo

from contracts.sip2.dates import read_due
from kiosk.lending.transaction import Action, Transaction

_LAST_MINUTE = time(23, 59)


def due_of(one: Transaction) -> str:
    """Return the due date of a transaction: as the library's system wrote it, or as promised."""
    if one.due or not one.is_offline or one.action is not Action.BORROW or not one.due_at_ms:
        return one.due
    return f"{datetime.fromtimestamp(one.due_at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def readable_due(text: str, zone: tzinfo) -> str:
    """Return a day, with its time where that is not the end of it; what is no date as it stands."""
    at = read_due(text)
    if at is None:
        return text
    if at.tzinfo is not None:
        at = at.astimezone(zone)
    is_whole_day = at.time() >= _LAST_MINUTE
    return f"{at:%Y-%m-%d}" if is_whole_day else f"{at:%Y-%m-%d %H:%M}"
