"""The page of a device and its stream."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.lease import leased
from hub.pages.device_page import DevicePage
from hub.pages.frame import HEADERS, LangQuery, me, switch
from hub.web import RunningHub, event_stream, sse
from hub.web_access import Needs

router = APIRouter(include_in_schema=False)

DeviceReader = Annotated[Who, Depends(Needs(Permission.DEVICES))]


async def device_pages(request: Request) -> DevicePage:
    """Return the pages of the hub that this application serves."""
    pages: DevicePage = request.app.state.device_page
    return pages


DevicePages = Annotated[DevicePage, Depends(device_pages)]


@router.get("/devices/{venue}/{node}")
def show_device(
    request: Request,
    who: DeviceReader,
    pages: DevicePages,
    venue: str,
    node: str,
    lang: LangQuery = "zh",
) -> HTMLResponse:
    """Return a device's page, readable without any script."""
    now = pages.find(venue, node)
    html = pages.page(
        now,
        pages.traces(now),
        lang,
        me=me(request),
        may_set=who.may(Permission.SETTINGS, venue),
        switch=switch(request),
    )
    return HTMLResponse(html, headers=HEADERS)


@router.get("/devices/{venue}/{node}/stream", response_class=StreamingResponse)
async def stream_device(
    request: Request,
    _who: DeviceReader,
    pages: DevicePages,
    hub: RunningHub,
    venue: str,
    node: str,
) -> Response:
    """Stream what is of now on a device's page, at first and as it changes."""
    # What was lost is read once: the page asks for that part again each minute.
    traces = await run_in_threadpool(pages.traces, pages.find(venue, node))

    def tell(changed: frozenset[str] | None) -> Iterable[str]:
        news = pages.news(venue, node, traces, changed)
        return () if news is None else (sse("fragments", news),)

    return await leased(event_stream(hub.live.feed, tell), request, hub)
