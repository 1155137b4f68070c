"""The pages of a venue and their streams."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from hub.api.deps import VenueInPath
from hub.history import RangeName
from hub.pages.routes import HEADERS
from hub.pages.venue_page import VenuePage
from hub.web import RunningHub, event_stream, sse

router = APIRouter(include_in_schema=False)


async def venue_pages(request: Request) -> VenuePage:
    """Return the pages of the hub that this application serves."""
    pages: VenuePage = request.app.state.venue_page
    return pages


VenuePages = Annotated[VenuePage, Depends(venue_pages)]


@router.get("/venues/{venue}")  # noqa: FAST003  read by VenueInPath
def show_venue(
    now: VenueInPath,
    hub: RunningHub,
    pages: VenuePages,
    *,
    lang: Annotated[Literal["zh", "en"], Query()] = "zh",
    range_: Annotated[RangeName, Query(alias="range")] = "day",
    to: Annotated[date | None, Query()] = None,
) -> HTMLResponse:
    """Return a venue's page, readable without any script."""
    history = hub.history(now.venue, range_, to)
    return HTMLResponse(pages.page(now, history, lang), headers=HEADERS)


@router.get("/venues/{venue}/stream")  # noqa: FAST003  read by VenueInPath
async def stream_venue(now: VenueInPath, pages: VenuePages, hub: RunningHub) -> StreamingResponse:
    """Stream what is of now on a venue's page, at first and as it changes."""
    venue = now.venue.id

    def tell(changed: frozenset[str] | None) -> Iterable[str]:
        news = pages.news(venue, changed)
        return () if news is None else (sse("fragments", news),)

    return event_stream(hub.live.feed, tell)
