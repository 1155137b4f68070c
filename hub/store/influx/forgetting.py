"""Deleting old buckets from InfluxDB, once the ledger keeps their hours.

By InfluxQL's DELETE, which releases 1 and 2 know; release 3 has none: there all buckets stay,
beside their hours.
"""

from collections.abc import Iterator
from typing import Final

from hub.store.influx import answers, lines
from hub.store.influx.server import Server
from hub.store.port import Kind

STRETCH_S: Final = 7 * 86_400
"""Deleted at once: what InfluxDB's own files of an endless retention policy hold."""


def stretches(server: Server, kind: Kind, before_s: int) -> Iterator[tuple[int, int]]:
    """Yield `[start, end)` of each stretch before a second that holds buckets, the oldest first.

    Each is looked for once the one before it was dealt with. Raises StoreError.
    """
    start = 0
    field, measurement = kind.value.fields[0][0], lines.MEASUREMENTS[kind]
    while start < before_s:
        [found] = server.ask(
            f'SELECT first("{field}") FROM "{measurement}"'  # noqa: S608  names of the port
            f" WHERE {answers.between(start, before_s)}"
        )
        first = next((int(row[0]) for one in found.series for row in one.values), None)
        if first is None:
            return
        begin = first - first % STRETCH_S
        start = begin + STRETCH_S
        yield begin, min(start, before_s)


def delete(server: Server, kind: Kind, span: tuple[int, int]) -> int:
    """Delete the buckets of a stretch; return how many points they were. Raises StoreError."""
    where, field = answers.between(*span), kind.value.fields[0][0]
    measurement = lines.MEASUREMENTS[kind]
    [found] = server.ask(f'SELECT count("{field}") FROM "{measurement}" WHERE {where}')  # noqa: S608
    server.ask(f'DELETE FROM "{measurement}" WHERE {where}')  # noqa: S608
    return sum(int(row[-1]) for one in found.series for row in one.values)
