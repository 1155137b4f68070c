"""The page of a venue's demand: when people come, and hours that would serve more of them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from hub.access import Permission, Who
from hub.pages.demand_view import build_demand
from hub.pages.frame import LangQuery, show
from hub.pages.words import Words, kind_words
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(include_in_schema=False)


@router.get("/venues/{venue}/demand")
def show_demand(
    request: Request,
    hub: RunningHub,
    _who: Annotated[Who, Depends(Needs(Permission.SERIES))],
    now: VenueInPath,
    lang: LangQuery = "zh",
) -> Response:
    """Return a venue's usual week and what could be better, readable without any script."""
    venue = now.venue
    return show(
        request,
        hub,
        "demand.html",
        lang,
        venue=venue,
        name=Words(venue.name_zh, venue.name_en),
        kind=kind_words(venue.kind),
        d=build_demand(hub.demand.of(venue)),
        range_of_hours=range(24),
    )
