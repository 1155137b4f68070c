"""The live view behind the page: one camera, counted with what is drawn at the moment."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from edge.calibrate.plan import Plan
from edge.config import CameraSection
from edge.counting.geometry import Direction, PersonSize
from edge.counting.line import Crossing
from edge.counting.spanning import LineReview
from edge.errors import SourceError
from edge.sources.camera_detector import detector_of
from edge.vision.capture import open_source
from edge.vision.detector import Detector
from edge.vision.detectors import BuildDetector
from edge.vision.frames import Frame
from edge.vision.pipeline import Counter
from edge.vision.silhouette import Silhouettes

FLOOR_SECONDS: Final = 2.0
VIEW_SECONDS: Final = 0.12
RETRY_SECONDS: Final = 3.0
_DIGITS: Final = 3


class Watch:
    """Counts and watches; holds no picture, only what the page is told.

    Runs on one event loop; every method is called there.
    """

    def __init__(self, camera: CameraSection, plan: Plan, guess: PersonSize | None = None) -> None:
        self._camera = camera
        self._guess = guess
        self._plan = plan
        self._detector: Detector | None = None
        self._changed = asyncio.Event()
        self._has_ended = False
        self._state, self._detail = "starting", ""
        self._size = (4, 3)
        self._told: dict[str, Any] = {}
        self.floor = b""
        self._floor_number = 0
        self._began = False

    def redraw(self, plan: Plan) -> None:
        """Count with another plan from the next picture on, and from zero."""
        self._plan = plan
        self._began = False

    def close(self) -> None:
        """End every view."""
        self._has_ended = True
        self._changed.set()

    async def run(self) -> None:
        """Watch until cancelled; a camera that fails is told and opened again."""
        while True:
            try:
                await self._once()
                self._tell_state("failed", "the film has ended; it begins anew")
            except SourceError as error:
                self._tell_state("failed", str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def views(self) -> AsyncIterator[dict[str, Any]]:
        """Give what is to be seen, now and each time it changes, until closed."""
        while not self._has_ended:
            yield self.view()
            changed = self._changed
            await changed.wait()

    def view(self) -> dict[str, Any]:
        """Return what is to be seen now; instants and places only, nothing of a picture."""
        return {
            "state": self._state,
            "detail": self._detail,
            "size": self._size,
            "floor": self._floor_number,
            **self._told,
        }

    async def _once(self) -> None:
        silhouettes = Silhouettes()
        self._detector, self._began = None, False
        # Off the loop: a model is read and tried.
        new_detector = await asyncio.to_thread(detector_of, self._camera)
        counter: Counter | None = None
        tally = _Tally(self._plan)
        floor_at = view_at = float("-inf")
        async with open_source(self._camera.source) as frames:
            async for frame in frames:
                if counter is None or not self._began:
                    counter = self._counter(counter, new_detector)
                    tally = _Tally(self._plan)
                    self._began = True
                is_shown = frame.at_seconds - view_at >= VIEW_SECONDS
                seeing = silhouettes if is_shown else None
                crossings = await asyncio.to_thread(_see, counter, seeing, frame)
                if not self._began:
                    continue  # drawn anew meanwhile: what was counted is of the plan before
                tally.take(counter, crossings)
                if frame.at_seconds - floor_at >= FLOOR_SECONDS:
                    floor_at = frame.at_seconds
                    self.floor = await asyncio.to_thread(silhouettes.floor)
                    self._floor_number += 1
                if is_shown:
                    view_at = frame.at_seconds
                    height, width = frame.image.shape[:2]
                    self._size = (width, height)
                    self._told = _told(counter, silhouettes, tally)
                    self._tell_state("watching", "")

    def _counter(self, before: Counter | None, new_detector: BuildDetector) -> Counter:
        """Make a counter that goes on with the background that was learnt."""
        guess = before.person_size if before is not None else self._guess
        learnt = self._detector

        def build(person: PersonSize) -> Detector:
            # Only the first time: a counter that asks again wants a background without a past.
            nonlocal learnt
            detector, learnt = learnt or new_detector(person), None
            detector.resize_person(person)
            self._detector = detector
            return detector

        return Counter(
            self._plan.counting_lines(),
            zones=self._plan.counting_zones(),
            person_size=self._plan.person(),
            first_guess=guess,
            build_detector=build,
            is_banded=False,  # an installer sees everybody, also where no line is yet
        )

    def _tell_state(self, state: str, detail: str) -> None:
        self._state, self._detail = state, detail
        # Whoever waits holds the event that was there; the next ones wait for a new one.
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if self._has_ended:
            self._changed.set()


class _Tally:
    """What was counted with one plan."""

    def __init__(self, plan: Plan) -> None:
        self.lines = {line.name: [0, 0] for line in plan.lines}
        self._drawn = plan.counting_lines()
        self.reviews: dict[str, LineReview] = {}
        self._person: PersonSize | None = None

    def take(self, counter: Counter, crossings: list[Crossing]) -> None:
        """Take what one picture proved."""
        for crossing in crossings:
            self.lines[crossing.line][crossing.direction is Direction.OUT] += 1
        if self._person is None:
            person = counter.person_size
            self.reviews = {line.name: LineReview(line, person) for line in self._drawn}
        elif self._person is not counter.person_size:
            for review in self.reviews.values():
                review.restart(counter.person_size)
        self._person = counter.person_size
        for review in self.reviews.values():
            review.feed(counter.latest)


def _see(counter: Counter, silhouettes: Silhouettes | None, frame: Frame) -> list[Crossing]:
    if silhouettes is not None:
        silhouettes.feed(frame.image, frame.at_seconds)
    return counter.feed(frame.image, frame.at_seconds)


def _told(counter: Counter, silhouettes: Silhouettes, tally: _Tally) -> dict[str, Any]:
    # Of each track only its newest box, and not its number.
    boxes = {track_id: box for track_id, _, box in counter.latest.positions}.values()
    person, is_well = counter.person_size, counter.health.is_well
    return {
        "picture": counter.health.condition.value,
        "shapes": silhouettes.outlines,
        "people": [
            [round(v, _DIGITS) for v in (b.left, b.top, b.w, b.h)] for b in boxes if is_well
        ],
        "person": [round(person.w, _DIGITS), round(person.h, _DIGITS)],
        "growth": [round(person.growth, _DIGITS), round(person.at_y, _DIGITS)],
        "lines": {name: {"in": n[0], "out": n[1]} for name, n in tally.lines.items()},
        "zones": {
            zone.zone.name: {"present": zone.present, "entries": zone.entries}
            for zone in counter.zones
        },
        "findings": {
            name: [[finding.flaw.value, finding.people] for finding in review.findings()]
            for name, review in tally.reviews.items()
        },
    }
