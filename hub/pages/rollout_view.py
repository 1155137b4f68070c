"""What the page of rollouts shows, as plain strings: templates only place it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.live.now import DeviceNow
from hub.pages.frame import minute_of
from hub.pages.update_words import reason_of_update
from hub.pages.words import Words
from hub.store.records.updates import UpdateRecord
from hub.updates.rollout import Rollout, RolloutState, Target, TargetState
from hub.venues import Venue

KINDS: Final = {"edge": Words("边缘端", "edges"), "kiosk": Words("自助机", "kiosks")}
STATES: Final = {
    RolloutState.RUNNING: ("open", Words("进行中", "Under way")),
    RolloutState.PAUSED: ("degraded", Words("已暂停", "Paused")),
    RolloutState.DONE: ("known", Words("已完成", "Done")),
    RolloutState.STOPPED: ("closed", Words("已停止", "Stopped")),
}
TARGETS: Final = {
    TargetState.WAITING: ("unknown", Words("未轮到", "waits")),
    TargetState.TOLD: ("degraded", Words("已通知", "told")),
    TargetState.UPDATED: ("known", Words("已更新", "updated")),
    TargetState.ROLLED_BACK: ("breach", Words("已退回", "rolled back")),
    TargetState.REFUSED: ("breach", Words("被拒绝", "refused")),
}
WHENS: Final = {
    "closed": Words("闭馆时切换", "switches while the venue is closed"),
    "night": Words("夜间切换", "switches at night"),
    "now": Words("随时切换", "switches at any time"),
}
_FAILED: Final = frozenset({TargetState.ROLLED_BACK, TargetState.REFUSED})


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One node of a rollout."""

    venue: Words
    venue_id: str
    node: str
    mark: str
    state: Words
    since: str
    reason: Words | None
    can_retry: bool


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage: how many nodes of it are how far."""

    name: Words
    is_now: bool
    counts: tuple[tuple[str, Words, int], ...]
    targets: tuple[TargetRow, ...]


@dataclass(frozen=True, slots=True)
class RolloutView:
    """A rollout."""

    id: int
    title: Words
    mark: str
    state: Words
    is_running: bool
    reason: Words | None
    plan: Words
    by: Words
    updated: int
    nodes: int
    failed: int
    percent: int
    stages: tuple[StageRow, ...]


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """A release that can be rolled out."""

    sha256: str
    kind: str
    title: Words
    detail: Words
    by: Words


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that can go first."""

    id: str
    kind: Words
    venue: Words
    node: str
    software: str


def build_rollout(one: Rollout, declared: Mapping[str, Venue]) -> RolloutView:
    """Return a rollout as the page shows it."""
    mark, state = STATES[one.state]
    updated = sum(target.state is TargetState.UPDATED for target in one.targets)
    kind, plan, when = KINDS[one.kind], one.plan, WHENS[one.plan.when]
    shares = ", ".join(f"{share} %" for share in plan.shares)
    started = minute_of(one.started_ms)
    is_open = one.state in {RolloutState.RUNNING, RolloutState.PAUSED}
    return RolloutView(
        one.id,
        Words(f"{kind.zh} {one.version}", f"{one.version} for {kind.en}"),
        mark,
        state,
        one.state is RolloutState.RUNNING,
        _paused(one),
        Words(
            f"先行组，然后 {shares}；每批观察 {plan.soak_minutes} 分钟；失败超过"
            f" {plan.most_failures} 台即暂停；{when.zh}。",
            f"a first group, then {shares}; {plan.soak_minutes} minutes between; pauses at more"
            f" than {plan.most_failures} failures; {when.en}.",
        ),
        Words(f"{one.who}，{started}", f"{one.who}, {started}"),
        updated,
        len(one.targets),
        one.failures,
        round(100 * updated / max(1, len(one.targets))),
        tuple(
            _stage(one, number, declared, is_open=is_open)
            for number in sorted({target.stage for target in one.targets})
        ),
    )


def build_update(one: UpdateRecord) -> UpdateRow:
    """Return a release as the page shows it."""
    manifest = one.manifest
    kind, added = KINDS[manifest.kind], minute_of(one.added_ms)
    machines, python = ", ".join(manifest.machines), ", ".join(manifest.python)
    size = f"{one.bytes / 2**20:.1f} MiB"
    return UpdateRow(
        one.sha256,
        manifest.kind,
        Words(f"{kind.zh} {manifest.version}", f"{manifest.version} for {kind.en}"),
        Words(
            f"{manifest.made}，{machines or '任何机器'}，Python {python}，{size}",
            f"{manifest.made}, {machines or 'any machine'}, Python {python}, {size}",
        ),
        Words(f"{one.who}，{added}", f"{one.who}, {added}"),
    )


def build_candidates(
    kind: str, nodes: Iterable[DeviceNow], declared: Mapping[str, Venue]
) -> list[Candidate]:
    """Return the nodes that can go first."""
    return [
        Candidate(
            f"{now.venue}/{now.node}",
            KINDS[kind],
            _name(now.venue, declared),
            now.node,
            now.device.software if now.device is not None else "",
        )
        for now in nodes
    ]


def _paused(one: Rollout) -> Words | None:
    """Return why a rollout was paused."""
    if one.state is not RolloutState.PAUSED:
        return None
    if one.reason.startswith("by "):
        who = one.reason.removeprefix("by ")
        return Words(f"由 {who} 暂停", f"paused by {who}")
    return Words(
        f"{one.failures} 台失败，超过允许的 {one.plan.most_failures} 台",
        f"{one.failures} failed, more than the {one.plan.most_failures} that are allowed",
    )


def _stage(
    rollout: Rollout, number: int, declared: Mapping[str, Venue], *, is_open: bool
) -> StageRow:
    targets = [one for one in rollout.targets if one.stage == number]
    if number == 0:
        name = Words("先行组", "First group")
    else:
        share = rollout.plan.shares[number - 1]
        name = Words(f"至 {share} %", f"up to {share} %")
    counts = tuple(
        (*TARGETS[state], count)
        for state in TargetState
        if (count := sum(one.state is state for one in targets))
    )
    # Of hundreds of nodes only those are named that go first, or that somebody has to look at.
    shown = [one for one in targets if number == 0 or one.state in _FAILED]
    return StageRow(
        name,
        is_open and number == rollout.stage,
        counts,
        tuple(_target(one, declared, is_open=is_open) for one in shown),
    )


def _target(one: Target, declared: Mapping[str, Venue], *, is_open: bool) -> TargetRow:
    mark, state = TARGETS[one.state]
    return TargetRow(
        _name(one.node.venue, declared),
        one.node.venue,
        one.node.node,
        mark,
        state,
        minute_of(one.since_ms) if one.since_ms else "",
        reason_of_update(one.reason) if one.reason else None,
        is_open and one.state in _FAILED,
    )


def _name(venue: str, declared: Mapping[str, Venue]) -> Words:
    found = declared.get(venue)
    return Words(found.name_zh, found.name_en) if found else Words(venue, venue)
