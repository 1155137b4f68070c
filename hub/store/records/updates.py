"""Releases for nodes in the records, and how they go out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.engine import RowMapping

from contracts.ids import NodeId
from contracts.update import UpdateManifest, decode_update_manifest
from hub.audit import Entry
from hub.store.records.audit import append
from hub.store.records.records import Records, set_entry
from hub.store.records.update_tables import ROLLOUT_TARGETS, ROLLOUTS, UPDATES

_REVISION: Final = "updates_revision"


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """An update that nodes may be given; `sha256` and `bytes` are of its zip."""

    sha256: str
    bytes: int
    manifest: UpdateManifest
    who: str
    added_ms: int


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """One node of a rollout."""

    node: NodeId
    stage: int
    state: str
    since_ms: int
    reason: str
    attempt: int


@dataclass(frozen=True, slots=True)
class RolloutRecord:
    """A rollout as it is kept; `plan` is JSON."""

    id: int
    sha256: str
    kind: str
    version: str
    plan: str
    who: str
    started_ms: int
    state: str
    stage: int
    soaking_ms: int
    reason: str
    ended_ms: int
    targets: tuple[TargetRecord, ...] = ()


class UpdateRecords:
    """Each change of a person brings its entry of the audit log, in the same transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def revision(self) -> int:
        """Return a number that grows with each change of a person, in whichever process."""
        return int(self._records.metadata(_REVISION) or 0)

    def updates(self) -> list[UpdateRecord]:
        """Return every update, the newest first."""
        statement = select(UPDATES).order_by(UPDATES.c.added_ms.desc(), UPDATES.c.sha256)
        with self._records.reading() as connection:
            rows = connection.execute(statement).mappings()
            return [_update(row) for row in rows]

    def add(self, one: UpdateRecord, manifest: bytes, told: Entry) -> None:
        """Keep an update; the same one again changes nothing."""
        values = {"sha256": one.sha256, "bytes": one.bytes, "who": one.who}
        values |= {"manifest": manifest.decode(), "added_ms": one.added_ms}
        with self._records.writing() as connection:
            connection.execute(delete(UPDATES).where(UPDATES.c.sha256 == one.sha256))
            connection.execute(insert(UPDATES).values(values))
            append(connection, told)

    def remove(self, sha256: str, told: Entry) -> None:
        """Forget an update."""
        with self._records.writing() as connection:
            connection.execute(delete(UPDATES).where(UPDATES.c.sha256 == sha256))
            append(connection, told)

    def rollouts(self, most: int = 100) -> list[RolloutRecord]:
        """Return the newest rollouts with their nodes, the newest first."""
        with self._records.reading() as connection:
            statement = select(ROLLOUTS).order_by(ROLLOUTS.c.id.desc()).limit(most)
            rows = list(connection.execute(statement).mappings())
            numbers = [row["id"] for row in rows]
            found = connection.execute(
                select(ROLLOUT_TARGETS)
                .where(ROLLOUT_TARGETS.c.rollout.in_(numbers))
                .order_by(ROLLOUT_TARGETS.c.stage, ROLLOUT_TARGETS.c.venue, ROLLOUT_TARGETS.c.node)
            ).mappings()
            targets: dict[int, list[TargetRecord]] = {number: [] for number in numbers}
            for row in found:
                targets[row["rollout"]].append(_target(row))
            return [RolloutRecord(**row, targets=tuple(targets[row["id"]])) for row in rows]

    def begin(self, one: RolloutRecord, told: Entry) -> RolloutRecord:
        """Keep a new rollout and return it with its number, which no other ever has."""
        values = {key: value for key, value in _values(one).items() if key != "id"}
        with self._records.writing() as connection:
            number = connection.execute(insert(ROLLOUTS).values(values)).inserted_primary_key
            assert number is not None  # noqa: S101  the table has one
            one = replace(one, id=int(number[0]))
            if one.targets:
                rows = [_target_values(one.id, target) for target in one.targets]
                connection.execute(insert(ROLLOUT_TARGETS), rows)
            append(connection, replace(told, subject=str(one.id)))
            self._touch(connection)
        return one

    def keep(
        self, one: RolloutRecord, changed: Sequence[TargetRecord], told: Entry | None = None
    ) -> None:
        """Keep how a rollout stands, and the nodes of it that changed."""
        with self._records.writing() as connection:
            connection.execute(update(ROLLOUTS).where(ROLLOUTS.c.id == one.id).values(_values(one)))
            for target in changed:
                connection.execute(
                    update(ROLLOUT_TARGETS)
                    .where(
                        ROLLOUT_TARGETS.c.rollout == one.id,
                        ROLLOUT_TARGETS.c.venue == target.node.venue,
                        ROLLOUT_TARGETS.c.node == target.node.node,
                    )
                    .values(_target_values(one.id, target))
                )
            if told is not None:
                append(connection, told)
                self._touch(connection)

    def _touch(self, connection: Connection) -> None:
        set_entry(connection, _REVISION, str(self.revision() + 1))


def plan_text(plan: object) -> str:
    """Return a plan as it is kept."""
    return json.dumps(asdict(plan), sort_keys=True)  # type: ignore[call-overload]  # a dataclass


def _update(row: RowMapping) -> UpdateRecord:
    manifest = decode_update_manifest(row["manifest"].encode())
    return UpdateRecord(row["sha256"], row["bytes"], manifest, row["who"], row["added_ms"])


def _target(row: RowMapping) -> TargetRecord:
    values = {key: row[key] for key in ("stage", "state", "since_ms", "reason", "attempt")}
    return TargetRecord(NodeId(row["venue"], row["node"]), **values)


def _values(one: RolloutRecord) -> dict[str, object]:
    return {key: getattr(one, key) for key in RolloutRecord.__slots__ if key != "targets"}


def _target_values(rollout: int, target: TargetRecord) -> dict[str, object]:
    return {
        "rollout": rollout,
        "venue": target.node.venue,
        "node": target.node.node,
        "stage": target.stage,
        "state": target.state,
        "since_ms": target.since_ms,
        "reason": target.reason,
        "attempt": target.attempt,
    }
