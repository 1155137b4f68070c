"""The verbs of `python -m hub hours`."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType

from hub.compliance.osm import from_osm
from hub.compliance.osm_export import exported
from hub.errors import ConfigError
from hub.hours import law, plan
from hub.hours import osm as hours_osm
from hub.hours.build import build, read_scenario
from hub.hours.options import AsJson, CalendarFile, CatalogueFile, ScenarioFile, told_plainly
from hub.hours.plan import compare, read_plan
from hub.hours.report import Result, judge_scenario, lines
from hub.lawbook import CALENDAR, CATALOGUE, read_calendar, read_catalogue

hours = typer.Typer(
    help="Judge opening hours: of a scenario file, of a planned timetable.", no_args_is_help=True
)

osm = typer.Typer(
    help="Timetables as OpenStreetMap's opening_hours, out and in.", no_args_is_help=True
)
hours.add_typer(osm, name="osm")


@hours.command("check")
def check(
    scenario: ScenarioFile,
    *,
    as_json: AsJson = False,
    calendar: CalendarFile = CALENDAR,
    catalogue: CatalogueFile = CATALOGUE,
) -> None:
    """Judge a scenario. Exit code 1 when its own expectations are not met, 2 for bad input."""
    with told_plainly():
        result, shown = _judged(scenario, calendar, catalogue)
    typer.echo(json.dumps(result.plain, ensure_ascii=False, indent=1) if as_json else shown)
    if result.plain.get("unmet"):
        for sentence in result.plain["unmet"]:
            typer.echo(sentence, err=True)
        raise typer.Exit(1)


@hours.command("what-if")
def what_if(
    scenario: ScenarioFile,
    *,
    planned: Annotated[
        str | None,
        typer.Option(
            "--hours",
            metavar="HOURS",
            help='"mon-sun 09:00-17:00", "mon 13:00-20:00; tue-sun 9:00-20:00"',
        ),
    ] = None,
    timetable: Annotated[
        Path | None,
        typer.Option("--timetable", metavar="FILE.toml", help="hours, and effective_from"),
    ] = None,
    as_json: AsJson = False,
    calendar: CalendarFile = CALENDAR,
    catalogue: CatalogueFile = CATALOGUE,
) -> None:
    """Compare what a scenario's venue declares with a planned timetable, rule by rule.

    A row is marked + where the plan mends a duty, ! where it breaks one, ~ where only the number
    changes. Exceptions, holiday rules and notices of the scenario stay; evidence has no say.
    """
    with told_plainly():
        compared = compare(
            read_scenario(scenario), scenario, read_plan(planned, timetable),
            read_calendar(calendar), read_catalogue(catalogue),
        )  # fmt: skip
    _tell(as_json, plan.as_plain(compared), plan.as_table(compared))


@osm.command("export")
def export(scenario: ScenarioFile, *, calendar: CalendarFile = CALENDAR) -> None:
    """Print the timetable of a scenario's venue for its first period."""
    with told_plainly():
        built = build(read_scenario(scenario), scenario, read_calendar(calendar), read_catalogue())
        span = built.spans[0]
        text = exported(built.units[0].schedule, span.first, span.last)
    typer.echo(text)


@osm.command("import")
def import_(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help='as "Mo-Fr 09:00-17:00"')],
    *,
    first: Annotated[
        str, typer.Option("--from", metavar="DAY", help="first day; default 1 January")
    ] = "",
    last: Annotated[
        str, typer.Option("--to", metavar="DAY", help="last day; default 31 December")
    ] = "",
    as_json: AsJson = False,
    calendar: CalendarFile = CALENDAR,
) -> None:
    """Print what an expression says as the hours and exceptions of a scenario file.

    PH becomes the calendar's statutory days, SH its school vacations, within the days given.
    """
    with told_plainly():
        year = date.today().year  # noqa: DTZ011
        since = _day(first or f"{year}-01-01", "--from")
        until = _day(last or f"{since.year}-12-31", "--to")
        if until < since:
            raise ConfigError(f"--to {until} lies before --from {since}")
        imported = from_osm(expression, read_calendar(calendar), since, until)
    typer.echo(
        json.dumps(hours_osm.as_plain(imported), ensure_ascii=False, indent=1)
        if as_json
        else hours_osm.as_toml(imported)
    )


@hours.command("rules")
def rules(
    *,
    subject: Annotated[
        str, typer.Option("--subject", metavar="KIND", help="of one kind, as town_library")
    ] = "",
    as_json: AsJson = False,
    catalogue: CatalogueFile = CATALOGUE,
) -> None:
    """List the duties that can be measured: what, of whom, the number by year, the source."""
    with told_plainly():
        known = read_catalogue(catalogue).values()
        kinds = sorted({kind for rule in known for kind in rule.subjects})
        if subject and subject not in kinds:
            raise ConfigError(f"--subject {subject!r} has no duties; there are {', '.join(kinds)}")
    chosen = [rule for rule in known if not subject or rule.applies_to(frozenset({subject}))]
    _tell(as_json, law.rules_plain(chosen), "\n".join(law.rule_lines(chosen)))


@hours.command("calendar")
def calendar_(
    year: Annotated[int, typer.Argument(metavar="YEAR")],
    *,
    as_json: AsJson = False,
    calendar: CalendarFile = CALENDAR,
) -> None:
    """Show the day types of a year, and whether they are by a notice or provisional."""
    with told_plainly():
        known = read_calendar(calendar)
        if year not in known.years:
            raise ConfigError(
                f"{calendar} has no year {year}; there are {', '.join(map(str, known.years))}:"
                " enter the State Council's notice as docs/hours.md says"
            )
    _tell(as_json, law.year_plain(known, year), Group(*law.year_lines(known, year)))


def _tell(as_json: bool, plain: dict[str, Any], shown: RenderableType) -> None:
    if as_json:
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    Console(highlight=False, markup=False).print(shown, soft_wrap=isinstance(shown, str))


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r} is no day: write it as 2026-03-02") from None


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
