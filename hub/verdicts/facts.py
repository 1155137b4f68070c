"""From what the store holds of a venue to evidence that the judge takes. Pure; whole Unix seconds.

    locks         states `unlocked` and `locked` of sensors of the kind `lock`
    doors         each opening of a leaf: of the kind `door`, or the door of a lock's contact
    entries       minutes in which somebody came in, of lines that touch `outside`
    loans, …      events of kiosks, by their names; a door of an unstaffed room that a card opened
    staff         from each `staff_open` to the next `staff_close`, at most to the end of its day

Only clocks that were set, or put right later, decide.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from contracts.events import EventName
from contracts.rows import COUNT_BUCKET_SECONDS
from hub.compliance.evidence import (
    EventKind,
    Events,
    Evidence,
    Lock,
    Override,
    Parameters,
    held_open,
)
from hub.compliance.intervals import Interval as Stretch
from hub.compliance.intervals import Intervals, clipped, difference, intersection, union
from hub.compliance.localtime import LocalTime
from hub.store.port import HappenedEvent, Interval

FOREVER: Final = 2**62
LOCKED: Final = "locked"
UNLOCKED: Final = "unlocked"
OPEN: Final = "open"
CLOSED: Final = "closed"
DECIDING: Final = frozenset({"set", "corrected"})
"""Clocks whose times decide."""
SIGNS: Final[Mapping[str, EventKind]] = {
    EventName.LOAN: "loan",
    EventName.RETURN: "loan",
    EventName.SESSION: "session",
    EventName.ROOM_ENTRY: "door",
}
"""Events that are signs of people, by name."""
STAFF: Final[Mapping[str, bool]] = {EventName.STAFF_OPEN: True, EventName.STAFF_CLOSE: False}

Words = tuple[tuple[int, bool], ...]
"""What the staff declared: (when, whether open), in order."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """Stretches of a source whose times were put right after its clock had been set."""

    source: str
    error_ms: int
    """By so much each of their ends may be wrong."""
    stretches: Intervals


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a venue in one stretch of time; stretches can be cut and put together."""

    locks: tuple[Lock, ...] = ()
    events: tuple[Events, ...] = ()
    words: Words = ()
    corrected: tuple[Corrected, ...] = ()
    """To be shown; it decides as all the rest does."""

    def within(self, start_s: int, end_s: int) -> "Facts":
        """Return what lies in `[start_s, end_s)`."""
        return Facts(
            tuple(
                Lock(
                    lock.source,
                    clipped(lock.unlocked, start_s, end_s),
                    clipped(lock.locked, start_s, end_s),
                )
                for lock in self.locks
            ),
            tuple(
                Events(
                    events.source,
                    events.kind,
                    events.at_s[
                        bisect_left(events.at_s, start_s) : bisect_left(events.at_s, end_s)
                    ],
                    clipped(events.heard, start_s, end_s),
                )
                for events in self.events
            ),
            tuple(word for word in self.words if start_s <= word[0] < end_s),
            tuple(
                Corrected(told.source, told.error_ms, some)
                for told in self.corrected
                if (some := clipped(told.stretches, start_s, end_s))
            ),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a store holds of one venue in a stretch, as it was read, by source `node/name`."""

    locks: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    doors: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    entries: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """First seconds of the minutes in which somebody came in, by line, in order."""
    watched: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    """Coverage, of lines and of the sources of events."""
    events: Sequence[HappenedEvent] = ()


def facts_of(told: Told, heard_seconds: int) -> Facts:
    """Return the facts of what was read.

    `heard_seconds`: for so long a source of events that tells no coverage counts as heard after
    each of them.
    """
    locks = tuple(lock_of(source, told.locks[source]) for source in sorted(told.locks))
    locked = _all_locked(locks)
    lines = [
        entries_of(source, told.entries[source], heard_of(told.watched.get(source, ())), locked)
        for source in sorted(told.entries)
    ]
    doors = [openings_of(source, told.doors[source]) for source in sorted(told.doors)]
    signs = _signs(told, heard_seconds)
    words = sorted({(e.at_ms // 1000, STAFF[e.name]) for e in told.events if e.name in STAFF})
    return Facts(locks, (*lines, *doors, *signs), tuple(words), _corrected(told))


def lock_of(source: str, states: Iterable[Interval]) -> Lock:
    """Return what a lock read."""
    states = tuple(states)
    return Lock(source, _spans(states, UNLOCKED), _spans(states, LOCKED))


def heard_of(coverage: Iterable[Interval]) -> Intervals:
    """Return when a source was heard."""
    return _spans(coverage, None)


def entries_of(source: str, minutes: Sequence[int], heard: Intervals, locked: Intervals) -> Events:
    """Return the entries of a counting line.

    A minute with entries counts as its first second in which the line was heard and not all locks
    read locked: who came in the minute of the unlocking came after it, and no minute may make a
    conflict that its entries do not prove. Locked through all of it, it counts as its first second
    heard, which is a conflict. Not heard at all, it counts for nothing.
    """
    at_s: list[int] = []
    done = 0
    # Nearly all minutes are plain: they are taken by whole stretches, the others one by one.
    for start, end in (*difference(heard, locked), (FOREVER, FOREVER)):
        first = bisect_left(minutes, start, done)
        for minute in minutes[done:first]:
            inside = clipped(heard, minute, minute + COUNT_BUCKET_SECONDS)
            if inside:
                free = difference(inside, clipped(locked, minute, minute + COUNT_BUCKET_SECONDS))
                at_s.append((free or inside)[0][0])
        done = bisect_left(minutes, end, first)
        at_s += minutes[first:done]
    return Events(source, "entry", tuple(at_s), heard)


def openings_of(source: str, states: Iterable[Interval]) -> Events:
    """Return each opening of a door's leaf that was seen: open where it was closed just before.

    A door that is found open when its contact is heard again may have been open all the time.
    """
    states = tuple(states)
    opened, closed = _spans(states, OPEN), _spans(states, CLOSED)
    ends = {end for _, end in closed}
    at_s = tuple(start for start, _ in opened if start in ends)
    return Events(source, "door", at_s, union(opened, closed))


def staff_of(words: Words, clock: LocalTime) -> Intervals:
    """Return when the staff had declared the venue open.

    Nobody may forget to close for longer than the day on which it was opened.
    """
    result: list[Stretch] = []
    since: int | None = None
    for at, is_open in words:
        if since is not None:
            result.append((since, min(at, clock.day(clock.day_of(since))[1])))
        since = at if is_open else None
    if since is not None:
        result.append((since, clock.day(clock.day_of(since))[1]))
    return union(result)


def together(parts: Iterable[Facts]) -> Facts:
    """Return the facts of stretches that follow each other as those of one."""
    locks: dict[str, list[Lock]] = {}
    events: dict[tuple[str, EventKind], list[Events]] = {}
    words: list[tuple[int, bool]] = []
    corrected: dict[tuple[str, int], list[Intervals]] = {}
    for part in parts:
        for lock in part.locks:
            locks.setdefault(lock.source, []).append(lock)
        for told in part.events:
            events.setdefault((told.source, told.kind), []).append(told)
        words += part.words
        for put_right in part.corrected:
            some = corrected.setdefault((put_right.source, put_right.error_ms), [])
            some.append(put_right.stretches)
    return Facts(
        tuple(
            Lock(source, union(*(x.unlocked for x in some)), union(*(x.locked for x in some)))
            for source, some in sorted(locks.items())
        ),
        tuple(
            Events(
                source,
                kind,
                tuple(chain.from_iterable(told.at_s for told in some)),
                union(*(told.heard for told in some)),
            )
            for (source, kind), some in sorted(events.items())
        ),
        tuple(words),
        tuple(
            Corrected(source, error_ms, union(*stretches))
            for (source, error_ms), stretches in sorted(corrected.items())
        ),
    )


def held_on(
    before: Sequence[Events], held: Intervals, newest: Sequence[Events], rules: Parameters
) -> Intervals:
    """Return what `held_open` says of both, where `held` is what it says of what was before.

    Only the last event of each source before can be held on by what is new.
    """
    joined = []
    last = {(told.source, told.kind): told for told in before}
    for told in newest:
        known = last.pop((told.source, told.kind), None)
        ends = known.at_s[-1:] if known else ()
        heard = union(told.heard, known.heard) if known else told.heard
        joined.append(Events(told.source, told.kind, (*ends, *told.at_s), heard))
    joined += [Events(t.source, t.kind, t.at_s[-1:], t.heard) for t in last.values()]
    return union(held, held_open(joined, rules))


def evidence_of(
    facts: Facts, clock: LocalTime, overrides: Iterable[Override], devices: frozenset[str]
) -> Evidence:
    """Return what the judge takes; `devices`: kinds of sources that the venue has."""
    return Evidence(
        facts.locks,
        staff_of(facts.words, clock),
        facts.events,
        tuple(overrides),
        devices=devices,
    )


def _signs(told: Told, heard_seconds: int) -> list[Events]:
    by_source: dict[tuple[str, EventKind], set[int]] = {}
    for event in told.events:
        kind = SIGNS.get(event.name)
        if kind is not None:
            source = f"{event.node}/{event.source}"
            by_source.setdefault((source, kind), set()).add(event.at_ms // 1000)
    result = []
    for (source, kind), found in sorted(by_source.items()):
        at_s = tuple(sorted(found))
        around = union((at, at + heard_seconds) for at in at_s)
        heard = union(heard_of(told.watched.get(source, ())), around)
        result.append(Events(source, kind, at_s, heard))
    return result


def _corrected(told: Told) -> tuple[Corrected, ...]:
    found: dict[tuple[str, int], list[Stretch]] = {}
    for source, some in chain(told.locks.items(), told.doors.items(), told.watched.items()):
        for one in some:
            if one.clock == "corrected":
                span = one.since_ms // 1000, one.until_ms // 1000
                found.setdefault((source, one.error_ms), []).append(span)
    return tuple(Corrected(*key, union(spans)) for key, spans in sorted(found.items()))


def _spans(intervals: Iterable[Interval], value: str | None) -> Intervals:
    # Both ends are rounded down, so that a change stays one instant and leaves no hole.
    return union(
        (i.since_ms // 1000, i.until_ms // 1000)
        for i in intervals
        if i.value == value and i.clock in DECIDING
    )


def _all_locked(locks: Sequence[Lock]) -> Intervals:
    if not locks:
        return ()
    every = locks[0].locked
    for lock in locks[1:]:
        every = intersection(every, lock.locked)
    return difference(every, union(*(lock.unlocked for lock in locks)))
