"""The declared schedule D: what a venue has told the public, as it was in force at each instant.

    priority   closure notice > dated exception > holiday rule > weekly timetable

Everything carries when it was published, and is in force from then on only: the past is judged by
what was in force then, also inside a day. What was withdrawn holds until then and no longer; the
time before it stays as it was. A closure notice for a sudden cause may be published up to 24 hours
after its beginning and still counts from there (上海市公共文化服务保障与促进条例 art. 22 exempts
sudden causes from notice; 24 hours are our reading).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final

from hub.compliance.calendar import Calendar, DayType
from hub.compliance.intervals import EVER, Intervals, clipped, difference, intersection, union
from hub.compliance.localtime import ONE_DAY, LocalTime, days

DAY_SECONDS: Final = 86_400
SUDDEN: Final = frozenset({"突发", "不可抗力"})
"""Reasons that need no notice ahead."""
SUDDEN_SECONDS: Final = 24 * 3600

Sessions = tuple[tuple[int, int], ...]
"""(opens, closes) in seconds of a local day, in order, apart; past 86 400 is the next morning."""
Week = tuple[Sessions, ...]
"""Seven days from Monday."""


def check_sessions(sessions: Iterable[tuple[int, int]]) -> Sessions:
    """Return sessions in order. Raises ValueError with a sentence."""
    ordered = tuple(sorted(sessions))
    for opens, closes in ordered:
        if not 0 <= opens < DAY_SECONDS:
            raise ValueError(f"a session begins at {told(opens)}, which is no time of its day")
        if not opens < closes <= 2 * DAY_SECONDS:
            raise ValueError(
                f"a session from {told(opens)} to {told(closes)} ends before it begins, or more"
                " than a day late"
            )
    for (_, closes), (opens, _) in pairwise(ordered):
        if opens < closes:
            raise ValueError(
                f"two sessions overlap: one until {told(closes)}, one from {told(opens)}"
            )
    return ordered


def told(second: int) -> str:
    """Return a second of a local day as a clock shows it, past midnight as 25:30."""
    hours, rest = divmod(second, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{left:02}" if left else "")


@dataclass(frozen=True, slots=True)
class Timetable:
    """One version of the weekly timetable."""

    version: str
    week: Week
    effective_from: date | None = None
    """None: since ever."""
    published_s: int | None = None
    """Unix seconds; None: long ago."""
    withdrawn_s: int | None = None
    """From when on it holds no more, Unix seconds; None: it was not withdrawn."""

    @property
    def holds_always(self) -> bool:
        """Tell whether it has been in force since ever, and still is."""
        return self.effective_from is None and self.published_s is None and self.withdrawn_s is None


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """Hours of all days of some type, such as every statutory day 10:00-16:00."""

    types: frozenset[DayType]
    sessions: Sessions
    effective_from: date | None = None
    published_s: int | None = None
    withdrawn_s: int | None = None


@dataclass(frozen=True, slots=True)
class DatedException:
    """The hours of one day; no session at all is a day closed."""

    day: date
    sessions: Sessions
    published_s: int | None = None
    withdrawn_s: int | None = None


@dataclass(frozen=True, slots=True)
class ClosureNotice:
    """Closed from an instant to another, told to the public."""

    start_s: int
    end_s: int
    reason: str
    """维修, 设备, 活动, 节日, 突发, 不可抗力 or 其他."""
    published_s: int | None
    """None: it was never told to the public."""
    text: str = ""
    withdrawn_s: int | None = None
    """From when on it holds no more, Unix seconds; None: it was not withdrawn."""

    @property
    def until_s(self) -> int:
        """Return when it ends: as announced, or when it was withdrawn before that."""
        return self.end_s if self.withdrawn_s is None else min(self.end_s, self.withdrawn_s)

    @property
    def is_void(self) -> bool:
        """Tell whether it was withdrawn before anything of it was closed."""
        return self.until_s <= self.start_s

    @property
    def is_sudden(self) -> bool:
        """Tell whether its cause is exempt from notice ahead."""
        return self.reason in SUDDEN

    def in_force_from(self) -> int | None:
        """Return from when on it shortens what is declared; None: it never does."""
        if self.published_s is None:
            return None
        if self.is_sudden and self.published_s <= self.start_s + SUDDEN_SECONDS:
            return self.start_s
        return max(self.start_s, self.published_s)

    def closes(self) -> tuple[int, int] | None:
        """Return when it shortens what is declared, Unix seconds; None: never."""
        since = self.in_force_from()
        return None if since is None or since >= self.until_s else (since, self.until_s)

    def lead_days(self, clock: LocalTime) -> int | None:
        """Return the calendar days between publication and the first day closed."""
        if self.published_s is None:
            return None
        return (clock.day_of(self.start_s) - clock.day_of(self.published_s)).days

    def is_valid(self, clock: LocalTime, lead_days: int) -> bool:
        """Tell whether it was told that many days ahead, or is sudden and told in time."""
        if self.published_s is None:
            return False
        if self.is_sudden:
            return self.published_s <= self.start_s + SUDDEN_SECONDS
        lead = self.lead_days(clock)
        return lead is not None and lead >= lead_days


@dataclass(frozen=True)
class Schedule:
    """All that one venue, or one zone of it, has declared."""

    clock: LocalTime
    calendar: Calendar
    timetables: tuple[Timetable, ...]
    holiday_rules: tuple[HolidayRule, ...] = ()
    exceptions: tuple[DatedException, ...] = ()
    notices: tuple[ClosureNotice, ...] = ()
    _changes: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _by_day: dict[date, list[DatedException]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        told_at = (
            at
            for kind in (self.timetables, self.holiday_rules, self.exceptions)
            for change in kind
            for at in (change.published_s, change.withdrawn_s)
        )
        object.__setattr__(
            self, "_changes", tuple(sorted({at for at in told_at if at is not None}))
        )
        by_day: dict[date, list[DatedException]] = {}
        for exception in self.exceptions:
            by_day.setdefault(exception.day, []).append(exception)
        object.__setattr__(self, "_by_day", by_day)

    def declared(self, first: date, last: date) -> Intervals:
        """Return D within the days from `first` to `last`, last night's sessions included."""
        whole = clipped(self._sessions(first, last, base=False), *self.clock.span(first, last))
        return difference(whole, self.closed_by_notice())

    def template(self, first: date, last: date) -> Intervals:
        """Return what the weekly timetable alone says of these days: what relief is measured by."""
        return clipped(self._sessions(first, last, base=True), *self.clock.span(first, last))

    def closed_by_notice(self) -> Intervals:
        """Return when closure notices are in force."""
        closed = (notice.closes() for notice in self.notices)
        return union(stretch for stretch in closed if stretch is not None)

    def version_at(self, at_s: int) -> str:
        """Return which version of the timetable is in force at an instant."""
        timetable = self._timetable(self.clock.day_of(at_s), at_s)
        return timetable.version if timetable else "none"

    def versions(self, first: date, last: date) -> tuple[str, ...]:
        """Return the versions in force in a stretch, in order."""
        if len(self.timetables) == 1 and self.timetables[0].holds_always:
            return (self.timetables[0].version,)
        found: list[str] = []
        for day in days(first, last):
            midnight = self.clock.midnight(day)
            for version in (self.version_at(midnight), self.version_at(midnight + 86_399)):
                if version not in found:
                    found.append(version)
        return tuple(found)

    def sessions_on(self, day: date, known_at_s: int | None = None) -> Sessions:
        """Return a day's sessions as known at an instant, without what notices close of them.

        None: at the day's midnight.
        """
        known_at = self.clock.midnight(day) if known_at_s is None else known_at_s
        return self._of_day(day, known_at, base=False)

    def week_on(self, day: date) -> Week:
        """Return the weekly timetable in force at a day's midnight; closed all week without one."""
        timetable = self._timetable(day, self.clock.midnight(day))
        return timetable.week if timetable else ((),) * 7

    def is_excepted(self, day: date) -> bool:
        """Tell whether a dated exception names a day, as known at its midnight."""
        known_at = self.clock.midnight(day)
        return any(
            e.withdrawn_s is None or e.withdrawn_s > known_at for e in self._by_day.get(day, ())
        )

    def _sessions(self, first: date, last: date, *, base: bool) -> Intervals:
        result: list[tuple[int, int]] = []
        # A session of the evening before may end in the first morning.
        for day in days(first - ONE_DAY, last):
            start = self.clock.midnight(day)
            cuts = [at for at in self._changes if start < at < start + 2 * DAY_SECONDS]
            if not cuts:
                result += self._placed(day, start, base=base)
                continue
            edges = (EVER[0][0], *cuts, EVER[0][1])
            for since, until in pairwise(edges):
                known_at = start if since == EVER[0][0] else since
                placed = union(self._placed(day, known_at, base=base))
                result += intersection(placed, ((since, until),))
        return union(result)

    def _placed(self, day: date, known_at: int, *, base: bool) -> list[tuple[int, int]]:
        sessions, at = self._of_day(day, known_at, base=base), self.clock.at
        return [(at(day, opens), at(day, closes)) for opens, closes in sessions]

    def _of_day(self, day: date, known_at: int, *, base: bool) -> Sessions:
        """Return the sessions of a day as the public knew them at an instant."""
        if not base:
            told_of = [e for e in self._by_day.get(day, ()) if _is_told(e, known_at)]
            if told_of:
                return max(enumerate(told_of), key=_newest)[1].sessions
            if self.holiday_rules:
                kind = self.calendar.day_type(day)
                rules = [
                    rule
                    for rule in self.holiday_rules
                    if kind in rule.types and _is_told(rule, known_at) and _holds(rule, day)
                ]
                if rules:
                    return max(enumerate(rules), key=_newest)[1].sessions
        timetable = self._timetable(day, known_at)
        return timetable.week[day.weekday()] if timetable else ()

    def _timetable(self, day: date, known_at: int) -> Timetable | None:
        told_of = [t for t in self.timetables if _is_told(t, known_at) and _holds(t, day)]
        if not told_of:
            return None
        latest = max(t.effective_from or date.min for t in told_of)
        same = [t for t in told_of if (t.effective_from or date.min) == latest]
        return max(enumerate(same), key=_newest)[1]


_Change = Timetable | HolidayRule | DatedException


def _is_told(change: _Change, at_s: int) -> bool:
    if change.withdrawn_s is not None and change.withdrawn_s <= at_s:
        return False
    return change.published_s is None or change.published_s <= at_s


def _holds(change: Timetable | HolidayRule, day: date) -> bool:
    return change.effective_from is None or change.effective_from <= day


def _newest(numbered: tuple[int, _Change]) -> tuple[int, int]:
    """Order changes of one thing: the one published last holds, of two at once the later listed."""
    number, change = numbered
    return (-(2**62) if change.published_s is None else change.published_s, number)


def weekly(*days_of_week: Sequence[tuple[int, int]]) -> Week:
    """Return a checked week of seven days from Monday. Raises ValueError.

    A session past midnight must not run into the next day's first one.
    """
    if len(days_of_week) != 7:
        raise ValueError(f"a week has seven days, not {len(days_of_week)}")
    week = tuple(check_sessions(day) for day in days_of_week)
    for number, day in enumerate(week):
        following = week[(number + 1) % 7]
        if day and following and day[-1][1] - DAY_SECONDS > following[0][0]:
            raise ValueError(
                f"a session until {told(day[-1][1])} runs into the next day's, which begins at"
                f" {told(following[0][0])}"
            )
    return week
