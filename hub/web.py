"""What API and pages share: the hub that they serve, and streams of server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Annotated, Final

from fastapi import Depends, Path, Request
from fastapi.responses import StreamingResponse

from hub.errors import NotFound
from hub.live import Feed, VenueNow
from hub.runtime import Hub

SILENCE_SECONDS = 10.0
"""After this long without news a beat is sent, so that both ends notice a dead line."""

RETRY_MILLISECONDS = 3_000
"""How long a client waits before it comes back."""

MOST_NUMBER: Final = 2**31 - 1
"""A row's number is no larger, in any database."""
NumberInPath = Annotated[int, Path(ge=0, le=MOST_NUMBER)]
"""The number of a row."""

Tell = Callable[[frozenset[str] | None], Iterable[str]]


class Full(Exception):
    """All streams are taken."""


async def running_hub(request: Request) -> Hub:
    """Return the hub that this application serves."""
    hub: Hub = request.app.state.hub
    return hub


RunningHub = Annotated[Hub, Depends(running_hub)]


async def venue_now(venue: str, hub: RunningHub) -> VenueNow:
    """Return the venue that a path names. Raises NotFound."""
    now = hub.live.venues.get(venue)
    if now is None:
        raise NotFound(f"there is no venue {venue!r}")
    return now


VenueInPath = Annotated[VenueNow, Depends(venue_now)]
"""The venue named by the path's `venue`."""


def sse(event: str, data: str, *, id_: int | str | None = None) -> str:
    """Return one event as it goes over the wire."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    named = "" if id_ is None else f"id: {id_}\n"
    return f"event: {event}\n{named}{lines}\n"


def event_stream(feed: Feed, tell: Tell) -> StreamingResponse:
    """Answer with a stream: `tell(None)` at first, then `tell(changed venues)` at each change.

    Who comes back begins with everything again, so that no Last-Event-ID is needed. Raises Full
    when all streams are taken.
    """
    if feed.is_full:
        raise Full("all live streams are taken; try again later")

    async def events() -> AsyncIterator[str]:
        clock = asyncio.get_running_loop().time
        with feed.subscribe() as subscription:
            retry = f"retry: {RETRY_MILLISECONDS}\n"
            for event in tell(None):
                yield retry + event
                retry = ""
            told = clock()
            async for venues in subscription.changes(SILENCE_SECONDS):
                is_told = False
                for event in () if venues is None else tell(venues):
                    yield event
                    is_told = True
                # News of others alone are a silence too, for a page that tells of one venue.
                if not is_told and (venues is None or clock() - told >= SILENCE_SECONDS):
                    yield sse("beat", "")
                    is_told = True
                if is_told:
                    told = clock()

    return StreamingResponse(
        events(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
