"""What is asked in InfluxQL, and what the answers say of buckets and hours; pure.

Every statement groups by all tags, so that an answer has one series for each take of each epoch.
Source: InfluxDB's documentation of InfluxQL and of its `/query` endpoint.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from hub.store.influx.lines import HOURS, MEASUREMENTS
from hub.store.port import HOUR_SECONDS, Bucket, Combine, Kind, SeriesKey

LATEST_S: Final = 9_000_000_000
"""InfluxDB counts nanoseconds in 63 bits; later than this nothing is."""
COMBINE: Final[dict[Combine, Callable[[Iterable[float]], float]]] = {
    "sum": sum,
    "min": min,
    "max": max,
}
_TAGS: Final = '"venue", "node", "name", "epoch", "take"'

Values = tuple[float, ...]
Take = tuple[str, Sequence[Sequence[Any]]]
"""One take of one epoch: the epoch, and rows of (time, field, …)."""


class Found(msgspec.Struct):
    """One series of an answer."""

    columns: list[str]
    values: list[list[Any]]
    tags: dict[str, str] = {}
    name: str = ""


class Result(msgspec.Struct):
    """What one statement found."""

    series: list[Found] = []
    error: str | None = None


class Answer(msgspec.Struct):
    """What the server says."""

    results: list[Result] = []
    error: str | None = None


def quoted(text: str) -> str:
    """Return a string of InfluxQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def ask_buckets(kind: Kind, keys: Sequence[SeriesKey], start: int, end: int) -> str:
    """Ask for the buckets of some series of a kind in `[start, end)`, Unix seconds."""
    fields = ", ".join(f'"{name}"' for name, _ in kind.value.fields)
    return (
        f'SELECT {fields} FROM "{MEASUREMENTS[kind]}" WHERE {_these(keys)}'  # noqa: S608
        f" AND {between(start, end)} GROUP BY {_TAGS}"
    )


def ask_hours(kind: Kind, keys: Sequence[SeriesKey], start: int, end: int, shift: int) -> str:
    """Ask for hours made from the buckets in `[start, end)`; they begin `shift` seconds late."""
    fields = ", ".join(f'{how}("{name}") AS "{name}"' for name, how in kind.value.fields)
    every = f"time(1h, {shift}s)" if shift else "time(1h)"
    return (
        f'SELECT {fields} FROM "{MEASUREMENTS[kind]}" WHERE {_these(keys)}'  # noqa: S608
        f" AND {between(start, end)} GROUP BY {every}, {_TAGS} fill(none)"
    )


def ask_kept_hours(kind: Kind, keys: Sequence[SeriesKey], start: int, end: int) -> str:
    """Ask for hours that are kept without their buckets."""
    fields = ", ".join(f'"{name}"' for name, _ in kind.value.fields)
    return (
        f'SELECT {fields} FROM "{HOURS[kind]}" WHERE {_these(keys)}'  # noqa: S608
        f" AND {between(start, end)} GROUP BY {_TAGS}"
    )


def takes(found: Iterable[Found]) -> dict[SeriesKey, list[Take]]:
    """Sort an answer's series by whose they are."""
    result: dict[SeriesKey, list[Take]] = defaultdict(list)
    for series in found:
        tags = series.tags
        key = SeriesKey(tags.get("venue", ""), tags.get("node", ""), tags.get("name", ""))
        result[key].append((tags.get("epoch", ""), series.values))
    return result


def by_epoch(kind: Kind, told: Sequence[Take]) -> dict[str, dict[int, Values]]:
    """Return each epoch's buckets: of its takes the largest total stands."""
    result: dict[str, dict[int, Values]] = defaultdict(dict)
    for epoch, rows in told:
        known = result[epoch]
        for at, *values in rows:
            if None in values:  # not one of ours
                continue
            new, old = tuple(values), known.get(at)
            known[at] = new if old is None else larger(kind, old, new)
    return result


def buckets(kind: Kind, told: Sequence[Take]) -> list[Bucket]:
    """Return buckets in order, takes and epochs combined."""
    together: dict[int, list[Values]] = defaultdict(list)
    for rows in by_epoch(kind, told).values():
        for at, values in rows.items():
            together[at].append(values)
    return [Bucket(at, combined(kind, values)) for at, values in sorted(together.items())]


def hours(kind: Kind, told: Sequence[Take]) -> tuple[dict[int, Values], set[int]]:
    """Return hours by their first second, and those of which an epoch has several takes.

    The latter can only be told from their buckets: the largest of two sums is not the sum of what
    is largest.
    """
    together: dict[int, list[Values]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    contested: set[int] = set()
    for epoch, rows in told:
        for at, *values in rows:
            if None in values:
                continue
            if (epoch, at) in seen:
                contested.add(at)
            seen.add((epoch, at))
            together[at].append(tuple(values))
    return {at: combined(kind, values) for at, values in together.items()}, contested


def hours_of(kind: Kind, some: Iterable[Bucket], shift: int) -> dict[int, Values]:
    """Return the hours that buckets add up to."""
    together: dict[int, list[Values]] = defaultdict(list)
    for bucket in some:
        together[bucket.at - (bucket.at - shift) % HOUR_SECONDS].append(bucket.values)
    return {at: combined(kind, values) for at, values in together.items()}


def combined(kind: Kind, parts: Sequence[Values]) -> Values:
    """Combine epochs, or the buckets of an hour, field by field."""
    if len(parts) == 1:
        return parts[0]
    fields = kind.value.fields
    return tuple(COMBINE[how](part[i] for part in parts) for i, (_, how) in enumerate(fields))


def larger(kind: Kind, one: Values, other: Values) -> Values:
    """Return what stands of two totals of one epoch: counts grow, a mean of fewer is older."""
    return tuple(map(max, one, other)) if kind is Kind.COUNT else max(one, other)


def _these(keys: Sequence[SeriesKey]) -> str:
    told = (
        f'("venue" = {quoted(key.venue)} AND "node" = {quoted(key.node)}'
        f' AND "name" = {quoted(key.name)})'
        for key in keys
    )
    return f"({' OR '.join(told)})"


def ask_newest(kind: Kind, keys: Sequence[SeriesKey]) -> str:
    """Ask for the newest bucket of each epoch of some series."""
    field = kind.value.fields[0][0]
    return (
        f'SELECT last("{field}") FROM "{MEASUREMENTS[kind]}" WHERE {_these(keys)}'  # noqa: S608
        f" GROUP BY {_TAGS}"
    )


def ask_sums(kind: Kind, keys: Sequence[SeriesKey]) -> str:
    """Ask for the number of points of some series, and for each field's combination of them all."""
    fields = kind.value.fields
    told = ", ".join(
        (f'count("{fields[0][0]}") AS "count"', *(f'{how}("{name}")' for name, how in fields))
    )
    return (
        f'SELECT {told} FROM "{MEASUREMENTS[kind]}" WHERE {_these(keys)}'  # noqa: S608
        ' GROUP BY "venue", "node", "name"'
    )


def ask_first(kind: Kind, key: SeriesKey, start: int) -> str:
    """Ask for the first bucket of a series at or after `start`, Unix seconds."""
    field = kind.value.fields[0][0]
    return (
        f'SELECT first("{field}") FROM "{MEASUREMENTS[kind]}" WHERE {_these([key])}'  # noqa: S608
        f" AND {between(start, LATEST_S)}"
    )


def between(start: int, end: int) -> str:
    """Return the condition on time of `[start, end)`, Unix seconds."""
    return f"time >= {min(start, LATEST_S)}s AND time < {min(end, LATEST_S)}s"
