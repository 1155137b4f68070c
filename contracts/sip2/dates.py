"""Instants in SIP2: 18 characters at fixed places, and due dates as whatever text a system writes.

    YYYYMMDDZZZZHHMMSS    ZZZZ: four blanks for local time, `   Z` for UTC

Local times come back naive: only who knows the library knows its zone.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Final

WIDTH: Final = 18
YEARS: Final = range(1900, 9999)
"""Of instants that exist in every zone: at both ends of what Python counts some have none."""
_UTC: Final = frozenset({"Z", "UTC", "GMT"})
_OFFSET: Final = re.compile(r"([+-])(\d\d)(\d\d)?")
_CLOCK: Final = r"(?:[ T,]+(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?)?"
_END: Final = r"(?:\.\d+)?\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?\s*"
_DUE: Final = (
    # 2011-10-28 23:59:59, 2026/12/7, 2026年12月7日, 2026-12-07T18:31:49+08:00
    re.compile(
        r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?" + _CLOCK + _END
    ),
    # 08.06.2016, 7-12-2026: the day first
    re.compile(r"(?P<day>\d{1,2})[.-](?P<month>\d{1,2})[.-](?P<year>\d{4})" + _CLOCK + _END),
    # 5/23/2008,23:59: the month first, unless it cannot be one
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _CLOCK + _END),
    # 20261207, 20261207183149
    re.compile(
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
        r"(?:(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?" + _END
    ),
)
_LAST_SECOND: Final = time(23, 59, 59)


def read_instant(text: str) -> datetime | None:
    """Read 18 characters; None for blanks and for what is no instant, or none of `YEARS`."""
    digits = text[:8] + text[12:]
    if len(text) != WIDTH or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        at = datetime(  # noqa: DTZ001  local time of the library
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            int(digits[12:]),
        )
    except ValueError:
        return None
    return _in_zone(at, text[8:12]) if at.year in YEARS else None


def write_instant(at: datetime | None) -> str:
    """Return the 18 characters of an instant: naive as local time, aware as UTC, None as blanks."""
    if at is None:
        return " " * WIDTH
    zone = "    "
    if at.tzinfo is not None:
        at, zone = at.astimezone(UTC), "   Z"
    day = f"{at.year:04}{at.month:02}{at.day:02}"
    return f"{day}{zone}{at.hour:02}{at.minute:02}{at.second:02}"


def read_due(text: str) -> datetime | None:
    """Read a due date of any of the forms that were seen; None when it has to be shown as it is.

    A day without a time is due in its last second. `/` puts the month first, as the American
    systems do that write it, unless the first number cannot be a month.
    """
    text = text.strip()
    fixed = read_instant(text)
    if fixed is not None:
        return fixed
    for form in _DUE:
        found = form.fullmatch(text)
        if found is not None:
            return _found(found)
    return None


def _found(found: re.Match[str]) -> datetime | None:
    year, month, day = (int(found[part]) for part in ("year", "month", "day"))
    if month > 12 >= day:
        month, day = day, month
    try:
        clock = (
            _LAST_SECOND
            if found["hour"] is None
            else time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
        )
        at = datetime.combine(datetime(year, month, day), clock)  # noqa: DTZ001
    except ValueError:
        return None
    return _in_zone(at, found["zone"] or "") if at.year in YEARS else None


def _in_zone(at: datetime, zone: str) -> datetime:
    zone = zone.strip().upper().replace(":", "")
    if zone in _UTC:
        return at.replace(tzinfo=UTC)
    offset = _OFFSET.fullmatch(zone)
    if offset is None:
        return at
    span = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    if span >= timedelta(hours=24):
        return at
    return at.replace(tzinfo=timezone(-span if offset[1] == "-" else span))
