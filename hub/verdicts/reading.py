"""Reads what a store holds of a venue, day by day."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Protocol

from contracts.events import DOOR_SUFFIX
from hub.compliance.evidence import Parameters
from hub.compliance.localtime import LocalTime, days
from hub.store.port import Evidence, SeriesKey, TimeSeries, Touched
from hub.venues import OUTSIDE, Venue
from hub.verdicts.facts import SIGNS, Facts, Told, facts_of

LOCK: Final = "lock"
DOOR: Final = "door"
KIOSK: Final = "kiosk"
"""Kinds of declared sensors that speak of opening."""
_BEFORE_MS: Final = 1000


class Reading(TimeSeries, Evidence, Protocol):
    """What the judge needs of a store."""

    @property
    def store_id(self) -> str:
        """Return the id of the store."""

    def earliest_ms(self, venue: str) -> int | None:
        """Return when the first evidence of a venue begins, Unix ms; None without any."""

    def evidence_from_s(self) -> int:
        """Return before when evidence was deleted, Unix seconds; 0: none was."""

    @property
    def turn(self) -> int:
        """Return the number of the newest commit."""

    def docket(self) -> Sequence[Touched]:
        """Return what commits touched and is not struck off yet."""

    def strike(self, done: Mapping[str, int]) -> None:
        """Strike off what of some venues was touched up to the turn of a commit each."""


def devices_of(venue: Venue) -> frozenset[str]:
    """Return which kinds of evidence a venue has devices for."""
    kinds = {sensor.kind for sensor in venue.sensors}
    found = kinds & {LOCK, DOOR}
    if KIOSK in kinds:
        found |= {"loan", "session", "staff"}
    if any(line.touches_outside for line in venue.lines):
        found.add("entry")
    return frozenset(found)


def read_days(
    store: Reading, venue: Venue, clock: LocalTime, first: date, last: date, rules: Parameters
) -> dict[date, Facts]:
    """Return the facts of each local day from `first` to `last`. Raises StoreError."""
    whole = read_stretch(store, venue, *clock.span(first, last), rules)
    return {day: whole.within(*clock.day(day)) for day in days(first, last)}


def read_stretch(
    store: Reading, venue: Venue, start_s: int, end_s: int, rules: Parameters
) -> Facts:
    """Return the facts of a stretch of whole minutes, Unix seconds. Raises StoreError."""
    told = _told(store, venue, start_s, end_s, rules.max_gap_seconds)
    return facts_of(told, rules.max_gap_seconds).within(start_s, end_s)


def _told(store: Reading, venue: Venue, start_s: int, end_s: int, heard_s: int) -> Told:
    # A door that was closed until just then; an event from which on its source counts as heard.
    start_ms, end_ms = start_s * 1000 - _BEFORE_MS, end_s * 1000
    locks = [(s.node, s.sensor) for s in venue.sensors if s.kind == LOCK]
    doors = [(s.node, s.sensor) for s in venue.sensors if s.kind == DOOR]
    doors += [(node, sensor + DOOR_SUFFIX) for node, sensor in locks]
    outer = [line for line in venue.lines if line.touches_outside]
    events = store.events(venue.id, start_ms - heard_s * 1000, end_ms)
    watched = {(line.node, line.line) for line in outer}
    watched |= {(event.node, event.source) for event in events if event.name in SIGNS}
    return Told(
        {f"{n}/{s}": store.states(venue.id, n, s, start_ms, end_ms) for n, s in locks},
        {
            f"{n}/{s}": found
            for n, s in doors
            if (found := store.states(venue.id, n, s, start_ms, end_ms))
        },
        _entries(store, venue, start_s, end_s),
        {f"{n}/{s}": store.coverage(venue.id, n, s, start_ms, end_ms) for n, s in watched},
        events,
    )


def _entries(store: Reading, venue: Venue, start_s: int, end_s: int) -> Mapping[str, list[int]]:
    """Return the minutes in which somebody came in, by line."""
    inward = {
        SeriesKey(venue.id, line.node, line.line): 0 if line.from_zone == OUTSIDE else 1
        for line in venue.lines
        if line.touches_outside
    }
    found = store.buckets_of(list(inward), start_s, end_s)
    return {
        f"{key.node}/{key.name}": [bucket.at for bucket in found[key] if bucket.values[field] > 0]
        for key, field in inward.items()
    }
