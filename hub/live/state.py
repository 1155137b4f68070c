"""One venue's running state: ledgers of venue and zones, and when its lines were watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from contracts.rows import COUNT_BUCKET_SECONDS, Coverage, State
from hub.live.climate import FRESH_SECONDS, Climate
from hub.live.collector import Source
from hub.live.locks import Locks
from hub.live.now import CurvePoint, Leftover, VenueNow, ZoneNow
from hub.occupancy import (
    Declared,
    HeadCount,
    Judgement,
    Ledger,
    Opening,
    Sessions,
    Span,
    Tolerances,
    Trend,
    extended,
    intersection,
    judge,
)
from hub.occupancy.ledger import Standing
from hub.occupancy.opening import ENTRIES_MS, Entries, judge_opening, late_since
from hub.occupancy.sessions import Dated
from hub.occupancy.spans import holes, joined
from hub.occupancy.trend import TREND_SECONDS, trend
from hub.store.port import Evidence, SeriesKey, TimeSeries
from hub.venues import OUTSIDE, Venue

CURVE_SECONDS = 1800
_DAY_SECONDS = 86_400


class Reading(TimeSeries, Evidence, Protocol):
    """A store that holds series and evidence."""


@dataclass(slots=True)
class _Part:
    """The venue itself, or one of its zones: its lines, with 1 where `in` enters it, else -1."""

    signs: Mapping[Source, int]
    ledger: Ledger
    watched: list[Span] = field(default_factory=list)
    leftover: Leftover | None = None


class VenueState:
    """Not thread-safe: one thread keeps and reads it."""

    def __init__(
        self,
        venue: Venue,
        tolerances: Tolerances,
        *,
        lookback_days: int = 2,
        dated: Dated | None = None,
    ) -> None:
        self.venue = venue
        self._tolerances = tolerances
        self._lookback_s = lookback_days * _DAY_SECONDS
        self.reschedule(dated)
        self._parts: dict[str, _Part] = {}
        self._spans: dict[Source, list[Span]] = {}
        self._epochs: dict[Source, str] = {}
        self._last_minute_s = 0
        self._curve: tuple[CurvePoint, ...] = ()
        self._curve_sound = False
        self._over_ms = 0
        self.climate = Climate(venue)
        self._locks = Locks(venue)
        self._heads: Mapping[str, Sequence[HeadCount]] = {}

    def reschedule(self, dated: Dated | None) -> None:
        """Take over what is declared, None: the venue's own week; `rebuild` makes it count."""
        venue = self.venue
        self._sessions = Sessions(
            ZoneInfo(venue.timezone), venue.hours, venue.quiet_at, dated=dated
        )

    def count_heads(self, heads: Mapping[str, Sequence[HeadCount]]) -> None:
        """Take over what the staff counted, by zone; `outside` is the whole venue."""
        self._heads = heads
        for zone, part in self._parts.items():
            part.ledger.count_heads(heads.get(zone, ()))
        self._curve_sound = False

    def rebuild(self, store: Reading, now_ms: int) -> None:
        """Begin anew from what the store holds since the look-back."""
        now_s = now_ms // 1000
        since_s = self._sessions.midnight(now_s) - self._lookback_s
        # The venue itself is the part named `outside`: a zone cannot have that name.
        self._parts = {
            zone: _Part(self._signs(zone), Ledger(self._sessions, since_s))
            for zone in (OUTSIDE, *(zone.id for zone in self.venue.zones))
        }
        self.count_heads(self._heads)
        self._last_minute_s = 0
        self.read_coverage(store, now_ms)
        self.read_locks(store, now_ms)
        self._read_minutes(store, None, since_s, now_s + _DAY_SECONDS)
        self._read_climate(store, now_s)

    def refresh(self, store: Reading, minutes: set[int], now_ms: int) -> None:
        """Work in minutes of which something was stored."""
        whole = self._parts[OUTSIDE].ledger
        if min(minutes) < whole.since_s and whole.standing(now_ms // 1000).zero_s is None:
            # Nothing separates these minutes from now: the sum has to begin with them.
            self.rebuild(store, now_ms)
            return
        # What came before the ledger's start is folded away: loading a history changes nothing.
        minutes = {minute for minute in minutes if minute >= whole.since_s}
        if not minutes:
            return
        self._read_minutes(store, minutes, min(minutes), max(minutes) + COUNT_BUCKET_SECONDS)

    def extend(
        self, store: Reading, rows: Mapping[Source, Sequence[Coverage]], now_ms: int
    ) -> None:
        """Work in rows of coverage: a span that grows is extended, anything else is read anew."""
        anew = False
        start_ms = min(part.ledger.since_s for part in self._parts.values()) * 1000
        for source, growing in rows.items():
            if source not in self._spans:
                continue
            for row in growing:
                if row.until_ms <= start_ms or not self._is_credible(row.until_ms, now_ms):
                    continue
                spans = None
                if self._epochs.get(source) == row.epoch:
                    spans = extended(self._spans[source], row.since_ms, row.until_ms)
                if spans is None:
                    self._epochs[source] = row.epoch
                    anew = True
                else:
                    self._spans[source] = spans
        if anew:
            self.read_coverage(store, now_ms)
        else:
            self._watch()

    def read_coverage(self, store: Reading, now_ms: int) -> None:
        """Read anew when each line was watched."""
        start_ms = min(part.ledger.since_s for part in self._parts.values()) * 1000
        for line in self.venue.lines:
            intervals = store.coverage(
                self.venue.id, line.node, line.line, start_ms, now_ms + _DAY_SECONDS * 1000
            )
            # A clock that was never set places nothing in time: its rows decide nothing.
            self._spans[line.node, line.line] = joined(
                [
                    (i.since_ms, i.until_ms)
                    for i in intervals
                    if i.clock != "unset" and self._is_credible(i.until_ms, now_ms)
                ]
            )
        self._watch()
        self._curve_sound = False

    def read_locks(self, store: Reading, now_ms: int) -> None:
        """Read anew what the locks read."""
        start_ms = now_ms - self._lookback_s * 1000
        self._locks.read(store, start_ms, now_ms + self._tolerances.stale_ms)

    def lock(self, store: Reading, rows: Mapping[Source, Sequence[State]], now_ms: int) -> None:
        """Work in rows of locks."""
        if not self._locks.take(rows, now_ms + self._tolerances.stale_ms):
            self.read_locks(store, now_ms)

    def now(self, now_ms: int, offline: frozenset[str]) -> VenueNow:
        """Return the venue as of `now_ms`; `offline` names the nodes that are known to be away."""
        # An instant inside a second includes the minute that began with it.
        now_s = now_ms // 1000 + 1
        whole = self._parts[OUTSIDE]
        standing = whole.ledger.standing(now_s)
        judgement = self._judge(whole, standing, now_ms, offline)
        midnight = self._sessions.midnight(now_s)
        known = judgement.quality != "unknown"
        declared = self._sessions.declared(now_s)
        opening = self._opening(declared, now_ms, offline, is_watched=known)
        last = standing.occupancy if standing.crossed_s or judgement.heard_ms else None
        result = VenueNow(
            venue=self.venue,
            occupancy=standing.occupancy if known else None,
            last_occupancy=last,
            quality=judgement.quality,
            since_ms=judgement.since_ms,
            zero_ms=(standing.zero_s or 0) * 1000,
            heard_ms=judgement.heard_ms,
            last_reading_ms=min(now_ms, max(self._last_minute_s * 1000, judgement.heard_ms)),
            entered_today=whole.ledger.entered(midnight, now_s),
            zones=tuple(self._zone(zone.id, now_s, now_ms, offline) for zone in self.venue.zones),
            declared=declared,
            missing=judgement.missing,
            curve=self._todays_curve(midnight, now_s),
            climate=self.climate.now(now_ms // 1000),
            opening=opening,
            trend=self._trend(standing, now_ms) if known else "unknown",
            counted_ms=(standing.counted_s or 0) * 1000,
            leftover=self._leftover(whole, now_s),
            late_since_ms=late_since(opening, declared, now_ms),
            over_since_ms=self._over_since(standing.occupancy if known else None, now_ms),
        )
        self._forget(midnight, now_s)
        return result

    def _is_credible(self, until_ms: int, now_ms: int) -> bool:
        """Tell whether someone can have watched until then: not further ahead than clocks differ.

        A node whose clock runs years ahead would otherwise be known for years after it is gone.
        """
        return until_ms <= now_ms + self._tolerances.stale_ms

    def _over_since(self, occupancy: int | None, now_ms: int) -> int:
        capacity = self.venue.capacity
        if occupancy is None or capacity is None or occupancy <= capacity:
            self._over_ms = 0
        elif self._over_ms == 0:
            self._over_ms = now_ms
        return self._over_ms

    def _opening(
        self,
        declared: Declared | None,
        now_ms: int,
        offline: frozenset[str],
        *,
        is_watched: bool,
    ) -> Opening:
        now_s = now_ms // 1000 + 1
        minutes = self._parts[OUTSIDE].ledger.entries(now_s - ENTRIES_MS // 1000, now_s)
        return judge_opening(
            self._locks.readings(offline),
            Entries(minutes, is_watched),
            declared,
            now_ms=now_ms,
            stale_ms=self._tolerances.stale_ms,
        )

    def _trend(self, standing: Standing, now_ms: int) -> Trend:
        """Compare with a while ago, where the venue was watched all the time since."""
        whole, since_ms = self._parts[OUTSIDE], now_ms - TREND_SECONDS * 1000
        if holes(whole.watched, since_ms, now_ms - self._tolerances.stale_ms):
            return "unknown"
        return trend(whole.ledger.standing(since_ms // 1000).occupancy, standing.occupancy)

    def _zone(self, zone: str, now_s: int, now_ms: int, offline: frozenset[str]) -> ZoneNow:
        part = self._parts[zone]
        standing = part.ledger.standing(now_s)
        judgement = self._judge(part, standing, now_ms, offline)
        known = judgement.quality != "unknown"
        return ZoneNow(
            zone,
            standing.occupancy if known else None,
            judgement.quality,
            judgement.since_ms,
            (standing.counted_s or 0) * 1000,
            self._leftover(part, now_s),
        )

    def _leftover(self, part: _Part, now_s: int) -> Leftover | None:
        """Return what the newest ended stretch left over, and whether all of it was watched."""
        balance = part.ledger.last_ended(now_s)
        if balance is None or balance.residual is None:
            return None
        if part.leftover is None or part.leftover.balance is not balance:
            since_ms, until_ms = (balance.since_s or 0) * 1000, (balance.until_s or now_s) * 1000
            part.leftover = Leftover(
                balance, is_watched=not holes(part.watched, since_ms, until_ms)
            )
        return part.leftover

    def _judge(
        self, part: _Part, standing: Standing, now_ms: int, offline: frozenset[str]
    ) -> Judgement:
        return judge(
            {f"{node}/{line}": self._spans[node, line] for node, line in part.signs},
            zero_ms=None if standing.anchor_s is None else standing.anchor_s * 1000,
            now_ms=now_ms,
            offline=frozenset(f"{n}/{line}" for n, line in part.signs if n in offline),
            tolerances=self._tolerances,
        )

    def _signs(self, zone: str) -> dict[Source, int]:
        # Seen from the venue, `in` of a line that leads to outside leaves.
        inward = -1 if zone == OUTSIDE else 1
        return {
            (line.node, line.line): inward if line.to_zone == zone else -inward
            for line in self.venue.lines
            if zone in {line.from_zone, line.to_zone}
        }

    def _read_minutes(
        self, store: Reading, minutes: set[int] | None, start_s: int, end_s: int
    ) -> None:
        keys = [SeriesKey(self.venue.id, line.node, line.line) for line in self.venue.lines]
        read: dict[Source, dict[int, tuple[int, int]]] = {
            (key.node, key.name): {
                bucket.at: (int(bucket.values[0]), int(bucket.values[1])) for bucket in buckets
            }
            for key, buckets in store.buckets_of(keys, start_s, end_s).items()
        }
        changed = sorted(set().union(*read.values()) if minutes is None else minutes)
        for part in self._parts.values():
            lines = [(read[source], sign > 0) for source, sign in part.signs.items()]
            rows = []
            for minute in changed:
                entered = left = 0
                for counts, is_inward in lines:
                    inward, outward = counts.get(minute, (0, 0))
                    entered += inward if is_inward else outward
                    left += outward if is_inward else inward
                rows.append((minute, entered, left))
            part.ledger.put_all(rows)
        if changed:
            self._last_minute_s = max(self._last_minute_s, changed[-1])
            if not self._curve or changed[0] < self._curve[-1].at_s:
                self._curve_sound = False

    def _read_climate(self, store: Reading, now_s: int) -> None:
        keys = self.climate.series(store.series(self.venue.id))
        for key, buckets in store.buckets_of(keys, now_s - FRESH_SECONDS, now_s + 1).items():
            sensor, _, quantity = key.name.partition(".")
            for bucket in buckets:
                n, total, *_ = bucket.values
                self.climate.measured(key.node, sensor, quantity, (bucket.at, total / n), now_s)

    def _watch(self) -> None:
        bridge = self._tolerances.bridge_ms
        for part in self._parts.values():
            part.watched = intersection([joined(self._spans[s], bridge) for s in part.signs])
            part.ledger.watch(part.watched)

    def _todays_curve(self, midnight_s: int, now_s: int) -> tuple[CurvePoint, ...]:
        newest = now_s - (now_s - midnight_s) % CURVE_SECONDS
        if self._curve_sound and self._curve and self._curve[-1].at_s == newest:
            return self._curve
        whole = self._parts[OUTSIDE]
        points = []
        for at in range(midnight_s, newest + 1, CURVE_SECONDS):
            watched = _covers(whole.watched, at * 1000, self._tolerances.stale_ms)
            points.append(CurvePoint(at, whole.ledger.standing(at).occupancy if watched else None))
        self._curve, self._curve_sound = tuple(points), True
        return self._curve

    def _forget(self, midnight_s: int, now_s: int) -> None:
        """Fold what neither today's curve nor the newest ended stretch needs any more.

        A late minute of the session that ended last still changes what it left over.
        """
        for part in self._parts.values():
            ended = part.ledger.last_ended(now_s)
            begun = ended.since_s if ended else part.ledger.standing(now_s).anchor_s
            keep = midnight_s - self._lookback_s if begun is None else min(midnight_s, begun)
            if part.ledger.since_s < keep:
                part.ledger.trim(keep)


def _covers(spans: Sequence[Span], at_ms: int, tolerance_ms: int) -> bool:
    """Tell whether an instant lies in a span; the last one may be about to grow."""
    if spans and spans[-1][1] <= at_ms < spans[-1][1] + tolerance_ms:
        return True
    return any(since <= at_ms < until for since, until in spans)
