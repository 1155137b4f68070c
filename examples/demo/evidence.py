"""What the sources of one node see of the story, told in order of time to whoever keeps it. Pure.

The past goes into `link.buckets` directly, the present through a recorder: both are told by the
same words, so a minute is the same whichever way it came.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, MutableMapping
from datetime import date, timedelta
from itertools import chain
from typing import Final, NamedTuple, Protocol

from contracts.messages import SourceStatus
from examples.demo.almanac import local_day
from examples.demo.climate import BUCKET_MS, Room
from examples.demo.story import Gap, Story
from examples.demo.visitors import Passing
from hub.venues import Venue

Days = Callable[[date], list[Passing]]
"""Everything that passes on account of a day, in order of time."""
Told = MutableMapping[str, int]
"""Up to when each source was told, Unix ms."""

_DAY: Final = timedelta(days=1)


class Keeper(Protocol):
    """Who is told; instants in Unix ms. `link.buckets.Buckets` is one."""

    def crossed(self, line: str, at_ms: int, *, entered: int = 0, left: int = 0) -> None:
        """Count people who crossed a line."""

    def measured(self, sensor: str, quantity: str, at_ms: int, value: float) -> None:
        """Take a sample."""

    def watched(self, source: str, at_ms: int) -> None:
        """Vouch for a source up to an instant."""

    def unwatched(self, source: str, reason: str) -> None:
        """End a source's coverage."""

    def state(self, sensor: str, value: str, at_ms: int) -> None:
        """Take a reading of a state sensor."""

    def state_lost(self, sensor: str, reason: str) -> None:
        """End the stretch of a state sensor."""


class Piece(NamedTuple):
    """A stretch that was watched; `ended` says why it ended, None when it goes on."""

    since: int
    until: int
    ended: str | None = None


class Evidence:
    """The sources of one node: its counting lines, its locks, its climate sensors."""

    def __init__(self, story: Story, venue: Venue, node: str, days: Days) -> None:
        self.venue = venue
        self.node = node
        self.lines = [line.line for line in venue.lines if line.node == node]
        sensors = [sensor for sensor in venue.sensors if sensor.node == node]
        self.locks = [sensor.sensor for sensor in sensors if sensor.kind == "lock"]
        self.rooms = {
            sensor.sensor: Room(story, venue, node, sensor.sensor)
            for sensor in sensors
            if sensor.kind == "climate"
        }
        self._story = story
        self._days = days

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the names of all sources."""
        return (*self.lines, *self.locks, *self.rooms)

    def tell(self, keeper: Keeper, told: Told, until_ms: int) -> None:
        """Tell everything that each source saw since it was told last, up to an instant.

        A climate sensor is told by whole buckets, once they are over.
        """
        self._tell_lines(keeper, told, until_ms)
        for lock in self.locks:
            for piece in pieces(self._gaps(lock), told[lock], until_ms):
                for instant, value in self._readings(piece):
                    keeper.state(lock, value, instant)
                if piece.ended is not None:
                    keeper.state_lost(lock, piece.ended)
            told[lock] = max(told[lock], until_ms)
        for sensor, room in self.rooms.items():
            told[sensor] = self._tell_room(keeper, sensor, room, told[sensor], until_ms)

    def statuses(self, now_ms: int) -> tuple[SourceStatus, ...]:
        """Return what the node says of its sources: a camera a line, a board for its sensors."""
        found = []
        for line in self.lines:
            blind = next((g for g in self._gaps(line) if g.since <= now_ms < g.until), None)
            found.append(
                SourceStatus(
                    name=f"{line}-camera"[:48],
                    kind="camera",
                    state="failed" if blind else "watching",
                    since_ms=blind.since if blind else self._story.began_ms,
                    detail="the picture is dark" if blind else "",
                )
            )
        if self.locks or self.rooms:
            began = self._story.began_ms
            found.append(
                SourceStatus(name="board", kind="serial", state="watching", since_ms=began)
            )
        return tuple(found)

    def _gaps(self, source: str) -> tuple[Gap, ...]:
        return self._story.gaps(self.venue, self.node, source)

    def _tell_lines(self, keeper: Keeper, told: Told, until_ms: int) -> None:
        if not self.lines:
            return
        after = {line: told[line] for line in self.lines}
        gaps = {line: self._gaps(line) for line in self.lines}
        for at_ms, line, is_in in self._passings(min(after.values()), until_ms):
            since = after.get(line)
            if since is None or at_ms <= since or any(g[0] <= at_ms < g[1] for g in gaps[line]):
                continue
            keeper.crossed(line, at_ms, entered=is_in, left=not is_in)
        for line in self.lines:
            for piece in pieces(gaps[line], after[line], until_ms):
                # Its first word is since when it watches, its last one up to when.
                keeper.watched(line, piece.since)
                keeper.watched(line, piece.until)
                if piece.ended is not None:
                    keeper.unwatched(line, piece.ended)
            told[line] = max(after[line], until_ms)

    def _passings(self, after_ms: int, until_ms: int) -> Iterator[Passing]:
        # Those who came late last evening may leave after midnight.
        day = local_day(self.venue, after_ms) - _DAY
        while day <= local_day(self.venue, until_ms):
            passings = self._days(day)
            first = bisect_right(passings, after_ms, key=lambda passing: passing.at_ms)
            last = bisect_right(passings, until_ms, first, key=lambda passing: passing.at_ms)
            yield from passings[first:last]
            day += _DAY

    def _readings(self, piece: Piece) -> Iterator[tuple[int, str]]:
        """Return the contact's readings in order: at the start, at each change, at the end."""
        changes = self._changes(piece)
        yield piece.since, next(v for at, v in reversed(changes) if at <= piece.since)
        yield from ((at, v) for at, v in changes if piece.since < at <= piece.until)
        yield piece.until, next(v for at, v in reversed(changes) if at <= piece.until)

    def _changes(self, piece: Piece) -> list[tuple[int, str]]:
        first, last = local_day(self.venue, piece.since), local_day(self.venue, piece.until)
        days = [first + n * _DAY for n in range(-1, (last - first).days + 2)]
        spans = [(o.unlocked, o.locked) for d in days for o in self._story.kept(self.venue, d)]
        stuck = sorted(chain.from_iterable(self._story.stuck(self.venue, d) for d in days))
        changes = [(0, "locked")]
        for since, until in spans:
            if changes[-1][0] >= since:
                changes.pop()  # locked and opened again in one breath: it was never locked
            else:
                changes.append((since, "unlocked"))
            changes.append((until, "locked"))
        for since, until in stuck:
            after = next(v for at, v in reversed(changes) if at <= until)
            changes = [(at, v) for at, v in changes if not since <= at <= until]
            changes += [(since, "locked"), (until, after)]
            changes.sort()
        return changes

    def _tell_room(
        self, keeper: Keeper, sensor: str, room: Room, after_ms: int, until_ms: int
    ) -> int:
        gaps = self._gaps(sensor)
        bucket = -(-after_ms // BUCKET_MS) * BUCKET_MS
        while bucket + BUCKET_MS <= until_ms:
            if not any(gap.since < bucket + BUCKET_MS and bucket < gap.until for gap in gaps):
                for quantity, samples in room.air(bucket):
                    for place, value in enumerate(samples):
                        keeper.measured(sensor, quantity, bucket + place * 100_000, value)
            bucket += BUCKET_MS
        return max(after_ms, bucket)


def pieces(gaps: tuple[Gap, ...], after_ms: int, until_ms: int) -> Iterator[Piece]:
    """Return what is watched between two instants: all of it but the gaps."""
    at = after_ms
    for gap in gaps:
        if gap.until <= at:
            continue
        if gap.since > until_ms:
            break
        if gap.since >= at:
            yield Piece(at, gap.since, gap.reason)
        at = gap.until
    if at <= until_ms:
        yield Piece(at, until_ms)
