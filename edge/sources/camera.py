"""A camera as a source: frames through the counter into the recorder.

Frames live in memory only; nothing here writes one.
"""

import asyncio
import time
from typing import Final

from contracts.messages import PictureStatus
from edge.config import CameraSection
from edge.counting.geometry import Direction
from edge.counting.health import WELL, Condition, Health
from edge.counting.line import Crossing
from edge.errors import SourceError
from edge.sources.camera_detector import detector_of
from edge.sources.learnt_size import LearntSize
from edge.sources.zone_samples import ZoneSamples
from edge.supervise import Watching
from edge.vision.blob import BlobRules
from edge.vision.capture import open_source
from edge.vision.detectors import BuildDetector
from edge.vision.pipeline import Counter
from link.recorder import Recorder

SETTLE_SECONDS: Final = 2.0
"""A crossing is proven up to this long after it happened; coverage vouches for what is older."""
BLINK_SECONDS: Final = 1.0
"""Between pictures that are further apart somebody may pass unseen: nobody vouches for that."""
WARM_UP_SECONDS: Final = BlobRules().warm_up_seconds
"""So long a counter only learns its background, and sees nobody."""

VIEW_CHANGED: Final = "the view has changed: see whether its lines still lie right"
ESTIMATING: Final = "estimating: dense crowd"
"""What a status says while a crowd's crossings are estimated and not followed one by one."""
SENTENCES: Final = {
    Condition.WELL: "",
    Condition.DARK: "the picture is dark: the lights are off, or the lens is shut",
    Condition.COVERED: "the picture is covered: something is before the lens",
    Condition.FROZEN: "the picture stands still: the camera sends the same one again and again",
    Condition.DEFOCUSED: "the picture is out of focus: wipe the lens, or focus it",
    Condition.MOVED: "the camera was moved: the new view is being learnt",
    Condition.FLOOD: "most of the picture has changed at once: it is being learnt anew",
}
"""What a status says of a picture that cannot be counted in."""


class CameraSource:
    """Counts the lines of one camera."""

    kind = "camera"
    line = None

    def __init__(self, config: CameraSection, recorder: Recorder) -> None:
        self.name = config.name
        self._config = config
        self._recorder = recorder
        self._lines = tuple(line.counting_line() for line in config.lines)
        self._zones = tuple(zone.zone() for zone in config.zones)
        self._learnt = LearntSize(recorder.spool.path.parent, config)
        self._health: Health | None = None
        self._is_estimating = False
        self.corrupt_frames = 0
        self._origin = 0.0

    @property
    def picture(self) -> PictureStatus | None:
        """Return how the pictures are; None while there are none."""
        health = self._health
        if health is None:
            return None
        changed = health.view_changed_seconds
        return PictureStatus(
            health.condition,
            0 if health.is_well else self._wall_ms(health.since_seconds),
            0 if changed is None else self._wall_ms(changed),
        )

    async def run(self, watching: Watching) -> None:
        """Count until the input ends. Raises SourceError."""
        reason = "source_failed"
        try:
            # Off the loop: a model is read and tried.
            build_detector = await asyncio.to_thread(detector_of, self._config)
            while True:
                await self._once(watching, build_detector)
                if not self._config.repeat:
                    break
                self._end("restarted")
            reason = "input_ended"
        except asyncio.CancelledError:
            reason = "stopped"
            raise
        finally:
            self._health = None
            self._end(reason)

    async def _once(self, watching: Watching, build_detector: BuildDetector) -> None:
        counter = Counter(
            self._lines,
            zones=self._zones,
            person_size=self._config.person(),
            first_guess=self._learnt.recall(),
            build_detector=build_detector,
        )
        guess = counter.person_size
        samples = ZoneSamples(self._recorder)
        fast = self._config.pace == "fast"
        # Media time begins at zero; it is taken to begin now.
        self._origin = origin = time.monotonic() if fast else 0.0
        self._health, self._is_estimating = WELL, False
        began, latest = float("inf"), float("-inf")
        async with open_source(
            self._config.source,
            as_fast_as_possible=fast,
            lock_exposure=self._config.lock_exposure,
        ) as frames:
            damaged = self.corrupt_frames
            watching("")
            async for frame in frames:
                at = origin + frame.at_seconds
                if at - latest > BLINK_SECONDS:
                    self._end("pictures_missing")
                    began = at + WARM_UP_SECONDS
                latest = at
                self.corrupt_frames = damaged + frames.damaged
                # Off the loop: a frame takes tens of milliseconds on a small board.
                crossings = await asyncio.to_thread(counter.feed, frame.image, frame.at_seconds)
                health = counter.health
                if not self._health.is_well:
                    began = at + WARM_UP_SECONDS
                self._tell(health, watching, is_estimating=counter.is_estimating)
                good_until = origin + health.good_until_seconds
                for crossing in crossings:
                    self._count(crossing, origin)
                if counter.person_size is not guess:
                    guess = counter.person_size
                    self._learnt.remember(guess)
                if began <= at <= good_until:
                    samples.take(counter.zones, at)
                if min(at - SETTLE_SECONDS, good_until) >= began:
                    self._vouch(min(at - SETTLE_SECONDS, good_until))
                if not health.is_well:
                    self._end(health.condition)
        for crossing in counter.finish():
            self._count(crossing, origin)

    def _tell(self, health: Health, watching: Watching, *, is_estimating: bool) -> None:
        """Take the health for the status, and say a change of it."""
        before, self._health = self._health, health
        was_estimating, self._is_estimating = self._is_estimating, is_estimating
        if (
            before is None
            or was_estimating != is_estimating
            or (before.condition, before.view_changed_seconds)
            != (health.condition, health.view_changed_seconds)
        ):
            watching(_sentence(health, is_estimating=is_estimating))

    def _wall_ms(self, seconds: float) -> int:
        return max(0, self._recorder.wall_ms(round((self._origin + seconds) * 1000)))

    def _count(self, crossing: Crossing, origin: float) -> None:
        entered = crossing.direction is Direction.IN
        self._recorder.crossed(
            crossing.line,
            round((origin + crossing.at_seconds) * 1000),
            entered=int(entered),
            left=int(not entered),
        )

    def _vouch(self, at_seconds: float) -> None:
        for line in self._lines:
            self._recorder.watched(line.name, round(at_seconds * 1000))

    def _end(self, reason: str) -> None:
        for line in self._lines:
            self._recorder.unwatched(line.name, reason)


def _sentence(health: Health, *, is_estimating: bool) -> str:
    if health.is_well and is_estimating:
        return ESTIMATING
    is_other = health.is_well and health.view_changed_seconds is not None
    return VIEW_CHANGED if is_other else SENTENCES[health.condition]


async def probe(config: CameraSection) -> str:
    """Open the camera and return what its first picture is; try its model, if it has one.

    Raises SourceError.
    """
    await asyncio.to_thread(detector_of, config)
    model = f", model {config.model.name} runs" if config.model is not None else ""
    async with open_source(config.source) as frames:
        async for frame in frames:
            height, width = frame.image.shape[:2]
            return f"gives pictures of {width} x {height}{model}"
    raise SourceError("ends before its first picture")
