"""Evidence into known open O, known closed C and unknown U of the declared time D.

    override      open or closed, by a person with a document: above all else
    lock          unlocked is open, all locks locked is closed, while they are heard
    staff         open from a declaration at the kiosk to the next, or until a lock says locked
    event         an entry, a loan, a session: open until the next one no more than `max_gap` later,
                  else for `hold`; never before the first, never where its source was not heard
    conflict      a locked stretch with an event in it: all of the stretch is unknown
    nothing       unknown; nobody came is not closed

O, C and U are a partition of D, and do not depend on the order in which evidence came.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Literal

from hub.compliance.intervals import (
    EVER,
    Interval,
    Intervals,
    clipped,
    difference,
    intersection,
    seconds,
    union,
)
from hub.compliance.localtime import LocalTime

EventKind = Literal["entry", "loan", "session", "door"]
Grade = Literal["A", "B", "C", "declared_only", "none"]
Cause = Literal[
    "override", "lock", "staff", "events", "conflict", "not_heard", "silent", "too_few_events"
]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the law leaves open; each is configuration with this default (seconds)."""

    max_gap_seconds: int = 3600
    hold_seconds: int = 900
    bridge_seconds: int = 120
    min_independent_events: int = 1
    tolerance_seconds: int = 0
    grace_seconds: int = 600


@dataclass(frozen=True, slots=True)
class Events:
    """Signs of people from one source, and when that source was heard."""

    source: str
    kind: EventKind
    at_s: tuple[int, ...]
    """In order, each once, Unix seconds."""
    heard: Intervals = EVER


@dataclass(frozen=True, slots=True)
class Lock:
    """What one lock or shutter contact read, while it was heard."""

    source: str
    unlocked: Intervals = ()
    locked: Intervals = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A correction by a person; it stands beside what sensors told and never replaces it."""

    start_s: int
    end_s: int
    is_open: bool
    who: str
    at_s: int
    why: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of one venue or zone."""

    locks: tuple[Lock, ...] = ()
    staff: Intervals = ()
    """From each declaration `open` until `close`."""
    events: tuple[Events, ...] = ()
    overrides: tuple[Override, ...] = ()
    held: Intervals | None = None
    """What `held_open` says of the events, where that is stored; None: it is worked out."""
    devices: frozenset[str] = frozenset()
    """Kinds of sources that exist, also those that told nothing: lock, staff, entry, loan, …"""

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of sources that exist."""
        found = set(self.devices) | {events.kind for events in self.events}
        if self.locks:
            found.add("lock")
        if self.staff:
            found.add("staff")
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Split:
    """D in three, and why each piece is what it is."""

    declared: Intervals
    opened: Intervals
    closed: Intervals
    unknown: Intervals
    reasons: Mapping[Cause, Intervals]
    """What made which part of D open, closed or unknown; every second of D has one cause."""
    conflicts: Intervals
    extra_open: Intervals
    """Known open outside of D: recorded, not counted."""
    has_state: Intervals = ()
    """Where a lock or the staff told something."""
    events_at: tuple[int, ...] = ()
    """Every event inside D, in order."""
    kinds: frozenset[str] = field(default_factory=frozenset)

    def within(self, start: int, end: int) -> "Split":
        """Return the part in `[start, end)`."""
        first, last = bisect_left(self.events_at, start), bisect_left(self.events_at, end)
        return Split(
            clipped(self.declared, start, end),
            clipped(self.opened, start, end),
            clipped(self.closed, start, end),
            clipped(self.unknown, start, end),
            {
                cause: part
                for cause, whole in self.reasons.items()
                if (part := clipped(whole, start, end))
            },
            clipped(self.conflicts, start, end),
            clipped(self.extra_open, start, end),
            clipped(self.has_state, start, end),
            self.events_at[first:last],
            self.kinds,
        )

    @property
    def grade(self) -> Grade:
        """Return how good the evidence is: A two kinds agree, B one, C a person's word only."""
        by_state = bool(self.reasons.get("lock") or self.reasons.get("staff"))
        by_events = bool(self.events_at)
        if by_state and by_events and not self.conflicts:
            return "A"
        if by_state or by_events:
            return "B"
        if self.reasons.get("override"):
            return "C"
        return "none" if self.kinds else "declared_only"


def split(
    declared: Intervals,
    evidence: Evidence,
    clock: LocalTime,
    parameters: Parameters,
    states: tuple[Intervals, Intervals] | None = None,
) -> Split:
    """Return O, C and U of what was declared; `states` of the locks, where they are known."""
    unlocked, locked = states or lock_states(evidence.locks, parameters.bridge_seconds)
    inside = _in(declared, _heard_events(evidence.events))
    conflicts = union(stretch for stretch in locked if _any_in(inside, stretch))
    sure_locked = difference(locked, conflicts)
    staff = _until_contradicted(evidence.staff, locked)
    held = evidence.held if evidence.held is not None else held_open(evidence.events, parameters)
    few = _days_of_too_few(inside, held, union(unlocked, staff), clock, parameters)
    signs, too_few = difference(held, few), intersection(held, few)
    forced_open = union((o.start_s, o.end_s) for o in evidence.overrides if o.is_open)
    forced_closed = union((o.start_s, o.end_s) for o in evidence.overrides if not o.is_open)
    # Of two overrides that contradict each other the one that was made last holds.
    forced_open, forced_closed = _latest(evidence.overrides, forced_open, forced_closed)

    left = declared
    reasons: dict[Cause, Intervals] = {}

    def take(cause: Cause, where: Intervals) -> Intervals:
        """Let a cause decide what nothing above it has."""
        nonlocal left
        part = intersection(left, where)
        left = difference(left, where)
        reasons[cause] = union(reasons.get(cause, ()), part)
        return part

    opened = take("override", forced_open)
    closed = take("override", forced_closed)
    unknown = take("conflict", conflicts)
    opened = union(opened, take("lock", unlocked))
    closed = union(closed, take("lock", sure_locked))
    opened = union(opened, take("staff", staff))
    opened = union(opened, take("events", signs))
    unknown = union(unknown, take("too_few_events", too_few))
    heard = union(*(events.heard for events in evidence.events))
    unknown = union(unknown, take("silent", heard))
    unknown = union(unknown, take("not_heard", EVER))
    told_open = difference(union(unlocked, staff, signs), union(locked, forced_closed))
    known_open = union(forced_open, told_open)
    return Split(
        declared,
        opened,
        closed,
        unknown,
        {cause: part for cause, part in reasons.items() if part},
        intersection(declared, conflicts),
        difference(known_open, declared),
        intersection(declared, union(unlocked, locked, staff)),
        tuple(inside),
        evidence.kinds,
    )


def within_tolerance(parts: Split, sessions: Intervals, tolerance_seconds: int) -> Split:
    """Return the reading in which a session that begins late or ends early by so little is kept."""
    if not tolerance_seconds:
        return parts
    forgiven: list[Interval] = []
    for start, end in sessions:
        closed = clipped(parts.closed, start, end)
        if not closed:
            continue
        if closed[0][0] == start and closed[0][1] - start <= tolerance_seconds < end - start:
            forgiven.append(closed[0])
        if closed[-1][1] == end and end - closed[-1][0] <= tolerance_seconds < end - start:
            forgiven.append(closed[-1])
    kept = union(forgiven)
    return Split(
        parts.declared,
        union(parts.opened, kept),
        difference(parts.closed, kept),
        parts.unknown,
        parts.reasons,
        parts.conflicts,
        parts.extra_open,
        parts.has_state,
        parts.events_at,
        parts.kinds,
    )


def lock_states(locks: Sequence[Lock], bridge_seconds: int) -> tuple[Intervals, Intervals]:
    """Return when a lock was unlocked, and when all of them were locked."""
    if not locks:
        return (), ()
    every: Intervals | None = None
    some: Intervals = ()
    for lock in locks:
        unlocked, locked = _bridged(lock, bridge_seconds)
        some = union(some, unlocked)
        every = locked if every is None else intersection(every, locked)
    return some, difference(every or (), some)


def _bridged(lock: Lock, bridge_seconds: int) -> tuple[Intervals, Intervals]:
    """Close short gaps with the same value on both sides: a latched contact keeps its state."""
    unlocked, locked = union(lock.unlocked), union(lock.locked)
    # A contact that is said to read both at once reads nothing that can be used.
    both = intersection(unlocked, locked)
    told = sorted(
        [(start, end, True) for start, end in difference(unlocked, both)]
        + [(start, end, False) for start, end in difference(locked, both)]
    )
    result: dict[bool, list[Interval]] = {True: [], False: []}
    before: tuple[int, int, bool] | None = None
    for start, end, value in told:
        spans = result[value]
        bridges = before is not None and before[2] is value and start - before[1] <= bridge_seconds
        if bridges and not clipped(both, before[1] if before else start, start):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        before = (start, end, value)
    return union(result[True]), union(result[False])


def _until_contradicted(staff: Intervals, locked: Intervals) -> Intervals:
    result = []
    for start, end in staff:
        # Who opens the kiosk before the door is unlocked is not contradicted by the night.
        contradiction = next((since for since, _ in locked if start < since < end), end)
        result.append((start, contradiction))
    return union(result)


def _days_of_too_few(
    inside: Sequence[int], held: Intervals, state: Intervals, clock: LocalTime, rules: Parameters
) -> Intervals:
    """Return the days that only events speak for, and too few of them."""
    if rules.min_independent_events <= 1:
        return ()
    result: list[Interval] = []
    for day in sorted(_days_of(clock, held)):
        start, end = clock.day(day)
        told = bisect_left(inside, end) - bisect_left(inside, start)
        if told < rules.min_independent_events and not clipped(state, start, end):
            result.append((start, end))
    return union(result)


def held_open(sources: Iterable[Events], parameters: Parameters) -> Intervals:
    """Return when events show a venue to be open.

    Open from an event to the next one, of whatever source, if that comes within `max_gap`, else
    for `hold`; cut where none of the sources was heard. Intake stores this, so that a year need
    not be read by its minutes.
    """
    sources = tuple(sources)
    at_s = _heard_events(sources)
    spans: list[Interval] = []
    gap, hold = parameters.max_gap_seconds, parameters.hold_seconds
    for number, at in enumerate(at_s):
        following = at_s[number + 1] if number + 1 < len(at_s) else None
        end = following if following is not None and following - at <= gap else at + hold
        if spans and at <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((at, end))
    return intersection(union(spans), union(*(source.heard for source in sources)))


def _latest(
    overrides: Sequence[Override], opened: Intervals, closed: Intervals
) -> tuple[Intervals, Intervals]:
    if not intersection(opened, closed):
        return opened, closed
    opened, closed = (), ()
    for override in sorted(overrides, key=lambda o: (o.at_s, o.start_s, o.end_s, o.is_open)):
        where = union([(override.start_s, override.end_s)])
        opened, closed = difference(opened, where), difference(closed, where)
        if override.is_open:
            opened = union(opened, where)
        else:
            closed = union(closed, where)
    return opened, closed


def _days_of(clock: LocalTime, intervals: Intervals) -> set[date]:
    found: set[date] = set()
    for start, end in intervals:
        at = start
        while at < end:
            day = clock.day_of(at)
            found.add(day)
            at = clock.day(day)[1]
    return found


def _heard_events(sources: Sequence[Events]) -> Sequence[int]:
    """Return when something happened, of whatever source, in order, each instant once."""
    told = [_in(source.heard, source.at_s) for source in sources]
    return told[0] if len(told) == 1 else sorted(set(chain.from_iterable(told)))


def _in(intervals: Intervals, ordered: Sequence[int]) -> list[int]:
    """Return the instants that lie in a set; they are in order."""
    result: list[int] = []
    for start, end in intervals:
        result += ordered[bisect_left(ordered, start) : bisect_left(ordered, end)]
    return result


def _any_in(ordered: Sequence[int], interval: Interval) -> bool:
    index = bisect_left(ordered, interval[0])
    return index < len(ordered) and ordered[index] < interval[1]


def coverage(parts: Split) -> tuple[int, int]:
    """Return known seconds and declared seconds: coverage is the one over the other."""
    whole = seconds(parts.declared)
    return whole - seconds(parts.unknown), whole
