"""When a venue is declared open, and from when on it is due to be empty.

    08:30 ─────── session ─────── 20:00 ── last leave ── 20:12 ─ 30 min quiet ─ 20:42 = zero
                                  due                                           or, at the latest,
                                                                                next opening

Inside a session of more than a day, as of a room that never closes, a venue is due at `quiet_at`
instead, with no latest moment: a room that is busy all night keeps its sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.occupancy.spans import Span, first_stretch

WeeklyHours = tuple[tuple[tuple[int, int], ...], ...]
"""Seven days from Monday; each a tuple of (opens, closes) in minutes of its local day. A session
past midnight closes after 1440."""

DAY_MINUTES = 1440
AROUND_DAYS = 8
"""How far before and after a day its neighbours are looked at."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the declared hours say of one instant; nothing about whether the door is open."""

    open: bool
    always: bool = False
    until_s: int | None = None
    """When that changes next, Unix seconds; None when it does not within a week."""
    since_s: int | None = None
    """When the session began that is on; None when none is, or it never ends."""


class Dated(Protocol):
    """Declared sessions by date: timetables that changed, exceptions, closure notices."""

    def around(self, day: date) -> Sequence[tuple[int, int]]:
        """Return the sessions from 8 days before a day to 8 after, cut there, apart, in order."""
        ...


@dataclass(frozen=True)
class Sessions:
    """What one venue declared, in its own time zone: the same week for ever, or `dated`."""

    timezone: ZoneInfo
    hours: WeeklyHours
    quiet_at: int = 4 * 60
    """Minute of the local day at which a venue that never closes is due to be empty."""
    quiet_seconds: int = 1800

    dated: Dated | None = None
    """What is declared of each day; None: `hours`, every week."""

    @property
    def is_declared(self) -> bool:
        """Tell whether any hours are declared."""
        return self.dated is not None or any(self.hours)

    def declared(self, now_s: int) -> Declared | None:
        """Return what the declared hours say of `now_s`; None when no hours are declared."""
        if not self.is_declared:
            return None
        day = self._day(now_s)
        first, last = self._window(day)
        for opens, closes in _sessions(self, day):
            if now_s < opens:
                return Declared(open=False, until_s=opens)
            if now_s < closes:
                # What reaches the edge of what was looked at may go on beyond it.
                since_s = opens if opens > first else None
                until_s = closes if closes < last else None
                always = since_s is None and until_s is None
                return Declared(open=True, always=always, until_s=until_s, since_s=since_s)
        return Declared(open=False)

    def between(self, first: date, last: date) -> list[tuple[int, int]]:
        """Return the sessions that begin on the days from `first` to `last`, Unix s.

        What goes on over many days may come in pieces that touch or overlap.
        """
        if not self.is_declared:
            return []
        start, end = self.at(first, 0), self.at(last, DAY_MINUTES)
        around = timedelta(days=AROUND_DAYS)
        found: list[tuple[int, int]] = []
        centre = first + around
        while centre - around <= last:
            found += _sessions(self, centre)
            centre += 2 * around + timedelta(days=1)
        return [(opens, closes) for opens, closes in found if start <= opens < end]

    def midnight(self, now_s: int) -> int:
        """Return the Unix second at which the local day of `now_s` began."""
        return self.at(self._day(now_s), 0)

    def zero_between(
        self, crossed_s: int | None, now_s: int, zero_s: int | None, watched: Sequence[Span]
    ) -> int | None:
        """Return the newest moment up to `now_s` at which the venue counts as empty.

        `crossed_s` is the end of the last minute with a crossing, `zero_s` the zero before it,
        `watched` when all lines were watched (ms). None when nothing newer than `zero_s` is due.
        """
        after = crossed_s if crossed_s is not None else now_s - 3 * 86_400
        for due, latest, lead in reversed(_dues(self, self._day(now_s))):
            if due > now_s or (zero_s is not None and due <= zero_s):
                continue
            found = first_stretch(
                watched,
                max(due - lead, after) * 1000,
                self.quiet_seconds * 1000,
                min(now_s, latest or now_s) * 1000,
            )
            if found is not None:
                return max(due, -(-found // 1000))
            if latest is not None and after <= latest <= now_s:
                return latest
        return None

    def opening_after_closed(self, counted_s: int) -> int | None:
        """Return when the next session opens, None when one is on at `counted_s`.

        Who was counted inside a closed venue may stay as long as they like, but no session begins
        with them.
        """
        declared = self.declared(counted_s)
        if declared is None or declared.open or declared.until_s is None:
            return None
        return declared.until_s

    def next_opening(self, now_s: int) -> int:
        """Return an instant before which no session opens after `now_s`, Unix seconds."""
        day = self._day(now_s)
        following = self.at(day + timedelta(days=1), 0)
        return next((opens for opens, _ in _sessions(self, day) if opens > now_s), following)

    def at(self, day: date, minute: int) -> int:
        """Return the Unix second of a minute of a local day; past 1440 it is a later day."""
        days, minute = divmod(minute, DAY_MINUTES)
        clock = time(minute // 60, minute % 60)
        local = datetime.combine(day + timedelta(days=days), clock, self.timezone)
        return int(local.timestamp())

    def _day(self, now_s: int) -> date:
        return datetime.fromtimestamp(now_s, self.timezone).date()

    def _window(self, day: date) -> tuple[int, int]:
        around = timedelta(days=AROUND_DAYS)
        return self.at(day - around, 0), self.at(day + around, DAY_MINUTES)


@lru_cache(maxsize=4096)
def _sessions(hours: Sessions, today: date) -> Sequence[tuple[int, int]]:
    """Return (opens, closes) of the sessions around a day, those that touch as one."""
    if hours.dated is not None:
        return hours.dated.around(today)
    spans: list[tuple[int, int]] = []
    for offset in range(-AROUND_DAYS, AROUND_DAYS + 1):
        local = today + timedelta(days=offset)
        for opens, closes in hours.hours[local.weekday()]:
            start, end = hours.at(local, opens), hours.at(local, closes)
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
    return tuple(spans)


@lru_cache(maxsize=4096)
def _dues(hours: Sessions, today: date) -> tuple[tuple[int, int | None, int], ...]:
    """Return (due, latest, lead) of the days around one, oldest first.

    `lead`: so many seconds before it the quiet may begin. Who is inside at closing time leaves
    after it: there the quiet begins with the closing.
    """
    sessions = _sessions(hours, today)
    dues: list[tuple[int, int | None, int]] = [
        (closes, opens, 0) for (_, closes), (opens, _) in pairwise(sessions)
    ]
    endless = [(a, b) for a, b in sessions if b - a > DAY_MINUTES * 60]
    for offset in (-3, -2, -1, 0):
        due = hours.at(today + timedelta(days=offset), hours.quiet_at)
        if not hours.is_declared or any(a <= due < b for a, b in endless):
            dues.append((due, None, hours.quiet_seconds))
    return tuple(sorted(dues, key=lambda due: due[0]))
