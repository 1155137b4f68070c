"""What terms may say, before anybody is asked what they would mean. Pure."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final, assert_never

from hub.access.complaints import Complained, Complaint
from hub.access.texts import one_line
from hub.schedules.declaration import (
    ExceptionTerms,
    HolidayTerms,
    NoticeTerms,
    Terms,
    TimetableTerms,
)

REASON_LENGTH: Final = 200
TEXT_LENGTH: Final = 1000
MOST_CHANNELS: Final = 12
LONGEST: Final = timedelta(days=3 * 366)
"""No exception and no notice is longer; a venue that closes for good gets another timetable."""
FARTHEST: Final = timedelta(days=5 * 366)


def checked(terms: Terms, told: date, told_s: int) -> Terms:
    """Return terms whose texts are tidy, told to the public at `told_s` on the day `told`.

    Raises Complained: too long, over already, in the wrong order.
    """
    match terms:
        case TimetableTerms() | HolidayTerms():
            if not told <= terms.effective_from <= told + FARTHEST:
                raise Complained(Complaint.EFFECTIVE_TIME)
            if isinstance(terms, HolidayTerms) and not terms.types:
                raise Complained(Complaint.DAY_TYPES_MISSING)
            return terms
        case ExceptionTerms():
            if not told <= terms.first <= terms.last <= min(terms.first + LONGEST, told + FARTHEST):
                raise Complained(Complaint.DAYS_FORM)
            return terms
        case NoticeTerms():
            return _notice(terms, told_s)
        case _:
            assert_never(terms)


def _notice(terms: NoticeTerms, told_s: int) -> NoticeTerms:
    longest, farthest = int(LONGEST.total_seconds()), int(FARTHEST.total_seconds())
    is_in_order = terms.start_s < terms.end_s <= terms.start_s + longest
    if not is_in_order or terms.end_s <= told_s or terms.start_s > told_s + farthest:
        raise Complained(Complaint.NOTICE_TIME)
    zh, en = one_line(terms.zh), one_line(terms.en)
    if not zh or max(len(zh), len(en)) > TEXT_LENGTH:
        raise Complained(Complaint.NOTICE_TEXT)
    channels = tuple(filter(None, map(one_line, terms.channels)))
    if len(channels) > MOST_CHANNELS or any(len(c) > REASON_LENGTH for c in channels):
        raise Complained(Complaint.CHANNELS_FORM)
    return replace(terms, zh=zh, en=en, channels=channels)
