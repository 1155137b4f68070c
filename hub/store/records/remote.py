"""What nodes told of their settings, and what was ordered of them: the only SQL about it."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select, update

from contracts.ids import NodeId
from contracts.remote import Setting
from hub.audit import Entry
from hub.store.records.audit import append
from hub.store.records.records import Records
from hub.store.records.remote_tables import NODE_ORDERS, NODE_SETTINGS


@dataclass(frozen=True, slots=True)
class SettingsRecord:
    """What a node told last: the text from afar, and all settings that may be set."""

    node: NodeId
    boot: str
    sha256: str
    text: str
    settings: tuple[Setting, ...]
    told_ms: int


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order of a person to a node, and what became of it.

    `verb`: `apply`, `rollback` or `restart`; `part` of a restart; `reason` is the person's, `why`
    the node's. `stage` is one of `contracts.remote.Stage`, or `sent`, `no_answer`.
    """

    id: str
    node: NodeId
    verb: str
    part: str
    base: str
    text: str
    reason: str
    who: str
    at_ms: int
    stage: str = "sent"
    why: str = ""
    changed_ms: int = 0


class RemoteRecords:
    """Each order of a person brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def settings(self) -> dict[NodeId, SettingsRecord]:
        """Return what each node told last."""
        with self._records.reading() as connection:
            rows = connection.execute(select(NODE_SETTINGS)).mappings()
            found = [
                SettingsRecord(
                    NodeId(row["venue"], row["node"]),
                    row["boot"],
                    row["sha256"],
                    row["text"],
                    tuple(Setting(*one) for one in json.loads(row["settings"])),
                    row["told_ms"],
                )
                for row in rows
            ]
        return {one.node: one for one in found}

    def keep_settings(self, one: SettingsRecord) -> None:
        """Keep what a node told, in place of what it told before."""
        of_node = NODE_SETTINGS.c
        listed = [(s.key, s.value, s.is_remote) for s in one.settings]
        with self._records.writing() as connection:
            connection.execute(
                delete(NODE_SETTINGS).where(
                    of_node.venue == one.node.venue, of_node.node == one.node.node
                )
            )
            connection.execute(
                insert(NODE_SETTINGS).values(
                    venue=one.node.venue,
                    node=one.node.node,
                    boot=one.boot,
                    sha256=one.sha256,
                    text=one.text,
                    settings=json.dumps(listed, ensure_ascii=False),
                    told_ms=one.told_ms,
                )
            )

    def order(self, id_: str) -> OrderRecord | None:
        """Return an order, None where there is none."""
        found = self._select(NODE_ORDERS.c.id == id_)
        return found[0] if found else None

    def orders(self, node: NodeId, most: int = 50) -> list[OrderRecord]:
        """Return the newest orders to a node, the newest first."""
        of = NODE_ORDERS.c
        return self._select(of.venue == node.venue, of.node == node.node, most=most)

    def of_stages(self, stages: Collection[str]) -> list[OrderRecord]:
        """Return the orders that stand so, the newest first."""
        return self._select(NODE_ORDERS.c.stage.in_(stages), most=1000)

    def add(self, one: OrderRecord, told: Entry) -> None:
        """Keep a new order."""
        with self._records.writing() as connection:
            connection.execute(insert(NODE_ORDERS).values(_values(one)))
            append(connection, told)

    def keep(self, one: OrderRecord) -> None:
        """Keep what became of an order."""
        with self._records.writing() as connection:
            connection.execute(
                update(NODE_ORDERS)
                .where(NODE_ORDERS.c.id == one.id)
                .values(stage=one.stage, why=one.why, changed_ms=one.changed_ms)
            )

    def _select(self, *conditions: object, most: int = 1) -> list[OrderRecord]:
        statement = (
            select(NODE_ORDERS)
            .where(*conditions)  # type: ignore[arg-type]  # they are columns' comparisons
            .order_by(NODE_ORDERS.c.at_ms.desc(), NODE_ORDERS.c.id)
            .limit(most)
        )
        with self._records.reading() as connection:
            rows = connection.execute(statement).mappings()
            return [
                OrderRecord(
                    node=NodeId(row["venue"], row["node"]),
                    **{key: row[key] for key in _COLUMNS},
                )
                for row in rows
            ]


_COLUMNS = tuple(key for key in OrderRecord.__slots__ if key != "node")


def _values(one: OrderRecord) -> dict[str, object]:
    values = {key: value for key, value in asdict(one).items() if key != "node"}
    return {**values, "venue": one.node.venue, "node": one.node.node}
