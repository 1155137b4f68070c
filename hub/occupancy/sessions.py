"""When a venue is declared open, and from when on it is due to be empty.

    08:30 ─────── session ─────── 20:00 ── last leave ── 20:12 ─ 30 min quiet ─ 20:42 = zero
                                  due                                           or, at the latest,
                                                                                next opening

A venue that never closes is due at `quiet_at` instead, and has no latest moment: a room that is
busy all night keeps its sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hub.occupancy.spans import Span, first_stretch

WeeklyHours = tuple[tuple[tuple[int, int], ...], ...]
"""Seven days from Monday; each a tuple of (opens, closes) in minutes of its local day. A session
past midnight closes after 1440."""

DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Declared:
    """What the declared hours say of one instant; nothing about whether the door is open."""

    open: bool
    always: bool = False
    until_s: int | None = None
    """When that changes next, Unix seconds; None when it does not within a week."""
    since_s: int | None = None
    """When the session began that is on; None when none is, or it never ends."""


@dataclass(frozen=True)
class Sessions:
    """The declared week of one venue, in its own time zone."""

    timezone: ZoneInfo
    hours: WeeklyHours
    quiet_at: int = 4 * 60
    """Minute of the local day at which a venue that never closes is due to be empty."""
    quiet_seconds: int = 1800

    @property
    def always_open(self) -> bool:
        """Tell whether no session ever ends; so does a venue without declared hours."""
        return not any(self.hours) or all(
            day and day[0][0] == 0 and _continuous(day) for day in self.hours
        )

    def declared(self, now_s: int) -> Declared | None:
        """Return what the declared hours say of `now_s`; None when no hours are declared."""
        if not any(self.hours):
            return None
        if self.always_open:
            return Declared(open=True, always=True)
        sessions = _sessions(self, self._day(now_s))
        for opens, closes in sessions:
            if now_s < opens:
                return Declared(open=False, until_s=opens)
            if now_s < closes:
                return Declared(open=True, until_s=closes, since_s=opens)
        return Declared(open=False)

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
        # Who was inside at closing time leaves after it: there the quiet begins with the closing.
        lead = self.quiet_seconds if self.always_open else 0
        after = crossed_s if crossed_s is not None else now_s - 3 * 86_400
        for due, latest in reversed(_dues(self, self._day(now_s))):
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
        if self.always_open:
            return self.at(day + timedelta(days=1), 0)
        return next((opens for opens, _ in _sessions(self, day) if opens > now_s), now_s)

    def at(self, day: date, minute: int) -> int:
        """Return the Unix second of a minute of a local day; past 1440 it is a later day."""
        days, minute = divmod(minute, DAY_MINUTES)
        clock = time(minute // 60, minute % 60)
        local = datetime.combine(day + timedelta(days=days), clock, self.timezone)
        return int(local.timestamp())

    def _day(self, now_s: int) -> date:
        return datetime.fromtimestamp(now_s, self.timezone).date()


@lru_cache(maxsize=4096)
def _sessions(hours: Sessions, today: date) -> tuple[tuple[int, int], ...]:
    """Return (opens, closes) of the sessions around a day, those that touch as one."""
    spans: list[tuple[int, int]] = []
    for offset in range(-8, 9):
        local = today + timedelta(days=offset)
        for opens, closes in hours.hours[local.weekday()]:
            start, end = hours.at(local, opens), hours.at(local, closes)
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
    return tuple(spans)


@lru_cache(maxsize=4096)
def _dues(hours: Sessions, today: date) -> tuple[tuple[int, int | None], ...]:
    """Return (due, latest) of the days around one, oldest first."""
    if hours.always_open:
        days = [today + timedelta(days=offset) for offset in (-3, -2, -1, 0)]
        return tuple((hours.at(day, hours.quiet_at), None) for day in days)
    return tuple((closes, opens) for (_, closes), (opens, _) in pairwise(_sessions(hours, today)))


def _continuous(day: Sequence[tuple[int, int]]) -> bool:
    end = 0
    for opens, closes in day:
        if opens > end:
            return False
        end = max(end, closes)
    return end >= DAY_MINUTES
