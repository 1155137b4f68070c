"""What several reports say together."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.evaluate.assess import EvaluationReport


@dataclass(frozen=True, slots=True)
class Pooled:
    """The sums over some clips; `f1` of all crossings together; `cpu_ms_median` by frames."""

    clips: int
    counted_in: int
    counted_out: int
    true_in: int
    true_out: int
    tp: int
    fp: int
    fn: int
    f1: float
    clip_seconds: float
    cpu_ms_median: float
    real_time_factor: float
    core_factor: float
    reading_factor: float


def pool(reports: Sequence[EvaluationReport]) -> Pooled:
    """Add reports up; raises ValueError when there are none."""
    if not reports:
        raise ValueError("nothing to add up")
    tp, fp, fn = (sum(getattr(r, name) for r in reports) for name in ("tp", "fp", "fn"))
    frames = sum(r.frames_processed for r in reports)
    seconds = sum(r.clip_seconds for r in reports)
    cpu = sum(r.cpu_ms_median * r.frames_processed for r in reports)
    wall = sum(r.clip_seconds / max(r.real_time_factor, 0.1) for r in reports)
    core = sum(r.clip_seconds / max(r.core_factor, 0.1) for r in reports)
    reading = sum(r.clip_seconds / max(r.reading_factor, 0.1) for r in reports)
    return Pooled(
        clips=len(reports),
        counted_in=sum(r.counted_in for r in reports),
        counted_out=sum(r.counted_out for r in reports),
        true_in=sum(r.true_in for r in reports),
        true_out=sum(r.true_out for r in reports),
        tp=tp,
        fp=fp,
        fn=fn,
        f1=round(2 * tp / (2 * tp + fp + fn), 4) if tp + fp + fn else 1.0,
        clip_seconds=round(seconds, 2),
        cpu_ms_median=round(cpu / max(1, frames), 3),
        real_time_factor=round(seconds / wall, 1) if wall else 0.0,
        core_factor=round(seconds / core, 1) if core else 0.0,
        reading_factor=round(seconds / reading, 1) if reading else 0.0,
    )
