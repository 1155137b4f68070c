"""Buckets as InfluxDB's line protocol; pure.

A bucket is one point: measurement by kind, tags `venue`, `node`, `name` and `epoch`, and the fields
of the kind; its time is the bucket's first second.

One more tag, `take`, is absent until the fate of a write was not known. What is written after that
has the next number, so that the old write may still land without overwriting what is newer. Whoever
reads takes the largest of an epoch's takes, then combines epochs.
Source: InfluxDB's documentation of line protocol.
"""

from collections.abc import Sequence
from typing import Final

from hub.store.port import Kind, SeriesKey

MEASUREMENTS: Final = {Kind.COUNT: "kaiguan_count", Kind.MEASURE: "kaiguan_measure"}
HOURS: Final = {Kind.COUNT: "kaiguan_count_hour", Kind.MEASURE: "kaiguan_measure_hour"}
"""Hours whose buckets are kept no more, taken over from a store that had deleted them."""

_ESCAPED: Final = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\=", "\\": "_", "\n": "_"})


def head(measurement: str, key: SeriesKey, epoch: str = "") -> str:
    """Return a point's measurement and tags; an empty epoch is left out."""
    tags = (("epoch", epoch), ("name", key.name), ("node", key.node), ("venue", key.venue))
    told = (f"{tag}={value.translate(_ESCAPED)}" for tag, value in tags if value)
    return ",".join((measurement, *told))


def line(kind: Kind, head: str, at: int, values: Sequence[float], take: int = 0) -> str:
    """Return a bucket as a line; `values` in the order of the kind's fields."""
    point = f"{head},take={take}" if take else head
    if kind is Kind.COUNT:
        return f"{point} entered={int(values[0])}i,left={int(values[1])}i {at}"
    n, total, least, most = values
    fields = f"n={int(n)}i,total={float(total)!r},least={float(least)!r},most={float(most)!r}"
    return f"{point} {fields} {at}"
