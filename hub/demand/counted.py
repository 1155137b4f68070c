"""What was counted at a venue's doors, and when every one of them was watched. Pure."""

from collections import defaultdict

from hub.compliance.intervals import Intervals, union
from hub.history.read import Reading
from hub.history.unwatched import decisive, spans_of
from hub.occupancy.spans import intersection as common
from hub.store.port import SeriesKey
from hub.venues import OUTSIDE, Venue


def visits_of(store: Reading, venue: Venue, start_s: int, end_s: int) -> dict[int, int]:
    """Return visits by the minute (Unix s) in which they came. Raises StoreError."""
    lines = {
        SeriesKey(venue.id, line.node, line.line): line
        for line in venue.lines
        if line.touches_outside
    }
    result: dict[int, int] = defaultdict(int)
    for key, buckets in store.buckets_of([*lines], start_s, end_s).items():
        inward = 0 if lines[key].from_zone == OUTSIDE else 1
        for bucket in buckets:
            result[bucket.at] += int(bucket.values[inward])
    return result


def watched_of(store: Reading, venue: Venue, start_s: int, end_s: int, latest_ms: int) -> Intervals:
    """Return when every door was watched, Unix s; nothing where there is none. Raises StoreError.

    What ends later than `latest_ms` is of a clock that runs ahead, and says nothing.
    """
    spans = [
        spans_of(
            decisive(
                store.coverage(venue.id, line.node, line.line, start_s * 1000, end_s * 1000),
                latest_ms,
            )
        )
        for line in venue.lines
        if line.touches_outside
    ]
    return union((since // 1000, until // 1000) for since, until in common(spans))
