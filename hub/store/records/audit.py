"""The audit log in the records: appended to by every write of a person, read by supervisors."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select

from hub.audit import Entry, Facts
from hub.store.records.account_tables import AUDIT
from hub.store.records.records import Records


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry with its place in the log."""

    id: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; empty: all. Times in Unix ms, `until_ms` not included."""

    who: str = ""
    action: str = ""
    """An action, or the thing before its dot."""
    subject: str = ""
    since_ms: int | None = None
    until_ms: int | None = None


def append(connection: Connection, *entries: Entry) -> None:
    """Write entries down, in the transaction of the change that they tell of."""
    for entry in entries:
        row = {
            "at_ms": entry.at_ms,
            "who": entry.who,
            "via": entry.via,
            "action": entry.action,
            "subject": entry.subject,
            "before": _json(entry.before),
            "after": _json(entry.after),
        }
        connection.execute(insert(AUDIT).values(row))


class AuditLog:
    """Reads the audit log, newest first; nothing here can change it."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def count(self, wanted: Wanted) -> int:
        """Return how many entries there are."""
        with self._records.reading() as connection:
            statement = _narrowed(select(func.count()).select_from(AUDIT), wanted)
            return int(connection.execute(statement).scalar_one())

    def page(self, wanted: Wanted, *, before_id: int | None, most: int) -> Sequence[Numbered]:
        """Return the newest entries, or those before one; a page stays itself while others come."""
        statement = _narrowed(select(AUDIT), wanted).order_by(AUDIT.c.id.desc()).limit(most)
        if before_id is not None:
            statement = statement.where(AUDIT.c.id < before_id)
        with self._records.reading() as connection:
            return [_entry(row) for row in connection.execute(statement).mappings()]

    def all(self, wanted: Wanted, *, at_once: int = 500) -> Iterator[Numbered]:
        """Yield all entries; read in pieces, so that no writer waits for a slow reader."""
        last: int | None = None
        while found := self.page(wanted, before_id=last, most=at_once):
            yield from found
            last = found[-1].id

    def actions(self) -> list[str]:
        """Return every action that was ever written down."""
        with self._records.reading() as connection:
            rows = connection.execute(select(AUDIT.c.action).distinct().order_by(AUDIT.c.action))
            return [str(action) for (action,) in rows]


def _narrowed(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.who:
        statement = statement.where(AUDIT.c.who == wanted.who)
    if wanted.action:
        thing = AUDIT.c.action.startswith(f"{wanted.action}.", autoescape=True)
        statement = statement.where((AUDIT.c.action == wanted.action) | thing)
    if wanted.subject:
        statement = statement.where(AUDIT.c.subject.contains(wanted.subject, autoescape=True))
    if wanted.since_ms is not None:
        statement = statement.where(AUDIT.c.at_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        statement = statement.where(AUDIT.c.at_ms < wanted.until_ms)
    return statement


def _entry(row: RowMapping) -> Numbered:
    told = Entry(
        row["at_ms"],
        row["who"],
        row["via"],
        row["action"],
        row["subject"],
        _facts(row["before"]),
        _facts(row["after"]),
    )
    return Numbered(row["id"], told)


def _json(facts: Facts | None) -> str | None:
    return None if facts is None else json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _facts(text: str | None) -> Facts | None:
    if text is None:
        return None
    facts: dict[str, Any] = json.loads(text)
    return facts
