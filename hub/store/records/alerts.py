"""Alerts in the records: what they are now, every change of theirs, what is open, what was before.

Rows go in and out as the tables have them: what an alert is, `hub.alerts` says.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.alert_tables import ALERT_HISTORY, ALERTS
from hub.store.records.audit import append
from hub.store.records.records import Records

Row = Mapping[str, Any]
Key = tuple[str, str, str]
"""Kind, venue, subject."""
State = Literal["open", "active", "unseen", "closed", "all"]

_KEYS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class WantedAlerts:
    """Which alerts are asked for; empty: any."""

    state: State = "open"
    """`open`: something is left to do. `active`: it holds. `unseen`: nobody acknowledged it."""
    severity: str = ""
    kind: str = ""
    venue: str | None = None
    is_late: bool | None = None
    assigned_to: str = ""
    among: Collection[str] | None = None
    """Venues that who asks may see; None: all, and what is no venue's."""


class AlertRecords:
    """Reads and writes alerts; any thread."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def save(
        self,
        fresh: Sequence[Row],
        known: Sequence[Row],
        history: Sequence[Row] = (),
        told: Iterable[Entry] = (),
        also: Callable[[Connection], None] = lambda _connection: None,
    ) -> None:
        """Write new alerts, alerts that changed, and what happened to them, in one transaction.

        `also` writes what others have to write with it. Raises StoreUnavailable.
        """
        with self._records.writing() as connection:
            if fresh:
                connection.execute(insert(ALERTS), list(fresh))
            if known:
                names = [column.name for column in ALERTS.c if column.name != "number"]
                statement = (
                    update(ALERTS)
                    .where(ALERTS.c.number == bindparam("b_number"))
                    .values({name: bindparam(f"b_{name}") for name in names})
                )
                rows = [{f"b_{name}": value for name, value in row.items()} for row in known]
                connection.execute(statement, rows)
            if history:
                connection.execute(insert(ALERT_HISTORY), list(history))
            append(connection, *told)
            also(connection)

    def open(self) -> list[Row]:
        """Return what is active or seen by nobody, by number."""
        statement = select(ALERTS).where(ALERTS.c.is_open).order_by(ALERTS.c.number)
        with self._records.reading() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def next_number(self) -> int:
        """Return the number of the next alert; none is used twice."""
        with self._records.reading() as connection:
            return int(connection.execute(select(func.max(ALERTS.c.number))).scalar() or 0) + 1

    def spans(self, keys: Collection[Key], since_ms: int) -> dict[Key, list[tuple[int, int]]]:
        """Return from when until when closed alerts of these keys were that ended since then."""
        found: dict[Key, list[tuple[int, int]]] = defaultdict(list)
        c = ALERTS.c
        with self._records.reading() as connection:
            ordered = sorted(keys)
            for place in range(0, len(ordered), _KEYS_AT_ONCE):
                some = ordered[place : place + _KEYS_AT_ONCE]
                statement = select(c.kind, c.venue, c.subject, c.since_ms, c.until_ms).where(
                    tuple_(c.venue, c.kind, c.subject).in_([(v, k, s) for k, v, s in some]),
                    c.until_ms >= since_ms,
                )
                for kind, venue, subject, first_ms, last_ms in connection.execute(statement):
                    found[kind, venue, subject].append((first_ms, last_ms))
        return dict(found)

    def get(self, number: int) -> Row:
        """Return one alert. Raises NotFound."""
        with self._records.reading() as connection:
            statement = select(ALERTS).where(ALERTS.c.number == number)
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound(f"there is no alert {number}")
        return dict(row)

    def history(self, number: int) -> list[Row]:
        """Return every change of an alert, oldest first."""
        statement = select(ALERT_HISTORY).where(ALERT_HISTORY.c.number == number)
        with self._records.reading() as connection:
            rows = connection.execute(statement.order_by(ALERT_HISTORY.c.id)).mappings()
            return [dict(row) for row in rows]

    def count(self, wanted: WantedAlerts) -> int:
        """Return how many there are."""
        statement = _narrowed(select(func.count()).select_from(ALERTS), wanted)
        with self._records.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def page(self, wanted: WantedAlerts, *, after: int = 0, most: int = 100) -> list[Row]:
        """Return some, the most pressing first: what nobody has seen, severity, the newest."""
        c = ALERTS.c
        pressing = case({"critical": 0, "warning": 1}, value=c.severity, else_=2)
        unseen = case((c.acknowledged_ms.is_(None), 0), else_=1)
        over = case((c.cleared_ms.is_(None), 0), else_=1)
        ordered = (unseen, c.is_late, over, pressing, c.raised_ms.desc(), c.number.desc())
        if wanted.state in {"closed", "all"}:
            ordered = (c.raised_ms.desc(), c.number.desc())  # type: ignore[assignment]
        statement = _narrowed(select(ALERTS), wanted).order_by(*ordered)
        with self._records.reading() as connection:
            found = connection.execute(statement.offset(after).limit(most)).mappings()
            return [dict(row) for row in found]


def _narrowed(statement: Select[Any], wanted: WantedAlerts) -> Select[Any]:
    c = ALERTS.c
    parts = {
        "open": c.is_open,
        "active": and_(c.is_open, c.cleared_ms.is_(None)),
        "unseen": and_(c.is_open, c.acknowledged_ms.is_(None)),
        "closed": ~c.is_open,
        "all": or_(c.is_open, ~c.is_open),
    }
    statement = statement.where(parts[wanted.state])
    for column, value in (
        (c.severity, wanted.severity),
        (c.kind, wanted.kind),
        (c.assigned_to, wanted.assigned_to),
    ):
        if value:
            statement = statement.where(column == value)
    if wanted.venue is not None:
        statement = statement.where(c.venue == wanted.venue)
    if wanted.is_late is not None:
        statement = statement.where(c.is_late == wanted.is_late)
    if wanted.among is not None:
        statement = statement.where(c.venue.in_(sorted(wanted.among)))
    return statement
