"""Head counts in the records: added and withdrawn, never changed or removed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from hub.audit import Entry
from hub.errors import NotFound
from hub.occupancy import HeadCount
from hub.store.records.audit import append
from hub.store.records.records import Records
from hub.store.records.tables import HEAD_COUNTS

_FAR_MS = 2**62


@dataclass(frozen=True, slots=True)
class HeadCountRecord:
    """What somebody counted: where (`outside`: the whole venue), when, how many, and why."""

    id: int
    venue: str
    zone: str
    at_ms: int
    occupancy: int
    reason: str
    who: str
    made_ms: int
    withdrawn_ms: int | None = None
    withdrawn_by: str | None = None


class HeadCountRecords:
    """Each change brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, counted: HeadCountRecord, told: Entry) -> HeadCountRecord:
        """Write a head count down; return it with its number. Raises StoreUnavailable."""
        row = asdict(counted)
        del row["id"]
        with self._records.writing() as connection:
            made = connection.execute(insert(HEAD_COUNTS).values(row)).inserted_primary_key
            append(connection, told)
        return replace(counted, id=int(made[0]) if made else 0)

    def withdraw(self, counted: HeadCountRecord, told: Entry) -> None:
        """Let a head count no longer hold; a second time changes nothing."""
        with self._records.writing() as connection:
            statement = (
                update(HEAD_COUNTS)
                .where(HEAD_COUNTS.c.id == counted.id, HEAD_COUNTS.c.withdrawn_ms.is_(None))
                .values(withdrawn_ms=told.at_ms, withdrawn_by=told.who)
            )
            if connection.execute(statement).rowcount:
                append(connection, told)

    def get(self, venue: str, id_: int) -> HeadCountRecord:
        """Return one of a venue. Raises NotFound."""
        with self._records.reading() as connection:
            statement = select(HEAD_COUNTS).where(
                HEAD_COUNTS.c.id == id_, HEAD_COUNTS.c.venue == venue
            )
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound(f"there is no head count {id_} of {venue}")
        return _record(row)

    def of_venue(self, venue: str, since_ms: int, until_ms: int = _FAR_MS) -> list[HeadCountRecord]:
        """Return what was counted in a venue in [since, until), withdrawn ones too, by time."""
        with self._records.reading() as connection:
            return [*map(_record, _rows(connection, since_ms, until_ms, venue))]

    def holding(self, since_ms: int) -> Mapping[str, Mapping[str, Sequence[HeadCount]]]:
        """Return what holds since an instant, by venue and zone, in order of time."""
        result: dict[str, dict[str, list[HeadCount]]] = defaultdict(lambda: defaultdict(list))
        with self._records.reading() as connection:
            for row in _rows(connection, since_ms, _FAR_MS):
                if row["withdrawn_ms"] is None:
                    heads = HeadCount(row["at_ms"] // 1000, row["occupancy"])
                    result[row["venue"]][row["zone"]].append(heads)
        return result


def _rows(
    connection: Connection, since_ms: int, until_ms: int, venue: str | None = None
) -> Sequence[RowMapping]:
    statement = select(HEAD_COUNTS).where(
        HEAD_COUNTS.c.at_ms >= since_ms, HEAD_COUNTS.c.at_ms < until_ms
    )
    if venue is not None:
        statement = statement.where(HEAD_COUNTS.c.venue == venue)
    # Of two in one second the later one holds.
    ordered = statement.order_by(HEAD_COUNTS.c.at_ms, HEAD_COUNTS.c.id)
    return connection.execute(ordered).mappings().all()


def _record(row: RowMapping) -> HeadCountRecord:
    values: dict[str, Any] = dict(row)
    return HeadCountRecord(**values)
