"""When a loan is due, how late it came back, and what that costs.

A loan is due in the last second of a local day, and never on a day on which its branch is closed:
then on the next one that it opens. A day is a calendar day of the library's zone.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.circulation.loan_rules import LoanRule

LONGEST_CLOSED_DAYS: Final = 366
"""A branch that opens on none of so many days moves no due date."""
_LAST_SECOND: Final = time(23, 59, 59)


def local_day(at_ms: int, zone: ZoneInfo) -> date:
    """Return the library's day of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def end_of_day(day: date, zone: ZoneInfo) -> int:
    """Return the last second of a local day."""
    at = datetime.combine(day, _LAST_SECOND, zone)
    return int(at.astimezone(UTC).timestamp()) * 1000


def due_at(from_ms: int, days: int, zone: ZoneInfo, is_open: Callable[[date], bool]) -> int:
    """Return when a loan that begins at an instant is due."""
    day = local_day(from_ms, zone) + timedelta(days=days)
    for later in range(LONGEST_CLOSED_DAYS):
        if is_open(day + timedelta(days=later)):
            return end_of_day(day + timedelta(days=later), zone)
    return end_of_day(day, zone)


def days_late(due_ms: int, back_ms: int, zone: ZoneInfo) -> int:
    """Return for how many days a loan was overdue when it came back."""
    if back_ms <= due_ms:
        return 0
    return (local_day(back_ms, zone) - local_day(due_ms, zone)).days


def fine_fen(rule: LoanRule, due_ms: int, back_ms: int, zone: ZoneInfo) -> int:
    """Return what coming back late costs, in fen."""
    return min(days_late(due_ms, back_ms, zone) * rule.fine_fen_a_day, rule.most_fine_fen)
