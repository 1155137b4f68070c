"""Timetables as OpenStreetMap's `opening_hours`, out and in.

Out: weekdays that are alike as one rule, dated exceptions after them. With a session past midnight
rules are joined by `, ` (additional), since with `; ` a later rule also takes the night before away
from its day; an exception then names what is left of the night before itself.

In: weekdays, times, dates, `off`, `24/7`, and `PH` and `SH`, which become dated exceptions by our
own calendar: OSM tools know six of China's thirteen statutory days, and no make-up workdays. A
rule of a day replaces the sessions that begin on it, which is what a timetable means. What cannot
be represented is refused with its reason. Grammar: wiki.openstreetmap.org, opening_hours
specification.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.compliance.calendar import Calendar, DayType
from hub.compliance.localtime import ONE_DAY, days
from hub.compliance.schedule import (
    DAY_SECONDS,
    DatedException,
    Sessions,
    Week,
    check_sessions,
    told,
    weekly,
)

WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
HOLIDAYS: Final = frozenset({DayType.STATUTORY})


class NotRepresentable(ValueError):
    """A timetable or an expression that the other side has no words for; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an expression says: a weekly timetable, and days that differ from it."""

    week: Week
    exceptions: tuple[DatedException, ...]


# -- out ------------------------------------------------------------------------------------------


def to_osm(week: Week, exceptions: Sequence[DatedException] = ()) -> str:
    """Return a timetable as an expression. Raises NotRepresentable for seconds."""
    for sessions in (*week, *(exception.sessions for exception in exceptions)):
        for opens, closes in sessions:
            if opens % 60 or closes % 60:
                raise NotRepresentable(
                    f"{told(opens)}-{told(closes)}: opening_hours has no seconds"
                )
    if not exceptions and all(day == ((0, DAY_SECONDS),) for day in week):
        return "24/7"
    is_late = any(closes > DAY_SECONDS for day in week for _, closes in day)
    rules = [
        f"{_weekdays(numbers)} {_times(week[numbers[0]])}"
        for numbers in _alike(week)
        if week[numbers[0]]
    ]
    text = (", " if is_late else "; ").join(rules) or "off"
    for first, last, times in _runs(week, exceptions):
        until = "" if last == first else f"-{_date(last)}"
        text += f"; {_date(first)}{until} {_times(times)}"
    return text


def _alike(week: Week) -> list[list[int]]:
    """Return the weekdays grouped by their sessions, in order of the first of each."""
    groups: dict[Sessions, list[int]] = {}
    for number, sessions in enumerate(week):
        groups.setdefault(sessions, []).append(number)
    return list(groups.values())


def _weekdays(numbers: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(
        WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs
    )


def _runs(
    week: Week, exceptions: Sequence[DatedException]
) -> Iterator[tuple[date, date, Sessions]]:
    """Yield stretches of days with the same dated rule."""
    dated = _dated(week, {exception.day: exception.sessions for exception in exceptions})
    run: tuple[date, date, Sessions] | None = None
    for day, times in sorted(dated.items()):
        if run is not None and run[1] + ONE_DAY == day and run[2] == times:
            run = (run[0], day, times)
            continue
        if run is not None:
            yield run
        run = (day, day, times)
    if run is not None:
        yield run


def _dated(week: Week, excepted: Mapping[date, Sessions]) -> dict[date, Sessions]:
    """Return the dated rules that exceptions need: their days, and mornings after late nights.

    A rule of a day takes the night before away from it, but leaves its own usual night to the next
    day: each of the two has to be written where it falls.
    """

    def sessions(day: date) -> Sessions:
        return excepted.get(day, week[day.weekday()])

    def whole(day: date) -> Sessions:
        before = sessions(day - ONE_DAY)
        night = [(0, closes - DAY_SECONDS) for _, closes in before if closes > DAY_SECONDS]
        return (*night, *sessions(day))

    dated = {day: whole(day) for day in excepted}
    for day in excepted:
        nights = (*week[day.weekday()], *excepted[day])
        if any(closes > DAY_SECONDS for _, closes in nights):
            dated[day + ONE_DAY] = whole(day + ONE_DAY)
    return dated


def _times(sessions: Sessions) -> str:
    return ",".join(f"{told(opens)}-{_until(closes)}" for opens, closes in sessions) or "off"


def _until(closes: int) -> str:
    # As 26:00: 02:00 would be read alike, but 24:00 has no other spelling.
    return told(closes)


def _date(day: date) -> str:
    return f"{day.year} {MONTHS[day.month - 1]} {day.day:02}"


# -- in -------------------------------------------------------------------------------------------

_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DATE: Final = rf"(?:(\d{{4}}) )?({'|'.join(MONTHS)}) (\d{{1,2}})"
_DATES: Final = re.compile(rf"{_DATE}(?:-(?:(?:(\d{{4}}) )?({'|'.join(MONTHS)}) )?(\d{{1,2}}))?")
_DAYS: Final = re.compile(
    r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?"
    r"(?:,(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?)*"
)
_NO_WORDS: Final = (
    (re.compile(r"\bweek\b"), "week numbers"),
    (re.compile(r"sunrise|sunset|dawn|dusk"), "times by the sun"),
    (re.compile(r'"'), "comments"),
    (re.compile(r"\|\|"), "fallback rules"),
    (re.compile(r"\bunknown\b"), "`unknown`"),
    (re.compile(r"\+"), "open ends"),
    (re.compile(r"\["), "the n-th weekday of a month"),
    (re.compile(r"\beaster\b"), "dates by Easter"),
    (re.compile(r"/\d"), "every n-th"),
)


@dataclass(frozen=True, slots=True)
class _Rule:
    text: str
    dates: tuple[date, date] | None
    weekdays: frozenset[int] | None
    holidays: frozenset[str]
    """`PH`, `SH`."""
    only: frozenset[int] | None
    """Of the holidays these weekdays only, as in `SH Tu-Su`."""
    sessions: Sessions
    is_additional: bool


def from_osm(text: str, calendar: Calendar, first: date, last: date) -> Imported:
    """Return what an expression says of the days from `first` to `last`.

    `PH` is a statutory day and `SH` a day of school vacations of the calendar given. Raises
    NotRepresentable for what a timetable cannot say, ValueError for what is no expression.
    """
    rules = list(_rules(text, first, last))
    plain = [rule for rule in rules if rule.dates is None and not rule.holidays]
    week = weekly(*(_sessions_of(plain, weekday) for weekday in range(7)))
    exceptions = []
    for day in days(first, last):
        sessions = _told_of(rules, day, calendar)
        if sessions != week[day.weekday()]:
            exceptions.append(DatedException(day, sessions))
    return Imported(week, tuple(exceptions))


def _rules(text: str, first: date, last: date) -> Iterator[_Rule]:
    text = " ".join(text.split())
    if not text:
        raise ValueError("the expression is empty")
    for pattern, name in _NO_WORDS:
        if pattern.search(text) and text != "24/7":
            raise NotRepresentable(f"{text!r} uses {name}, which a timetable has no words for")
    for number, part in enumerate(text.split(";")):
        # `, ` joins additional rules; a comma alone joins times, weekdays or dates of one rule.
        for place, rule in enumerate(re.split(r", (?=[A-Z0-9])", part.strip())):
            if not rule.strip():
                raise ValueError(f"{text!r}: rule {number + 1} is empty")
            yield _rule(rule.strip(), first, last, is_additional=place > 0)


def _rule(text: str, first: date, last: date, *, is_additional: bool) -> _Rule:
    if text == "24/7":
        return _Rule(text, None, None, frozenset(), None, ((0, DAY_SECONDS),), is_additional)
    left, dates, weekdays, holidays = text, None, None, frozenset[str]()
    only: frozenset[int] | None = None
    found = _DATES.match(left)
    if found is not None:
        dates, left = _span(found, text, first, last), left[found.end() :].lstrip(" :")
    named = _DAYS.match(left)
    if named is not None:
        weekdays, holidays = _days_named(named.group())
        left = left[named.end() :].lstrip(" :")
        narrowed = _DAYS.match(left) if holidays and weekdays is None else None
        if narrowed is not None:
            only, _ = _days_named(narrowed.group())
            left = left[narrowed.end() :].lstrip(" :")
    if left in {"off", "closed"}:
        return _Rule(text, dates, weekdays, holidays, only, (), is_additional)
    return _Rule(text, dates, weekdays, holidays, only, _sessions(left, text), is_additional)


def _span(found: re.Match[str], text: str, first: date, last: date) -> tuple[date, date]:
    year, month, day, until_year, until_month, until_day = found.groups()
    if year is None and first.year != last.year:
        raise NotRepresentable(f"{text!r} names no year: each date of it needs one")
    try:
        start = date(int(year or first.year), MONTHS.index(month) + 1, int(day))
        end = start
        if until_day is not None:
            end = date(
                int(until_year or start.year),
                MONTHS.index(until_month or month) + 1,
                int(until_day),
            )
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from error
    if end < start:
        raise ValueError(f"{text!r} ends before it begins")
    return start, end


def _days_named(text: str) -> tuple[frozenset[int] | None, frozenset[str]]:
    weekdays: set[int] = set()
    holidays: set[str] = set()
    for part in text.split(","):
        if part in {"PH", "SH"}:
            holidays.add(part)
            continue
        start, dash, end = part.partition("-")
        since, until = WEEKDAYS.index(start), WEEKDAYS.index(end if dash else start)
        until += 7 if until < since else 0
        weekdays |= {number % 7 for number in range(since, until + 1)}
    return (frozenset(weekdays) if weekdays else None), frozenset(holidays)


def _sessions(text: str, rule: str) -> Sessions:
    if not text:
        return ((0, DAY_SECONDS),)
    sessions = []
    for part in text.split(","):
        found = _TIME.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"{rule!r}: {part.strip()!r} is no span of time such as 09:00-17:00")
        opens, opens_minute, closes, closes_minute = (int(group) for group in found.groups())
        if max(opens_minute, closes_minute) > 59 or opens > 23 or closes > 48:
            raise ValueError(f"{rule!r}: {part.strip()!r} has a time that no clock shows")
        start, end = opens * 3600 + opens_minute * 60, closes * 3600 + closes_minute * 60
        sessions.append((start, end if end > start else end + DAY_SECONDS))
    try:
        return check_sessions(sessions)
    except ValueError as error:
        raise ValueError(f"{rule!r}: {error}") from error


def _sessions_of(rules: Sequence[_Rule], weekday: int) -> Sessions:
    """Return a weekday's sessions by rules without dates: the last one holds, `, ` adds."""
    return _combined([rule for rule in rules if _names(rule, weekday)])


def _told_of(rules: Sequence[_Rule], day: date, calendar: Calendar) -> Sessions:
    matching = []
    for rule in rules:
        if rule.dates is not None and not rule.dates[0] <= day <= rule.dates[1]:
            continue
        if rule.holidays:
            named = _is_holiday(rule, day, calendar) or (
                rule.weekdays is not None and day.weekday() in rule.weekdays
            )
        else:
            named = _names(rule, day.weekday())
        if named:
            matching.append(rule)
    return _combined(matching)


def _combined(rules: Sequence[_Rule]) -> Sessions:
    sessions: Sessions = ()
    for rule in rules:
        if rule.is_additional:
            both = sorted({*sessions, *rule.sessions})
            try:
                sessions = check_sessions(both)
            except ValueError as error:
                raise ValueError(f"{rule.text!r}: {error}") from error
        else:
            sessions = rule.sessions
    return sessions


def _names(rule: _Rule, weekday: int) -> bool:
    return rule.weekdays is None or weekday in rule.weekdays


def _is_holiday(rule: _Rule, day: date, calendar: Calendar) -> bool:
    if rule.only is not None and day.weekday() not in rule.only:
        return False
    if "PH" in rule.holidays and calendar.day_type(day) in HOLIDAYS:
        return True
    return "SH" in rule.holidays and calendar.vacation(day) is not None
