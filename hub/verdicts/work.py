"""The verdict desk's worker: takes venues off the docket, judges, writes versions, tells findings.

Near and far: days and weeks are judged at once, years after them, and while only today goes on no
more often than every half hour.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from hub.compliance.evidence import Override
from hub.compliance.explain import Finding
from hub.compliance.intervals import Intervals, clipped, union
from hub.compliance.judge import Verdict
from hub.compliance.localtime import ONE_DAY, days
from hub.compliance.schedule import Schedule
from hub.errors import NotFound
from hub.store.records import Records
from hub.store.records.overrides import OverrideRecords
from hub.store.records.verdicts import Key, VerdictRecords, VerdictRow, WantedVerdicts
from hub.venues import Venue
from hub.verdicts.docket import LIVE_S, Docket
from hub.verdicts.rows import is_new_version, row_of
from hub.verdicts.venue_judge import Bench, Judged, VenueJudge

TICK_S: Final = 20
"""While a venue should be open it is judged at least so often: a shut door sends nothing new."""
FAR_S: Final = 1800
"""Years are judged anew so often while only today goes on."""
SHOWN_DAYS: Final = 15
"""Periods that ended within so many days stand on the board, besides those that go on."""
STRIKE_S: Final = 10
"""How often the store is told what is judged: what it was not told is judged twice after a kill."""
LONGEST_S: Final = 4 * 366 * 86_400
"""Older evidence than this was stamped by a clock that is wrong, or is past keeping."""
LOOK_S: Final = 2
"""How often it is looked whether venues were declared anew."""
TOLD_DAYS: Final = 40
"""So long it is remembered what was told of a day."""
_ALL: Final = 10_000_000

Told = Callable[[str, Sequence[Finding], date], None]
Findings = tuple[Finding, ...]


class Declarations(Protocol):
    """What venues have declared."""

    def of(self, venue: Venue) -> Schedule:
        """Return a venue's schedule."""

    def listen(self, changed: Callable[[str, date | None], None]) -> None:
        """Let somebody be told of changes: the venue, and the first day; None: all of them."""


class Work:
    """Of the worker's thread, but for `mark`, `judge_of`, `rows` and what `kept` reads."""

    def __init__(
        self,
        bench: Bench,
        records: Records,
        schedules: Declarations,
        docket: Docket,
        clock_ms: Callable[[], int],
    ) -> None:
        self._bench = bench
        self._records = records
        self._schedules = schedules
        self._docket = docket
        self._clock_ms = clock_ms
        self._overrides = OverrideRecords(records)
        self.kept = VerdictRecords(records)
        self.listeners: list[Told] = []
        self.rows: dict[str, Mapping[Key, VerdictRow]] = {}
        """By venue; a venue's mapping is replaced whole, never changed."""
        self._written: dict[str, dict[Key, VerdictRow]] = {}
        """What the records hold of the periods that are shown."""
        self._venues: Mapping[str, Venue] = {}
        self._revision, self._looked_s = -1, 0
        self._bases: dict[str, str] = {}
        self._judges: dict[str, VenueJudge] = {}
        self._stale: set[str] = set()
        self._turns: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._struck_s = 0
        self._replayed: set[str] = set()
        """Venues of which something long past is still to be judged."""
        self._is_caught_up = False
        """All that was replayed is judged, and the store was not told yet."""
        self._near: dict[str, Intervals] = {}
        self._far: dict[str, set[date]] = {}
        self._far_at: dict[str, int] = {}
        self._ticks: dict[str, int] = {}
        self._settled: dict[str, date] = {}
        self._told: dict[str, dict[date, dict[str, Findings]]] = {}
        schedules.listen(self._redeclared)

    def open(self) -> None:
        """Read what is known, and mark what changed while nobody judged. Raises StoreError."""
        now_s = self._clock_ms() // 1000
        self._venues, self._revision = self._records.venues(), self._records.revision()
        since = datetime.fromtimestamp(now_s, UTC).date() - timedelta(days=SHOWN_DAYS)
        rows: dict[str, dict[Key, VerdictRow]] = {}
        for row in self.kept.newest(WantedVerdicts(since=since, most=_ALL)):
            rows.setdefault(row.venue, {})[row.key] = row
        self.rows = {venue: dict(some) for venue, some in rows.items()}
        self._written = rows
        self._bases = self.kept.bases()
        overrides = self._overrides.all_holding()
        for venue in self._venues:
            judge = self._judges[venue] = self._judge_with(venue, overrides.get(venue, ()))
            since_s = now_s
            if self._bases.get(venue) != self._basis(judge):
                since_s = self._earliest_s(venue, now_s)
            for row in rows.get(venue, {}).values():
                if row.is_final:
                    continue
                # A year goes on for long: what happens to it is marked as it happens.
                if (row.last - row.first).days < 7:
                    since_s = min(since_s, judge.clock.midnight(row.first))
                elif row.last < judge.clock.day_of(now_s):
                    self._far.setdefault(venue, set()).add(row.last)
            self.mark(venue, since_s, now_s + 1)
        for touched in self._bench.store.docket():
            self.mark(touched.venue, touched.first_ms // 1000, touched.last_ms // 1000 + 1)
        self._docket.turn = self._bench.store.turn

    def mark(self, venue: str, start_s: int, end_s: int) -> None:
        """Mark `[start_s, end_s)` of a venue; from any thread."""
        present_s = self._clock_ms() // 1000
        # A clock that runs ahead marks nothing that is still to come.
        end_s = min(end_s, present_s + 1)
        if start_s < end_s:
            self._docket.mark(venue, (start_s, end_s), now=time.monotonic(), present_s=present_s)

    def overridden(self, venue: str) -> None:
        """Take over the overrides of a venue anew; from any thread."""
        self._stale.add(venue)

    def judge_of(self, venue: str) -> VenueJudge:
        """Return a judge of a venue that is nobody else's. Raises NotFound, StoreError."""
        if venue not in self._venues:
            raise NotFound(f"there is no venue {venue!r}")
        return self._fresh_judge(venue)

    def found(self, venue: str, day: date) -> Findings:
        """Return what was told of a venue and day last."""
        told = self._told.get(venue, {}).get(day, {})
        return tuple(finding for some in tuple(told.values()) for finding in some)

    def gather(self, now: float, *, everything: bool) -> None:
        """Take over what is due."""
        now_s = self._clock_ms() // 1000
        self._look_at_venues(now_s)
        for venue in self._venues:
            if self._ticks.get(venue, 0) <= now_s:
                self._tick(venue, now_s)
        taken = self._docket.take(now=now, everything=everything)
        for venue, touched in taken.due.items():
            self._near[venue] = union(self._near.get(venue, ()), touched)
            self._turns.pop(venue, None)
            if touched[0][0] < now_s - LIVE_S:
                self._replayed.add(venue)
        self._turns |= dict.fromkeys(taken.whole, taken.turn)

    def next(self, *, years_first: bool = False) -> bool:
        """Judge one venue, what is near first; False when nothing is left.

        Raises StoreError, StoreUnavailable with the venue still to be judged.
        """
        if self._near and not (years_first and self._far):
            venue = next(iter(self._near))
            if venue in self._venues:
                self._judge_near(venue, self._near[venue])
            del self._near[venue]
        elif self._far:
            venue = next(iter(self._far))
            if venue in self._venues:
                self._judge_far(venue, self._far[venue])
            del self._far[venue]
        else:
            return False
        if venue not in self._far and venue not in self._near:
            if venue in self._turns:
                self._done[venue] = self._turns.pop(venue)
            if venue in self._judges:
                self._note_basis(self._judges[venue])
            if venue in self._replayed:
                self._replayed.discard(venue)
                self._is_caught_up = not self._replayed and not self._docket.has_past
        return True

    @property
    def waits(self) -> bool:
        """Tell whether a venue is still to be judged."""
        return bool(self._near or self._far)

    @property
    def catches_up(self) -> bool:
        """Tell whether replays are through, and wait for nothing but their verdicts."""
        return bool(self._replayed) and not self._docket.has_past

    def strike(self, *, at_once: bool) -> None:
        """Let the store forget what is judged: now and then, and at the end of a replay.

        Raises StoreUnavailable.
        """
        now_s = self._clock_ms() // 1000
        is_due = at_once or self._is_caught_up or abs(now_s - self._struck_s) >= STRIKE_S
        if self._done and is_due:
            self._bench.store.strike(self._done)
            self._done, self._struck_s, self._is_caught_up = {}, now_s, False

    def _judge_near(self, venue: str, touched: Intervals) -> None:
        now_s = self._clock_ms() // 1000
        judge = self._kept_judge(venue)
        if touched[0][0] < now_s - TOLD_DAYS * 86_400:
            # A cut may begin long before there was anything.
            since_s = max(self._earliest_s(venue, now_s), now_s - LONGEST_S)
            touched = clipped(touched, since_s - self._bench.margin_s, now_s + 1)
        if not touched:
            return
        judge.forget(touched)
        judged = judge.near(touched, now_s)
        judged.findings |= judge.plan(now_s).findings
        self._take(judge, judged, now_s)
        is_past = touched[0][0] < now_s - LIVE_S
        if judge.has_years and (is_past or now_s - self._far_at.get(venue, 0) >= FAR_S):
            some = self._far.setdefault(venue, set())
            for start, end in touched:
                some |= {*days(judge.clock.day_of(start), judge.clock.day_of(end))}
            if is_past:
                self._judge_far(venue, self._far.pop(venue))
        judge.put_away()

    def _judge_far(self, venue: str, some: set[date]) -> None:
        now_s = self._clock_ms() // 1000
        judge = self._kept_judge(venue)
        self._take(judge, judge.far(some, now_s), now_s)
        self._far_at[venue] = now_s

    def _take(self, judge: VenueJudge, judged: Judged, now_s: int) -> None:
        """Write down what is new of a venue, show it, and tell what holds."""
        self._write(judge, judged.verdicts, now_s)
        self._tell(judge, judged, now_s)

    def _write(self, judge: VenueJudge, verdicts: Sequence[Verdict], now_s: int) -> None:
        venue, clock = judge.venue.id, judge.clock
        today = clock.day_of(now_s)
        written = self._written.setdefault(venue, {})
        unknown = {v.span.name for v in verdicts if (venue, v.rule.id, v.span.name) not in written}
        known = {**self.kept.of_venue(venue, unknown), **written} if unknown else written
        shown, versions = dict(self.rows.get(venue, {})), []
        for verdict in verdicts:
            row = row_of(verdict, now_s * 1000)
            kept = known.get(row.key)
            if is_new_version(
                row,
                kept,
                is_settled=judge.is_settled(verdict.span, now_s),
                days=(clock.day_of(kept.computed_ms // 1000) if kept else today, today),
            ):
                row = replace(row, version=kept.version + 1 if kept else 1)
                versions.append(row)
            elif kept is not None:
                # What is over and was written already is shown as it was written.
                row = kept if kept.is_final else replace(row, version=kept.version)
            shown[row.key] = row
        self.kept.add(versions)
        oldest = today - timedelta(days=SHOWN_DAYS)
        for row in versions:
            written[row.key] = row
        for key in [key for key, row in written.items() if row.last < oldest]:
            del written[key]
        self.rows[venue] = {key: row for key, row in shown.items() if row.last >= oldest}

    def _tell(self, judge: VenueJudge, judged: Judged, now_s: int) -> None:
        venue = judge.venue.id
        told = self._told.setdefault(venue, {})
        for day in sorted({day for day, _ in judged.findings}):
            before = told.get(day)
            held = {
                **(before or {}),
                **{about: found for (d, about), found in judged.findings.items() if d == day},
            }
            if held == before:
                continue
            told[day] = held
            found = tuple(finding for about in sorted(held) for finding in held[about])
            for listener in self.listeners:
                listener(venue, found, day)
        oldest = judge.clock.day_of(now_s) - timedelta(days=TOLD_DAYS)
        for day in [day for day in told if day < oldest]:
            del told[day]

    def _tick(self, venue: str, now_s: int) -> None:
        """Mark what time alone changes, and note when to look again."""
        judge = self._kept_judge(venue)
        clock, margin_s = judge.clock, self._bench.margin_s
        today = clock.day_of(now_s)
        midnight, tomorrow = clock.day(today)
        # What ended at midnight is settled once nothing of today reaches into it.
        settles_s, before_s = midnight + margin_s, self._ticks.get(venue, 0)
        if 0 < before_s <= now_s and settles_s <= now_s and self._settled.get(venue) != today:
            self.mark(venue, midnight - 1, now_s + 1)
            if judge.has_years:
                self._far.setdefault(venue, set()).update({today - ONE_DAY, today})
        if settles_s <= now_s:
            self._settled[venue] = today
        self.mark(venue, now_s, now_s + 1)
        declared = judge.schedule.declared(today, today + ONE_DAY)
        if any(start <= now_s < end + TICK_S for start, end in declared):
            self._ticks[venue] = now_s + TICK_S
            return
        coming = [start for start, _ in declared if start > now_s]
        coming.append(settles_s if now_s < settles_s else tomorrow + margin_s)
        self._ticks[venue] = min(coming)

    def _look_at_venues(self, now_s: int) -> None:
        """Take over what was declared anew since the last look."""
        if now_s - self._looked_s >= LOOK_S or now_s < self._looked_s:
            self._looked_s = now_s
            revision = self._records.revision()
            if revision != self._revision:
                before, self._venues = self._venues, self._records.venues()
                self._revision = revision
                for id_, venue in self._venues.items():
                    if before.get(id_) != venue:
                        self._redeclared(id_, None)
        for id_ in tuple(self._stale):
            self._stale.discard(id_)
            self._judges.pop(id_, None)
            self._ticks.pop(id_, None)

    def _redeclared(self, venue: str, first: date | None) -> None:
        """Judge a venue anew from a day on; from any thread."""
        now_s = self._clock_ms() // 1000
        self._stale.add(venue)
        if venue not in self._venues:
            return
        since_s = self._earliest_s(venue, now_s)
        if first is not None:
            clock = self._schedules.of(self._venues[venue]).clock
            since_s = max(since_s, clock.midnight(first))
        self.mark(venue, min(since_s, now_s), now_s + 1)

    def _earliest_s(self, venue: str, now_s: int) -> int:
        earliest_ms = self._bench.store.earliest_ms(venue)
        return now_s if earliest_ms is None else min(now_s, earliest_ms // 1000)

    def _kept_judge(self, venue: str) -> VenueJudge:
        judge = self._judges.get(venue)
        if judge is None:
            judge = self._judges[venue] = self._fresh_judge(venue)
        return judge

    def _fresh_judge(self, venue: str) -> VenueJudge:
        return self._judge_with(venue, self._overrides.holding(venue))

    def _judge_with(self, venue: str, overrides: Iterable[Override]) -> VenueJudge:
        declared = self._venues[venue]
        return VenueJudge(self._bench, declared, self._schedules.of(declared), overrides)

    def _note_basis(self, judge: VenueJudge) -> None:
        """Write down by what a venue was judged, once nothing of it waits any more."""
        venue = judge.venue.id
        if self._docket.holds(venue) or venue in self._stale:
            return
        basis = judge.basis = judge.basis or self._basis(judge)
        if self._bases.get(venue) != basis:
            self.kept.set_basis(venue, basis)
            self._bases[venue] = basis

    def _basis(self, judge: VenueJudge) -> str:
        schedule = judge.schedule
        facts = (
            self._bench.law.digest,
            self._bench.store.store_id,
            asdict(self._bench.parameters),
            asdict(self._bench.policy),
            asdict(judge.venue),
            [
                asdict(change)
                for kind in (
                    schedule.timetables,
                    schedule.holiday_rules,
                    schedule.exceptions,
                    schedule.notices,
                )
                for change in kind
            ],
            [asdict(override) for override in judge.overrides],
        )
        text = json.dumps(facts, sort_keys=True, default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)
