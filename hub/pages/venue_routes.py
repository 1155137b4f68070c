"""The pages of a venue and their streams."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from hub.access import Permission, Who
from hub.history import RangeName
from hub.history.calendar import EARLIEST, LATEST
from hub.lease import leased
from hub.pages.frame import HEADERS, LangQuery, me, switch
from hub.pages.venue_page import VenuePage
from hub.web import RunningHub, VenueInPath, event_stream, sse
from hub.web_access import OnBoard

router = APIRouter(include_in_schema=False)


async def venue_pages(request: Request) -> VenuePage:
    """Return the pages of the hub that this application serves."""
    pages: VenuePage = request.app.state.venue_page
    return pages


VenuePages = Annotated[VenuePage, Depends(venue_pages)]


@router.get("/venues/{venue}")  # noqa: FAST003  read by VenueInPath
def show_venue(
    request: Request,
    who: OnBoard,
    now: VenueInPath,
    hub: RunningHub,
    pages: VenuePages,
    *,
    lang: LangQuery = "zh",
    range_: Annotated[RangeName, Query(alias="range")] = "day",
    to: Annotated[date | None, Query(ge=EARLIEST, le=LATEST)] = None,
) -> HTMLResponse:
    """Return a venue's page, readable without any script."""
    history = hub.history(now.venue, range_, to)
    html = pages.page(
        now,
        history,
        lang,
        me=me(request),
        switch=switch(request),
        sees_devices=_sees_devices(who, now.venue.id),
        counts_heads=who.may(Permission.HEADS, now.venue.id),
        declares=who.may(Permission.SCHEDULES, now.venue.id),
    )
    return HTMLResponse(html, headers=HEADERS)


@router.get("/venues/{venue}/stream", response_class=StreamingResponse)  # noqa: FAST003  read by VenueInPath
async def stream_venue(
    request: Request, who: OnBoard, now: VenueInPath, pages: VenuePages, hub: RunningHub
) -> Response:
    """Stream what is of now on a venue's page, at first and as it changes."""
    venue = now.venue.id
    sees_devices = _sees_devices(who, venue)

    def tell(changed: frozenset[str] | None) -> Iterable[str]:
        news = pages.news(venue, changed, sees_devices=sees_devices)
        return () if news is None else (sse("fragments", news),)

    return await leased(event_stream(hub.live.feed, tell), request, hub)


def _sees_devices(who: Who, venue: str) -> bool:
    """Tell whether somebody may see the nodes of a venue: visitors see what they count only."""
    return who.may(Permission.DEVICES, venue)
