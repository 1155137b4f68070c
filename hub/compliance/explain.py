"""Why a verdict is what it is, what would settle it, what of it a person should be told.

Which evidence made which minutes open, closed or unknown; sentences in both languages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from hub.compliance.bounds import Status
from hub.compliance.evidence import Cause, Parameters, Split
from hub.compliance.intervals import (
    Interval,
    Intervals,
    clipped,
    difference,
    intersection,
    seconds,
)
from hub.compliance.judge import Verdict
from hub.compliance.localtime import LocalTime, days
from hub.compliance.rules import USAGE_SOURCES

State = Literal["open", "closed", "unknown"]
FindingKind = Literal[
    "plan_breach",
    "late_opening",
    "early_closing",
    "unnotified_closure",
    "insufficient_evidence",
    "conflict",
    "trend",
]
LEAST_COVERAGE: Final = Fraction(9, 10)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the declared time and what made it open, closed or unknown."""

    start_s: int
    end_s: int
    state: State
    cause: Cause | Literal["to_come"]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not known, and what would settle it."""

    cause: Cause | Literal["to_come", "register", "usage"]
    seconds: int
    settled_by: str
    """The kind of source: lock, entry, node, person, register, time."""
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the evidence that a person should be told."""

    kind: FindingKind
    start_s: int
    end_s: int
    zh: str
    en: str
    rule: str = ""
    """Of a period: which rule; empty where it is about a day's hours."""
    period: str = ""


_CAUSES: Final[Mapping[str, tuple[str, str]]] = {
    "override": ("人工更正", "corrected by a person"),
    "lock": ("门锁读数", "the lock's reading"),
    "staff": ("工作人员在自助机登记开放", "staff declared it at the kiosk"),
    "events": ("有人进入或借还", "people entered or borrowed"),
    "conflict": ("门锁读作锁闭，却有人进入", "the lock read locked while people entered"),
    "too_few_events": ("当天到访次数太少，不足为凭", "too few events that day to rely on"),
    "silent": (
        "有设备在线，但没有人进入，也没有门锁读数",
        "heard, but nobody came and no lock tells",
    ),
    "not_heard": ("没有任何设备的数据", "no device was heard"),
    "to_come": ("尚未到来", "still to come"),
}


def pieces(verdict: Verdict, clock: LocalTime) -> list[Piece]:
    """Return every stretch of the declared time with its state and cause, in order of time.

    Cut at local midnights, so that each belongs to one day.
    """
    parts = verdict.parts
    states: tuple[tuple[State, Intervals], ...] = (
        ("open", parts.opened),
        ("closed", parts.closed),
        ("unknown", parts.unknown),
    )
    result = []
    for state, where in states:
        left = where
        for cause, made in parts.reasons.items():
            for start, end in _by_day(intersection(where, made), clock):
                result.append(Piece(start, end, state, cause, *_CAUSES[cause]))
            left = difference(left, made)
        for start, end in _by_day(left, clock):
            result.append(Piece(start, end, state, "to_come", *_CAUSES["to_come"]))
    return sorted(result, key=lambda piece: piece.start_s)


def missing(verdict: Verdict) -> list[Missing]:
    """Return what an insufficient verdict lacks, the most first, and what would settle it."""
    if verdict.status is not Status.INSUFFICIENT:
        return []
    if verdict.rule.metric == "free_admission_bool":
        return [
            Missing("register", 0, "register", "登记册中没有是否免费开放的记录：请登记",
                    "the register does not say whether admission is free: write it down")
        ]  # fmt: skip
    parts, found = verdict.parts, []
    source = USAGE_SOURCES.get(verdict.rule.metric)
    if source is not None and not parts.kinds & {source[0]}:
        found.append(Missing("usage", 0, source[0], source[1], source[2]))
    for cause, made in parts.reasons.items():
        lost = seconds(intersection(parts.unknown, made))
        if lost:
            settled_by, zh, en = _settled(cause, parts)
            found.append(Missing(cause, lost, settled_by, zh, en))
    known = sum(seconds(made) for made in parts.reasons.values())
    to_come = seconds(parts.declared) - known
    if to_come > 0:
        found.append(
            Missing("to_come", to_come, "time", "时段尚未结束", "the period is not over yet")
        )
    return sorted(found, key=lambda item: -item.seconds)


def findings(
    verdict: Verdict, sessions: Intervals, clock: LocalTime, parameters: Parameters
) -> list[Finding]:
    """Return what of a verdict a person should be told.

    `sessions`: what was declared, session by session. The grace mutes a finding, never the count.
    """
    parts = verdict.parts
    found = []
    whole = verdict.parts.declared or ((0, 0),)
    start, end = whole[0][0], whole[-1][1]
    if verdict.declared_adjusted.status is Status.NON_COMPLIANT:
        found.append(
            Finding("plan_breach", start, end, "公示的开放时间本身就不达标",
                    "the hours that are declared already fail the rule")
        )  # fmt: skip
    found += _late_and_early(parts, sessions, clock, parameters)
    for stretch in parts.conflicts:
        text = _CAUSES["conflict"]
        found.append(Finding("conflict", *stretch, *text))
    if verdict.declared_seconds and verdict.coverage < LEAST_COVERAGE:
        found.append(
            Finding("insufficient_evidence", start, end, "证据覆盖不足九成",
                    "less than nine tenths of the declared time is known")
        )  # fmt: skip
    if verdict.forecast == "unreachable":
        found.append(
            Finding("trend", start, end, "本期已不可能达标", "this period can no longer comply")
        )
    return sorted(found, key=lambda finding: (finding.start_s, finding.kind))


def _late_and_early(
    parts: Split, sessions: Intervals, clock: LocalTime, parameters: Parameters
) -> Iterator[Finding]:
    closed_days = set()
    for day in _days_of(sessions, clock):
        due = clipped(sessions, *clock.day(day))
        if due and not difference(due, parts.closed):
            closed_days.add(day)
            yield Finding("unnotified_closure", due[0][0], due[-1][1],
                          "当天应开未开，没有公示", "closed all day without a notice")  # fmt: skip
    for start, end in sessions:
        if clock.day_of(start) in closed_days:
            continue
        closed = clipped(parts.closed, start, end)
        if closed and closed[0][0] == start and closed[0][1] - start > parameters.grace_seconds:
            minutes = (closed[0][1] - start) // 60
            yield Finding("late_opening", *closed[0], f"晚开 {minutes} 分钟",
                          f"opened {minutes} min late")  # fmt: skip
        if closed and closed[-1][1] == end and end - closed[-1][0] > parameters.grace_seconds:
            if closed[-1][0] == start:
                continue
            minutes = (end - closed[-1][0]) // 60
            yield Finding("early_closing", *closed[-1], f"早关 {minutes} 分钟",
                          f"closed {minutes} min early")  # fmt: skip


def _settled(cause: Cause, parts: Split) -> tuple[str, str, str]:
    """Return which source would settle what is unknown for a cause."""
    if cause == "not_heard" and not parts.kinds:
        return _SETTLED["no_device"]
    if cause == "silent" and "lock" in parts.kinds:
        return _SETTLED["lock_silent"]
    if cause == "not_heard" and "lock" not in parts.kinds:
        return _SETTLED["not_heard_without_lock"]
    return _SETTLED.get(cause, _SETTLED["conflict"])


_SETTLED: Final[Mapping[str, tuple[str, str, str]]] = {
    "no_device": (
        "lock",
        "没有设备：加装门锁触点即可判定",
        "there is no device: a lock contact would settle it",
    ),
    "not_heard": (
        "node",
        "设备离线：待其补传数据，或由人更正并附凭据",
        "not heard: data that the node still holds, or a correction with a document, settles it",
    ),
    "not_heard_without_lock": (
        "node",
        "设备离线：待其补传数据；加装门锁触点可免此不明",
        "not heard: data that the node still holds settles some of it, a lock contact all",
    ),
    "silent": (
        "lock",
        "无人进入不等于闭馆：加装门锁或卷帘触点即可判定",
        "nobody came is not closed: a lock or shutter contact would settle it",
    ),
    "lock_silent": (
        "node",
        "门锁没有读数：请检查门锁触点",
        "the lock tells nothing: check its contact",
    ),
    "too_few_events": (
        "lock",
        "到访太少：加装门锁触点，或由人更正并附凭据",
        "too few events: a lock contact, or a correction with a document, would settle it",
    ),
    "conflict": (
        "person",
        "读数矛盾：请检查门锁触点，并由人更正",
        "sensors contradict each other: check the lock's contact, and correct by hand",
    ),
}


def _by_day(where: Intervals, clock: LocalTime) -> Iterator[Interval]:
    for start, end in where:
        at = start
        while at < end:
            midnight = clock.day(clock.day_of(at))[1]
            yield at, min(end, midnight)
            at = midnight


def _days_of(sessions: Intervals, clock: LocalTime) -> Iterator[date]:
    if sessions:
        yield from days(clock.day_of(sessions[0][0]), clock.day_of(sessions[-1][1] - 1))
