"""The stream of occupancy for programs."""

from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from hub.api.models import OccupancyOut
from hub.api.problems import PROBLEMS
from hub.lease import leased
from hub.runtime import Hub
from hub.web import RunningHub, event_stream, sse
from hub.web_access import OnBoard

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


@router.get(
    "/live",
    summary="Server-sent events: `occupancy` for each venue at first, then as it changes",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events"}},
)
async def stream_occupancy(request: Request, hub: RunningHub, _who: OnBoard) -> Response:
    """Stream each venue's occupancy: all at first, then those that changed."""
    stream = event_stream(hub.live.feed, lambda venues: _occupancies(hub, venues))
    return await leased(stream, request, hub)


def _occupancies(hub: Hub, venues: frozenset[str] | None) -> Iterable[str]:
    told = hub.live.venues
    for id_ in told if venues is None else sorted(venues):
        if id_ in told:
            at_ms = hub.live.at_ms
            data = OccupancyOut.of(told[id_], at_ms).model_dump_json()
            yield sse("occupancy", data, id_=at_ms)
