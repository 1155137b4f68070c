"""A camera as a source: frames through the counter into the recorder.

Frames live in memory only; nothing here writes one.
"""

import asyncio
import time
from typing import Final

from edge.config import CameraSection
from edge.counting.geometry import Direction
from edge.counting.line import Crossing
from edge.errors import SourceError
from edge.sources.learnt_size import LearntSize
from edge.sources.zone_samples import ZoneSamples
from edge.supervise import Watching
from edge.vision.blob import BlobRules
from edge.vision.capture import open_source
from edge.vision.pipeline import Counter
from link.recorder import Recorder

SETTLE_SECONDS: Final = 2.0
"""A crossing is proven up to this long after it happened; coverage vouches for what is older."""
BLINK_SECONDS: Final = 1.0
"""Between pictures that are further apart somebody may pass unseen: nobody vouches for that."""
WARM_UP_SECONDS: Final = BlobRules().warm_up_seconds
"""So long a counter only learns its background, and sees nobody."""


class CameraSource:
    """Counts the lines of one camera."""

    kind = "camera"
    corrupt_frames = 0

    def __init__(self, config: CameraSection, recorder: Recorder) -> None:
        self.name = config.name
        self._config = config
        self._recorder = recorder
        self._lines = tuple(line.counting_line() for line in config.lines)
        self._zones = tuple(zone.zone() for zone in config.zones)
        self._learnt = LearntSize(recorder.spool.path.parent, config)

    async def run(self, watching: Watching) -> None:
        """Count until the input ends. Raises SourceError."""
        reason = "source_failed"
        try:
            while True:
                await self._once(watching)
                if not self._config.repeat:
                    break
                self._end("restarted")
            reason = "input_ended"
        except asyncio.CancelledError:
            reason = "stopped"
            raise
        finally:
            self._end(reason)

    async def _once(self, watching: Watching) -> None:
        counter = Counter(
            self._lines,
            zones=self._zones,
            person_size=self._config.person(),
            first_guess=self._learnt.recall(),
        )
        guess = counter.person_size
        samples = ZoneSamples(self._recorder)
        fast = self._config.pace == "fast"
        # Media time begins at zero; it is taken to begin now.
        origin = time.monotonic() if fast else 0.0
        began, latest = float("inf"), float("-inf")
        async with open_source(self._config.source, as_fast_as_possible=fast) as frames:
            watching("")
            async for frame in frames:
                at = origin + frame.at_seconds
                if at - latest > BLINK_SECONDS:
                    self._end("pictures_missing")
                    began = at + WARM_UP_SECONDS
                latest = at
                # Off the loop: a frame takes tens of milliseconds on a small board.
                crossings = await asyncio.to_thread(counter.feed, frame.image, frame.at_seconds)
                for crossing in crossings:
                    self._count(crossing, origin)
                if counter.person_size is not guess:
                    guess = counter.person_size
                    self._learnt.remember(guess)
                if at >= began:
                    samples.take(counter.zones, at)
                if at - SETTLE_SECONDS >= began:
                    self._vouch(at - SETTLE_SECONDS)

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


async def probe(config: CameraSection) -> str:
    """Open the camera and return what its first picture is. Raises SourceError."""
    async with open_source(config.source) as frames:
        async for frame in frames:
            height, width = frame.image.shape[:2]
            return f"gives pictures of {width} x {height}"
    raise SourceError("ends before its first picture")
