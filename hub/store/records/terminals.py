"""The only SQL about terminals: their accounts, and what they were answered."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.audit import append
from hub.store.records.circulation_tables import ANSWERS, TERMINALS
from hub.store.records.prepared import Prepared, insert_all
from hub.store.records.records import Records

# Built once: the embedded server runs them for every commit.
_TAKE_PLACES: Final = Prepared(
    delete(ANSWERS).where(
        ANSWERS.c.terminal == bindparam("of"), ANSWERS.c.sequence == bindparam("number")
    )
)
_ADD_ANSWERS: Final = Prepared(insert_all(ANSWERS))


@dataclass(frozen=True, slots=True)
class Terminal:
    """The account of a self-service terminal."""

    name: str
    password_hash: str
    branch: str
    """The venue that it stands in."""
    encoding: str
    language: str
    created_ms: int
    revoked_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a message of a terminal was answered with."""

    terminal: str
    sequence: int
    checksum: str
    subject: str
    """What the message was about, as a digest."""
    answer: bytes
    at_ms: int


class TerminalRecords:
    """Accounts of terminals; each change brings its entry of the audit log."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def get(self, name: str) -> Terminal | None:
        """Return an account, revoked or not. Raises StoreError."""
        with self._records.reading() as connection:
            statement = select(TERMINALS).where(TERMINALS.c.name == name)
            row = connection.execute(statement).mappings().first()
            return None if row is None else Terminal(**row)

    def all(self) -> list[Terminal]:
        """Return every account by name."""
        with self._records.reading() as connection:
            rows = connection.execute(select(TERMINALS).order_by(TERMINALS.c.name)).mappings()
            return [Terminal(**row) for row in rows]

    def put(self, terminal: Terminal, told: Entry) -> bool:
        """Write an account; one of that name is replaced. Return whether it is new."""
        row = {
            "name": terminal.name,
            "password_hash": terminal.password_hash,
            "branch": terminal.branch,
            "encoding": terminal.encoding,
            "language": terminal.language,
            "created_ms": terminal.created_ms,
            "revoked_ms": terminal.revoked_ms,
        }
        with self._records.writing() as connection:
            statement = update(TERMINALS).where(TERMINALS.c.name == terminal.name).values(row)
            is_new = connection.execute(statement).rowcount == 0
            if is_new:
                connection.execute(insert(TERMINALS).values(row))
            append(connection, told)
        return is_new

    def revoke(self, name: str, told: Entry) -> None:
        """Let a terminal in no more. Raises NotFound."""
        with self._records.writing() as connection:
            statement = (
                update(TERMINALS)
                .where(TERMINALS.c.name == name, TERMINALS.c.revoked_ms.is_(None))
                .values(revoked_ms=told.at_ms)
            )
            if connection.execute(statement).rowcount == 0:
                raise NotFound(f"there is no terminal {name!r}; `terminal list` shows them")
            connection.execute(delete(ANSWERS).where(ANSWERS.c.terminal == name))
            append(connection, told)


def answers_since(connection: Connection, since_ms: int) -> list[Answer]:
    """Return what terminals were answered since an instant, the oldest first."""
    statement = select(ANSWERS).where(ANSWERS.c.at_ms >= since_ms).order_by(ANSWERS.c.at_ms)
    return [Answer(**row) for row in connection.execute(statement).mappings()]


def put_answers(connection: Connection, answers: list[Answer]) -> None:
    """Write answers, each in the place of the one of its terminal and sequence number."""
    places = [{"of": one.terminal, "number": one.sequence} for one in answers]
    rows = [
        {
            "terminal": one.terminal,
            "sequence": one.sequence,
            "checksum": one.checksum,
            "subject": one.subject,
            "answer": one.answer,
            "at_ms": one.at_ms,
        }
        for one in answers
    ]
    _TAKE_PLACES.run_many(connection, places)
    _ADD_ANSWERS.run_many(connection, rows)


def forget_answers(connection: Connection, before_ms: int) -> None:
    """Delete answers of before an instant: they hold names and titles."""
    connection.execute(delete(ANSWERS).where(ANSWERS.c.at_ms < before_ms))
