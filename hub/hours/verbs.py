"""The verbs of `python -m hub hours`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.errors import ConfigError
from hub.hours.build import build, read_scenario
from hub.hours.report import Result, judge_scenario, lines
from hub.lawbook import CALENDAR, CATALOGUE, read_calendar, read_catalogue

hours = typer.Typer(
    help="Judge opening hours: of a scenario file, of a planned timetable.", no_args_is_help=True
)

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO.toml", help="see docs/hours.md")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]
CalendarFile = Annotated[Path, typer.Option("--calendar", help="another calendar file")]
CatalogueFile = Annotated[Path, typer.Option("--catalogue", help="another catalogue of duties")]


@hours.command("check")
def check(
    scenario: ScenarioFile,
    *,
    as_json: AsJson = False,
    calendar: CalendarFile = CALENDAR,
    catalogue: CatalogueFile = CATALOGUE,
) -> None:
    """Judge a scenario. Exit code 1 when its own expectations are not met, 2 for bad input."""
    try:
        result, shown = _judged(scenario, calendar, catalogue)
    except ConfigError as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(result.plain, ensure_ascii=False, indent=1) if as_json else shown)
    if result.plain.get("unmet"):
        for sentence in result.plain["unmet"]:
            typer.echo(sentence, err=True)
        raise typer.Exit(1)


def _judged(scenario: Path, calendar: Path, catalogue: Path) -> tuple[Result, str]:
    told = read_scenario(scenario)
    built = build(told, scenario, read_calendar(calendar), read_catalogue(catalogue))
    result = judge_scenario(built)
    unmet = [
        sentence
        for number, wanted in enumerate(told.expect)
        for sentence in unmet_expectations(result.plain, wanted, f"{scenario}: expect.{number}")
    ]
    if unmet:
        result.plain["unmet"] = unmet
    return result, "\n".join(lines(result, built))


def unmet_expectations(plain: dict[str, Any], wanted: dict[str, Any], where: str) -> list[str]:
    """Return what of an expectation a result does not meet.

    `rule`, `unit` and `period` choose verdicts, which all have to meet the rest: a path into the
    result as `raw.low.value = "76.00"`. Without any of the three the path is of the whole result.
    """
    chosen: list[dict[str, Any]] = [plain]
    picks = {key: wanted[key] for key in ("rule", "unit", "period", "aggregate") if key in wanted}
    if "aggregate" in picks:
        chosen = [plain.get("aggregates", {}).get(picks["aggregate"], {})]
    elif picks:
        chosen = [v for v in plain["verdicts"] if all(v[k] == picks[k] for k in picks)]
        if not chosen:
            return [f"{where}: no verdict is of {picks}"]
    sentences = []
    for key, value in wanted.items():
        if key in picks:
            continue
        for verdict in chosen:
            found = _at(verdict, key)
            if found != value:
                sentences.append(f"{where}: {key} is {found!r}, and not {value!r}")
    return sentences


def _at(plain: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(plain, dict):
            plain = plain.get(part)
        elif isinstance(plain, list) and part == "kinds":
            plain = [item.get("kind") for item in plain]
        elif isinstance(plain, list) and part == "causes":
            plain = [item.get("cause") for item in plain]
        else:
            return None
    return plain
