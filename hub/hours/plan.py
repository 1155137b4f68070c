"""What a planned timetable would change: declared verdicts before and after it, rule by rule."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from hub.compliance.bounds import Status, shown_number
from hub.compliance.calendar import Calendar
from hub.compliance.clocktext import read_week, read_week_text, write_week
from hub.compliance.comparison import Compared, compared, declared_number, declared_status
from hub.compliance.judge import Judge, Verdict
from hub.compliance.rules import METRICS, Rule
from hub.config import read_toml, validated
from hub.errors import ConfigError
from hub.hours.build import Built, build
from hub.hours.report import WORDS, plain_reading
from hub.hours.scenario import PlanFile, Scenario, TimetableSection, UnitSection
from link.toml_text import shown

PLANNED = "planned"
"""The version of a planned timetable."""

_SHORT = {
    **WORDS,
    Status.WITH_EXCEPTION: "例外达标 with exception",
    Status.INSUFFICIENT: "证据不足 insufficient",
}


def read_plan(hours: str | None, file: Path | None) -> TimetableSection:
    """Return a planned timetable, of a line or a file. Raises ConfigError, ValueError."""
    if (hours is None) == (file is None):
        raise ConfigError("give the planned timetable by --hours or by --timetable, one of the two")
    if file is not None:
        plan = validated(PlanFile, read_toml(file), file)
        try:
            read_week(plan.hours)
        except ValueError as error:
            raise ConfigError(f"{file}: hours: {shown(error)}") from error
        return TimetableSection(
            hours=plan.hours, version=PLANNED, effective_from=plan.effective_from
        )
    try:
        week = read_week_text(hours or "")
    except ValueError as error:
        raise ConfigError(f"--hours: {error}") from error
    return TimetableSection(hours=write_week(week), version=PLANNED)


def compare(
    scenario: Scenario,
    path: Path,
    plan: TimetableSection,
    calendar: Calendar,
    rules: Mapping[str, Rule],
) -> list[Compared]:
    """Return every rule that applies, before and after; evidence has no say. Raises ConfigError."""
    before = _judged(build(_without_evidence(scenario), path, calendar, rules))
    after = _judged(build(_planned(_without_evidence(scenario), plan), path, calendar, rules))
    return compared(before, after)


def as_plain(rows: list[Compared]) -> dict[str, Any]:
    """Return the comparison as plain values."""
    return {
        "rules": [
            {
                "rule": one.before.rule.id,
                "unit": one.before.unit,
                "period": one.before.span.name,
                "calendar": one.before.calendar,
                "changes": one.changes,
                "before": _plain_side(one.before),
                "after": _plain_side(one.after),
            }
            for one in rows
        ]
    }


def as_table(rows: list[Compared]) -> Table:
    """Return the comparison as a table; rows that change are marked."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    several = len({one.before.unit for one in rows}) > 1
    for name in ("", "rule", "now", "planned"):
        table.add_column(name, no_wrap=name != "rule", overflow="fold")
    for one in rows:
        verdict, (now, planned) = one.before, one.statuses
        unit = METRICS[verdict.rule.metric]
        limit = "" if verdict.threshold is None else shown_number(verdict.threshold, unit)
        standing = "" if verdict.calendar == "official" else f" ({verdict.calendar})"
        asked = f"{verdict.span.name}{standing}  {verdict.rule.op} {limit} {unit}".strip()
        table.add_row(
            _mark(now, planned) if one.changes else "",
            f"{f'{verdict.unit} ' if several else ''}{verdict.rule.id}\n{asked}",
            f"{declared_number(one.before)}\n{_SHORT[now]}",
            f"{declared_number(one.after)}\n{_SHORT[planned]}",
            style="bold" if one.changes else "",
        )
    return table


def _mark(now: Status, planned: Status) -> str:
    good = {Status.COMPLIANT, Status.WITH_EXCEPTION}
    if (now in good) == (planned in good):
        return "~"
    return "+" if planned in good else "!"


def _plain_side(verdict: Verdict) -> dict[str, Any]:
    unit = METRICS[verdict.rule.metric]
    return {
        "status": str(declared_status(verdict)),
        "raw": plain_reading(verdict.declared_raw, unit),
        "adjusted": plain_reading(verdict.declared_adjusted, unit),
    }


def _judged(built: Built) -> list[Verdict]:
    verdicts = []
    for unit in built.units:
        judge = Judge(unit, built.parameters, built.policy)
        verdicts += [judge.judge(rule, span) for span in built.spans for rule in built.rules]
    return verdicts


def _without_evidence(scenario: Scenario) -> Scenario:
    return scenario.model_copy(
        update={
            "venue": _unseen(scenario.venue),
            "unit": tuple(_unseen(unit) for unit in scenario.unit),
        }
    )


def _unseen(unit: UnitSection) -> UnitSection:
    return unit.model_copy(update={"evidence": None}) if unit.evidence else unit


def _planned(scenario: Scenario, plan: TimetableSection) -> Scenario:
    """Return a scenario in which the plan holds, from its day on, or for all of the period."""
    venue = scenario.venue
    if plan.effective_from is None:
        changed = venue.model_copy(update={"hours": None, "timetable": (plan,)})
    else:
        changed = venue.model_copy(update={"timetable": (*venue.timetable, plan)})
    return scenario.model_copy(update={"venue": changed})
