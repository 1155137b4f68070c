"""The audit while it runs: the camera is counted, a person taps, both on one axis of time."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from edge.agent import software
from edge.audit.record import MOST, Mark, Record, Span
from edge.config import CameraSection, LineSection
from edge.counting.accuracy import EARLY_SECONDS
from edge.counting.geometry import Direction, PersonSize
from edge.counting.health import Health
from edge.counting.line import Crossing
from edge.errors import SourceError
from edge.sources.camera import SENTENCES
from edge.sources.camera_detector import detector_of
from edge.vision.blob import BlobRules
from edge.vision.capture import open_source
from edge.vision.pipeline import Counter
from link.node_config import NodeSection

RETRY_SECONDS: Final = 3.0
BLINK_SECONDS: Final = 1.0
"""Pictures further apart are a gap: somebody may pass unseen."""
PROOF_SECONDS: Final = 2.0
"""A crossing is proven up to this long after it happened: so long is counted on at the end."""
_WARM_UP_SECONDS: Final = BlobRules().warm_up_seconds
_LOOK_SECONDS: Final = 0.25


class Audit:
    """Counts one line of a camera and takes taps; runs on one event loop."""

    def __init__(
        self,
        node: NodeSection,
        camera: CameraSection,
        line: LineSection,
        guess: PersonSize | None,
        *,
        late_seconds: float,
    ) -> None:
        self._node, self._camera, self._line = node, camera, line
        self._guess = guess
        self._late_seconds = late_seconds
        self._began = time.monotonic()
        self._began_at = datetime.now().astimezone()
        self._taps: list[Mark] = []
        self._counted: list[Mark] = []
        self._gaps: list[Span] = []
        self._unwatched_since: float | None = 0.0
        self._has_ended = False
        self.state, self.detail = "starting", ""

    @property
    def name(self) -> str:
        """Return camera and line, for people."""
        return f"{self._camera.name} / {self._line.name}"

    def seconds(self) -> float:
        """Return how long it has run."""
        return time.monotonic() - self._began

    def tap(self, direction: Direction) -> None:
        """Take that somebody passes now."""
        if len(self._taps) < MOST:
            self._taps.append((round(self.seconds(), 2), direction.value))

    def undo(self) -> None:
        """Take back the last tap."""
        if self._taps:
            self._taps.pop()

    def totals(self) -> dict[str, dict[str, int]]:
        """Return how many were tapped and counted, in and out."""
        return {
            "tapped": _both([way for _, way in self._taps]),
            "counted": _both([way for at, way in self._counted if at >= 0]),
        }

    def view(self) -> dict[str, Any]:
        """Return what there is to show."""
        return {"state": self.state, "detail": self.detail, **self.totals()}

    async def views(self) -> AsyncIterator[dict[str, Any]]:
        """Give what there is to show, a few times a second, until closed."""
        while not self._has_ended:
            yield self.view()
            await asyncio.sleep(_LOOK_SECONDS)

    def close(self) -> None:
        """End the views."""
        self._has_ended = True

    async def run(self) -> None:
        """Count until cancelled; a camera that fails leaves a gap and is opened again."""
        while True:
            try:
                await self._once()
                self.state, self.detail = "failed", "the film has ended; it begins anew"
            except SourceError as error:
                self.state, self.detail = "failed", str(error)
            await asyncio.sleep(RETRY_SECONDS)

    def record(self, seconds: float) -> Record:
        """Return what was tapped and counted in the first seconds."""
        # As instants are kept: a tap in the last moment is not after the end.
        end = round(seconds, 2)
        gaps = list(self._gaps)
        if self._unwatched_since is not None:
            gaps.append((self._unwatched_since, seconds))
        return Record(
            venue=self._node.venue,
            node=self._node.node,
            camera=self._camera.name,
            line=self._line.name,
            began_at=self._began_at.replace(microsecond=0),
            seconds=round(seconds, 1),
            early_seconds=EARLY_SECONDS,
            late_seconds=self._late_seconds,
            software=software(),
            taps=tuple(tap for tap in self._taps if tap[0] <= end),
            counted=tuple(mark for mark in self._counted if 0 <= mark[0] <= end),
            gaps=tuple((round(since, 2), round(min(until, seconds), 2)) for since, until in gaps),
        )

    async def _once(self) -> None:
        counter = Counter(
            [self._line.counting_line()],
            person_size=self._camera.person(),
            first_guess=self._guess,
            build_detector=await asyncio.to_thread(detector_of, self._camera),
        )
        latest = float("-inf")
        try:
            async with open_source(self._camera.source) as frames:
                async for frame in frames:
                    at = frame.at_seconds - self._began
                    if at - latest > BLINK_SECONDS:
                        self._unwatched(max(0.0, latest))
                    latest = at
                    seen = await asyncio.to_thread(counter.feed, frame.image, frame.at_seconds)
                    self._take(seen, counter.health, at)
        finally:
            self._guess = counter.person_size
            self._unwatched(max(latest, 0.0))

    def _take(self, crossings: list[Crossing], health: Health, at: float) -> None:
        """Note what was counted in a picture, and whether its health lets anybody be counted."""
        for crossing in crossings:
            if len(self._counted) < MOST:
                seen = round(crossing.at_seconds - self._began, 2)
                self._counted.append((seen, crossing.direction.value))
        if not health.is_well:
            self._unwatched(max(0.0, health.good_until_seconds - self._began))
            self.state, self.detail = "failed", SENTENCES[health.condition]
            return
        self._watched(at + _WARM_UP_SECONDS)
        self.state, self.detail = "watching", ""

    def _unwatched(self, since: float) -> None:
        if self._unwatched_since is None:
            self._unwatched_since = since

    def _watched(self, since: float) -> None:
        if self._unwatched_since is not None:
            self._gaps = [*self._gaps[-MOST // 2 :], (self._unwatched_since, since)]
        self._unwatched_since = None


def _both(ways: list[str]) -> dict[str, int]:
    return {"in": ways.count("in"), "out": ways.count("out")}
