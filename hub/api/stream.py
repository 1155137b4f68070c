"""Server-sent events: their form, and the stream of occupancy for programs."""

from collections.abc import AsyncIterator, Callable, Iterable

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from hub.api.deps import RunningHub
from hub.api.models import OccupancyOut
from hub.api.problems import PROBLEMS, Full
from hub.live import Feed
from hub.runtime import Hub

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)

SILENCE_SECONDS = 10.0
"""After this long without news a beat is sent, so that both ends notice a dead line."""

Tell = Callable[[frozenset[str] | None], Iterable[str]]


def sse(event: str, data: str) -> str:
    """Return one event as it goes over the wire."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {event}\n{lines}\n"


def event_stream(feed: Feed, tell: Tell) -> StreamingResponse:
    """Answer with a stream: `tell(None)` at first, then `tell(changed venues)` at each change.

    Raises Full when all streams are taken.
    """
    if feed.is_full:
        raise Full("all live streams are taken; try again later")

    async def events() -> AsyncIterator[str]:
        with feed.subscribe() as subscription:
            for event in tell(None):
                yield event
            async for venues in subscription.changes(SILENCE_SECONDS):
                if venues is None:
                    yield sse("beat", "")
                    continue
                for event in tell(venues):
                    yield event

    return StreamingResponse(
        events(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get(
    "/live",
    summary="Server-sent events: `occupancy` for each venue at first, then as it changes",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events"}},
)
async def stream_occupancy(hub: RunningHub) -> StreamingResponse:
    """Stream each venue's occupancy: all at first, then those that changed."""
    return event_stream(hub.live.feed, lambda venues: _occupancies(hub, venues))


def _occupancies(hub: Hub, venues: frozenset[str] | None) -> Iterable[str]:
    told = hub.live.venues
    for id_ in told if venues is None else sorted(venues):
        if id_ in told:
            yield sse("occupancy", OccupancyOut.of(told[id_], hub.live.at_ms).model_dump_json())
