"""Content packs in the records: which zip of each pack kiosks shall show, and in which venues."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.engine import RowMapping

from hub.audit import Entry
from hub.store.records.audit import append
from hub.store.records.records import Records, set_entry
from hub.store.records.tables import PACKS

_REVISION: Final = "packs_revision"


@dataclass(frozen=True, slots=True)
class PackRecord:
    """A pack as it is announced; `sha256` and `bytes` are of its zip, `venues` None means all."""

    pack: str
    version: int
    sha256: str
    bytes: int
    title_zh: str
    title_en: str
    targets: int
    venues: frozenset[str] | None
    who: str
    added_ms: int

    def is_for(self, venue: str) -> bool:
        """Tell whether kiosks of a venue shall show it."""
        return self.venues is None or venue in self.venues


class PackRecords:
    """Each change brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def revision(self) -> int:
        """Return a number that grows with each change, whichever process makes it; 0: none yet."""
        return int(self._records.metadata(_REVISION) or 0)

    def all(self) -> list[PackRecord]:
        """Return what is announced, by name."""
        with self._records.reading() as connection:
            rows = connection.execute(select(PACKS).order_by(PACKS.c.pack)).mappings()
            return [_record(row) for row in rows]

    def put(self, pack: PackRecord, told: Entry) -> None:
        """Announce a pack, in place of another version of it."""
        venues = None if pack.venues is None else json.dumps(sorted(pack.venues))
        with self._records.writing() as connection:
            connection.execute(delete(PACKS).where(PACKS.c.pack == pack.pack))
            connection.execute(insert(PACKS).values(asdict(pack) | {"venues": venues}))
            append(connection, told)
            self._touch(connection)

    def remove(self, name: str, told: Entry) -> None:
        """Announce a pack no more."""
        with self._records.writing() as connection:
            if connection.execute(delete(PACKS).where(PACKS.c.pack == name)).rowcount:
                append(connection, told)
                self._touch(connection)

    def _touch(self, connection: Connection) -> None:
        set_entry(connection, _REVISION, str(self.revision() + 1))


def _record(row: RowMapping) -> PackRecord:
    values = dict(row)
    listed = values["venues"]
    values["venues"] = None if listed is None else frozenset(json.loads(listed))
    return PackRecord(**values)
