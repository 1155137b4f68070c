"""Declarations: what a venue told the public of its hours, one thing at a time. Pure.

    TimetableTerms   the week, from a day on            version of the weekly timetable
    HolidayTerms     hours of all days of some types    every statutory day 10:00-16:00
    ExceptionTerms   hours of single days               open late on the 24th
    NoticeTerms      closed from an instant to another  with the reason, told to the public

    DistrictTerms    the week of a district's file      taken over when the hub first reads it

A declaration is never changed: it is withdrawn and another one made, because the past is judged by
what was in force. `hub.compliance.schedule` says what holds when several speak of one day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, assert_never, get_args

from hub.compliance.calendar import Calendar, DayType
from hub.compliance.clocktext import (
    WEEKDAYS,
    read_sessions,
    read_week,
    write_sessions,
    write_week,
)
from hub.compliance.localtime import LocalTime, days
from hub.compliance.schedule import (
    ClosureNotice,
    DatedException,
    HolidayRule,
    Schedule,
    Sessions,
    Timetable,
    Week,
)

Kind = Literal["timetable", "holiday", "exception", "notice", "district"]
Reason = Literal["维修", "设备", "活动", "节日", "突发", "不可抗力", "其他"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
"""Why a venue closes; 突发 and 不可抗力 need no notice ahead."""
DISTRICT: Final = "district"
"""The version of the weekly hours that stand in the district's file."""


@dataclass(frozen=True, slots=True)
class TimetableTerms:
    """A weekly timetable, in force from a local day on."""

    week: Week
    effective_from: date


@dataclass(frozen=True, slots=True)
class HolidayTerms:
    """Hours of all days of some types, from a local day on; no session: closed."""

    types: frozenset[DayType]
    sessions: Sessions
    effective_from: date


@dataclass(frozen=True, slots=True)
class ExceptionTerms:
    """Hours of the local days from `first` to `last`; no session: closed."""

    first: date
    last: date
    sessions: Sessions


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """Closed in [start, end), Unix seconds; what the public was told, and where."""

    start_s: int
    end_s: int
    reason: Reason
    zh: str = ""
    en: str = ""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DistrictTerms:
    """The week that stood in the district's file; None: since ever."""

    week: Week
    effective_from: date | None


Terms = TimetableTerms | HolidayTerms | ExceptionTerms | NoticeTerms
"""What people declare."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """From when on a declaration holds no more, by whom, and why."""

    at_ms: int
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """Terms with who made them, when, why, and since when the public knows them; times in ms."""

    id: int
    venue: str
    terms: Terms | DistrictTerms
    reason: str
    who: str
    made_ms: int
    published_ms: int
    document: str = ""
    """Where it can be seen that it was told: a file number, an address."""
    withdrawn: Withdrawal | None = None

    @property
    def kind(self) -> Kind:
        """Return what it is."""
        return kind_of(self.terms)

    @property
    def until_s(self) -> int | None:
        """Return from when on it holds no more, Unix seconds; None: it was not withdrawn."""
        return None if self.withdrawn is None else self.withdrawn.at_ms // 1000

    def as_notice(self, terms: NoticeTerms) -> ClosureNotice:
        """Return it as the judge takes a closure notice."""
        return ClosureNotice(
            terms.start_s,
            terms.end_s,
            terms.reason,
            self.published_ms // 1000,
            terms.zh,
            self.until_s,
        )


def kind_of(terms: Terms | DistrictTerms) -> Kind:
    """Return what terms are of."""
    match terms:
        case TimetableTerms():
            return "timetable"
        case HolidayTerms():
            return "holiday"
        case ExceptionTerms():
            return "exception"
        case NoticeTerms():
            return "notice"
        case DistrictTerms():
            return "district"
        case _:
            assert_never(terms)


def first_day(terms: Terms | DistrictTerms, clock: LocalTime) -> date:
    """Return the first local day that terms say something of."""
    match terms:
        case TimetableTerms() | HolidayTerms():
            return terms.effective_from
        case ExceptionTerms():
            return terms.first
        case NoticeTerms():
            return clock.day_of(terms.start_s)
        case DistrictTerms():
            return terms.effective_from or date.min
        case _:
            assert_never(terms)


def schedule_of(
    clock: LocalTime, calendar: Calendar, district: Week | None, told: Iterable[Declaration]
) -> Schedule:
    """Return the schedule that declarations come to.

    `district`: the file's week, which holds since ever unless one was taken over already.
    """
    told = tuple(told)
    is_kept = any(isinstance(one.terms, DistrictTerms) for one in told)
    timetables = [] if district is None or is_kept else [Timetable(DISTRICT, district)]
    rules: list[HolidayRule] = []
    exceptions: list[DatedException] = []
    notices: list[ClosureNotice] = []
    for one in told:
        published, terms = one.published_ms // 1000, one.terms
        until = one.until_s
        match terms:
            case TimetableTerms():
                version = Timetable(str(one.id), terms.week, terms.effective_from, published, until)
                timetables.append(version)
            case HolidayTerms():
                rules.append(
                    HolidayRule(terms.types, terms.sessions, terms.effective_from, published, until)
                )
            case ExceptionTerms():
                exceptions += [
                    DatedException(day, terms.sessions, published, until)
                    for day in days(terms.first, terms.last)
                ]
            case NoticeTerms():
                notices.append(one.as_notice(terms))
            case DistrictTerms():
                is_first = terms.effective_from is None
                timetables.append(
                    Timetable(
                        DISTRICT if is_first else f"{DISTRICT}-{one.id}",
                        terms.week,
                        terms.effective_from,
                        None if is_first else published,
                    )
                )
            case _:
                assert_never(terms)
    return Schedule(
        clock, calendar, tuple(timetables), tuple(rules), tuple(exceptions), tuple(notices)
    )


def as_plain(terms: Terms | DistrictTerms) -> dict[str, Any]:
    """Return terms as plain values, hours as people write them."""
    match terms:
        case TimetableTerms():
            return {
                "effective_from": str(terms.effective_from),
                "hours": write_week(terms.week),
            }
        case HolidayTerms():
            return {
                "effective_from": str(terms.effective_from),
                "days": sorted(terms.types),
                "hours": write_sessions(terms.sessions),
            }
        case ExceptionTerms():
            return {
                "from": str(terms.first),
                "until": str(terms.last),
                "hours": write_sessions(terms.sessions),
            }
        case NoticeTerms():
            return {
                "from": terms.start_s,
                "until": terms.end_s,
                "reason": terms.reason,
                "zh": terms.zh,
                "en": terms.en,
                "channels": list(terms.channels),
            }
        case DistrictTerms():
            told = terms.effective_from
            return {
                "effective_from": None if told is None else str(told),
                "hours": {
                    name: write_sessions(day)
                    for name, day in zip(WEEKDAYS, terms.week, strict=True)
                },
            }
        case _:
            assert_never(terms)


def from_plain(kind: str, plain: Mapping[str, Any]) -> Terms | DistrictTerms:
    """Return terms from what `as_plain` made of them. Raises ValueError, KeyError."""
    match kind:
        case "district":
            told = plain["effective_from"]
            return DistrictTerms(
                _file_week(plain["hours"]), None if told is None else date.fromisoformat(told)
            )
        case "timetable":
            since = date.fromisoformat(plain["effective_from"])
            return TimetableTerms(read_week(plain["hours"]), since)
        case "holiday":
            types = frozenset(DayType(name) for name in plain["days"])
            since = date.fromisoformat(plain["effective_from"])
            return HolidayTerms(types, read_sessions(plain["hours"]), since)
        case "exception":
            first, last = date.fromisoformat(plain["from"]), date.fromisoformat(plain["until"])
            return ExceptionTerms(first, last, read_sessions(plain["hours"]))
        case "notice":
            return NoticeTerms(
                plain["from"],
                plain["until"],
                plain["reason"],
                plain["zh"],
                plain["en"],
                tuple(plain["channels"]),
            )
    raise ValueError(f"{kind!r} is no kind of declaration")


def _file_week(hours: Mapping[str, str]) -> Week:
    """Return a week as a file may have it: a night may run into the next morning's session."""
    return tuple(read_sessions(hours[name]) for name in WEEKDAYS)
