"""Counting visitors: how many errors, and what a picture costs, beside what tutorials build.

The recorded clips, where they are (`../shared` or KAIGUAN_SHARED), and painted doors of two seeds.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import counting_peers
from benchmarks.report import Result
from edge.counting.geometry import PersonSize
from edge.counting.scoring import Score
from edge.evaluate import EvaluationReport, assess
from edge.evaluate.choice import choose
from edge.evaluate.footage import Footage
from edge.evaluate.pooled import pool

SEEDS: Final = (101, 102)
SECONDS: Final = 60.0
BUSY: Final = ("single", "groups", "shadows", "exposure", "shake", "standing", "stream", "oblique")
EMPTY: Final = ("empty", "lights", "covered", "dark")

Pair = tuple[Footage, EvaluationReport]


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    clips = _clips()
    return [
        *(_of_clips(clips) if clips else []),
        *(_of_kind(name, None) for name in BUSY),
        _of_kind("crowd", 0.9),
        _of_nobody(),
    ]


def _clips() -> list[Footage]:
    shared = Path(os.environ.get("KAIGUAN_SHARED") or Path(__file__).parents[2] / "shared")
    if not (shared / "clips").is_dir():
        print(f"no clips in {shared}: only painted doors are counted", file=sys.stderr)
        return []
    return [choice.open() for choice in choose(str(shared / "clips"), shared / "truth")]


def _of_clips(clips: Sequence[Footage]) -> list[Result]:
    pairs = [(footage, assess(footage)) for footage in clips]
    reports = [report for _, report in pairs]
    pooled = pool(reports)
    slowest = min(reports, key=lambda r: r.real_time_factor)
    usual = [_usual(pair) for pair in pairs]
    dearest = max(reports, key=lambda r: r.cpu_ms_median)
    return [
        Result(
            "clips pooled, F1",
            pooled.f1,
            "",
            at_least=0.97,
            floor=_f1(usual),
            note="floor: MOG2 and nearest middles. "
            + "; ".join(f"{r.clip} {r.f1:.3f}" for r in reports),
        ),
        *_people_detector(pairs),
        Result(
            "CPU of a picture at 320 pixels, dearest clip",
            dearest.cpu_ms_median,
            "ms",
            at_most=2.0,
            floor=max(cost for _, cost in usual),
            note="medians: " + "; ".join(f"{r.clip} {r.cpu_ms_median:.2f}" for r in reports),
        ),
        Result(
            "real-time factor with decoding, slowest clip",
            slowest.real_time_factor,
            "x",
            at_least=20.0,
            floor=slowest.reading_factor,
            note=f"floor: decoding alone; {slowest.clip}; by CPU time {slowest.core_factor:.0f} x",
        ),
        Result(
            "real-time factor with decoding, clips pooled",
            pooled.real_time_factor,
            "x",
            at_least=25.0,
            floor=pooled.reading_factor,
            note=f"floor: decoding alone; by CPU time {pooled.core_factor:.0f} x",
        ),
    ]


def _of_kind(name: str, at_least: float | None) -> Result:
    pairs = [_painted(name, seed) for seed in SEEDS]
    pooled = pool([report for _, report in pairs])
    note = (
        f"{pooled.counted_in}/{pooled.counted_out} counted of {pooled.true_in}/{pooled.true_out}, "
        f"{pooled.fp} false, {pooled.fn} missed; {pooled.cpu_ms_median:.1f} ms"
    )
    floor = _f1([_usual(pair) for pair in pairs])
    return Result(f"scene {name}, F1", pooled.f1, "", at_least=at_least, floor=floor, note=note)


def _of_nobody() -> Result:
    pairs = [_painted(name, seed) for name in EMPTY for seed in SEEDS]
    usual = sum(len(_usual(pair)[0].false) for pair in pairs)
    false = {name: sum(r.fp for f, r in pairs if f":{name}:" in f.name) for name in EMPTY}
    note = ", ".join(f"{name} {number}" for name, number in false.items())
    total = float(sum(false.values()))
    return Result("false crossings where nobody comes", total, "", 0, floor=usual, note=note)


def _painted(name: str, seed: int) -> Pair:
    footage = choose(f"scene:{name}:{seed}", None, SECONDS)[0].open()
    return footage, assess(footage)


def _people_detector(pairs: Sequence[Pair]) -> list[Result]:
    find = counting_peers.people_detector()
    if find is None:
        print("OpenCV 5 has no HOG people detector: that peer is left out", file=sys.stderr)
        return []
    counted = [
        counting_peers.count(footage, find, _size(report), width=640, fps=10.0)
        for footage, report in pairs
    ]
    note = f"peer, told the size; {max(cost for _, cost in counted):.0f} ms a picture"
    return [Result("HOG people detector, clips pooled, F1", _f1(counted), "", note=note)]


def _usual(pair: Pair) -> tuple[Score, float]:
    footage, report = pair
    return counting_peers.count(footage, counting_peers.background_subtraction(), _size(report))


def _f1(counted: Sequence[tuple[Score, float]]) -> float:
    right = sum(score.true_positives for score, _ in counted)
    wrong = sum(len(score.false) + len(score.missed) for score, _ in counted)
    return 2 * right / (2 * right + wrong) if right + wrong else 1.0


def _size(report: EvaluationReport) -> PersonSize:
    return PersonSize(*report.person_size)
