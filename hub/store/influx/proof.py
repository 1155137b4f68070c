"""What is tried on a database before it is trusted: that it overwrites, and whose it is.

At-least-once delivery ends as exactly once only where a point that is written again replaces the
first. The probe writes 2, then 1, and has to read 1, once.
"""

import time
from collections.abc import Callable, Collection
from typing import Final

from hub.errors import StoreError
from hub.store.influx.server import RowsRefused, Server, WriteFailed

WHOLE: Final = "whole"
MOVING: Final = "moving"
GONE: Final = "gone"
"""What a database says of the series in it: all there, on their way into it, moved out of it."""
_PROBE: Final = "kaiguan_probe"
_OWNER: Final = "kaiguan_store"
_OWNER_AT: Final = 1_577_836_800
"""The first second of 2020: a database that drops what is old refuses it."""
_READABLE_WITHIN: Final = 5.0
_LOOK_SECONDS: Final = 0.1


def prove(server: Server, now_s: int, sleep: Callable[[float], None] = time.sleep) -> None:
    """Write a point twice and read it back. Raises StoreError with one sentence."""
    try:
        server.version()
        write_probe(server, now_s, 2)
        write_probe(server, now_s, 1)
    except WriteFailed as error:
        raise StoreError(_advice(str(error))) from error
    except RowsRefused as error:
        raise StoreError(f"the store does not take a point: {error}") from error
    question = f'SELECT "value" FROM "{_PROBE}" WHERE time = {now_s}s'  # noqa: S608
    waited = 0.0
    while True:
        [result] = server.ask(question)
        found = [row[-1] for series in result.series for row in series.values]
        columns = {name for series in result.series for name in series.columns}
        if found == [1] and columns == {"time", "value"}:
            return
        if found and "value" not in columns:
            raise StoreError(
                f"{server}: /query does not answer InfluxQL, asked for a point it told of"
                f" {', '.join(sorted(columns))}: this server cannot be the store"
            )
        if waited >= _READABLE_WITHIN:
            break
        # Some servers need a moment until what they took can be read.
        sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    if not found:
        raise StoreError(
            f"{server}: a point that was taken cannot be read: this server cannot be the store"
        )
    raise StoreError(
        f"{server} does not overwrite: 2 was written, then 1, and {found} is read, so what nodes"
        " send again would be counted twice: this server cannot be the store"
    )


def write_probe(server: Server, at_s: int, value: int) -> None:
    """Write a point that says nothing. Raises WriteFailed, RowsRefused."""
    server.write([f"{_PROBE} value={value}i {at_s}"])


def owner(server: Server) -> tuple[str, str] | None:
    """Return whose series lie in the database: a store's id, and and WHOLE, MOVING or GONE.

    None for a database that holds none of ours. Raises StoreError.
    """
    [result] = server.ask(f'SELECT "store", "state" FROM "{_OWNER}"')  # noqa: S608
    for series in result.series:
        for _, store, state in series.values:
            return str(store), str(state)
    return None


def claim(server: Server, store_id: str, state: str = WHOLE) -> None:
    """Say whose series lie there. Raises StoreError."""
    fields = f'store="{store_id}",state="{state}"'
    try:
        server.write([f"{_OWNER} {fields} {_OWNER_AT}"])
    except RowsRefused as error:
        raise StoreError(
            f"{server}: what is some years old is not taken; its retention policy has to keep"
            f" everything: {error}"
        ) from error
    except WriteFailed as error:
        raise StoreError(str(error)) from error


def take_hold(server: Server, store_id: str, ancestors: Collection[str], *, is_used: bool) -> None:
    """See that ledger and database belong together; an unused pair is joined.

    `is_used`: the ledger has marks, so rows must be there. Raises StoreError.
    """
    found = owner(server)
    if found is None:
        if is_used:
            raise StoreError(
                f"{server} holds nothing of store {store_id}, whose marks say that rows are there:"
                " give the database that it had, or begin a new store in an empty data folder"
            )
        claim(server, store_id)
        return
    other, state = found
    if state == GONE:
        raise StoreError(f"{server}: its series were moved away: give an empty database")
    if other == store_id and state == WHOLE:
        return
    if other not in ancestors:
        raise StoreError(
            f"{server} holds the series of store {other}, not of {store_id}: give this store a"
            " database of its own"
        )
    # A ledger that was restored goes on with the series of the one that it was copied from; one
    # that was moved has its new id since all was found to be there.
    claim(server, store_id)


def _advice(reason: str) -> str:
    if "answered 404" in reason and "database not found" not in reason:
        return f"{reason} (InfluxDB before 1.8 needs the rewrite of docs/stores.md)"
    return reason
