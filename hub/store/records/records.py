"""Reading and writing records: the only SQL about venues and devices."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    NullPool,
    RowMapping,
    Table,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import StoreError
from hub.store.records.schema import migrate
from hub.store.records.tables import DEVICES, LINES, SENSORS, STORE, VENUES, ZONES
from hub.venues import Device, Line, Sensor, Venue, Zone
from link.errors import StoreUnavailable

T = TypeVar("T")
_REVISION: Final = "venues_revision"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading a district changed, by venue id."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    """In the records, but in no file: kept, since evidence refers to them."""


class Records:
    """Venues, lines and devices in one SQLite file; any thread may use it.

    Opening brings the tables to the newest form. Raises StoreError when the file cannot be used;
    writing raises StoreUnavailable with nothing of it stored.
    """

    def __init__(self, path: Path) -> None:
        # A connection a use: records are read seldom, and no thread has to close another's.
        self._engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
        event.listen(self._engine, "connect", _prepare)
        migrate(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def venues(self) -> dict[str, Venue]:
        """Return every venue by id."""
        with self.reading() as connection:
            zones = _grouped(connection, ZONES, lambda row: Zone(**row))
            lines = _grouped(connection, LINES, lambda row: Line(**row))
            sensors = _grouped(connection, SENSORS, lambda row: Sensor(**row))
            rows = connection.execute(select(VENUES).order_by(VENUES.c.id)).mappings()
            return {
                row["id"]: Venue(
                    **{**row, "hours": _hours(row["hours"])},
                    zones=tuple(zones[row["id"]]),
                    lines=tuple(lines[row["id"]]),
                    sensors=tuple(sensors[row["id"]]),
                )
                for row in rows
            }

    def load(self, venues: Iterable[Venue]) -> LoadReport:
        """Make the records say what the files say; a second time changes nothing."""
        known = self.venues()
        declared = {venue.id: venue for venue in venues}
        added = [id_ for id_ in declared if id_ not in known]
        changed = [id_ for id_ in declared if id_ in known and known[id_] != declared[id_]]
        if added or changed:
            with self.writing() as connection:
                if added:
                    connection.execute(insert(VENUES), [_venue_row(declared[id_]) for id_ in added])
                for id_ in changed:
                    row = _venue_row(declared[id_])
                    connection.execute(update(VENUES).where(VENUES.c.id == id_).values(row))
                _write_parts(connection, [declared[id_] for id_ in (*added, *changed)])
                set_entry(connection, _REVISION, str(self.revision() + 1))
        untouched = [id_ for id_ in declared if id_ not in {*added, *changed}]
        return LoadReport(
            tuple(added),
            tuple(changed),
            tuple(untouched),
            tuple(id_ for id_ in known if id_ not in declared),
        )

    def devices(self) -> list[Device]:
        """Return every node that was ever heard, by venue and node."""
        with self.reading() as connection:
            rows = connection.execute(select(DEVICES).order_by(DEVICES.c.venue, DEVICES.c.node))
            return [Device(**row) for row in rows.mappings()]

    def save_devices(self, devices: Iterable[Device]) -> None:
        """Write devices as they are now."""
        with self.writing() as connection:
            for device in devices:
                row = asdict(device)
                found = connection.execute(
                    update(DEVICES)
                    .where(DEVICES.c.venue == device.venue, DEVICES.c.node == device.node)
                    .values(row)
                )
                if found.rowcount == 0:
                    connection.execute(insert(DEVICES).values(row))

    def metadata(self, key: str) -> str | None:
        """Return one entry of the store's own data."""
        with self.reading() as connection:
            statement = select(STORE.c.value).where(STORE.c.key == key)
            value: str | None = connection.execute(statement).scalar_one_or_none()
            return value

    def set_metadata(self, key: str, value: str) -> None:
        """Set one entry of the store's own data."""
        with self.writing() as connection:
            set_entry(connection, key, value)

    def revision(self) -> int:
        """Return how often venues were changed, so that a running hub notices."""
        return int(self.metadata(_REVISION) or 0)

    def backup_to(self, target: Path) -> None:
        """Copy the records, as of one instant and while they are used, into a new file."""
        if target.exists():
            raise StoreError(f"{target} exists already")
        with self.reading() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(target),))

    def connect(self) -> Connection:
        """Open a connection for one thread, which closes it. Raises StoreError."""
        try:
            return self._engine.connect()
        except SQLAlchemyError as error:
            raise StoreError(f"{self._engine.url.database}: {error}") from error

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep the file open in the background for as long as the block lasts. Raises StoreError.

        Else whoever lets go of it last writes its log back and removes it, after every write.
        """
        with self.reading() as connection:
            # The file is opened by the first statement; no transaction stays behind.
            connection.execute(select(STORE.c.key).limit(1)).all()
            connection.rollback()
            yield

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for reading. Raises StoreError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"{self._engine.url.database}: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection in a transaction of its own, which sees no other writer.

        Committed at the end of the block, undone when it raises. Raises StoreUnavailable.
        """
        try:
            with self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    # Not at the first write only: what is read before it is what it rests on.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"{self._engine.url.database}: {error}") from error


def _prepare(connection: Any, _record: Any) -> None:
    # A backup copies the file while the hub writes: a log beside it lets both go on.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=10000")


def set_entry(connection: Connection, key: str, value: str) -> None:
    """Set one entry of the store's own data, in the transaction of something else."""
    connection.execute(delete(STORE).where(STORE.c.key == key))
    connection.execute(insert(STORE).values(key=key, value=value))


def _grouped(
    connection: Connection, table: Table, build: Callable[[dict[str, Any]], T]
) -> dict[str, list[T]]:
    """Return the rows of a venue's parts by venue, in their declared order."""
    result: dict[str, list[T]] = defaultdict(list)
    rows = connection.execute(select(table).order_by(table.c.venue, table.c.position))
    for row in rows.mappings():
        result[row["venue"]].append(build(_without_place(row)))
    return result


def _without_place(row: RowMapping) -> dict[str, Any]:
    return {str(key): value for key, value in row.items() if key not in {"venue", "position"}}


def _hours(text: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    return tuple(tuple((opens, closes) for opens, closes in day) for day in json.loads(text))


def _venue_row(venue: Venue) -> dict[str, Any]:
    plain = asdict(venue)
    for part in ("zones", "lines", "sensors"):
        del plain[part]
    return {**plain, "hours": json.dumps(venue.hours)}


def _write_parts(connection: Connection, venues: Sequence[Venue]) -> None:
    ids = [venue.id for venue in venues]
    for table, name in ((ZONES, "zones"), (LINES, "lines"), (SENSORS, "sensors")):
        connection.execute(delete(table).where(table.c.venue.in_(ids)))
        rows = [
            {"venue": venue.id, "position": position, **asdict(part)}
            for venue in venues
            for position, part in enumerate(getattr(venue, name))
        ]
        if rows:
            connection.execute(insert(table), rows)
