"""Weeks of a venue's past, written straight into a store: for pages, charts and benchmarks."""

import math
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.ids import NodeId
from contracts.rows import Coverage, Epoch, Measure, Row
from hub.occupancy.spans import holes
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.store.sqlite import Ledger
from hub.venues import OUTSIDE, Venue
from link.intake import Group, Stored

EPOCH = "e0" * 8
MINUTE, FIVE, HOUR, DAY = 60, 300, 3600, 86_400


def write_past(
    store: Ledger,
    venue: Venue,
    first: date,
    until_s: int,
    *,
    seed: int = 1,
    per_minute: float = 0.5,
    unwatched: tuple[tuple[int, int], ...] = (),
    climate: bool = False,
) -> None:
    """Write what a venue counted from a local day until an instant, Unix seconds.

    It is open as declared; each minute some come in, and leave three quarters of an hour later or
    at closing. Nothing is counted or covered in `unwatched`.
    """
    rng = random.Random(seed)
    start_s = int(datetime.combine(first, time(), ZoneInfo(venue.timezone)).timestamp())
    watched = list(holes(sorted(unwatched), start_s, until_s))
    rows: list[SeriesRow] = []
    outer = [line for line in venue.lines if line.touches_outside]
    for line in venue.lines:
        key = SeriesKey(venue.id, line.node, line.line)
        share = per_minute / len(outer) if line.touches_outside else per_minute / 4
        inward = line.from_zone == OUTSIDE or not line.touches_outside
        for at, entered, left in _minutes(venue, first, until_s, share, rng):
            if any(since <= at < end for since, end in watched):
                values = (entered, left) if inward else (left, entered)
                rows.append(SeriesRow(key, Kind.COUNT, at, EPOCH, values))
    for i in range(0, len(rows), 20_000):
        store.write(rows[i : i + 20_000])
    _commit(store, venue, start_s, watched, until_s, climate=climate)


def _minutes(
    venue: Venue, first: date, until_s: int, share: float, rng: random.Random
) -> Iterator[tuple[int, int, int]]:
    zone, day = ZoneInfo(venue.timezone), first
    while (midnight := int(datetime.combine(day, time(), zone).timestamp())) < until_s:
        inside = 0
        for opens, closes in venue.hours[day.weekday()] or ():
            for minute in range(opens, closes + 10):
                at = midnight + minute * MINUTE
                if at >= until_s:
                    break
                busy = math.sin(math.pi * (minute - opens) / max(1, closes - opens))
                weekend = 1.6 if day.weekday() >= 5 else 1.0
                entered = _poisson(rng, 2 * share * busy * weekend) if minute < closes else 0
                left = min(inside, _poisson(rng, inside / 45) if minute < closes else inside)
                inside += entered - left
                if entered or left:
                    yield at, entered, left
        day += timedelta(days=1)


def _poisson(rng: random.Random, mean: float) -> int:
    limit, number, product = math.exp(-max(mean, 0.0)), 0, rng.random()
    while product > limit:
        number += 1
        product *= rng.random()
    return number


def _commit(
    store: Ledger,
    venue: Venue,
    start_s: int,
    watched: list[tuple[int, int]],
    until_s: int,
    *,
    climate: bool,
) -> None:
    for node in venue.nodes:
        lines = [line.line for line in venue.lines if line.node == node]
        rows: list[Row] = [Epoch(1, EPOCH, "b0" * 8, start_s * 1000, "05" * 8)]
        for since, end in watched:
            ended = None if end == until_s else "source_failed"
            rows += [
                Coverage(len(rows) + 1 + i, EPOCH, line, since * 1000, end * 1000, ended)
                for i, line in enumerate(lines)
            ]
        if climate:
            for at in range(start_s - start_s % FIVE, until_s, FIVE):
                degrees = 21 + 4 * math.sin(2 * math.pi * at / DAY) + math.sin(at / 40_000)
                if any(since <= at < end for since, end in watched):
                    rows += [
                        Measure(
                            len(rows) + 1 + i, EPOCH, "climate", quantity, at, 5, mean,
                            mean - width, mean + width,
                        )
                        for i, (quantity, mean, width) in enumerate(
                            (
                                ("temperature_celsius", degrees, 0.2),
                                ("humidity_percent", 70 - degrees, 0.8),
                            )
                        )
                    ]  # fmt: skip
        stored = Stored(NodeId(venue.id, node), "5a" * 8, tuple(rows), until_s * 1000)
        store.commit(Group(stored=[stored]))
