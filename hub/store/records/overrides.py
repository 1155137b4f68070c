"""People's corrections of what sensors told: added and withdrawn, never changed or removed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from hub.audit import Entry
from hub.compliance.evidence import Override
from hub.errors import NotFound
from hub.store.records.audit import append
from hub.store.records.records import Records
from hub.store.records.verdict_tables import OVERRIDES


@dataclass(frozen=True, slots=True)
class OverrideRecord:
    """That a venue was open or closed in `[start_ms, end_ms)`: who says so, why, by what."""

    id: int
    venue: str
    start_ms: int
    end_ms: int
    is_open: bool
    why: str
    document: str
    who: str
    made_ms: int
    withdrawn_ms: int | None = None
    withdrawn_by: str | None = None


class OverrideRecords:
    """Each change brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, override: OverrideRecord, told: Entry) -> OverrideRecord:
        """Write an override down; return it with its number. Raises StoreUnavailable."""
        row = asdict(override)
        del row["id"]
        with self._records.writing() as connection:
            made = connection.execute(insert(OVERRIDES).values(row)).inserted_primary_key
            append(connection, told)
        return replace(override, id=int(made[0]) if made else 0)

    def withdraw(self, override: OverrideRecord, told: Entry) -> None:
        """Let an override no longer hold; a second time changes nothing."""
        with self._records.writing() as connection:
            statement = (
                update(OVERRIDES)
                .where(OVERRIDES.c.id == override.id, OVERRIDES.c.withdrawn_ms.is_(None))
                .values(withdrawn_ms=told.at_ms, withdrawn_by=told.who)
            )
            if connection.execute(statement).rowcount:
                append(connection, told)

    def get(self, venue: str, id_: int) -> OverrideRecord:
        """Return one of a venue. Raises NotFound."""
        with self._records.reading() as connection:
            statement = select(OVERRIDES).where(OVERRIDES.c.id == id_, OVERRIDES.c.venue == venue)
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound(f"there is no override {id_} of {venue}")
        return _record(row)

    def of_venue(self, venue: str) -> list[OverrideRecord]:
        """Return all of a venue, withdrawn ones too, by the time that they are about."""
        with self._records.reading() as connection:
            statement = select(OVERRIDES).where(OVERRIDES.c.venue == venue)
            ordered = statement.order_by(OVERRIDES.c.start_ms, OVERRIDES.c.id)
            return [*map(_record, connection.execute(ordered).mappings())]

    def holding(self, venue: str) -> Sequence[Override]:
        """Return what of a venue holds, as the judge takes it."""
        return [_as_judged(o) for o in self.of_venue(venue) if o.withdrawn_ms is None]

    def all_holding(self) -> Mapping[str, Sequence[Override]]:
        """Return the same of every venue that has any."""
        found: dict[str, list[Override]] = {}
        statement = select(OVERRIDES).where(OVERRIDES.c.withdrawn_ms.is_(None))
        with self._records.reading() as connection:
            ordered = statement.order_by(OVERRIDES.c.start_ms, OVERRIDES.c.id)
            for row in connection.execute(ordered).mappings():
                made = _record(row)
                found.setdefault(made.venue, []).append(_as_judged(made))
        return found


def _as_judged(made: OverrideRecord) -> Override:
    return Override(
        made.start_ms // 1000,
        made.end_ms // 1000,
        made.is_open,
        made.who,
        made.made_ms // 1000,
        made.why,
        made.document,
    )


def _record(row: RowMapping) -> OverrideRecord:
    values: dict[str, Any] = dict(row)
    return OverrideRecord(**values)
