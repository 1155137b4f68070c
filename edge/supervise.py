"""Keeping one source alive: only its own failures are met, anything else ends the process.

A source that fails is closed, its coverage ends with the reason, and it is opened again after a
jittered wait. A bug escapes, the process dies, and whoever runs it starts it again.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import structlog
from msgspec.structs import replace

from contracts.messages import LineStatus, PictureStatus, SourceStatus
from edge.errors import SourceError

log = structlog.get_logger(__name__)

FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A source that ran this long has its next failure met with the first wait again."""

DETAIL_CHARACTERS: Final = 200
"""As much of a sentence as a status takes."""

Condition = Literal["starting", "watching", "failed", "stopped"]
Watching = Callable[[str], None]
"""Called by a source that gives something; with what is wrong all the same, or an empty string."""


class Source(Protocol):
    """Something that counts: runs until it ends, fails or is cancelled."""

    name: str
    kind: str

    async def run(self, watching: Watching) -> None:
        """Count until the input ends; call `watching`, as often as you like, while it gives.

        Raises SourceError. Whatever it vouched for has ended when this returns or raises.
        """

    @property
    def corrupt_frames(self) -> int:
        """Return how many frames of its device could not be read."""

    @property
    def picture(self) -> PictureStatus | None:
        """Return how its pictures are, None for what gives no pictures."""

    @property
    def line(self) -> LineStatus | None:
        """Return what was said on the line to its device, None where there is no line."""


@dataclass(slots=True)
class Conditions:
    """How every source is, for the node's status; `changed` is called when one changes."""

    now_ms: Callable[[], int]
    changed: Callable[[], None] = lambda: None
    _sources: dict[str, tuple[Source, SourceStatus]] = field(default_factory=dict)

    def set(self, source: Source, condition: Condition, detail: str = "") -> None:
        """Note a source's condition; it lasts from the first time, whatever its detail becomes."""
        detail = detail[:DETAIL_CHARACTERS]
        before = self._sources[source.name][1] if source.name in self._sources else None
        if before is not None and (before.state, before.detail) == (condition, detail):
            return
        lasts = before is not None and before.state == condition
        status = SourceStatus(
            name=source.name,
            kind=source.kind,
            state=condition,
            since_ms=before.since_ms if before is not None and lasts else max(0, self.now_ms()),
            detail=detail,
        )
        self._sources[source.name] = (source, status)
        # An outage is said once, however its sentence goes on: unplugged, then not to be found.
        if not (lasts and condition == "failed"):
            is_bad = condition == "failed" or (condition == "watching" and detail)
            say = log.warning if is_bad else log.info
            say("source_changed", source=source.name, state=condition, detail=detail)
        self.changed()

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Return all of them."""
        return tuple(
            replace(
                s,
                corrupt_frames=source.corrupt_frames,
                picture=source.picture,
                line=source.line,
            )
            for source, s in self._sources.values()
        )


async def supervise(
    source: Source,
    conditions: Conditions,
    rng: random.Random,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Run a source until its input ends for good; open it again each time it fails.

    It counts as failed, since the first failure, until it gives something again: a camera that is
    gone for a week is said once, and not at every attempt.
    """
    wait = FIRST_WAIT_SECONDS
    conditions.set(source, "starting")
    while True:
        began = now()
        try:
            await source.run(lambda detail: conditions.set(source, "watching", detail))
        except SourceError as error:
            conditions.set(source, "failed", str(error))
        else:
            conditions.set(source, "stopped", "its input ended")
            return
        if now() - began >= STEADY_SECONDS:
            wait = FIRST_WAIT_SECONDS
        await sleep(wait * rng.uniform(0.7, 1.3))
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
