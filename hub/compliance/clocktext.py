"""How people write hours and instants: `08:30-12:00, 13:00-26:00`, `2026-03-02 09:10`."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import DAY_SECONDS, Sessions, Week, check_sessions, told, weekly

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def clock_seconds(text: str) -> int:
    """Return a time of day in seconds; up to 48:00, past 24:00 is the next morning.

    Raises ValueError.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time of day: write it as 08:30")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > 2 * DAY_SECONDS:
        raise ValueError(f"{text!r} is no time of day: minutes go to 59, hours to 48:00")
    return total


def read_sessions(text: str) -> Sessions:
    """Return the sessions of a day: `08:30-12:00, 13:00-17:00`, `24h` or `closed`.

    A closing time at or before the opening time is of the next morning. Raises ValueError.
    """
    if text.strip().lower() in {"closed", "off", ""}:
        return ()
    if text.strip().lower() in {"24h", "24/7"}:
        return ((0, DAY_SECONDS),)
    sessions = []
    for part in text.split(","):
        opens, dash, closes = part.partition("-")
        if not dash:
            raise ValueError(f"{part.strip()!r} is no session: write it as 08:30-17:00")
        start, end = clock_seconds(opens), clock_seconds(closes)
        sessions.append((start, end if end > start else end + DAY_SECONDS))
    return check_sessions(sessions)


def read_week(hours: Mapping[str, str] | str) -> Week:
    """Return a week: one text for every day, or texts by `mon`, `tue-fri`, `daily`.

    A more exact key outdoes a wider one; days that are not named are closed. Raises ValueError.
    """
    if isinstance(hours, str):
        hours = {"daily": hours}
    found: dict[int, Sessions] = {}
    for key, text in sorted(hours.items(), key=lambda item: -len(_weekdays(item[0]))):
        sessions = read_sessions(text)
        found.update(dict.fromkeys(_weekdays(key), sessions))
    return weekly(*(found.get(weekday, ()) for weekday in range(7)))


def read_week_text(text: str) -> Week:
    """Return a week from one line: `mon 13:00-20:00; tue-sun 08:30-20:00`. Raises ValueError.

    Without a weekday the hours are of every day.
    """
    hours: dict[str, str] = {}
    for part in text.split(";"):
        key, _, times = part.strip().partition(" ")
        if not times or key[:1].isdigit():
            key, times = "daily", part
        if key in hours:
            raise ValueError(f"{text!r} names {key} twice")
        hours[key] = times
    return read_week(hours)


def write_sessions(sessions: Sessions) -> str:
    """Return the sessions of a day as `read_sessions` reads them."""
    return ", ".join(f"{told(opens)}-{told(closes)}" for opens, closes in sessions) or "closed"


def write_week(week: Week) -> dict[str, str]:
    """Return a week as `read_week` reads it, days in a row that are alike by one key."""
    runs: list[list[int]] = []
    for number, sessions in enumerate(week):
        if runs and week[runs[-1][0]] == sessions:
            runs[-1].append(number)
        else:
            runs.append([number])
    return {
        WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else ""): write_sessions(
            week[run[0]]
        )
        for run in runs
    }


def _weekdays(key: str) -> list[int]:
    name = key.strip().lower()
    if name in {"daily", "all"}:
        return list(range(7))
    first, dash, last = name.partition("-")
    try:
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
    except ValueError:
        raise ValueError(
            f"{key!r} names no weekday: use {', '.join(WEEKDAYS)}, mon-fri, or daily"
        ) from None
    if end < start:
        end += 7
    return [weekday % 7 for weekday in range(start, end + 1)]


def read_instant(value: str | datetime | date, clock: LocalTime) -> int:
    """Return an instant in Unix seconds; without an offset it is the venue's clock.

    Raises ValueError.
    """
    if isinstance(value, datetime):
        local = value
    elif isinstance(value, date):
        return clock.midnight(value)
    else:
        text = value.strip()
        day, _, time = text.replace("T", " ").partition(" ")
        if time and not re.search(r"[Zz+]|-\d{2}:?\d{2}$", time):
            return clock.at(_day(day, text), clock_seconds(time))
        if not time:
            return clock.midnight(_day(day, text))
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no instant: write it as 2026-03-02 09:10") from None
    if local.tzinfo is None:
        return clock.at(local.date(), local.hour * 3600 + local.minute * 60 + local.second)
    return int(local.timestamp())


def _day(text: str, whole: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{whole!r} is no instant: write it as 2026-03-02 09:10") from None
