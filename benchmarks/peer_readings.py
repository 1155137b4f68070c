"""The readings of the comparison with peers: what they are, and what of them a database holds.

Reading `n` is the minute `n // LINES` of line `n % LINES`; its values follow from its number, so
that each one that a database holds can be told right or wrong.
"""

from contextlib import closing

from hub.errors import StoreError
from hub.store.influx import Server
from tests.influx import Influx

LINES = 20
START_S = 1_780_000_020


def reading(number: int) -> tuple[str, int, int, int]:
    """Return (line, bucket, entered, left)."""
    minute, line = divmod(number, LINES)
    return f"line-{line}", START_S + 60 * minute, number * 7 % 50 + 1, number % 3


def stored(influx: Influx, database: str, measurement: str, tag: str) -> dict[tuple[str, int], int]:
    """Return what is entered by (line, bucket), largest of what stands at one place."""
    question = f'SELECT "entered" FROM "{measurement}" GROUP BY *'
    result: dict[tuple[str, int], int] = {}
    with closing(Server(influx.section(database, 30))) as server:
        try:
            [found] = server.ask(question)
        except StoreError:
            return {}
    for series in found.series:
        for at, entered in series.values:
            key = (series.tags[tag], at)
            result[key] = max(result.get(key, 0), int(entered))
    return result


def counted(influx: Influx, database: str, measurement: str) -> int:
    """Return how many points a database holds."""
    with closing(Server(influx.section(database, 30))) as server:
        [found] = server.ask(f'SELECT count("entered") FROM "{measurement}"')
    return sum(int(row[1]) for series in found.series for row in series.values)


def missing(influx: Influx, database: str, measurement: str, tag: str, due: int) -> tuple[int, int]:
    """Return how many of the first `due` readings are not there, and how many are wrong."""
    there = stored(influx, database, measurement, tag)
    lost = wrong = 0
    for number in range(due):
        line, at, entered, _ = reading(number)
        found = there.get((line, at))
        lost += found is None
        wrong += found is not None and found != entered
    return lost, wrong
