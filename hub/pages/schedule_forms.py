"""The forms of the calendar: from what somebody typed to terms. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from hub.access.complaints import Complained, Complaint
from hub.compliance.calendar import DayType
from hub.compliance.clocktext import WEEKDAYS, read_instant, read_sessions
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import Sessions, weekly
from hub.schedules.declaration import (
    REASONS,
    ExceptionTerms,
    HolidayTerms,
    NoticeTerms,
    Reason,
    Terms,
    TimetableTerms,
)

Form = Mapping[str, Sequence[str]]
_SIGNS: Final = str.maketrans({"：": ":", "，": ",", "、": ",", "；": ",", "–": "-", "—": "-",
                               "~": "-", "～": "-", "至": "-", ";": ","})  # fmt: skip
_CLOSED: Final = frozenset({"闭馆", "不开放", "休息"})
_ALL_DAY: Final = frozenset({"全天", "24小时", "24 小时", "24 hours"})


def read_terms(kind: str, form: Form, clock: LocalTime) -> Terms:
    """Return the terms of a form. Raises Complained."""
    match kind:
        case "timetable":
            week = [read_hours(one(form, weekday)) for weekday in WEEKDAYS]
            try:
                return TimetableTerms(weekly(*week), read_day(one(form, "effective_from")))
            except ValueError as error:
                raise Complained(Complaint.WEEK_FORM) from error
        case "holiday":
            return HolidayTerms(
                frozenset(DayType(name) for name in form.get("days", ()) if name in set(DayType)),
                read_hours(one(form, "hours")),
                read_day(one(form, "effective_from")),
            )
        case "exception":
            first = read_day(one(form, "from"))
            last = read_day(one(form, "until")) if one(form, "until") else first
            return ExceptionTerms(first, last, read_hours(one(form, "hours")))
        case _:
            named = one(form, "reason")
            reason: Reason = next((known for known in REASONS if known == named), "其他")
            return NoticeTerms(
                read_moment(one(form, "from"), clock),
                read_moment(one(form, "until"), clock),
                reason,
                one(form, "zh"),
                one(form, "en"),
                tuple(one(form, "channels").replace("，", ",").replace("、", ",").split(",")),
            )


def published_ms(form: Form, clock: LocalTime) -> int | None:
    """Return when the public was told, Unix ms; None: now. Raises Complained."""
    text = one(form, "published")
    return read_moment(text, clock) * 1000 if text else None


def read_hours(text: str) -> Sessions:
    """Return sessions as typed, with Chinese signs and words too. Raises Complained."""
    told = text.strip()
    if told in _CLOSED:
        return ()
    if told in _ALL_DAY:
        told = "24h"
    try:
        return read_sessions(told.translate(_SIGNS))
    except ValueError as error:
        raise Complained(Complaint.HOURS_FORM) from error


def read_day(text: str) -> date:
    """Return a day. Raises Complained."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Complained(Complaint.DATE_FORM) from error


def read_moment(text: str, clock: LocalTime) -> int:
    """Return an instant of the venue's clock, Unix seconds. Raises Complained."""
    try:
        return read_instant(text, clock)
    except ValueError as error:
        raise Complained(Complaint.DATE_FORM) from error


def one(form: Form, key: str) -> str:
    """Return the first value of a field; empty where there is none."""
    return next(iter(form.get(key, ())), "").strip()
