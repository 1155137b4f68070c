"""The outbox: the only SQL about deliveries. What a person changes brings its audit entry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, RowMapping, case, delete, func, insert, select, update

from hub.audit import Entry
from hub.errors import NotFound
from hub.store.records.audit import append
from hub.store.records.delivery_tables import DELIVERIES
from hub.store.records.records import Records

MOST_AT_ONCE: Final = 5_000
"""Deliveries of one channel that are looked at together; the rest waits behind them."""

_C = DELIVERIES.c


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery as it is kept; times in Unix ms."""

    id: int
    event: str
    alert: str
    channel: str
    language: str
    step: str
    severity: str
    told: str
    state: str
    made_ms: int
    due_ms: int
    next_ms: int
    attempts: int
    tried_ms: int
    failed_ms: int
    error: str
    sent_ms: int | None
    message: int | None
    reason: str


class Queued(NamedTuple):
    """What the worker has to know of a delivery that waits."""

    id: int
    alert: str
    severity: str
    next_ms: int


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """What became of the deliveries of one channel."""

    waiting: int = 0
    dead: int = 0
    sent_ms: int = 0
    """When the last one arrived; 0: none ever did."""
    failed_ms: int = 0
    """When the last try failed."""
    error: str = ""
    """Why."""


class Plan(Protocol):
    """What an event does to the outbox, as `hub.delivery.routing` decides it."""

    @property
    def due(self) -> Sequence[Any]:
        """Return deliveries that are to be: `channel`, `language`, `at_ms`."""

    @property
    def withdrawn(self) -> Sequence[int]:
        """Return deliveries that nobody needs any more."""


class DeliveryRecords:
    """Deliveries in the records; any thread may use it. Raises StoreError, StoreUnavailable."""

    def __init__(self, records: Records) -> None:
        self.records = records

    @staticmethod
    def put(
        connection: Connection,
        row: Mapping[str, Any],
        now_ms: int,
        decide: Callable[[Sequence[DeliveryRecord]], Plan],
    ) -> Sequence[str]:
        """Turn an event into deliveries, in the transaction of the event; return their channels.

        `row` is what all of them share: event, alert, step, severity, told. An event that is put
        twice changes nothing.
        """
        known = select(_C.id).where(_C.event == row["event"]).limit(1)
        if connection.execute(known).first() is not None:
            return ()
        statement = select(DELIVERIES).where(_C.alert == row["alert"]).order_by(_C.id)
        plan = decide([_record(each) for each in connection.execute(statement).mappings()])
        for due in plan.due:
            values = _fresh(row, due.channel, due.language, now_ms, due.at_ms)
            connection.execute(insert(DELIVERIES).values(values))
        if plan.withdrawn:
            connection.execute(
                update(DELIVERIES)
                .where(_C.id.in_(plan.withdrawn), _C.state == "waiting")
                .values(state="withdrawn")
            )
        return [due.channel for due in plan.due]

    def waiting(self, channel: str, now_ms: int) -> Sequence[Queued]:
        """Return what waits at a channel by number; of very many, what is due before the rest."""
        statement = (
            select(_C.id, _C.alert, _C.severity, _C.next_ms)
            .where(_C.state == "waiting", _C.channel == channel)
            .order_by(case((_C.next_ms <= now_ms, 0), else_=1), _C.id)
            .limit(MOST_AT_ONCE)
        )
        with self.records.reading() as connection:
            return sorted(Queued(*row) for row in connection.execute(statement))

    def some(self, ids: Sequence[int]) -> Sequence[DeliveryRecord]:
        """Return deliveries by their numbers, as far as they still wait."""
        statement = select(DELIVERIES).where(_C.id.in_(ids), _C.state == "waiting").order_by(_C.id)
        with self.records.reading() as connection:
            return [_record(row) for row in connection.execute(statement).mappings()]

    def tried_since(self, channel: str, since_ms: int) -> Sequence[int]:
        """Return when messages were last tried at a channel, since an instant."""
        statement = (
            select(_C.tried_ms, _C.message)
            .where(_C.channel == channel, _C.tried_ms >= since_ms)
            .distinct()
            .order_by(_C.tried_ms)
        )
        with self.records.reading() as connection:
            return [int(at_ms) for at_ms, _ in connection.execute(statement)]

    def sent(self, ids: Sequence[int], now_ms: int) -> None:
        """Note that deliveries went, in one message."""
        values = {"state": "sent", "sent_ms": now_ms, "tried_ms": now_ms}
        with self.records.writing() as connection:
            connection.execute(
                update(DELIVERIES)
                .where(_C.id.in_(ids))
                .values(**values, attempts=_C.attempts + 1, message=min(ids))
            )

    def failed(
        self, ids: Sequence[int], now_ms: int, error: str, state_of: Callable[[int, int], Any]
    ) -> Sequence[int]:
        """Note that deliveries failed; return those that are dead letters now.

        `state_of(attempts, due_ms)` returns when to try again, None: not any more.
        """
        dead = []
        with self.records.writing() as connection:
            statement = select(_C.id, _C.attempts, _C.due_ms).where(
                _C.id.in_(ids), _C.state == "waiting"
            )
            for id_, attempts, due_ms in connection.execute(statement).all():
                next_ms = state_of(attempts + 1, due_ms)
                values: dict[str, Any] = {"attempts": attempts + 1, "tried_ms": now_ms}
                values |= {"failed_ms": now_ms, "error": error}
                if next_ms is None:
                    values |= {"state": "dead"}
                    dead.append(int(id_))
                else:
                    values |= {"next_ms": next_ms}
                connection.execute(update(DELIVERIES).where(_C.id == id_).values(values))
        return dead

    def hasten(self, channel: str, now_ms: int) -> None:
        """Let what failed at a channel be tried at once: it has come back."""
        with self.records.writing() as connection:
            connection.execute(
                update(DELIVERIES)
                .where(_C.channel == channel, _C.state == "waiting", _C.attempts > 0)
                .values(next_ms=now_ms)
            )

    def orphaned(self, known: Iterable[str], now_ms: int, error: str) -> int:
        """Give up what waits at channels that are not known; return how many."""
        with self.records.writing() as connection:
            found = connection.execute(
                update(DELIVERIES)
                .where(_C.state == "waiting", _C.channel.not_in(list(known)))
                .values(state="dead", error=error, failed_ms=now_ms)
            )
            return found.rowcount

    def add_test(self, row: Mapping[str, Any], channel: str, language: str, now_ms: int) -> int:
        """Add a test message that is about to be sent; return its number."""
        values = _fresh(row, channel, language, now_ms, now_ms) | {"state": "tested"}
        with self.records.writing() as connection:
            made = connection.execute(insert(DELIVERIES).values(values)).inserted_primary_key
        return int(made[0]) if made else 0

    def tested(self, id_: int, now_ms: int, error: str, told: Entry) -> None:
        """Note what became of a test message."""
        values: dict[str, Any] = {"tried_ms": now_ms, "attempts": 1}
        if error:
            values |= {"failed_ms": now_ms, "error": error}
        else:
            values |= {"state": "sent", "sent_ms": now_ms, "message": id_}
        with self.records.writing() as connection:
            connection.execute(update(DELIVERIES).where(_C.id == id_).values(values))
            append(connection, told)

    def dead(self, most: int, before_id: int | None = None) -> Sequence[DeliveryRecord]:
        """Return dead letters, newest first."""
        statement = select(DELIVERIES).where(_C.state == "dead").order_by(_C.id.desc()).limit(most)
        if before_id is not None:
            statement = statement.where(_C.id < before_id)
        with self.records.reading() as connection:
            return [_record(row) for row in connection.execute(statement).mappings()]

    def get(self, id_: int) -> DeliveryRecord:
        """Return one delivery. Raises NotFound."""
        with self.records.reading() as connection:
            return _one(connection, id_)

    def of_alert(self, alert: str) -> Sequence[DeliveryRecord]:
        """Return every delivery of an alert, oldest first."""
        statement = select(DELIVERIES).where(_C.alert == alert).order_by(_C.id)
        with self.records.reading() as connection:
            return [_record(row) for row in connection.execute(statement).mappings()]

    def retry(self, ids: Sequence[int], now_ms: int, told: Entry) -> Sequence[str]:
        """Let dead letters be tried anew, with all tries before them; return their channels."""
        with self.records.writing() as connection:
            is_one = (_C.id.in_(ids), _C.state == "dead")
            statement = select(_C.channel).where(*is_one).distinct()
            channels = [str(channel) for (channel,) in connection.execute(statement)]
            if channels:
                values = {"state": "waiting", "attempts": 0, "due_ms": now_ms, "next_ms": now_ms}
                connection.execute(update(DELIVERIES).where(*is_one).values(values))
                append(connection, told)
        return channels

    def drop(self, id_: int, reason: str, told: Entry) -> None:
        """Give up on a dead letter for good; a second time changes nothing."""
        with self.records.writing() as connection:
            found = connection.execute(
                update(DELIVERIES)
                .where(_C.id == id_, _C.state == "dead")
                .values(state="dropped", reason=reason)
            )
            if found.rowcount:
                append(connection, told)

    def channels(self) -> Mapping[str, ChannelRecord]:
        """Return how each channel fares."""
        with self.records.reading() as connection:
            counts: dict[tuple[str, str], int] = {
                (state, channel): count
                for state, channel, count in connection.execute(
                    select(_C.state, _C.channel, func.count())
                    .where(_C.state.in_(["waiting", "dead"]))
                    .group_by(_C.state, _C.channel)
                )
            }
            arrived = select(_C.channel, func.max(_C.sent_ms)).group_by(_C.channel)
            sent = {str(row[0]): int(row[1] or 0) for row in connection.execute(arrived)}
            # SQLite and PostgreSQL both take the row of the newest failed try by this join.
            newest = (
                select(_C.channel, func.max(_C.failed_ms).label("at_ms"))
                .where(_C.failed_ms > 0)
                .group_by(_C.channel)
                .subquery()
            )
            failed = {
                channel: (at_ms, error)
                for channel, at_ms, error in connection.execute(
                    select(_C.channel, _C.failed_ms, _C.error).join(
                        newest,
                        (_C.channel == newest.c.channel) & (_C.failed_ms == newest.c.at_ms),
                    )
                )
            }
        return {
            channel: ChannelRecord(
                counts.get(("waiting", channel), 0),
                counts.get(("dead", channel), 0),
                sent.get(channel, 0),
                *failed.get(channel, (0, "")),
            )
            for channel in {*sent, *failed, *(each for _, each in counts)}
        }

    def forget(self, before_ms: int) -> int:
        """Delete what is done with and older than an instant; return how many."""
        with self.records.writing() as connection:
            found = connection.execute(
                delete(DELIVERIES).where(
                    _C.state.in_(["sent", "withdrawn", "dropped", "tested"]),
                    _C.made_ms < before_ms,
                )
            )
            return found.rowcount


def _fresh(
    row: Mapping[str, Any], channel: str, language: str, now_ms: int, next_ms: int
) -> dict[str, Any]:
    return {
        **row,
        "channel": channel,
        "language": language,
        "state": "waiting",
        "made_ms": now_ms,
        "due_ms": next_ms,
        "next_ms": next_ms,
        "attempts": 0,
        "tried_ms": 0,
        "failed_ms": 0,
        "error": "",
        "reason": "",
    }


def _one(connection: Connection, id_: int) -> DeliveryRecord:
    row = connection.execute(select(DELIVERIES).where(_C.id == id_)).mappings().first()
    if row is None:
        raise NotFound(f"there is no delivery {id_}")
    return _record(row)


def _record(row: RowMapping) -> DeliveryRecord:
    values: dict[str, Any] = dict(row)
    return DeliveryRecord(**values)
