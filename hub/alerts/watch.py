"""Watches the running hub for alerts: live board, climate, alarms of nodes, forks.

The event loop only wakes it; what it looks at is read and decided on a thread.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from contracts.rows import Event, State
from hub.alerts.condition import AlertKind, Condition
from hub.alerts.desk import AlertDesk
from hub.alerts.sources import (
    ALARMS,
    OPEN_END_SECONDS,
    ClimateWatch,
    Judged,
    is_waiting,
    link_to,
    of_alarms,
    of_attention,
    of_findings,
    of_fork,
    of_low_use,
)
from hub.alerts.updates import of_updates
from hub.compliance.explain import Finding
from hub.errors import StoreError
from hub.live import LiveBoard
from hub.live.attention import attention
from hub.store.port import Evidence, Interval
from link.intake import Group

log = structlog.get_logger(__name__)

SILENCE_SECONDS: Final = 2.0
"""It looks at least so often: time alone makes a door late."""
REST_SHARE: Final = 4.0
"""After a look it rests for this many times as long."""
SETTLE_MS: Final = 60_000
"""A hub that has just started hears its nodes again before it calls them away."""
KEPT_MS: Final = 36 * 3_600_000
"""How far back alarms are read: one that sounds longer has been seen to."""
USE_SECONDS: Final = 60
"""How often verdicts on use are looked at: they are of months and years."""
MOST_FORKS: Final = 1000

_QUIET_AT_FIRST: Final = frozenset({AlertKind.UNWATCHED, AlertKind.DEVICE_OFFLINE})


class AlertWatch:
    """Tells the desk what holds."""

    def __init__(
        self, live: LiveBoard, evidence: Evidence, desk: AlertDesk, clock_ms: Callable[[], int]
    ) -> None:
        self._live = live
        self._evidence = evidence
        self._desk = desk
        self._clock_ms = clock_ms
        self._started_ms = clock_ms()
        self._climate = ClimateWatch()
        self._lock = threading.Lock()
        self._judging = threading.Lock()
        self.verdicts: Callable[[], Iterable[Judged]] = lambda: ()
        """The newest verdicts, of which those on use are looked at."""
        self._use_due_s = 0
        # Venues whose alarms changed, each with the earliest instant of which something is new.
        self._touched: dict[str, int] = {}
        self._forks: dict[str, Condition] = {}
        self._is_first = True
        # Findings that may go on, and when it is known that they do not, Unix s.
        self._going_on: dict[tuple[str, date], tuple[int, Sequence[Finding]]] = {}

    def stored(self, group: Group) -> None:
        """Note what of a commit may be an alert; on the intake's thread."""
        for stored in group.stored:
            for row in stored.rows:
                if isinstance(row, Event):
                    if row.name in ALARMS:
                        self._touch(stored.node.venue, row.at_ms)
                elif isinstance(row, State) and row.value in {"active", "quiet"}:
                    self._touch(stored.node.venue, row.since_ms)
        for seen in group.forks:
            told = of_fork(seen.node, seen.stream, seen.received_ms)
            with self._lock:
                # A node that is told of a fork again has not forked again.
                self._forks.setdefault(f"{told.venue}/{told.subject}", told)
                if len(self._forks) > MOST_FORKS:
                    del self._forks[next(iter(self._forks))]

    def judged(self, venue: str, findings: Sequence[Finding], day: date) -> None:
        """Tell the desk what the judge found that holds for a venue and a day; any thread."""
        with self._judging:
            self._tell_findings(venue, findings, day)

    async def run(self) -> None:
        """Watch until cancelled."""
        with self._live.feed.subscribe(takes_place=False) as subscription:
            async for _ in subscription.changes(SILENCE_SECONDS):
                began = time.monotonic()
                await asyncio.to_thread(self.look)
                await asyncio.sleep(REST_SHARE * (time.monotonic() - began))

    def look(self) -> None:
        """Tell the desk what holds now, once."""
        self._look_at_board()
        self._look_at_alarms()
        now_s = self._clock_ms() // 1000
        if now_s >= self._use_due_s:
            self._use_due_s = now_s + USE_SECONDS
            rows = self.verdicts()
            told = [c for row in rows for c in of_low_use([row], self._zone(row.venue), now_s)]
            self._desk.hold(None, "use", told)
        with self._lock:
            forks = tuple(self._forks.values())
            over = [(*key, told) for key, (at_s, told) in self._going_on.items() if at_s < now_s]
        for venue, day, findings in over:
            with self._judging:
                # The judge may have said something newer meanwhile.
                if self._going_on.get((venue, day), (0, None))[1] is findings:
                    self._tell_findings(venue, findings, day)
        self._desk.hold(None, "forks", forks)
        self._desk.hold(None, "updates", list(of_updates(self._live.devices)))

    def _tell_findings(self, venue: str, findings: Sequence[Finding], day: date) -> None:
        zone, now_s = self._zone(venue), self._clock_ms() // 1000
        ends = [f.end_s + OPEN_END_SECONDS for f in findings]
        with self._lock:
            # The judge says what changed: that a stretch did not go on, time alone tells.
            later = [end_s for end_s in ends if end_s >= now_s]
            self._going_on.pop((venue, day), None)
            if later:
                self._going_on[venue, day] = (min(later), findings)
        # A year is told of with its last day; what there is to see stands in the week of now.
        year, week, _ = min(day, datetime.fromtimestamp(now_s, zone).date()).isocalendar()
        link = f"{link_to(venue)}/week/{year}-W{week:02}"
        conditions = of_findings(venue, findings, zone, now_s, link)
        self._desk.hold(venue, f"verdicts/{day}", conditions)

    def _look_at_board(self) -> None:
        live, desk = self._live, self._desk
        told = list(of_attention(attention(live.venues, live.devices, live.troubles)))
        if self._clock_ms() - self._started_ms < SETTLE_MS:
            known = {alert.key for alert in desk.open}
            told = [c for c in told if c.kind not in _QUIET_AT_FIRST or c.key in known]
        desk.hold(None, "live", told)
        rules = desk.rules
        desk.hold(
            None,
            "climate",
            [
                condition
                for now in live.venues.values()
                if now.climate
                for condition in self._climate.of_venue(now, rules.limits(now.venue.id))
            ],
        )

    def _look_at_alarms(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, {}
            is_first, self._is_first = self._is_first, False
        now_ms = self._clock_ms()
        if is_first:
            touched = {**dict.fromkeys(self._live.declared, now_ms), **touched}
        for venue, since_ms in touched.items():
            try:
                conditions = self._alarms(venue, min(since_ms, now_ms - KEPT_MS), now_ms)
            except StoreError as error:
                log.warning("alarms_not_read", venue=venue, reason=str(error))
                self._touch(venue, since_ms)
                continue
            self._desk.hold(venue, "alarms", conditions)

    def _alarms(self, venue: str, since_ms: int, now_ms: int) -> list[Condition]:
        zone = self._zone(venue)
        # A clock that runs ahead names instants that are still to come.
        until_ms = now_ms + 86_400_000
        events = [e for e in self._evidence.events(venue, since_ms, until_ms) if e.name in ALARMS]
        states: dict[tuple[str, str], list[Interval]] = {}
        for node, source in {(event.node, event.source) for event in events}:
            read = self._evidence.states(venue, node, source, since_ms, until_ms)
            states[node, source] = list(read)
        if any(is_waiting(event, now_ms) for event in events):
            # That ends by the clock alone: nothing comes that would have it looked at again.
            self._touch(venue, since_ms)
        return of_alarms(venue, events, states, zone, now_ms)

    def _zone(self, venue: str) -> ZoneInfo:
        declared = self._live.declared.get(venue)
        return ZoneInfo(declared.timezone if declared else "Asia/Shanghai")

    def _touch(self, venue: str, at_ms: int) -> None:
        with self._lock:
            self._touched[venue] = min(at_ms, self._touched.get(venue, at_ms))
