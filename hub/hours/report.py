"""Verdicts as plain values for programs, and as lines for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from hub.compliance.bounds import (
    Bounds,
    Status,
    decimals,
    every,
    mean,
    share_of_units,
    shown_number,
)
from hub.compliance.explain import findings, missing, pieces
from hub.compliance.intervals import Intervals, seconds
from hub.compliance.judge import Judge, Verdict
from hub.compliance.localtime import LocalTime
from hub.compliance.measures import Reading
from hub.compliance.rules import METRICS
from hub.hours.build import Built

WORDS: Final[Mapping[Status, str]] = {
    Status.COMPLIANT: "达标 compliant",
    Status.WITH_EXCEPTION: "例外达标 compliant with exception",
    Status.INSUFFICIENT: "证据不足 insufficient evidence",
    Status.NON_COMPLIANT: "不达标 non-compliant",
    Status.NOT_APPLICABLE: "不适用 not applicable",
}
"""Statuses in both languages."""


@dataclass(frozen=True)
class Result:
    """A scenario that was judged: a verdict each unit, rule and period, and what they come to."""

    verdicts: tuple[Verdict, ...]
    plain: dict[str, Any]


def judge_scenario(built: Built) -> Result:
    """Judge every rule of every unit over every period."""
    verdicts: list[Verdict] = []
    told: list[dict[str, Any]] = []
    for unit in built.units:
        judge = Judge(unit, built.parameters, built.policy, built.as_of_s)
        for span in built.spans:
            for rule in built.rules:
                verdict = judge.judge(rule, span)
                verdicts.append(verdict)
                sessions = unit.schedule.declared(span.first, span.last)
                told.append(as_plain(verdict, built, sessions))
    plain: dict[str, Any] = {"title": built.scenario.title, "verdicts": told}
    plain["overall"] = str(every(verdict.status for verdict in verdicts))
    if len(built.units) > 1:
        plain["aggregates"] = _aggregates(verdicts, built)
    return Result(tuple(verdicts), plain)


def as_plain(verdict: Verdict, built: Built, sessions: Intervals) -> dict[str, Any]:
    """Return a verdict as plain values; numbers exact as fractions and as people read them."""
    clock, parts = built.clock, verdict.parts
    unit = METRICS[verdict.rule.metric]
    return {
        "rule": verdict.rule.id,
        "unit": verdict.unit,
        "period": verdict.span.name,
        "status": str(verdict.status),
        "raw": plain_reading(verdict.raw, unit),
        "adjusted": plain_reading(verdict.adjusted, unit),
        "within_tolerance": plain_reading(verdict.tolerance, unit),
        "declared": {
            "raw": plain_reading(verdict.declared_raw, unit),
            "adjusted": plain_reading(verdict.declared_adjusted, unit),
        },
        "threshold": None if verdict.threshold is None else _number(verdict.threshold, unit),
        "op": verdict.rule.op,
        "final": verdict.is_final,
        "forecast": verdict.forecast,
        "seconds": {
            "declared": seconds(parts.declared),
            "open": seconds(parts.opened),
            "closed": seconds(parts.closed),
            "unknown": seconds(parts.unknown),
            "extra_open": seconds(parts.extra_open),
            "conflict": seconds(parts.conflicts),
        },
        "hours": {
            "low": decimals(Fraction(seconds(parts.opened), 3600), 2),
            "high": decimals(Fraction(seconds(parts.opened) + seconds(parts.unknown), 3600), 2),
        },
        "coverage": _number(verdict.coverage, ""),
        "grade": verdict.grade,
        "calendar": verdict.calendar,
        "versions": list(verdict.versions),
        "digest": verdict.digest,
        "because": verdict.because,
        "why": [
            {
                "from": clock.show(piece.start_s),
                "until": clock.show(piece.end_s),
                "state": piece.state,
                "cause": piece.cause,
                "zh": piece.zh,
                "en": piece.en,
            }
            for piece in pieces(verdict, clock)
        ],
        "missing": [
            {
                "cause": lack.cause,
                "seconds": lack.seconds,
                "settled_by": lack.settled_by,
                "zh": lack.zh,
                "en": lack.en,
            }
            for lack in missing(verdict)
        ],
        "findings": [
            {
                "kind": finding.kind,
                "from": clock.show(finding.start_s),
                "until": clock.show(finding.end_s),
                "zh": finding.zh,
                "en": finding.en,
            }
            for finding in findings(verdict, sessions, clock, built.parameters)
        ],
    }


def lines(result: Result, built: Built) -> list[str]:
    """Return what a terminal shows."""
    shown = [built.scenario.title] if built.scenario.title else []
    for verdict, plain in zip(result.verdicts, result.plain["verdicts"], strict=True):
        if verdict.status is Status.NOT_APPLICABLE and not built.scenario.rules:
            continue
        shown += ["", *_one(verdict, plain, built.clock)]
    for name, told in result.plain.get("aggregates", {}).items():
        shown += ["", f"{name}: {told['each']} for each; share {told['share']}"]
    return [*shown, "", f"overall: {WORDS[Status(result.plain['overall'])]}"]


def _one(verdict: Verdict, plain: Mapping[str, Any], clock: LocalTime) -> list[str]:
    unit = METRICS[verdict.rule.metric]
    shown = [
        f"{verdict.unit}  {verdict.rule.id}  {verdict.span.name}:  {WORDS[verdict.status]}",
    ]
    if verdict.because:
        return [*shown, f"  {verdict.because}"]
    limit = (
        ""
        if verdict.threshold is None
        else f"{verdict.rule.op} {shown_number(verdict.threshold, unit)}"
    )
    shown.append(f"  asked      {verdict.rule.metric} {limit} {unit}".rstrip())
    for name, reading in (
        ("raw", verdict.raw),
        ("adjusted", verdict.adjusted),
        ("declared", verdict.declared_raw),
    ):
        shown.append(f"  {name:<10} {_range(reading.bounds, unit)}{reading.status}")
    known = plain["seconds"]
    shown.append(
        f"  declared {_hours(known['declared'])}: open {_hours(known['open'])}, closed"
        f" {_hours(known['closed'])}, unknown {_hours(known['unknown'])}; coverage"
        f" {decimals(verdict.coverage * 100, 1)} %, grade {verdict.grade}"
    )
    if verdict.calendar != "official":
        shown.append(f"  calendar   {verdict.calendar}: the notice of this year is not out")
    for piece in pieces(verdict, clock):
        if piece.state != "open" and piece.cause != "to_come":
            span = f"{clock.show(piece.start_s)} – {clock.show(piece.end_s)[11:]}"
            shown.append(f"  {piece.state:<10} {span}  {piece.zh} {piece.en}")
    shown += [f"  missing    {item['zh']} {item['en']}" for item in plain["missing"]]
    return shown + [f"  finding    {found['zh']} {found['en']}" for found in plain["findings"]]


def _aggregates(verdicts: Sequence[Verdict], built: Built) -> dict[str, Any]:
    grouped: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        grouped.setdefault(f"{verdict.rule.id} {verdict.span.name}", []).append(verdict)
    result = {}
    for name, group in grouped.items():
        bounds = share_of_units(verdict.status for verdict in group)
        told = {
            "each": str(every(verdict.status for verdict in group)),
            "share": _bounds(bounds, ""),
            "mean": _bounds(
                mean(v.raw.bounds for v in group if v.status is not Status.NOT_APPLICABLE),
                METRICS[group[0].rule.metric],
            ),
        }
        wanted = built.scenario.share_at_least
        if wanted is not None and bounds is not None:
            told["share_status"] = str(bounds.at_least(Fraction(str(wanted))))
        result[name] = told
    return result


def plain_reading(reading: Reading, unit: str) -> dict[str, Any]:
    """Return a reading as plain values."""
    return {
        "status": str(reading.status),
        **_bounds(reading.bounds, unit),
        "details": {key: _plain(value) for key, value in reading.details.items()},
    }


def _bounds(bounds: Bounds | None, unit: str) -> dict[str, Any]:
    if bounds is None:
        return {"low": None, "high": None}
    return {
        "low": _number(bounds.low, unit),
        "high": None if bounds.high is None else _number(bounds.high, unit),
    }


def _number(value: Fraction, unit: str) -> dict[str, str]:
    return {"exact": str(value), "value": shown_number(value, unit)}


def _range(bounds: Bounds | None, unit: str) -> str:
    if bounds is None:
        return ""
    low = shown_number(bounds.low, unit)
    if bounds.low == bounds.high:
        return f"{low} {unit}  "
    high = "?" if bounds.high is None else shown_number(bounds.high, unit)
    return f"{low} – {high} {unit}  "


def _hours(length: int) -> str:
    return f"{decimals(Fraction(length, 3600), 2)} h"


def _plain(value: Any) -> Any:
    if isinstance(value, Bounds):
        return _bounds(value, "")
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
