"""AR at the kiosk: markers, pictures among 200, tracking, on synthetic frames whose truth is known.

Times of queries, markers and steps are processor time of one thread; starts and re-locks are by
the clock. What is enrolled and what is shown is drawn by `examples/ar_scenes`; a cell has 200
queries.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks import ar_tracking
from benchmarks.report import Result
from examples.ar_scenes.covers import HEIGHT_MM, SERIES, WIDTH_MM, Image, cover, kind_of
from examples.ar_scenes.view import ORDINARY, Conditions, Placed, place, project, render, turned
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.features import gray_of
from kiosk.ar.fiducials import FiducialFinder, Marker, draw_marker
from kiosk.ar.library import TargetLibrary
from kiosk.ar.library_file import open_library
from kiosk.ar.plane import mapped, rectangle
from kiosk.ar.pose import turned_by
from kiosk.ar.target import enrol

ENROLLED: Final = 200
QUERIES: Final = 200
UNKNOWN: Final = 300
MARKERS: Final = 240
CAMERA: Final = CameraModel.from_fov(640, 480, 60)
_NEAR: Final = (250.0, 360.0)
_LEAN: Final = (0.0, 35.0)
_RIGHT: Final = 12.0
"""Pixels by which the corners may be off, on average, for an answer to be right."""


@dataclass(frozen=True)
class Cell:
    """A way to show a cover: tilt in degrees, range in mm, and the promise for it."""

    name: str
    how: Conditions = ORDINARY
    tilt: tuple[float, float] = _LEAN
    range_mm: tuple[float, float] = _NEAR
    at_least: float | None = None


CELLS: Final = (
    Cell("easy", at_least=0.95),
    Cell("tilted 40°", tilt=(40, 40)),
    Cell("tilted 60°", tilt=(60, 60), at_least=0.80),
    Cell("far, 0.5 to 0.56 m", range_mm=(500, 560)),
    Cell("blur σ 2", Conditions(blur=2.0), at_least=0.85),
    Cell("moved by 9 px", Conditions(motion=9)),
    Cell("30 % covered", Conditions(occluded=0.3), at_least=0.85),
    Cell("dark, a quarter of the light", Conditions(gain=0.25)),
    Cell("washed out", Conditions(gain=0.3, lift=165)),
    Cell("glare on 0.6 of its width", Conditions(glare=0.6)),
)


@dataclass
class Tally:
    """Answers of one or more cells."""

    right: list[bool] = field(default_factory=list)
    right_text: list[bool] = field(default_factory=list)
    """Of covers of text alone."""
    wrong: int = 0
    wrong_text: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take another cell's answers, too."""
        self.right += other.right
        self.right_text += other.right_text
        self.wrong += other.wrong
        self.wrong_text += other.wrong_text
        self.milliseconds += other.milliseconds

    @property
    def queries(self) -> int:
        return len(self.right) + len(self.right_text)


def measure(folder: Path) -> list[Result]:
    """Measure all of it."""
    return [result for part in PARTS.values() for result in part(folder)]


def _of_markers(_: Path) -> Iterator[Result]:
    size, side, edge = 50.0, 280, 40
    step = size / side
    corners: list[float] = []
    angles: list[float] = []
    times: list[float] = []
    for seed in range(MARKERS):
        rng = np.random.default_rng([31, seed])
        marker = Marker("DICT_5X5_100", seed % 100, size, "m")
        sheet = np.pad(draw_marker(marker, side), edge, constant_values=255)
        turn = turned(rng.uniform(0, 50), rng.uniform(0, 360), rng.uniform(0, 360))
        centre = (rng.uniform(-60, 60), rng.uniform(-40, 40), rng.uniform(300, 600))
        one = place(sheet, (side + 2 * edge) * step, turn, centre)
        gray = gray_of(render(CAMERA, [one], seed))
        finder = FiducialFinder([marker], CAMERA)
        begin = time.thread_time()
        found = finder.find(gray, 0.0)
        times.append(time.thread_time() - begin)
        true = project(one.homography(CAMERA), rectangle(size, size) + edge * step)
        for seen in found:
            corners += list(np.linalg.norm(seen.corners - true, axis=1))
            angles.append(turned_by(seen.rotation, turn))
    note = f"{len(angles)} of {MARKERS} found; 5 cm, 0.3 to 0.6 m, tilted up to 50°, 640 x 480"
    yield Result("marker: rotation, median", float(np.median(angles)), "°", 0.5, note=note)
    yield Result("marker: rotation, p95", float(np.percentile(angles, 95)), "°", 1.5)
    yield Result("marker: corner, p95", float(np.percentile(corners, 95)), "px", 0.35)
    rate = 1 / float(np.median(times))
    yield Result("marker: frames a second of one core", rate, "/s", at_least=100)


def _pictures() -> dict[str, tuple[Image, float]]:
    return {str(seed): (cover(seed), WIDTH_MM) for seed in range(ENROLLED)}


def _of_start(folder: Path) -> Iterator[Result]:
    """Enrol and index by the clock, as whoever starts a kiosk waits for it."""
    pictures = _pictures()
    cold, worked, cached = [], [], []
    for number in range(3):
        begin, used = time.perf_counter(), time.process_time()
        library = open_library(folder / f"library-{number}", pictures)
        cold.append(time.perf_counter() - begin)
        worked.append(time.process_time() - used)
        begin = time.perf_counter()
        library = open_library(folder / f"library-{number}", pictures)
        cached.append(time.perf_counter() - begin)
    note = f"median of 3, longest {max(cold):.2f} s; processor time {np.median(worked):.2f} s"
    yield Result("cold index of 200, with enrolment", float(np.median(cold)), "s", 5, note=note)
    note = f"median of 3, longest {max(cached):.2f} s"
    yield Result("the same from disk", float(np.median(cached)), "s", 1, note=note)
    yield _of_new_target(library)


def _of_cells(folder: Path) -> Iterator[Result]:
    library = open_library(folder / "library", _pictures())
    total = Tally()
    texts = []
    for cell in CELLS:
        tally = _of_cell(library, cell)
        total.add(tally)
        texts.append(f"{cell.name} {np.mean(tally.right_text):.2f}")
        note = (
            f"{len(tally.right)} queries, {tally.wrong} wrong;"
            f" {np.median(tally.milliseconds):.0f} ms, p95 {_p95(tally.milliseconds):.0f}"
        )
        name = f"picture of 200: {cell.name}"
        yield Result(name, float(np.mean(tally.right)), "", at_least=cell.at_least, note=note)
    text = float(np.mean(total.right_text))
    note = f"{len(total.right_text)} queries, {total.wrong_text} wrong; " + "; ".join(texts)
    yield Result("covers of text only, all cells", text, "", note=note)
    wrong = total.wrong + total.wrong_text
    note = f"{wrong} of {total.queries} queries, text and glare among them"
    yield Result("wrong id", 100 * wrong / total.queries, "%", 0.5, note=note)
    median = float(np.median(total.milliseconds))
    yield Result("query, median", median, "ms", 60)
    yield Result("query, p95", _p95(total.milliseconds), "ms", 130, note="all cells")


def _of_new_target(library: TargetLibrary) -> Result:
    """Time from a picture to a library that finds it."""
    times = []
    for seed in range(ENROLLED, ENROLLED + 20):
        picture = cover(seed)
        begin = time.thread_time()
        library.add(enrol(picture, "new", WIDTH_MM))
        times.append(1000 * (time.thread_time() - begin))
        library.remove("new")
    return Result("new target searchable, median", float(np.median(times)), "ms", 50)


def _of_cell(library: TargetLibrary, cell: Cell) -> Tally:
    tally = Tally()
    for query in range(QUERIES):
        rng = np.random.default_rng([37, query, CELLS.index(cell)])
        seed = int(rng.integers(ENROLLED))
        placed = _held(seed, cell, rng)
        gray = gray_of(render(CAMERA, [placed], query, cell.how))
        begin = time.thread_time()
        answers = library.recognise(gray)
        tally.milliseconds.append(1000 * (time.thread_time() - begin))
        is_right, is_text = False, kind_of(seed) == "text"
        for found in answers:
            if found.name != str(seed):
                tally.wrong += not is_text
                tally.wrong_text += is_text
                continue
            corners = mapped(found.homography, rectangle(WIDTH_MM, HEIGHT_MM))
            off = np.linalg.norm(corners - placed.corners(CAMERA), axis=1).mean()
            is_right = bool(off < _RIGHT)
        (tally.right_text if is_text else tally.right).append(is_right)
    return tally


def _of_unknown(folder: Path) -> Iterator[Result]:
    """Show covers of another series, and such as share a photograph with enrolled ones."""
    library = open_library(folder / "library", _pictures())
    for name, first, promise in (
        ("false accepts of 300 unknown covers", SERIES, 1.0),
        ("false accepts of 300 that share a photograph", ENROLLED, None),
    ):
        accepted = 0
        times = []
        for number in range(UNKNOWN):
            rng = np.random.default_rng([41, number])
            placed = _held(first + number, CELLS[0], rng)
            gray = gray_of(render(CAMERA, [placed], number))
            begin = time.thread_time()
            accepted += bool(library.recognise(gray))
            times.append(1000 * (time.thread_time() - begin))
        note = f"{np.median(times):.0f} ms, p95 {_p95(times):.0f}: every look is tried"
        yield Result(name, accepted, "", promise, note=note)


def _held(seed: int, cell: Cell, rng: np.random.Generator) -> Placed:
    turn = turned(rng.uniform(*cell.tilt), rng.uniform(0, 360), rng.uniform(0, 360))
    centre = (rng.uniform(-30, 30), rng.uniform(-20, 20), rng.uniform(*cell.range_mm))
    return place(cover(seed), WIDTH_MM, turn, centre)


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


def _alone(part: Callable[[Path], Iterable[Result]]) -> Callable[[Path], list[Result]]:
    def measured(folder: Path) -> list[Result]:
        cv2.setNumThreads(1)
        folder.mkdir(exist_ok=True)
        return list(part(folder))

    return measured


PARTS: Final = {
    name: _alone(part)
    for name, part in (
        ("markers", _of_markers),
        ("start", _of_start),
        ("cells", _of_cells),
        ("unknown", _of_unknown),
        ("tracking", lambda _: ar_tracking.measure(CAMERA)),
        ("relock", lambda _: [ar_tracking.measure_relock(CAMERA)]),
    )
}
"""Each takes a few minutes at most, and has the machine to itself."""
