"""Which wishes of visitors are hidden, by whom and why; none is ever removed."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from hub.audit import Entry
from hub.store.hidden_wish import HiddenWish
from hub.store.records.audit import append
from hub.store.records.records import Records
from hub.store.records.tables import HIDDEN_WISHES


class HiddenWishRecords:
    """Each change brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def hide(self, hidden: HiddenWish, told: Entry) -> None:
        """Hide a wish; one that is hidden already stays as it is. Raises StoreUnavailable."""
        with self._records.writing() as connection:
            known = select(HIDDEN_WISHES.c.event).where(HIDDEN_WISHES.c.event == hidden.event)
            if connection.execute(known).first() is None:
                connection.execute(insert(HIDDEN_WISHES).values(asdict(hidden)))
                append(connection, told)

    def show(self, event: str, told: Entry) -> None:
        """Let a wish be read again; one that is not hidden stays as it is."""
        with self._records.writing() as connection:
            gone = delete(HIDDEN_WISHES).where(HIDDEN_WISHES.c.event == event)
            if connection.execute(gone).rowcount:
                append(connection, told)

    def of(self, venues: Collection[str]) -> dict[str, HiddenWish]:
        """Return what is hidden of some venues, by event."""
        with self._records.reading() as connection:
            of_venues = select(HIDDEN_WISHES).where(HIDDEN_WISHES.c.venue.in_(venues))
            rows = connection.execute(of_venues).mappings()
            found = [HiddenWish(**dict(row)) for row in rows]
        return {hidden.event: hidden for hidden in found}
