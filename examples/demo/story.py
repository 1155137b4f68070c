"""What happens in the sample district: when doors are really open, and what nobody sees. Pure.

One story is told by a seed and by the instant at which its state folder was begun. Everything else
is reckoned from these two, so that the past that is loaded, the present that is played and the
tests that check both agree to the last visitor.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from examples.demo.almanac import Almanac, Hours, at_ms, local_day, read_almanac
from examples.demo.incidents import Incident, read_incidents
from hub.venues import Venue

MINUTE_MS: Final = 60_000
_DAYS_KEPT: Final = 4096
_WITHOUT_RECORD: Final = frozenset({"node_off", "camera_blind", "lock_lost"})
_REASONS: Final = {
    "node_off": "power_lost",
    "camera_blind": "camera_blind",
    "lock_lost": "contact_lost",
}


class Opening(NamedTuple):
    """One session as it was really kept, and when the lock was turned; Unix ms."""

    opens: int
    closes: int
    unlocked: int
    locked: int


class Gap(NamedTuple):
    """Nobody watched; half open, Unix ms."""

    since: int
    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class Gathering:
    """People who come for one event: to a zone behind `line`."""

    line: str
    begins_ms: int
    ends_ms: int
    visitors: int


class Story:
    """The sample district's story; `began_ms` is when its state folder was begun."""

    def __init__(
        self,
        venues: Iterable[Venue],
        began_ms: int,
        seed: int = 1,
        *,
        incidents: tuple[Incident, ...] | None = None,
        almanac: Almanac | None = None,
    ) -> None:
        self.venues = {venue.id: venue for venue in venues}
        self.began_ms = began_ms
        self.seed = seed
        self.almanac = almanac or read_almanac()
        self.dated: list[tuple[Incident, date | None]] = []
        """Every incident with its day, None for one that has no day of its own."""
        self._on_day: dict[tuple[str, date], list[Incident]] = defaultdict(list)
        self._always: dict[str, list[Incident]] = defaultdict(list)
        for incident in read_incidents() if incidents is None else incidents:
            if incident.venue in self.venues:
                self._place(incident)
        self._kept = lru_cache(maxsize=_DAYS_KEPT)(self._keep)
        self._gaps = lru_cache(maxsize=None)(self._find_gaps)

    def kept(self, venue: Venue, day: date) -> tuple[Opening, ...]:
        """Return the sessions of a day as they were really kept, in order."""
        return self._kept(venue.id, day)

    def gaps(self, venue: Venue, node: str, source: str) -> tuple[Gap, ...]:
        """Return when a source of a node was not watched, in order."""
        return self._gaps(venue.id, node, source)

    def stuck(self, venue: Venue, day: date) -> tuple[tuple[int, int], ...]:
        """Return when the lock's contact reads locked whatever the lock does, Unix ms."""
        return tuple(
            self._span(venue, day, incident)
            for incident in self._on_day.get((venue.id, day), ())
            if incident.what == "lock_stuck"
        )

    def gatherings(self, venue: Venue, day: date) -> tuple[Gathering, ...]:
        """Return the events of a day."""
        return tuple(
            Gathering(
                incident.line or "", *self._span(venue, day, incident), incident.visitors or 0
            )
            for incident in self._on_day.get((venue.id, day), ())
            if incident.what == "event"
        )

    def shift(self, venue: Venue, sensor: str, at: int) -> dict[str, float]:
        """Return by how much the air is off at an instant, by quantity."""
        day = local_day(venue, at)
        for incident in self._on_day.get((venue.id, day), ()):
            if incident.what == "climate" and incident.sensor == sensor:
                since, until = self._span(venue, day, incident)
                if since <= at < until:
                    return incident.shift or {}
        return {}

    def share(self, venue: Venue) -> float:
        """Return which share of a venue's usual visitors come at all."""
        found = (i.share for i in self._always.get(venue.id, ()) if i.what == "hardly_visited")
        return next((share for share in found if share is not None), 1.0)

    def down_ms(self, venue: Venue) -> int | None:
        """Return since when the venue's nodes are offline for good, None while they are not."""
        found = (i for i in self._always.get(venue.id, ()) if i.what == "down")
        return next((self._after_start(i.minutes_after_start[0]) for i in found), None)

    def away_ms(self, venue: Venue) -> tuple[int, int] | None:
        """Return when the venue's nodes record but cannot send, None when they always can."""
        for incident in self._always.get(venue.id, ()):
            if incident.what == "away":
                since, until = incident.minutes_after_start
                return self._after_start(since), self._after_start(until)
        return None

    def _place(self, incident: Incident) -> None:
        if incident.days_ago is None:
            self._always[incident.venue].append(incident)
            self.dated.append((incident, None))
            return
        venue = self.venues[incident.venue]
        day = local_day(venue, self.began_ms) - timedelta(days=incident.days_ago)
        for _ in range(14):
            if self.almanac.announced(venue, day):
                break
            day -= timedelta(days=1)
        self._on_day[venue.id, day].append(incident)
        self.dated.append((incident, day))

    def _keep(self, venue_id: str, day: date) -> tuple[Opening, ...]:
        venue = self.venues[venue_id]
        incidents = self._on_day.get((venue_id, day), ())
        hours: Hours = self.almanac.announced(venue, day)
        if not hours or any(incident.what == "closed" for incident in incidents):
            return ()
        if hours == ((0, 1440),):
            # Nobody turns this lock.
            opens, closes = at_ms(venue, day, 0), at_ms(venue, day, 1440)
            return (Opening(opens, closes, opens, closes),)
        rng = random.Random(f"{self.seed}/lock/{venue_id}/{day}")
        openings = []
        for opens, closes in hours:
            # Staff come a little early and leave a little late: what is declared is kept.
            begin, end = at_ms(venue, day, opens), at_ms(venue, day, closes)
            lead, lag = rng.randint(180_000, 840_000), rng.randint(120_000, 900_000)
            openings.append(Opening(begin, end, begin - lead, end + lag))
        for incident in incidents:
            _bend(openings, incident, at_ms(venue, day, incident.span[1]))
        return tuple(openings)

    def _find_gaps(self, venue_id: str, node: str, source: str) -> tuple[Gap, ...]:
        venue = self.venues[venue_id]
        found = []
        for incident, day in self.dated:
            if incident.venue != venue_id or incident.what not in _WITHOUT_RECORD:
                continue
            if incident.what == "node_off" and incident.node != node:
                continue
            if incident.what == "camera_blind" and incident.line != source:
                continue
            if incident.what == "lock_lost" and not _is_lock(venue, node, source):
                continue
            if day is None:
                since, until = map(self._after_start, incident.minutes_after_start)
            else:
                since, until = self._span(venue, day, incident)
            found.append(Gap(since, until, _REASONS[incident.what]))
        return tuple(sorted(found))

    def _span(self, venue: Venue, day: date, incident: Incident) -> tuple[int, int]:
        begin, end = incident.span
        return at_ms(venue, day, begin), at_ms(venue, day, end)

    def _after_start(self, minutes: int) -> int:
        return self.began_ms + minutes * MINUTE_MS


def _bend(openings: list[Opening], incident: Incident, end_ms: int) -> None:
    """Change a day's openings as an incident does."""
    first, last = openings[0], openings[-1]
    late_ms = (incident.minutes or 0) * MINUTE_MS
    match incident.what:
        case "late_opening":
            opens = first.opens + late_ms
            openings[0] = first._replace(opens=opens, unlocked=opens)
        case "early_closing":
            closes = last.closes - late_ms
            openings[-1] = last._replace(closes=closes, locked=closes)
        case "extra_open":
            openings[-1] = last._replace(closes=end_ms, locked=end_ms + 5 * MINUTE_MS)
        case "event" if last.closes < end_ms:
            # On a day of shorter hours the house stays open for it.
            openings[-1] = last._replace(closes=end_ms, locked=end_ms + 20 * MINUTE_MS)
        case _:
            pass


def _is_lock(venue: Venue, node: str, source: str) -> bool:
    return any((s.node, s.sensor, s.kind) == (node, source, "lock") for s in venue.sensors)
