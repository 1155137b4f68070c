"""Declarations of hours in the records: added and withdrawn, never changed or removed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, update

from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.audit import append
from hub.store.records.records import Records, set_entry
from hub.store.records.tables import DECLARATIONS, STORE

_REVISION: Final = "schedules_revision"


@dataclass(frozen=True, slots=True)
class DeclarationRecord:
    """One declaration as it is stored; `terms` is a JSON object, times are Unix ms."""

    id: int
    venue: str
    kind: str
    terms: str
    reason: str
    document: str
    who: str
    made_ms: int
    published_ms: int
    withdrawn_ms: int | None = None
    withdrawn_by: str | None = None
    withdrawn_why: str | None = None


class DeclarationRecords:
    """Each change brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, told: DeclarationRecord, entry: Entry) -> DeclarationRecord:
        """Write a declaration down; return it with its number. Raises StoreUnavailable."""
        row = asdict(told)
        del row["id"]
        with self._records.writing() as connection:
            made = connection.execute(insert(DECLARATIONS).values(row)).inserted_primary_key
            append(connection, entry)
            set_entry(connection, _REVISION, str(self._revision(connection) + 1))
        return replace(told, id=int(made[0]) if made else 0)

    def add_all(self, told: Iterable[DeclarationRecord]) -> None:
        """Write down what no person declared: weeks of a district's file; all or none of it."""
        rows = [asdict(one) for one in told]
        for row in rows:
            del row["id"]
        with self._records.writing() as connection:
            connection.execute(insert(DECLARATIONS), rows)
            set_entry(connection, _REVISION, str(self._revision(connection) + 1))

    def withdraw(self, id_: int, why: str, entry: Entry) -> bool:
        """Let a declaration hold no more from the entry's instant on; a second time: False."""
        with self._records.writing() as connection:
            statement = (
                update(DECLARATIONS)
                .where(DECLARATIONS.c.id == id_, DECLARATIONS.c.withdrawn_ms.is_(None))
                .values(withdrawn_ms=entry.at_ms, withdrawn_by=entry.who, withdrawn_why=why)
            )
            is_new = connection.execute(statement).rowcount > 0
            if is_new:
                append(connection, entry)
                set_entry(connection, _REVISION, str(self._revision(connection) + 1))
        return is_new

    def get(self, venue: str, id_: int) -> DeclarationRecord:
        """Return one of a venue. Raises NotFound."""
        with self._records.reading() as connection:
            statement = select(DECLARATIONS).where(
                DECLARATIONS.c.id == id_, DECLARATIONS.c.venue == venue
            )
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound(f"there is no declaration {id_} of {venue}")
        return _record(row)

    def all(self) -> tuple[int, Mapping[str, tuple[DeclarationRecord, ...]]]:
        """Return the revision, and all declarations by venue in the order in which they came."""
        found: dict[str, list[DeclarationRecord]] = defaultdict(list)
        with self._records.reading() as connection:
            revision = self._revision(connection)
            rows = connection.execute(select(DECLARATIONS).order_by(DECLARATIONS.c.id))
            for row in rows.mappings():
                found[row["venue"]].append(_record(row))
        return revision, {venue: tuple(told) for venue, told in found.items()}

    def revision(self) -> int:
        """Return how often declarations were made or withdrawn."""
        with self._records.reading() as connection:
            return self._revision(connection)

    def _revision(self, connection: Any) -> int:
        statement = select(STORE.c.value).where(STORE.c.key == _REVISION)
        return int(connection.execute(statement).scalar_one_or_none() or 0)


def _record(row: RowMapping) -> DeclarationRecord:
    values: dict[str, Any] = dict(row)
    return DeclarationRecord(**values)
