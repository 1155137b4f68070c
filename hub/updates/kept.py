"""Rollouts as they are kept, and back."""

import json

from hub.store.records.updates import RolloutRecord, TargetRecord, plan_text
from hub.updates.rollout import Plan, Rollout, RolloutState, Target, TargetState


def to_record(one: Rollout) -> RolloutRecord:
    """Return a rollout as it is kept."""
    return RolloutRecord(
        id=one.id,
        sha256=one.sha256,
        kind=one.kind,
        version=one.version,
        plan=plan_text(one.plan),
        who=one.who,
        started_ms=one.started_ms,
        state=one.state,
        stage=one.stage,
        soaking_ms=one.soaking_ms,
        reason=one.reason,
        ended_ms=one.ended_ms,
        targets=tuple(map(target_record, one.targets)),
    )


def from_record(one: RolloutRecord) -> Rollout:
    """Return a rollout as it was kept."""
    plan = json.loads(one.plan)
    return Rollout(
        id=one.id,
        sha256=one.sha256,
        kind=one.kind,
        version=one.version,
        plan=Plan(**plan | {"shares": tuple(plan["shares"])}),
        who=one.who,
        started_ms=one.started_ms,
        targets=tuple(map(_target, one.targets)),
        state=RolloutState(one.state),
        stage=one.stage,
        soaking_ms=one.soaking_ms,
        reason=one.reason,
        ended_ms=one.ended_ms,
    )


def target_record(one: Target) -> TargetRecord:
    """Return a node of a rollout as it is kept."""
    return TargetRecord(one.node, one.stage, one.state, one.since_ms, one.reason, one.attempt)


def _target(one: TargetRecord) -> Target:
    state = TargetState(one.state)
    return Target(one.node, one.stage, state, one.since_ms, one.reason, one.attempt)
