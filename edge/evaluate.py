"""Count a recorded clip and compare with what a person saw: how a venue certifies its door."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console
from rich.progress import Progress

from edge.counting.geometry import Anchor, CountingLine, Direction, PersonSize, Point
from edge.counting.line import Crossing
from edge.counting.scoring import TOLERANCE_SECONDS, CountedCrossing, TrueCrossing, score
from edge.errors import EvaluationError, SourceError
from edge.vision.capture import film_length, read_file
from edge.vision.frames import Frame
from edge.vision.pipeline import MAX_FPS, USUAL_PERSON, Counter, calibrate

CLOSE: Final = 0.1
"""Within this share two counts of frames, or two durations, are of one recording."""

Pair = tuple[float, float]
#: Called with the media seconds read so far, over both passes.
Watch = Callable[[float], None]


class _TrueRow(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    t: float = Field(ge=0, allow_inf_nan=False)
    dir: Literal["in", "out"]
    uncertain: bool = False


class _TruthFile(BaseModel):
    """What is read of a truth file; the rest of it is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    fps: float | None = Field(default=None, gt=0, le=1000, allow_inf_nan=False)
    frames: int | None = Field(default=None, ge=1)
    clip: str | None = None
    line: tuple[Pair, Pair]
    in_vector: Pair
    anchor: str = "box centre"
    person_size: Pair | None = None
    crossings: list[_TrueRow]


@dataclass(frozen=True, slots=True)
class Truth:
    """A clip's counting line and true crossings; `fps` makes the time axis of the annotation."""

    line: CountingLine
    crossings: tuple[TrueCrossing, ...]
    fps: float | None = None
    frames: int | None = None
    person_size: PersonSize | None = None
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What was counted, how it compares, and what it cost.

    `false` and `missed` hold (seconds, direction) of each error. `cpu_ms_per_frame` is the
    counter's CPU time for one processed frame without video decoding; `real_time_factor` is clip
    time over wall time of the counting pass, with decoding.
    """

    clip: str
    counted_in: int
    counted_out: int
    true_in: int
    true_out: int
    tp: int
    fp: int
    fn: int
    precision: float
    recall: float
    f1: float
    false: list[tuple[float, str]]
    missed: list[tuple[float, str]]
    person_size: tuple[float, float]
    person_growth: float
    person_size_from: Literal["given", "learned", "usual"]
    frames_processed: int
    clip_seconds: float
    cpu_ms_per_frame: float
    real_time_factor: float


def read_truth(path: Path) -> Truth:
    """Read a truth file; raises EvaluationError with one sentence that names the fault's place."""
    try:
        file = _TruthFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"truth file {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvaluationError(
            f"truth file {path}: {where + ': ' if where else ''}{first['msg']}"
        ) from error
    anchor = Anchor.FOOT if "foot" in file.anchor.lower() else Anchor.CENTRE
    try:
        start, end = (Point(*p) for p in file.line)
        line = CountingLine("line", start, end, Point(*file.in_vector), anchor)
        person = None if file.person_size is None else PersonSize(*file.person_size)
    except ValueError as error:
        raise EvaluationError(f"truth file {path}: {error}") from error
    rows = tuple(TrueCrossing(r.t, Direction(r.dir), r.uncertain) for r in file.crossings)
    return Truth(line, rows, file.fps, file.frames, person, file.clip)


def evaluate(
    clip: Path, truth: Truth, *, person_size: PersonSize | None = None, watch: Watch | None = None
) -> EvaluationReport:
    """Count a clip and score it by the rule of `edge.counting.scoring`.

    Without a person size, in the call or in the truth, a first pass over the clip learns it, as a
    door that has run for a while has done. Raises SourceError when the clip cannot be read,
    EvaluationError when it ends before the truth does.
    """
    fps = _time_axis(clip, truth)
    person = person_size or truth.person_size
    person_from: Literal["given", "learned", "usual"] = "given"
    if person is None:
        # Half the frames teach a size as well as all of them.
        frames = read_file(clip, fps=fps, max_fps=0.5 * MAX_FPS)
        person = calibrate(_watched(frames, watch), [truth.line])
        person_from = "learned"
    if person is None:
        person, person_from = USUAL_PERSON, "usual"
    counter = Counter([truth.line], person_size=person)
    crossings: list[Crossing] = []
    cpu_seconds, clip_seconds, began = 0.0, 0.0, time.perf_counter()
    for frame in _watched(read_file(clip, fps=fps), watch):
        before = time.thread_time()
        crossings += counter.feed(frame.image, frame.at_seconds)
        cpu_seconds += time.thread_time() - before
        clip_seconds = frame.at_seconds
    wall_seconds = time.perf_counter() - began
    _check_same_span(clip, clip_seconds, truth)
    result = score([CountedCrossing(c.at_seconds, c.direction) for c in crossings], truth.crossings)
    certain = [t.direction for t in truth.crossings if not t.uncertain]
    return EvaluationReport(
        clip=clip.name,
        counted_in=sum(c.direction is Direction.IN for c in crossings),
        counted_out=sum(c.direction is Direction.OUT for c in crossings),
        true_in=certain.count(Direction.IN),
        true_out=certain.count(Direction.OUT),
        tp=result.true_positives,
        fp=len(result.false),
        fn=len(result.missed),
        precision=round(result.precision, 4),
        recall=round(result.recall, 4),
        f1=round(result.f1, 4),
        false=[(round(c.at_seconds, 2), c.direction.value) for c in result.false],
        missed=[(round(c.at_seconds, 2), c.direction.value) for c in result.missed],
        person_size=(round(person.w, 4), round(person.h, 4)),
        person_growth=round(person.growth, 3),
        person_size_from=person_from,
        frames_processed=counter.processed,
        clip_seconds=round(clip_seconds, 2),
        cpu_ms_per_frame=round(1000 * cpu_seconds / max(1, counter.processed), 3),
        real_time_factor=round(clip_seconds / max(wall_seconds, 1e-9), 1),
    )


def _time_axis(clip: Path, truth: Truth) -> float | None:
    """Return the rate that times the clip's frames; None where the clip's own times do."""
    if truth.fps is None or truth.frames is None:
        return truth.fps
    length = film_length(clip)
    if length is None:
        return truth.fps
    frames, seconds = length
    # Containers round their count of frames, and some leave the last ones out.
    is_as_annotated = abs(frames / truth.frames - 1) < CLOSE
    is_as_long = abs(seconds / (truth.frames / truth.fps) - 1) < CLOSE
    # The same minutes in another number of frames: the clip was made anew at another rate.
    return None if is_as_long and not is_as_annotated else truth.fps


def _check_same_span(clip: Path, clip_seconds: float, truth: Truth) -> None:
    last = max((t.at_seconds for t in truth.crossings), default=0.0)
    if last > clip_seconds + TOLERANCE_SECONDS:
        raise EvaluationError(
            f"clip {clip}: ends at {clip_seconds:.1f} s, but its truth has a crossing at "
            f"{last:.1f} s: they do not belong together, or the clip is damaged"
        )


def evaluate_command(
    clip: Annotated[Path, typer.Argument(help="A video file of the door.")],
    truth: Annotated[Path, typer.Argument(help="What a person saw in it, as JSON.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    person_size: Annotated[
        str | None,
        typer.Option(help="Width,height of a visitor as shares of the frame; learned if absent."),
    ] = None,
) -> None:
    """Count a clip, compare it with a truth file, and say how good the count is."""
    try:
        known = read_truth(truth)
        given = None if person_size is None else _parse_size(person_size)
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            length = None if not (known.frames and known.fps) else known.frames / known.fps
            passes = 1 if given or known.person_size else 2
            task = progress.add_task(clip.name, total=length and passes * length)
            report = evaluate(
                clip, known, person_size=given, watch=lambda step: progress.advance(task, step)
            )
    except (EvaluationError, SourceError) as error:
        typer.echo(f"evaluate: {error}", err=True)
        raise typer.Exit(2) from error
    if known.clip is not None and Path(known.clip).stem != clip.stem:
        typer.echo(f"note: the truth file was made for {known.clip}", err=True)
    typer.echo(json.dumps(asdict(report), indent=1) if as_json else describe(report))


def describe(report: EvaluationReport) -> str:
    """Put a report into a few lines for a terminal."""
    errors = [
        *(f"  false  {way:3} at {at:8.2f} s\n" for at, way in report.false),
        *(f"  missed {way:3} at {at:8.2f} s\n" for at, way in report.missed),
    ]
    return (
        f"{report.clip}: counted {report.counted_in} in, {report.counted_out} out; "
        f"true {report.true_in} in, {report.true_out} out (uncertain ones not included)\n"
        f"right {report.tp}, false {report.fp}, missed {report.fn}; "
        f"precision {report.precision:.3f}, recall {report.recall:.3f}, F1 {report.f1:.3f}\n"
        f"{''.join(errors)}"
        f"person {report.person_size[0]:.3f} x {report.person_size[1]:.3f} of the frame "
        f"({report.person_size_from}); {report.frames_processed} frames, "
        f"{report.cpu_ms_per_frame:.2f} ms CPU each, {report.real_time_factor:.0f} x real time"
    )


def _parse_size(text: str) -> PersonSize:
    try:
        w, h = (float(part) for part in text.split(","))
        return PersonSize(w, h)
    except ValueError as error:
        raise EvaluationError(
            f"--person-size {text}: give width,height between 0 and 1, as in 0.2,0.3"
        ) from error


def _watched(frames: Iterator[Frame], watch: Watch | None) -> Iterator[Frame]:
    latest = 0.0
    for frame in frames:
        yield frame
        if watch is not None:
            watch(frame.at_seconds - latest)
        latest = frame.at_seconds
