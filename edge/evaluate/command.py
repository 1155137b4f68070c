"""The verb `evaluate`: its table, its plot, and what it says when something cannot be used."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from edge.counting.geometry import PersonSize
from edge.errors import EdgeError, EvaluationError, ModelError
from edge.evaluate.assess import LEARNING_SECONDS, READING_SECONDS, EvaluationReport, assess
from edge.evaluate.choice import Choice, choose
from edge.evaluate.footage import Footage
from edge.evaluate.plot import draw, page
from edge.evaluate.pooled import Pooled, pool
from edge.vision.detectors import BuildDetector, DetectorChoice, choose_detector

#: Where nobody looks, a table is not folded.
_WIDTH: Final = 132
_SIZES: Final = {
    "known": "too few pass to learn a visitor's size: the scene's own was taken",
    "usual": "too few pass to learn a visitor's size: a usual one was taken",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A clip that could not be evaluated, and why."""

    clip: str
    error: str


def evaluate_command(
    source: str,
    truth: Path | None,
    *,
    as_json: bool = False,
    person_size: str | None = None,
    seconds: float | None = None,
    plot: Path | None = None,
    detector: DetectorChoice | None = None,
) -> None:
    """Count what a source names, compare with its truth, print the table; exit 2 for bad input.

    One clip that fails does not stop the others; it has a row that says why.
    """
    try:
        given = None if person_size is None else _parse_size(person_size)
        choices = choose(source, truth, seconds)
        build_detector = choose_detector(detector or DetectorChoice())
    except (EvaluationError, ModelError) as error:
        _refuse(str(error))
    if plot is not None and plot.suffix.lower() not in (".svg", ".html"):
        _refuse(f"--plot {plot}: give a name that ends in .svg or .html")
    is_one = len(choices) == 1 and not Path(source).is_dir()
    reports, failures = _assess_all(choices, given, build_detector)
    if is_one and failures:
        _refuse(failures[0].error)
    pooled = pool(reports) if reports else None
    if plot is not None and reports:
        _write(plot, reports)
    if as_json:
        several = {
            "clips": [asdict(r) for r in reports],
            "failed": [asdict(f) for f in failures],
            "pooled": None if pooled is None else asdict(pooled),
        }
        typer.echo(json.dumps(asdict(reports[0]) if is_one else several, indent=1))
    else:
        _print(reports, failures, None if is_one else pooled)
    if failures:
        raise typer.Exit(2)


def _assess_all(
    choices: Sequence[Choice], given: PersonSize | None, build_detector: BuildDetector
) -> tuple[list[EvaluationReport], list[Failure]]:
    reports: list[EvaluationReport] = []
    failures: list[Failure] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        for number, choice in enumerate(choices, 1):
            task = progress.add_task(f"{choice.name} ({number} of {len(choices)})", total=None)
            try:
                footage = choice.open()
                _note_other_clip(footage)
                progress.update(task, total=_to_read(footage, given))
                report = assess(
                    footage,
                    person_size=given,
                    build_detector=build_detector,
                    watch=lambda step, task=task: progress.advance(task, step),  # type: ignore[misc]
                )
                reports.append(report)
            except EdgeError as error:
                failures.append(Failure(choice.name, str(error)))
            progress.remove_task(task)
    return reports, failures


def _to_read(footage: Footage, given: PersonSize | None) -> float | None:
    """Say how many seconds all passes over footage are together."""
    if footage.seconds is None:
        return None
    learning = 0.0 if given or footage.truth.person_size else LEARNING_SECONDS
    return sum(min(footage.seconds, most) for most in (learning, READING_SECONDS, footage.seconds))


def _note_other_clip(footage: Footage) -> None:
    named = footage.truth.clip
    if named is not None and Path(named).stem != Path(footage.name).stem:
        typer.echo(f"note: the truth file was made for {named}", err=True)


def _print(
    reports: Sequence[EvaluationReport], failures: Sequence[Failure], pooled: Pooled | None
) -> None:
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    if reports:
        console.print(_table(reports, pooled))
    for report in reports:
        for kind, errors in (("false", report.false), ("missed", report.missed)):
            for at_seconds, way in errors:
                console.print(f"{report.clip}: {kind:6} {way:3} at {at_seconds:8.2f} s")
        if report.estimated:
            console.print(
                f"{report.clip}: {report.estimated} of the counted estimated: dense crowd"
            )
        if report.person_size_from in _SIZES:
            console.print(f"{report.clip}: {_SIZES[report.person_size_from]}")
    for failure in failures:
        console.print(f"{failure.clip}: not evaluated: {failure.error}", markup=False)
    if reports:
        console.print(_legend(reports))


def _table(reports: Sequence[EvaluationReport], pooled: Pooled | None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("clip", overflow="fold")
    for title in ("counted\nin/out", "true\nin/out", "false", "missed", "F1"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("person", no_wrap=True)
    for title in ("ms", "x real\ntime", "x read\nonly"):
        table.add_column(title, justify="right", no_wrap=True)
    for r in reports:
        person = f"{r.person_size[0]:.2f}x{r.person_size[1]:.2f}"
        table.add_row(r.clip, *_counts(r), person, f"{r.cpu_ms_median:.2f}", *_rates(r))
    if pooled is not None:
        table.add_section()
        cost = f"{pooled.cpu_ms_median:.2f}"
        table.add_row(f"all {pooled.clips}", *_counts(pooled), "", cost, *_rates(pooled))
    return table


def _counts(row: EvaluationReport | Pooled) -> tuple[str, ...]:
    return (
        f"{row.counted_in}/{row.counted_out}",
        f"{row.true_in}/{row.true_out}",
        str(row.fp),
        str(row.fn),
        f"{row.f1:.3f}",
    )


def _rates(row: EvaluationReport | Pooled) -> tuple[str, str]:
    return f"{row.real_time_factor:.0f}", f"{row.reading_factor:.0f}"


def _legend(reports: Sequence[EvaluationReport]) -> str:
    looked = any(r.person_size_from != "given" for r in reports)
    return (
        "Counted numbers include what matched an uncertain crossing; true ones are the certain. "
        "ms: the counter's CPU time for a picture, the median. x real time: with decoding; "
        "x read only: when nothing is counted."
        + (" One pass before counting looked for the size of a visitor." if looked else "")
    )


def _write(plot: Path, reports: Sequence[EvaluationReport]) -> None:
    drawing = draw(reports)
    try:
        text = page(drawing) if plot.suffix.lower() == ".html" else drawing
        plot.write_text(text, encoding="utf-8")
    except OSError as error:
        _refuse(f"--plot {plot}: {error.strerror}")


def _parse_size(text: str) -> PersonSize:
    try:
        w, h = (float(part) for part in text.split(","))
        return PersonSize(w, h)
    except ValueError as error:
        raise EvaluationError(
            f"--person-size {text}: give width,height between 0 and 1, as in 0.2,0.3"
        ) from error


def _refuse(sentence: str) -> NoReturn:
    typer.echo(f"evaluate: {sentence}", err=True)
    raise typer.Exit(2)
