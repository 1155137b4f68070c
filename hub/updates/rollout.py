"""How a release goes out to nodes: a few first, then shares, and a halt when too many fail. Pure.

    stage 0: the nodes that were named ─► soak ─► stage 1: a share ─► soak ─► … ─► all

Nodes are in a stage from the beginning; which, a hash of the rollout and the node decides, so that
a venue's nodes do not all go first.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal, get_args

from contracts.ids import NodeId
from contracts.updating import UpdateStatus

When = Literal["closed", "night", "now"]
"""When a node may switch: while its venue is closed by its declared hours, at night whatever those
say, or at any time."""
MOST_SHARES: Final = 10


class TargetState(StrEnum):
    """Where a node stands in a rollout."""

    WAITING = "waiting"
    """Its stage has not come yet."""
    TOLD = "told"
    UPDATED = "updated"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"


FAILED: Final = frozenset({TargetState.ROLLED_BACK, TargetState.REFUSED})


class RolloutState(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    PAUSED = "paused"
    """No further node is told, and no node that was told switches."""
    DONE = "done"
    STOPPED = "stopped"


OPEN: Final = frozenset({RolloutState.RUNNING, RolloutState.PAUSED})


@dataclass(frozen=True, slots=True)
class Plan:
    """How a rollout goes: percent of the nodes after each stage behind the first, ending with 100.

    It pauses when more than `most_failures` nodes failed, and goes from one stage to the next when
    so many percent of it are updated and `soak_minutes` have passed since.
    """

    shares: tuple[int, ...] = (10, 50, 100)
    most_failures: int = 0
    soak_minutes: int = 60
    enough_percent: int = 90
    when: When = "closed"
    allow_downgrade: bool = False

    def __post_init__(self) -> None:
        if not self.shares or len(self.shares) > MOST_SHARES or self.shares[-1] != 100:
            raise ValueError("shares end with 100, and there are at most ten")
        if list(self.shares) != sorted(set(self.shares)) or self.shares[0] < 1:
            raise ValueError("shares grow, from 1 to 100")
        if not 0 <= self.most_failures <= 1000:
            raise ValueError("most_failures is from 0 to 1000")
        if not 0 <= self.soak_minutes <= 14 * 1440:
            raise ValueError("soak_minutes is at most two weeks")
        if not 1 <= self.enough_percent <= 100:
            raise ValueError("enough_percent is from 1 to 100")
        if self.when not in get_args(When):
            raise ValueError("when is closed, night or now")


@dataclass(frozen=True, slots=True)
class Target:
    """One node of a rollout; `since_ms` is when it came to its state."""

    node: NodeId
    stage: int
    state: TargetState = TargetState.WAITING
    since_ms: int = 0
    reason: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """A release on its way to nodes."""

    id: int
    sha256: str
    kind: str
    version: str
    plan: Plan
    who: str
    started_ms: int
    targets: tuple[Target, ...]
    state: RolloutState = RolloutState.RUNNING
    stage: int = 0
    soaking_ms: int = 0
    """Since when the present stage has enough nodes; 0: it has not."""
    reason: str = ""
    """Why it was paused."""
    ended_ms: int = 0

    @property
    def failures(self) -> int:
        """Return how many nodes rolled back or refused."""
        return sum(target.state in FAILED for target in self.targets)

    def target(self, node: NodeId) -> Target | None:
        """Return a node of it."""
        return next((one for one in self.targets if one.node == node), None)


def staged(
    seed: str, first: Iterable[NodeId], others: Iterable[NodeId], plan: Plan
) -> tuple[Target, ...]:
    """Return every node with its stage: those that go first, and the others by their shares."""
    canaries = sorted(set(first))
    rest = sorted(set(others) - set(canaries), key=lambda node: _place(seed, node))
    targets = [Target(node, 0) for node in canaries]
    for at, node in enumerate(rest):
        percent = 100 * (at + 1) / len(rest)
        stage = next(
            n for n, share in enumerate(plan.shares, 1) if percent <= share or share == 100
        )
        targets.append(Target(node, stage))
    return tuple(targets)


def step(rollout: Rollout, seen: Mapping[NodeId, UpdateStatus], now_ms: int) -> Rollout:
    """Return a rollout after what nodes say of themselves: the same, where nothing changed."""
    if rollout.state not in OPEN:
        return rollout
    targets = tuple(
        _heard(rollout, target, seen.get(target.node), now_ms) for target in rollout.targets
    )
    if targets != rollout.targets:
        rollout = replace(rollout, targets=targets)
    if rollout.state is RolloutState.PAUSED:
        return rollout
    if rollout.failures > rollout.plan.most_failures:
        failed = [str(one.node) for one in targets if one.state in FAILED]
        reason = f"{len(failed)} failed: {', '.join(failed[:5])}"
        return replace(rollout, state=RolloutState.PAUSED, reason=reason, soaking_ms=0)
    if all(one.state not in {TargetState.WAITING, TargetState.TOLD} for one in targets):
        return replace(rollout, state=RolloutState.DONE, ended_ms=now_ms)
    return _advanced(rollout, now_ms)


def resumed(rollout: Rollout) -> Rollout:
    """Let a paused rollout go on: what failed so far counts as forgiven."""
    plan = replace(rollout.plan, most_failures=max(rollout.plan.most_failures, rollout.failures))
    return replace(rollout, state=RolloutState.RUNNING, reason="", plan=plan)


def tried_again(rollout: Rollout, node: NodeId, now_ms: int) -> Rollout:
    """Let a node that failed be asked once more."""
    targets = tuple(
        replace(one, state=TargetState.TOLD, since_ms=now_ms, reason="", attempt=one.attempt + 1)
        if one.node == node and one.state in FAILED
        else one
        for one in rollout.targets
    )
    return replace(rollout, targets=targets)


def _heard(rollout: Rollout, target: Target, status: UpdateStatus | None, now_ms: int) -> Target:
    is_due = rollout.state is RolloutState.RUNNING and target.stage <= rollout.stage
    if target.state is TargetState.WAITING and is_due:
        target = replace(target, state=TargetState.TOLD, since_ms=now_ms)
    if status is None or target.state is TargetState.UPDATED:
        return target
    if status.phase != "idle" or status.sha256 != rollout.sha256:
        return target
    if status.outcome == "updated":
        # Also one that had it already, by hand.
        return replace(target, state=TargetState.UPDATED, since_ms=now_ms, reason="")
    if target.state is TargetState.TOLD and status.attempt == target.attempt:
        failed = {"rolled_back": TargetState.ROLLED_BACK, "refused": TargetState.REFUSED}
        state = failed.get(status.outcome)
        if state is not None:
            return replace(target, state=state, since_ms=now_ms, reason=status.reason)
    return target


def _advanced(rollout: Rollout, now_ms: int) -> Rollout:
    """Go to the next stage once the present one has enough nodes for long enough."""
    here = [one for one in rollout.targets if one.stage <= rollout.stage]
    updated = sum(one.state is TargetState.UPDATED for one in here)
    # Of the first few, each one counts.
    enough = 100 if rollout.stage == 0 else rollout.plan.enough_percent
    allowed = rollout.failures
    if 100 * (updated + allowed) < enough * len(here):
        return rollout if not rollout.soaking_ms else replace(rollout, soaking_ms=0)
    if rollout.stage >= len(rollout.plan.shares):
        return rollout
    if not rollout.soaking_ms:
        rollout = replace(rollout, soaking_ms=now_ms)
    if now_ms - rollout.soaking_ms < rollout.plan.soak_minutes * 60_000:
        return rollout
    return replace(rollout, stage=rollout.stage + 1, soaking_ms=0)


def _place(seed: str, node: NodeId) -> str:
    return hashlib.sha256(f"{seed} {node}".encode()).hexdigest()
