"""The schedules of all venues: the district's file, and what people declared since."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

import structlog

from hub.compliance.calendar import Calendar
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import Schedule, Week, check_sessions
from hub.lawbook import read_calendar
from hub.schedules.dated import DatedSessions
from hub.schedules.declaration import (
    Declaration,
    DistrictTerms,
    TimetableTerms,
    Withdrawal,
    as_plain,
    first_day,
    from_plain,
    schedule_of,
)
from hub.store.records import Records
from hub.store.records.declarations import DeclarationRecord, DeclarationRecords
from hub.venues import Venue

log = structlog.get_logger(__name__)

Changed = Callable[[str, date | None], None]
"""Told of a venue and the first local day that its schedule changed for; None: all days."""


class Schedules:
    """What every venue declared; any thread may ask. Raises StoreError when it opens."""

    def __init__(self, records: Records, calendar: Calendar | None = None) -> None:
        self._records = DeclarationRecords(records)
        self.calendar = read_calendar() if calendar is None else calendar
        self._listeners: list[Changed] = []
        self._lock = threading.Lock()
        self._revision = -1
        self._told: Mapping[str, tuple[Declaration, ...]] = {}
        self._built: dict[str, tuple[Venue, tuple[Declaration, ...], DatedSessions]] = {}
        self.refresh()

    def of(self, venue: Venue) -> Schedule:
        """Return what a venue declared, in force at each instant."""
        return self._kept(venue).schedule

    def dated(self, venue: Venue) -> DatedSessions | None:
        """Return the same as dated sessions, for running sums; None: nothing is declared."""
        kept = self._kept(venue)
        return kept if kept.is_declared else None

    def if_declared(self, venue: Venue, one: Declaration) -> Schedule:
        """Return what the schedule would be with one declaration more, or with one changed."""
        told = [d for d in self.declarations(venue.id) if d.id != one.id]
        clock = LocalTime(ZoneInfo(venue.timezone))
        ordered = [*told, one] if one.id == 0 else sorted([*told, one], key=lambda d: d.id)
        return schedule_of(clock, self.calendar, week_of_file(venue), ordered)

    def declarations(self, venue: str) -> tuple[Declaration, ...]:
        """Return all that was ever declared for a venue, in the order in which it came."""
        return self._told.get(venue, ())

    def take_over(self, venues: Iterable[Venue], now_ms: int) -> None:
        """Keep the weeks of the district's file, so that what a file said stays what it said.

        A week that is new in the file holds from today on, unless people declared one: theirs
        stands. Raises StoreUnavailable.
        """
        new: list[DeclarationRecord] = []
        for venue in venues:
            week, told = week_of_file(venue), self.declarations(venue.id)
            kept = [one.terms for one in told if isinstance(one.terms, DistrictTerms)]
            if week is None or (kept and kept[-1].week == week):
                continue
            if any(isinstance(d.terms, TimetableTerms) and d.withdrawn is None for d in told):
                log.warning("file_hours_ignored", venue=venue.id)
                continue
            today = LocalTime(ZoneInfo(venue.timezone)).day_of(now_ms // 1000)
            terms = json.dumps(as_plain(DistrictTerms(week, today if kept else None)))
            new.append(
                DeclarationRecord(0, venue.id, "district", terms, "", "", "", now_ms, now_ms)
            )
        if new:
            self._records.add_all(new)
            self.refresh()

    def listen(self, changed: Changed) -> None:
        """Let somebody be told of every change; on the thread that made it."""
        self._listeners.append(changed)

    def refresh(self) -> None:
        """Read the records if somebody changed them, and tell who listens. Raises StoreError."""
        with self._lock:
            if self._records.revision() == self._revision:
                return
            is_first = self._revision < 0
            self._revision, rows = self._records.all()
            before = self._told
            told = {venue: tuple(map(declaration, of)) for venue, of in rows.items()}
            # Who asks compares by identity: what did not change stays the same object.
            self._told = {
                venue: before[venue] if before.get(venue) == of else of
                for venue, of in told.items()
            }
            changed = {venue: of for venue, of in self._told.items() if before.get(venue) is not of}
        if is_first:
            return
        for venue, of in changed.items():
            first = _first_changed(before.get(venue, ()), of)
            for listener in self._listeners:
                listener(venue, first)

    def _kept(self, venue: Venue) -> DatedSessions:
        told = self._told.get(venue.id, ())
        known = self._built.get(venue.id)
        if known is None or known[1] is not told or known[0] != venue:
            clock = LocalTime(ZoneInfo(venue.timezone))
            schedule = schedule_of(clock, self.calendar, week_of_file(venue), told)
            known = self._built[venue.id] = (venue, told, DatedSessions(schedule))
        return known[2]


def week_of_file(venue: Venue) -> Week | None:
    """Return the weekly hours of a district's file in seconds; None: it declares none."""
    if not any(venue.hours):
        return None
    # A night that runs into the next morning's session is one stretch: the file may say so.
    return tuple(check_sessions((a * 60, b * 60) for a, b in day) for day in venue.hours)


def declaration(record: DeclarationRecord) -> Declaration:
    """Return a declaration from how it is stored."""
    withdrawn = None
    if record.withdrawn_ms is not None:
        withdrawn = Withdrawal(
            record.withdrawn_ms, record.withdrawn_by or "", record.withdrawn_why or ""
        )
    return Declaration(
        record.id,
        record.venue,
        from_plain(record.kind, json.loads(record.terms)),
        record.reason,
        record.who,
        record.made_ms,
        record.published_ms,
        record.document,
        withdrawn,
    )


def _first_changed(before: tuple[Declaration, ...], after: tuple[Declaration, ...]) -> date | None:
    """Return the first day of what is new or withdrawn, where on Earth it is earliest."""
    earliest = LocalTime(ZoneInfo("Etc/GMT+12"))
    first = min((first_day(d.terms, earliest) for d in set(after) - set(before)), default=None)
    return None if first == date.min else first
