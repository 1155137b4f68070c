"""What a planned timetable would change: declared verdicts before and after it, rule by rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from hub.compliance.bounds import Status
from hub.compliance.calendar import Calendar
from hub.compliance.judge import Judge, Verdict, combined
from hub.compliance.measures import Reading
from hub.compliance.rules import METRICS, Rule
from hub.config import read_toml, validated
from hub.errors import ConfigError
from hub.hours.build import Built, build
from hub.hours.clocktext import read_week, read_week_text, write_week
from hub.hours.report import WORDS, plain_reading, shown_number
from hub.hours.scenario import PlanFile, Scenario, TimetableSection, UnitSection

PLANNED = "planned"
"""The version of a planned timetable."""

_SHORT = {
    **WORDS,
    Status.WITH_EXCEPTION: "例外达标 with exception",
    Status.INSUFFICIENT: "证据不足 insufficient",
}


@dataclass(frozen=True)
class Compared:
    """One rule of one unit over one period, by the timetable that stands and by the planned one."""

    before: Verdict
    after: Verdict

    @property
    def statuses(self) -> tuple[Status, Status]:
        """Return what is declared comes to, before and after."""
        return _declared(self.before), _declared(self.after)

    @property
    def changes(self) -> bool:
        """Tell whether the plan changes the verdict or its number."""
        return self.statuses != (self.statuses[0],) * 2 or (
            self.before.declared_raw.bounds != self.after.declared_raw.bounds
        )


def read_plan(hours: str | None, file: Path | None) -> TimetableSection:
    """Return a planned timetable, of a line or a file. Raises ConfigError, ValueError."""
    if (hours is None) == (file is None):
        raise ConfigError("give the planned timetable by --hours or by --timetable, one of the two")
    if file is not None:
        plan = validated(PlanFile, read_toml(file), file)
        try:
            read_week(plan.hours)
        except ValueError as error:
            raise ConfigError(f"{file}: hours: {error}") from error
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
    return [
        Compared(one, other)
        for one, other in zip(before, after, strict=True)
        if {_declared(one), _declared(other)} != {Status.NOT_APPLICABLE}
    ]


def as_plain(compared: list[Compared]) -> dict[str, Any]:
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
            for one in compared
        ]
    }


def as_table(compared: list[Compared]) -> Table:
    """Return the comparison as a table; rows that change are marked."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    several = len({one.before.unit for one in compared}) > 1
    for name in ("", "rule", "now", "planned"):
        table.add_column(name, no_wrap=name != "rule", overflow="fold")
    for one in compared:
        verdict, (now, planned) = one.before, one.statuses
        unit = METRICS[verdict.rule.metric]
        limit = "" if verdict.threshold is None else shown_number(verdict.threshold, unit)
        standing = "" if verdict.calendar == "official" else f" ({verdict.calendar})"
        asked = f"{verdict.span.name}{standing}  {verdict.rule.op} {limit} {unit}".strip()
        table.add_row(
            _mark(now, planned) if one.changes else "",
            f"{f'{verdict.unit} ' if several else ''}{verdict.rule.id}\n{asked}",
            f"{_number(one.before)}\n{_SHORT[now]}",
            f"{_number(one.after)}\n{_SHORT[planned]}",
            style="bold" if one.changes else "",
        )
    return table


def _mark(now: Status, planned: Status) -> str:
    good = {Status.COMPLIANT, Status.WITH_EXCEPTION}
    if (now in good) == (planned in good):
        return "~"
    return "+" if planned in good else "!"


def _declared(verdict: Verdict) -> Status:
    return combined(verdict.declared_raw.status, verdict.declared_adjusted.status)


def _number(verdict: Verdict) -> str:
    reading = verdict.declared_raw
    if reading.bounds is None:
        failed = _failed(reading)
        return failed or "–"
    unit = METRICS[verdict.rule.metric]
    return f"{shown_number(reading.bounds.low, unit)} {unit}".strip()


def _failed(reading: Reading) -> str:
    weeks = reading.details.get("weeks", {})
    days = reading.details.get("days", {}).get(str(Status.NON_COMPLIANT), ())
    if weeks:
        return f"{len(weeks)} weeks fail"
    return f"{len(days)} days fail" if days else ""


def _plain_side(verdict: Verdict) -> dict[str, Any]:
    unit = METRICS[verdict.rule.metric]
    return {
        "status": str(_declared(verdict)),
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
