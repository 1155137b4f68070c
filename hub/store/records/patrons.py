"""What the staff change of a patron: blocks, PIN, agreement; each with its entry of the audit."""

from sqlalchemy import select, update

from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.audit import append
from hub.store.records.circulation_tables import CARDS, PATRONS
from hub.store.records.records import Records


class PatronRecords:
    """One patron at a time, by a card of theirs."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def note(self, told: Entry) -> None:
        """Write an entry of the audit log."""
        with self._records.writing() as connection:
            append(connection, told)

    def number(self, card: str) -> int:
        """Return the number under which the audit log knows a card's patron. Raises NotFound."""
        statement = select(CARDS.c.patron).where(CARDS.c.number == card)
        with self._records.reading() as connection:
            found = connection.execute(statement).scalar()
        if found is None:
            raise NotFound(f"there is no card {card}")
        return int(found)

    def set_blocks(self, patron: int, why: str, told: Entry) -> None:
        """Write why the staff blocked a patron; empty: they do not. A terminal's block ends, too.

        Raises StoreUnavailable.
        """
        values = {"blocks": why} if why else {"blocks": "", "terminal_block": ""}
        with self._records.writing() as connection:
            connection.execute(update(PATRONS).where(PATRONS.c.id == patron).values(values))
            append(connection, told)

    def set_agreed(self, patron: int, day: str, told: Entry) -> None:
        """Write when a patron agreed to the rules of unstaffed rooms; empty: they do not.

        Raises StoreUnavailable.
        """
        with self._records.writing() as connection:
            changed = update(PATRONS).where(PATRONS.c.id == patron).values(agreed_on=day)
            connection.execute(changed)
            append(connection, told)

    def set_pin(self, patron: int, pin_hash: str, told: Entry) -> None:
        """Write the hash of a patron's new PIN. Raises StoreUnavailable."""
        with self._records.writing() as connection:
            changed = update(PATRONS).where(PATRONS.c.id == patron).values(pin_hash=pin_hash)
            connection.execute(changed)
            append(connection, told)
