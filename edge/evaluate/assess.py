"""Count footage, score the count, and measure what it cost."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge.counting.geometry import Direction, PersonSize
from edge.counting.line import Crossing
from edge.counting.scoring import CountedCrossing, TrueCrossing, score
from edge.evaluate.footage import Footage, of_clip
from edge.evaluate.truth import Truth
from edge.vision.blob import BlobDetector
from edge.vision.detectors import BuildDetector
from edge.vision.frames import Frame
from edge.vision.pipeline import MAX_FPS, USUAL_PERSON, Counter, calibrate

#: A door that has run for this long knows how large its visitors are.
LEARNING_SECONDS: Final = 600.0
#: So much of the footage is read without being counted, to know what reading alone costs.
READING_SECONDS: Final = 60.0

#: Called with the media seconds read since the last call, over all passes.
Watch = Callable[[float], None]
SizeFrom = Literal["given", "learned", "known", "usual"]


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What was counted, how it compares, and what it cost.

    `false` and `missed` hold (seconds, direction) of each error, `counted` and `true` those of
    everything that was counted and of what is certain. `cpu_ms_per_frame` and `cpu_ms_median` are
    the counter's CPU time for one processed frame without video decoding. `real_time_factor` is
    media time over wall time of the counting pass, with decoding; `core_factor` is media time over
    its CPU time, which other work on the machine changes less; `reading_factor` is media time over
    wall time of reading alone. `person_size_from`: given, learned in a first pass, known of a
    painted door, or the usual one because too few passed. `estimated` is how many of the counted
    were estimated from the flow of a crowd.
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
    person_size_from: SizeFrom
    frames_processed: int
    clip_seconds: float
    cpu_ms_per_frame: float
    cpu_ms_median: float
    real_time_factor: float
    core_factor: float
    reading_factor: float
    counted: list[tuple[float, str]]
    true: list[tuple[float, str]]
    estimated: int = 0


def evaluate(
    clip: Path, truth: Truth, *, person_size: PersonSize | None = None, watch: Watch | None = None
) -> EvaluationReport:
    """Count a clip and score it by the rule of `edge.counting.scoring`.

    Raises SourceError when the clip cannot be read, EvaluationError when it ends before the truth
    does.
    """
    return assess(of_clip(clip, truth), person_size=person_size, watch=watch)


def assess(
    footage: Footage,
    *,
    person_size: PersonSize | None = None,
    build_detector: BuildDetector = BlobDetector,
    watch: Watch | None = None,
) -> EvaluationReport:
    """Count footage and score it by the rule of `edge.counting.scoring`.

    Without a person size, in the call or in the truth, a first pass over the footage (or its first
    ten minutes) learns it, as a door that has run for a while has done. Raises SourceError when the
    footage cannot be read, EvaluationError when it ends before its truth does.
    """
    person, person_from = _person(footage, person_size, build_detector, watch)
    reading = _reading_factor(footage, watch)
    counter = Counter([footage.truth.line], person_size=person, build_detector=build_detector)
    crossings: list[Crossing] = []
    costs: list[float] = []
    end_seconds, began, cpu_began = 0.0, time.perf_counter(), time.process_time()
    for frame in _watched(footage.read(MAX_FPS), watch):
        before, processed = time.thread_time(), counter.processed
        crossings += counter.feed(frame.image, frame.at_seconds)
        if counter.processed > processed:
            costs.append(1000 * (time.thread_time() - before))
        end_seconds = frame.at_seconds
    crossings += counter.finish()
    wall_seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    footage.check(end_seconds)
    counted = [CountedCrossing(c.at_seconds, c.direction) for c in crossings]
    result = score(counted, footage.truth.crossings)
    certain = [t for t in footage.truth.crossings if not t.uncertain]
    return EvaluationReport(
        clip=footage.name,
        counted_in=sum(c.direction is Direction.IN for c in counted),
        counted_out=sum(c.direction is Direction.OUT for c in counted),
        true_in=sum(t.direction is Direction.IN for t in certain),
        true_out=sum(t.direction is Direction.OUT for t in certain),
        tp=result.true_positives,
        fp=len(result.false),
        fn=len(result.missed),
        precision=round(result.precision, 4),
        recall=round(result.recall, 4),
        f1=round(result.f1, 4),
        false=_instants(result.false),
        missed=_instants(result.missed),
        person_size=(round(person.w, 4), round(person.h, 4)),
        person_growth=round(person.growth, 3),
        person_size_from=person_from,
        frames_processed=counter.processed,
        clip_seconds=round(end_seconds, 2),
        cpu_ms_per_frame=round(statistics.fmean(costs or [0.0]), 3),
        cpu_ms_median=round(statistics.median(costs or [0.0]), 3),
        real_time_factor=round(end_seconds / max(wall_seconds, 1e-9), 1),
        core_factor=round(end_seconds / max(cpu_seconds, 1e-9), 1),
        reading_factor=round(reading, 1),
        counted=_instants(counted),
        true=_instants(certain),
        estimated=sum(c.estimated for c in crossings),
    )


def _person(
    footage: Footage, given: PersonSize | None, build_detector: BuildDetector, watch: Watch | None
) -> tuple[PersonSize, SizeFrom]:
    person = given or footage.truth.person_size
    if person is not None:
        return person, "given"
    # Half the frames teach a size as well as all of them.
    frames = _watched(_first(footage.read(0.5 * MAX_FPS), LEARNING_SECONDS), watch)
    person = calibrate(frames, [footage.truth.line], build_detector=build_detector)
    if person is not None:
        return person, "learned"
    return (footage.person, "known") if footage.person else (USUAL_PERSON, "usual")


def _reading_factor(footage: Footage, watch: Watch | None) -> float:
    """Return how many seconds of the footage are read in a second, when nothing else is done."""
    seconds, began = 0.0, time.perf_counter()
    for frame in _watched(_first(footage.read(MAX_FPS), READING_SECONDS), watch):
        seconds = frame.at_seconds
    return seconds / max(time.perf_counter() - began, 1e-9)


def _first(frames: Iterator[Frame], seconds: float) -> Iterator[Frame]:
    return itertools.takewhile(lambda frame: frame.at_seconds < seconds, frames)


def _watched(frames: Iterator[Frame], watch: Watch | None) -> Iterator[Frame]:
    latest = 0.0
    for frame in frames:
        yield frame
        if watch is not None:
            watch(frame.at_seconds - latest)
        latest = frame.at_seconds


def _instants(crossings: Sequence[CountedCrossing | TrueCrossing]) -> list[tuple[float, str]]:
    return [(round(c.at_seconds, 2), c.direction.value) for c in crossings]
