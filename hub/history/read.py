"""Everything that a venue's page tells of a range, read from a store's hours and coverage."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from hub.history import calendar
from hub.history.calendar import CLIMATE_STEPS, STEPS, Period, Segment, StepName
from hub.history.climate import Climate, climate_pieces
from hub.history.course import course
from hub.history.decimation import MOST_COLUMNS, Column, column_edges, decimate
from hub.history.footfall import Slot, Watching, grouped, hour_slots
from hub.history.heat import Cell, week_map
from hub.history.typical import WEEKS, TypicalDay, typical_day
from hub.history.unwatched import Unwatched, decisive, spans_of, unwatched, up_to_now
from hub.history.watching import common, watched_seconds
from hub.occupancy import (
    Balance,
    HeadCount,
    Ledger,
    Sessions,
    Span,
    Tolerances,
    intersection,
)
from hub.occupancy.ledger import MINUTE
from hub.occupancy.sessions import Dated
from hub.occupancy.spans import joined
from hub.store.port import HOUR_SECONDS, Bucket, Evidence, Kind, SeriesKey, TimeSeries
from hub.venues import OUTSIDE, Line, Venue

LOOKBACK_DAYS: Final = 2
"""How far before a range the session's zero is looked for."""

Counts = dict[int, tuple[int, int]]
"""First second of an hour or minute -> (entered, left)."""


class Reading(TimeSeries, Evidence, Protocol):
    """A store that holds series and evidence."""


@dataclass(frozen=True, slots=True)
class LineTotal:
    """What one line counted in the range, in its own direction; None where it was never watched."""

    line: Line
    entered: int | None
    left: int | None
    share: float | None
    """Which share of what has passed of the range it was watched; None before it begins."""


@dataclass(frozen=True, slots=True)
class ZoneTotal:
    """How many entered one zone in the range over all of its lines."""

    zone: str
    entered: int | None


@dataclass(frozen=True, slots=True)
class DayWatch:
    """One local day: the declared sessions, and when every outer line was watched."""

    slot: Slot
    sessions: tuple[Span, ...]
    """Unix s."""
    watched: tuple[Span, ...]
    """Unix s."""


@dataclass(frozen=True, slots=True)
class History:
    """A range of one venue. Slots and columns reach to its end, also where that lies ahead."""

    venue: Venue
    period: Period
    now_s: int
    step: StepName
    segments: tuple[Segment, ...]
    hours: tuple[Slot, ...]
    footfall: tuple[Slot, ...]
    typical: TypicalDay | None
    """Of a range of one day only."""
    heat: tuple[tuple[Cell, ...], ...]
    course: tuple[Column, ...]
    corrected: tuple[Column, ...]
    """The same columns, with what each ended session left over spread back over it."""
    course_step: Literal["minute", "hour"]
    """`minute`, or `hour`: the sum at the end of each hour."""
    minutes_from_s: int
    """Before when minutes of it were deleted and only hours are kept, Unix s; 0: none were."""
    balances: tuple[Balance, ...]
    """The stretches between sure numbers that ended in the range, oldest first."""
    climate: tuple[Climate, ...]
    lines: tuple[LineTotal, ...]
    zones: tuple[ZoneTotal, ...]
    days: tuple[DayWatch, ...]
    unwatched: tuple[Unwatched, ...]

    @property
    def zone(self) -> ZoneInfo:
        """Return the venue's time zone."""
        return ZoneInfo(self.venue.timezone)

    @property
    def start_s(self) -> int:
        """Return the range's first second."""
        return self.segments[0].start_s

    @property
    def end_s(self) -> int:
        """Return the second at which the range ends."""
        return self.segments[-1].end_s


def read_history(
    store: Reading,
    venue: Venue,
    period: Period,
    now_s: int,
    *,
    step: StepName | None = None,
    columns: int = MOST_COLUMNS,
    tolerances: Tolerances | None = None,
    head_counts: Sequence[HeadCount] = (),
    dated: Dated | None = None,
) -> History:
    """Return what a venue was like in a range. Raises StoreError.

    `head_counts`: what the staff counted inside the whole venue, in order of time. `dated`: what
    it declared day by day; None: the venue's own week.
    """
    reader = _Reader(store, venue, period, now_s, tolerances or Tolerances(), head_counts, dated)
    return reader.history(step or STEPS[period.name], columns)


class _Reader:
    """Reads each thing once."""

    def __init__(
        self,
        store: Reading,
        venue: Venue,
        period: Period,
        now_s: int,
        tolerances: Tolerances,
        head_counts: Sequence[HeadCount],
        dated: Dated | None,
    ) -> None:
        self._head_counts = head_counts
        self._store = store
        self._venue = venue
        self._period = period
        self._now_s = now_s
        self._zone = ZoneInfo(venue.timezone)
        self._sessions = Sessions(self._zone, venue.hours, venue.quiet_at, dated=dated)
        self._bridge_ms = tolerances.bridge_ms
        self._by_day = CLIMATE_STEPS[period.name] == "day"
        is_day = period.name == "day"
        # A day is compared with the weeks before it; any range needs the zero before it.
        back = WEEKS * 7 if is_day else LOOKBACK_DAYS
        self._first = period.first - timedelta(days=back)
        self._all = calendar.segments(self._zone, self._first, period.last)
        self._segments = calendar.segments(self._zone, period.first, period.last)
        self._start_s, self._end_s = self._segments[0].start_s, self._segments[-1].end_s
        self._minutes_from_s = store.evidence_from_s()
        back_s = calendar.midnight(self._zone, period.first - timedelta(days=LOOKBACK_DAYS))
        # A sum that lacks the minutes before it begins in the middle of nothing.
        self._lacks_minutes = back_s < self._minutes_from_s
        self._outer = tuple(line for line in venue.lines if line.touches_outside)
        self._intervals = {
            line: decisive(
                # Also of before minutes were deleted: there it stands beside hours.
                store.watched_ever(
                    venue.id, line.node, line.line, self._all[0].start_s * 1000, self._end_s * 1000
                ),
                now_s * 1000 + tolerances.stale_ms,
            )
            for line in venue.lines
        }
        self._spans = {
            line: up_to_now(
                joined(spans_of(intervals), self._bridge_ms),
                intervals,
                now_s * 1000,
                tolerances.stale_ms,
            )
            for line, intervals in self._intervals.items()
        }
        self._watched = intersection([self._spans[line] for line in self._outer])
        self._by_line = self._line_hours()
        self._due = self._declared()
        self._every = self._slots()

    def history(self, step: StepName, columns: int) -> History:
        hours = [slot for slot in self._every if slot.at_s >= self._start_s]
        is_day = self._period.name == "day"
        days = grouped(hours, "day")
        slots = days if step == "day" else grouped(hours, step)
        heat = hours
        if is_day:
            monday = self._period.first - timedelta(days=6)
            heat = [slot for slot in self._every if slot.day >= monday]
        ledger, course_step = self._ledger()
        until = min(self._end_s, self._now_s + 1)
        raw = course(ledger, self._watched, self._start_s, until)
        spread = course(
            ledger, self._watched, self._start_s, until, ledger.corrected(self._now_s + 1)
        )
        edges = column_edges(
            self._start_s, self._end_s, columns, MINUTE if course_step == "minute" else HOUR_SECONDS
        )
        return History(
            venue=self._venue,
            period=self._period,
            now_s=self._now_s,
            step=step,
            segments=self._segments,
            hours=tuple(hours),
            footfall=tuple(slots),
            typical=typical_day(self._zone, self._period.last, self._every) if is_day else None,
            heat=week_map(self._zone, heat),
            course=tuple(decimate(raw, edges)),
            corrected=tuple(decimate(spread, edges)),
            course_step=course_step,
            minutes_from_s=self._minutes_from_s if self._lacks_minutes else 0,
            balances=tuple(
                balance
                for balance in ledger.balances(self._now_s + 1)
                if balance.until_s is not None and self._start_s <= balance.until_s < self._end_s
            ),
            climate=self._climate(days if self._by_day else hours),
            lines=tuple(self._total(line) for line in self._venue.lines),
            zones=tuple(self._entered(zone.id) for zone in self._venue.zones),
            days=tuple(self._day(slot) for slot in days),
            unwatched=unwatched(
                {
                    f"{line.node}/{line.line}": (self._spans[line], self._intervals[line])
                    for line in self._outer
                },
                self._start_s * 1000,
                min(self._end_s, self._now_s) * 1000,
            ),
        )

    def _line_hours(self) -> dict[Line, Counts]:
        keys = {line: SeriesKey(self._venue.id, line.node, line.line) for line in self._venue.lines}
        result: dict[Line, Counts] = {line: {} for line in keys}
        for part in self._all:
            read = self._store.hourly([*keys.values()], part.start_s, part.end_s, part.shift_s)
            for line, key in keys.items():
                result[line].update(_counts(read.get(key, ())))
        return result

    def _slots(self) -> list[Slot]:
        """Return every hour that was read, also those before the range."""
        stretches = calendar.hours(self._all)
        due_watched = [
            part
            for since, until in self._due
            for part in common(self._watched, since * 1000, until * 1000)
        ]
        watching = Watching(
            watched_seconds(self._watched, stretches, self._now_s),
            watched_seconds([(s * 1000, u * 1000) for s, u in self._due], stretches, self._now_s),
            watched_seconds(due_watched, stretches, self._now_s),
        )
        counts = _summed(self._by_line, OUTSIDE)
        return hour_slots(self._zone, stretches, counts, watching, self._now_s)

    def _declared(self) -> list[Span]:
        """Return the declared sessions of all days that were read, Unix s, joined."""
        first = self._first - timedelta(days=1)
        return joined(self._sessions.between(first, self._period.last))

    def _ledger(self) -> tuple[Ledger, Literal["minute", "hour"]]:
        """Return the running sum, and by what: minutes, or hours of a year and of old times."""
        since = calendar.midnight(self._zone, self._period.first - timedelta(days=LOOKBACK_DAYS))
        until = min(self._end_s, self._now_s + 1)
        by_hour = self._period.name == "year" or self._lacks_minutes
        if by_hour:
            counts = {
                # An hour is one step of the sum, at its end: what was inside of it is not known.
                at + HOUR_SECONDS - MINUTE: value
                for at, value in _summed(self._by_line, OUTSIDE).items()
                if at >= since
            }
        else:
            counts = _summed(self._minutes(since, until), OUTSIDE)
        ledger = Ledger(self._sessions, since)
        ledger.watch(self._watched)
        ledger.count_heads([heads for heads in self._head_counts if heads.at_s < until])
        ledger.put_all([(at, *counts[at]) for at in sorted(counts) if at < until])
        return ledger, "hour" if by_hour else "minute"

    def _minutes(self, since: int, until: int) -> dict[Line, Counts]:
        keys = {line: SeriesKey(self._venue.id, line.node, line.line) for line in self._outer}
        read = self._store.buckets_of([*keys.values()], since, until)
        return {line: dict(_counts(read.get(key, ()))) for line, key in keys.items()}

    def _climate(self, slots: Sequence[Slot]) -> tuple[Climate, ...]:
        stretches = [(slot.at_s, slot.until_s) for slot in slots]
        keys = sorted(
            key
            for key, kind in self._store.series(self._venue.id).items()
            if kind is Kind.MEASURE and "." in key.name
        )
        found: dict[SeriesKey, list[Bucket]] = {key: [] for key in keys}
        for part in self._segments:
            read = self._store.hourly(keys, part.start_s, part.end_s, part.shift_s)
            for key in keys:
                found[key] += read.get(key, ())
        result = []
        for key in keys:
            sensor, _, quantity = key.name.partition(".")
            if found[key]:
                pieces = climate_pieces(found[key], stretches, self._now_s)
                result.append(Climate(key.node, sensor, quantity, pieces))
        return tuple(result)

    def _total(self, line: Line) -> LineTotal:
        whole = (self._start_s, self._end_s)
        [watched_s] = watched_seconds(self._spans[line], [whole], self._now_s)
        elapsed = min(self._end_s, self._now_s) - self._start_s
        told = [
            value
            for at, value in self._by_line[line].items()
            if self._start_s <= at < min(self._end_s, self._now_s)
        ]
        if not told and not watched_s:
            return LineTotal(line, None, None, 0.0 if elapsed > 0 else None)
        return LineTotal(
            line,
            sum(entered for entered, _ in told),
            sum(left for _, left in told),
            min(1.0, watched_s / elapsed) if elapsed > 0 else None,
        )

    def _entered(self, zone: str) -> ZoneTotal:
        lines = [line for line in self._venue.lines if zone in {line.from_zone, line.to_zone}]
        totals = [self._total(line) for line in lines]
        inward = [t.entered if t.line.to_zone == zone else t.left for t in totals]
        known = [number for number in inward if number is not None]
        return ZoneTotal(zone, sum(known) if known else None)

    def _day(self, slot: Slot) -> DayWatch:
        now_s = min(slot.until_s, self._now_s)
        return DayWatch(
            slot,
            tuple(common(self._due, slot.at_s, slot.until_s)),
            tuple(
                (since // 1000, until // 1000)
                for since, until in common(self._watched, slot.at_s * 1000, now_s * 1000)
            ),
        )


def _counts(buckets: Sequence[Bucket]) -> Counts:
    return {bucket.at: (int(bucket.values[0]), int(bucket.values[1])) for bucket in buckets}


def _summed(by_line: Mapping[Line, Counts], zone: str) -> Counts:
    """Return who entered and left a zone (`outside`: the venue) over all of its lines."""
    result: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for line, counts in by_line.items():
        if zone not in {line.from_zone, line.to_zone}:
            continue
        # Seen from the venue, `in` of a line that leads to outside leaves.
        is_inward = (line.to_zone == zone) is not (zone == OUTSIDE)
        for at, (entered, left) in counts.items():
            both = result[at]
            both[0] += entered if is_inward else left
            both[1] += left if is_inward else entered
    return {at: (entered, left) for at, (entered, left) in result.items()}
